//! Sender and receiver reports (RFC 3550 section 6.4).

use std::time::Duration;

use super::bytes::{Framed, u32_at, u64_at};
use super::compound::Malformed;
use super::packet::packet_type;
use super::{TooMany, check_count};
use crate::Time;

/// A time in the format of RFC 3550 section 4: seconds in the upper 32 bits, their fractions in the lower.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NtpTime(pub u64);

impl NtpTime {
    /// `time` as a count from the caller's epoch: reports need differences only, and zero means "none".
    pub fn from_time(time: Time) -> Self {
        let nanos = time.as_nanos();
        let fraction = ((nanos % 1_000_000_000) << 32) / 1_000_000_000;
        NtpTime((nanos / 1_000_000_000) << 32 | fraction)
    }

    /// The middle 32 bits, in units of 1/65,536 s, as LSR and LRR quote it.
    pub const fn middle(self) -> u32 {
        (self.0 >> 16) as u32
    }

    /// The span from `earlier`; zero when `earlier` is later.
    pub fn since(self, earlier: NtpTime) -> Duration {
        let units = u128::from(self.0.saturating_sub(earlier.0));
        Duration::from_nanos(((units * 1_000_000_000) >> 32) as u64)
    }
}

/// The round trip that a report block or an XR sub-block proves (RFC 3550 section 6.4.1): the arrival, minus
/// what was quoted, minus the delay between; all in units of 1/65,536 s.
///
/// `None` when nothing was quoted. Clocks of low resolution can make it come out below zero: that is zero.
pub fn round_trip(arrival: NtpTime, quoted: u32, delay: u32) -> Option<Duration> {
    if quoted == 0 {
        return None;
    }
    let units = arrival.middle().wrapping_sub(quoted).wrapping_sub(delay) as i32;
    Some(Duration::from_nanos(units.max(0) as u64 * 1_000_000_000 / 65_536))
}

/// How one source is received (RFC 3550 section 6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ReportBlock {
    /// The source.
    pub ssrc: u32,
    /// The share lost since the previous report, in units of 1/256.
    pub fraction_lost: u8,
    /// Packets lost since the start, −2^23 to 2^23 − 1; negative with duplicates.
    pub cumulative_lost: i32,
    /// The highest sequence number, its cycles in the upper 16 bits.
    pub highest_sequence: u32,
    /// Interarrival jitter in timestamp units.
    pub jitter: u32,
    /// The middle bits of the last sender report's time, 0 for none.
    pub last_sr: u32,
    /// The delay since that report in units of 1/65,536 s.
    pub delay_since_last_sr: u32,
}

const BLOCK: usize = 24;

impl ReportBlock {
    fn read(bytes: &[u8; BLOCK]) -> Self {
        let word = u32_at(bytes, 4);
        ReportBlock {
            ssrc: u32_at(bytes, 0),
            fraction_lost: (word >> 24) as u8,
            // The shift up and down again extends the sign of the lower 24 bits.
            cumulative_lost: ((word << 8) as i32) >> 8,
            highest_sequence: u32_at(bytes, 8),
            jitter: u32_at(bytes, 12),
            last_sr: u32_at(bytes, 16),
            delay_since_last_sr: u32_at(bytes, 20),
        }
    }

    fn write(&self, packet: &mut Framed<'_>) {
        let lost = self.cumulative_lost.clamp(-(1 << 23), (1 << 23) - 1) as u32 & 0x00ff_ffff;
        packet.u32(self.ssrc);
        packet.u32(u32::from(self.fraction_lost) << 24 | lost);
        packet.u32(self.highest_sequence);
        packet.u32(self.jitter);
        packet.u32(self.last_sr);
        packet.u32(self.delay_since_last_sr);
    }
}

/// The report blocks of a report, read one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportBlocks<'a>(&'a [[u8; BLOCK]]);

impl<'a> ReportBlocks<'a> {
    fn parse(count: u8, bytes: &'a [u8]) -> Result<Self, Malformed> {
        let blocks = bytes.as_chunks::<BLOCK>().0;
        let blocks = blocks.get(..usize::from(count)).ok_or(Malformed("fewer report blocks than counted"))?;
        Ok(ReportBlocks(blocks))
    }

    /// The blocks.
    pub fn iter(self) -> impl Iterator<Item = ReportBlock> + 'a {
        self.0.iter().map(ReportBlock::read)
    }
}

/// What a sender says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SenderInfo {
    /// The sender.
    pub ssrc: u32,
    /// Its wall clock when it sent the report.
    pub ntp: NtpTime,
    /// The same moment in the units of its RTP timestamps.
    pub rtp_timestamp: u32,
    /// RTP packets sent since it began.
    pub packet_count: u32,
    /// Payload bytes sent since it began.
    pub octet_count: u32,
}

/// A sender report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderReport<'a> {
    /// What it has sent.
    pub info: SenderInfo,
    /// How it receives.
    pub blocks: ReportBlocks<'a>,
}

impl<'a> SenderReport<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Result<Self, Malformed> {
        let (info, blocks) = body.split_at_checked(24).ok_or(Malformed("short sender report"))?;
        let info = SenderInfo {
            ssrc: u32_at(info, 0),
            ntp: NtpTime(u64_at(info, 4)),
            rtp_timestamp: u32_at(info, 12),
            packet_count: u32_at(info, 16),
            octet_count: u32_at(info, 20),
        };
        Ok(SenderReport { info, blocks: ReportBlocks::parse(count, blocks)? })
    }
}

/// A receiver report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiverReport<'a> {
    /// Whose report.
    pub sender_ssrc: u32,
    /// How it receives.
    pub blocks: ReportBlocks<'a>,
}

impl<'a> ReceiverReport<'a> {
    pub(super) fn parse(count: u8, body: &'a [u8]) -> Result<Self, Malformed> {
        let (sender, blocks) = body.split_at_checked(4).ok_or(Malformed("short receiver report"))?;
        Ok(ReceiverReport { sender_ssrc: u32_at(sender, 0), blocks: ReportBlocks::parse(count, blocks)? })
    }
}

/// Appends a sender report.
///
/// # Errors
/// [`TooMany`] for more than 31 blocks; nothing is written then.
pub fn write_sender_report(
    out: &mut Vec<u8>,
    info: &SenderInfo,
    blocks: &[ReportBlock],
) -> Result<(), TooMany> {
    let count = check_count("report blocks", blocks.len())?;
    let mut packet = Framed::begin(out, count, packet_type::SENDER_REPORT);
    packet.u32(info.ssrc);
    packet.slice(&info.ntp.0.to_be_bytes());
    packet.u32(info.rtp_timestamp);
    packet.u32(info.packet_count);
    packet.u32(info.octet_count);
    blocks.iter().for_each(|block| block.write(&mut packet));
    packet.finish();
    Ok(())
}

/// Appends a receiver report.
///
/// # Errors
/// [`TooMany`] for more than 31 blocks; nothing is written then.
pub fn write_receiver_report(
    out: &mut Vec<u8>,
    sender_ssrc: u32,
    blocks: &[ReportBlock],
) -> Result<(), TooMany> {
    let count = check_count("report blocks", blocks.len())?;
    let mut packet = Framed::begin(out, count, packet_type::RECEIVER_REPORT);
    packet.u32(sender_ssrc);
    blocks.iter().for_each(|block| block.write(&mut packet));
    packet.finish();
    Ok(())
}
