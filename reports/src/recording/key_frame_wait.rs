//! From a receiver's request for a key frame to the picture that answers it.

use std::time::Duration;

use scenarios::Time;

use super::Measure;
use crate::Histogram;

/// The waits of one video flow, within the measured time.
#[derive(Clone, Debug, Default)]
pub struct KeyFrameWaits {
    /// Request to the first frame rendered that was captured after it, ns.
    pub done: Histogram,
    /// Requests that were not answered before the subscription ended: how long that was.
    pub censored: Vec<Duration>,
    /// The first request that is not answered.
    since: Option<Time>,
}

impl KeyFrameWaits {
    /// The receiver asked; again, perhaps.
    pub(crate) fn wanted(&mut self, at: Time) {
        self.since = self.since.or(Some(at));
    }

    /// A frame was rendered. What was on its way already when the receiver asked does not answer.
    pub(crate) fn rendered(&mut self, at: Time, captured: Time, measure: &Measure) {
        if let Some(since) = self.since.filter(|since| captured >= *since) {
            self.since = None;
            if measure.contains(since) {
                self.done.record_duration(at.since(since));
            }
        }
    }

    /// The SFU stops to send the source, as it chose: nobody waits any more.
    pub(crate) fn withheld(&mut self) {
        self.since = None;
    }

    /// The subscription ends.
    pub(crate) fn ended(&mut self, at: Time, measure: &Measure) {
        if let Some(since) = self.since.take().filter(|since| measure.contains(*since)) {
            self.censored.push(at.since(since));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEASURE: Measure =
        Measure { from: Time::from_secs(1), until: Time::from_secs(9), bin: Measure::BIN };

    fn means(waits: &KeyFrameWaits) -> (u64, Option<f64>) {
        (waits.done.count(), waits.done.distribution().mean())
    }

    #[test]
    fn the_first_request_waits_for_a_frame_captured_after_it() {
        let ms = Time::from_millis;
        let mut waits = KeyFrameWaits::default();
        waits.wanted(ms(2_000));
        waits.rendered(ms(2_010), ms(1_950), &MEASURE);
        waits.wanted(ms(2_500));
        assert_eq!(means(&waits), (0, None));
        waits.rendered(ms(2_800), ms(2_600), &MEASURE);
        waits.rendered(ms(2_850), ms(2_650), &MEASURE);
        assert_eq!(means(&waits), (1, Some(800e6)));
    }

    #[test]
    fn no_answer_is_censored_unless_nothing_was_to_come() {
        let ms = Time::from_millis;
        let mut waits = KeyFrameWaits::default();
        waits.wanted(ms(2_000));
        waits.ended(ms(5_000), &MEASURE);
        waits.wanted(ms(6_000));
        waits.withheld();
        waits.ended(ms(7_000), &MEASURE);
        assert_eq!(waits.censored, [Duration::from_secs(3)]);
        // In the warm-up.
        waits.wanted(ms(900));
        waits.rendered(ms(1_100), ms(1_000), &MEASURE);
        assert_eq!(means(&waits), (0, None));
    }
}
