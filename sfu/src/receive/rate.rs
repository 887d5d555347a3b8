//! The measured rate of a stream.

use std::time::Duration;

use crate::{DataRate, DataSize, Time};

/// Bins in the window.
const BINS: u64 = 20;

/// Length of one bin. Frames at 30 per second are 33 ms apart, so a bin holds one or two of them; what
/// enters and leaves with a bin at the window's edges is at most 5 % of it.
const BIN: Duration = Duration::from_millis(50);

/// A sliding window of 20 bins of 50 ms.
///
/// One second holds seven cycles of the longest common temporal pattern (four frames at 30 per second) and
/// spreads a key frame's burst, which allocation must not take for the stream's rate; and after an encoding
/// is switched on or off the measure has caught up within that second. Adding and reading cost the same
/// however fast the stream is.
#[derive(Clone, Debug, Default)]
pub struct RateMeter {
    bins: [u64; BINS as usize],
    total: u64,
    /// The first bin ever used and the newest, counted from the epoch.
    span: Option<(u64, u64)>,
}

impl RateMeter {
    /// A meter that has seen nothing.
    pub fn new() -> Self {
        RateMeter::default()
    }

    /// Counts `size` at `now`; a time before the newest counts as the newest.
    pub fn add(&mut self, now: Time, size: DataSize) {
        let bin = self.advance(now);
        let bytes = &mut self.bins[(bin % BINS) as usize];
        *bytes = bytes.saturating_add(size.as_bytes());
        self.total = self.total.saturating_add(size.as_bytes());
    }

    /// The mean rate over the last second, or over as much of it as the stream has lasted (one bin at least).
    pub fn rate(&mut self, now: Time) -> DataRate {
        let Some((first, _)) = self.span else { return DataRate::ZERO };
        let newest = self.advance(now);
        let bins = BIN.as_nanos() as u64;
        let oldest = first.max((newest + 1).saturating_sub(BINS));
        let covered = now.as_nanos().saturating_sub(oldest.saturating_mul(bins)).max(bins);
        DataRate::of(DataSize::from_bytes(self.total), Duration::from_nanos(covered))
    }

    /// Forgets everything: the stream was switched off or restarted.
    pub fn reset(&mut self) {
        *self = RateMeter::default();
    }

    /// Empties the bins between the newest and that of `now`, and returns the latter.
    fn advance(&mut self, now: Time) -> u64 {
        let bin = now.as_nanos() / BIN.as_nanos() as u64;
        let Some((_, newest)) = &mut self.span else {
            self.span = Some((bin, bin));
            return bin;
        };
        let bin = bin.max(*newest);
        for stale in (*newest + 1)..=bin.min(*newest + BINS) {
            self.total -= std::mem::take(&mut self.bins[(stale % BINS) as usize]);
        }
        *newest = bin;
        bin
    }
}

/// How long a measured rate takes to count for 63 %: a few of the meter's windows.
const SETTLING: f64 = 3.0;
/// The same for the fall of a rate that is held: several of a conversation's pauses of 1.6 s (ITU-T P.59, table 1).
const FADING: f64 = 10.0;
/// … and of one that is held through silences: what layers took meanwhile would have to be given back when somebody goes
/// on.
const FORGETTING: f64 = 60.0;

/// The same for what a stream takes in the long run: several bursts of a screen share, and the pauses between them.
const SUSTAINING: f64 = 20.0;

/// A measured rate smoothed over seconds.
///
/// The lowest temporal layer has four frames in a [`RateMeter`]'s second, which differ in size by their content:
/// the measure sways by half. Whoever chooses layers by it takes turns among equals.
#[derive(Clone, Copy, Debug, Default)]
pub struct SteadyRate {
    bps: f64,
    at: Option<Time>,
}

impl SteadyRate {
    /// Takes what is measured at `now`; answers the smoothed rate. Nothing measured is a stream that ended: what
    /// comes after it starts anew.
    pub fn update(&mut self, now: Time, measured: DataRate) -> DataRate {
        if measured == DataRate::ZERO {
            *self = SteadyRate::default();
            return DataRate::ZERO;
        }
        self.approach(now, measured, SETTLING);
        DataRate::from_bps(self.bps as u64)
    }

    /// Takes what is measured at `now` of a stream that sends in bursts; answers what it takes in the long run.
    pub fn sustain(&mut self, now: Time, measured: DataRate) -> DataRate {
        // From nothing: the key frame that it begins with says little of the long run.
        self.at.get_or_insert(now);
        self.approach(now, measured, SUSTAINING);
        DataRate::from_bps(self.bps as u64)
    }

    /// Takes what is measured at `now` of a stream that comes and goes, as a voice does; answers a rate that rises
    /// with it at once and falls over ten seconds: somebody who pauses will go on.
    pub fn hold(&mut self, now: Time, measured: DataRate) -> DataRate {
        self.hold_for(now, measured, FADING)
    }

    /// The same, but it falls over a minute.
    pub fn hold_long(&mut self, now: Time, measured: DataRate) -> DataRate {
        self.hold_for(now, measured, FORGETTING)
    }

