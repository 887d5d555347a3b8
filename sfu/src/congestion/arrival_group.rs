//! Packets gathered into groups that left together, and the growth of delay from one group to the next
//! (draft-ietf-rmcat-gcc-02, section 5.2; libwebrtc, `inter_arrival_delta.cc`).

use crate::Time;

/// Packets sent within this span of a group's first belong to it (libwebrtc, `delay_based_bwe.cc`).
const GROUP_NANOS: i64 = 5_000_000;
/// Packets that arrive within this span of the one before, faster than they were sent, left a queue
/// together and count as one burst (libwebrtc, `inter_arrival_delta.cc`).
const BURST_GAP_NANOS: i64 = 5_000_000;
/// A burst lasts this long at most (ibid.).
const BURST_MAX_NANOS: i64 = 100_000_000;
/// After so many groups in a row that arrive before their predecessor, start anew (ibid.).
const REORDERED_LIMIT: u32 = 3;
/// The remote clock jumped if arrivals run this far ahead of our own clock between two groups (ibid.).
const CLOCK_JUMP_NANOS: i64 = 3_000_000_000;

/// The change from one group of packets to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupDelta {
    /// Nanoseconds between the groups' last packets as sent; negative if the earlier group was a burst.
    pub send_nanos: i64,
    /// Nanoseconds between the groups' last packets as received; never negative.
    pub arrival_nanos: i64,
}

#[derive(Clone, Copy, Debug)]
struct Group {
    first_sent: Time,
    last_sent: Time,
    first_arrival: Time,
    last_arrival: Time,
    /// On our own clock: when the feedback on the last packet came.
    reported: Time,
}

impl Group {
    fn of(sent: Time, arrival: Time, reported: Time) -> Self {
        Group { first_sent: sent, last_sent: sent, first_arrival: arrival, last_arrival: arrival, reported }
    }

    fn takes(&self, sent: Time, arrival: Time) -> bool {
        self.is_burst_with(sent, arrival) || signed(sent, self.first_sent) <= GROUP_NANOS
    }

    fn is_burst_with(&self, sent: Time, arrival: Time) -> bool {
        let sent_apart = signed(sent, self.last_sent);
        let arrived_apart = signed(arrival, self.last_arrival);
        sent_apart == 0
            || (arrived_apart < sent_apart
                && arrived_apart <= BURST_GAP_NANOS
                && signed(arrival, self.first_arrival) < BURST_MAX_NANOS)
    }
}

/// Builds groups from packets in order of arrival.
#[derive(Clone, Debug, Default)]
pub struct ArrivalGroups {
    previous: Option<Group>,
    current: Option<Group>,
    reordered: u32,
}

impl ArrivalGroups {
    /// Takes the next received packet: when it was sent, when it arrived on the remote clock, and when we
    /// learned of it. Returns the delta between the two groups before, if the packet begins a new one.
    pub fn on_packet(&mut self, sent: Time, arrival: Time, reported: Time) -> Option<GroupDelta> {
        let Some(current) = self.current.as_mut() else {
            self.current = Some(Group::of(sent, arrival, reported));
            return None;
        };
        if sent < current.first_sent {
            return None;
        }
        if current.takes(sent, arrival) {
            current.last_sent = current.last_sent.max(sent);
            current.last_arrival = arrival;
            current.reported = reported;
            return None;
        }
        let finished = *current;
        let delta = match self.previous {
            None => None,
            Some(previous) => match self.delta(&previous, &finished) {
                Ok(delta) => Some(delta),
                Err(Restart(true)) => {
                    *self = ArrivalGroups::default();
                    return None;
                }
                Err(Restart(false)) => return None,
            },
        };
        self.previous = Some(finished);
        self.current = Some(Group::of(sent, arrival, reported));
        delta
    }

    fn delta(&mut self, previous: &Group, finished: &Group) -> Result<GroupDelta, Restart> {
        let send_nanos = signed(finished.last_sent, previous.last_sent);
        let arrival_nanos = signed(finished.last_arrival, previous.last_arrival);
        let own_nanos = signed(finished.reported, previous.reported);
        if arrival_nanos - own_nanos >= CLOCK_JUMP_NANOS {
            return Err(Restart(true));
        }
        if arrival_nanos < 0 {
            self.reordered += 1;
            return Err(Restart(self.reordered >= REORDERED_LIMIT));
        }
        self.reordered = 0;
        Ok(GroupDelta { send_nanos, arrival_nanos })
    }
}

/// No delta could be had; whether to begin from nothing.
struct Restart(bool);

/// `later − earlier` in nanoseconds, negative if it is the other way round.
fn signed(later: Time, earlier: Time) -> i64 {
    let clamp = |nanos: u64| i64::try_from(nanos).unwrap_or(i64::MAX);
    clamp(later.as_nanos()).saturating_sub(clamp(earlier.as_nanos()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(rows: &[(u64, u64)]) -> Vec<Option<GroupDelta>> {
        let mut groups = ArrivalGroups::default();
        rows.iter()
            .map(|&(sent, arrival)| {
                let arrival = Time::from_micros(arrival);
                groups.on_packet(Time::from_micros(sent), arrival, arrival)
            })
            .collect()
    }

    fn delta(send_micros: i64, arrival_micros: i64) -> Option<GroupDelta> {
        Some(GroupDelta { send_nanos: send_micros * 1_000, arrival_nanos: arrival_micros * 1_000 })
    }

    #[test]
    fn groups_by_send_time() {
        let deltas = feed(&[(0, 50_000), (4_000, 54_000), (20_000, 70_000), (40_000, 95_000)]);
        assert_eq!(deltas, [None, None, None, delta(16_000, 16_000)]);
    }

    /// str0m's row T8.037: the third packet arrives within 5 ms of the second and faster than it was sent, so it
    /// joins the group; the fourth begins the next.
    #[test]
    fn a_burst_out_of_a_queue_is_one_group() {
        let deltas = feed(&[(0, 150), (50, 225), (5_152, 5_224), (5_700, 6_000), (30_000, 30_300)]);
        assert_eq!(deltas, [None, None, None, None, delta(5_700 - 5_152, 6_000 - 5_224)]);
    }

    /// str0m's row T8.038: the second packet joins the first as a burst, so the third, sent before it, goes back.
    #[test]
    fn a_group_may_end_before_the_burst_that_it_follows() {
        let ms = 1_000;
        let deltas = feed(&[(0, 0), (60 * ms, 5 * ms), (40 * ms, 10 * ms), (70 * ms, 20 * ms)]);
        assert_eq!(deltas, [None, None, None, delta(-20_000, 5_000)]);
    }

    #[test]
    fn a_packet_sent_before_its_group_began_says_nothing() {
        let ms = 1_000;
        let deltas = feed(&[(0, 0), (20 * ms, 20 * ms), (10 * ms, 25 * ms), (40 * ms, 40 * ms)]);
        assert_eq!(deltas, [None, None, None, delta(20_000, 20_000)]);
    }

    #[test]
    fn a_jump_of_the_remote_clock_starts_anew() {
        let mut groups = ArrivalGroups::default();
        let at = Time::from_millis;
        assert_eq!(groups.on_packet(at(0), at(0), at(50)), None);
        assert_eq!(groups.on_packet(at(20), at(9_000), at(70)), None);
        assert_eq!(groups.on_packet(at(40), at(9_020), at(90)), None);
        assert_eq!(groups.on_packet(at(60), at(9_040), at(110)), None);
        assert!(groups.on_packet(at(80), at(9_060), at(130)).is_none());
        assert!(groups.on_packet(at(100), at(9_080), at(150)).is_some());
    }
}
