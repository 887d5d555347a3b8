//! What happens to a packet at the far end of the pipe: bits flip, copies appear, packets are held back.

use std::collections::VecDeque;
use std::time::Duration;

use sfu::Time;

use super::counters::{Count, ImpairmentCounters, StageCounters};
use super::hop::{Delivered, DropCause, Dropped};
use super::packet::TrafficClass;
use crate::random::{Probability, Seed, Stream};

/// Packets held back, so that those behind overtake them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldBack {
    /// How often a packet is.
    pub rate: Probability,
    /// For how long.
    pub by: Duration,
}

/// How often each impairment happens; never by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImpairmentConfig {
    /// One bit of the UDP payload is flipped. It stands for the errors that UDP's checksum doesn't see, so
    /// that the endpoint's own protection is put to the test; the reliable channel, which stands for TCP and
    /// TLS, loses such a segment instead, and so does traffic of others.
    pub corrupt: Probability,
    /// A second copy arrives right behind the first (with the same flipped bit, if any).
    pub duplicate: Probability,
    /// Held back.
    pub reorder: Option<HoldBack>,
}

impl ImpairmentConfig {
    /// Whether anything ever happens.
    pub fn is_none(&self) -> bool {
        *self == ImpairmentConfig::default()
    }
}

/// A stream for each impairment, drawn from once per packet (and for the bit to flip).
#[derive(Clone, Debug)]
pub(super) struct ImpairmentStreams {
    corrupt: Stream,
    duplicate: Stream,
    reorder: Stream,
}

impl ImpairmentStreams {
    pub(super) fn new(seed: Seed, path: &str) -> Self {
        ImpairmentStreams {
            corrupt: seed.stream(&format!("{path}/corrupt")),
            duplicate: seed.stream(&format!("{path}/duplicate")),
            reorder: seed.stream(&format!("{path}/reorder")),
        }
    }
}

/// The stage.
#[derive(Clone, Debug)]
pub(super) struct Impairments {
    config: ImpairmentConfig,
    streams: ImpairmentStreams,
    /// Arrived and not yet fetched, or held back; in the order of release.
    held: VecDeque<Delivered>,
    flow: StageCounters,
    counters: ImpairmentCounters,
    taken_in: Count,
}

impl Impairments {
    /// `None` when there are none, so that an unimpaired link costs nothing.
    pub(super) fn new(config: ImpairmentConfig, streams: ImpairmentStreams) -> Option<Box<Self>> {
        let stage = Impairments {
            config,
            streams,
            held: VecDeque::new(),
            flow: StageCounters::default(),
            counters: ImpairmentCounters::default(),
            taken_in: Count::default(),
        };
        (!config.is_none()).then(|| Box::new(stage))
    }

    /// Takes a packet out of the pipe; gives back one whose checksum the far end refuses.
    pub(super) fn push(&mut self, mut packet: Delivered) -> Option<Dropped> {
        let size = packet.datagram.wire_size();
        self.flow.entered.add(size);
        self.taken_in.add(size);
        if self.streams.corrupt.chance(self.config.corrupt) && !packet.datagram.bytes.is_empty() {
            self.counters.corrupted.add(size);
            if matches!(packet.datagram.class, TrafficClass::Signalling | TrafficClass::Cross) {
                self.flow.dropped.add(size);
                let Delivered { datagram, record } = packet;
                let cause = DropCause::Corrupted;
                return Some(Dropped { datagram, cause, at: record.arrived, queued: record.queue() });
            }
            self.flip_a_bit(&mut packet.datagram.bytes);
        }
        let copy = self.streams.duplicate.chance(self.config.duplicate).then(|| {
            let mut copy = packet.clone();
            // What is remembered of the packet belongs to the first of them.
            copy.datagram.tag = 0;
            copy
        });
        if let Some(HoldBack { rate, by }) = self.config.reorder
            && self.streams.reorder.chance(rate)
        {
            self.counters.held_back.add(size);
            packet.record.arrived += by;
        }
        let again = packet.record.arrived;
        self.insert(packet);
        if let Some(mut copy) = copy {
            self.counters.duplicated.add(size);
            self.flow.entered.add(size);
            copy.record.arrived = again;
            self.insert(copy);
        }
        None
    }

    fn flip_a_bit(&mut self, bytes: &mut [u8]) {
        let bit = self.streams.corrupt.below(bytes.len() as u64 * 8);
        bytes[(bit / 8) as usize] ^= 1 << (bit % 8);
    }

    fn insert(&mut self, packet: Delivered) {
        let behind = |other: &Delivered| other.record.arrived <= packet.record.arrived;
        let place = self.held.iter().rposition(behind).map_or(0, |last| last + 1);
        self.held.insert(place, packet);
    }

    pub(super) fn pop(&mut self, now: Time) -> Option<Delivered> {
        let packet = self.held.pop_front_if(|packet| packet.record.arrived <= now)?;
        self.flow.left.add(packet.datagram.wire_size());
        Some(packet)
    }

    pub(super) fn next_event(&self) -> Option<Time> {
        self.held.front().map(|packet| packet.record.arrived)
    }

    pub(super) fn flow(&self) -> StageCounters {
        let mut held = Count::default();
        self.held.iter().for_each(|packet| held.add(packet.datagram.wire_size()));
        StageCounters { held, ..self.flow }
    }

    /// What came out of the pipe: what entered, without copies.
    pub(super) fn taken_in(&self) -> Count {
        self.taken_in
    }

