//! Freezes and pauses of one video flow, by the rule of W3C webrtc-stats.

use std::time::Duration;

use scenarios::Time;

use super::measure::Span;

/// Rendered intervals that the average is taken over (W3C webrtc-stats, `freezeCount`).
const AVERAGED: usize = 30;
/// What an interval must exceed the average by at least (ibid.).
const EXCESS_NANOS: u128 = 150_000_000;
/// What an interval must exceed to be a pause (ibid., `pauseCount`).
const PAUSE: Duration = Duration::from_secs(5);

/// A stretch between two rendered frames, and what it counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// From the earlier frame to the later one, or to the moment at which it was closed.
    pub span: Span,
    /// Long against the intervals before it.
    pub freeze: bool,
    /// Longer than 5 s.
    pub pause: bool,
}

/// Follows the rendered frames of one flow and judges each interval by those before it.
///
/// The judged interval is not part of the average that it is judged by; with fewer than 30 intervals before
/// it, the average is over those there are, and the first interval of a subscription is never a freeze.
#[derive(Clone, Debug)]
pub struct FreezeDetector {
    ring: [u64; AVERAGED],
    filled: usize,
    next: usize,
    sum: u64,
    last: Option<Time>,
    withheld: bool,
}

impl Default for FreezeDetector {
    fn default() -> Self {
        FreezeDetector { ring: [0; AVERAGED], filled: 0, next: 0, sum: 0, last: None, withheld: false }
    }
}

impl FreezeDetector {
    /// A frame was rendered; answers the interval that it ends.
    pub fn rendered(&mut self, at: Time) -> Option<Interval> {
        let interval = self.open_interval(at);
        if let Some(interval) = &interval {
            self.average_in(interval.span.length());
        }
        self.last = (!self.withheld).then_some(at);
        interval
    }

    /// From `at` on the SFU sends nothing of the source, by its own choice: answers the interval that is open
    /// then, if it is a freeze or a pause by now. No interval is open until frames are sent again, but those sent
    /// after are judged by those sent before (★ our own choice; W3C webrtc-stats knows no such time).
    pub fn withheld(&mut self, at: Time) -> Option<Interval> {
        let interval = self.open_interval(at).filter(|interval| interval.freeze || interval.pause);
        (self.last, self.withheld) = (None, true);
        interval
    }

    /// The SFU sends again: the next frame that is rendered begins an interval.
    pub fn sent(&mut self) {
        self.withheld = false;
    }

    /// The subscription or the run ends: answers the interval that is open then, if it is a freeze or a pause
    /// by now. The next frame starts afresh.
    pub fn close(&mut self, at: Time) -> Option<Interval> {
        let interval = self.open_interval(at).filter(|interval| interval.freeze || interval.pause);
        *self = FreezeDetector::default();
        interval
    }

    fn open_interval(&self, at: Time) -> Option<Interval> {
        let span = Span { from: self.last?, until: at };
        let length = span.length();
        Some(Interval { span, freeze: self.is_freeze(length), pause: length > PAUSE })
    }

    /// d >= max(3·avg, avg + 150 ms), in whole numbers: both sides times the number of intervals.
    fn is_freeze(&self, length: Duration) -> bool {
        let (filled, sum) = (self.filled as u128, u128::from(self.sum));
        let length = length.as_nanos() * filled;
        filled > 0 && length >= (3 * sum).max(sum + EXCESS_NANOS * filled)
    }

    fn average_in(&mut self, length: Duration) {
        let length = u64::try_from(length.as_nanos()).unwrap_or(u64::MAX / AVERAGED as u64);
        self.sum = self.sum + length - self.ring[self.next];
        self.ring[self.next] = length;
        self.next = (self.next + 1) % AVERAGED;
        self.filled = (self.filled + 1).min(AVERAGED);
    }
}

