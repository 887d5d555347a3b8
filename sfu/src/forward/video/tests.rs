//! Rows of other projects' tables where the semantics are ours.
//!
//! Where ours differ:
//! - mediasoup's number mapper (`SeqManager`) is told drops and resyncs from outside, and closes up over
//!   drops that were never seen; ours decides itself and closes up over nothing but packets seen, or known
//!   by frame boundaries and TL0PICIDX, to be dropped. Its traces without a resync hold where the drops are
//!   packets that arrived. A first packet maps to the stream's origin, not to its own number.
//! - Jitsi's rewriter forwards a duplicate again under the same number; ours refuses it, since a repetition
//!   goes out as RTX only. It also keeps its history for 1000 numbers: ours for 1024.
//! - galene keeps the source's own first number and restarts its map on a jump without a key frame.
//! - LiveKit forwards padding after a gap and sends padding of its own inside the media stream; ours
//!   swallows all padding, and probes go out as RTX.
//! - Jitsi's VP8 projection refuses a key frame whose successors came before it by more than three
//!   packets; ours takes it up to 128 packets late, since the packets refused meanwhile are in the cache.
//! - VP8 picture ids of one encoding keep their width; LiveKit's unwrapping over mixed widths is in the
//!   forward direction only, which is all that a sender needs that changes from 7 to 15 bits.

mod layers;
mod pitfalls;
mod segments;

use super::fixture::{Encoding, Sent, Start};
use super::*;
use crate::Time;
use crate::codec::FrameDescription;
use crate::codec::vp8::Vp8Descriptor;

const ORIGIN: Origin = Origin { sequence: 101, timestamp: 1_003_000, picture_id: 0, tl0_picture_index: 1 };

fn projection(target: Layer) -> VideoProjection {
    let mut projection = VideoProjection::new(ORIGIN);
    projection.set_target(Some(target));
    projection
}

fn encoding(id: u8) -> Encoding {
    Encoding::new(id, Start { sequence: 1, timestamp: 777, picture: 0, tl0: 0, short_ids: false })
}

const fn layer(encoding: u8, temporal: u8) -> Layer {
    Layer { encoding, spatial: 0, temporal }
}

/// The 11 packets of Jitsi's SVC document: TL0 {1,2,3} TL2 {4,5} TL1 {6,7} TL2 {8} TL0 {9,10,11}.
fn eleven() -> Vec<Sent> {
    let mut encoding = encoding(0);
    let sizes = [3, 2, 2, 1, 3];
    let frames = sizes.iter().enumerate().map(|(i, n)| encoding.frame(*n, i == 0, false, Time::ZERO));
    frames.flat_map(|frame| frame.into_iter()).collect()
}

/// Feeds the packets with these source numbers; the outgoing numbers of those that go out.
fn outgoing(p: &mut VideoProjection, packets: &[Sent], order: &[u64]) -> Vec<(u64, u16)> {
    let feed = order.iter().map(|n| packets.iter().find(|s| s.packet.sequence == *n).expect("it exists"));
    feed.filter_map(|s| p.project(&s.packet).ok().map(|out| (s.packet.sequence, out.sequence16()))).collect()
}

