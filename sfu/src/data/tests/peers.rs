//! The server's side of data against clients that open channels.

use std::time::Duration;

use bytes::Bytes;

use super::pair::seed;
use crate::data::broker::{Outgoing, Received, understand};
use crate::data::dcep::{Delivery, Message, Open, Reliability};
use crate::data::peer::{DataPeer, MAX_AHEAD};
use crate::data::share::Line;
use crate::data::{
    Association, AssociationEvent, MAX_CHANNELS, MAX_MESSAGE, MAX_QUEUED, PROTOCOL, Payload, Side,
};
use crate::drop_reason::{DropCounters, DropReason};
use crate::{DataRate, Time};

/// A client and the server's state of it, with nothing between them.
struct Rig {
    client: Association,
    server: DataPeer,
    drops: DropCounters,
    now: Time,
    rate: DataRate,
    got: Vec<(u16, Payload, Bytes)>,
    resets: Vec<u16>,
    /// Whether the client takes anything.
    reads: bool,
}

impl Rig {
    fn new() -> Self {
        let mut rig = Rig {
            client: Association::new(Side::Open, seed(1)),
            server: DataPeer::new(seed(2)),
            drops: DropCounters::default(),
            now: Time::from_secs(1),
            rate: DataRate::from_kbps(50_000),
            got: Vec::new(),
            resets: Vec::new(),
            reads: true,
        };
        rig.client.open(rig.now);
        rig.run(Duration::from_secs(1));
        assert!(rig.client.is_established());
        rig
    }

    fn open(&mut self, stream: u16, label: &str, protocol: &str, delivery: Delivery) {
        let (label, protocol) = (label.to_owned(), protocol.to_owned());
        self.client.open_stream(stream);
        self.client.set_delivery(stream, delivery);
        let open = Message::Open(Open { delivery, priority: 256, label, protocol });
        self.client.send(self.now, stream, Payload::Control, &open.to_bytes());
        self.run(Duration::from_secs(1));
    }

    fn offer(&mut self, label: &str, data: &[u8]) -> bool {
        let data = Bytes::copy_from_slice(data);
        let received =
            Received { stream: 0, label: label.into(), enveloped: false, payload: Payload::Binary, data };
        let (_, outgoing): (_, Outgoing) = understand("p9", &received).expect("a proper message");
        self.server.offer(self.now, &outgoing, &mut self.drops)
    }