/// Freezes, pauses and the harmonic frame rate of one flow, inside the measured time.
#[derive(Clone, Debug, Default)]
pub struct FreezeRecord {
    pub(crate) detector: FreezeDetector,
    /// Every freeze of the whole run, for the raster.
    pub freezes: Vec<Span>,
    /// Intervals that end in the measured time.
    pub intervals: u64,
    /// Freezes among them.
    pub count: u64,
    /// Freezes during which the SFU went from one layer to another.
    pub at_switch: u64,
    /// When it last did.
    last_switch: Option<Time>,
    /// Freeze time inside the measured time.
    pub total: Duration,
    /// Pauses among the intervals.
    pub pauses: u64,
    /// Pause time inside the measured time.
    pub pause_total: Duration,
    interval_sum: u128,
    interval_squares: u128,
}

impl FreezeRecord {
    /// The SFU goes from one layer to another.
    pub(crate) fn switched(&mut self, at: Time) {
        self.last_switch = Some(at);
    }

    /// Takes an interval that ended within `measured` (or, when `measured` is `None`, in the warm-up).
    pub(crate) fn take(&mut self, interval: Interval, measured: Option<Span>) {
        if interval.freeze {
            self.freezes.push(interval.span);
        }
        let Some(measured) = measured else { return };
        let inside = interval.span.overlap(measured).length();
        let nanos = interval.span.length().as_nanos() as u64;
        self.intervals += 1;
        self.interval_sum += u128::from(nanos);
        // Squares are kept in square microseconds, which leaves room for a run of many hours.
        self.interval_squares += u128::from(nanos / 1_000) * u128::from(nanos / 1_000);
        if interval.freeze {
            let is_inside = |at: Time| interval.span.from <= at && at <= interval.span.until;
            self.at_switch += u64::from(self.last_switch.is_some_and(is_inside));
            self.count += 1;
            self.total += inside;
        }
        if interval.pause {
            self.pauses += 1;
            self.pause_total += inside;
        }
    }

