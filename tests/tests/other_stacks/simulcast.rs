//! Two encodings of one source: the receiver's stack sees a single stream, whichever is forwarded.

use std::time::Duration;

use sfu::participant::Codec;

use crate::frames::is_vp8_key_frame;
use crate::world::{Kind, World};

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

/// Which encoding each received frame is of, in order.
fn encodings(world: &mut World) -> Vec<usize> {
    let received = world.receiver().frames().to_vec();
    let whose = |bytes: &Vec<u8>| {
        let of = |frames: &Vec<crate::frames::Frame>| frames.iter().any(|frame| frame.received == *bytes);
        world.sent.iter().position(of).expect("every frame is a frame that was sent")
    };
    received.iter().map(|(_, bytes)| whose(bytes)).collect()
}

fn switch(sender: Kind, receiver: Kind) {
    let mut world = World::new(sender, receiver, Codec::Vp8, &RIDS);
    world.subscribe(180);
    let mut wanted = 0;
    second(&mut world, &mut wanted);
    for height in [360, 180, 360] {
        world.subscribe(height);
        second(&mut world, &mut wanted);
        second(&mut world, &mut wanted);
    }
    world.run(Duration::from_secs(1));
    let received = world.receiver().frames().to_vec();
    let held_back = world.receiver().held_back();
    let encodings = encodings(&mut world);
    let runs: Vec<usize> = encodings.chunk_by(|a, b| a == b).map(|run| run[0]).collect();
    assert_eq!(runs, [0, 1, 0, 1], "the encodings that were forwarded, one after the other");
    // A frame in each frame's time, none twice and none left out: the stream is continuous over the switches.
    let total = world.sent[0].len();
    assert_eq!(received.len(), total - held_back, "{:?}", world.sfu.drops());
    for (index, pair) in received.windows(2).enumerate() {
        assert_eq!(pair[1].0.wrapping_sub(pair[0].0), 3_000, "timestamps of frames {index} and the next");
    }
    for (index, pair) in encodings.windows(2).enumerate() {
        let key = is_vp8_key_frame(&received[index + 1].1);
        assert!(pair[0] == pair[1] || key, "frame {} begins an encoding", index + 1);
    }
}

#[test]
fn of_str0m_is_one_stream_for_rtc() {
    switch(Kind::Str0m, Kind::Rtc);
}

#[test]
fn of_rtc_is_one_stream_for_str0m() {
    switch(Kind::Rtc, Kind::Str0m);
}
