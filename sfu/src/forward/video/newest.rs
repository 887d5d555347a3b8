//! Packets beyond the highest number of a segment: they move the limit, close gaps and begin frames.

use super::segment::Segment;
use super::{Layer, LeftOut, Projected, VideoProjection, narrowed};
use crate::DropReason;
use crate::codec::frame::PictureNumbers;
use crate::forward::frames::{Frame, Picture};
use crate::forward::gap::{After, Gap, Verdict};
use crate::forward::history::{Fate, HISTORY, Slot};
use crate::forward::ingress::IngressVideo;
use crate::forward::limit::Limit;
use crate::planted::{self, Planted};

/// Room below the first source picture id, so that pictures before it stay positive.
const PICTURE_ROOM: u64 = 1 << 15;

/// Where a new frame's picture id lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    /// The ingress id, extended.
    source: u64,
    /// Pictures between it and the newest.
    skipped: u64,
    /// How far it lies ahead of the newest picture's id; none without one.
    distance: Option<u64>,
}

fn place_first(packet: &IngressVideo) -> Option<Placed> {
    let id = packet.frame.picture_id?;
    Some(Placed { source: PICTURE_ROOM + u64::from(id.value()), skipped: 0, distance: None })
}

/// Places the picture of a frame after `newest`, forward in the packet's own width.
pub(super) fn place_newest(packet: &IngressVideo, newest: &Frame) -> Option<Placed> {
    let id = packet.frame.picture_id?;
    let Some(head) = newest.picture else { return place_first(packet) };
    let forward = u64::from(id.value().wrapping_sub(head.source as u16) & id.mask());
    Some(Placed {
        source: head.source + forward,
        skipped: forward.saturating_sub(1),
        distance: Some(forward),
    })
}

impl VideoProjection {
    /// The first packet of a segment.
    pub(super) fn begin(&mut self, packet: &IngressVideo) -> Result<Projected, DropReason> {
        let frame = self.frame_of(packet, true, place_first(packet));
        self.take_newest(packet, frame);
        self.send_newest(packet, true)
    }

    /// A packet of the current encoding.
    pub(super) fn follow(&mut self, packet: &IngressVideo, wanted: Layer) -> Result<Projected, DropReason> {
        let segment = self.segment.as_ref().expect("the caller found the packet's segment");
        if packet.sequence.abs_diff(segment.highest) >= HISTORY || packet.sequence < segment.first {
            return Err(DropReason::TooOld);
        }
        if packet.sequence <= segment.highest {
            return self.late(packet, wanted);
        }
        if packet.padding_only {
            let gap = packet.sequence - segment.highest > 1;
            self.close_gap(packet, None, segment.limit, segment.layers.left_out());
            self.drop_newest(packet.sequence);
            let segment = self.segment_mut();
            // Senders pad between pictures.
            (segment.ended, segment.picture_ended) = (true, true);
            segment.gap_before_padding |= gap;
            return Err(DropReason::PaddingOnly);
        }
        self.advance(packet, wanted)
    }

    /// A packet beyond the highest number.
    fn advance(&mut self, packet: &IngressVideo, wanted: Layer) -> Result<Projected, DropReason> {
        let newest = *self.frames.newest().expect("a segment starts with a frame");
        let segment = self.segment.as_mut().expect("the caller found the packet's segment");
        let (before, left_out) = (segment.limit, segment.layers.left_out());
        let is_new = !newest.has(packet);
        let (mut frame, between) = if is_new {
            let forwarded = segment.admit(packet, wanted, &newest, &self.frames);
            let placed = place_newest(packet, &newest);
            (self.frame_of(packet, forwarded, placed), placed.map(|placed| placed.skipped))
        } else {
            (newest, Some(0))
        };
        let limit = before.over_gap(self.segment_mut().limit);
        let middle_dropped = self.close_gap(packet, Some((&frame, between)), limit, left_out);
        if is_new {
            if middle_dropped && !self.segment_mut().gap_before_padding {
                frame.close_up(between.unwrap_or(0));
            }
            self.take_newest(packet, frame);
            self.segment_mut().gap_before_padding = false;
        }
        let segment = self.segment_mut();
        (segment.ended, segment.picture_ended) = (packet.frame.frame_end, packet.marker);
        segment.arrived = packet.arrived;
        if frame.forwarded {
            self.send_newest(packet, false)
        } else {
            self.drop_newest(packet.sequence);
            Err(frame.refusal())
        }
    }

    /// A record of the packet's frame, which is the newest.
    pub(super) fn frame_of(&self, packet: &IngressVideo, forwarded: bool, placed: Option<Placed>) -> Frame {
        let keeps_distances = packet.frame.ids_are_references;
        let picture = placed.map(|p| match p.distance {
            // Another layer of the newest picture.
            Some(0) if keeps_distances => Picture { source: p.source, out: self.next_picture - 1 },
            _ => Picture { source: p.source, out: self.next_picture + p.skipped },
        });
        let spent = u64::from(forwarded || keeps_distances);
        let segment = self.segment.as_ref().expect("a frame belongs to a segment");
        Frame {
            timestamp: packet.timestamp,
            part: packet.frame.part(),
            forwarded,
            key: packet.frame.key_frame_start,
            picture,
            next_picture: picture.map_or(self.next_picture, |picture| picture.out + spent),
            spatial: packet.frame.spatial,
            temporal: packet.frame.temporal,
            tl0: packet.frame.tl0_picture_index,
            limit: segment.limit,
            top: segment.picture_top(),
            keeps_distances,
            active_targets: None,
        }
    }

