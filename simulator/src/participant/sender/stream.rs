//! One outgoing RTP stream: its numbers, its counts, and what the receiver reports of it.

use std::time::Duration;

use sfu::Time;
use sfu::congestion::LossReport;
use sfu::participant::MediaKind;
use sfu::rtcp::{NtpTime, ReportBlock, SenderInfo};

use super::clock::RtpClock;
use crate::random;

/// First sequence numbers are below this, as in libwebrtc (`kMaxInitRtpSeqNumber`): no wrap early on, which
/// would leave the roll-over counter in doubt if the first packets are lost.
const SEQUENCE_STARTS: u64 = 1 << 15;
/// A stream's first sender report follows its first packet after this: without it the SFU can't align the
/// stream with the others. libwebrtc sends it after half an interval.
const FIRST_REPORT: Duration = Duration::from_millis(100);
/// Then one a second (libwebrtc, `kDefaultVideoReportInterval`), for audio as well.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// One stream.
#[derive(Clone, Debug)]
pub(super) struct RtpStream {
    pub(super) ssrc: u32,
    pub(super) payload_type: u8,
    pub(super) clock: RtpClock,
    /// Extended, starting in the second cycle so that a number before the first is not below zero.
    next_sequence: u64,
    /// The receiver has reported on it, so it knows which source it belongs to.
    acknowledged: bool,
    packets: u32,
    octets: u32,
    /// When the next report is due: never, unless a packet has left since the last one.
    report_due: Time,
    reported: Option<Time>,
    /// Highest sequence number and packets lost, from the last report.
    reception: Option<(u32, i32)>,
}

impl RtpStream {
    /// A stream whose SSRC, first number and clock come from `stream`; `taken` are SSRCs that it must not
    /// have, and grows by its own.
    pub(super) fn new(
        kind: MediaKind,
        payload_type: u8,
        stream: &mut random::Stream,
        taken: &mut Vec<u32>,
    ) -> Self {
        let ssrc = loop {
            let ssrc = stream.between(1, u64::from(u32::MAX)) as u32;
            if !taken.contains(&ssrc) {
                break ssrc;
            }
        };
        taken.push(ssrc);
        RtpStream {
            ssrc,
            payload_type,
            next_sequence: (1 << 16) + stream.below(SEQUENCE_STARTS),
            clock: RtpClock::new(kind, stream),
            acknowledged: false,
            packets: 0,
            octets: 0,
            report_due: Time::NEVER,
            reported: None,
            reception: None,
        }
    }

    /// Whether packets have to carry the stream's name (mid, rid), which they do until the receiver reports
    /// on it (libwebrtc, `RTPSender::OnReceivedAckOnSsrc`).
    pub(super) fn needs_name(&self) -> bool {
        !self.acknowledged
    }

    /// Whether a packet has ever left.
    pub(super) fn has_sent(&self) -> bool {
        self.packets > 0
    }

    /// The extended number for the packet that leaves next.
    pub(super) fn take_sequence(&mut self) -> u64 {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        sequence
    }

    /// Where a number that a receiver names lies: among the 65,536 before the next one.
    pub(super) fn extend(&self, sequence: u16) -> u64 {
        let last = self.next_sequence - 1;
        last - u64::from((last as u16).wrapping_sub(sequence))
    }

    /// A packet left; padding is not payload.
    pub(super) fn on_sent(&mut self, now: Time, payload: usize) {
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(payload as u32);
        if self.report_due == Time::NEVER {
            let earliest = self.reported.map_or(Time::ZERO, |last| last + REPORT_INTERVAL);
            self.report_due = earliest.max(now + FIRST_REPORT);
        }
    }

    /// When the stream's next sender report is due.
    pub(super) fn report_due(&self) -> Time {
        self.report_due
    }

    /// What the sender report of this moment says.
    pub(super) fn report(&mut self, now: Time, ntp: NtpTime) -> SenderInfo {
        self.reported = Some(now);
        self.report_due = Time::NEVER;
        SenderInfo {
            ssrc: self.ssrc,
            ntp,
            rtp_timestamp: self.clock.at(now),
            packet_count: self.packets,
            octet_count: self.octets,
        }
    }

    /// The receiver reported on the stream: what was lost since its previous report.
    pub(super) fn on_report_block(&mut self, block: &ReportBlock) -> LossReport {
        self.acknowledged = true;
        let before = self.reception.replace((block.highest_sequence, block.cumulative_lost));
        let (highest, lost) = before.unwrap_or((block.highest_sequence, block.cumulative_lost));
        LossReport {
            lost: i64::from(block.cumulative_lost) - i64::from(lost),
            expected: u64::from(block.highest_sequence.saturating_sub(highest)),
        }
    }
}
