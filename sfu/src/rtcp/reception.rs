//! Reception statistics of one source, for report blocks (RFC 3550 appendices A.1, A.3 and A.8).

use super::report::{NtpTime, ReportBlock};
use crate::Time;
use crate::rtp::sequence::distance32;

/// A jump ahead of fewer numbers than this is loss; a larger one is a restart, if the next packet confirms it
/// (RFC 3550 appendix A.1).
const MAX_DROPOUT: u16 = 3_000;
/// A packet that is late by fewer numbers than this is reordered (RFC 3550 appendix A.1).
const MAX_MISORDER: u16 = 100;

/// How one source is received.
///
/// There is no probation as in appendix A.1: only authenticated packets come this far.
#[derive(Clone, Debug)]
pub struct ReceptionStats {
    ssrc: u32,
    clock_rate: u32,
    sequence: Option<SequenceState>,
    jitter: Jitter,
    last_sr: Option<(NtpTime, Time)>,
}

#[derive(Clone, Copy, Debug)]
struct SequenceState {
    /// The first sequence number.
    base: u64,
    /// The highest one, with its cycles.
    highest: u64,
    received: u64,
    /// The number that would confirm a restart.
    restart_at: Option<u16>,
    expected_prior: u64,
    received_prior: u64,
}

impl SequenceState {
    fn starting_at(sequence: u16) -> Self {
        let base = u64::from(sequence);
        SequenceState {
            base,
            highest: base,
            received: 1,
            restart_at: None,
            expected_prior: 0,
            received_prior: 0,
        }
    }

    fn note(&mut self, sequence: u16) {
        let ahead = sequence.wrapping_sub(self.highest as u16);
        if ahead < MAX_DROPOUT {
            self.highest += u64::from(ahead);
        } else if ahead <= u16::MAX - MAX_MISORDER + 1 {
            if self.restart_at != Some(sequence) {
                self.restart_at = Some(sequence.wrapping_add(1));
                return;
            }
            *self = SequenceState::starting_at(sequence);
            return;
        }
        self.restart_at = None;
        self.received += 1;
    }

    fn expected(&self) -> u64 {
        self.highest - self.base + 1
    }

    fn lost(&self) -> i64 {
        self.expected() as i64 - self.received as i64
    }
}

/// Interarrival jitter (RFC 3550 section 6.4.1), in timestamp units, rounded down at each step.
#[derive(Clone, Copy, Debug, Default)]
struct Jitter {
    value: u32,
    last_transit: Option<u32>,
}

impl Jitter {
    fn note(&mut self, arrival: u32, timestamp: u32) {
        let transit = arrival.wrapping_sub(timestamp);
        if let Some(last) = self.last_transit {
            let difference = u64::from(distance32(transit, last).unsigned_abs());
            self.value = ((15 * u64::from(self.value) + difference) / 16) as u32;
        }
        self.last_transit = Some(transit);
    }
}

impl ReceptionStats {
    /// Statistics of `ssrc`, whose timestamps count `clock_rate` units per second.
    pub fn new(ssrc: u32, clock_rate: u32) -> Self {
        ReceptionStats { ssrc, clock_rate, sequence: None, jitter: Jitter::default(), last_sr: None }
    }

    /// Notes one RTP packet.
    pub fn note_packet(&mut self, now: Time, sequence: u16, timestamp: u32) {
        match &mut self.sequence {
            Some(state) => state.note(sequence),
            None => self.sequence = Some(SequenceState::starting_at(sequence)),
        }
        self.jitter.note(now.ticks(self.clock_rate) as u32, timestamp);
    }

    /// Notes a sender report of this source.
    pub fn note_sender_report(&mut self, now: Time, ntp: NtpTime) {
        self.last_sr = Some((ntp, now));
    }

    /// Packets expected so far, by sequence number.
    pub fn expected(&self) -> u64 {
        self.sequence.map_or(0, |state| state.expected())
    }

    /// Packets lost so far; negative with duplicates.
    pub fn lost(&self) -> i64 {
        self.sequence.map_or(0, |state| state.lost())
    }

    /// Interarrival jitter in timestamp units.
    pub fn jitter(&self) -> u32 {
        self.jitter.value
    }

    /// The highest sequence number with its cycles in the upper 16 bits.
    pub fn highest_sequence(&self) -> Option<u32> {
        self.sequence.map(|state| state.highest as u32)
    }

