//! A stretch of one encoding, from the key frame that it starts with to the next switch.

use super::{Layer, Projected, ProjectedVp8, VideoProjection, narrowed};
use crate::forward::frames::{Frame, Picture};
use crate::forward::gap::{Gap, Verdict};
use crate::forward::history::{Fate, HISTORY, Slot};
use crate::forward::ingress::IngressVideo;
use crate::forward::timestamp::{VIDEO_CLOCK_RATE, ticks};
use crate::rtp::sequence::distance32;
use crate::{DropReason, Time};

/// How far a source's timestamp may run ahead of the arrival clock before it counts as restarted: 10 s, more
/// than any queue that drains at once gives.
const MAX_TIMESTAMP_LEAD: i64 = 10 * VIDEO_CLOCK_RATE as i64;

/// Room below the first source picture id, so that pictures before it stay positive.
const PICTURE_ROOM: u64 = 1 << 15;

/// One segment's state; the history and the frames of the projection belong to it as well.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) encoding: u8,
    first: u64,
    highest: u64,
    /// The packet at `highest` ended its frame.
    ended: bool,
    /// Highest temporal layer let through.
    limit: u8,
    timestamp_offset: u32,
    tl0_offset: u8,
    /// When the newest packet arrived.
    arrived: Time,
    /// The last number that was too far off to belong here.
    suspect: Option<u64>,
    /// The highest number of this encoding before it was restarted: stragglers from there are no restart.
    retired: Option<u64>,
}

impl Segment {
    pub(super) fn start(
        packet: &IngressVideo,
        limit: u8,
        timestamp: u32,
        tl0: u8,
        retired: Option<u64>,
    ) -> Self {
        Segment {
            encoding: packet.encoding,
            first: packet.sequence,
            highest: packet.sequence,
            ended: packet.marker,
            limit,
            timestamp_offset: timestamp.wrapping_sub(packet.timestamp),
            tl0_offset: packet.payload.tl0_picture_index().map_or(0, |source| tl0.wrapping_sub(source)),
            arrived: packet.arrived,
            suspect: None,
            retired,
        }
    }

    pub(super) const fn layer(&self) -> Layer {
        Layer { encoding: self.encoding, temporal: self.limit }
    }

    pub(super) const fn highest(&self) -> u64 {
        self.highest
    }

    /// The lowest number that has a slot.
    pub(super) fn oldest(&self) -> u64 {
        self.first.max((self.highest + 1).saturating_sub(HISTORY))
    }

    pub(super) const fn map_timestamp(&self, source: u32) -> u32 {
        source.wrapping_add(self.timestamp_offset)
    }

    /// Whether the source started anew with this packet: its number is out of reach and starts a key frame
    /// or follows another such number, or its time runs backwards or far ahead.
    pub(super) fn is_restart(&mut self, packet: &IngressVideo, newest: Option<&Frame>) -> bool {
        let sequence = packet.sequence;
        let ahead = sequence.checked_sub(self.highest);
        let in_reach = match ahead {
            Some(ahead) => ahead < HISTORY,
            None => self.highest - sequence < HISTORY,
        };
        if !in_reach {
            if self.retired.is_some_and(|retired| retired.abs_diff(sequence) < HISTORY) {
                return false;
            }
            let follows = self.suspect.is_some_and(|suspect| suspect.checked_add(1) == Some(sequence));
            self.suspect = Some(sequence);
            return follows || (ahead.is_some() && packet.payload.key_frame_start() && !packet.padding_only);
        }
        if ahead.is_none_or(|ahead| ahead == 0) || packet.padding_only {
            return false;
        }
        let Some(newest) = newest else { return false };
        let advance = i64::from(distance32(packet.timestamp, newest.timestamp));
        let elapsed = ticks(packet.arrived.since(self.arrived), VIDEO_CLOCK_RATE);
        advance < 0 || advance > elapsed + MAX_TIMESTAMP_LEAD
    }

    /// Decides whether a frame newer than all before is forwarded, moving the temporal limit.
    fn admit(&mut self, packet: &IngressVideo, wanted: Layer) -> bool {
        let desired = if wanted.encoding == self.encoding { wanted.temporal } else { self.limit };
        let temporal = packet.payload.temporal();
        self.limit = self.limit.min(desired);
        if packet.payload.key_frame_start() {
            self.limit = desired;
            return true;
        }
        // One layer at a time: a frame of a layer may depend on all layers below it.
        if temporal <= desired && temporal == self.limit + 1 && packet.payload.layer_sync() {
            self.limit = temporal;
        }
        temporal <= self.limit
    }
}