    fn hold_for(&mut self, now: Time, measured: DataRate, fading: f64) -> DataRate {
        self.approach(now, measured, fading);
        self.bps = self.bps.max(measured.as_bps() as f64);
        DataRate::from_bps(self.bps as u64)
    }

    fn approach(&mut self, now: Time, measured: DataRate, settling: f64) {
        let weight = self.at.map_or(1.0, |at| {
            let seconds = now.since(at).as_nanos() as f64 / 1e9;
            seconds / (seconds + settling)
        });
        self.bps += weight * (measured.as_bps() as f64 - self.bps);
        self.at = self.at.max(Some(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_rate_follows_over_seconds_and_starts_anew_after_nothing() {
        let mut steady = SteadyRate::default();
        let (low, high) = (DataRate::from_kbps(40), DataRate::from_kbps(80));
        assert_eq!(steady.update(Time::from_secs(1), low), low);
        // One second at twice the rate counts for 1 / (1 + 3); no time, for nothing.
        assert_eq!(steady.update(Time::from_secs(2), high), DataRate::from_kbps(50));
        assert_eq!(steady.update(Time::from_secs(2), low), DataRate::from_kbps(50));
        assert_eq!(steady.update(Time::from_secs(3), DataRate::ZERO), DataRate::ZERO);
        assert_eq!(steady.update(Time::from_secs(4), high), high);
    }

    #[test]
    fn a_burst_counts_little_in_the_long_run() {
        let mut sustained = SteadyRate::default();
        assert_eq!(sustained.sustain(Time::from_secs(1), DataRate::from_kbps(9_000)), DataRate::ZERO);
        // A second counts for 1 / (1 + 20).
        let burst = sustained.sustain(Time::from_secs(2), DataRate::from_kbps(2_100));
        assert_eq!(burst, DataRate::from_kbps(100));
        let after =
            (3..200).map(|second| sustained.sustain(Time::from_secs(second), DataRate::from_kbps(500)));
        assert_eq!(after.last().map(|rate| rate.as_kbps() / 10), Some(49));
    }

    #[test]
    fn a_held_rate_rises_at_once_and_fades() {
        let mut held = SteadyRate::default();
        let rate = DataRate::from_kbps(44);
        assert_eq!(held.hold(Time::from_secs(1), DataRate::ZERO), DataRate::ZERO);
        assert_eq!(held.hold(Time::from_secs(2), rate), rate);
        // One second of silence counts for 1 / (1 + 10), or six for 6 / (6 + 60).
        let mut long = held;
        assert_eq!(held.hold(Time::from_secs(3), DataRate::ZERO), DataRate::from_kbps(40));
        assert_eq!(held.hold(Time::from_secs(4), rate), rate);
        assert_eq!(long.hold_long(Time::from_secs(8), DataRate::ZERO), DataRate::from_kbps(40));
    }

    /// 1,000 bytes every 10 ms from `from` to `to`: 800 kbit/s.
    fn fill(meter: &mut RateMeter, from: u64, to: u64) {
        for ms in (from..to).step_by(10) {
            meter.add(Time::from_millis(ms), DataSize::from_bytes(1_000));
        }
    }

    #[test]
    fn a_constant_stream_measures_its_rate_from_early_on() {
        let mut meter = RateMeter::new();
        assert_eq!(meter.rate(Time::from_secs(9)), DataRate::ZERO);
        for end in [200, 1_000, 1_050, 5_000, 60_000] {
            let mut meter = RateMeter::new();
            fill(&mut meter, 0, end);
            assert_eq!(meter.rate(Time::from_millis(end)), DataRate::from_kbps(800), "until {end} ms");
        }
    }

    #[test]
    fn the_window_slides_and_empties() {
        let mut meter = RateMeter::new();
        fill(&mut meter, 0, 1_000);
        // Half of the bins are stale at 1.5 s, all at 2 s; an hour of silence costs no more than one second.
        assert_eq!(meter.rate(Time::from_millis(1_499)).as_kbps(), 400);
        assert_eq!(meter.rate(Time::from_secs(2)), DataRate::ZERO);
        fill(&mut meter, 3_600_000, 3_601_000);
        assert_eq!(meter.rate(Time::from_secs(3_601)).as_kbps() / 10, 80);
        meter.reset();
        assert_eq!(meter.rate(Time::from_secs(3_602)), DataRate::ZERO);
    }

    #[test]
    fn one_burst_does_not_look_like_a_rate_of_its_own() {
        let mut meter = RateMeter::new();
        meter.add(Time::from_millis(40), DataSize::from_bytes(5_000));
        // 5,000 bytes over one bin, not over an instant.
        assert_eq!(meter.rate(Time::from_millis(40)), DataRate::from_kbps(800));
        // Time that runs backwards counts as the newest bin.
        meter.add(Time::ZERO, DataSize::from_bytes(5_000));
        assert_eq!(meter.rate(Time::from_millis(40)), DataRate::from_kbps(1_600));
    }
}
