//! A test bench: one sender and one receiver on a tiny link in virtual time.

mod call;
mod link;

use std::collections::VecDeque;
use std::time::Duration;

pub(crate) use call::Call;
pub(crate) use link::Link;

use super::pacer::{Pacer, PacerClass};
use super::probe::pacing::ProbePacing;
use super::sent_history::SentHistory;
use super::{CongestionController, PacketClass, PacketResult, SentPacket};
use crate::{DataRate, DataSize, Time};

/// The bench's clock goes in such steps; fine enough for packets of a probe, 2 ms apart.
const STEP: Duration = Duration::from_micros(250);
const FRAME_NANOS: u64 = 33_333_333;

type Report = (Time, Vec<(u16, Option<i64>)>);

/// A controller on a link, with a camera of 30 frames per second that follows the target up to a limit.
pub(crate) struct Bench<C> {
    pub(crate) controller: C,
    pub(crate) link: Link,
    /// The camera's greatest rate.
    pub(crate) source_max: DataRate,
    /// Takes the camera's place; isn't paced.
    pub(crate) call: Option<Call>,
    /// Between the receiver's reports.
    pub(crate) feedback_interval: Duration,
    /// Added to the way back, for feedback only.
    pub(crate) feedback_delay: Duration,
    pub(crate) now: Time,
    pub(crate) history: SentHistory,
    /// The target at each whole second.
    pub(crate) seconds: Vec<DataRate>,
    /// Padding sent for probes.
    pub(crate) padding: DataSize,
    pacer: Pacer,
    probing: ProbePacing,
    queue: VecDeque<DataSize>,
    next_frame: Time,
    next_feedback: Time,
    sequence: u16,
    next_expected: u16,
    arrived: Vec<(u16, Time)>,
    reports: VecDeque<Report>,
    results: Vec<PacketResult>,
}

impl<C: CongestionController> Bench<C> {
    pub(crate) fn new(controller: C, link: Link) -> Self {
        let now = Time::from_secs(1);
        let pacer = Pacer::new(controller.pacing_rate());
        Bench {
            controller,
            link,
            source_max: DataRate::INFINITE,
            call: None,
            feedback_interval: Duration::from_millis(50),
            feedback_delay: Duration::ZERO,
            now,
            history: SentHistory::new(SentHistory::DEFAULT_CAPACITY),
            seconds: Vec::new(),
            padding: DataSize::ZERO,
            pacer,
            probing: ProbePacing::default(),
            queue: VecDeque::new(),
            next_frame: now,
            next_feedback: now,
            sequence: 65_000,
            next_expected: 65_000,
            arrived: Vec::new(),
            reports: VecDeque::new(),
            results: Vec::new(),
        }
    }

    pub(crate) fn target_kbps(&self) -> u64 {
        self.controller.target().as_kbps()
    }

    pub(crate) fn run(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        while self.now < end {
            let before = self.now.as_millis() / 1_000;
            self.step();
            self.now += STEP;
            if self.now.as_millis() / 1_000 != before {
                self.seconds.push(self.controller.target());
            }
        }
    }

    fn step(&mut self) {
        let now = self.now;
        if self.controller.deadline() <= now {
            self.controller.on_tick(now);
        }
        if let Some(cluster) = self.controller.probe(now) {
            self.probing.begin(cluster);
        }
        if let Some(mut call) = self.call.take() {
            self.forward(&mut call);
            self.call = Some(call);
        } else if now >= self.next_frame {
            self.next_frame += Duration::from_nanos(FRAME_NANOS);
            self.encode();
        }
        self.pacer.set_rate(now, self.controller.pacing_rate());
        self.send();
        self.receive();
        while self.reports.front().is_some_and(|(at, _)| *at <= now) {
            let (_, entries) = self.reports.pop_front().expect("front was there");
            self.results.clear();
            if let Some(rtt) = self.history.on_feedback(now, 0, entries, &mut self.results) {
                self.controller.on_rtt(now, rtt);
            }
            self.controller.on_feedback(now, &self.results);
        }
    }

    /// Sends what comes at once, as part of the probe that is under way, if there is one.
    fn forward(&mut self, call: &mut Call) {
        let now = self.now;
        let mut packets = Vec::new();
        call.due(now, &mut packets);
        for size in packets {
            let cluster = self.probing.cluster(now);
            if cluster.is_some() {
                self.probing.on_sent(now, size);
            }
            let class = PacketClass::Media;
            self.transmit(SentPacket { sequence: self.sequence, size, at: now, class, cluster });
        }
    }

    fn encode(&mut self) {
        // An encoder drops frames rather than let its pacer's queue grow beyond a quarter of a second.
        let rate = self.controller.target().min(self.source_max);
        let queued: DataSize = self.queue.iter().copied().sum();
        if queued > self.pacer.rate().size_in(Duration::from_millis(250)) {
            return;
        }
        let mut bytes = rate.size_in(Duration::from_nanos(FRAME_NANOS)).as_bytes();
        while bytes > 0 {
            let packet = bytes.min(1_200);
            self.queue.push_back(DataSize::from_bytes(packet));
            bytes -= packet;
        }
    }

    fn send(&mut self) {
        let now = self.now;
        while let Some(id) = self.probing.cluster(now).filter(|_| self.probing.next_send_time() <= now) {
            let media = if self.probing.wants_padding() { None } else { self.queue.pop_front() };
            let size = media.unwrap_or(self.probing.packet_size());
            let class = if media.is_some() { PacketClass::Media } else { PacketClass::Padding };
            self.probing.on_sent(now, size);
            self.transmit(SentPacket { sequence: self.sequence, size, at: now, class, cluster: Some(id) });
        }
        // While a cluster is sent, everything that leaves belongs to it: a packet of another rate in between
        // would spoil the measurement.
        while self.probing.cluster(now).is_none() && self.pacer.may_send(now) {
            let Some(size) = self.queue.pop_front() else { break };
            let class = PacketClass::Media;
            self.transmit(SentPacket { sequence: self.sequence, size, at: now, class, cluster: None });
        }
    }

    fn transmit(&mut self, packet: SentPacket) {
        self.sequence = self.sequence.wrapping_add(1);
        if packet.class == PacketClass::Padding {
            self.padding += packet.size;
        }
        self.pacer.on_sent(self.now, packet.size, PacerClass::Video);
        self.history.on_sent(packet);
        self.controller.on_sent(&packet);
        self.link.send(self.now, packet.sequence, packet.size);
    }

    fn receive(&mut self) {
        while let Some(arrival) = self.link.poll(self.now) {
            self.arrived.push(arrival);
        }
        if self.now < self.next_feedback || self.arrived.is_empty() {
            return;
        }
        self.next_feedback = self.now + self.feedback_interval;
        let last = self.arrived.last().expect("not empty").0;
        let count = last.wrapping_sub(self.next_expected).wrapping_add(1);
        let mut entries: Vec<(u16, Option<i64>)> =
            (0..count).map(|index| (self.next_expected.wrapping_add(index), None)).collect();
        for (sequence, at) in self.arrived.drain(..) {
            let index = usize::from(sequence.wrapping_sub(self.next_expected));
            entries[index].1 = Some((at.as_nanos() / 250_000) as i64);
        }
        self.next_expected = last.wrapping_add(1);
        self.reports.push_back((self.now + self.link.delay + self.feedback_delay, entries));
    }
}
