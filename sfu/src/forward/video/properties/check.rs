//! What has to hold of a run.

use std::collections::{BTreeMap, BTreeSet};

use super::publisher::{Frame, FrameId, Out, Run};
use crate::rtp::sequence::distance32;

/// Frames at the end of a segment that reordering may leave incomplete.
const CUT_SHORT: usize = 5;

/// A run whose packets are sorted by outgoing number and cut into segments.
pub(super) struct Checker {
    run: Run,
    segments: Vec<Vec<Out>>,
}

fn frame_id(out: &Out) -> FrameId {
    (out.sent.packet.encoding, out.life, out.sent.frame)
}

impl Checker {
    pub(super) fn new(mut run: Run) -> Self {
        run.out.sort_by_key(|out| out.out.sequence);
        let mut segments: Vec<Vec<Out>> = Vec::new();
        for out in &run.out {
            match segments.last_mut() {
                Some(segment) if !out.out.switched => segment.push(*out),
                _ => segments.push(vec![*out]),
            }
        }
        Checker { run, segments }
    }

    /// The first packet of every frame of a segment, in outgoing order.
    fn frames<'a>(&self, segment: &'a [Out]) -> Vec<&'a Out> {
        let mut frames: Vec<&Out> = Vec::new();
        for out in segment {
            if frames.last().is_none_or(|last| frame_id(last) != frame_id(out)) {
                frames.push(out);
            }
        }
        frames
    }

    pub(super) fn every_number_once(&self) {
        let numbers: BTreeSet<u64> = self.run.out.iter().map(|out| out.out.sequence).collect();
        assert_eq!(numbers.len(), self.run.out.len(), "an outgoing number was used twice");
        let packet = |out: &Out| (out.sent.packet.encoding, out.life, out.sent.packet.sequence);
        let packets: BTreeSet<_> = self.run.out.iter().map(packet).collect();
        assert_eq!(packets.len(), self.run.out.len(), "a packet went out twice");
    }

    pub(super) fn one_encoding_at_a_time_in_source_order(&self) {
        for segment in &self.segments {
            let first = &segment[0];
            assert!(first.out.switched && first.sent.key && first.sent.packet.frame.key_frame_start);
            for pair in segment.windows(2) {
                let [a, b] = [&pair[0], &pair[1]];
                let same = (a.sent.packet.encoding, a.life) == (b.sent.packet.encoding, b.life);
                assert!(same, "two encodings in one segment: {a:?} {b:?}");
                assert!(a.sent.packet.sequence < b.sent.packet.sequence, "source order: {a:?} {b:?}");
                assert!(!b.sent.packet.padding_only);
            }
        }
    }

    pub(super) fn no_hole_without_a_missing_packet(&self) {
        for pair in self.run.out.windows(2) {
            let [a, b] = [&pair[0], &pair[1]];
            let hole = b.out.sequence - a.out.sequence - 1;
            let (id, from) = (a.sent.packet.encoding, a.sent.packet.sequence + 1);
            let to = if b.out.switched { from + 2_000 } else { b.sent.packet.sequence };
            let missing =
                (from..to).filter(|n| !self.run.in_order.contains(&(id, a.life, *n))).take(hole as usize);
            assert_eq!(missing.count() as u64, hole, "a hole of its own: {a:?} {b:?}");
        }
    }

    pub(super) fn no_holes(&self) {
        for pair in self.run.out.windows(2) {
            assert_eq!(pair[0].out.sequence + 1, pair[1].out.sequence, "{pair:?}");
        }
    }

    /// The frames of the source after that of `a`, up to that of `b` or its segment's end, of which
    /// something was lost or late.
    fn disturbed<'a>(&'a self, a: &Out, b: &Out) -> impl Iterator<Item = &'a Frame> {
        let last = (a.sent.packet.encoding, a.life, u32::MAX);
        let to = if b.out.switched { last } else { frame_id(b) };
        let between = self.run.frames.range(frame_id(a)..to).skip(1);
        between.map(|(id, frame)| (*id, frame)).filter_map(|((id, life, _), frame)| {
            let mut numbers = frame.first..frame.first + frame.packets;
            numbers.any(|n| !self.run.in_order.contains(&(id, life, n))).then_some(frame)
        })
    }

    pub(super) fn picture_ids_close_up(&self) {
        let mask = if self.run.conditions.short_ids { 0x7f } else { 0x7fff };
        let frames: Vec<&Out> = self.segments.iter().flat_map(|segment| self.frames(segment)).collect();
        for pair in frames.windows(2) {
            let [a, b] = [pair[0], pair[1]];
            let id = |out: &Out| out.out.numbers.picture_id.expect("all frames have one");
            let step = usize::from(id(b).wrapping_sub(id(a)) & mask);
            let most = 1 + self.disturbed(a, b).count();
            assert!((1..=most).contains(&step), "picture ids: step {step} of {most} {a:?} {b:?}");
        }
        let mut ids = BTreeMap::new();
        for out in &self.run.out {
            let id = *ids.entry(frame_id(out)).or_insert(out.out.numbers.picture_id);
            assert_eq!(out.out.numbers.picture_id, id, "one frame, one id");
        }
    }

    pub(super) fn tl0_indices_follow_the_source(&self) {
        let of = |out: &Out| {
            let source = out.sent.packet.frame.tl0_picture_index.expect("all packets have one");
            let index = out.out.numbers.tl0_picture_index.expect("it stays");
            (index, index.wrapping_sub(source))
        };
        for segment in &self.segments {
            assert!(
                segment.iter().all(|out| of(out).1 == of(&segment[0]).1),
                "TL0PICIDX shifts in a segment"
            );
        }
        for pair in self.segments.windows(2) {
            let (last, first) = (pair[0].last().expect("segments aren't empty"), &pair[1][0]);
            let step = usize::from(of(first).0.wrapping_sub(of(last).0));
            // A base frame that was lost has had its index.
            let most = 1 + self.disturbed(last, first).filter(|frame| frame.temporal == 0).count();
            assert!(
                (1..=most).contains(&step),
                "TL0PICIDX over a switch: {step} of {most} {last:?} {first:?}"
            );
        }
    }

    pub(super) fn timestamps_advance(&self) {
        for pair in self.run.out.windows(2) {
            let [a, b] = [&pair[0], &pair[1]];
            let step = i64::from(distance32(b.out.timestamp, a.out.timestamp));
            assert_eq!(step > 0, frame_id(a) != frame_id(b), "{a:?} {b:?}");
            assert!(step >= 0, "{a:?} {b:?}");
            if b.out.switched {
                // 200 ms, and what the first packet of the last frame may have come before this one.
                let elapsed = b.sent.packet.arrived.since(a.sent.packet.arrived).as_millis() as i64;
                assert!(step <= (elapsed + 200 + 160) * 90, "{a:?} {b:?}");
            } else {
                let source = distance32(b.sent.packet.timestamp, a.sent.packet.timestamp);
                assert_eq!(step, i64::from(source));
            }
        }
    }

    /// The strictest dependencies that temporal layers allow.
    fn dependencies(&self, of: FrameId) -> Vec<FrameId> {
        let frame = self.run.frames[&of];
        let mut found = Vec::new();
        let mut open: Vec<u8> = match (frame.key, frame.sync) {
            (true, _) => Vec::new(),
            (false, true) => vec![0],
            (false, false) => (0..=frame.temporal).collect(),
        };
        let before = self.run.frames.range((of.0, of.1, 0)..of).rev();
        for (id, earlier) in before {
            if let Some(at) = open.iter().position(|temporal| *temporal == earlier.temporal) {
                open.swap_remove(at);
                found.push(*id);
            }
            if earlier.key || open.is_empty() {
                break;
            }
        }
        found
    }

    /// Every frame decodes, but for those at a segment's end that the switch cut short.
    pub(super) fn every_frame_decodes(&self) {
        let in_order = self.run.conditions.jitter_ms == 0;
        let mut decoded = BTreeSet::new();
        let mut packets: BTreeMap<FrameId, u64> = BTreeMap::new();
        for out in &self.run.out {
            *packets.entry(frame_id(out)).or_default() += 1;
        }
        for segment in &self.segments {
            let frames = self.frames(segment);
            for (i, first) in frames.iter().enumerate() {
                let id = frame_id(first);
                let whole = packets[&id] == self.run.frames[&id].packets;
                let ready = self.dependencies(id).iter().all(|id| decoded.contains(id));
                if whole && ready {
                    decoded.insert(id);
                    continue;
                }
                let cut = i + if in_order { 1 } else { CUT_SHORT } >= frames.len();
                assert!(cut, "whole {whole}, ready {ready}: {i} of {} {first:?}", frames.len());
            }
        }
    }
}
