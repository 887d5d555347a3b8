//! When a participant sends RTCP.
//!
//! Two clocks. Reports (RR with SDES) go out at an interval around a mean, drawn anew each time from half to
//! one and a half of it, so that reports of many participants don't fall into step (RFC 3550 section 6.2).
//! Transport-wide feedback goes out at a fixed interval while packets come.

use std::time::Duration;

use sfu::Time;

/// Mean interval between reports of a session with video: libwebrtc's `RTCP_INTERVAL_VIDEO_MS`.
pub const VIDEO_REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// Mean interval between reports of a session with sound only: libwebrtc's `RTCP_INTERVAL_AUDIO_MS`, and RFC
/// 3550's least interval.
pub const AUDIO_REPORT_INTERVAL: Duration = Duration::from_secs(5);
/// Interval between transport-wide feedback packets. libwebrtc adapts between 50 and 250 ms to keep feedback
/// at 5 % of the rate; 50 ms is what it uses at the rates of a conference (above about 200 kbit/s), and a fixed
/// interval keeps the reaction time of congestion control out of the comparison between runs.
pub const TRANSPORT_FEEDBACK_INTERVAL: Duration = Duration::from_millis(50);

/// What is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DueFeedback {
    /// A compound packet of receiver report and SDES.
    pub report: bool,
    /// A transport-wide feedback packet.
    pub transport: bool,
}

/// Decides when reports and transport-wide feedback go out. Bandwidth estimates by REMB are never sent: the
/// SFU estimates from transport-wide feedback.
#[derive(Clone, Debug)]
pub struct FeedbackTimer {
    report_interval: Duration,
    next_report: Time,
    /// [`Time::NEVER`] while no packet waits to be reported.
    next_transport: Time,
}

impl FeedbackTimer {
    /// A timer that starts at `now`, with reports at `report_interval` on average.
    ///
    /// `random` is uniform; the first interval is half of the others, since a newcomer should be heard of
    /// soon (RFC 3550 section 6.2).
    pub fn new(now: Time, report_interval: Duration, random: u32) -> Self {
        let first = randomised(report_interval, random) / 2;
        FeedbackTimer { report_interval, next_report: now + first, next_transport: Time::NEVER }
    }

    /// A packet arrived at `now` that carries a transport-wide sequence number: it is reported
    /// [`TRANSPORT_FEEDBACK_INTERVAL`] later, together with what comes until then.
    pub fn on_transport_packet(&mut self, now: Time) {
        self.next_transport = self.next_transport.min(now + TRANSPORT_FEEDBACK_INTERVAL);
    }

    /// When [`FeedbackTimer::take_due`] wants to be called.
    pub fn deadline(&self) -> Time {
        self.next_report.min(self.next_transport)
    }

    /// What is to be sent at `now`, and moves on. `random` is uniform, and asked only when a report is due.
    pub fn take_due(&mut self, now: Time, random: impl FnOnce() -> u32) -> DueFeedback {
        let due = DueFeedback { report: self.next_report <= now, transport: self.next_transport <= now };
        if due.report {
            self.next_report = now + randomised(self.report_interval, random());
        }
        if due.transport {
            self.next_transport = Time::NEVER;
        }
        due
    }
}

/// Half to one and a half of `mean`, in integers so that every machine schedules alike.
fn randomised(mean: Duration, random: u32) -> Duration {
    let share = (mean.as_nanos() * u128::from(random)) >> u32::BITS;
    mean / 2 + Duration::from_nanos(u64::try_from(share).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Time {
        Time::from_millis(millis)
    }

    #[test]
    fn reports_are_spread_around_the_mean() {
        let rows = [(0, 500), (1 << 31, 1_000), (3 << 30, 1_250)];
        for (random, interval) in rows {
            let mut timer = FeedbackTimer::new(ms(0), VIDEO_REPORT_INTERVAL, random);
            assert_eq!(timer.deadline(), ms(interval / 2));
            let due = timer.take_due(ms(interval / 2), || random);
            assert_eq!(due, DueFeedback { report: true, transport: false });
            assert_eq!(timer.deadline(), ms(interval / 2 + interval));
        }
        assert!(randomised(AUDIO_REPORT_INTERVAL, u32::MAX) < Duration::from_millis(7_500));
    }

    #[test]
    fn transport_feedback_follows_packets_and_never_silence() {
        let mut timer = FeedbackTimer::new(ms(0), AUDIO_REPORT_INTERVAL, 1 << 31);
        let nothing = || -> u32 { unreachable!("no report is due") };
        timer.on_transport_packet(ms(10));
        timer.on_transport_packet(ms(40));
        assert_eq!(timer.deadline(), ms(60));
        assert_eq!(timer.take_due(ms(59), nothing), DueFeedback::default());
        assert_eq!(timer.take_due(ms(60), nothing), DueFeedback { report: false, transport: true });
        assert_eq!(timer.deadline(), ms(2_500), "nothing new to report");
        timer.on_transport_packet(ms(70));
        assert_eq!(timer.deadline(), ms(120));
    }
}