    #[inline]
    pub(super) fn take_newest(&mut self, packet: &IngressVideo, frame: Frame) {
        self.next_picture = frame.next_picture;
        let frame = self.announcing(frame);
        self.frames.push_newest(frame);
        let segment = self.segment.as_ref().expect("a frame belongs to a segment");
        if let Some(tl0) = frame.tl0 {
            // Of a dropped frame as well: the base frame that it names may be the late one.
            self.next_tl0 = tl0.wrapping_add(segment.tl0_offset).wrapping_add(1);
        }
        self.note_sent(packet, &frame);
    }

    /// The frame, with what to tell the receiver of decode targets.
    pub(super) fn announcing(&mut self, frame: Frame) -> Frame {
        let choice = self.segment_mut().choice.as_mut().filter(|_| frame.forwarded);
        Frame { active_targets: choice.and_then(|choice| choice.announce(&frame.limit)), ..frame }
    }

    /// Moves the timeline on if the frame goes out.
    pub(super) fn note_sent(&mut self, packet: &IngressVideo, frame: &Frame) {
        if frame.forwarded {
            let segment = self.segment.as_ref().expect("a frame belongs to a segment");
            let out = segment.map_timestamp(packet.timestamp);
            self.timeline.sent(segment.encoding, packet.timestamp, out, packet.arrived);
        }
    }

    /// Gives every number between the highest and the packet its slot; tells whether all frames that may
    /// lie wholly in between are known to be dropped.
    fn close_gap(
        &mut self,
        packet: &IngressVideo,
        after: Option<(&Frame, Option<u64>)>,
        limit: Limit,
        left_out: LeftOut,
    ) -> bool {
        let segment = self.segment.as_ref().expect("a gap belongs to a segment");
        let from = segment.highest + 1;
        let missing = packet.sequence - from;
        if missing == 0 {
            return false;
        }
        let before = self.frames.newest().expect("a segment starts with a frame");
        let after = after.map(|(frame, pictures_between)| After {
            frame,
            starts: packet.frame.frame_start,
            layered: packet.frame.layered,
            pictures_between,
            dependency: packet.frame.dependency.as_ref(),
        });
        let (before_ended, picture_ended) = (segment.ended, segment.picture_ended);
        let gap = Gap { missing, before, before_ended, picture_ended, after, limit };
        let Verdict { head, middle_dropped, tail } = gap.judge();
        for i in 0..missing {
            let dropped = match i {
                i if i < head.0 => head.1,
                i if i >= missing - tail.0 => tail.1,
                _ => middle_dropped,
            };
            let fate = if dropped { Fate::Dropped } else { Fate::Missing { limit, left_out } };
            self.history.set(from + i, Slot { out: self.next_sequence, fate });
            self.next_sequence += u64::from(!dropped);
        }
        middle_dropped
    }

    fn drop_newest(&mut self, sequence: u64) {
        self.history.set(sequence, Slot { out: self.next_sequence, fate: Fate::Dropped });
        self.next_sequence += u64::from(planted::is(Planted::HoleAtWithheld));
        self.segment_mut().highest = sequence;
    }

    fn send_newest(&mut self, packet: &IngressVideo, switched: bool) -> Result<Projected, DropReason> {
        let out = self.next_sequence;
        self.next_sequence += 1;
        self.history.set(packet.sequence, Slot { out, fate: Fate::Forwarded });
        self.segment_mut().highest = packet.sequence;
        let frame = *self.frames.newest().expect("the packet's frame was pushed");
        Ok(self.projected(packet, out, &frame, switched))
    }

    pub(super) fn projected(
        &self,
        packet: &IngressVideo,
        out: u64,
        frame: &Frame,
        switched: bool,
    ) -> Projected {
        let segment = self.segment.as_ref().expect("a packet goes out within a segment");
        Projected {
            sequence: out,
            timestamp: segment.map_timestamp(packet.timestamp),
            marker: packet.marker || frame.is_ended_by(packet),
            numbers: PictureNumbers {
                picture_id: narrowed(frame.picture, packet.frame.picture_id),
                tl0_picture_index: packet
                    .frame
                    .tl0_picture_index
                    .map(|tl0| tl0.wrapping_add(segment.tl0_offset)),
            },
            active_targets: packet.frame.dependency.and(frame.active_targets),
            switched,
            key_frame: frame.key,
        }
    }

    pub(super) fn segment_mut(&mut self) -> &mut Segment {
        self.segment.as_mut().expect("the caller works within a segment")
    }
}