#[test]
fn temporal_layers_with_loss_and_reordering() {
    let all: Vec<u64> = (1..=11).collect();
    // temporal target, order of arrival, outgoing numbers by source number
    type Row<'a> = (u8, &'a [u64], &'a [(u64, u16)]);
    let start = [(1, 101), (2, 102), (3, 103)];
    let closed: Vec<_> = start.into_iter().chain([(9, 104), (10, 105), (11, 106)]).collect();
    let rows: [Row<'_>; 7] = [
        // T1.059
        (0, &all, &closed),
        // T1.061: 4 didn't end its frame, so 5 belongs to it and leaves no gap, and isn't forwarded later.
        (0, &[1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 5], &closed),
        // TL0PICIDX tells that nothing of the base layer is among 4 to 8.
        (0, &[1, 2, 3, 9, 10, 11, 6], &closed),
        // A lost packet leaves a hole, and fills it when it comes.
        (
            0,
            &[1, 3, 4, 5, 6, 7, 8, 9, 11, 10, 2],
            &[(1, 101), (3, 103), (9, 104), (11, 106), (10, 105), (2, 102)],
        ),
        // A whole frame of an allowed layer comes late.
        (
            2,
            &[1, 2, 3, 6, 7, 4, 5, 8],
            &[(1, 101), (2, 102), (3, 103), (6, 106), (7, 107), (4, 104), (5, 105), (8, 108)],
        ),
        // Duplicates go out once.
        (2, &[1, 1, 2, 3, 2, 4, 4], &[(1, 101), (2, 102), (3, 103), (4, 104)]),
        // TL1 first reaches the top one layer at a time: 4 and 5 are of TL2.
        (1, &all, &[(1, 101), (2, 102), (3, 103), (6, 104), (7, 105), (9, 106), (10, 107), (11, 108)]),
    ];
    for (temporal, order, expected) in rows {
        let mut p = projection(layer(0, temporal));
        assert_eq!(outgoing(&mut p, &eleven(), order), expected, "T{temporal} {order:?}");
    }
}

#[test]
fn a_hole_names_the_packet_that_it_is_kept_for() {
    let mut p = projection(layer(0, 2));
    outgoing(&mut p, &eleven(), &[1, 4, 5]);
    let holes: Vec<_> = (99..=108).map(|out| p.hole(out)).collect();
    let mut expected = vec![None; 10];
    (expected[3], expected[4]) = (Some((0, 2)), Some((0, 3)));
    assert_eq!(holes, expected);
}

/// T2.066 among others.
#[test]
fn only_the_target_goes_out_until_another_ones_key_frame() {
    let (mut low, mut high) = (encoding(0), encoding(1));
    let mut p = projection(layer(1, 2));
    assert_eq!((p.current(), p.wants_key_frame()), (None, Some(1)));
    let mut sequences = Vec::new();
    let mut encodings = Vec::new();
    for i in 0..12u64 {
        match i {
            4 => p.set_target(Some(layer(0, 1))),
            8 => p.set_target(Some(layer(2, 2))),
            10 => p.set_target(Some(layer(1, 0))),
            _ => {}
        }
        let at = Time::from_millis(i * 33);
        let mut packets = low.frame(1, i == 0 || i == 6, false, at);
        packets.extend(high.frame(2, i == 0 || i == 11, false, at));
        for sent in &packets {
            if let Ok(out) = p.project(&sent.packet) {
                sequences.push(out.sequence);
                encodings.push(sent.packet.encoding);
                assert_eq!(out.switched, out.key_frame && sent.packet.frame.key_frame_start);
            }
        }
    }
    let first = sequences[0];
    assert_eq!(sequences, (first..first + sequences.len() as u64).collect::<Vec<_>>());
    // Six frames of two packets; then frames 6, 8 and 10 of the small encoding (9 and 7 are TL2); then 11.
    assert_eq!(encodings, [[1; 12].as_slice(), &[0; 3], &[1; 2]].concat());
    assert_eq!(p.current(), Some(layer(1, 0)));
    assert_eq!((p.map_timestamp(0, 5), p.map_timestamp(1, high.timestamp).is_some()), (None, true));
}

