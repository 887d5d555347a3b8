//! From the packets of a probe cluster to the rate that got through (libwebrtc, `probe_bitrate_estimator.cc`).

use std::time::Duration;

use super::{ClusterId, ProbeCluster};
use crate::congestion::PacketResult;
use crate::{DataRate, DataSize, Time};

/// A cluster is judged once this part of its packets and bytes was received (libwebrtc).
const MIN_RECEIVED: f64 = 0.8;
/// Received this much slower than sent, the link was saturated … (libwebrtc)
const UNSATURATED: f64 = 0.9;
/// … and this much of the received rate is safe to use (libwebrtc).
const UTILISATION: f64 = 0.95;
/// Received this much faster than sent, the measurement is void (libwebrtc).
const MAX_RATIO: f64 = 2.0;
/// Clusters that take longer are void (libwebrtc); later ones take their place.
const MAX_INTERVAL: Duration = Duration::from_secs(1);
/// Clusters in flight: two initial probes, or one of another kind and a further one behind it.
const CLUSTERS: usize = 8;

#[derive(Clone, Copy, Debug)]
struct Measured {
    cluster: ProbeCluster,
    first_sent: Time,
    last_sent: Time,
    last_sent_size: DataSize,
    first_arrival: Time,
    first_arrival_size: DataSize,
    last_arrival: Time,
    size: DataSize,
    packets: u32,
}

/// Measures the clusters that were announced to it.
#[derive(Clone, Debug, Default)]
pub struct ProbeEstimator {
    announced: [Option<ProbeCluster>; CLUSTERS],
    measured: [Option<Measured>; CLUSTERS],
}

/// What a cluster showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeResult {
    /// What is safe to use.
    pub rate: DataRate,
    /// What the line carries, if the cluster came faster than that.
    pub limit: Option<DataRate>,
}

impl ProbeEstimator {
    /// A cluster will be sent. With more than eight in flight the oldest is forgotten.
    pub fn announce(&mut self, cluster: ProbeCluster) {
        let slot = slot(cluster.id);
        self.announced[slot] = Some(cluster);
        self.measured[slot] = None;
    }

    /// Takes a received packet; answers what its cluster showed so far, if it is valid.
    pub fn on_packet(&mut self, packet: &PacketResult) -> Option<ProbeResult> {
        let (id, arrival) = (packet.sent.cluster?, packet.received?);
        let cluster = self.announced[slot(id)].filter(|cluster| cluster.id == id)?;
        let sent = packet.sent;
        let measured = self.measured[slot(id)].get_or_insert(Measured {
            cluster,
            first_sent: sent.at,
            last_sent: sent.at,
            last_sent_size: sent.size,
            first_arrival: arrival,
            first_arrival_size: sent.size,
            last_arrival: arrival,
            size: DataSize::ZERO,
            packets: 0,
        });
        measured.first_sent = measured.first_sent.min(sent.at);
        if sent.at >= measured.last_sent {
            (measured.last_sent, measured.last_sent_size) = (sent.at, sent.size);
        }
        if arrival < measured.first_arrival {
            (measured.first_arrival, measured.first_arrival_size) = (arrival, sent.size);
        }
        measured.last_arrival = measured.last_arrival.max(arrival);
        measured.size += sent.size;
        measured.packets += 1;
        measured.result()
    }
}

impl Measured {
    fn result(&self) -> Option<ProbeResult> {
        let enough_packets = f64::from(self.packets) >= f64::from(self.cluster.packets) * MIN_RECEIVED;
        if !enough_packets || self.size < scaled(self.cluster.size, MIN_RECEIVED) {
            return None;
        }
        let send_span = self.last_sent.since(self.first_sent);
        let arrival_span = self.last_arrival.since(self.first_arrival);
        let valid = |span: Duration| !span.is_zero() && span <= MAX_INTERVAL;
        if !valid(send_span) || !valid(arrival_span) {
            return None;
        }
        // The last packet's bytes left after the sending span, the first one's arrived before the other.
        let send_rate = DataRate::of(self.size - self.last_sent_size, send_span);
        let arrival_rate = DataRate::of(self.size - self.first_arrival_size, arrival_span);
        if arrival_rate > send_rate.scale(MAX_RATIO) {
            return None;
        }
        if arrival_rate < send_rate.scale(UNSATURATED) {
            return Some(ProbeResult { rate: arrival_rate.scale(UTILISATION), limit: Some(arrival_rate) });
        }
        Some(ProbeResult { rate: send_rate.min(arrival_rate), limit: None })
    }
}