    fn run(&mut self, span: Duration) {
        for _ in 0..span.as_millis() / 10 {
            self.now += Duration::from_millis(10);
            self.server.handle_timeout(self.now, &mut self.drops);
            self.client.handle_timeout(self.now);
            while let Some(packet) = self.client.poll_transmit() {
                let _ = self.server.handle(self.now, &packet, &mut self.drops);
            }
            let mut out = Vec::new();
            let line = Line { rate: self.rate, rtt: Duration::from_millis(20), media: 0 };
            self.server.flush(self.now, &line, |packet| out.push(packet.to_vec()));
            for packet in out.iter().filter(|_| self.reads) {
                let _ = self.client.handle(self.now, packet);
            }
            while let Some(event) = self.client.poll_event() {
                match event {
                    AssociationEvent::Message { stream, payload, data } => {
                        self.got.push((stream, payload, data));
                    }
                    AssociationEvent::Reset { stream } => self.resets.push(stream),
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn a_channel_is_acknowledged_and_gets_what_its_label_gets() {
    let mut rig = Rig::new();
    rig.open(0, "chat", "", Delivery::RELIABLE);
    rig.open(2, "chat", PROTOCOL, Delivery::RELIABLE);
    assert!(rig.offer("chat", b"hi") && !rig.offer("other", b"hi"));
    rig.run(Duration::from_secs(1));
    let expected: [(u16, Payload, &[u8]); 4] = [
        (0, Payload::Control, &[2]),
        (2, Payload::Control, &[2]),
        (0, Payload::Binary, b"hi"),
        (2, Payload::Binary, b"\x01\x02p9hi"),
    ];
    rig.got.sort_by_key(|(stream, payload, _)| (*payload != Payload::Control, *stream));
    let got: Vec<_> = rig.got.iter().map(|(stream, payload, data)| (*stream, *payload, &data[..])).collect();
    assert_eq!(got, expected);
    assert_eq!(rig.drops.total(), 0);
}

#[test]
fn messages_come_out_with_their_channel_and_others_not_at_all() {
    let mut rig = Rig::new();
    rig.open(0, "chat", "", Delivery::RELIABLE);
    rig.client.open_stream(6);
    rig.client.send(rig.now, 6, Payload::Text, &Bytes::from_static(b"lost"));
    rig.client.send(rig.now, 0, Payload::Text, &Bytes::from_static(b"hello"));
    rig.run(Duration::from_secs(1));
    let message = rig.server.poll_message().expect("it came");
    assert_eq!((&message.label[..], &message.data[..]), ("chat", &b"hello"[..]));
    assert!(rig.server.poll_message().is_none());
    assert_eq!(rig.drops.of(DropReason::NoDataChannel), 1);
}

#[test]
fn too_many_channels_and_bad_openings_are_closed() {
    let mut rig = Rig::new();
    for place in 0..MAX_CHANNELS as u16 + 3 {
        rig.open(2 * place, "topic", "", Delivery::RELIABLE);
    }
    assert_eq!(rig.drops.of(DropReason::TooManyDataChannels), 3);
    assert_eq!(rig.resets.len(), 3);
    rig.open(100, &"l".repeat(60_000), "", Delivery::RELIABLE);
    assert_eq!(rig.drops.of(DropReason::MalformedData), 1);
    assert_eq!(rig.resets.last(), Some(&100));
}

#[test]
fn a_message_too_long_closes_its_channel() {
    let mut rig = Rig::new();
    rig.open(0, "file", "", Delivery::RELIABLE);
    rig.client.send(rig.now, 0, Payload::Binary, &vec![0; MAX_MESSAGE + 1].into());
    rig.run(Duration::from_secs(5));
    assert_eq!(rig.drops.of(DropReason::DataTooLarge), 1);
    assert_eq!(rig.resets, [0]);
    assert!(!rig.offer("file", b"nobody is there"));
}

#[test]
fn who_reads_nothing_holds_a_bounded_queue() {
    for (protocol, closes) in [(PROTOCOL, false), ("", true)] {
        let mut rig = Rig::new();
        rig.open(0, "file", protocol, Delivery::RELIABLE);
        rig.reads = false;
        let mut most = 0;
        for _ in 0..400 {
            rig.offer("file", &[7; 16_000]);
            rig.run(Duration::from_millis(10));
            most = most.max(rig.server.held());
        }
        let dropped = rig.drops.of(DropReason::DataQueueFull);
        assert!(most <= MAX_QUEUED + MAX_AHEAD as usize + 16_100, "{most}");
        assert!(if closes { dropped == 1 } else { dropped > 300 }, "{dropped}");
        rig.reads = true;
        rig.run(Duration::from_secs(120));
        assert_eq!(rig.resets.is_empty(), !closes, "a channel without envelopes can't be told");
        let told = rig.got.iter().filter(|(_, _, data)| data.starts_with(&[3, 0, 1]));
        let told: u64 = told
            .map(|(_, _, data)| u64::from(u32::from_be_bytes([data[3], data[4], data[5], data[6]])))
            .sum();
        assert_eq!(told, if closes { 0 } else { dropped }, "it is told how many it missed");
    }
}

#[test]
fn a_lossy_channel_keeps_the_newest() {
    let mut rig = Rig::new();
    let delivery = Delivery { ordered: true, reliability: Reliability::Retransmits(0) };
    rig.open(0, "state", "", delivery);
    rig.reads = false;
    for number in 0..300_u32 {
        assert!(rig.offer("state", &[&number.to_be_bytes()[..], &[0; 15_996]].concat()));
        rig.run(Duration::from_millis(10));
    }
    assert!(rig.drops.of(DropReason::DataDisplaced) > 200);
    assert_eq!(rig.drops.of(DropReason::DataQueueFull), 0);
    rig.reads = true;
    rig.run(Duration::from_secs(120));
    let (_, _, last) = rig.got.last().expect("something came");
    assert_eq!(last[..4], 299_u32.to_be_bytes());
}

#[test]
fn a_file_holds_up_no_chat_on_a_thin_line() {
    let mut rig = Rig::new();
    rig.rate = DataRate::from_kbps(400);
    rig.open(0, "file", "", Delivery::RELIABLE);
    rig.open(2, "chat", "", Delivery::RELIABLE);
    for _ in 0..40 {
        rig.offer("file", &[7; 16_000]);
    }
    rig.run(Duration::from_secs(4));
    assert!(rig.offer("chat", b"hello"));
    let asked = rig.now;
    while !rig.got.iter().any(|(stream, _, data)| *stream == 2 && data == "hello") {
        rig.run(Duration::from_millis(10));
    }
    let waited = rig.now.since(asked);
    // Behind 16 KiB that SCTP was given ahead, and one piece of the file.
    assert!(waited <= Duration::from_millis(1_000), "{waited:?}");
}
