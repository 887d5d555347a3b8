//! The part of a receiver's line that data may take: what media leaves of the estimate, and a little at least.
//!
//! SCTP's own congestion control fills the queue in front of a thin line until it overflows, and the sound would
//! wait in that queue. So user data leaves through a bucket that drains at the estimate and that all media is
//! poured into as well: media never waits for it, data always does.

use std::time::Duration;

use crate::congestion::pacer::{Pacer, PacerClass};
use crate::{DataRate, DataSize, Time};

/// Data leaves so much of the estimate alone: the line's queue has to empty as well, and retransmissions, reports
/// and acknowledgements take their part.
const USABLE: f64 = 0.9;
/// What data gets at least, beside media that takes all of the estimate. The allocation sets as much aside.
const LEAST_SHARE: f64 = 0.15;
/// A line of chat a second, on the thinnest of lines.
const LEAST: DataRate = DataRate::from_kbps(24);
/// IPv4 and UDP headers, and a DTLS record's own bytes with AES-GCM (RFC 5288 section 3).
const OVERHEAD: u64 = 28 + 37;

/// A line as its sender knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    /// The estimate of what it carries.
    pub(crate) rate: DataRate,
    /// The round trip, without what packets wait here.
    pub(crate) rtt: Duration,
    /// Bytes of media that were sent on it since the beginning, headers included.
    pub(crate) media: u64,
}

impl Line {
    /// What data gets in any case.
    pub(crate) fn least(&self) -> DataRate {
        self.rate.scale(LEAST_SHARE).max(LEAST)
    }
}

/// Says when the next packet of data may leave.
#[derive(Debug)]
pub(crate) struct Share {
    /// Everything that is sent.
    line: Pacer,
    /// Data alone.
    least: Pacer,
    /// The media that has been poured in; none while there is no data, which leaves nothing to divide.
    poured: Option<u64>,
}

impl Default for Share {
    fn default() -> Self {
        Share { line: Pacer::new(DataRate::ZERO), least: Pacer::new(DataRate::ZERO), poured: None }
    }
}

impl Share {
    /// Whether a packet may leave now.
    pub(crate) fn may_send(&mut self, now: Time, line: &Line) -> bool {
        self.line.set_rate(now, line.rate.scale(USABLE));
        self.least.set_rate(now, line.least());
        let media = line.media - self.poured.unwrap_or(line.media);
        self.poured = Some(line.media);
        if media > 0 {
            self.line.on_sent(now, DataSize::from_bytes(media), PacerClass::Video);
        }
        self.line.may_send(now) || self.least.may_send(now)
    }

    /// A packet of `len` bytes left.
    pub(crate) fn on_sent(&mut self, now: Time, len: usize) {
        let size = DataSize::from_bytes(len as u64 + OVERHEAD);
        self.line.on_sent(now, size, PacerClass::Video);
        self.least.on_sent(now, size, PacerClass::Video);
    }

    /// Nothing waits any more.
    pub(crate) fn rest(&mut self) {
        self.poured = None;
    }

    /// When the next packet may leave, if nothing else is sent before.
    pub(crate) fn next_send_time(&self) -> Time {
        self.line.next_send_time().min(self.least.next_send_time())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Data sent greedily for ten seconds beside media of `media_kbps`, in kbps.
    fn data_rate(estimate_kbps: u64, media_kbps: u64) -> u64 {
        let mut share = Share::default();
        let rate = DataRate::from_kbps(estimate_kbps);
        let (mut sent, mut media, start) = (0, 0, Time::from_secs(5));
        for millis in 0..10_000 {
            let now = start + Duration::from_millis(millis);
            media += media_kbps / 8;
            while share.may_send(now, &Line { rate, media, rtt: Duration::ZERO }) {
                share.on_sent(now, 1_000 - OVERHEAD as usize);
                sent += 1_000;
            }
        }
        sent * 8 / 10_000
    }

    #[test]
    fn data_gets_what_media_leaves_and_a_share_at_least() {
        for (estimate, media, expected) in [
            (1_000, 0, 900..=910),
            (1_000, 400, 500..=510),
            (1_000, 800, 150..=160),
            (1_000, 1_200, 150..=160),
            (100, 96, 24..=26),
        ] {
            let got = data_rate(estimate, media);
            assert!(expected.contains(&got), "{media} of {estimate}: {got}");
        }
    }

    #[test]
    fn media_that_was_sent_before_there_was_data_counts_for_nothing() {
        let mut share = Share::default();
        let line = |media| Line { rate: DataRate::from_kbps(1_000), media, rtt: Duration::ZERO };
        assert!(share.may_send(Time::from_secs(1), &line(0)));
        share.on_sent(Time::from_secs(1), 1_000);
        share.rest();
        assert!(share.may_send(Time::from_secs(9), &line(1 << 20)));
        assert!(share.next_send_time() <= Time::from_secs(9));
    }
}
