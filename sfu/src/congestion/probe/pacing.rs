//! Spaces the packets of a probe cluster (libwebrtc, `bitrate_prober.cc`).

use std::time::Duration;

use super::{ClusterId, ProbeCluster};
use crate::{DataRate, DataSize, Time};

/// Packets are recommended to be this long at the cluster's rate, so that even a coarse timer keeps the pace
/// (libwebrtc: twice its minimum gap of 1 ms).
const PACKET_SPAN: Duration = Duration::from_millis(2);
/// Padding carries at most this much: 255 bytes of RTP padding and a header would do for low rates, but a
/// cluster of media or RTX goes up to a full packet.
const PACKET_RANGE: (u64, u64) = (100, 1_200);
/// A packet later than this spoils the measurement: give up the cluster (libwebrtc: 10 ms).
const MAX_LATENESS: Duration = Duration::from_millis(20);

/// The cluster being sent.
#[derive(Clone, Copy, Debug)]
struct Active {
    cluster: ProbeCluster,
    begun: Option<Time>,
    size: DataSize,
    packets: u32,
}

/// Sends one cluster after another, each at its rate.
#[derive(Clone, Debug, Default)]
pub struct ProbePacing {
    active: Option<Active>,
    abandoned: u64,
}

impl ProbePacing {
    /// Begins `cluster` with the next packet; one under way is given up for it.
    pub fn begin(&mut self, cluster: ProbeCluster) {
        if self.active.is_some() {
            self.abandoned += 1;
        }
        self.active = Some(Active { cluster, begun: None, size: DataSize::ZERO, packets: 0 });
    }

    /// The cluster to send for at `now`, if there is one; whether its next packet is due tells
    /// [`Self::next_send_time`]. Gives up a cluster that has fallen too far behind.
    pub fn cluster(&mut self, now: Time) -> Option<ClusterId> {
        let active = self.active?;
        if active.begun.is_some() && now.since(active.next()) > MAX_LATENESS {
            self.active = None;
            self.abandoned += 1;
            return None;
        }
        Some(active.cluster.id)
    }

    /// When the next packet of the cluster is due: [`Time::ZERO`] for the first, [`Time::NEVER`] without a
    /// cluster.
    pub fn next_send_time(&self) -> Time {
        self.active.map_or(Time::NEVER, |active| active.next())
    }

    /// The size that the cluster's packets had best have, headers included.
    pub fn packet_size(&self) -> DataSize {
        let rate = self.active.map_or(DataRate::ZERO, |active| active.cluster.rate);
        let bytes = rate.size_in(PACKET_SPAN).as_bytes();
        DataSize::from_bytes(bytes.clamp(PACKET_RANGE.0, PACKET_RANGE.1))
    }

    /// The next packet is the cluster's first and had best be padding of [`Self::packet_size`], whatever media
    /// waits: the bytes of the first packet don't count at the receiver and those of the last not at the
    /// sender, so a big first packet makes an idle link look saturated.
    pub fn wants_padding(&self) -> bool {
        self.active.is_some_and(|active| active.begun.is_none())
    }

    /// A packet of the cluster left. While a cluster is under way, nothing should leave outside of it.
    pub fn on_sent(&mut self, now: Time, size: DataSize) {
        let Some(active) = self.active.as_mut() else { return };
        active.begun.get_or_insert(now);
        active.size += size;
        active.packets += 1;
        if active.packets >= active.cluster.packets && active.size >= active.cluster.size {
            self.active = None;
        }
    }

    /// Clusters given up for lateness or for another.
    pub fn abandoned(&self) -> u64 {
        self.abandoned
    }
}

impl Active {
    fn next(&self) -> Time {
        self.begun.map_or(Time::ZERO, |begun| begun + self.cluster.rate.time_for(self.size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(kbps: u64) -> ProbeCluster {
        ProbeCluster::lasting(ClusterId(7), DataRate::from_kbps(kbps), Duration::from_millis(15), 5)
    }

    #[test]
    fn keeps_the_pace_until_both_minima_are_met() {
        for kbps in [100, 600, 1_800, 10_000, 50_000] {
            let cluster = cluster(kbps);
            let mut pacing = ProbePacing::default();
            pacing.begin(cluster);
            let (mut now, mut sent, mut packets) = (Time::from_secs(1), DataSize::ZERO, 0);
            let begun = now;
            while pacing.cluster(now) == Some(ClusterId(7)) {
                assert_eq!(pacing.wants_padding(), packets == 0);
                now = now.max(pacing.next_send_time());
                let size = pacing.packet_size();
                pacing.on_sent(now, size);
                (sent, packets) = (sent + size, packets + 1);
            }
            assert!(packets >= 5 && sent >= cluster.size);
            let last = pacing.packet_size();
            assert_eq!(last, DataSize::from_bytes(100), "no cluster, no wish");
            let rate = DataRate::of(sent, now.since(begun) + cluster.rate.time_for(sent) / packets);
            assert!(rate.as_kbps() * 100 >= kbps * 99 && rate.as_kbps() * 100 <= kbps * 101, "{rate}");
            assert_eq!(pacing.next_send_time(), Time::NEVER);
        }
    }

    #[test]
    fn a_late_cluster_is_given_up() {
        for (late_millis, kept) in [(19, true), (21, false)] {
            let mut pacing = ProbePacing::default();
            pacing.begin(cluster(1_000));
            pacing.on_sent(Time::from_secs(1), DataSize::from_bytes(250));
            let now = pacing.next_send_time() + Duration::from_millis(late_millis);
            assert_eq!(pacing.cluster(now).is_some(), kept, "{late_millis} ms late");
            assert_eq!(pacing.abandoned(), u64::from(!kept));
        }
    }

    /// libwebrtc, T8.134: at 10 Mbps the recommended size is more than a millisecond's worth, where it fits a packet.
    #[test]
    fn packets_are_at_least_a_timer_tick_long() {
        let mut pacing = ProbePacing::default();
        pacing.begin(cluster(4_000));
        assert!(pacing.packet_size() > DataRate::from_kbps(4_000).size_in(Duration::from_millis(1)));
    }
}
