//! Scripted streams with numbers worked by hand.
//!
//! Unless a test says otherwise, a frame is captured every 40 ms and arrives 30 ms later, so the playout delay
//! is 30 + 10 ms, decoding takes 4 ms, and frame n is shown at 40·n + 44 ms.

use super::*;

mod fuzz;
mod recovery;
mod rig;
mod streams;

use rig::*;

const TRANSIT: u64 = 30;

fn arrival_of(n: u64) -> Time {
    ms(n * FRAME_MS + TRANSIT)
}

/// When frame `n` is shown if all goes well.
fn on_time(n: u64) -> (u64, u64) {
    (n, n * FRAME_MS + 44)
}

/// A key frame and its followers, all of the lowest encoding's base layer, `packets` each.
fn plain(source: &mut Source, count: u64, packets: u32) -> Vec<Vec<Packet>> {
    (0..count).map(|n| source.frame(n, 0, n == 0, 0, packets)).collect()
}

#[test]
fn frames_in_order_are_shown_at_an_even_pace() {
    let mut rig = Rig::new(config());
    let frames = plain(&mut Source::new(1, 100, 5_000, 7), 10, 2);
    for (n, packets) in (0..).zip(&frames) {
        rig.deliver_all(arrival_of(n), packets);
    }
    rig.run(ms(1_000));
    assert_eq!(rig.shown(), (0..10).map(on_time).collect::<Vec<_>>());
    assert_eq!(rig.seen[..2], [(ms(30), Seen::FirstPacket), (ms(30), Seen::FirstKeyFrame)]);
    let parts = rig.rendered()[3].parts;
    let millis = parts.values().map(|part| part.as_millis());
    // 8 encode, 2 until first sent, then 20 ms on the way, as the rig has it; 10 ms of jitter buffer.
    assert_eq!(millis, [8, 2, 0, 1, 1, 7, 1, 0, 1, 1, 8, 10, 4]);
    let counters = rig.receiver.counters();
    assert_eq!((counters.expected, counters.frames_rendered), (20, 10));
    assert_eq!((counters.lost_before_repair, counters.nack_packets, counters.pli), (0, 0, 0));
    assert_eq!(rig.receiver.health(), VideoHealth::default());
}

#[test]
fn everything_wraps_at_once() {
    let mut rig = Rig::new(config());
    let mut source = Source::new(1, u16::MAX - 5, u32::MAX - 20_000, 0x7ffd);
    for (n, packets) in (0..).zip(plain(&mut source, 12, 3)) {
        if n % 4 == 2 {
            rig.deliver(arrival_of(n), &packets[0]);
            rig.deliver(arrival_of(n), &packets[2]);
            rig.retransmit(arrival_of(n), &packets[1]);
        } else {
            rig.deliver_all(arrival_of(n), &packets);
        }
    }
    rig.run(ms(1_000));
    assert_eq!(rig.shown(), (0..12).map(on_time).collect::<Vec<_>>());
    assert_eq!((rig.receiver.counters().expected, rig.receiver.counters().lost_before_repair), (36, 3));
    assert_eq!(rig.receiver.health(), VideoHealth::default());
}

#[test]
fn reordering_and_duplicates_change_nothing() {
    let mut rig = Rig::new(config());
    let frames = plain(&mut Source::new(1, 100, 5_000, 7), 6, 2);
    for n in (0..6u64).step_by(2) {
        let [first, second] = [&frames[n as usize], &frames[n as usize + 1]];
        // The second frame overtakes the last packet of the first by 3 ms, and all come twice.
        rig.deliver(arrival_of(n), &first[0]);
        rig.deliver(arrival_of(n), &first[1]);
        rig.deliver(arrival_of(n + 1), &second[1]);
        rig.deliver(ms((n + 1) * FRAME_MS + TRANSIT + 3), &second[0]);
        rig.deliver_all(ms((n + 1) * FRAME_MS + TRANSIT + 3), first);
        rig.deliver_all(ms((n + 1) * FRAME_MS + TRANSIT + 4), second);
    }
    rig.run(ms(1_000));
    // Frame 1 is complete after 33 ms of transit, and from then on the delay is 43 ms.
    let expected: Vec<_> = (0..6).map(|n| (n, n * FRAME_MS + 44 + 3 * u64::from(n > 0))).collect();
    assert_eq!(rig.shown(), expected);
    let counters = rig.receiver.counters();
    assert_eq!((counters.expected, counters.lost_before_repair, counters.nack_packets), (12, 0, 0));
}

#[test]
fn a_layer_switch_is_seamless() {
    let mut rig = Rig::new(config());
    let mut source = Source::new(1, 100, 5_000, 7);
    for n in 0..15 {
        let encoding = [0, 2, 1][n as usize / 5];
        let packets = source.frame(n, encoding, n % 5 == 0, 0, 1 + 2 * encoding as u32);
        rig.deliver_all(arrival_of(n), &packets);
    }
    rig.run(ms(1_000));
    assert_eq!(rig.shown(), (0..15).map(on_time).collect::<Vec<_>>());
    let sizes: Vec<_> = rig.rendered().iter().map(|r| r.size).step_by(5).collect();
    assert_eq!(sizes, [(320, 180), (1280, 720), (640, 360)]);
    assert_eq!(rig.receiver.health(), VideoHealth::default());
}

