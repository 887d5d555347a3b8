//! Reception statistics of one SSRC (RFC 3550 sections 6.4.1 and appendix A).

use std::time::Duration;

use sfu::Time;
use sfu::rtp::sequence::{distance16, distance32};

/// A larger step forward is a restart or an error (RFC 3550 appendix A.1).
const MAX_DROPOUT: i64 = 3_000;
/// A larger step back is a restart or an error. RFC 3550 appendix A.1 has 100, before retransmission; 1,000 is
/// libwebrtc's NACK window.
const MAX_MISORDER: i64 = 1_000;

/// What a receiver report says of one SSRC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportBlock {
    /// The stream.
    pub ssrc: u32,
    /// Share lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Lost since the start, −2²³ to 2²³ − 1; negative when duplicates outweigh losses.
    pub cumulative_lost: i32,
    /// Highest sequence number, cycles in the upper half.
    pub extended_highest: u32,
    /// Interarrival jitter, ticks of the stream's clock.
    pub jitter: u32,
    /// Middle 32 bits of the last sender report's NTP time, 0 without one.
    pub last_sender_report: u32,
    /// Since then, in 1/65,536 s.
    pub delay_since_last_sender_report: u32,
}

/// What to make of a sequence number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is this number, extended.
    Accept(u64),
    /// The stream starts anew with this number, extended.
    Restart(u64),
    /// A stray: wait whether the next one confirms it.
    Stray,
}

/// The statistics of one stream.
#[derive(Clone, Debug)]
pub struct ReceptionStatistics {
    ssrc: u32,
    clock_hz: u32,
    /// First and highest sequence number, extended; `None` before the first packet.
    range: Option<(u64, u64)>,
    stray: Option<u16>,
    received: u64,
    reported: (u64, u64),
    transit: Option<u32>,
    /// Scaled by 16, as in RFC 3550 appendix A.8.
    jitter_q4: u32,
    sender_report: Option<(u32, Time)>,
}

impl ReceptionStatistics {
    /// For a stream whose timestamps tick `clock_hz` times a second.
    pub const fn new(ssrc: u32, clock_hz: u32) -> Self {
        ReceptionStatistics {
            ssrc,
            clock_hz,
            range: None,
            stray: None,
            received: 0,
            reported: (0, 0),
            transit: None,
            jitter_q4: 0,
            sender_report: None,
        }
    }

    /// Takes note of a packet of this SSRC (never of a retransmission, which has an SSRC of its own).
    pub(super) fn on_packet(&mut self, now: Time, sequence: u16, timestamp: u32) -> Verdict {
        let verdict = self.place(sequence);
        if !matches!(verdict, Verdict::Stray) {
            self.received += 1;
            self.update_jitter(now, timestamp);
        }
        verdict
    }

    /// Where a sequence number lies that came another way; `None` before the first packet or far off.
    pub(super) fn extend(&self, sequence: u16) -> Option<u64> {
        let (_, highest) = self.range?;
        let step = i64::from(distance16(sequence, highest as u16));
        (-MAX_MISORDER..MAX_DROPOUT).contains(&step).then(|| highest.saturating_add_signed(step))
    }

    fn place(&mut self, sequence: u16) -> Verdict {
        // One cycle up, so that packets from before the first stay positive.
        let start = (1 << 16) | u64::from(sequence);
        let Some((first, highest)) = self.range else {
            self.range = Some((start, start));
            return Verdict::Accept(start);
        };
        if let Some(extended) = self.extend(sequence) {
            self.range = Some((first, highest.max(extended)));
            self.stray = None;
            return Verdict::Accept(extended);
        }
        if self.stray.replace(sequence.wrapping_add(1)) != Some(sequence) {
            return Verdict::Stray;
        }
        let again =
            ReceptionStatistics { sender_report: self.sender_report, ..Self::new(self.ssrc, self.clock_hz) };
        *self = ReceptionStatistics { range: Some((start, start)), ..again };
        Verdict::Restart(start)
    }

    fn update_jitter(&mut self, now: Time, timestamp: u32) {
        let transit = (now.ticks(self.clock_hz) as u32).wrapping_sub(timestamp);
        if let Some(before) = self.transit.replace(transit) {
            // A jump of timestamps must not poison the estimate for minutes: 2^24 ticks are over 3 minutes.
            let d = distance32(transit, before).unsigned_abs().min(1 << 24);
            self.jitter_q4 = self.jitter_q4 + d - ((self.jitter_q4 + 8) >> 4);
        }
    }

    /// A sender report of this SSRC arrived; `ntp_middle` are the middle 32 bits of its NTP time.
    pub fn on_sender_report(&mut self, now: Time, ntp_middle: u32) {
        self.sender_report = Some((ntp_middle, now));
    }

    /// The report block for a receiver report sent at `now`; `None` before the first packet.
    ///
    /// The fraction lost covers the time since the last call.
    pub fn report(&mut self, now: Time) -> Option<ReportBlock> {
        let (first, highest) = self.range?;
        let expected = highest - first + 1;
        let (expected_before, received_before) = self.reported;
        self.reported = (expected, self.received);
        let expected_since = expected.saturating_sub(expected_before);
        let lost_since = expected_since.saturating_sub(self.received.saturating_sub(received_before));
        let fraction = (lost_since * 256).checked_div(expected_since).unwrap_or(0).min(255);
        let lost = (expected as i64 - self.received as i64).clamp(-(1 << 23), (1 << 23) - 1);
        let (last_sender_report, delay) = match self.sender_report {
            Some((ntp, at)) => (ntp, in_65536ths(now - at)),
            None => (0, 0),
        };
        Some(ReportBlock {
            ssrc: self.ssrc,
            fraction_lost: fraction as u8,
            cumulative_lost: lost as i32,
            extended_highest: (highest - (1 << 16)) as u32,
            jitter: self.jitter_q4 >> 4,
            last_sender_report,
            delay_since_last_sender_report: delay,
        })
    }
}

fn in_65536ths(span: Duration) -> u32 {
    u32::try_from(span.as_nanos() * 65_536 / 1_000_000_000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