    /// Σd / Σd² with d in seconds; `None` without an interval.
    pub fn harmonic_fps(&self) -> Option<f64> {
        let seconds = self.interval_sum as f64 / 1e9;
        (self.interval_squares > 0).then(|| seconds / (self.interval_squares as f64 / 1e12))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: Span = Span { from: Time::ZERO, until: Time::from_secs(100) };

    /// Renders at the ends of `millis`, starting with a frame at zero.
    fn record(millis: &[u64], measured: Span) -> (FreezeRecord, Time) {
        let mut record = FreezeRecord::default();
        let mut at = Time::ZERO;
        record.detector.rendered(at);
        for length in millis {
            at += Duration::from_millis(*length);
            let interval = record.detector.rendered(at).expect("a frame came before");
            record.take(interval, (at >= measured.from).then_some(measured));
        }
        (record, at)
    }

    #[test]
    fn the_threshold_is_the_larger_of_three_averages_and_150_ms_more() {
        // 50 ms intervals: max(150, 200) = 200. 100 ms intervals: max(300, 250) = 300.
        for (usual, last, freezes) in [(50, 199, 0), (50, 200, 1), (100, 299, 0), (100, 300, 1), (75, 225, 1)]
        {
            let mut intervals = vec![usual; 40];
            intervals.push(last);
            assert_eq!(record(&intervals, RUN).0.count, freezes, "{last} ms after {usual} ms");
        }
    }

    #[test]
    fn the_average_is_of_the_last_thirty() {
        // Ten long intervals have left the window when the last one comes: the average is 50 ms again.
        let mut intervals = vec![140; 10];
        intervals.extend([50; 30]);
        intervals.push(200);
        assert_eq!(record(&intervals, RUN).0.count, 1);
        // With 29 short ones the average is (140 + 29·50)/30 = 53 ms and the threshold 203 ms.
        let mut intervals = vec![140; 10];
        intervals.extend([50; 29]);
        intervals.push(202);
        assert_eq!(record(&intervals, RUN).0.count, 0);
    }

    #[test]
    fn a_freeze_around_a_switch_is_told_from_others() {
        // Frames every 50 ms, the last after 400 ms; (when the layer was switched, how many freezes that makes)
        for (switched, expected) in
            [(None, 0), (Some(949), 0), (Some(950), 1), (Some(1_350), 1), (Some(1_351), 0)]
        {
            let mut record = FreezeRecord::default();
            if let Some(switched) = switched {
                record.switched(Time::from_millis(switched));
            }
            for at in (0..20).map(|n| n * 50).chain([1_350]) {
                if let Some(interval) = record.detector.rendered(Time::from_millis(at)) {
                    record.take(interval, Some(RUN));
                }
            }
            assert_eq!((record.count, record.at_switch), (1, expected), "{switched:?}");
        }
    }

    #[test]
    fn the_first_interval_is_no_freeze_and_the_second_can_be() {
        assert_eq!(record(&[4000], RUN).0.count, 0);
        assert_eq!(record(&[50, 200], RUN).0.count, 1);
    }

    #[test]
    fn totals_are_cut_at_the_warm_up() {
        let mut intervals = vec![50; 40];
        intervals.extend([1000, 50]);
        // The freeze lasts from 2.0 to 3.0 s; measuring starts at 2.4 s.
        let measured = Span { from: Time::from_millis(2400), until: RUN.until };
        let (record, _) = record(&intervals, measured);
        assert_eq!((record.count, record.total), (1, Duration::from_millis(600)));
        assert_eq!(record.intervals, 2);
        assert_eq!(record.freezes, [Span { from: Time::from_secs(2), until: Time::from_secs(3) }]);
    }

    #[test]
    fn an_open_freeze_counts_when_it_is_closed_and_a_short_wait_does_not() {
        for (wait, open) in [(199, false), (200, true)] {
            let (mut record, at) = record(&[50; 40], RUN);
            let interval = record.detector.close(at + Duration::from_millis(wait));
            assert_eq!(interval.is_some_and(|interval| interval.freeze), open, "{wait} ms");
            assert_eq!(record.detector.rendered(at + Duration::from_secs(9)), None, "starts afresh");
        }
    }

    #[test]
    fn no_interval_is_open_while_nothing_is_sent() {
        // (wait before nothing is sent any more, whether that was a freeze by then)
        for (wait, froze) in [(30, false), (199, false), (200, true)] {
            let (mut record, at) = record(&[50; 40], RUN);
            let stopped = at + Duration::from_millis(wait);
            let open = record.detector.withheld(stopped);
            assert_eq!(
                open.map(|open| (open.span.length(), open.freeze)),
                froze.then_some((stopped.since(at), true))
            );
            // A frame that was under way opens nothing, and ten seconds later the first one ends nothing.
            let after = |millis| stopped + Duration::from_millis(millis);
            assert_eq!(record.detector.rendered(after(20)), None);
            record.detector.sent();
            assert_eq!(record.detector.rendered(after(10_000)), None);
            // The average is still 50 ms and the threshold 200 ms: 199 ms pass. With those the average is
            // (199 + 29 · 50) / 30 = 55 ms and the threshold 205 ms: 150 ms pass, and 300 ms do not.
            let intervals = [10_199, 10_349].map(|millis| record.detector.rendered(after(millis)));
            assert!(intervals.iter().flatten().all(|interval| !interval.freeze));
            let freeze = record.detector.rendered(after(10_349 + 300)).expect("a frame came before");
            assert!(freeze.freeze && !freeze.pause);
        }
    }

    #[test]
    fn a_pause_is_longer_than_five_seconds() {
        let (record, _) = record(&[50, 5000, 50, 5001], RUN);
        assert_eq!((record.pauses, record.pause_total), (1, Duration::from_millis(5001)));
    }

    #[test]
    fn harmonic_frame_rate_of_twenty_fps_with_one_freeze() {
        // Σd = 179·0.05 + 1.05 = 10 s, Σd² = 179·0.0025 + 1.1025 = 1.55 s²: 6.4516 frames per second.
        let mut intervals = vec![50; 179];
        intervals.push(1050);
        let fps = record(&intervals, RUN).0.harmonic_fps().expect("there are intervals");
        assert!((fps - 10.0 / 1.55).abs() < 1e-9, "{fps}");
        let steady = record(&[50; 20], RUN).0.harmonic_fps().expect("there are intervals");
        assert!((steady - 20.0).abs() < 1e-9);
        assert_eq!(FreezeRecord::default().harmonic_fps(), None);
    }
}
