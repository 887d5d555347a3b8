//! From the times that a packet's way left behind to the parts of a frame's latency.

use std::time::Duration;

use reports::observation::LatencyParts;
use sfu::Time;

use crate::participant::media::sender_log::{HopRecord, UplinkRecord};
use crate::participant::media::stamp::VideoStamp;

/// How one packet came from the SFU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// When it (the first copy of it) reached the SFU.
    pub sfu_arrived: Time,
    /// When the SFU first handed it to the network towards this receiver.
    pub first_forwarded: Time,
    /// The crossing of the copy that arrived.
    pub down: HopRecord,
}

impl Arrival {
    /// For a packet that forward error correction put together when another one came by `down`. When the SFU had it
    /// in hand only its publisher's log can tell; what passed from then on to the other's sending is repair.
    pub const fn recovered(down: HopRecord) -> Self {
        Arrival { sfu_arrived: Time::NEVER, first_forwarded: Time::NEVER, down }
    }

    fn at_sfu(&self, uplink: Option<&UplinkRecord>) -> (Time, Time) {
        if self.sfu_arrived < Time::NEVER {
            return (self.sfu_arrived, self.first_forwarded);
        }
        let arrived = uplink.map_or(self.down.sent, |uplink| uplink.hop.arrived);
        (arrived, arrived)
    }
}

/// Finds a packet's way from its publisher to the SFU.
pub trait UplinkLookup {
    /// The way of the packet that carries `stamp`; `None` when nobody remembers it.
    fn uplink(&self, stamp: &VideoStamp) -> Option<UplinkRecord>;
}

impl<F: Fn(&VideoStamp) -> Option<UplinkRecord>> UplinkLookup for F {
    fn uplink(&self, stamp: &VideoStamp) -> Option<UplinkRecord> {
        self(stamp)
    }
}

/// The whole way of the packet that completed a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Journey {
    pub(super) captured: Time,
    pub(super) encoded: Time,
    pub(super) uplink: Option<UplinkRecord>,
    pub(super) arrival: Arrival,
    /// When the packet was here and the frame complete.
    pub(super) completed: Time,
}

/// Walks along a line of times; each step is clamped, so the steps always sum to the line's length.
struct Walk {
    at: Time,
    end: Time,
}

impl Walk {
    fn to(&mut self, next: Time) -> Duration {
        let next = next.clamp(self.at, self.end);
        let span = next - self.at;
        self.at = next;
        span
    }
}

impl Journey {
    /// The parts of the time from capture to `rendered`; they sum exactly to it, whatever the times claim.
    ///
    /// Without a record of the uplink, all from the encoder to the SFU is `up_repair`: only a packet that was
    /// repaired very late outlives its publisher's log.
    pub(super) fn parts(&self, released: Time, rendered: Time) -> LatencyParts {
        let mut walk = Walk { at: self.captured, end: rendered.max(self.captured) };
        let mut parts = LatencyParts { encode: walk.to(self.encoded), ..LatencyParts::default() };
        let down = &self.arrival.down;
        let (sfu_arrived, first_forwarded) = self.arrival.at_sfu(self.uplink.as_ref());
        match &self.uplink {
            Some(UplinkRecord { first_sent, hop }) => {
                parts.pacer = walk.to(*first_sent);
                parts.up_repair = walk.to(hop.sent);
                let before = walk.to(hop.queued);
                parts.up_queue = walk.to(hop.tx_start);
                parts.up_serialise = walk.to(hop.tx_end);
                parts.up_propagate = before + walk.to(sfu_arrived);
            }
            None => parts.up_repair = walk.to(sfu_arrived),
        }
        parts.sfu = walk.to(first_forwarded);
        parts.down_repair = walk.to(down.sent);
        let before = walk.to(down.queued);
        parts.down_queue = walk.to(down.tx_start);
        parts.down_serialise = walk.to(down.tx_end);
        parts.down_propagate = before + walk.to(self.completed);
        parts.jitter_buffer = walk.to(released);
        parts.decode = walk.to(rendered);
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(millis: u64) -> Time {
        Time::from_millis(millis)
    }

    fn hop(times: [u64; 5]) -> HopRecord {
        let [sent, queued, tx_start, tx_end, arrived] = times.map(ms);
        HopRecord { sent, queued, tx_start, tx_end, arrived }
    }

    fn journey() -> Journey {
        Journey {
            captured: ms(100),
            encoded: ms(107),
            uplink: Some(UplinkRecord { first_sent: ms(110), hop: hop([150, 151, 154, 156, 171]) }),
            arrival: Arrival {
                sfu_arrived: ms(171),
                first_forwarded: ms(172),
                down: hop([222, 222, 227, 228, 248]),
            },
            completed: ms(248),
        }
    }

    #[test]
    fn each_part_is_the_time_between_its_marks() {
        let parts = journey().parts(ms(260), ms(264));
        let expected = [7, 3, 40, 3, 2, 16, 1, 50, 5, 1, 20, 12, 4];
        assert_eq!(parts.values(), expected.map(Duration::from_millis));
        assert_eq!(parts.total(), Duration::from_millis(164));
    }

    #[test]
    fn what_error_correction_recovered_waited_from_the_sfu_on() {
        let arrival = Arrival::recovered(hop([222, 222, 227, 228, 248]));
        let parts = Journey { arrival, ..journey() }.parts(ms(260), ms(264));
        let expected = [7, 3, 40, 3, 2, 16, 0, 51, 5, 1, 20, 12, 4];
        assert_eq!(parts.values(), expected.map(Duration::from_millis));
        let parts = Journey { arrival, uplink: None, ..journey() }.parts(ms(260), ms(264));
        assert_eq!((parts.up_repair, parts.down_repair), (Duration::from_millis(115), Duration::ZERO));
    }

    #[test]
    fn a_forgotten_uplink_is_repair() {
        let parts = Journey { uplink: None, ..journey() }.parts(ms(260), ms(264));
        assert_eq!((parts.pacer, parts.up_repair), (Duration::ZERO, Duration::from_millis(64)));
        assert_eq!(parts.total(), Duration::from_millis(164));
    }

    proptest! {
        #[test]
        fn parts_sum_even_when_times_are_nonsense(t in prop::array::uniform16(any::<u64>()), known: bool) {
            let n = |i: usize| Time::from_nanos(t[i]);
            let hop = |i| HopRecord { sent: n(i), queued: n(i + 1), tx_start: n(i), tx_end: n(i + 2), arrived: n(i) };
            let journey = Journey {
                captured: n(0),
                encoded: n(1),
                uplink: known.then(|| UplinkRecord { first_sent: n(2), hop: hop(3) }),
                arrival: Arrival { sfu_arrived: n(7), first_forwarded: n(8), down: hop(9) },
                completed: n(13),
            };
            prop_assert_eq!(journey.parts(n(14), n(15)).total(), n(15).since(n(0)));
        }
    }
}
