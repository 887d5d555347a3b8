//! Repair between the core and other stacks: their NACKs and our retransmissions, our NACKs and theirs.

use std::time::Duration;

use sfu::participant::Codec;

use crate::codecs::assert_same;
use crate::world::{Kind, World};

const FRAMES: usize = 120;
const LOSS: usize = 8;

/// Frames with loss on one of the two lines, then time for the last repairs.
fn send(world: &mut World) {
    // The first frame comes through: a receiver can't ask for what was before all that it knows.
    world.send(true);
    world.run(Duration::from_millis(100));
}

fn send_and_repair(world: &mut World) {
    for _ in 0..FRAMES {
        world.send(false);
    }
    world.lose_towards_core(0);
    world.lose_towards_receiver(0);
    // What comes last shows what is missing before it.
    for _ in 0..30 {
        world.send(false);
    }
    world.run(Duration::from_secs(1));
    assert!(world.lost() >= 10, "{} packets were lost", world.lost());
}

fn on_the_way_to(receiver: Kind, sender: Kind, codec: Codec) {
    let mut world = World::plain(sender, receiver, codec);
    send(&mut world);
    world.lose_towards_receiver(LOSS);
    send_and_repair(&mut world);
    assert_same(&mut world);
    let now = world.now;
    assert!(world.receiver().learnt(now).nacks_sent > 0, "{receiver:?} asked for what was lost");
    assert_eq!(world.sender().learnt(now).nacks_received, 0, "loss behind the core is the core's to repair");
}

fn on_the_way_from(sender: Kind, receiver: Kind, codec: Codec) {
    let mut world = World::plain(sender, receiver, codec);
    send(&mut world);
    world.lose_towards_core(LOSS);
    send_and_repair(&mut world);
    assert_same(&mut world);
    let now = world.now;
    assert!(world.sender().learnt(now).nacks_received > 0, "the core asked {sender:?} for what was lost");
}

#[test]
fn str0m_asks_and_is_sent_again() {
    on_the_way_to(Kind::Str0m, Kind::Rtc, Codec::Vp8);
}

#[test]
fn rtc_asks_and_is_sent_again() {
    on_the_way_to(Kind::Rtc, Kind::Str0m, Codec::Vp8);
}

#[test]
fn str0m_is_asked_and_sends_again() {
    on_the_way_from(Kind::Str0m, Kind::Rtc, Codec::Vp8);
}

#[test]
fn rtc_is_asked_and_sends_again() {
    on_the_way_from(Kind::Rtc, Kind::Str0m, Codec::Vp8);
}

/// Depacketisers that have state between packets, with packets that come late.
#[test]
fn repaired_frames_of_every_codec_are_whole() {
    for codec in [Codec::Vp9, Codec::Av1, Codec::H264] {
        on_the_way_to(Kind::Str0m, Kind::Rtc, codec);
        on_the_way_to(Kind::Rtc, Kind::Str0m, codec);
    }
}
