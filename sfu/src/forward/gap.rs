//! Which of the missing packets between two that arrived are known to belong to a dropped frame.

use super::frames::Frame;
use super::limit::Limit;
use crate::codec::frame::FrameDependency;

/// The packets on both sides of a gap.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap<'a> {
    /// How many numbers are missing, at least 1.
    pub(super) missing: u64,
    /// The newest frame before the gap.
    pub(super) before: &'a Frame,
    /// The packet before the gap ended its frame …
    pub(super) before_ended: bool,
    /// … and its picture.
    pub(super) picture_ended: bool,
    /// The packet after the gap; none when that is padding.
    pub(super) after: Option<After<'a>>,
    /// What was let through over the gap.
    pub(super) limit: Limit,
}

/// The packet after a gap.
#[derive(Clone, Copy, Debug)]
pub(super) struct After<'a> {
    /// Its frame.
    pub(super) frame: &'a Frame,
    /// It starts its frame.
    pub(super) starts: bool,
    /// Other spatial layers may come in the same picture.
    pub(super) layered: bool,
    /// Pictures that lie between both frames; none when the source doesn't number them.
    pub(super) pictures_between: Option<u64>,
    pub(super) dependency: Option<&'a FrameDependency>,
}

/// The gap in three parts, each with whether its packets are known to be dropped ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// How many belong to the frame before, and whether that was dropped.
    pub(super) head: (u64, bool),
    /// Whether all between belong to dropped frames.
    pub(super) middle_dropped: bool,
    /// How many belong to the frame after, and whether that was dropped.
    pub(super) tail: (u64, bool),
}

impl Gap<'_> {
    /// Splits the gap. Whatever isn't known to be dropped keeps its place.
    pub(super) fn judge(&self) -> Verdict {
        let before_dropped = !self.before.forwarded;
        let head_at_least = u64::from(!self.before_ended);
        let Some(after) = self.after else {
            return Verdict {
                head: (head_at_least, before_dropped),
                middle_dropped: false,
                tail: (0, false),
            };
        };
        let after_dropped = !after.frame.forwarded;
        if self.before.is(after.frame.timestamp, after.frame.part) {
            return Verdict { head: (self.missing, before_dropped), middle_dropped: false, tail: (0, false) };
        }
        let mut head = head_at_least;
        let mut tail = u64::from(!after.starts).min(self.missing - head);
        // What lies between may also be the rest of the frame before, or the beginning of the one after.
        let rest_dropped = self.before_ended || before_dropped;
        let beginning_dropped = after.starts || after_dropped;
        let mut middle_dropped = rest_dropped && beginning_dropped && self.only_unwanted_between(&after);
        if self.no_frame_between(&after) {
            match (self.before_ended, after.starts) {
                (true, false) => tail = self.missing,
                (false, true) => head = self.missing,
                (false, false) => middle_dropped = before_dropped && after_dropped,
                (true, true) => middle_dropped = false,
            }
        }
        Verdict { head: (head, before_dropped), middle_dropped, tail: (tail, after_dropped) }
    }

    /// Whether both frames follow each other at the source.
    fn no_frame_between(&self, after: &After<'_>) -> bool {
        let (before, frame) = (self.before, after.frame);
        if after.dependency.is_some() {
            return frame.part == before.part.wrapping_add(1);
        }
        if before.timestamp == frame.timestamp {
            return frame.spatial == before.spatial + 1;
        }
        let next_picture = after.pictures_between == Some(0);
        next_picture && (!after.layered || (self.picture_ended && frame.spatial == 0))
    }

    /// Whether no frame that is let through can lie wholly between the two.
    fn only_unwanted_between(&self, after: &After<'_>) -> bool {
        // The layer above was about to begin and end the picture before, which went out without a marker.
        let is_open = self.before.forwarded && self.before.top > self.limit.spatial;
        if is_open && !self.picture_ended {
            return false;
        }
        if let Some(dependency) = after.dependency {
            return self.chain_unbroken(dependency);
        }
        let (before, frame, limit) = (self.before, after.frame, &self.limit);
        // Above the frame before, in its own picture.
        let none_above = before.spatial >= limit.spatial || before.temporal > limit.temporal;
        if before.timestamp == frame.timestamp {
            return none_above;
        }
        let none_below = frame.spatial == 0 || frame.temporal > limit.temporal;
        let one_layer = !after.layered || ((self.picture_ended || none_above) && none_below);
        one_layer && (after.pictures_between == Some(0) || self.only_upper_layers_between(frame))
    }

    /// Whether TL0PICIDX proves that no base-layer picture is missing while nothing else is let through.
    fn only_upper_layers_between(&self, after: &Frame) -> bool {
        let (Some(before_tl0), Some(after_tl0)) = (self.before.tl0, after.tl0) else { return false };
        // Another layer's frame has counted its picture already.
        let base_frames = u8::from(after.temporal == 0);
        // 256 base frames fit no gap of fewer packets: the 8-bit index is unambiguous.
        self.limit.temporal == 0 && self.missing < 256 && after_tl0 == before_tl0.wrapping_add(base_frames)
    }

    /// Whether the chain shows that none of the target's frames is missing: without upper temporal layers all of
    /// them are of the chain.
    fn chain_unbroken(&self, after: &FrameDependency) -> bool {
        let target = self.limit.target;
        let Some(previous) = after.chain_before(target) else { return false };
        let protects_all = after.targets.get(target).is_some_and(|target| target.temporal == 0);
        // The chain's last frame lies no later than the frame before the gap.
        let (back, before) =
            (after.number.wrapping_sub(previous), after.number.wrapping_sub(self.before.part));
        protects_all && back >= before
    }
}

#[cfg(test)]
mod tests;