#[test]
fn vp8_numbers_continue_over_drops_and_late_base_frames() {
    // picture, tl0, temporal id of frames that arrive in this order → outgoing picture and tl0
    type Row<'a> = (Start, &'a [usize], &'a [(u16, u8)]);
    let start = |picture, tl0| Start { sequence: 100, timestamp: 0, picture, tl0, short_ids: false };
    let rows: [Row<'_>; 3] = [
        (start(0, 255), &[0, 1, 2, 3, 4], &[(0, 1), (1, 2)]),
        // The ids wrap.
        (start(32_766, 254), &[0, 1, 2, 3, 4, 8], &[(0, 1), (1, 2), (2, 3)]),
        // A base frame that comes late has its numbers kept; so has 5, of which nothing is known.
        (start(7, 7), &[0, 1, 2, 3, 6, 4, 8], &[(0, 1), (1, 2), (3, 3)]),
    ];
    for (start, order, expected) in rows {
        let mut e = Encoding::new(0, start);
        let frames: Vec<_> = (0..9).map(|i| e.frame(1, i == 0, false, Time::ZERO)[0]).collect();
        let mut p = projection(layer(0, 0));
        let sent: Vec<_> = order.iter().filter_map(|i| p.project(&frames[*i].packet).ok()).collect();
        let numbers = sent
            .iter()
            .map(|s| (s.numbers.picture_id.expect("it has"), s.numbers.tl0_picture_index.expect("it has")));
        assert_eq!(numbers.collect::<Vec<_>>(), expected, "{order:?}");
        assert_eq!(sent[1].timestamp - sent[0].timestamp, 12_000, "dropped frames count in the timestamp");
    }
}

/// T2.069 with layers that need sync points.
#[test]
fn a_key_frame_lifts_and_the_target_lowers_the_temporal_layer() {
    let mut e = encoding(0);
    let mut p = projection(layer(0, 0));
    let mut temporals = Vec::new();
    for i in 0..24 {
        match i {
            6 => p.set_target(Some(layer(0, 2))),
            14 => p.set_target(Some(layer(0, 1))),
            18 => p.set_target(Some(layer(0, 2))),
            _ => {}
        }
        // Sync points of TL2 at 7 and 19, of TL1 at 10.
        let sync = matches!(i, 7 | 10 | 11 | 19);
        for sent in e.frame(1, i == 0, sync, Time::ZERO) {
            if p.project(&sent.packet).is_ok() {
                temporals.push((i, sent.packet.frame.temporal));
            }
        }
    }
    let expected = [
        // Base layer; TL2 at 7 has to wait for TL1 at 10.
        (0, 0),
        (4, 0),
        (8, 0),
        (10, 1),
        (11, 2),
        (12, 0),
        (13, 2),
        (14, 1),
        (16, 0),
        (18, 1),
        (19, 2),
        (20, 0),
        (21, 2),
        (22, 1),
        (23, 2),
    ];
    assert_eq!(temporals, expected);
}

#[test]
fn a_late_frame_meets_the_limit_of_its_own_time() {
    let mut e = encoding(0);
    let mut p = projection(layer(0, 0));
    // Frame 10 is the next sync point of TL1.
    let frames: Vec<_> = (0..12).map(|i| e.frame(1, i == 0, i == 10, Time::ZERO)[0].packet).collect();
    for frame in &frames[..6] {
        let _ = p.project(frame);
    }
    p.set_target(Some(layer(0, 2)));
    assert!(p.project(&frames[10]).is_ok());
    // TL1 before its sync point depends on what was dropped; the base frame doesn't.
    let late = [6, 7, 8, 9].map(|i: usize| p.project(&frames[i]).is_ok());
    assert_eq!((late, p.current()), ([false, false, true, false], Some(layer(0, 1))));
}

#[test]
fn a_frame_lost_before_padding_keeps_its_picture_id() {
    let mut e = encoding(0);
    let mut p = projection(layer(0, 1));
    let frames = [true, false, false].map(|key| e.frame(1, key, false, Time::ZERO)[0].packet);
    let padding = e.padding(Time::ZERO);
    let after = [false; 2].map(|key| e.frame(1, key, false, Time::ZERO)[0].packet);
    let picture =
        |p: &mut VideoProjection, packet| p.project(packet).ok().and_then(|out| out.numbers.picture_id);
    assert_eq!([&frames[0], &frames[1], &padding].map(|at| picture(&mut p, at)), [Some(0), None, None]);
    p.set_target(Some(layer(0, 0)));
    // The next base frame, with the TL2 frame between lost: then the TL1 frame from before the padding.
    assert_eq!([&after[1], &frames[2]].map(|at| picture(&mut p, at)), [Some(3), Some(1)]);
}

