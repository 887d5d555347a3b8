//! A test bench: one sender and one receiver on a tiny link in virtual time.

mod call;
mod feedback;
mod link;
mod meter;
mod tcp;

use std::collections::VecDeque;
use std::time::Duration;

pub(crate) use call::Call;
pub(crate) use feedback::Feedback;
pub(crate) use link::Link;
pub(crate) use meter::Meter;
pub(crate) use tcp::Tcp;

use super::pacer::{Pacer, PacerClass};
use super::probe::pacing::ProbePacing;
use super::sent_history::SentHistory;
use super::{CongestionController, PacketClass, SentPacket};
use crate::{DataRate, DataSize, Time};

/// The bench's clock goes in such steps; fine enough for packets of a probe, 2 ms apart.
const STEP: Duration = Duration::from_micros(250);
const FRAME_NANOS: u64 = 33_333_333;

/// An encoder drops frames rather than let its pacer's queue grow beyond this.
const QUEUE: Duration = Duration::from_millis(250);

/// A controller on a link, with a camera of 30 frames per second that follows the target up to a limit.
pub(crate) struct Bench<C> {
    pub(crate) controller: C,
    pub(crate) link: Link,
    /// The camera's greatest rate.
    pub(crate) source_max: DataRate,
    /// Below this target the camera is off, as a server sends no layer that doesn't fit.
    pub(crate) source_min: DataRate,
    /// Takes the camera's place; isn't paced.
    pub(crate) call: Option<Call>,
    /// Shares the link.
    pub(crate) tcp: Option<Tcp>,
    pub(crate) feedback: Feedback,
    /// Every 150th frame is so many times as large as the others.
    pub(crate) key_frame: u64,
    frames: u64,
    /// The pacer sends faster than the controller says where that empties its queue within this time.
    pub(crate) drain: Option<Duration>,
    pub(crate) meter: Meter,
    pub(crate) now: Time,
    pub(crate) history: SentHistory,
    /// The target at each whole second.
    pub(crate) seconds: Vec<DataRate>,
    /// Padding sent for probes.
    pub(crate) padding: DataSize,
    pacer: Pacer,
    probing: ProbePacing,
    /// With the time of each packet's coming.
    queue: VecDeque<(Time, DataSize)>,
    begun: Time,
    next_frame: Time,
    sequence: u16,
    /// Frame sizes vary by this many per cent to either side.
    variation: u64,
    random: u64,
    /// When each packet left, by its number, and how large it was.
    left: Vec<(Time, DataSize)>,
}

impl<C: CongestionController> Bench<C> {
    pub(crate) fn new(controller: C, link: Link) -> Self {
        let now = Time::from_secs(1);
        let pacer = Pacer::new(controller.pacing_rate());
        Bench {
            controller,
            link,
            source_max: DataRate::INFINITE,
            source_min: DataRate::ZERO,
            call: None,
            tcp: None,
            feedback: Feedback::new(now),
            key_frame: 1,
            frames: 0,
            drain: None,
            meter: Meter::default(),
            now,
            history: SentHistory::new(SentHistory::DEFAULT_CAPACITY),
            seconds: Vec::new(),
            padding: DataSize::ZERO,
            pacer,
            probing: ProbePacing::default(),
            queue: VecDeque::new(),
            begun: now,
            next_frame: now,
            sequence: feedback::FIRST,
            variation: 0,
            random: 0x9E37_79B9_7F4A_7C15,
            left: vec![(now, DataSize::ZERO); 1 << 16],
        }
    }

    /// The camera's phase, its frames' sizes (by a fifth up or down), the reports' phase, and the link's losses
    /// follow from `seed`.
    pub(crate) fn with_seed(mut self, seed: u64) -> Self {
        self.random ^= seed.wrapping_mul(0xD134_2543_DE82_EF95);
        let phases = [self.below(33_333), self.below(50_000)].map(Duration::from_micros);
        self.next_frame += phases[0];
        self.feedback.begin(self.now + phases[1]);
        self.variation = 20;
        self.link = self.link.with_seed(seed);
        self
    }

    pub(crate) fn target_kbps(&self) -> u64 {
        self.controller.target().as_kbps()
    }

    pub(crate) fn run(&mut self, seconds: u64) {
        self.run_for(Duration::from_secs(seconds));
    }

