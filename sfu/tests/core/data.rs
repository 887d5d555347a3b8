//! Data channels through the core: DTLS, SCTP, and who gets what.

use std::time::Duration;

use bytes::Bytes;
use sfu::data::dcep::{Delivery, Message, Open};
use sfu::data::{Association, AssociationEvent, AssociationSeed, PROTOCOL, Payload, Side};
use sfu::debug_state::Personal;
use sfu::{Config, DataRate, DropReason, PacketClass};

use crate::common::call::{Call, config, peer_address};

/// Everybody's association, and what came on it.
struct Data {
    call: Call,
    ends: Vec<Association>,
    got: Vec<Vec<(Payload, Vec<u8>)>>,
}

impl Data {
    fn connected(count: usize) -> Self {
        Data::on(config(), count)
    }

    fn on(config: Config, count: usize) -> Self {
        let call = Call::connected(config, count);
        let end = |index| Association::new(Side::Open, AssociationSeed::from_bytes(&[index as u8 + 1; 40]));
        let mut data = Data { call, ends: (0..count).map(end).collect(), got: vec![Vec::new(); count] };
        let now = data.call.now;
        data.ends.iter_mut().for_each(|end| end.open(now));
        data.run(Duration::from_millis(50));
        assert!(data.ends.iter().all(Association::is_established));
        data
    }

    fn open(&mut self, index: usize, protocol: &str) {
        let (label, protocol) = ("chat".to_owned(), protocol.to_owned());
        let open = Open { delivery: Delivery::RELIABLE, priority: 256, label, protocol };
        self.ends[index].open_stream(0);
        self.send(index, Payload::Control, &Message::Open(open).to_bytes());
    }

    fn send(&mut self, index: usize, payload: Payload, message: &[u8]) {
        let now = self.call.now;
        assert!(self.ends[index].send(now, 0, payload, &Bytes::copy_from_slice(message)));
        self.run(Duration::from_millis(500));
    }

    fn run(&mut self, span: Duration) {
        for _ in 0..span.as_millis() / 5 {
            for index in 0..self.ends.len() {
                self.exchange(index);
            }
            self.call.run(Duration::from_millis(5));
        }
    }

    fn exchange(&mut self, index: usize) {
        let now = self.call.now;
        let end = &mut self.ends[index];
        end.handle_timeout(now);
        for packet in std::mem::take(&mut self.call.peers[index].data) {
            end.handle(now, &packet).expect("the core sends proper SCTP");
        }
        while let Some(packet) = self.ends[index].poll_transmit() {
            self.give(index, &packet).expect("proper SCTP is taken");
        }
        while let Some(event) = self.ends[index].poll_event() {
            if let AssociationEvent::Message { payload, data, .. } = event {
                self.got[index].push((payload, data.to_vec()));
            }
        }
    }

    /// An SCTP packet, or what is none, in DTLS.
    fn give(&mut self, index: usize, packet: &[u8]) -> Result<(), DropReason> {
        let now = self.call.now;
        let dtls = &mut self.call.peers[index].dtls;
        dtls.send(now, packet).expect("connected");
        let datagram = dtls.poll_transmit().expect("one record");
        assert!(datagram.len() <= 1_200, "{}", datagram.len());
        self.call.input_of(index, datagram.to_vec())
    }

    /// The messages that came, without acknowledgements of channels.
    fn messages(&self, index: usize) -> Vec<(Payload, &[u8])> {
        let messages = self.got[index].iter().filter(|(payload, _)| *payload != Payload::Control);
        messages.map(|(payload, data)| (*payload, &data[..])).collect()
    }
}

#[test]
fn broadcast_and_directed_reach_whom_they_are_for() {
    let mut data = Data::connected(4);
    let protocols = [PROTOCOL, "", PROTOCOL];
    for (index, protocol) in protocols.into_iter().enumerate() {
        data.open(index, protocol);
    }
    let ids: Vec<String> = data.call.peers.iter().map(|peer| peer.id.to_string()).collect();
    let enveloped = |kind: u8, id: &str, content: &str| {
        [&[kind, id.len() as u8], id.as_bytes(), content.as_bytes()].concat()
    };
    data.send(0, Payload::Text, &enveloped(1, "", "to all"));
    data.send(1, Payload::Text, b"plainly");
    data.send(2, Payload::Binary, &enveloped(2, &ids[0], "to you"));
    data.send(0, Payload::Binary, &enveloped(2, &ids[3], "no channel"));
    data.send(0, Payload::Binary, &enveloped(2, "p999", "nobody"));
    let no_recipient = (Payload::Binary, &[3, 0, 2, 0, 0, 0, 1][..]);
    let (plainly, to_you) = (enveloped(1, &ids[1], "plainly"), enveloped(2, &ids[2], "to you"));
    let at_first =
        [(Payload::Text, &plainly[..]), (Payload::Binary, &to_you[..]), no_recipient, no_recipient];
    assert_eq!(data.messages(0), at_first);
    assert_eq!(data.messages(1), [(Payload::Text, &b"to all"[..])]);
    let to_all = enveloped(1, &ids[0], "to all");
    assert_eq!(data.messages(2), [(Payload::Text, &to_all[..]), (Payload::Text, &plainly[..])]);
    assert_eq!(data.messages(3), [], "without a channel nothing comes");
    assert_eq!(data.call.sfu.undelivered().of(DropReason::NoDataRecipient), 2);
    assert_eq!(data.call.sfu.undelivered().total(), 2);
    let segments = data.call.peers[2].data_classes.iter();
    assert!(segments.clone().count() > 4 && segments.clone().all(|class| *class == PacketClass::Data));
}

