//! Each codec, from either stack to the other.

use std::time::Duration;

use sfu::participant::Codec;

use crate::world::{Kind, World};

/// Enough for `rtc`'s VP8 picture ids to grow from 7 to 15 bits, and for sequence numbers and timestamps to turn over.
const FRAMES: usize = 140;

/// What the receiver has is what the sender sent, in order and without a hole, timestamps included.
pub(crate) fn assert_same(world: &mut World) {
    let held_back = world.receiver().held_back();
    let received = world.receiver().frames().to_vec();
    assert_eq!(world.receiver().holes(), 0, "the receiver saw holes");
    let sent = &world.sent[0];
    assert_eq!(received.len(), sent.len() - held_back, "drops in the core: {:?}", world.sfu.drops());
    let offset = received[0].0.wrapping_sub(sent[0].timestamp);
    for (index, ((timestamp, bytes), frame)) in received.iter().zip(sent).enumerate() {
        assert_eq!(timestamp.wrapping_sub(offset), frame.timestamp, "timestamp of frame {index}");
        assert!(
            *bytes == frame.received,
            "frame {index}: {} bytes for {}",
            bytes.len(),
            frame.received.len()
        );
    }
}

fn forward(sender: Kind, receiver: Kind, codec: Codec) {
    let mut world = World::plain(sender, receiver, codec);
    for index in 0..FRAMES {
        world.send(index % 50 == 0);
    }
    world.run(Duration::from_secs(1));
    assert_same(&mut world);
    assert_eq!(world.sfu.drops().total(), 0, "{:?}", world.sfu.drops());
}

macro_rules! each_codec {
    ($($name:ident: $codec:ident;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn from_str0m_to_rtc() {
                forward(Kind::Str0m, Kind::Rtc, Codec::$codec);
            }

            #[test]
            fn from_rtc_to_str0m() {
                forward(Kind::Rtc, Kind::Str0m, Codec::$codec);
            }

            #[test]
            fn from_str0m_to_str0m() {
                forward(Kind::Str0m, Kind::Str0m, Codec::$codec);
            }

            #[test]
            fn from_rtc_to_rtc() {
                forward(Kind::Rtc, Kind::Rtc, Codec::$codec);
            }
        }
    )*};
}

each_codec! {
    opus: Opus;
    vp8: Vp8;
    vp9: Vp9;
    av1: Av1;
    h264: H264;
    h264_in_mode_0: H264Mode0;
}