    pub(crate) fn run_for(&mut self, span: Duration) {
        let end = self.now + span;
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
        if let Some(tcp) = &mut self.tcp {
            tcp.step(now, &mut self.link);
        }
        if let Some(mut call) = self.call.take() {
            self.forward(&mut call);
            self.call = Some(call);
        } else if now >= self.next_frame {
            self.next_frame += Duration::from_nanos(FRAME_NANOS);
            self.encode();
        }
        self.pacer.set_rate(now, self.paced_at());
        self.send();
        self.receive();
        self.feedback.deliver(now, &mut self.history, &mut self.controller);
    }

    fn paced_at(&self) -> DataRate {
        let rate = self.controller.pacing_rate();
        let (Some(limit), Some((came, _))) = (self.drain, self.queue.front()) else { return rate };
        Pacer::rate_for_queue(rate, self.queued(), self.now.since(*came), limit)
    }

    fn queued(&self) -> DataSize {
        self.queue.iter().map(|(_, size)| *size).sum()
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
        let rate = self.controller.target().min(self.source_max);
        if self.queued() > self.pacer.rate().size_in(QUEUE) || rate < self.source_min {
            return;
        }
        let mut bytes = rate.size_in(Duration::from_nanos(FRAME_NANOS)).as_bytes();
        if self.variation > 0 {
            bytes = bytes * (100 - self.variation + self.below(2 * self.variation + 1)) / 100;
        }
        self.frames += 1;
        if self.frames.is_multiple_of(150) {
            bytes *= self.key_frame;
        }
        while bytes > 0 {
            let packet = bytes.min(1_200);
            self.queue.push_back((self.now, DataSize::from_bytes(packet)));
            bytes -= packet;
        }
    }

    fn next_media(&mut self) -> Option<DataSize> {
        let (came, size) = self.queue.pop_front()?;
        self.meter.pacer_wait = self.meter.pacer_wait.max(self.now.since(came));
        Some(size)
    }

    fn send(&mut self) {
        let now = self.now;
        while let Some(id) = self.probing.cluster(now).filter(|_| self.probing.next_send_time() <= now) {
            let media = if self.probing.wants_padding() { None } else { self.next_media() };
            let size = media.unwrap_or(self.probing.packet_size());
            let class = if media.is_some() { PacketClass::Media } else { PacketClass::Padding };
            self.probing.on_sent(now, size);
            self.transmit(SentPacket { sequence: self.sequence, size, at: now, class, cluster: Some(id) });
        }
        // While a cluster is sent, everything that leaves belongs to it: a packet of another rate in between
        // would spoil the measurement.
        while self.probing.cluster(now).is_none() && self.pacer.may_send(now) && self.fits() {
            let Some(size) = self.next_media() else { break };
            let class = PacketClass::Media;
            self.transmit(SentPacket { sequence: self.sequence, size, at: now, class, cluster: None });
        }
    }

    /// Whether the next packet keeps within the controller's window.
    fn fits(&self) -> bool {
        self.queue.front().is_some_and(|(_, size)| *size <= self.controller.send_window())
    }

    fn transmit(&mut self, packet: SentPacket) {
        self.sequence = self.sequence.wrapping_add(1);
        if packet.class == PacketClass::Padding {
            self.padding += packet.size;
        }
        self.pacer.on_sent(self.now, packet.size, PacerClass::Video);
        self.history.on_sent(packet);
        self.controller.on_sent(&packet);
        self.meter.sent += 1;
        self.left[usize::from(packet.sequence)] = (self.now, packet.size);
        self.link.send(self.now, u64::from(packet.sequence), packet.size);
    }

    fn receive(&mut self) {
        let delay = self.link.delay;
        while let Some((packet, at)) = self.link.poll(self.now) {
            if packet & tcp::FLOW != 0 {
                let tcp = self.tcp.as_mut().expect("its segments come from it");
                tcp.arrived(packet, at, delay);
                continue;
            }
            let (sent, size) = self.left[packet as usize];
            self.meter.on_arrival(self.begun, sent, at, delay, size);
            self.feedback.arrived(packet as u16, at);
        }
        self.feedback.report(self.now, delay);
    }

    /// xorshift64* of Vigna (2016), as in the link.
    fn below(&mut self, limit: u64) -> u64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        (self.random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % limit
    }
}
