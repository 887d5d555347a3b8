//! Queue disciplines against their RFCs, each alone before a server of constant rate.

mod codel;
mod dual_pi2;
mod fq_codel;
mod pie;
mod properties;

use std::time::Duration;

use sfu::{DataSize, Time};

use super::managed::{ManagedQueue, Management, Shed};
use super::packet::{Ecn, Packet};
use crate::random::Seed;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Probe {
    number: u64,
    flow: u64,
    bytes: u64,
    ecn: Ecn,
}

impl Packet for Probe {
    fn wire_size(&self) -> DataSize {
        DataSize::from_bytes(self.bytes)
    }

    fn ecn(&self) -> Ecn {
        self.ecn
    }

    fn mark(&mut self) {
        self.ecn = Ecn::Ce;
    }

    fn flow(&self) -> u64 {
        self.flow
    }
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A flow of packets of 1250 bytes, evenly spaced.
#[derive(Clone, Copy)]
struct Source {
    flow: u64,
    gap: Duration,
    from: Duration,
    until: Duration,
    ecn: Ecn,
}

impl Source {
    fn new(flow: u64, gap: Duration, until: Duration) -> Self {
        Source { flow, gap, from: Duration::ZERO, until, ecn: Ecn::NotEct }
    }
}

/// What became of a packet: when it came, when it went, whether it was dropped.
#[derive(Clone, Debug)]
struct Fate {
    probe: Probe,
    came: Time,
    gone: Time,
    dropped: bool,
}

impl Fate {
    fn waited(&self) -> Duration {
        self.gone.since(self.came)
    }
}

/// Runs the sources into a queue before a server that takes a packet every `service`.
fn run(management: Management, sources: &[Source], service: Duration, end: Duration) -> Vec<Fate> {
    let mut queue = ManagedQueue::new(management, Seed(7).stream("queue"));
    let mut next: Vec<Duration> = sources.iter().map(|source| source.from).collect();
    let mut fates = Vec::new();
    let (mut free_at, mut number) = (Duration::ZERO, 0);
    loop {
        let due = (0..sources.len()).filter(|&n| next[n] < sources[n].until).min_by_key(|&n| next[n]);
        let arrival = due.map(|n| next[n]);
        let serve_at = if queue.held().1 > 0 { Some(free_at) } else { None };
        let now = match (arrival, serve_at) {
            (Some(arrival), Some(serve)) => arrival.min(serve),
            (arrival, serve) => match arrival.or(serve) {
                Some(at) => at,
                None => break,
            },
        };
        if now > end {
            break;
        }
        let at = Time::ZERO + now;
        let mut shed = |shed: Shed<Probe>| {
            let (probe, came) = (shed.waiting.packet, shed.waiting.since);
            fates.push(Fate { probe, came, gone: at, dropped: true });
        };
        match due {
            Some(n) if arrival == Some(now) => {
                number += 1;
                let probe = Probe { number, flow: sources[n].flow, bytes: 1_250, ecn: sources[n].ecn };
                queue.enqueue(at, probe, &mut shed);
                next[n] += sources[n].gap;
                free_at = free_at.max(now);
            }
            _ => {
                if let Some(served) = queue.dequeue(at, &mut shed) {
                    let (probe, came) = (served.packet, served.since);
                    fates.push(Fate { probe, came, gone: at, dropped: false });
                    free_at = now + service;
                }
            }
        }
    }
    fates
}

fn mean_wait_ms<'a>(fates: impl Iterator<Item = &'a Fate>) -> f64 {
    let waits: Vec<f64> = fates.map(|fate| fate.waited().as_secs_f64() * 1e3).collect();
    waits.iter().sum::<f64>() / waits.len() as f64
}
