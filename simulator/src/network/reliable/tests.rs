use std::net::SocketAddrV4;
use std::time::Duration;

use proptest::prelude::*;
use sfu::{DataRate, DataSize};

use super::*;
use crate::network::queue::packet::Ecn;
use crate::network::{
    Datagram, Exit, IP_UDP_OVERHEAD, Link, LinkConfig, LinkStreams, Loss, Propagation, QueueLimit,
    RateSchedule, TrafficClass,
};
use crate::random::{Probability, Seed};

const ONE_WAY: Duration = Duration::from_millis(50);

/// Two ends and the two links between them.
struct Line {
    ends: [ReliableChannel; 2],
    /// `links[n]` carries what `ends[n]` sends.
    links: [Link; 2],
    now: Time,
    received: Vec<(Time, usize, Vec<u8>)>,
}

impl Line {
    fn new(rate: DataRate, loss: f64, seed: u64) -> Self {
        let config = LinkConfig {
            rate: RateSchedule::constant(rate),
            queue: QueueLimit::Bytes(DataSize::from_bytes(200_000)),
            loss: Loss::Bernoulli(Probability::new(loss).expect("a ratio")),
            propagation: Propagation { base: ONE_WAY, ..Propagation::default() },
            ..LinkConfig::default()
        };
        let link = |path| Link::new(config.clone(), LinkStreams::new(Seed(seed), path));
        Line {
            ends: [ReliableChannel::client(), ReliableChannel::server()],
            links: [link("up"), link("down")],
            now: Time::ZERO,
            received: Vec::new(),
        }
    }

    fn flush(&mut self, end: usize) {
        let any: SocketAddrV4 = "10.0.0.1:443".parse().expect("an address");
        let mut bytes = Vec::new();
        while self.ends[end].poll_transmit(self.now, &mut bytes) {
            let class = TrafficClass::Signalling;
            let datagram =
                Datagram { from: any, to: any, bytes: bytes.clone(), class, tag: 0, ecn: Ecn::NotEct };
            // What a full queue drops is lost, as on any line.
            let _ = self.links[end].enqueue(self.now, datagram);
        }
    }

    /// Runs until nothing is due before `until`.
    fn run(&mut self, until: Time) {
        loop {
            (0..2).for_each(|end| self.flush(end));
            let deadlines = self.ends.iter().filter_map(ReliableChannel::deadline);
            let next = deadlines.chain(self.links.iter().filter_map(Link::next_event)).min();
            let Some(next) = next.filter(|&next| next <= until) else { break };
            self.now = next;
            for from in 0..2 {
                while let Some(exit) = self.links[from].poll(next) {
                    let Exit::Arrived(delivered) = exit else { continue };
                    let end = &mut self.ends[1 - from];
                    end.input(next, &delivered.datagram.bytes).expect("a segment of ours");
                    while let Some(message) = end.poll_message() {
                        self.received.push((next, 1 - from, message));
                    }
                }
            }
        }
        self.now = until;
    }

    fn received_at(&self, end: usize) -> Vec<Vec<u8>> {
        let mine = self.received.iter().filter(|(_, to, _)| *to == end);
        mine.map(|(.., message)| message.clone()).collect()
    }
}

#[test]
fn the_first_message_arrives_after_three_round_trips_and_a_half() {
    let mut line = Line::new(DataRate::INFINITE, 0.0, 7);
    line.ends[0].send(b"join").expect("room");
    line.run(Time::from_secs(10));
    assert!(line.ends.iter().all(ReliableChannel::is_established));
    assert_eq!(line.received, [(Time::from_millis(350), 1, b"join".to_vec())]);
    assert_eq!(line.ends.each_ref().map(ReliableChannel::deadline), [None, None], "nothing is left to do");
}

#[test]
fn a_message_takes_one_way_and_its_serialisation() {
    let mut line = Line::new(DataRate::from_kbps(1_000), 0.0, 7);
    line.run(Time::from_secs(10));
    line.ends[1].send(&[7; 1000]).expect("room");
    line.run(Time::from_secs(20));
    // 1000 bytes, 4 of framing, 24 of header and 28 of IP and UDP at 1 Mbit/s.
    let wire = 1000 + 4 + HEADER as u64 + IP_UDP_OVERHEAD.as_bytes();
    let expected = Time::from_secs(10) + Duration::from_micros(wire * 8) + ONE_WAY;
    assert_eq!(line.received, [(expected, 0, vec![7; 1000])]);
    assert!(line.ends.iter().all(|end| end.retransmissions() == 0));
}