#[test]
fn another_conference_hears_nothing_and_neither_does_who_has_left() {
    let mut data = Data::connected(3);
    (0..3).for_each(|index| data.open(index, ""));
    let leaving = data.call.peers[2].id;
    data.call.turn(|turn| turn.command(sfu::Command::Leave { participant: leaving })).expect("it is there");
    data.ends.truncate(2);
    data.send(0, Payload::Text, b"still here?");
    assert_eq!(data.messages(1).len(), 1);
    assert_eq!(data.messages(2).len(), 0);
}

#[test]
fn what_is_refused_and_why() {
    let mut data = Data::connected(2);
    let rows: [(&[u8], DropReason); 2] = [
        (b"not SCTP at all", DropReason::MalformedSctp),
        (&[0x13, 0x88, 0x13, 0x88, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 4], DropReason::MalformedSctp),
    ];
    for (packet, reason) in rows {
        assert_eq!(data.give(0, packet), Err(reason));
    }
    // A stranger's record, and one of data before there are keys.
    let record = [&[23, 254, 253, 0, 1][..], &[0; 6], &[0, 16], &[7; 16]].concat();
    let stranger = data.call.input("203.0.113.9:9".parse().expect("an address"), record.clone());
    assert_eq!(stranger, Err(DropReason::UnknownAddress));
    let joined = data.call.join(vec![]);
    let check = data.call.peers[joined].check(data.call.now, true);
    data.call.input_of(joined, check).expect("a proper check");
    assert_eq!(data.call.input(peer_address(joined), record), Err(DropReason::UnexpectedDtls));
}

#[test]
fn malformed_envelopes_close_the_channel_of_their_sender_alone() {
    let mut data = Data::connected(2);
    data.open(0, PROTOCOL);
    data.open(1, "");
    data.send(0, Payload::Binary, b"\x09\x00?");
    assert_eq!(data.call.sfu.undelivered().of(DropReason::MalformedData), 1);
    let now = data.call.now;
    assert!(!data.ends[0].send(now, 0, Payload::Text, &Bytes::from_static(b"x")), "its channel is closed");
    data.send(1, Payload::Text, b"goes on");
    assert_eq!(data.call.sfu.participant_count(), 2, "media isn't touched by it");
}

#[test]
fn the_state_shows_channels_and_what_waits() {
    // 25 kB at most are given to SCTP beforehand.
    let mut data = Data::on(Config { start_rate: DataRate::from_kbps(1_000), ..config() }, 2);
    (0..2).for_each(|index| data.open(index, ""));
    // To somebody who acknowledges nothing for now.
    let now = data.call.now;
    let message = Bytes::from(vec![7; 30_000]);
    for _ in 0..2 {
        assert!(data.ends[0].send(now, 0, Payload::Binary, &message));
    }
    for _ in 0..40 {
        data.exchange(0);
        data.call.run(Duration::from_millis(5));
    }
    let state = data.call.sfu.debug_state(data.call.now, Personal::Shown);
    let (sender, receiver) = (&state["participants"][0]["data"], &state["participants"][1]["data"]);
    assert_eq!(
        (&sender["association"], &receiver["association"]),
        (&"established".into(), &"established".into())
    );
    let channel = &receiver["channels"][0];
    assert_eq!((&channel["label"], &channel["reliability"]), (&"chat".into(), &"reliable".into()));
    assert_eq!((&channel["stream"], &channel["ordered"]), (&0.into(), &true.into()));
    assert_eq!(receiver["outstanding_bytes"], 30_000, "one message is on its way");
    assert_eq!(channel["queued"], serde_json::json!({ "messages": 1, "bytes": 30_000 }), "the other waits");
    assert_eq!((&receiver["queued"], &sender["queued"]["messages"]), (&channel["queued"], &0.into()));
    data.run(Duration::from_secs(3));
    assert_eq!(data.messages(1).len(), 2);
    data.send(0, Payload::Binary, &[0; 70_000]);
    data.run(Duration::from_secs(3));
    let state = data.call.sfu.debug_state(data.call.now, Personal::Redacted);
    let receiver = &state["participants"][1]["data"];
    assert_eq!((&receiver["queued"]["bytes"], &receiver["outstanding_bytes"]), (&0.into(), &0.into()));
    assert_eq!(receiver["channels"][0]["label"], "redacted");
    assert_eq!(state["undelivered"], serde_json::to_value(data.call.sfu.undelivered()).unwrap());
    let without = Call::connected(config(), 1);
    let state = without.sfu.debug_state(without.now, Personal::Redacted);
    assert!(state["participants"][0]["data"].is_null(), "nothing came on a data channel");
}