/// A key frame that came late begins the new encoding with a picture from before the last one shown.
#[test]
fn a_switch_may_step_back_but_a_stream_may_not() {
    // (the encoding that begins with picture 4 after picture 5 was shown, repeated pictures)
    for (encoding, replayed) in [(1, 0), (0, 2)] {
        let mut rig = Rig::new(config());
        let mut source = Source::new(1, 100, 5_000, 7);
        let last = (0..6).map(|n| source.frame(n, 0, n == 0, 0, 2)).enumerate().fold(0, |_, (n, packets)| {
            rig.deliver_all(arrival_of(n as u64), &packets);
            packets[0].timestamp
        });
        for (tick, n) in (1..).zip(4..9) {
            let mut packets = source.frame(n, encoding, n == 4, 0, 2);
            // The projection lets time go on by a single tick where it would go back.
            packets.iter_mut().filter(|_| n < 6).for_each(|packet| packet.timestamp = last + tick);
            rig.deliver_all(arrival_of(n.max(6)), &packets);
        }
        rig.run(ms(1_000));
        let shown: Vec<u64> = rig.shown().iter().map(|(n, _)| *n).collect();
        assert_eq!(shown, (0..9).collect::<Vec<_>>(), "encoding {encoding}");
        assert_eq!(rig.receiver.health().replayed, replayed, "encoding {encoding}");
    }
}

#[test]
fn a_switch_without_a_key_frame_is_torn() {
    let mut rig = Rig::new(config());
    let mut source = Source::new(1, 100, 5_000, 7);
    source.skip(0, 2, 0);
    for n in 0..6 {
        let packets = source.frame(n, if n < 3 { 0 } else { 2 }, n == 0, 0, 2);
        rig.deliver_all(arrival_of(n), &packets);
    }
    rig.run(ms(1_000));
    assert_eq!(rig.receiver.health(), VideoHealth { torn: 1, ..VideoHealth::default() });
}

#[test]
fn a_frame_of_two_frames_is_torn() {
    let mut rig = Rig::new(config());
    let frames = plain(&mut Source::new(1, 100, 5_000, 7), 3, 2);
    rig.deliver_all(arrival_of(0), &frames[0]);
    rig.deliver(arrival_of(1), &frames[1][0]);
    rig.deliver(arrival_of(1), &Packet { payload: frames[2][1].payload.clone(), ..frames[1][1].clone() });
    rig.run(ms(1_000));
    assert_eq!(rig.receiver.health().torn, 1);
}

#[test]
fn dropped_temporal_layers_are_no_loss() {
    let mut rig = Rig::new(config());
    let mut source = Source::new(3, 100, 5_000, 7);
    let mut expected = Vec::new();
    for n in 0..24u64 {
        let temporal = [0, 2, 1, 2][n as usize % 4];
        // All layers, then the base only, then base and middle, then all again: at a sync frame.
        let highest = [2, 0, 1, 2][n as usize / 6];
        if temporal > highest {
            source.skip(n, 0, temporal);
            continue;
        }
        rig.deliver_all(arrival_of(n), &source.frame(n, 0, n == 0, temporal, 1));
        expected.push(n);
    }
    rig.run(ms(2_000));
    // The first frame of the top layer after the step up, 19, refers to the middle layer and is no sync frame;
    // the old top layer frame it is weighed against is far back, but all between was decoded.
    assert_eq!(rig.shown(), expected.into_iter().map(on_time).collect::<Vec<_>>());
    assert_eq!(rig.receiver.health(), VideoHealth::default());
    assert_eq!(rig.receiver.counters().frames_undecodable, 0);
}

#[test]
fn a_stall_is_one_freeze_by_the_w3c_definition() {
    let mut rig = Rig::new(config());
    for (n, packets) in (0..).zip(plain(&mut Source::new(1, 100, 5_000, 7), 100, 1)) {
        // What was captured from 2,000 ms on for 400 ms arrives at 2,430 ms in one burst.
        let at = if (50..60).contains(&n) { arrival_of(60) } else { arrival_of(n) };
        rig.deliver_all(at, &packets);
    }
    rig.run(ms(5_000));
    let times: Vec<u64> = rig.shown().iter().map(|frame| frame.1).collect();
    let mut freezes = Vec::new();
    for (at, pair) in times.windows(2).enumerate() {
        let before = &times[at.saturating_sub(30)..=at];
        let average = (before[before.len() - 1] - before[0]) / (before.len() as u64 - 1).max(1);
        let interval = pair[1] - pair[0];
        if at >= 30 && interval >= (3 * average).max(average + 150) {
            freezes.push((pair[0], interval));
        }
    }
    assert_eq!(freezes.len(), 1, "{freezes:?}");
    // The last frame before is shown on time, at 49 · 40 + 44 = 2,004 ms.
    assert_eq!(freezes[0].0, 2_004);
    let counters = rig.receiver.counters();
    assert_eq!(rig.receiver.health().superseded + counters.frames_rendered, 100);
    assert_eq!((counters.lost_after_repair, counters.pli), (0, 0));
}

#[test]
fn other_streams_are_not_ours() {
    let mut rig = Rig::new(config());
    let frames = plain(&mut Source::new(1, 100, 5_000, 7), 1, 1);
    rig.input(ms(1), 0x3333, &frames[0][0], &frames[0][0].payload);
    assert!(rig.seen.is_empty() && rig.receiver.deadline().is_none());
    let mut rig = Rig::new(VideoConfig { publisher: 2, ..config() });
    rig.deliver_all(ms(1), &frames[0]);
    assert_eq!(rig.receiver.health().foreign, 1);
}
