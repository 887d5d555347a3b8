//! Nothing vanishes uncounted: datagrams, copies and requests add up, whatever is thrown at the core.

use std::time::Duration;

use proptest::prelude::*;
use sfu::debug_state::Personal;
use sfu::rtcp;
use sfu::{Command, DropReason, PacketClass};

use crate::common::call::{Call, config, peer_address};
use crate::common::media::{Microphone, VideoEncoding};

/// Something that happens in a call of three, the first of whom publishes.
#[derive(Clone, Debug)]
enum Step {
    Frame { key: bool, lose: u8, reversed: bool },
    Repair { back: u8 },
    Padding,
    Sound,
    Noise { first: u8, len: u8, known: bool },
    Broken,
    Nack { receiver: bool, back: u16 },
    View { receiver: bool, height: u16 },
    Mute(bool),
    Wait(u16),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (prop::bool::weighted(0.2), any::<u8>(), any::<bool>())
            .prop_map(|(key, lose, reversed)| Step::Frame { key, lose, reversed }),
        1 => (0u8..40).prop_map(|back| Step::Repair { back }),
        1 => Just(Step::Padding),
        3 => Just(Step::Sound),
        1 => (any::<u8>(), 0u8..60, any::<bool>()).prop_map(|(first, len, known)| Step::Noise { first, len, known }),
        1 => Just(Step::Broken),
        2 => (any::<bool>(), 0u16..400).prop_map(|(receiver, back)| Step::Nack { receiver, back }),
        1 => (any::<bool>(), 0u16..800).prop_map(|(receiver, height)| Step::View { receiver, height }),
        1 => any::<bool>().prop_map(Step::Mute),
        3 => (1u16..200).prop_map(Step::Wait),
    ]
}

struct Ledger {
    call: Call,
    encodings: [VideoEncoding; 3],
    microphone: Microphone,
    sent: u64,
    /// Copies that subscribers were due.
    due: u64,
    asked: u64,
    subscribed: [bool; 2],
}

impl Ledger {
    fn new() -> Self {
        Ledger {
            call: Call::connected(config(), 3),
            encodings: VideoEncoding::simulcast(0),
            microphone: Microphone::new(0),
            sent: 0,
            due: 0,
            asked: 0,
            subscribed: [false; 2],
        }
    }

    fn subscribers(&self) -> u64 {
        self.subscribed.iter().map(|subscribed| u64::from(*subscribed)).sum()
    }

    /// Hands in a packet; if it is taken, each subscriber is due a copy.
    fn media(&mut self, packet: &crate::common::peer::RtpOut) {
        self.sent += 1;
        if self.call.send(0, packet).is_ok() {
            self.due += self.subscribers();
        }
    }

    fn act(&mut self, step: &Step) {
        match *step {
            Step::Frame { key, lose, reversed } => {
                for index in 0..3 {
                    let mut frame = self.encodings[index].frame(key, 1 + index, 200);
                    if reversed {
                        frame.reverse();
                    }
                    for (n, packet) in frame.iter().enumerate() {
                        if lose >> (index + n) & 1 == 0 {
                            self.media(packet);
                        }
                    }
                }
            }
            Step::Repair { back } => {
                let encoding = &mut self.encodings[1];
                let place = encoding.history.len().checked_sub(1 + usize::from(back));
                let Some(sequence) = place.map(|place| encoding.history[place].sequence as u16) else {
                    return;
                };
                let packet = encoding.rtx(sequence);
                self.media(&packet);
            }
            Step::Padding => {
                let encoding = &mut self.encodings[2];
                let mut packet = encoding.frame(false, 1, 100).remove(0);
                (packet.payload, packet.padding) = (Vec::new(), 60);
                self.media(&packet);
            }
            Step::Sound => {
                let packet = self.microphone.packet(60);
                self.media(&packet);
            }
            Step::Noise { first, len, known } => {
                let from = if known { peer_address(0) } else { "203.0.113.9:9".parse().expect("an address") };
                let _ = self.call.input(from, vec![first; usize::from(len)]);
            }
            Step::Broken => {
                let packet = self.microphone.packet(60);
                let mut datagram = self.call.peers[0].rtp(&packet);
                *datagram.last_mut().expect("not empty") ^= 1;
                assert_eq!(self.call.input_of(0, datagram), Err(DropReason::SrtpAuthentication));
            }
            Step::Nack { receiver, back } => self.nack(1 + usize::from(receiver), back),
            Step::View { receiver, height } => {
                let index = usize::from(receiver);
                let mut wish = self.call.wish(0, "cam");
                wish.max_height = height;
                let wishes = [wish, self.call.wish(0, "mic")];
                self.subscribed[index] = self.call.subscribe(1 + index, &wishes).expect("proper").len() == 2;
            }
            Step::Mute(muted) => {
                let participant = self.call.peers[0].id;
                let command = Command::Mute { participant, source: "cam".into(), muted };
                self.call.turn(|turn| turn.command(command)).expect("a source of its own");
            }
            Step::Wait(millis) => self.call.run(Duration::from_millis(u64::from(millis))),
        }
    }

