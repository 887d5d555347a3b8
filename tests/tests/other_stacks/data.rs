//! Data channels that other stacks open, with the core between them.

use std::time::Duration;

use sfu::data::PROTOCOL;
use sfu::participant::Codec;

use crate::channel::{Channel, Message};
use crate::frames::Noise;
use crate::stack::{Role, Stack};
use crate::world::{Kind, PAIRS, World};

const CHAT: Channel = Channel::reliable("chat");

/// Two peers that have opened the same channels.
fn meet(sender: Kind, receiver: Kind, channels: &[Channel]) -> World {
    let publisher = Role::sending(Codec::Vp8, &[]).with_channels(channels);
    let mut world =
        World::new((sender, publisher), (receiver, Role::receiving(Codec::Vp8).with_channels(channels)));
    let all = vec![true; channels.len()];
    assert_eq!(world.sender().open_channels(), all, "{sender:?}");
    assert_eq!(world.receiver().open_channels(), all, "{receiver:?}");
    world
}

fn noise(seed: u64, size: usize) -> Message {
    let mut bytes = Vec::new();
    Noise(seed).fill(&mut bytes, size);
    Message::binary(bytes)
}

/// A text, bytes, nothing, and what takes many packets.
fn conversation(from: Kind, seed: u64) -> Vec<Message> {
    // Without SDP, str0m holds its own messages to the 64 KiB of RFC 8841 section 6.1; it takes longer ones.
    let longest = if from == Kind::Str0m { 65_536 } else { 200_000 };
    // str0m takes a stream sequence number for an empty message and sends none: nothing after it would arrive.
    let empty = if from == Kind::Str0m { vec![] } else { vec![Message::text(""), Message::binary(vec![])] };
    let long = [noise(seed, 5_000), noise(seed + 1, longest)];
    [Message::text("Grüße"), noise(seed + 2, 100)].into_iter().chain(empty).chain(long).collect()
}

fn on(channel: usize, messages: &[Message]) -> Vec<(usize, Message)> {
    messages.iter().map(|message| (channel, message.clone())).collect()
}

/// Compares lengths first, which one can read.
fn assert_heard(listener: &dyn Stack, said: &[Message], speaker: Kind) {
    let heard = listener.messages();
    let lengths: Vec<_> = heard.iter().map(|(_, message)| (message.is_text, message.bytes.len())).collect();
    let expected: Vec<_> = said.iter().map(|message| (message.is_text, message.bytes.len())).collect();
    assert_eq!(lengths, expected, "{speaker:?} spoke");
    assert!(heard == on(0, said), "{speaker:?} spoke");
}

#[test]
fn messages_go_both_ways_between_all() {
    for (sender, receiver) in PAIRS {
        let mut world = meet(sender, receiver, &[CHAT]);
        let (there, back) = (conversation(sender, 10), conversation(receiver, 20));
        for index in 0..there.len().max(back.len()) {
            let now = world.now;
            there.get(index).into_iter().for_each(|message| world.sender().say(now, 0, message));
            back.get(index).into_iter().for_each(|message| world.receiver().say(now, 0, message));
            world.run(Duration::from_millis(300));
        }
        world.run(Duration::from_secs(5));
        assert_heard(world.receiver(), &there, sender);
        assert_heard(world.sender(), &back, receiver);
        assert_eq!(world.sfu.drops().total(), 0, "{:?}", world.sfu.drops());
    }
}

/// Both lines lose, and SCTP repairs each on its own; media flow beside.
#[test]
fn a_reliable_channel_loses_nothing() {
    for (sender, receiver) in PAIRS {
        let mut world = meet(sender, receiver, &[CHAT]);
        world.lose_towards_core(5);
        world.lose_towards_receiver(5);
        let messages: Vec<Message> = (0..100).map(|index| noise(index, 1 + 37 * index as usize)).collect();
        for message in &messages {
            let now = world.now;
            world.sender().say(now, 0, message);
            world.send(false);
        }
        world.run(Duration::from_secs(20));
        assert!(world.lost() > 20, "{} were lost", world.lost());
        assert_heard(world.receiver(), &messages, sender);
    }
}

/// What is lost stays lost, and nothing waits for it or comes twice.
#[test]
fn a_channel_without_retransmissions_goes_on() {
    let state = Channel { ordered: false, max_retransmits: Some(0), ..Channel::reliable("state") };
    for (sender, receiver) in PAIRS {
        let mut world = meet(sender, receiver, &[state, CHAT]);
        world.lose_towards_core(10);
        let messages: Vec<Message> = (0..200).map(|index| noise(index, 50)).collect();
        for message in &messages {
            let now = world.now;
            world.sender().say(now, 0, message);
            world.run(Duration::from_millis(20));
        }
        world.lose_towards_core(0);
        world.run(Duration::from_secs(5));
        let received = world.receiver().messages().to_vec();
        let places = received.iter().map(|(_, got)| messages.iter().position(|sent| sent == got));
        let places: Vec<usize> = places.map(|place| place.expect("it was said")).collect();
        let pair = format!("{sender:?} to {receiver:?}: {places:?}");
        assert!((160..200).contains(&places.len()), "{pair}");
        assert!(places.is_sorted_by(|a, b| a < b), "{pair}");
    }
}

/// The envelope of sfu/src/data/PROTOCOL.md: what `str0m` directs at `rtc` says whom it is from.
#[test]
fn a_directed_message_names_its_sender() {
    let directed = Channel { protocol: PROTOCOL, ..CHAT };
    for (sender, receiver) in PAIRS {
        let mut world = meet(sender, receiver, &[directed]);
        let envelope = |id: String| {
            let mut bytes = vec![2, id.len() as u8];
            bytes.extend(id.as_bytes());
            bytes.extend(b"psst");
            Message::binary(bytes)
        };
        let (from, to) = (world.sender_id().to_string(), world.receiver_id().to_string());
        let now = world.now;
        world.sender().say(now, 0, &envelope(to));
        world.run(Duration::from_secs(1));
        assert_eq!(world.receiver().messages(), on(0, &[envelope(from)]), "{sender:?} to {receiver:?}");
        assert!(world.sender().messages().is_empty(), "it came to whom it was meant for");
    }
}

/// Closing resets the stream both ways (RFC 6525, RFC 8831 section 6.7); the other channel stays.
#[test]
fn a_channel_closes() {
    for (sender, receiver) in PAIRS {
        let mut world = meet(sender, receiver, &[CHAT, Channel::reliable("files")]);
        let now = world.now;
        world.receiver().close_channel(now, 0);
        world.run(Duration::from_secs(2));
        assert_eq!(world.receiver().open_channels(), [false, true], "{receiver:?}");
        assert_eq!(
            world.sender().open_channels(),
            [true, true],
            "{sender:?}: everybody's channels are their own"
        );
        let now = world.now;
        world.sender().say(now, 0, &Message::text("anybody there?"));
        world.sender().say(now, 1, &Message::text("a file"));
        world.run(Duration::from_secs(1));
        assert_eq!(world.receiver().messages(), on(1, &[Message::text("a file")]));
    }
}