fn slot(id: ClusterId) -> usize {
    id.0 as usize % CLUSTERS
}

fn scaled(size: DataSize, factor: f64) -> DataSize {
    DataSize::from_bytes((size.as_bytes() as f64 * factor) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::congestion::{PacketClass, SentPacket};
    use crate::rtcp::Ecn;

    type Row<'a> = (u32, &'a [(u64, u64, u64)]);

    fn feed(estimator: &mut ProbeEstimator, (cluster, packets): Row<'_>) -> Option<ProbeResult> {
        let mut last = None;
        for &(size, sent, arrival) in packets {
            let sent = SentPacket {
                sequence: 0,
                size: DataSize::from_bytes(size),
                at: Time::from_millis(sent),
                class: PacketClass::Padding,
                cluster: Some(ClusterId(cluster)),
            };
            let received = Some(Time::from_millis(arrival));
            last = estimator.on_packet(&PacketResult { sent, received, was_lost: false, ecn: Ecn::NotEct });
        }
        last
    }

    fn estimator(min_bytes: u64) -> ProbeEstimator {
        let mut estimator = ProbeEstimator::default();
        for id in 0..2 {
            let size = DataSize::from_bytes(min_bytes);
            let rate = DataRate::from_kbps(1_000);
            estimator.announce(ProbeCluster { id: ClusterId(id), rate, size, packets: 5 });
        }
        estimator
    }

    /// libwebrtc's `probe_bitrate_estimator_unittest.cc`, T8.002 to T8.015: (size, sent ms, arrived ms), least bytes, result.
    #[test]
    fn clusters_are_judged_by_the_slower_of_both_rates() {
        type Case<'a> = (&'a [(u64, u64, u64)], u64, Option<u64>);
        let k = 1_000;
        let rows: [Case<'_>; 9] = [
            (&[(k, 0, 10), (k, 10, 20), (k, 20, 30), (k, 30, 40)], 5_000, Some(800_000)),
            (&[(k, 0, 10), (k, 10, 20), (k, 20, 30)], 5_000, None),
            (&[(k, 0, 10), (k, 10, 20), (k, 20, 30), (k, 30, 40)], 6_000 * 5 / 4, None),
            (&[(k, 0, 10), (k, 10, 40), (k, 20, 70), (k, 30, 85)], 5_000, Some(304_000)),
            (&[(k, 0, 50), (k, 10, 50), (k, 20, 50), (k, 30, 50)], 5_000, None),
            (&[(k, 0, 10), (k, 10, 20), (k, 20, 30), (k, 40, 60)], 5_000, Some(456_000)),
            (&[(k, 0, 10), (k, 10, 20), (k, 20, 30), (k, 40, 60), (k, 50, 60)], 5_000, Some(640_000)),
            (&[(1_500, 0, 10), (k, 10, 20), (k, 20, 30), (k, 30, 40)], 5_000, Some(760_000)),
            (&[(k, 0, 10), (k, 10, 11), (k, 20, 12), (k, 30, 13)], 5_000, None),
        ];
        for (packets, min_bytes, expected) in rows {
            let got = feed(&mut estimator(min_bytes), (0, packets)).map(|result| result.rate.as_bps());
            let close = match (got, expected) {
                (Some(got), Some(expected)) => got.abs_diff(expected) <= 10,
                (got, expected) => got == expected,
            };
            assert!(close, "{packets:?}: {got:?} is not {expected:?}");
        }
    }

    #[test]
    fn clusters_are_kept_apart_and_unannounced_ones_ignored() {
        let mut e = estimator(5_000);
        let k = 1_000;
        feed(&mut e, (0, &[(k, 0, 10), (k, 10, 20), (k, 20, 30), (k, 40, 60)]));
        let second = feed(&mut e, (1, &[(k, 60, 70), (k, 65, 77), (k, 70, 84), (k, 75, 90)]));
        assert!(second.is_some_and(|result| result.rate.as_bps().abs_diff(1_140_000) <= 10));
        assert_eq!(feed(&mut e, (9, &[(k, 0, 0), (k, 1, 1), (k, 2, 2), (k, 3, 3), (k, 4, 4)])), None);
    }
}
