//! Two encodings of one source: the receiver's stack sees a single stream, whichever is forwarded.

use std::time::Duration;

use sfu::DropReason;
use sfu::participant::Codec;

use crate::stack::Role;
use crate::world::{Kind, PAIRS, World};

const RIDS: [&str; 2] = ["q", "h"];

/// Sends one second of both encodings; a key frame in both whenever one was asked for.
fn second(world: &mut World, wanted: &mut u64) {
    for _ in 0..30 {
        let now = world.now;
        let asked = world.sender().learnt(now).key_frames_wanted;
        world.send(asked > *wanted || world.sent[0].is_empty());
        *wanted = asked;
    }
}

/// A frame that was received: which encoding and which picture of it, whether it is a key frame, and when it is shown.
struct Seen {
    encoding: usize,
    picture: usize,
    key: bool,
    timestamp: u32,
}

fn seen(world: &mut World) -> Vec<Seen> {
    let received = world.receiver().frames().to_vec();
    let find = |(timestamp, bytes): &(u32, Vec<u8>)| {
        let place = world.sent.iter().enumerate().find_map(|(encoding, frames)| {
            let picture = frames.iter().position(|frame| frame.received == *bytes)?;
            Some((encoding, picture))
        });
        let (encoding, picture) = place.expect("every frame is a frame that was sent");
        Seen { encoding, picture, key: world.sent[encoding][picture].key, timestamp: *timestamp }
    };
    received.iter().map(find).collect()
}

fn switch(sender: Kind, receiver: Kind, codec: Codec) {
    let mut world = World::new((sender, Role::sending(codec, &RIDS)), (receiver, Role::receiving(codec)));
    world.subscribe(180);
    let mut wanted = 0;
    second(&mut world, &mut wanted);
    for height in [360, 180, 360] {
        world.subscribe(height);
        second(&mut world, &mut wanted);
        second(&mut world, &mut wanted);
    }
    world.run(Duration::from_secs(1));
    let held_back = world.receiver().held_back();
    let seen = seen(&mut world);
    let runs: Vec<usize> =
        seen.chunk_by(|a, b| a.encoding == b.encoding).map(|run| run[0].encoding).collect();
    let pair = format!("{codec:?}, {sender:?} to {receiver:?}");
    assert_eq!(runs, [0, 1, 0, 1], "{pair}: the encodings that were forwarded, one after the other");
    let last = seen.last().expect("there were four runs").picture;
    assert_eq!(last + 1, world.sent[0].len() - held_back, "{pair}: {:?}", world.sfu.drops());
    // Of `rtc`'s VP9 every picture claims to need no other: its packetiser never sets P.
    let all_claim_it = (sender, codec) == (Kind::Rtc, Codec::Vp9);
    for two in seen.windows(2) {
        let picture = two[1].picture;
        // The key frame that begins an encoding may show the picture again that ended the one before, a tick later.
        let begins = two[0].encoding != two[1].encoding;
        let again = usize::from(begins && two[0].picture == picture);
        assert_eq!(two[0].picture + 1, picture + again, "{pair}: none is left out");
        assert!(!begins || two[1].key || all_claim_it, "{pair}: picture {picture} begins an encoding");
    }
    for Seen { picture, timestamp, .. } in &seen {
        let off = timestamp.wrapping_sub(seen[0].timestamp).wrapping_sub(3_000 * *picture as u32);
        assert!(off <= 1, "{pair}: picture {picture} is {off} ticks off its time");
    }
}

/// What is lost before the core is sent again, in the encoding that it was lost from. Of `rtc` nothing but the number that
/// was asked for tells which one that is.
#[test]
fn a_lost_packet_is_repaired_in_its_encoding() {
    for (sender, receiver) in PAIRS {
        let publisher = (sender, Role::sending(Codec::Vp8, &RIDS));
        let mut world = World::new(publisher, (receiver, Role::receiving(Codec::Vp8)));
        world.send(true);
        world.run(Duration::from_millis(100));
        world.lose_towards_core(8);
        (0..90).for_each(|_| world.send(false));
        world.lose_towards_core(0);
        (0..30).for_each(|_| world.send(false));
        world.run(Duration::from_secs(1));
        let (id, now) = (world.sender_id(), world.now);
        let inbound = world.sfu.statistics(id, now).expect("a participant").inbound;
        assert_eq!(inbound.len(), RIDS.len(), "{sender:?}");
        for stream in inbound {
            let repaired = stream.retransmitted_packets_received;
            let pair = format!("{sender:?} to {receiver:?}, {:?}", stream.rid);
            assert!(repaired > 0 && stream.packets_lost <= repaired as i64, "{pair}: {stream:?}");
            assert_eq!(stream.frames_received, Some(world.sent[0].len() as u64), "{pair}");
        }
        assert_eq!(world.receiver().holes(), 0, "{receiver:?}");
        assert_eq!(world.sfu.drops().of(DropReason::UnknownStream), 0, "{:?}", world.sfu.drops());
    }
}

macro_rules! each_codec {
    ($($name:ident: $codec:ident;)*) => {$(
        #[test]
        fn $name() {
            for (sender, receiver) in PAIRS {
                switch(sender, receiver, Codec::$codec);
            }
        }
    )*};
}

each_codec! {
    vp8_is_one_stream: Vp8;
    vp9_is_one_stream: Vp9;
    av1_is_one_stream: Av1;
    h264_is_one_stream: H264;
    h264_in_mode_0_is_one_stream: H264Mode0;
}
