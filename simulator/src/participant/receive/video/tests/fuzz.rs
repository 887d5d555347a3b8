//! Invariants over random paths and hostile packets.

use proptest::prelude::*;

use super::*;

/// What a path does with one packet.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Deliver { delay: u64 },
    Lose,
    Repair { delay: u64 },
    Twice { delay: u64 },
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        20 => (0..15u64).prop_map(|delay| Fate::Deliver { delay }),
        1 => Just(Fate::Lose),
        3 => (30..400u64).prop_map(|delay| Fate::Repair { delay }),
        1 => (0..90u64).prop_map(|delay| Fate::Twice { delay }),
    ]
}

/// One frame in the stream: encoding to use from here on if it is a key frame, and the packets' fates.
fn stream() -> impl Strategy<Value = Vec<(bool, usize, Vec<Fate>)>> {
    let frame = (prop::bool::weighted(0.1), 0..3usize, prop::collection::vec(fate(), 1..5));
    prop::collection::vec(frame, 1..80)
}

fn play(stream: &[(bool, usize, Vec<Fate>)], layers: u8, start: (u16, u32, u16)) -> Rig {
    let mut source = Source::new(layers, start.0, start.1, start.2);
    let mut events: Vec<(u64, bool, Packet)> = Vec::new();
    let mut encoding = 0;
    for (n, (key, wanted, fates)) in (0..).zip(stream) {
        let key = *key || n == 0;
        if key {
            encoding = *wanted;
        }
        let temporal = [0, 2, 1, 2][n as usize % 4].min(layers - 1);
        let packets = source.frame(n, encoding, key, temporal, fates.len() as u32);
        for (packet, fate) in packets.into_iter().zip(fates) {
            let at = n * FRAME_MS + TRANSIT;
            match fate {
                Fate::Deliver { delay } => events.push((at + delay, true, packet)),
                Fate::Lose => {}
                Fate::Repair { delay } => events.push((at + delay, false, packet)),
                Fate::Twice { delay } => {
                    events.push((at, true, packet.clone()));
                    events.push((at + delay, delay % 2 == 0, packet));
                }
            }
        }
    }
    events.sort_by_key(|event| event.0);
    let mut rig = Rig::new(config());
    for (at, media, packet) in &events {
        if *media { rig.deliver(ms(*at), packet) } else { rig.retransmit(ms(*at), packet) }
    }
    rig.run(ms(60_000));
    rig
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_the_path_does_pictures_stay_whole(
        stream in stream(),
        layers in 1..4u8,
        start in (any::<u16>(), any::<u32>(), 0..0x8000u16),
    ) {
        let rig = play(&stream, layers, start);
        let rendered = rig.rendered();
        // Nothing is shown twice, and captures and showings both move on. The parts are checked by `rendered`.
        for pair in rendered.windows(2) {
            prop_assert!(pair[0].captured < pair[1].captured && pair[0].rendered_at < pair[1].rendered_at);
        }
        let (health, counters) = (rig.receiver.health(), rig.receiver.counters());
        prop_assert_eq!((health.torn, health.broken_chain, health.corrupt, health.replayed), (0, 0, 0, 0));
        prop_assert_eq!(counters.frames_rendered, rendered.len() as u64);
        prop_assert!(counters.lost_after_repair <= counters.lost_before_repair);
        prop_assert!(counters.lost_before_repair <= counters.expected);
        // Each request for a packet is bounded, and a NACK names nothing twice.
        prop_assert!(counters.nack_sequences <= 10 * counters.expected);
    }

    #[test]
    fn a_clean_path_shows_every_frame(
        count in 1..60u64,
        layers in 1..4u8,
        start in (any::<u16>(), any::<u32>(), 0..0x8000u16),
    ) {
        let stream: Vec<_> = (0..count)
            .map(|n| (n % 7 == 0, n as usize % 3, vec![Fate::Deliver { delay: 0 }; 1 + n as usize % 4]))
            .collect();
        let rig = play(&stream, layers, start);
        prop_assert_eq!(rig.shown(), (0..count).map(on_time).collect::<Vec<_>>());
        prop_assert_eq!(rig.receiver.health(), VideoHealth::default());
    }

    #[test]
    fn a_hostile_sfu_neither_crashes_nor_fills_memory(
        packets in prop::collection::vec(
            (any::<u16>(), any::<u32>(), any::<bool>(), 0..4u8, prop::collection::vec(any::<u8>(), 0..80)),
            1..150,
        ),
        tame in any::<bool>(),
    ) {
        let mut rig = Rig::new(config());
        let mut source = Source::new(3, 0, 0, 0);
        for (n, (sequence, timestamp, marker, kind, bytes)) in (0..).zip(packets) {
            // Tame packets stay near each other, so that they get past the first checks.
            let sequence = if tame { sequence % 600 } else { sequence };
            let genuine = source.frame(n, usize::from(kind % 3), marker, kind % 3, 1);
            let payload = if kind == 0 { bytes } else { genuine[0].payload.clone() };
            let packet = Packet { sequence, timestamp, marker, payload, descriptor: Vec::new() };
            if kind == 3 { rig.retransmit(ms(n), &packet) } else { rig.deliver(ms(n), &packet) }
        }
        rig.run(ms(30_000));
        rig.rendered();
    }
}
