//! A stretch of one encoding, from the key frame that it starts with to the next switch.

use super::Layer;
use crate::Time;
use crate::forward::frames::Frame;
use crate::forward::history::HISTORY;
use crate::forward::ingress::IngressVideo;
use crate::forward::timestamp::{VIDEO_CLOCK_RATE, ticks};
use crate::rtp::sequence::distance32;

/// How far a source's timestamp may run ahead of the arrival clock before it counts as restarted: 10 s, more
/// than any queue that drains at once gives.
const MAX_TIMESTAMP_LEAD: i64 = 10 * VIDEO_CLOCK_RATE as i64;

/// One segment's state; the history and the frames of the projection belong to it as well.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) encoding: u8,
    pub(super) first: u64,
    pub(super) highest: u64,
    /// The packet at `highest` ended its frame.
    pub(super) ended: bool,
    /// Padding has come after a gap since the newest frame: frames may still come there, whatever follows.
    pub(super) gap_before_padding: bool,
    /// Highest temporal layer let through.
    pub(super) limit: u8,
    pub(super) timestamp_offset: u32,
    pub(super) tl0_offset: u8,
    /// When the newest packet arrived.
    pub(super) arrived: Time,
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
            gap_before_padding: false,
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
    pub(super) fn admit(&mut self, packet: &IngressVideo, wanted: Layer) -> bool {
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