impl VideoProjection {
    /// The first packet of a segment.
    pub(super) fn begin(&mut self, packet: &IngressVideo) -> Result<Projected, DropReason> {
        let source = packet.payload.picture_id().map(|id| PICTURE_ROOM + u64::from(id.value()));
        let frame = self.frame_of(packet, true, source, 0);
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
            self.close_gap(packet, None, segment.limit, None);
            self.drop_newest(packet.sequence);
            // Senders pad between frames.
            self.segment_mut().ended = true;
            return Err(DropReason::PaddingOnly);
        }
        self.advance(packet, wanted)
    }

    /// A packet beyond the highest number.
    fn advance(&mut self, packet: &IngressVideo, wanted: Layer) -> Result<Projected, DropReason> {
        let newest = *self.frames.newest().expect("a segment starts with a frame");
        let segment = self.segment.as_mut().expect("the caller found the packet's segment");
        let (frame, limit, between, is_new) = if newest.timestamp == packet.timestamp {
            (newest, segment.limit, Some(0), false)
        } else {
            let limit_before = segment.limit;
            let forwarded = segment.admit(packet, wanted);
            let between = self.pictures_between(packet, &newest);
            let (source, kept) = between.unwrap_or((None, 0));
            let frame = self.frame_of(packet, forwarded, source, kept);
            let limit = limit_before.min(self.segment_mut().limit);
            (frame, limit, between.map(|(_, skipped)| skipped), true)
        };
        let middle_dropped = self.close_gap(packet, Some(&frame), limit, between);
        if is_new {
            let frame = if middle_dropped { self.close_up(frame, between) } else { frame };
            self.take_newest(packet, frame);
        }
        let segment = self.segment_mut();
        segment.ended = packet.marker;
        segment.arrived = packet.arrived;
        if frame.forwarded {
            self.send_newest(packet, false)
        } else {
            self.drop_newest(packet.sequence);
            Err(DropReason::TemporalLayer)
        }
    }

    /// The extended source id of the packet's picture, and how many pictures lie between it and `newest`.
    fn pictures_between(&self, packet: &IngressVideo, newest: &Frame) -> Option<(Option<u64>, u64)> {
        let id = packet.payload.picture_id()?;
        let Some(head) = newest.picture else { return Some((Some(PICTURE_ROOM + u64::from(id.value())), 0)) };
        let forward = u64::from(id.value().wrapping_sub(head.source as u16) & id.mask());
        Some((Some(head.source + forward), forward.saturating_sub(1)))
    }

    /// A record of the packet's frame, `skipped` pictures after the newest.
    fn frame_of(&self, packet: &IngressVideo, forwarded: bool, source: Option<u64>, skipped: u64) -> Frame {
        let out = self.next_picture + skipped;
        let numbered = source.is_some();
        Frame {
            timestamp: packet.timestamp,
            forwarded,
            key: packet.payload.key_frame_start(),
            picture: source.map(|source| Picture { source, out }),
            next_picture: if numbered { out + u64::from(forwarded) } else { self.next_picture },
            temporal: packet.payload.temporal(),
            tl0: packet.payload.tl0_picture_index(),
        }
    }

    /// Takes back the picture ids that were kept for pictures now known to be dropped.
    fn close_up(&self, mut frame: Frame, between: Option<u64>) -> Frame {
        let skipped = between.unwrap_or(0);
        if let Some(picture) = &mut frame.picture {
            picture.out -= skipped;
            frame.next_picture -= skipped;
        }
        frame
    }

    fn take_newest(&mut self, packet: &IngressVideo, frame: Frame) {
        self.next_picture = frame.next_picture;
        self.frames.push_newest(frame);
        let segment = self.segment.as_ref().expect("a frame belongs to a segment");
        if let Some(tl0) = frame.tl0 {
            // Of a dropped frame as well: the base frame that it names may be the late one.
            self.next_tl0 = tl0.wrapping_add(segment.tl0_offset).wrapping_add(1);
        }
        self.note_sent(packet, &frame);
    }

    /// Moves the timeline on if the frame goes out.
    fn note_sent(&mut self, packet: &IngressVideo, frame: &Frame) {
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
        after: Option<&Frame>,
        limit: u8,
        pictures_between: Option<u64>,
    ) -> bool {
        let segment = self.segment.as_ref().expect("a gap belongs to a segment");
        let from = segment.highest + 1;
        let missing = packet.sequence - from;
        if missing == 0 {
            return false;
        }
        let before = self.frames.newest().expect("a segment starts with a frame");
        let after_starts = packet.padding_only || packet.payload.frame_start();
        let gap = Gap {
            missing,
            before,
            before_ended: segment.ended,
            after,
            after_starts,
            pictures_between,
            limit,
        };
        let Verdict { head, middle_dropped, tail } = gap.judge();
        for i in 0..missing {
            let dropped = match i {
                i if i < head.0 => head.1,
                i if i >= missing - tail.0 => tail.1,
                _ => middle_dropped,
            };
            let fate = if dropped { Fate::Dropped } else { Fate::Missing { limit } };
            self.history.set(from + i, Slot { out: self.next_sequence, fate });
            self.next_sequence += u64::from(!dropped);
        }
        middle_dropped
    }

    fn drop_newest(&mut self, sequence: u64) {
        self.history.set(sequence, Slot { out: self.next_sequence, fate: Fate::Dropped });
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

    /// A packet at or below the highest number: it lands in the slot kept free for it, or nowhere.
    fn late(&mut self, packet: &IngressVideo, wanted: Layer) -> Result<Projected, DropReason> {
        let slot = self.history.get(packet.sequence);
        let limit = match slot.fate {
            Fate::Forwarded => return Err(DropReason::Duplicate),
            Fate::Dropped | Fate::DroppedLate if packet.padding_only => return Err(DropReason::PaddingOnly),
            Fate::Dropped | Fate::DroppedLate => return Err(DropReason::TemporalLayer),
            Fate::Missing { limit } => limit,
        };
        if packet.padding_only {
            self.history.set(packet.sequence, Slot { fate: Fate::DroppedLate, ..slot });
            return Err(DropReason::PaddingOnly);
        }
        let frame = match self.frames.find(packet.timestamp) {
            Some((frame, is_newest)) => {
                frame.key |= packet.payload.key_frame_start();
                let frame = *frame;
                if is_newest && packet.payload.key_frame_start() && wanted.encoding == packet.encoding {
                    self.segment_mut().limit = wanted.temporal;
                }
                frame
            }
            None => self.late_frame(packet, limit)?,
        };
        let fate = if frame.forwarded { Fate::Forwarded } else { Fate::DroppedLate };
        self.history.set(packet.sequence, Slot { fate, ..slot });
        if !frame.forwarded {
            return Err(DropReason::TemporalLayer);
        }
        Ok(self.projected(packet, slot.out, &frame, false))
    }

    /// Decides about a frame all of whose packets before this one were missing.
    fn late_frame(&mut self, packet: &IngressVideo, limit: u8) -> Result<Frame, DropReason> {
        let newest = *self.frames.newest().expect("a segment starts with a frame");
        let forwarded = packet.payload.temporal() <= limit;
        if distance32(packet.timestamp, newest.timestamp) > 0 {
            // Only padding came after it.
            let between = self.pictures_between(packet, &newest);
            let (source, kept) = between.unwrap_or((None, 0));
            let mut frame = self.frame_of(packet, forwarded, source, kept);
            frame.next_picture += u64::from(source.is_some() && !forwarded);
            self.take_newest(packet, frame);
            return Ok(frame);
        }
        let picture = match packet.payload.picture_id() {
            None => None,
            Some(id) => Some(self.frames.place_late(id).ok_or(DropReason::TooOld)?),
        };
        let frame = Frame {
            timestamp: packet.timestamp,
            forwarded,
            key: packet.payload.key_frame_start(),
            picture,
            // Its id was kept free, so it is spent even when the frame is dropped.
            next_picture: picture.map_or(0, |picture| picture.out + 1),
            temporal: packet.payload.temporal(),
            tl0: packet.payload.tl0_picture_index(),
        };
        self.frames.push_late(frame);
        self.note_sent(packet, &frame);
        Ok(frame)
    }

    fn projected(&self, packet: &IngressVideo, out: u64, frame: &Frame, switched: bool) -> Projected {
        let segment = self.segment.as_ref().expect("a packet goes out within a segment");
        Projected {
            sequence: out,
            timestamp: segment.map_timestamp(packet.timestamp),
            marker: packet.marker,
            vp8: ProjectedVp8 {
                picture_id: narrowed(frame.picture, packet.payload.picture_id()),
                tl0_picture_index: packet
                    .payload
                    .tl0_picture_index()
                    .map(|tl0| tl0.wrapping_add(segment.tl0_offset)),
            },
            switched,
            key_frame: frame.key,
        }
    }

    fn segment_mut(&mut self) -> &mut Segment {
        self.segment.as_mut().expect("the caller works within a segment")
    }
}