#[test]
fn padding_leaves_no_hole() {
    let mut e = encoding(0);
    let mut p = projection(layer(0, 2));
    assert_eq!(p.project(&e.padding(Time::ZERO)), Err(DropReason::PaddingOnly));
    let mut numbers = Vec::new();
    for i in 0..3 {
        for sent in e.frame(1, i == 0, false, Time::ZERO) {
            numbers.push(p.project(&sent.packet).expect("media").sequence16());
        }
        let padding = e.padding(Time::ZERO);
        assert_eq!(p.project(&padding), Err(DropReason::PaddingOnly));
        assert_eq!(p.project(&padding), Err(DropReason::PaddingOnly));
    }
    assert_eq!(numbers, [101, 102, 103]);
    // Padding that fell into a gap: the hole that was kept for it can't be closed any more.
    let late = e.padding(Time::ZERO);
    let next = e.frame(1, false, false, Time::ZERO)[0];
    assert_eq!(p.project(&next.packet).expect("media").sequence16(), 105);
    assert_eq!(p.project(&late), Err(DropReason::PaddingOnly));
    assert_eq!(p.hole(104), None);
}

#[test]
fn absent_fields_stay_absent_and_widths_stay() {
    let mut p = VideoProjection::new(Origin { picture_id: 300, ..ORIGIN });
    p.set_target(Some(layer(0, 2)));
    let start = Start { sequence: 1, picture: 126, short_ids: true, ..Start::default() };
    let mut e = Encoding::new(0, start);
    for i in 0..4u16 {
        let out = p.project(&e.frame(1, i == 0, false, Time::ZERO)[0].packet).expect("all go out");
        assert_eq!(out.numbers.picture_id, Some((300 + i) & 0x7f));
    }
    // Another encoding without any optional field, then one without temporal layers that has long ids.
    let bare = |encoding, sequence, payload: &[u8]| IngressVideo {
        encoding,
        sequence,
        timestamp: 0,
        marker: true,
        frame: FrameDescription::vp8(&Vp8Descriptor::parse(payload).expect("sound"), true),
        arrived: Time::ZERO,
        padding_only: false,
    };
    p.set_target(Some(layer(1, 2)));
    let out = p.project(&bare(1, 9, &[0x10, 0x00])).expect("a key frame");
    assert_eq!((out.numbers, out.key_frame), (PictureNumbers::default(), true));
    p.set_target(Some(layer(2, 2)));
    let out = p.project(&bare(2, 9, &[0x90, 0x80, 0x80, 0x05, 0x00])).expect("a key frame");
    assert_eq!(out.numbers, PictureNumbers { picture_id: Some(304), tl0_picture_index: None });
}

#[test]
fn a_codec_without_a_descriptor_is_forwarded_by_its_frames() {
    let packet = |sequence, timestamp, key_frame_start| IngressVideo {
        encoding: 0,
        sequence,
        timestamp,
        marker: true,
        frame: FrameDescription::plain(true, key_frame_start, true),
        arrived: Time::ZERO,
        padding_only: false,
    };
    let mut p = projection(layer(0, 0));
    assert_eq!(p.project(&packet(1, 0, false)), Err(DropReason::WaitingForKeyFrame));
    let numbers = [(2, 3000, true), (3, 6000, false), (5, 12_000, false), (4, 9000, false)].map(
        |(sequence, timestamp, key)| p.project(&packet(sequence, timestamp, key)).map(|o| o.sequence16()),
    );
    assert_eq!(numbers, [Ok(101), Ok(102), Ok(104), Ok(103)]);
}

#[test]
fn an_encoding_out_of_range_is_refused() {
    let mut p = projection(layer(3, 0));
    assert_eq!(p.target(), None);
    let packet = IngressVideo { encoding: 3, ..eleven()[0].packet };
    assert_eq!(p.project(&packet), Err(DropReason::NotSelected));
    p.on_source_restart(3);
    p.on_sender_report(3, 0, 0);
}
