//! A publisher to test with: simulcast encodings with temporal layers, and what every frame depends on.

use crate::Time;
use crate::codec::FrameDescription;
use crate::codec::vp8::{PictureId, Vp8Descriptor};
use crate::forward::ingress::IngressVideo;

/// Temporal ids of the frames of one cycle.
pub(super) const CYCLE: [u8; 4] = [0, 2, 1, 2];

/// Where one encoding's numbers start.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Start {
    pub(super) sequence: u64,
    pub(super) timestamp: u32,
    pub(super) picture: u16,
    pub(super) tl0: u8,
    pub(super) short_ids: bool,
}

/// One encoding of a publisher.
#[derive(Clone, Debug)]
pub(super) struct Encoding {
    pub(super) id: u8,
    pub(super) sequence: u64,
    pub(super) timestamp: u32,
    picture: u16,
    tl0: u8,
    short_ids: bool,
    position: usize,
    /// Layers that have had a sync point since the key frame, beyond which only these set Y again.
    synced: [bool; 4],
    pub(super) frames: u32,
}

/// One packet, and which frame of its encoding it belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) packet: IngressVideo,
    pub(super) frame: u32,
    pub(super) key: bool,
    pub(super) sync: bool,
}

impl Encoding {
    pub(super) fn new(id: u8, start: Start) -> Self {
        Encoding {
            id,
            sequence: start.sequence,
            timestamp: start.timestamp,
            picture: start.picture,
            tl0: start.tl0,
            short_ids: start.short_ids,
            position: 0,
            synced: [false; 4],
            frames: 0,
        }
    }

    /// The next frame in `packets` packets, 3000 ticks after the last. Its layer's first frame after a key
    /// frame is a sync point, others where `sync` says so.
    pub(super) fn frame(&mut self, packets: u64, key: bool, sync: bool, arrived: Time) -> Vec<Sent> {
        if key {
            (self.position, self.synced) = (0, [true, false, false, false]);
        }
        let temporal = CYCLE[self.position % CYCLE.len()];
        self.position += 1;
        let layer = usize::from(temporal);
        let sync = temporal > 0 && (sync || !self.synced[layer]);
        self.synced[layer] = true;
        if temporal == 0 {
            self.tl0 = self.tl0.wrapping_add(1);
        }
        let picture_id = if self.short_ids {
            PictureId::Short(self.picture as u8 & 0x7f)
        } else {
            PictureId::Long(self.picture)
        };
        let sent = (0..packets).map(|i| {
            let vp8 = Vp8Descriptor {
                non_reference: false,
                start_of_partition: i == 0,
                partition: 0,
                picture_id: Some(picture_id),
                tl0_picture_index: Some(self.tl0),
                temporal_id: Some(temporal),
                layer_sync: sync,
                key_index: None,
                key_frame_start: key && i == 0,
                len: 6,
            };
            let packet = IngressVideo {
                encoding: self.id,
                sequence: self.sequence + i,
                timestamp: self.timestamp,
                marker: i + 1 == packets,
                frame: FrameDescription::vp8(&vp8, i + 1 == packets),
                arrived,
                padding_only: false,
            };
            Sent { packet, frame: self.frames, key, sync }
        });
        let sent = sent.collect();
        self.sequence += packets;
        self.timestamp = self.timestamp.wrapping_add(3000);
        self.picture = (self.picture + 1) & 0x7fff;
        self.frames += 1;
        sent
    }

    /// A padding-only packet.
    pub(super) fn padding(&mut self, arrived: Time) -> IngressVideo {
        let packet = IngressVideo {
            encoding: self.id,
            sequence: self.sequence,
            timestamp: self.timestamp.wrapping_sub(3000),
            marker: false,
            frame: FrameDescription::plain(false, false, false),
            arrived,
            padding_only: true,
        };
        self.sequence += 1;
        packet
    }
}