fn numbered(count: u32) -> Vec<Vec<u8>> {
    (0..count).map(|n| n.to_be_bytes().repeat(1 + n as usize % 700)).collect()
}

#[test]
fn everything_arrives_once_and_in_order_under_loss_both_ways() {
    let mut retransmissions = 0;
    for seed in 0..5 {
        let mut line = Line::new(DataRate::from_kbps(2_000), 0.1, seed);
        for message in numbered(300) {
            line.ends[0].send(&message).expect("room");
            line.ends[1].send(&message).expect("room");
        }
        line.run(Time::from_secs(600));
        assert_eq!(line.received_at(0), numbered(300), "seed {seed}, to the client");
        assert_eq!(line.received_at(1), numbered(300), "seed {seed}, to the server");
        retransmissions += line.ends.iter().map(ReliableChannel::retransmissions).sum::<u64>();
    }
    assert!(retransmissions > 150, "loss was really there: {retransmissions} retransmissions");
}

#[test]
fn a_long_message_fills_the_line_and_no_more() {
    let rate = DataRate::from_kbps(2_000);
    let mut line = Line::new(rate, 0.0, 7);
    line.run(Time::from_secs(10));
    line.ends[0].send(&vec![1; 1_000_000]).expect("room");
    line.run(Time::from_secs(60));
    let took = line.received[0].0.since(Time::from_secs(10));
    let least = rate.time_for(DataSize::from_bytes(1_000_000 / 1_200 * 1_252));
    assert!(took > least && took < least * 5 / 4, "{took:?}, at the line's rate it takes {least:?}");
}

#[test]
fn the_same_seed_gives_the_same_times() {
    let times = |seed| {
        let mut line = Line::new(DataRate::from_kbps(500), 0.2, seed);
        numbered(30).iter().for_each(|message| line.ends[0].send(message).expect("room"));
        line.run(Time::from_secs(600));
        line.received.iter().map(|(at, ..)| *at).collect::<Vec<_>>()
    };
    assert_eq!(times(7), times(7));
    assert_ne!(times(7), times(8));
}

#[test]
fn limits_are_errors() {
    let mut client = ReliableChannel::client();
    assert_eq!(client.send(&vec![0; MESSAGE_LIMIT + 1]), Err(SendError::TooLong(MESSAGE_LIMIT + 1)));
    (0..3).for_each(|_| client.send(&vec![0; MESSAGE_LIMIT]).expect("room"));
    assert_eq!(client.send(&vec![0; MESSAGE_LIMIT]), Err(SendError::Full));
}

#[test]
fn what_is_no_segment_is_an_error() {
    let mut segment = Vec::new();
    assert!(ReliableChannel::client().poll_transmit(Time::ZERO, &mut segment));
    let mut server = ReliableChannel::server();
    let refused =
        |server: &mut ReliableChannel, bytes: &[u8]| server.input(Time::ZERO, bytes).expect_err("bad");
    assert_eq!(refused(&mut server, &segment[..23]), SegmentError::Truncated(23));
    let length = SegmentError::Length { announced: 4, carried: 3 };
    assert_eq!(refused(&mut server, &segment[..HEADER + 3]), length);
    let mut other = segment.clone();
    other[1] = 9;
    assert_eq!(refused(&mut server, &other), SegmentError::Version(9));
    let mut wrapping = segment.clone();
    wrapping[4..12].fill(0xff);
    assert_eq!(refused(&mut server, &wrapping), SegmentError::Sequence(u64::MAX));
    let mut long = segment.clone();
    long[HEADER] = 0xff;
    assert_eq!(refused(&mut server, &long), SegmentError::MessageTooLong(0xff00_0000));
}

proptest! {
    #[test]
    fn no_input_panics_or_grows_the_channel(
        segments in proptest::collection::vec(
            (0u64..2_000_000, any::<u64>(), proptest::collection::vec(any::<u8>(), 0..40)), 0..50),
        noise in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        let mut server = ReliableChannel::server();
        // Refused or not, nothing may panic.
        let _ = server.input(Time::ZERO, &noise);
        for (sequence, acknowledges, payload) in segments {
            let mut segment = Vec::new();
            Header { sequence, acknowledges }.write(payload.len(), &mut segment);
            segment.extend(&payload);
            let _ = server.input(Time::ZERO, &segment);
            while server.poll_transmit(Time::ZERO, &mut segment) {}
        }
        prop_assert!(server.receiver.held() <= 50 * 40);
    }
}
