//! What the core counted of a stream is what str0m counted of it at the other end of the line.

use std::time::Duration;

use sfu::participant::Codec;
use sfu::statistics::ParticipantStatistics;

use crate::stack::Counted;
use crate::world::{Kind, World};

fn talk(world: &mut World) {
    for _ in 0..150 {
        world.send(false);
    }
    let now = world.now;
    world.receiver().ask_for_key_frame(now);
    world.run(Duration::from_millis(100));
    world.send(true);
    world.lose_towards_core(0);
    world.lose_towards_receiver(0);
    for _ in 0..30 {
        world.send(false);
    }
    // Until str0m gives its counts again, and nothing is on its way.
    world.run(Duration::from_secs(3));
}

/// What the core has of the sender and of the receiver, and what these have.
fn counts(world: &mut World) -> ([ParticipantStatistics; 2], [Counted; 2]) {
    let now = world.now;
    let ids = [world.sender_id(), world.receiver_id()];
    let ours = ids.map(|id| world.sfu.statistics(id, now).expect("a participant"));
    (ours, [world.sender().learnt(now).counted, world.receiver().learnt(now).counted])
}

fn meet() -> World {
    let mut world = World::plain(Kind::Str0m, Kind::Str0m, Codec::Vp8);
    world.send(true);
    world.run(Duration::from_millis(100));
    world
}

#[test]
fn of_what_str0m_sends() {
    let mut world = meet();
    world.lose_towards_core(8);
    talk(&mut world);
    let ([ours, _], [theirs, _]) = counts(&mut world);
    let ours = &ours.inbound[0];
    let lost = world.lost() as u64;
    assert!(lost > 10, "{lost}");
    assert_eq!(ours.packets_received + ours.retransmitted_packets_received + lost, theirs.packets);
    // What is lost of the media comes once more, and no retransmission was lost.
    assert_eq!(ours.retransmitted_packets_received, lost);
    assert_eq!(ours.bytes_received + 2 * ours.retransmitted_bytes_received, theirs.bytes);
    assert_eq!((ours.nack_count, ours.pli_count), (theirs.nacks, theirs.plis));
    assert_eq!(ours.packets_lost, theirs.lost as i64, "as the core reported it");
    let jitter = ours.jitter * 90_000.0;
    assert!((jitter - f64::from(theirs.jitter)).abs() < 1.0, "{jitter} for {}", theirs.jitter);
    assert_eq!(ours.frames_received, Some(world.sent[0].len() as u64));
}

#[test]
fn of_what_str0m_receives() {
    let mut world = meet();
    world.lose_towards_receiver(8);
    talk(&mut world);
    let ([_, ours], [sender, theirs]) = counts(&mut world);
    let (ours, remote) = (&ours.outbound[0], &ours.remote_inbound[0]);
    let lost = world.lost() as u64;
    assert!(lost > 10, "{lost}");
    assert_eq!(ours.packets_sent, theirs.packets + lost);
    assert_eq!(ours.retransmitted_packets_sent, lost);
    assert_eq!(ours.bytes_sent, theirs.bytes + ours.retransmitted_bytes_sent);
    assert_eq!(theirs.bytes, sender.bytes, "nothing was lost on the way from the sender");
    assert_eq!((ours.nack_count, ours.pli_count), (theirs.nacks, theirs.plis));
    assert!(ours.nack_count > 0 && ours.pli_count > 0);
    let jitter = remote.jitter * 90_000.0;
    assert!((jitter - f64::from(theirs.jitter)).abs() < 1.0, "{jitter} for {}", theirs.jitter);
    let rtt = remote.round_trip_time.expect("str0m reported");
    assert!((0.0199..0.0225).contains(&rtt), "10 ms either way, and {rtt} s");
    assert_eq!(ours.frames_sent, Some(world.sent[0].len() as u64));
}
