//! Packets that no sender would send: whatever the numbers, nothing panics and no number goes out twice.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use crate::Time;
use crate::codec::FrameDescription;
use crate::codec::vp8::Vp8Descriptor;
use crate::forward::ingress::IngressVideo;
use crate::forward::video::{Layer, Origin, VideoProjection};

#[derive(Clone, Copy, Debug)]
enum Step {
    Packet { encoding: u8, sequence: u64, timestamp: u32, payload: [u8; 8], flags: (bool, bool), after: u64 },
    Target(Option<Layer>),
    Pause(bool),
    Restart(u8),
    Report(u8, u64, u32),
    Hole(u16),
}

fn packet() -> impl Strategy<Value = Step> {
    let sequence = prop_oneof![8 => 70_000u64..72_000, 1 => 0u64..200_000, 1 => 0u64..1 << 48];
    let timestamp = prop_oneof![4 => 0u32..40, 1 => any::<u32>()];
    // Mostly descriptors with every field, half of them at a frame's start.
    let payload = any::<[u8; 8]>().prop_map(|mut bytes| {
        bytes[0] = (bytes[0] & 0x10) | 0x80;
        bytes[1] |= 0xe0;
        bytes
    });
    let flags = (any::<bool>(), prop::bool::weighted(0.1));
    (0u8..4, sequence, timestamp, payload, flags, 0u64..50).prop_map(
        |(encoding, sequence, timestamp, payload, flags, after)| Step::Packet {
            encoding,
            sequence,
            timestamp,
            payload,
            flags,
            after,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let layer = (0u8..4, 0u8..5).prop_map(|(encoding, temporal)| Layer { encoding, spatial: 0, temporal });
    prop_oneof![
        60 => packet(),
        2 => prop::option::weighted(0.9, layer).prop_map(Step::Target),
        1 => any::<bool>().prop_map(Step::Pause),
        1 => (0u8..4).prop_map(Step::Restart),
        2 => (0u8..4, any::<u64>(), any::<u32>()).prop_map(|(e, ntp, rtp)| Step::Report(e, ntp, rtp)),
        4 => any::<u16>().prop_map(Step::Hole),
    ]
}

proptest! {
    #[test]
    fn survives(steps in prop::collection::vec(step(), 1..300)) {
        let mut projection = VideoProjection::new(Origin { sequence: 65_500, ..Origin::default() });
        projection.set_target(Some(Layer { encoding: 0, spatial: 0, temporal: 2 }));
        let (mut now, mut numbers) = (Time::ZERO, BTreeSet::new());
        for step in steps {
            match step {
                Step::Packet { encoding, sequence, timestamp, payload, flags, after } => {
                    now += Duration::from_millis(after);
                    let vp8 = Vp8Descriptor::parse(&payload).expect("eight bytes hold every descriptor");
                    let (marker, padding_only) = flags;
                    let frame = FrameDescription::vp8(&vp8, marker);
                    let packet =
                        IngressVideo { encoding, sequence, timestamp, marker, frame, arrived: now, padding_only };
                    if let Ok(out) = projection.project(&packet) {
                        prop_assert!(numbers.insert(out.sequence));
                        prop_assert!(!padding_only && projection.current().is_some());
                        prop_assert_eq!(out.numbers.picture_id.is_some(), vp8.picture_id.is_some());
                        prop_assert!(out.numbers.picture_id.is_none_or(|id| vp8.picture_id.is_some_and(|p| id <= p.mask())));
                    }
                }
                Step::Target(target) => projection.set_target(target),
                Step::Pause(true) => projection.pause(),
                Step::Pause(false) => projection.resume(),
                Step::Restart(encoding) => projection.on_source_restart(encoding),
                Step::Report(encoding, ntp, rtp) => projection.on_sender_report(encoding, ntp, rtp),
                Step::Hole(number) => {
                    let _ = projection.hole(number);
                }
            }
        }
    }
}
