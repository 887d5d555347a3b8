//! Sender reports with canonical names (RFC 3550 sections 6.4.1 and 6.5.1).

use std::time::Duration;

use sfu::Time;
use sfu::rtcp::{NtpTime, ReportBlock, write_sdes_cname, write_sender_report};

use super::clock::WallClock;
use super::media_sender::MediaSender;
use super::output::Output;

/// Reports that are due this soon share a datagram with one that is due now.
const TOGETHER: Duration = Duration::from_millis(100);
/// A compound is cut after this many bytes, so that it fits a datagram whatever is added to it.
const MAX_COMPOUND: usize = 1_100;

/// What reports are made with.
#[derive(Debug)]
pub(super) struct Reports {
    pub(super) clock: WallClock,
    buffer: Vec<u8>,
}

impl Reports {
    pub(super) fn new(clock: WallClock) -> Self {
        Reports { clock, buffer: Vec::with_capacity(MAX_COMPOUND + 400) }
    }

    /// The round trip that a report block proves, if it quotes a sender report.
    pub(super) fn round_trip(&self, now: Time, block: &ReportBlock) -> Option<Duration> {
        let arrival: NtpTime = self.clock.at(now);
        sfu::rtcp::report::round_trip(arrival, block.last_sr, block.delay_since_last_sr)
    }
}

impl MediaSender {
    /// When the next sender report is due.
    pub(super) fn reports_due(&self) -> Time {
        self.sources.iter().map(|source| source.report_due()).min().unwrap_or(Time::NEVER)
    }

    /// Sends the reports that are due.
    pub(super) fn report(&mut self, now: Time, output: &mut dyn FnMut(Output<'_>)) {
        if now < self.reports_due() {
            return;
        }
        let ntp = self.reports.clock.at(now);
        let (buffer, cname) = (&mut self.reports.buffer, &self.config.cname);
        buffer.clear();
        for source in &mut self.sources {
            source.for_each_stream(|stream| {
                if stream.report_due() > now + TOGETHER {
                    return;
                }
                write_sender_report(buffer, &stream.report(now, ntp), &[]).expect("no blocks are few enough");
                // A name that is too long is left out.
                let _ = write_sdes_cname(buffer, stream.ssrc, cname);
                if buffer.len() > MAX_COMPOUND {
                    output(Output::Rtcp(buffer));
                    buffer.clear();
                }
            });
        }
        if !buffer.is_empty() {
            output(Output::Rtcp(buffer));
        }
    }
}
