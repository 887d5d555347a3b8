//! The counters behind the statistics: plain numbers in the objects that they are about, added to in passing.

use crate::drop_reason::{DropCounters, DropReason};
use crate::rtcp::ReportBlock;
use crate::time::Time;
use crate::transport::demux::Protocol;

use std::time::Duration;

/// Datagrams that came, each either taken under its protocol or dropped under one reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IngressTotals {
    /// Datagrams.
    pub datagrams: u64,
    /// Their bytes, UDP payload.
    pub bytes: u64,
    /// Those that were of use, in the order of [`Protocol`].
    taken: [u64; 4],
    /// Those that were not.
    pub drops: DropCounters,
}

impl IngressTotals {
    pub(crate) fn count(&mut self, bytes: usize, result: Result<Protocol, DropReason>) {
        self.datagrams += 1;
        self.bytes += bytes as u64;
        match result {
            Ok(protocol) => self.taken[protocol as usize] += 1,
            Err(reason) => self.drops.count(reason),
        }
    }

    /// Datagrams of `protocol` that were of use.
    pub fn taken(&self, protocol: Protocol) -> u64 {
        self.taken[protocol as usize]
    }

    /// Datagrams of every protocol that were of use: with the drops, all there were.
    pub fn taken_total(&self) -> u64 {
        self.taken.iter().sum()
    }
}

/// Copies of publishers' media packets for one receiver, or for all.
///
/// For each packet that was taken from a publisher every subscriber is due one copy, which is forwarded at once or
/// withheld under one reason. A copy that was withheld because its key frame's start was missing, or that fell into a
/// hole, may follow out of the cache: it counts under `forwarded` and `replayed` then. So
/// `forwarded - replayed + withheld` is packets times subscribers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CopyTotals {
    /// Handed on, retransmissions not counted.
    pub forwarded: u64,
    /// Of these, after having been withheld.
    pub replayed: u64,
    /// Not handed on, by reason.
    pub withheld: DropCounters,
    /// Sequence numbers in NACKs.
    pub asked: u64,
    /// Of these, those that were sent again, or for the first time out of the cache.
    pub answered: u64,
    /// Of these, those that were not, by reason.
    pub unrepaired: DropCounters,
}

impl CopyTotals {
    /// A sequence number in a NACK was answered, or not.
    pub(crate) fn repaired(&mut self, result: Result<(), DropReason>) {
        self.asked += 1;
        match result {
            Ok(()) => self.answered += 1,
            Err(reason) => self.unrepaired.count(reason),
        }
    }
}

/// Datagrams to one peer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EgressTotals {
    /// Datagrams handed to the sink.
    pub datagrams: u64,
    /// Their bytes, UDP payload.
    pub bytes: u64,
    /// Datagrams that were made and then thrown away, by reason.
    pub discarded: DropCounters,
}

/// One stream from a publisher, as it arrives.
#[derive(Clone, Debug, Default)]
pub(crate) struct InboundTotals {
    pub(crate) packets: u64,
    /// Payload; padding counts with the headers, as in webrtc-stats.
    pub(crate) bytes: u64,
    pub(crate) header_bytes: u64,
    /// Duplicates, and what came too late.
    pub(crate) discarded: u64,
    pub(crate) key_frames: u64,
    pub(crate) frames: FrameCount,
    pub(crate) nacks: u64,
    pub(crate) plis: u64,
    pub(crate) last: Option<Time>,
}

impl InboundTotals {
    pub(crate) fn received(&mut self, now: Time, datagram: usize, payload: usize) {
        self.packets += 1;
        self.bytes += payload as u64;
        self.header_bytes += datagram.saturating_sub(payload) as u64;
        self.last = Some(now);
    }
}

/// One stream to a receiver.
#[derive(Clone, Debug, Default)]
pub(crate) struct OutboundTotals {
    /// Retransmissions included, as in webrtc-stats.
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    pub(crate) header_bytes: u64,
    pub(crate) retransmitted_packets: u64,
    pub(crate) retransmitted_bytes: u64,
    pub(crate) padding_packets: u64,
    pub(crate) fec_packets: u64,
    pub(crate) frames: FrameCount,
    pub(crate) key_frames: u64,
    pub(crate) switches: u64,
    pub(crate) nacks: u64,
    pub(crate) plis: u64,
    pub(crate) firs: u64,
    pub(crate) last: Option<Time>,
    /// What the receiver said last of it.
    pub(crate) remote: Option<RemoteReport>,
}

