//! No receiver is sent more video than its line is believed to carry.

use std::time::Duration;

use sfu::{DataRate, Time};

/// How long a fall of the estimate may take to show in what is sent: layers are chosen anew every 100 ms, and a lower
/// layer can begin only at its next key frame, which takes a round trip and an encoder's and an uplink's time.
const REACTION: Duration = Duration::from_secs(2);

/// How far what is sent may run ahead of the estimate, seconds of it: layers are measured over about that long.
const AHEAD: f64 = 0.5;

/// What it may be ahead by whatever the estimate is, bits: 300 kB. Key frames of several pictures come when they come, and
/// a screen share that swings to three times what it declares is held on to until its rate is believed: in
/// `screen-share-burst`, the shipped scenario that comes closest, that makes 240 kB. Without a burst no scenario leaves
/// [`AHEAD`].
const FLOOR: f64 = 300_000.0 * 8.0;

/// What was sent to a receiver, less what its estimate drains.
#[derive(Clone, Debug, Default)]
pub struct Budget {
    level: f64,
    drained: Time,
    /// The estimates of the last while, bit/s, the newest last; the first one counts from before.
    estimates: Vec<(Time, f64)>,
    /// The greatest of them, which every packet asks for and few estimates change.
    rate: f64,
}

impl Budget {
    /// The estimate is `rate` from `now` on.
    pub fn estimate(&mut self, now: Time, rate: DataRate) {
        let bps = rate.as_bps() as f64;
        if self.estimates.last().is_some_and(|(_, last)| *last == bps) {
            return;
        }
        let old = self.estimates.iter().skip(1).take_while(|(since, _)| *since + REACTION <= now).count();
        self.estimates.drain(..old);
        self.rate = self.estimates.iter().fold(0.0, |most, (_, bps)| most.max(*bps));
        self.drain(now);
        self.estimates.push((now, bps));
        self.rate = self.rate.max(bps);
    }

    fn drain(&mut self, now: Time) {
        let since = now.since(self.drained).as_secs_f64();
        self.level = (self.level - since * self.rate).max(0.0);
        self.drained = now;
    }

    /// Video is sent; tells how far it is ahead, seconds of the estimate, if that is too far.
    pub fn sent(&mut self, now: Time, bytes: usize) -> Option<f64> {
        if self.estimates.is_empty() {
            return None;
        }
        self.drain(now);
        self.level += bytes as f64 * 8.0;
        let rate = self.rate;
        (self.level > AHEAD * rate + FLOOR).then(|| self.level / rate)
    }
}
