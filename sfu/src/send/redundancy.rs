//! How much redundant audio (RFC 2198) a receiver's line asks for.

use std::time::Duration;

use crate::congestion::PacketResult;
use crate::time::Time;

/// Losses are counted per period, and every period that passes lowers the weight of those before it.
const PERIOD: Duration = Duration::from_secs(1);
/// To this share: a loss counts for five seconds on average.
const REMAINS: f64 = 0.8;
/// So many packets have to be known before anything follows: a second of one microphone.
const LEAST_PACKETS: f64 = 50.0;
/// And so many of them lost: one packet is no pattern.
const LEAST_LOST: f64 = 2.0;
/// From this loss on, a packet is sent again with the next one, and from the second on with the next two. A packet
/// and its only copy are both lost with the loss squared: 6 % leave 0.4 %, which one doesn't hear.
const RAISE: [f64; MAX_DISTANCE as usize] = [0.02, 0.06];
/// Below this loss, the same is given up again: clearly lower, so that nothing flaps.
const LOWER: [f64; MAX_DISTANCE as usize] = [0.01, 0.04];
/// And only after so long: loss comes in bouts.
const HOLD: Duration = Duration::from_secs(5);
/// The most packets that are sent along with one.
pub(crate) const MAX_DISTANCE: u8 = 2;

/// Follows the loss of one downlink.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RedundancyControl {
    packets: f64,
    lost: f64,
    /// When the current period began.
    period: Time,
    distance: u8,
    /// Since when less would do.
    calm: Option<Time>,
}

impl RedundancyControl {
    /// How many packets to send along with each.
    pub(crate) fn distance(&self) -> u8 {
        self.distance
    }

    /// Takes what transport-wide feedback says of packets that were sent on this line.
    pub(crate) fn on_feedback(&mut self, now: Time, results: &[PacketResult]) {
        self.fade(now);
        for result in results {
            match (result.received, result.was_lost) {
                (None, _) => (self.packets, self.lost) = (self.packets + 1.0, self.lost + 1.0),
                (Some(_), false) => self.packets += 1.0,
                // It was counted, and only came late.
                (Some(_), true) => self.lost = (self.lost - 1.0).max(0.0),
            }
        }
        if self.packets >= LEAST_PACKETS {
            self.decide(now);
        }
    }

    fn fade(&mut self, now: Time) {
        let periods = now.since(self.period).as_nanos() / PERIOD.as_nanos();
        if periods == 0 {
            return;
        }
        // After a minute nothing is left that could be counted.
        if periods > 60 {
            (self.packets, self.lost) = (0.0, 0.0);
        }
        for _ in 0..periods.min(60) {
            (self.packets, self.lost) = (self.packets * REMAINS, self.lost * REMAINS);
        }
        self.period = now;
    }

    fn decide(&mut self, now: Time) {
        let loss = self.lost / self.packets;
        let level = usize::from(self.distance);
        if self.distance < MAX_DISTANCE && loss >= RAISE[level] && self.lost >= LEAST_LOST {
            self.distance += 1;
            self.calm = None;
        } else if self.distance > 0 && loss < LOWER[level - 1] {
            let since = *self.calm.get_or_insert(now);
            if now.since(since) >= HOLD {
                self.distance -= 1;
                self.calm = None;
            }
        } else {
            self.calm = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::congestion::{PacketClass, SentPacket};
    use crate::rtcp::Ecn;
    use crate::units::DataSize;

    fn result(lost: bool, was_lost: bool) -> PacketResult {
        let at = Time::ZERO;
        let size = DataSize::from_bytes(100);
        let sent = SentPacket { sequence: 0, size, at, class: PacketClass::Media, cluster: None };
        PacketResult { sent, received: (!lost).then_some(Time::ZERO), was_lost, ecn: Ecn::NotEct }
    }

    /// A second of 100 packets, of which `lost` are lost, in two reports.
    fn second(control: &mut RedundancyControl, at: u64, lost: usize) {
        let results: Vec<_> = (0..100).map(|n| result(n < lost, false)).collect();
        control.on_feedback(Time::from_millis(1_000 * at), &results[..50]);
        control.on_feedback(Time::from_millis(1_000 * at + 500), &results[50..]);
    }

    #[test]
    fn loss_raises_it_and_calm_lowers_it_late() {
        let mut control = RedundancyControl::default();
        // seconds, packets of a hundred lost in each, distance at the end
        let rows = [
            (10, 0, 0),
            (10, 1, 0), // 1 % isn't worth it
            (10, 3, 1),
            (10, 2, 1),
            (20, 8, 2),
            (20, 5, 2), // between the thresholds, it stays
            (30, 2, 1), // below 4 %
            (20, 1, 1), // 1 % isn't below 1 %
            (3, 0, 1),  // not at once
            (20, 0, 0),
        ];
        let mut at = 10;
        for (n, (seconds, lost, distance)) in rows.into_iter().enumerate() {
            for _ in 0..seconds {
                second(&mut control, at, lost);
                at += 1;
            }
            assert_eq!(control.distance(), distance, "row {n}");
        }
    }

    #[test]
    fn little_is_known_from_few_packets_and_late_ones_are_no_loss() {
        let mut control = RedundancyControl::default();
        control.on_feedback(Time::from_secs(1), &[result(true, false); 49]);
        assert_eq!(control.distance(), 0);
        control.on_feedback(Time::from_secs(1), &[result(false, true); 49]);
        control.on_feedback(Time::from_secs(1), &[result(false, false); 100]);
        assert_eq!(control.distance(), 0, "they came after all");
        // A day later nothing of it counts.
        let mut control = RedundancyControl::default();
        control.on_feedback(Time::from_secs(1), &[result(true, false); 49]);
        control.on_feedback(Time::from_secs(86_400), &[result(false, false); 60]);
        assert_eq!(control.distance(), 0);
    }
}
