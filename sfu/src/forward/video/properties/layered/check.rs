//! What has to hold of a run.

use std::collections::{BTreeMap, BTreeSet};

use super::publisher::{FrameId, Out, Run};
use crate::rtp::sequence::distance32;

/// A run whose packets are sorted by outgoing number.
pub(super) struct Checker {
    run: Run,
}

fn frame_id(out: &Out) -> FrameId {
    (out.sent.packet.encoding, out.sent.frame)
}

impl Checker {
    pub(super) fn new(mut run: Run) -> Self {
        run.out.sort_by_key(|out| out.out.sequence);
        Checker { run }
    }

    fn pairs(&self) -> impl Iterator<Item = (&Out, &Out)> {
        self.run.out.windows(2).map(|pair| (&pair[0], &pair[1]))
    }

    pub(super) fn numbers_are_used_once_and_in_source_order(&self) {
        for (a, b) in self.pairs() {
            assert!(a.out.sequence < b.out.sequence, "a number was used twice: {a:?} {b:?}");
            if b.out.switched {
                assert!(b.sent.packet.frame.key_frame_start, "{b:?}");
                continue;
            }
            let place = |out: &Out| (out.sent.packet.encoding, out.sent.packet.sequence);
            assert!(place(a).0 == place(b).0 && place(a).1 < place(b).1, "source order: {a:?} {b:?}");
        }
        let packets: BTreeSet<_> =
            self.run.out.iter().map(|out| (out.sent.packet.encoding, out.sent.packet.sequence)).collect();
        assert_eq!(packets.len(), self.run.out.len(), "a packet went out twice");
    }

    pub(super) fn no_holes(&self) {
        for (a, b) in self.pairs() {
            assert_eq!(a.out.sequence + 1, b.out.sequence, "{a:?} {b:?}");
        }
    }

    pub(super) fn no_hole_without_a_missing_packet(&self) {
        for (a, b) in self.pairs() {
            let hole = b.out.sequence - a.out.sequence - 1;
            let (id, from) = (a.sent.packet.encoding, a.sent.packet.sequence + 1);
            let to = if b.out.switched { from + 2_000 } else { b.sent.packet.sequence };
            let missing = (from..to).filter(|n| !self.run.in_order.contains(&(id, *n))).take(hole as usize);
            assert_eq!(missing.count() as u64, hole, "a hole of its own: {a:?} {b:?}");
        }
    }

    /// Ids that references count in step as the source's do, and go on by one or more at a switch.
    pub(super) fn picture_numbers_keep_their_distances(&self) {
        for (a, b) in self.pairs().filter(|_| self.run.conditions.mode.is_vp9()) {
            let step = |of: fn(&Out) -> (u16, u8)| {
                let ((id_a, tl0_a), (id_b, tl0_b)) = (of(a), of(b));
                (id_b.wrapping_sub(id_a) & 0x7fff, tl0_b.wrapping_sub(tl0_a))
            };
            let out = step(|out| {
                let numbers = out.out.numbers;
                (numbers.picture_id.expect("kept"), numbers.tl0_picture_index.expect("kept"))
            });
            let source = step(|out| {
                let frame = &out.sent.packet.frame;
                (frame.picture_id.expect("it has").value(), frame.tl0_picture_index.expect("it has"))
            });
            let goes_on = (1..=source.0.max(1)).contains(&out.0) && out.1 >= 1;
            assert!(if b.out.switched { goes_on } else { out == source }, "{out:?} {source:?} {a:?} {b:?}");
        }
    }

    pub(super) fn timestamps_advance_by_picture(&self) {
        for (a, b) in self.pairs() {
            let step = distance32(b.out.timestamp, a.out.timestamp);
            if b.out.switched {
                assert!(step > 0, "{a:?} {b:?}");
            } else {
                assert_eq!(step, distance32(b.sent.packet.timestamp, a.sent.packet.timestamp));
            }
        }
    }

    /// How many packets of each frame went out.
    fn packets_out(&self) -> BTreeMap<FrameId, u64> {
        let mut packets = BTreeMap::new();
        for out in &self.run.out {
            *packets.entry(frame_id(out)).or_insert(0) += 1;
        }
        packets
    }

    /// Every frame of which something went out is whole, and so are those that it refers to, unless packets were lost
    /// or late, or a switch cut the segment short.
    pub(super) fn only_what_was_missing_keeps_frames_from_decoding(&self) {
        let out = self.packets_out();
        let is_whole = |id: &FrameId| out.get(id) == Some(&self.run.frames[id].packets);
        let was_missing = |id: &FrameId| {
            let frame = &self.run.frames[id];
            (frame.first..frame.first + frame.packets).any(|n| !self.run.in_order.contains(&(id.0, n)))
        };
        let last = self.run.frames.keys().map(|id| id.1).max().unwrap_or(0);
        for (at, sent) in self.run.out.iter().enumerate() {
            let id = frame_id(sent);
            let rest = &self.run.out[at..];
            let cut = rest.iter().find(|later| frame_id(later) != id).is_none_or(|later| later.out.switched);
            let excused = was_missing(&id) || cut || id.1 + 3 > last;
            assert!(is_whole(&id) || excused, "torn: {sent:?}");
            for reference in &self.run.frames[&id].references {
                let reference = (id.0, *reference);
                assert!(
                    is_whole(&reference) || was_missing(&reference),
                    "refers to {reference:?}, which wasn't sent: {sent:?}"
                );
            }
        }
    }

    /// The last packet of a picture has the marker and no other has, unless a switch or the end cut it short.
    pub(super) fn pictures_end_with_a_marker(&self) {
        for (a, b) in self.pairs() {
            let ends = a.out.timestamp != b.out.timestamp;
            let cut = b.out.switched && !a.out.marker;
            assert!(cut || a.out.marker == ends, "{a:?} {b:?}");
        }
    }

    /// What the receiver is told to be active is all there: no frame of such a target was left out after it was told.
    pub(super) fn active_targets_are_all_there(&self) {
        if !self.run.conditions.mode.is_described() {
            return;
        }
        let out = self.packets_out();
        for (a, b) in self.pairs().filter(|(_, b)| !b.out.switched) {
            let all = a.sent.packet.frame.dependency.expect("described").active;
            let told = a.out.active_targets.unwrap_or(all);
            let between = (frame_id(a).1 + 1)..frame_id(b).1;
            for number in between {
                let id = (frame_id(a).0, number);
                assert!(!out.contains_key(&id));
                let left_out = &self.run.frames[&id];
                // Only what this very picture left out is promised: the next one may say otherwise.
                let same_picture = left_out.picture == self.run.frames[&frame_id(a)].picture;
                let target = left_out.spatial * 3 + left_out.temporal;
                assert!(!same_picture || told & (1 << target) == 0, "{told:b} {left_out:?} {a:?} {b:?}");
            }
        }
    }
}