    /// The report block for the time since the last one; `None` before the first packet.
    pub fn report_block(&mut self, now: Time) -> Option<ReportBlock> {
        let state = self.sequence.as_mut()?;
        let (expected, received) = (state.expected(), state.received);
        let expected_interval = expected - state.expected_prior.min(expected);
        let received_interval = received - state.received_prior.min(received);
        (state.expected_prior, state.received_prior) = (expected, received);
        let lost_interval = expected_interval.saturating_sub(received_interval);
        let fraction = (lost_interval << 8).checked_div(expected_interval).unwrap_or(0);
        let (last_sr, delay_since_last_sr) = match self.last_sr {
            Some((ntp, at)) => (ntp.middle(), units_of_65536(now, at)),
            None => (0, 0),
        };
        Some(ReportBlock {
            ssrc: self.ssrc,
            fraction_lost: fraction.min(255) as u8,
            cumulative_lost: state.lost().clamp(-(1 << 23), (1 << 23) - 1) as i32,
            highest_sequence: state.highest as u32,
            jitter: self.jitter.value,
            last_sr,
            delay_since_last_sr,
        })
    }
}

/// The span from `earlier` to `now` in units of 1/65,536 s, as DLSR and DLRR count it.
pub fn units_of_65536(now: Time, earlier: Time) -> u32 {
    let units = now.since(earlier).as_nanos() * 65_536 / 1_000_000_000;
    u32::try_from(units).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jitter_of(clock_rate: u32, packets: &[(u32, u64)]) -> u32 {
        let mut stats = ReceptionStats::new(1, clock_rate);
        for (place, (timestamp, micros)) in packets.iter().enumerate() {
            stats.note_packet(Time::from_micros(*micros), place as u16, *timestamp);
        }
        stats.jitter()
    }

    #[test]
    fn t3_079_to_t3_082_jitter() {
        type Row = (&'static str, u32, &'static [(u32, u64)], u32);
        let rows: &[Row] = &[
            ("T3.079", 48_000, &[(0, 0), (960, 120_000)], 300),
            ("T3.080", 8_000, &[(1, 0), (161, 50_000), (321, 100_000)], 29),
            ("T3.082", 90_000, &[(0, 0), (900, 10_000), (1_800, 20_000), (2_700, 30_000)], 0),
        ];
        for (id, clock_rate, packets, expected) in rows {
            assert_eq!(jitter_of(*clock_rate, packets), *expected, "{id}");
        }
    }

    #[test]
    fn t3_084_jitter_of_arrivals_in_ticks() {
        let mut jitter = Jitter::default();
        for (timestamp, arrival) in [(0, 0), (1_000, 1_000), (2_000, 2_200), (3_000, 3_000)] {
            jitter.note(arrival, timestamp);
        }
        assert_eq!(jitter.value, 23);
    }

    #[test]
    fn jitter_survives_wrapping_timestamps() {
        let packets: Vec<(u32, u64)> =
            (0..10).map(|i| ((u32::MAX - 4_000).wrapping_add(i * 900), u64::from(i) * 10_000)).collect();
        assert_eq!(jitter_of(90_000, &packets), 0);
    }

    #[test]
    fn t3_077_expected_and_lost() {
        for (skipped, lost) in [(None, 0), (Some(16), 1)] {
            let mut stats = ReceptionStats::new(1, 90_000);
            for sequence in (14..=17).filter(|sequence| Some(*sequence) != skipped) {
                stats.note_packet(Time::ZERO, sequence, 0);
            }
            assert_eq!((stats.expected(), stats.lost()), (4, lost));
        }
    }

    #[test]
    fn blocks_cover_the_time_since_the_last_one() {
        let mut stats = ReceptionStats::new(7, 90_000);
        assert_eq!(stats.report_block(Time::ZERO), None);
        for sequence in [65_534u16, 65_535, 1, 2] {
            stats.note_packet(Time::ZERO, sequence, 0);
        }
        stats.note_sender_report(Time::from_millis(500), NtpTime(0x0001_0002_0003_0004));
        let block = stats.report_block(Time::from_millis(1_500)).unwrap();
        assert_eq!(block.fraction_lost, 51, "one of five");
        assert_eq!((block.cumulative_lost, block.highest_sequence), (1, 65_536 + 2));
        assert_eq!((block.last_sr, block.delay_since_last_sr), (0x0002_0003, 65_536));
        // The missing one comes late, and another twice.
        for sequence in [0, 2] {
            stats.note_packet(Time::ZERO, sequence, 0);
        }
        let block = stats.report_block(Time::from_millis(1_500)).unwrap();
        assert_eq!((block.fraction_lost, block.cumulative_lost), (0, -1));
    }

    #[test]
    fn a_restart_needs_two_packets_in_a_row() {
        let mut stats = ReceptionStats::new(7, 90_000);
        for sequence in [10, 11, 40_000, 12] {
            stats.note_packet(Time::ZERO, sequence, 0);
        }
        assert_eq!((stats.expected(), stats.lost()), (3, 0));
        for sequence in [40_000, 40_001, 40_002] {
            stats.note_packet(Time::ZERO, sequence, 0);
        }
        assert_eq!((stats.highest_sequence(), stats.expected()), (Some(40_002), 2));
        assert!(stats.report_block(Time::ZERO).is_some());
    }
}
