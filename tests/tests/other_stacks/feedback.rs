//! The core's RTCP in other stacks, and theirs in the core.

use std::time::Duration;

use sfu::Event;
use sfu::participant::Codec;

use crate::world::{Kind, PAIRS, World};

fn talk(sender: Kind, receiver: Kind) -> World {
    let mut world = World::plain(sender, receiver, Codec::Vp8);
    send(&mut world);
    world
}

fn send(world: &mut World) {
    world.send(true);
    for _ in 0..150 {
        world.send(false);
    }
}

/// A receiver report of the core's tells a sender of its stream, and of its path: 10 ms either way.
#[test]
fn str0m_understands_receiver_reports() {
    let mut world = talk(Kind::Str0m, Kind::Rtc);
    let now = world.now;
    let learnt = world.sender().learnt(now);
    assert!(learnt.is_reported_on, "{learnt:?}");
    let rtt = learnt.rtt.expect("a round-trip time");
    assert!((0.02..0.04).contains(&rtt), "{rtt} s");
}

#[test]
fn rtc_understands_receiver_reports() {
    let mut world = talk(Kind::Rtc, Kind::Str0m);
    let now = world.now;
    let learnt = world.sender().learnt(now);
    assert!(learnt.is_reported_on, "{learnt:?}");
}

/// Each datagram of RTCP is deciphered and parsed; `rtc` would drop one that isn't without a word, and str0m fails.
#[test]
fn rtc_understands_every_compound() {
    for (sender, receiver) in [(Kind::Rtc, Kind::Str0m), (Kind::Str0m, Kind::Rtc)] {
        let mut world = talk(sender, receiver);
        let (now, reports) = (world.now, world.reports());
        let rtc = if sender == Kind::Rtc { world.sender() } else { world.receiver() };
        let understood = rtc.learnt(now).compounds.expect("rtc counts them");
        let sent = reports[usize::from(receiver == Kind::Rtc)];
        assert!(understood == sent && sent > 5, "{understood} of {sent}");
    }
}

#[test]
fn both_understand_sender_reports() {
    for (sender, receiver) in [(Kind::Rtc, Kind::Str0m), (Kind::Str0m, Kind::Rtc)] {
        let mut world = talk(sender, receiver);
        let now = world.now;
        let learnt = world.receiver().learnt(now);
        assert!(learnt.has_senders_clock, "{receiver:?}: {learnt:?}");
    }
}

/// The receiver's PLI ends up with the publisher, as a request for a key frame.
#[test]
fn a_request_for_a_key_frame_goes_all_the_way() {
    for (sender, receiver) in PAIRS {
        let mut world = talk(sender, receiver);
        let now = world.now;
        let before = world.sender().learnt(now).key_frames_wanted;
        world.receiver().ask_for_key_frame(now);
        // One that is lost is repeated; this one isn't, and the sender answers it.
        world.run(Duration::from_millis(100));
        world.send(true);
        world.run(Duration::from_secs(2));
        let now = world.now;
        assert_eq!(world.sender().learnt(now).key_frames_wanted, before + 1, "{receiver:?} asked {sender:?}");
    }
}

/// The receiver's transport-wide feedback moves the core's estimate of its line.
#[test]
fn transport_feedback_moves_the_estimate_of_the_core() {
    for (sender, receiver) in PAIRS {
        let world = talk(sender, receiver);
        let id = world.receiver_id();
        let estimates = world.events.iter().filter_map(|event| match event {
            Event::Estimate { participant, rate } if *participant == id => Some(rate.as_bps()),
            _ => None,
        });
        let estimates: Vec<u64> = estimates.collect();
        assert!(estimates.last() > Some(&1_100_000), "{receiver:?}: {estimates:?}");
    }
}

/// The core's transport-wide feedback tells a sender of what it sent: `rtc` has it parsed, and str0m's estimate moves.
#[test]
fn transport_feedback_reaches_senders() {
    let mut world = talk(Kind::Rtc, Kind::Str0m);
    let now = world.now;
    let fed_back = world.sender().learnt(now).fed_back;
    assert!(fed_back >= 300, "{fed_back} packets of more than 300");
    let mut world = World::estimating(Kind::Str0m, Kind::Rtc, Codec::Vp8);
    send(&mut world);
    let now = world.now;
    let estimate = world.sender().learnt(now).estimate.expect("an estimate");
    assert!(estimate > 1_600_000.0, "it began with 1.5 Mbit/s, and is {estimate}");
}
