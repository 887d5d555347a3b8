//! Loss, repair in time and too late, and key frames asked for.

use super::*;

fn rtt(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn is_pli(seen: &Seen) -> bool {
    *seen == Seen::Pli
}

#[test]
fn a_repair_in_time_is_invisible() {
    let mut rig = Rig::new(config());
    let frames = plain(&mut Source::new(1, 100, 5_000, 7), 8, 3);
    for (n, packets) in (0..).zip(&frames) {
        if n == 5 {
            rig.deliver(arrival_of(n), &packets[0]);
            rig.deliver(arrival_of(n), &packets[2]);
            rig.retransmit(ms(238), &packets[1]);
        } else {
            rig.deliver_all(arrival_of(n), packets);
        }
    }
    rig.run(ms(1_000));
    // Frame 5 has a transit of 38 ms: its own delay and that of the following ones is 48 ms.
    let late = |n| u64::from(n >= 5) * 8;
    assert_eq!(rig.shown(), (0..8).map(|n| (n, on_time(n).1 + late(n))).collect::<Vec<_>>());
    // One newer packet only: the gap is given 5 ms to close by itself.
    assert!(rig.seen.contains(&(ms(235), Seen::Nack(vec![116]))));
    let expected = FlowCounters {
        expected: 24,
        lost_before_repair: 1,
        media_bytes: 23 * 1_006,
        rtx_bytes: 1_008,
        rtx_useful: 1,
        nack_packets: 1,
        nack_sequences: 1,
        frames_rendered: 8,
        ..FlowCounters::default()
    };
    assert_eq!(rig.receiver.counters(), expected);
    assert_eq!(rig.receiver.health(), VideoHealth::default());
}

#[test]
fn a_droppable_frame_is_not_waited_for() {
    let mut rig = Rig::new(config());
    let mut source = Source::new(2, 100, 5_000, 7);
    let mut lost = None;
    for n in 0..6u64 {
        let packets = source.frame(n, 0, n == 0, n as u8 % 2, 2);
        if n == 3 {
            rig.deliver(arrival_of(n), &packets[0]);
            lost = Some(packets[1].clone());
        } else {
            rig.deliver_all(arrival_of(n), &packets);
        }
        if n == 5 {
            // Frame 4 went to the decoder at 200 ms.
            rig.retransmit(ms(240), lost.as_ref().expect("lost before"));
            rig.retransmit(ms(241), &packets[1]);
        }
    }
    rig.run(ms(1_000));
    assert_eq!(rig.shown(), [0, 1, 2, 4, 5].map(on_time));
    let counters = rig.receiver.counters();
    assert_eq!((counters.lost_before_repair, counters.lost_after_repair), (1, 1));
    assert_eq!((counters.rtx_useful, counters.rtx_late, counters.rtx_duplicate), (0, 1, 1));
    assert_eq!((counters.frames_undecodable, counters.pli), (0, 0));
}

#[test]
fn a_base_frame_is_waited_for_and_the_rest_catches_up() {
    let mut rig = Rig::new(config());
    let frames = plain(&mut Source::new(1, 100, 5_000, 7), 50, 2);
    for (n, packets) in (0..).zip(&frames) {
        match n {
            40 => rig.deliver(arrival_of(n), &packets[0]),
            45 => {
                rig.deliver_all(arrival_of(n), packets);
                rig.retransmit(ms(1_833), &frames[40][1]);
            }
            _ => rig.deliver_all(arrival_of(n), packets),
        }
    }
    rig.run(ms(3_000));
    let shown = rig.shown();
    assert_eq!(shown[39], on_time(39));
    // At 1,833 ms frame 40 goes in, and 41 to 44 were due: each takes 4 ms to decode, and only 44 is shown,
    // at 1,833 + 5 · 4 ms; 45 is due at 1,840 ms, before that, so it is shown in place of 44.
    assert_eq!(shown[40], (45, 1_833 + 6 * 4));
    assert_eq!(shown[41], on_time(46));
    assert_eq!(rig.receiver.health(), VideoHealth { late: 1, superseded: 5, ..VideoHealth::default() });
    let counters = rig.receiver.counters();
    assert_eq!((counters.lost_before_repair, counters.lost_after_repair), (1, 0));
}

#[test]
fn a_stream_without_a_key_frame_asks_for_one() {
    let mut rig = Rig::new(config());
    let mut source = Source::new(1, 100, 5_000, 7);
    for n in 0..30u64 {
        rig.deliver_all(arrival_of(n), &source.frame(n, 0, n == 25, 0, 2));
    }
    rig.run(ms(2_000));
    // 200 ms after the first packet at 30 ms, and every 500 ms until the key frame.
    assert_eq!(rig.times_of(is_pli), [230, 730]);
    assert_eq!(rig.times_of(|seen| *seen == Seen::FirstKeyFrame), [1_030]);
    assert_eq!(rig.shown(), (25..30).map(on_time).collect::<Vec<_>>());
    assert_eq!(rig.receiver.counters().frames_undecodable, 25);
    assert_eq!(rig.receiver.health(), VideoHealth::default());
}

#[test]
fn silence_is_no_reason_to_ask() {
    let mut rig = Rig::new(config());
    let packets = Source::new(1, 100, 5_000, 7).frame(0, 0, false, 0, 1);
    rig.deliver_all(ms(30), &packets);
    rig.run(ms(60_000));
    assert_eq!(rig.times_of(is_pli), [230]);
    assert_eq!(rig.receiver.deadline(), None);
}

#[test]
fn an_unrepaired_base_frame_ends_in_a_key_frame() {
    let mut rig = Rig::new(config());
    rig.receiver.set_rtt(rtt(16));
    let mut source = Source::new(1, 100, 5_000, 7);
    for n in 0..40u64 {
        let packets = source.frame(n, 0, n == 0 || n == 20, 0, 2);
        if n == 10 {
            rig.deliver(arrival_of(n), &packets[0]);
        } else {
            rig.deliver_all(arrival_of(n), &packets);
        }
    }
    rig.run(ms(3_000));
    // 121 is missed at 470 ms when 122 and 123 arrive together: asked for at once, every 20 ms, ten times in
    // all. At 670 ms there is no hope left, and the complete frames 11 to 15 go.
    let nacks: Vec<u64> = (0..10).map(|ask| 470 + 20 * ask).collect();
    assert_eq!(rig.times_of(|seen| matches!(seen, Seen::Nack(_))), nacks);
    assert_eq!(rig.times_of(is_pli), [670]);
    assert_eq!(rig.shown(), (0..10).chain(20..40).map(on_time).collect::<Vec<_>>());
    let counters = rig.receiver.counters();
    assert_eq!((counters.lost_after_repair, counters.nack_repeats), (1, 9));
    assert_eq!(counters.frames_undecodable, 9);
    assert_eq!(rig.receiver.health(), VideoHealth::default());
}

#[test]
fn without_nack_a_lost_packet_costs_a_key_frame_sooner() {
    let mut rig = Rig::new(VideoConfig { nack: false, ..config() });
    let mut source = Source::new(1, 100, 5_000, 7);
    for n in 0..20u64 {
        let packets = source.frame(n, 0, n == 0 || n == 12, 0, 2);
        rig.deliver_all(arrival_of(n), if n == 5 { &packets[..1] } else { &packets });
    }
    rig.run(ms(2_000));
    // Missed at 270 ms, waited for until 370 ms.
    assert_eq!(rig.times_of(is_pli), [370]);
    assert!(rig.times_of(|seen| matches!(seen, Seen::Nack(_))).is_empty());
    assert_eq!(rig.shown(), (0..5).chain(12..20).map(on_time).collect::<Vec<_>>());
}

#[test]
fn a_chain_broken_without_loss_is_the_sfus_fault() {
    let mut rig = Rig::new(config());
    let mut source = Source::new(1, 100, 5_000, 7);
    for n in 0..10u64 {
        let mut packets = source.frame(n, 0, n == 0 || n == 8, 0, 1);
        if n == 5 {
            // TL0PICIDX jumps though nothing was lost.
            let d = sfu::codec::Vp8Descriptor::parse(&packets[0].payload).expect("ours");
            d.rewrite_tl0_picture_index(&mut packets[0].payload, 99).expect("present");
        }
        rig.deliver_all(arrival_of(n), &packets);
    }
    rig.run(ms(2_000));
    assert_eq!(rig.times_of(is_pli), [230], "asked at once: waiting can't help");
    assert_eq!(rig.shown(), (0..5).chain(8..10).map(on_time).collect::<Vec<_>>());
    assert_eq!(rig.receiver.health(), VideoHealth { broken_chain: 1, ..VideoHealth::default() });
}

#[test]
fn a_key_frame_in_pieces_is_waited_for() {
    let mut rig = Rig::new(config());
    let frames = plain(&mut Source::new(1, 100, 5_000, 7), 20, 4);
    for (n, packets) in (0..).zip(&frames) {
        if n == 0 {
            [0, 1, 3].iter().for_each(|&part| rig.deliver(arrival_of(0), &packets[part]));
        } else {
            rig.deliver_all(arrival_of(n), packets);
        }
        if n == 10 {
            rig.retransmit(arrival_of(10), &frames[0][2]);
        }
    }
    rig.run(ms(2_000));
    assert_eq!(rig.receiver.counters().pli, 0);
    assert_eq!(rig.receiver.counters().frames_undecodable, 0);
    // Complete after 430 ms of transit, which so few frames make the delay.
    assert_eq!(rig.shown()[0], (0, 444));
}

#[test]
fn a_restart_of_the_stream_needs_a_key_frame() {
    let mut rig = Rig::new(config());
    let frames = plain(&mut Source::new(1, 100, 5_000, 7), 5, 2);
    let again: Vec<_> = {
        let mut source = Source::new(1, 40_000, 5_000, 7);
        (5..10).map(|n| source.frame(n, 0, n == 6, 0, 2)).collect()
    };
    for (n, packets) in (0..).zip(frames.iter().chain(&again)) {
        rig.deliver_all(arrival_of(n), packets);
    }
    rig.run(ms(2_000));
    // The first packet of frame 5 is a stray until the second confirms it.
    assert_eq!(rig.shown(), (0..5).chain(6..10).map(on_time).collect::<Vec<_>>());
    assert_eq!(rig.receiver.counters().expected, 10 + 9);
    assert_eq!(rig.receiver.counters().lost_after_repair, 0);
}
