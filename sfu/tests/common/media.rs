//! What publishers send: simulcast video frames of VP8, and Opus.

use sfu::codec::Codec;
use sfu::codec::Vp8Descriptor;
use sfu::codec::vp8::PictureId;
use sfu::participant::{
    Content, EncodingDescription, MediaParameters, PayloadTypes, SourceDescription, VideoFormat,
};
use sfu::rtp::ExtensionIds;

use super::peer::RtpOut;

pub(crate) const OPUS: u8 = 111;
pub(crate) const VP8: u8 = 96;
pub(crate) const RTX: u8 = 97;
pub(crate) const AV1: u8 = 98;

pub(crate) const FLEXFEC: u8 = 49;

/// FlexFEC and no retransmission: protected at any round trip.
pub(crate) fn fec_parameters() -> MediaParameters {
    let mut parameters = parameters();
    parameters.payload_types.vp8 = Some(VideoFormat { payload_type: VP8, rtx: None });
    parameters.payload_types.flexfec = Some(FLEXFEC);
    parameters
}

pub(crate) fn parameters() -> MediaParameters {
    MediaParameters {
        payload_types: PayloadTypes {
            vp8: Some(VideoFormat { payload_type: VP8, rtx: Some(RTX) }),
            av1: Some(VideoFormat { payload_type: AV1, rtx: Some(AV1 + 1) }),
            ..PayloadTypes::audio(OPUS)
        },
        extensions: ExtensionIds {
            mid: 1,
            rid: 2,
            repaired_rid: 3,
            audio_level: 4,
            transport_cc: 5,
            abs_send_time: 6,
            dependency_descriptor: 7,
            ..ExtensionIds::default()
        },
    }
}

/// A camera of three encodings, without temporal layers.
pub(crate) fn camera() -> SourceDescription {
    let encoding = |rid: &str, height, max_kbps| EncodingDescription {
        rid: rid.into(),
        height,
        fps: 30,
        max_kbps,
        temporal_layers: 1,
        spatial_layers: 1,
    };
    SourceDescription {
        name: "cam".into(),
        codec: Codec::Vp8,
        mid: "0".into(),
        content: Content::Camera,
        encodings: vec![encoding("q", 180, 150), encoding("h", 360, 500), encoding("f", 720, 1_500)],
    }
}

pub(crate) fn microphone() -> SourceDescription {
    SourceDescription {
        name: "mic".into(),
        codec: Codec::Opus,
        mid: "1".into(),
        content: Content::Camera,
        encodings: Vec::new(),
    }
}

/// One simulcast encoding.
#[derive(Clone, Debug)]
pub(crate) struct VideoEncoding {
    pub(crate) ssrc: u32,
    pub(crate) rtx_ssrc: u32,
    pub(crate) rid: &'static str,
    pub(crate) sequence: u64,
    pub(crate) rtx_sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) picture: u16,
    pub(crate) tl0: u8,
    /// Whether packets still name mid and rid.
    pub(crate) names: bool,
    pub(crate) history: Vec<RtpOut>,
}

impl VideoEncoding {
    pub(crate) fn new(ssrc: u32, rid: &'static str) -> Self {
        VideoEncoding {
            ssrc,
            rtx_ssrc: ssrc + 1,
            rid,
            sequence: u64::from(ssrc % 0x7000),
            rtx_sequence: 77,
            timestamp: ssrc.wrapping_mul(2_654_435_761),
            picture: (ssrc % 0x7fff) as u16,
            tl0: ssrc as u8,
            names: true,
            history: Vec::new(),
        }
    }

    /// The camera's three, for the publisher with number `publisher`.
    pub(crate) fn simulcast(publisher: u32) -> [VideoEncoding; 3] {
        let base = 0x1000 * (publisher + 1);
        [("q", 0), ("h", 0x10), ("f", 0x20)].map(|(rid, at)| VideoEncoding::new(base + at, rid))
    }

    /// The next frame, in `packets` packets of `size` bytes of payload each, 33 ms after the last.
    pub(crate) fn frame(&mut self, key: bool, packets: usize, size: usize) -> Vec<RtpOut> {
        self.timestamp = self.timestamp.wrapping_add(3_000);
        self.picture = (self.picture + 1) & 0x7fff;
        self.tl0 = self.tl0.wrapping_add(1);
        let out: Vec<RtpOut> = (0..packets).map(|n| self.packet(key, n, packets, size)).collect();
        self.history.extend(out.iter().cloned());
        let surplus = self.history.len().saturating_sub(200);
        self.history.drain(..surplus);
        out
    }

    fn packet(&mut self, key: bool, n: usize, packets: usize, size: usize) -> RtpOut {
        self.sequence += 1;
        let descriptor = Vp8Descriptor {
            non_reference: false,
            start_of_partition: n == 0,
            partition: 0,
            picture_id: Some(PictureId::Long(self.picture)),
            tl0_picture_index: Some(self.tl0),
            temporal_id: Some(0),
            layer_sync: false,
            key_index: None,
            key_frame_start: false,
            len: 0,
        };
        let mut payload = vec![0; 6];
        let len = descriptor.write(&mut payload);
        payload.truncate(len);
        // The frame header's P bit: 0 in a key frame.
        payload.push(u8::from(!key));
        let tail = self.sequence.to_be_bytes();
        payload.extend(tail.iter().cycle().take(size.saturating_sub(payload.len())));
        RtpOut {
            payload_type: VP8,
            marker: n + 1 == packets,
            sequence: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
            mid: self.names.then(|| "0".into()),
            rid: self.names.then(|| self.rid.into()),
            payload,
            ..RtpOut::default()
        }
    }

    /// The retransmission of a packet sent before.
    pub(crate) fn rtx(&mut self, sequence: u16) -> RtpOut {
        let original = self.history.iter().find(|packet| packet.sequence as u16 == sequence);
        let original = original.expect("asked for something that was sent lately");
        self.rtx_sequence += 1;
        let mut payload = sequence.to_be_bytes().to_vec();
        payload.extend_from_slice(&original.payload);
        RtpOut {
            payload_type: RTX,
            sequence: self.rtx_sequence,
            ssrc: self.rtx_ssrc,
            rid: None,
            repaired_rid: Some(self.rid.into()),
            mid: Some("0".into()),
            payload,
            ..original.clone()
        }
    }
}

/// An Opus stream of 20 ms packets.
#[derive(Clone, Debug)]
pub(crate) struct Microphone {
    pub(crate) ssrc: u32,
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
}

impl Microphone {
    pub(crate) fn new(publisher: u32) -> Self {
        Microphone { ssrc: 0x1000 * (publisher + 1) + 0x80, sequence: 9, timestamp: 5 }
    }

    pub(crate) fn packet(&mut self, size: usize) -> RtpOut {
        self.sequence += 1;
        self.timestamp = self.timestamp.wrapping_add(960);
        RtpOut {
            payload_type: OPUS,
            sequence: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
            mid: Some("1".into()),
            level: Some((30, true)),
            payload: vec![0xab; size],
            ..RtpOut::default()
        }
    }
}
