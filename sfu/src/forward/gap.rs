//! Which of the missing packets between two that arrived are known to belong to a dropped frame.

use super::frames::Frame;

/// The packets on both sides of a gap.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap<'a> {
    /// How many numbers are missing, at least 1.
    pub(super) missing: u64,
    /// The newest frame before the gap.
    pub(super) before: &'a Frame,
    /// The packet before the gap ended its frame.
    pub(super) before_ended: bool,
    /// The frame of the packet after the gap; none when that is padding.
    pub(super) after: Option<&'a Frame>,
    /// The packet after the gap starts its frame.
    pub(super) after_starts: bool,
    /// Pictures that lie between both frames; none when the source doesn't number them.
    pub(super) pictures_between: Option<u64>,
    /// The highest temporal layer let through.
    pub(super) limit: u8,
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
        let after_dropped = !after.forwarded;
        if after.timestamp == self.before.timestamp {
            return Verdict { head: (self.missing, before_dropped), middle_dropped: false, tail: (0, false) };
        }
        let mut head = head_at_least;
        let mut tail = u64::from(!self.after_starts).min(self.missing - head);
        // What lies between may also be the rest of the frame before, or the beginning of the one after.
        let rest_dropped = self.before_ended || before_dropped;
        let beginning_dropped = self.after_starts || after_dropped;
        let mut middle_dropped = rest_dropped && beginning_dropped && self.only_upper_layers_between(after);
        if self.pictures_between == Some(0) {
            match (self.before_ended, self.after_starts) {
                (true, false) => tail = self.missing,
                (false, true) => head = self.missing,
                (false, false) => middle_dropped = before_dropped && after_dropped,
                (true, true) => middle_dropped = false,
            }
        }
        Verdict { head: (head, before_dropped), middle_dropped, tail: (tail, after_dropped) }
    }

    /// Whether TL0PICIDX proves that no base-layer frame is missing while nothing else is let through.
    fn only_upper_layers_between(&self, after: &Frame) -> bool {
        let (Some(before_tl0), Some(after_tl0)) = (self.before.tl0, after.tl0) else { return false };
        let base_frames = u8::from(after.temporal == 0);
        // 256 base frames fit no gap of fewer packets: the 8-bit index is unambiguous.
        self.limit == 0 && self.missing < 256 && after_tl0 == before_tl0.wrapping_add(base_frames)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(timestamp: u32, temporal: u8, tl0: u8, forwarded: bool) -> Frame {
        let tl0 = Some(tl0);
        Frame { timestamp, forwarded, key: false, picture: None, next_picture: 0, temporal, tl0 }
    }

    #[test]
    fn rows() {
        let (base, upper) = (frame(1, 0, 7, true), frame(1, 1, 7, false));
        let (next_base, next_upper) = (frame(2, 0, 8, true), frame(2, 2, 7, false));
        // frame before, ended, frame after, starts, pictures between, missing → head, middle, tail
        type Part = (u64, bool);
        type Row<'a> = (&'a Frame, bool, Option<&'a Frame>, bool, Option<u64>, u64, Part, bool, Part);
        let rows: [Row<'_>; 12] = [
            // Within one dropped frame, and within one forwarded frame.
            (&upper, false, Some(&upper), false, Some(0), 3, (3, true), false, (0, false)),
            (&base, false, Some(&base), false, Some(0), 3, (3, false), false, (0, false)),
            // The rest of the frame before; the start of the frame after.
            (&upper, false, Some(&next_base), true, Some(0), 2, (2, true), true, (0, false)),
            (&base, true, Some(&next_upper), false, Some(0), 2, (0, false), true, (2, true)),
            // Either frame's, and both dropped.
            (&upper, false, Some(&next_upper), false, Some(0), 3, (1, true), true, (1, true)),
            // Whole frames between: TL0PICIDX tells that no base frame is among them.
            (&base, true, Some(&next_upper), true, Some(2), 4, (0, false), true, (0, true)),
            (&base, true, Some(&next_base), true, None, 4, (0, false), true, (0, false)),
            // Of these, some may be of a base frame that goes out.
            (&base, true, Some(&next_base), false, None, 4, (0, false), false, (1, false)),
            (&base, false, Some(&next_upper), true, None, 4, (1, false), false, (0, true)),
            // A base frame is missing.
            (&base, true, Some(&frame(2, 2, 8, false)), true, Some(1), 4, (0, false), false, (0, true)),
            // Padding after the gap.
            (&upper, false, None, true, None, 4, (1, true), false, (0, false)),
            // Nothing but padding can be missing between two whole neighbours.
            (&base, true, Some(&next_base), true, Some(0), 1, (0, false), false, (0, false)),
        ];
        for (i, (before, ended, after, starts, pictures, missing, head, middle, tail)) in
            rows.into_iter().enumerate()
        {
            let gap = Gap {
                missing,
                before,
                before_ended: ended,
                after,
                after_starts: starts,
                pictures_between: pictures,
                limit: 0,
            };
            assert_eq!(gap.judge(), Verdict { head, middle_dropped: middle, tail }, "row {i}");
        }
    }
}
