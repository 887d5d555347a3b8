//! Packets at or below the highest number of a segment: they land in the slot kept free for them, or nowhere.

use super::newest::place_newest;
use super::{Layer, Projected, VideoProjection};
use crate::DropReason;
use crate::forward::frames::{Frame, refusal};
use crate::forward::history::{Fate, Slot};
use crate::forward::ingress::IngressVideo;
use crate::forward::limit::Limit;
use crate::rtp::sequence::distance32;

impl VideoProjection {
    /// A packet at or below the highest number: it lands in the slot kept free for it, or nowhere.
    pub(super) fn late(&mut self, packet: &IngressVideo, wanted: Layer) -> Result<Projected, DropReason> {
        let slot = self.history.get(packet.sequence);
        let (limit, left_out) = match slot.fate {
            Fate::Forwarded => return Err(DropReason::Duplicate),
            Fate::Dropped | Fate::DroppedLate if packet.padding_only => return Err(DropReason::PaddingOnly),
            Fate::Dropped | Fate::DroppedLate => {
                return Err(refusal(packet.frame.spatial, &self.segment_mut().limit));
            }
            Fate::Missing { limit, left_out } => (limit, left_out),
        };
        if packet.padding_only {
            self.history.set(packet.sequence, Slot { fate: Fate::DroppedLate, ..slot });
            return Err(DropReason::PaddingOnly);
        }
        let frame = match self.frames.find(packet) {
            Some((frame, is_newest)) => {
                frame.key |= packet.frame.key_frame_start;
                let frame = *frame;
                // With a gap behind it (before padding), frames after it have met the old limit already.
                let raises = is_newest && !self.segment_mut().gap_before_padding;
                if raises && packet.frame.key_frame_start && wanted.encoding == packet.encoding {
                    self.segment_mut().lift(wanted, packet.timestamp);
                }
                frame
            }
            // What is known of its picture is nearer than what held when the gap showed.
            None => {
                let limit = self.frames.limit_of_picture(packet.timestamp).unwrap_or(limit);
                let forwarded = limit.admits(&packet.frame) && !left_out.cuts_off(&packet.frame);
                self.late_frame(packet, limit, forwarded)?
            }
        };
        let fate = if frame.forwarded { Fate::Forwarded } else { Fate::DroppedLate };
        self.history.set(packet.sequence, Slot { fate, ..slot });
        if !frame.forwarded {
            return Err(frame.refusal());
        }
        Ok(self.projected(packet, slot.out, &frame, false))
    }

    /// Takes note of a frame all of whose packets before this one were missing.
    fn late_frame(
        &mut self,
        packet: &IngressVideo,
        limit: Limit,
        forwarded: bool,
    ) -> Result<Frame, DropReason> {
        let newest = *self.frames.newest().expect("a segment starts with a frame");
        self.segment_mut().layers.on_late_frame(packet);
        if distance32(packet.timestamp, newest.timestamp) > 0 {
            // Only padding came after it.
            let mut frame = self.frame_of(packet, forwarded, place_newest(packet, &newest));
            (frame.limit, frame.top) = (limit, limit.spatial);
            frame.next_picture = frame.picture.map_or(frame.next_picture, |picture| picture.out + 1);
            self.take_newest(packet, frame);
            return Ok(*self.frames.newest().expect("it was pushed"));
        }
        let picture = match packet.frame.picture_id {
            None => None,
            Some(id) => Some(self.frames.place_late(id).ok_or(DropReason::TooOld)?),
        };
        let frame = Frame {
            timestamp: packet.timestamp,
            part: packet.frame.part(),
            forwarded,
            key: packet.frame.key_frame_start,
            picture,
            // Its id was kept free, so it is spent even when the frame is dropped.
            next_picture: picture.map_or(0, |picture| picture.out + 1),
            spatial: packet.frame.spatial,
            temporal: packet.frame.temporal,
            tl0: packet.frame.tl0_picture_index,
            limit,
            top: limit.spatial,
            keeps_distances: packet.frame.ids_are_references,
            active_targets: None,
        };
        let frame = self.announcing(frame);
        self.frames.push_late(frame);
        self.note_sent(packet, &frame);
        Ok(frame)
    }
}