    fn nack(&mut self, peer: usize, back: u16) {
        let Some(last) = self.call.peers[peer].of(PacketClass::Video).last().map(|last| last.header()) else {
            return;
        };
        let missing = [last.sequence.wrapping_sub(back), last.sequence.wrapping_sub(back / 2 + 500)];
        let mut compound = Vec::new();
        rtcp::write_nack(&mut compound, 1, last.ssrc, &missing);
        self.call.send_rtcp(peer, &compound).expect("a proper compound");
        let subscribed = self.subscribed[peer - 1];
        self.asked += if subscribed { missing.len() as u64 } else { 0 };
    }

    fn assert_balanced(&self) {
        let sfu = &self.call.sfu;
        let ingress = sfu.ingress();
        assert_eq!(ingress.datagrams, ingress.taken_total() + ingress.drops.total());
        let copies = sfu.copies();
        assert_eq!(copies.forwarded - copies.replayed + copies.withheld.total(), self.due, "{copies:?}");
        assert_eq!(copies.asked, self.asked);
        assert_eq!(copies.asked, copies.answered + copies.unrepaired.total(), "{copies:?}");
        let mut owned = 0;
        let (mut forwarded, mut withheld) = (0, 0);
        for statistics in sfu.all_statistics(self.call.now) {
            let transport = &statistics.transport;
            assert_eq!(
                transport.packets_received,
                transport.sfu_packets_taken + transport.sfu_packets_dropped.total()
            );
            owned += transport.packets_received;
            forwarded += statistics.copies.forwarded;
            withheld += statistics.copies.withheld.total();
            let sent: u64 = statistics.outbound.iter().map(|stream| stream.packets_sent).sum();
            assert!(sent <= transport.packets_sent);
            if statistics.outbound.len() == 2 {
                let made = statistics.copies.forwarded + statistics.copies.answered;
                assert!(sent <= made, "{sent} of {made}");
            }
        }
        assert_eq!((forwarded, withheld), (copies.forwarded, copies.withheld.total()));
        // What belongs to nobody was dropped for want of an owner.
        let orphans = [DropReason::NotDemultiplexed, DropReason::UnknownAddress, DropReason::MalformedStun];
        let orphans = orphans.into_iter().chain([DropReason::UnknownUfrag]);
        let orphans: u64 = orphans.map(|reason| ingress.drops.of(reason)).sum();
        assert!(
            ingress.datagrams - owned <= orphans,
            "{} without owner, {orphans} known",
            ingress.datagrams - owned
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everything_is_counted_under_one_name(steps in prop::collection::vec(step(), 20..150)) {
        let mut ledger = Ledger::new();
        ledger.act(&Step::View { receiver: false, height: 720 });
        // The packets of a key frame overtake one another: those that came too early follow out of the cache.
        ledger.act(&Step::Frame { key: true, lose: 0, reversed: true });
        prop_assert!(ledger.call.sfu.copies().replayed > 0);
        for step in &steps {
            ledger.act(step);
            ledger.assert_balanced();
        }
        // Whatever the state is, it can be told, and told the same way twice.
        let state = ledger.call.sfu.debug_state(ledger.call.now, Personal::Redacted).to_string();
        prop_assert_eq!(&state, &ledger.call.sfu.debug_state(ledger.call.now, Personal::Redacted).to_string());
        prop_assert!(!state.contains("192.0.2.") && !state.contains("peer 0"), "personal data: {}", state);
    }
}
