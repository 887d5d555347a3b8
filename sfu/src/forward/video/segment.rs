//! A stretch of one encoding, from the key frame that it starts with to the next switch.

use super::Layer;
use super::layers::Layers;
use super::targets::Choice;
use crate::Time;
use crate::forward::frames::{Frame, Frames};
use crate::forward::history::HISTORY;
use crate::forward::ingress::IngressVideo;
use crate::forward::limit::{Limit, NO_TARGET};
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
    /// The packet at `highest` ended its frame …
    pub(super) ended: bool,
    /// … and its picture.
    pub(super) picture_ended: bool,
    /// Padding has come after a gap since the newest frame: frames may still come there, whatever follows.
    pub(super) gap_before_padding: bool,
    /// The highest layers let through.
    pub(super) limit: Limit,
    /// The encoding has spatial layers.
    pub(super) layered: bool,
    pub(super) layers: Layers,
    /// A higher spatial layer is wanted than goes out.
    wants_more: bool,
    /// Where a dependency descriptor decides: the targets to choose from.
    pub(super) choice: Option<Choice>,
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
    /// A segment that starts with `packet`, whose limit is for the caller to lift.
    pub(super) fn start(packet: &IngressVideo, timestamp: u32, tl0: u8, retired: Option<u64>) -> Self {
        Segment {
            encoding: packet.encoding,
            first: packet.sequence,
            highest: packet.sequence,
            ended: packet.frame.frame_end,
            picture_ended: packet.marker,
            gap_before_padding: false,
            limit: Limit::of_layers(0, 0),
            layered: packet.frame.layered,
            layers: Layers::default(),
            wants_more: false,
            choice: packet.frame.dependency.as_ref().map(Choice::of),
            timestamp_offset: timestamp.wrapping_sub(packet.timestamp),
            tl0_offset: packet.frame.tl0_picture_index.map_or(0, |source| tl0.wrapping_sub(source)),
            arrived: packet.arrived,
            suspect: None,
            retired,
        }
    }

    pub(super) const fn layer(&self) -> Layer {
        Layer { encoding: self.encoding, spatial: self.limit.spatial, temporal: self.limit.temporal }
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
            return follows || (ahead.is_some() && packet.frame.key_frame_start && !packet.padding_only);
        }
        if ahead.is_none_or(|ahead| ahead == 0) || packet.padding_only {
            return false;
        }
        let Some(newest) = newest else { return false };
        let advance = i64::from(distance32(packet.timestamp, newest.timestamp));
        let elapsed = ticks(packet.arrived.since(self.arrived), VIDEO_CLOCK_RATE);
        advance < 0 || advance > elapsed + MAX_TIMESTAMP_LEAD
    }

    /// Decides whether a frame newer than all before is forwarded, moving the limit.
    pub(super) fn admit(
        &mut self,
        packet: &IngressVideo,
        wanted: Layer,
        newest: &Frame,
        frames: &Frames,
    ) -> bool {
        let (new_picture, gap) = (packet.timestamp != newest.timestamp, packet.sequence > self.highest + 1);
        self.layers.on_frame(&packet.frame, (new_picture, gap), &self.limit);
        let forwarded = self.decide(packet, wanted, newest, frames);
        self.wants_more = self.desired(wanted).spatial > self.limit.spatial;
        forwarded
    }

    fn decide(&mut self, packet: &IngressVideo, wanted: Layer, newest: &Frame, frames: &Frames) -> bool {
        match &packet.frame.dependency {
            Some(dependency) => self.admit_target(packet, dependency, wanted, newest, frames),
            None => {
                if packet.frame.key_frame_start {
                    self.choice = None;
                }
                self.admit_layers(packet, self.desired(wanted), newest)
            }
        }
    }

    /// The spatial layer that ends the newest picture as it goes out.
    ///
    /// A layer that wasn't in the picture before and is wanted may be about to begin, in this very picture: then that
    /// one is to end it, and if it doesn't come, the source's own marker does.
    pub(super) fn picture_top(&self) -> u8 {
        let limit = self.limit.spatial;
        if self.wants_more && self.layers.may_begin_above(limit) { limit + 1 } else { limit }
    }

    /// A key frame: everything wanted may go out from here on.
    pub(super) fn lift(&mut self, wanted: Layer, timestamp: u32) {
        self.limit = self.desired(wanted);
        self.layers.on_key_picture(timestamp);
    }

    /// Whether only a key frame of its own encoding leads to the layers wanted.
    pub(super) fn wants_key_frame(&self, wanted: Layer) -> bool {
        let desired = self.desired(wanted);
        match &self.choice {
            Some(choice) => choice.needs_key_frame(&self.limit, &desired),
            // The descriptors of this stream can't be read by what its key frame brought.
            None if self.limit.target != NO_TARGET => true,
            None => {
                let (desired, now) = (desired.spatial, self.limit.spatial);
                let is_cut_off = desired < now && !self.layers.is_whole(desired);
                let is_lost = self.layers.is_turned_off() || self.layers.is_broken(&self.limit);
                desired > now || is_cut_off || is_lost
            }
        }
    }

    /// The limit that the layers wanted call for. (While they are of another encoding, it stays as it is.)
    pub(super) fn desired(&self, wanted: Layer) -> Limit {
        if wanted.encoding != self.encoding {
            return self.limit;
        }
        match &self.choice {
            Some(choice) => choice.best(wanted, self.layered).unwrap_or(self.limit),
            None => Limit::of_layers(if self.layered { wanted.spatial } else { 0 }, wanted.temporal),
        }
    }
}
