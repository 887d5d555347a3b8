//! UDP flows that heed nothing: constant, on and off, and a rate that walks at random.

use std::time::Duration;

use sfu::{DataRate, DataSize, Time};

use super::parcel::Parcel;
use super::tcp::Segment;
use crate::network::RateSchedule;
use crate::random::Stream;

/// How the rate changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// By a schedule.
    Constant(RateSchedule),
    /// Bursts at this rate and silence in turns, each exponential.
    OnOff {
        /// The rate in bursts.
        rate: DataRate,
        /// The mean length of a burst.
        busy: Duration,
        /// The mean length of silence.
        idle: Duration,
    },
    /// A step up or down, each as likely, at regular times; a step beyond a bound is not taken.
    Walk {
        /// The first rate.
        rate: DataRate,
        /// By how much it changes.
        step: DataRate,
        /// How often.
        every: Duration,
        /// The lowest and the highest rate.
        bounds: (DataRate, DataRate),
    },
}

/// The parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UdpConfig {
    /// The rate on the wire, headers included.
    pub pattern: Pattern,
    /// The size of a packet on the wire, headers included.
    pub packet: DataSize,
    /// When it begins.
    pub from: Time,
    /// From when on nothing is sent.
    pub until: Time,
}

/// The flow. Packets follow each other at the interval of the rate at the moment; the first of a burst comes at
/// once, and so do packets after a pause in the schedule.
#[derive(Debug)]
pub struct Udp {
    config: UdpConfig,
    stream: Stream,
    number: u64,
    next: Time,
    /// Of the burst, or of the walk's last step: when it ends, and the rate until then.
    until: Time,
    rate: DataRate,
}

impl Udp {
    /// A flow that has not begun.
    pub fn new(config: UdpConfig, mut stream: Stream) -> Self {
        let (first, rate) = match &config.pattern {
            Pattern::Constant(_) => (Time::NEVER, DataRate::ZERO),
            Pattern::OnOff { rate, busy, .. } => (config.from + stream.exponential_duration(*busy), *rate),
            Pattern::Walk { rate, every, .. } => (config.from + *every, *rate),
        };
        Udp { next: config.from, config, stream, number: 0, until: first, rate }
    }

    /// What to send next; call until `None`.
    pub fn poll(&mut self, now: Time) -> Option<Parcel> {
        self.settle();
        if self.next > now || self.next >= self.config.until {
            return None;
        }
        let sent = self.next;
        let size = self.config.packet;
        let rate = match &self.config.pattern {
            Pattern::Constant(schedule) => schedule.rate_at(sent),
            Pattern::OnOff { .. } | Pattern::Walk { .. } => self.rate,
        };
        self.next = sent + rate.time_for(size);
        self.number += 1;
        Some(Parcel { size, connection: 0, segment: Segment { number: self.number - 1, sent } })
    }

    /// Moves the next packet to a time at which there is a rate.
    fn settle(&mut self) {
        match &self.config.pattern {
            Pattern::Constant(schedule) => {
                while self.next < self.config.until && schedule.rate_at(self.next) == DataRate::ZERO {
                    self.next = schedule.next_step(self.next).unwrap_or(Time::NEVER);
                }
            }
            Pattern::OnOff { busy, idle, .. } => {
                while self.next >= self.until && self.next < self.config.until {
                    let begins = self.until + self.stream.exponential_duration(*idle);
                    self.next = self.next.max(begins);
                    self.until = begins + self.stream.exponential_duration(*busy);
                }
            }
            Pattern::Walk { step, every, bounds: (least, most), .. } => {
                while self.next >= self.until && self.next < self.config.until {
                    let up = self.stream.bits() >> 63 == 1;
                    let rate = if up { self.rate + *step } else { self.rate.saturating_sub(*step) };
                    if (*least..=*most).contains(&rate) {
                        self.rate = rate;
                    }
                    self.until += *every;
                }
            }
        }
    }

    /// When the next packet is due.
    pub fn deadline(&self) -> Option<Time> {
        (self.next < self.config.until).then_some(self.next)
    }
}
