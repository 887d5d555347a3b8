//! Whatever the peer says, the sender stands it.

use proptest::prelude::*;
use sfu::rtcp::{self, FirEntry, Pli, ReportBlock};
use sfu::{DataSize, Time};

use super::rig::{Rig, config};

#[derive(Clone, Debug)]
enum Noise {
    Nack(u8, Vec<u16>),
    Pli(u8),
    Fir(u8, u8),
    Report(u8, [u32; 5]),
    Bytes(Vec<u8>),
    Feedback(Vec<u8>),
    Mute(bool, bool),
    Wait(u16),
}

fn noise() -> impl Strategy<Value = Noise> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..64);
    prop_oneof![
        (0..5u8, prop::collection::vec(any::<u16>(), 1..40)).prop_map(|(s, n)| Noise::Nack(s, n)),
        (0..5u8).prop_map(Noise::Pli),
        (0..5u8, any::<u8>()).prop_map(|(s, n)| Noise::Fir(s, n)),
        (0..5u8, any::<[u32; 5]>()).prop_map(|(s, words)| Noise::Report(s, words)),
        bytes().prop_map(Noise::Bytes),
        bytes().prop_map(Noise::Feedback),
        any::<(bool, bool)>().prop_map(|(camera, muted)| Noise::Mute(camera, muted)),
        (1..200u16).prop_map(Noise::Wait),
    ]
}

impl Noise {
    fn write(&self, out: &mut Vec<u8>, ssrcs: &[u32]) {
        let ssrc = |place: u8| ssrcs.get(usize::from(place)).copied().unwrap_or(0xdead_beef);
        match self {
            Noise::Nack(stream, missing) => rtcp::write_nack(out, 1, ssrc(*stream), missing),
            Noise::Pli(stream) => rtcp::write_pli(out, Pli { sender_ssrc: 1, media_ssrc: ssrc(*stream) }),
            Noise::Fir(stream, sequence) => {
                let entry = FirEntry { ssrc: ssrc(*stream), sequence: *sequence };
                rtcp::write_fir(out, 1, &[entry]).expect("one stream");
            }
            Noise::Report(stream, [lost, highest, jitter, last_sr, delay]) => {
                let block = ReportBlock {
                    ssrc: ssrc(*stream),
                    fraction_lost: *lost as u8,
                    cumulative_lost: (*lost as i32) >> 8,
                    highest_sequence: *highest,
                    jitter: *jitter,
                    last_sr: *last_sr,
                    delay_since_last_sr: *delay,
                };
                rtcp::write_receiver_report(out, 1, &[block]).expect("one block");
            }
            Noise::Bytes(bytes) => out.extend_from_slice(bytes),
            // Transport-wide feedback with any content: header, then whatever, to whole words.
            Noise::Feedback(body) => {
                let words = (body.len() / 4) as u16;
                out.extend_from_slice(&[0x8f, 205]);
                out.extend_from_slice(&words.to_be_bytes());
                out.extend_from_slice(&body[..usize::from(words) * 4]);
            }
            Noise::Mute(..) | Noise::Wait(_) => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn random_rtcp_never_panics_and_queues_stay_small(script in prop::collection::vec(noise(), 1..120)) {
        let mut rig = Rig::new(config(), &[(0, 2_000)]);
        rig.run_until(Time::from_millis(2_500));
        let mut ssrcs: Vec<u32> = rig.log.packets.iter().map(|sent| sent.header().ssrc).collect();
        ssrcs.sort_unstable();
        ssrcs.dedup();
        for noise in &script {
            match noise {
                Noise::Wait(millis) => rig.run_for(u64::from(*millis)),
                Noise::Mute(camera, muted) => {
                    rig.sender.set_muted(rig.now, if *camera { "cam" } else { "mic" }, *muted);
                }
                other => {
                    let mut bytes = Vec::new();
                    other.write(&mut bytes, &ssrcs);
                    if let Ok(packets) = rtcp::packets(&bytes) {
                        packets.for_each(|packet| rig.sender.on_rtcp(rig.now, &packet));
                    }
                }
            }
            prop_assert!(rig.sender.queued() < DataSize::from_bytes(400_000), "{:?}", rig.sender.queued());
        }
        rig.run_for(1_000);
    }
}
