//! Repair between the core and other stacks: their NACKs and our retransmissions, our NACKs and theirs.

use std::time::Duration;

use sfu::participant::Codec;

use crate::codecs::assert_same;
use crate::world::{Kind, PAIRS, World};

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

/// The receiver's NACK, and the core's retransmission.
fn on_the_way_to_the_receiver((sender, receiver): (Kind, Kind), codec: Codec) {
    let mut world = World::plain(sender, receiver, codec);
    send(&mut world);
    world.lose_towards_receiver(LOSS);
    send_and_repair(&mut world);
    assert_same(&mut world);
    let now = world.now;
    assert!(world.receiver().learnt(now).nacks_sent > 0, "{receiver:?} asked for what was lost");
    assert!(world.packets_of(receiver.rtx())[1] > 0, "the core sent again, to {receiver:?}");
    assert_eq!(world.sender().learnt(now).nacks_received, 0, "loss behind the core is the core's to repair");
    assert_eq!(world.packets_of(sender.rtx())[0], 0, "{sender:?} sent nothing again");
}

/// The core's NACK, and the sender's retransmission.
fn on_the_way_from_the_sender((sender, receiver): (Kind, Kind), codec: Codec) {
    let mut world = World::plain(sender, receiver, codec);
    send(&mut world);
    world.lose_towards_core(LOSS);
    send_and_repair(&mut world);
    assert_same(&mut world);
    let now = world.now;
    assert!(world.sender().learnt(now).nacks_received > 0, "the core asked {sender:?} for what was lost");
    assert!(world.packets_of(sender.rtx())[0] > 0, "{sender:?} sent again");
}

macro_rules! each_codec {
    ($($name:ident: $codec:ident;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn is_repaired_on_the_way_to_the_receiver() {
                PAIRS.into_iter().for_each(|pair| on_the_way_to_the_receiver(pair, Codec::$codec));
            }

            #[test]
            fn is_repaired_on_the_way_from_the_sender() {
                PAIRS.into_iter().for_each(|pair| on_the_way_from_the_sender(pair, Codec::$codec));
            }
        }
    )*};
}

each_codec! {
    vp8: Vp8;
    vp9: Vp9;
    av1: Av1;
    h264: H264;
    h264_in_mode_0: H264Mode0;
}