    pub(super) fn counters(&self) -> ImpairmentCounters {
        self.counters
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::hop::HopRecord;
    use crate::network::packet::Datagram;
    use crate::network::queue::packet::Ecn;

    const LENGTH: usize = 1222;

    fn packet(tag: u64, class: TrafficClass) -> Delivered {
        let any = "10.0.0.1:1".parse().expect("an address");
        let at = Time::from_millis(10 * tag);
        let datagram =
            Datagram { from: any, to: any, bytes: vec![0; LENGTH], class, tag: tag as u32, ecn: Ecn::NotEct };
        let record = HopRecord { enqueued: at, transmission_start: at, transmission_end: at, arrived: at };
        Delivered { datagram, record }
    }

    fn stage(config: ImpairmentConfig) -> Box<Impairments> {
        Impairments::new(config, ImpairmentStreams::new(Seed(7), "link/test")).expect("impairments")
    }

    /// Sends `count` packets 10 ms apart; what comes out, when.
    fn run(stage: &mut Impairments, count: u64) -> Vec<(Time, Delivered)> {
        let mut out = Vec::new();
        for n in 1..=count {
            assert!(stage.push(packet(n, TrafficClass::Video)).is_none(), "nothing is dropped");
            out.extend(
                std::iter::from_fn(|| stage.pop(Time::from_millis(10 * n))).map(|d| (d.record.arrived, d)),
            );
            assert!(stage.flow().balances());
        }
        while let Some(at) = stage.next_event() {
            out.extend(stage.pop(at).map(|delivered| (at, delivered)));
        }
        out
    }

    fn is_near(count: u64, ratio: f64, of: u64) -> bool {
        let n = of as f64;
        (count as f64 - n * ratio).abs() <= 5.0 * (n * ratio * (1.0 - ratio)).sqrt()
    }

    #[test]
    fn a_corrupted_packet_has_one_flipped_bit_anywhere() {
        let rate = Probability::new(0.1).expect("a ratio");
        let mut stage = stage(ImpairmentConfig { corrupt: rate, ..ImpairmentConfig::default() });
        let out = run(&mut stage, 20_000);
        let flipped = |d: &Delivered| d.datagram.bytes.iter().map(|byte| byte.count_ones()).sum::<u32>();
        assert!(out.iter().all(|(_, delivered)| flipped(delivered) <= 1));
        let corrupted: Vec<_> = out.iter().filter(|(_, delivered)| flipped(delivered) == 1).collect();
        assert_eq!(corrupted.len() as u64, stage.counters().corrupted.packets);
        assert!(is_near(corrupted.len() as u64, 0.1, 20_000), "{} corrupted", corrupted.len());
        let place = |d: &Delivered| d.datagram.bytes.iter().position(|&byte| byte != 0).unwrap_or(0);
        let mean = corrupted.iter().map(|(_, d)| place(d)).sum::<usize>() as f64 / corrupted.len() as f64;
        assert!((mean / (LENGTH as f64 / 2.0) - 1.0).abs() < 0.1, "byte {mean} on average");
    }

    #[test]
    fn checksums_of_the_reliable_channel_and_of_others_refuse_what_is_corrupted() {
        for class in [TrafficClass::Signalling, TrafficClass::Cross] {
            let mut stage =
                stage(ImpairmentConfig { corrupt: Probability::ALWAYS, ..ImpairmentConfig::default() });
            let dropped = stage.push(packet(1, class)).expect("refused");
            assert_eq!(dropped.cause, DropCause::Corrupted);
            assert!(dropped.datagram.bytes.iter().all(|&byte| byte == 0));
            assert!(stage.flow().balances() && stage.flow().dropped.packets == 1);
        }
    }

    #[test]
    fn a_copy_follows_its_original_and_has_no_tag() {
        let rate = Probability::new(0.2).expect("a ratio");
        let mut stage = stage(ImpairmentConfig { duplicate: rate, ..ImpairmentConfig::default() });
        let out = run(&mut stage, 10_000);
        let copies = out.len() as u64 - 10_000;
        assert_eq!(copies, stage.counters().duplicated.packets);
        assert!(is_near(copies, 0.2, 10_000), "{copies} copies");
        for pair in out.windows(2).filter(|pair| pair[1].1.datagram.tag == 0) {
            assert_eq!(pair[0].0, pair[1].0);
            assert_eq!(pair[0].1.datagram.bytes, pair[1].1.datagram.bytes);
            assert_ne!(pair[0].1.datagram.tag, 0, "one copy at most");
        }
    }

    /// Held back by 25 ms at 10 ms spacing: exactly two packets overtake it, unless they are held back too.
    #[test]
    fn who_is_held_back_is_overtaken() {
        let reorder =
            HoldBack { rate: Probability::new(0.01).expect("a ratio"), by: Duration::from_millis(25) };
        let mut stage = stage(ImpairmentConfig { reorder: Some(reorder), ..ImpairmentConfig::default() });
        let out = run(&mut stage, 20_000);
        assert!(out.windows(2).all(|pair| pair[0].0 <= pair[1].0), "in the order of release");
        let late: Vec<_> = out.iter().filter(|(at, d)| *at != d.record.enqueued).collect();
        assert!(late.iter().all(|(at, d)| *at == d.record.enqueued + Duration::from_millis(25)));
        assert_eq!(late.len() as u64, stage.counters().held_back.packets);
        assert!(is_near(late.len() as u64, 0.01, 20_000), "{} held back", late.len());
        let overtaken = out.windows(2).filter(|pair| pair[1].1.datagram.tag < pair[0].1.datagram.tag).count();
        assert!(overtaken * 10 > late.len() * 9, "{overtaken} of {} overtaken", late.len());
    }
}
