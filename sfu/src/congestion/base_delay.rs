//! The least one-way delay of late, above which a delay is a queue (RFC 6817, section 3.4.2 and appendix A.2).

use std::time::Duration;

use crate::Time;

/// Minutes that are remembered (RFC 6817, section 2.5: `BASE_HISTORY`): long enough that some packet finds the line
/// idle, short enough for clocks that drift apart and for a path that became longer.
const HISTORY: usize = 10;
const MINUTE: Duration = Duration::from_secs(60);

/// The least delays of the last minutes. Delays are meaningless but for differences: the clocks of both ends differ.
#[derive(Clone, Debug, Default)]
pub struct BaseDelay {
    least: [Option<i64>; HISTORY],
    begun: Option<Time>,
}

impl BaseDelay {
    /// Takes one packet, by the arrival's clock, and answers how much longer it took than the least.
    pub fn on_packet(&mut self, sent: Time, arrival: Time) -> Duration {
        let delay = nanos(arrival).saturating_sub(nanos(sent));
        let begun = *self.begun.get_or_insert(arrival);
        if arrival.since(begun) >= MINUTE {
            self.begun = Some(arrival);
            self.least.rotate_right(1);
            self.least[0] = None;
        }
        self.least[0] = Some(self.least[0].map_or(delay, |least| least.min(delay)));
        let base = self.least.iter().flatten().min().copied().unwrap_or(delay);
        Duration::from_nanos(delay.saturating_sub(base).max(0).unsigned_abs())
    }
}

fn nanos(time: Time) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_path_is_a_queue_for_ten_minutes() {
        let mut base = BaseDelay::default();
        let mut at = |second: u64, millis: u64| {
            let sent = Time::from_secs(1_000 + second);
            base.on_packet(
                sent,
                sent.saturating_sub(Duration::from_secs(500)) + Duration::from_millis(millis),
            )
        };
        assert_eq!(at(0, 50), Duration::ZERO);
        assert_eq!(at(1, 80), Duration::from_millis(30));
        assert_eq!(at(2, 40), Duration::ZERO);
        for minute in 1..10 {
            assert_eq!(at(60 * minute, 140), Duration::from_millis(100), "minute {minute}");
        }
        assert_eq!(at(605, 140), Duration::ZERO);
    }

    #[test]
    fn far_times_are_harmless() {
        let mut base = BaseDelay::default();
        for (sent, arrival) in
            [(Time::ZERO, Time::NEVER), (Time::NEVER, Time::ZERO), (Time::ZERO, Time::NEVER)]
        {
            base.on_packet(sent, arrival);
        }
    }
}
