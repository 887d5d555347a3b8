//! The delay-based estimate and its probes as libwebrtc's `delay_based_bwe_unittest.cc` plays them, restated by Jitsi
//! (T8.047 to T8.063): one feedback per packet, at its arrival.

use std::time::Duration;

use crate::congestion::delay_based::DelayBased;
use crate::congestion::gcc::{Gcc, GccConfig};
use crate::congestion::probe::ProbeCluster;
use crate::congestion::probe::estimator::ProbeEstimator;
use crate::congestion::{
    ClusterId, CongestionController, ControllerState, PacketClass, PacketResult, SentPacket,
};
use crate::rtcp::Ecn;
use crate::{DataRate, DataSize, Time};

fn kbps(n: u64) -> DataRate {
    DataRate::from_kbps(n)
}

fn packet(sent: Time, arrival: Time, bytes: u64, cluster: Option<u32>) -> PacketResult {
    let sent = SentPacket {
        sequence: (sent.as_micros() / 100) as u16,
        size: DataSize::from_bytes(bytes),
        at: sent,
        class: PacketClass::Media,
        cluster: cluster.map(ClusterId),
    };
    PacketResult { sent, received: Some(arrival), was_lost: false, ecn: Ecn::NotEct }
}

/// (packets, sent every so many ms, arriving every so many ms) for clusters 0 and 1; the last result.
fn probed(clusters: [(u64, u64, u64); 2]) -> Option<DataRate> {
    let mut estimator = ProbeEstimator::default();
    let wants = [(5, 2_000), (8, 4_000)];
    for (id, (packets, bytes)) in (0..).zip(wants) {
        let size = DataSize::from_bytes(bytes);
        estimator.announce(ProbeCluster { id: ClusterId(id), rate: kbps(1_000), size, packets });
    }
    let (mut sent, mut arrival, mut last) = (1_000, 1_000, None);
    for (id, (packets, every, arriving)) in (0..).zip(clusters) {
        for _ in 0..packets {
            sent += every;
            arrival += arriving;
            let result = packet(Time::from_millis(sent), Time::from_millis(arrival), 1_000, Some(id));
            last = estimator.on_packet(&result).or(last);
        }
    }
    last.map(|result| result.rate)
}

#[test]
fn t8_047_to_t8_050_probes() {
    assert!(probed([(5, 10, 10), (8, 5, 5)]).is_some_and(|rate| rate > kbps(1_500)), "T8.047");
    assert_eq!(probed([(5, 10, 1), (0, 5, 5)]), None, "T8.049");
    let slower = probed([(0, 10, 10), (8, 5, 7)]).expect("T8.050");
    assert!(slower.as_bps().abs_diff(1_083_000) <= 10_000, "T8.050: {slower}");
}

/// Packets of `bytes` sent every `every` and queued on a line; one feedback each.
struct Feed {
    gcc: Gcc,
    now: Time,
    extra: Duration,
}

impl Feed {
    fn new(start: u64) -> Self {
        let gcc = Gcc::new(GccConfig::within(kbps(10), kbps(start), kbps(50_000)));
        Feed { gcc, now: Time::from_secs(1), extra: Duration::ZERO }
    }

    fn send(&mut self, every: Duration, bytes: u64) {
        self.now += every;
        let arrival = self.now + self.extra;
        let result = packet(self.now, arrival, bytes, None);
        self.gcc.on_sent(&result.sent);
        self.gcc.on_feedback(arrival, &[result]);
    }

    fn delay_based(&self) -> u64 {
        let ControllerState::Gcc(state) = self.gcc.state() else { unreachable!("it is one") };
        state.delay_based_bps
    }
}

#[test]
fn t8_060_and_t8_061_a_delay_that_grows_by_batches() {
    let mut feed = Feed::new(300);
    for _ in 0..300 {
        feed.send(Duration::from_millis(20), 1_000);
    }
    assert!(feed.delay_based() >= 400_000, "T8.060: {}", feed.delay_based());
    for _ in 0..100 {
        for _ in 0..15 {
            feed.send(Duration::from_millis(1), 100);
        }
        feed.extra += Duration::from_millis(10);
    }
    assert!(feed.delay_based() < 400_000, "T8.061: {}", feed.delay_based());
}

/// T8.062: after a silence the detector begins anew and still sees a delay that grows at once.
#[test]
fn t8_062_an_overuse_after_silence() {
    for silence in [35, 640] {
        let mut delay = DelayBased::new(kbps(10), kbps(800), kbps(50_000));
        let mut now = Time::from_secs(1);
        let mut arrival = now;
        let feed = |delay: &mut DelayBased, sent: Time, at: Time| {
            delay.on_feedback(at, &[packet(sent, at, 1_000, None)], Some(kbps(800)), None, false);
        };
        for _ in 0..3_000 {
            now += Duration::from_millis(10);
            arrival = now;
            feed(&mut delay, now, arrival);
        }
        let before = delay.rate();
        now += Duration::from_secs(silence);
        arrival += Duration::from_secs(silence);
        for _ in 0..24 {
            now += Duration::from_millis(10);
            arrival += Duration::from_millis(20);
            feed(&mut delay, now, arrival);
        }
        assert!(delay.rate() < before, "after {silence} s: {} {before}", delay.rate());
    }
}

/// T8.054 and T8.063 on a line that queues: a stream that follows the estimate reaches half of 1 Mbps, and one that
/// begins above the line's rate is stopped within 40 frames.
#[test]
fn t8_054_and_t8_063_a_stream_on_a_line() {
    let run = |start: u64, capacity: u64, fps: u64, frames: u64, enough: &dyn Fn(&DelayBased) -> bool| {
        let mut delay = DelayBased::new(kbps(10), kbps(start), kbps(50_000));
        let mut rate = crate::congestion::acknowledged_rate::AcknowledgedRate::default();
        let (mut now, mut free) = (Time::from_secs(1), Time::ZERO);
        for frame in 1..=frames {
            now += Duration::from_nanos(1_000_000_000 / fps);
            let mut bytes = delay.rate().as_bps() / 8 / fps;
            while bytes > 0 {
                let size = bytes.min(1_200);
                bytes -= size;
                free = free.max(now) + kbps(capacity).time_for(DataSize::from_bytes(size));
                rate.on_packet(free, DataSize::from_bytes(size), false);
                delay.on_feedback(free, &[packet(now, free, size, None)], rate.rate(), None, false);
            }
            if enough(&delay) {
                return Some((frame, delay.rate()));
            }
        }
        None
    };
    let reached = run(30, 1_000, 30, 1_500, &|delay| delay.rate() >= kbps(500)).expect("T8.054: 500 kbps");
    assert!(reached.0 <= 1_100, "T8.054: after {} frames", reached.0);
    let lowered = run(300, 200, 90, 40, &|delay| delay.rate() < kbps(300)).expect("T8.063: within 40 frames");
    assert!(lowered.1 <= kbps(200) && lowered.1 > kbps(100), "T8.063: {}", lowered.1);
}