impl OutboundTotals {
    pub(crate) fn sent(&mut self, now: Time, datagram: usize, payload: usize) {
        self.packets += 1;
        self.bytes += payload as u64;
        self.header_bytes += datagram.saturating_sub(payload) as u64;
        self.last = Some(now);
    }

    pub(crate) fn retransmitted(&mut self, now: Time, datagram: usize, payload: usize) {
        self.sent(now, datagram, payload);
        self.retransmitted_packets += 1;
        self.retransmitted_bytes += payload as u64;
    }

    pub(crate) fn reported(&mut self, at: Time, block: ReportBlock, rtt: Option<Duration>) {
        let before = self.remote.take().unwrap_or_default();
        self.remote = Some(RemoteReport {
            at,
            block,
            rtt: rtt.or(before.rtt),
            rtt_total: before.rtt_total + rtt.unwrap_or_default(),
            rtt_count: before.rtt_count + u64::from(rtt.is_some()),
        });
    }
}

/// The last report block on a stream, and the round trips that the blocks proved.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RemoteReport {
    pub(crate) at: Time,
    pub(crate) block: ReportBlock,
    pub(crate) rtt: Option<Duration>,
    pub(crate) rtt_total: Duration,
    pub(crate) rtt_count: u64,
}

/// Frames, told apart by the marker of their last packets.
#[derive(Clone, Debug, Default)]
pub(crate) struct FrameCount {
    pub(crate) total: u64,
    /// The second that is being counted, and the counts of it and of the one before.
    second: u64,
    current: u32,
    before: u32,
}

const SECOND: u64 = 1_000_000_000;

impl FrameCount {
    pub(crate) fn count(&mut self, now: Time) {
        let second = now.as_nanos() / SECOND;
        if second != self.second {
            self.before = if second == self.second + 1 { self.current } else { 0 };
            (self.second, self.current) = (second, 0);
        }
        self.total += 1;
        self.current += 1;
    }

    /// The frames of the last whole second, counted from the epoch.
    pub(crate) fn per_second(&self, now: Time) -> u32 {
        match (now.as_nanos() / SECOND).checked_sub(self.second) {
            Some(0) => self.before,
            Some(1) => self.current,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_the_last_whole_second() {
        let mut frames = FrameCount::default();
        for n in 0..45 {
            frames.count(Time::from_millis(10_000 + n * 40));
        }
        // 25 from 10 s on, 20 from 11 s on.
        assert_eq!(frames.total, 45);
        for (millis, rate) in [(11_999, 25), (12_000, 20), (12_999, 20), (13_000, 0), (60_000, 0)] {
            assert_eq!(frames.per_second(Time::from_millis(millis)), rate, "at {millis} ms");
        }
        frames.count(Time::from_secs(20));
        assert_eq!(frames.per_second(Time::from_millis(20_500)), 0, "nothing came in the second before");
    }

    #[test]
    fn every_datagram_is_taken_or_dropped() {
        let mut totals = IngressTotals::default();
        for result in [Ok(Protocol::Rtp), Err(DropReason::NoKeys), Ok(Protocol::Rtcp), Ok(Protocol::Rtp)] {
            totals.count(100, result);
        }
        assert_eq!((totals.datagrams, totals.bytes), (4, 400));
        assert_eq!((totals.taken(Protocol::Rtp), totals.taken_total()), (2, 3));
        assert_eq!(totals.drops.total(), 1);
    }

    #[test]
    fn round_trips_add_up_and_the_last_one_stays() {
        let mut totals = OutboundTotals::default();
        for (at, rtt) in [(1, Some(40)), (2, None), (3, Some(60))] {
            let block = ReportBlock { cumulative_lost: at, ..ReportBlock::default() };
            totals.reported(Time::from_secs(at as u64), block, rtt.map(Duration::from_millis));
        }
        let remote = totals.remote.expect("reported");
        assert_eq!((remote.at, remote.block.cumulative_lost), (Time::from_secs(3), 3));
        assert_eq!(remote.rtt, Some(Duration::from_millis(60)));
        assert_eq!((remote.rtt_total, remote.rtt_count), (Duration::from_millis(100), 2));
    }
}
