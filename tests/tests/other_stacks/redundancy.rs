//! Redundant audio (RFC 2198) between the core and str0m, which packs and unpacks it. `rtc` knows none: for it the core
//! takes it off, and for others puts it around what `rtc` sent.

use std::time::Duration;

use sfu::participant::Codec;

use crate::codecs::assert_same;
use crate::stack::{RED, Role};
use crate::world::{Kind, World};

const FRAMES: usize = 250;
const LOSS: usize = 10;

fn meet(sender: Kind, receiver: Kind) -> World {
    let (publisher, subscriber) = (Role::sending(Codec::Opus, &[]), Role::receiving(Codec::Opus));
    let with_red = |kind, role: Role| (kind, if kind == Kind::Str0m { role.with_red() } else { role });
    World::new(with_red(sender, publisher), with_red(receiver, subscriber))
}

fn send(world: &mut World, frames: usize) {
    for _ in 0..frames {
        world.send(true);
    }
}

/// Ends without loss, so that nothing is missing at the very end.
fn settle(world: &mut World) {
    world.lose_towards_core(0);
    world.lose_towards_receiver(0);
    send(world, 10);
    world.run(Duration::from_secs(1));
}

#[test]
fn str0m_takes_the_redundancy_of_str0m() {
    let mut world = meet(Kind::Str0m, Kind::Str0m);
    send(&mut world, 20);
    world.lose_towards_receiver(LOSS);
    send(&mut world, FRAMES);
    settle(&mut world);
    assert_same(&mut world);
    let [sent, received] = world.packets_of(RED);
    assert!(
        sent >= FRAMES && received >= FRAMES && world.lost() > 10,
        "{sent}, {received}, {}",
        world.lost()
    );
}

#[test]
fn what_was_lost_before_the_core_comes_from_redundancy() {
    for receiver in [Kind::Rtc, Kind::Str0m] {
        let mut world = meet(Kind::Str0m, receiver);
        send(&mut world, 20);
        world.lose_towards_core(LOSS);
        send(&mut world, FRAMES);
        settle(&mut world);
        assert_same(&mut world);
        assert!(world.lost() > 10 && world.sfu.recovered() as usize == world.lost(), "{}", world.lost());
        let [sent, received] = world.packets_of(RED);
        let is_taken_off = received == 0;
        assert!(
            sent >= FRAMES && is_taken_off == (receiver == Kind::Rtc),
            "{receiver:?}: {sent}, {received}"
        );
    }
}

/// `rtc` sends plain Opus; the core adds redundancy once str0m's feedback tells of loss.
#[test]
fn str0m_takes_the_redundancy_of_the_core() {
    let mut world = meet(Kind::Rtc, Kind::Str0m);
    world.lose_towards_receiver(LOSS);
    send(&mut world, FRAMES);
    assert_eq!(world.packets_of(RED)[0], 0, "rtc sends none");
    let (holes, lost, sent) = (world.receiver().holes(), world.lost(), world.sent[0].len());
    let begun = world.sent[0][sent - 1].timestamp.wrapping_sub(world.sent[0][0].timestamp);
    send(&mut world, FRAMES);
    settle(&mut world);
    assert!(world.packets_of(RED)[1] >= FRAMES && world.lost() > lost + 10, "{:?}", world.packets_of(RED));
    assert_eq!(world.receiver().holes(), holes, "none since the core knows of the loss");
    let received = world.receiver().frames().to_vec();
    let first = received[0].0;
    let since = received.iter().filter(|(timestamp, _)| timestamp.wrapping_sub(first) > begun);
    assert!(since.map(|(_, bytes)| bytes).eq(world.sent[0][sent..].iter().map(|frame| &frame.received)));
}
