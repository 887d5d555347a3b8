//! The delay-based estimate: arrival groups, their trend, and the rate that follows from it
//! (libwebrtc, `delay_based_bwe.cc`).

use std::time::Duration;

use super::PacketResult;
use super::aimd::Aimd;
use super::arrival_group::ArrivalGroups;
use super::standing_queue::StandingQueue;
use super::trendline::{Trendline, Usage};
use crate::{DataRate, Time};

/// After so long without feedback the path may be another one: begin anew (libwebrtc).
const STREAM_TIMEOUT: Duration = Duration::from_secs(2);
/// What an update of the delay-based estimate came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DelayUpdate {
    /// The delay stopped saying overuse with this feedback.
    pub recovered: bool,
    /// The rate was lowered for overuse.
    pub backed_off: bool,
}

/// Joins the detector with the rate control.
#[derive(Clone, Debug)]
pub struct DelayBased {
    groups: ArrivalGroups,
    trendline: Trendline,
    queue: StandingQueue,
    aimd: Aimd,
    last_feedback: Option<Time>,
    usage: Usage,
}

impl DelayBased {
    /// An estimate that starts at `start` and keeps within `min` and `max`.
    pub fn new(min: DataRate, start: DataRate, max: DataRate) -> Self {
        DelayBased {
            groups: ArrivalGroups::default(),
            trendline: Trendline::default(),
            queue: StandingQueue::default(),
            aimd: Aimd::new(min, start, max),
            last_feedback: None,
            usage: Usage::Normal,
        }
    }

    /// Takes the received packets of one feedback in order of arrival, with the acknowledged rate after them,
    /// the result of a probe that they completed, and whether the sender is application-limited.
    pub fn on_feedback(
        &mut self,
        now: Time,
        received: &[PacketResult],
        acknowledged: Option<DataRate>,
        probe: Option<DataRate>,
        in_alr: bool,
    ) -> DelayUpdate {
        if self.last_feedback.is_some_and(|last| now.since(last) > STREAM_TIMEOUT) {
            self.groups = ArrivalGroups::default();
            self.trendline = Trendline::default();
            self.queue = StandingQueue::default();
        }
        self.last_feedback = Some(now);
        let before = self.usage;
        let mut usage = self.trendline.usage();
        for packet in received {
            let Some(arrival) = packet.received else { continue };
            self.queue.on_packet(packet.sent.at, arrival, packet.sent.size, self.aimd.rate());
            if let Some(delta) = self.groups.on_packet(packet.sent.at, arrival, now) {
                usage = self.trendline.on_delta(delta, arrival);
            }
        }
        self.usage = usage;
        let recovered = before == Usage::Overuse && usage != Usage::Overuse;
        let backed_off = self.update_rate(now, acknowledged, probe, in_alr);
        DelayUpdate { recovered, backed_off }
    }

    fn update_rate(
        &mut self,
        now: Time,
        acknowledged: Option<DataRate>,
        probe: Option<DataRate>,
        in_alr: bool,
    ) -> bool {
        if self.usage == Usage::Overuse {
            return self.back_off(now, acknowledged);
        }
        match probe {
            Some(rate) => self.aimd.set_rate(now, rate),
            None => self.aimd.update(now, self.usage, acknowledged, !in_alr),
        }
        false
    }

    /// An overuse: lowers the rate unless it was only a burst that passes. Says whether it did.
    ///
    /// What arrives tells what was sent rather than what the line carries, unless a queue stands. libwebrtc backs
    /// off to a part of it all the same, which ruins the estimate of a thin line: there, the packets of two
    /// sources that coincide are an overuse by the slope of their delay.
    fn back_off(&mut self, now: Time, acknowledged: Option<DataRate>) -> bool {
        let before = self.aimd.rate();
        if acknowledged.is_none() {
            if self.aimd.may_reduce_further(now, None) {
                self.aimd.set_rate(now, before.scale(0.5));
            }
            return self.aimd.rate() < before;
        }
        let Some(delivered) = self.queue.delivered() else {
            self.aimd.hold();
            return false;
        };
        if self.aimd.may_reduce_further(now, Some(delivered)) {
            self.aimd.update(now, Usage::Overuse, Some(delivered), false);
        }
        self.aimd.rate() < before
    }

    /// Nothing was heard for so long that [`Self::usage`] tells of a path as it was.
    pub fn is_stale(&self, now: Time) -> bool {
        self.last_feedback.is_some_and(|last| now.since(last) > STREAM_TIMEOUT)
    }

    /// A probe got through at `rate`; `is_limit`: it came faster than that, so the line carries no more.
    pub fn set_probed(&mut self, rate: DataRate, is_limit: bool) {
        self.aimd.set_probed(rate, is_limit);
    }

    /// A round-trip time was measured.
    pub fn set_rtt(&mut self, rtt: Duration) {
        self.aimd.set_rtt(rtt);
    }

    /// The rate that the delay allows.
    pub fn rate(&self) -> DataRate {
        self.aimd.rate()
    }

    /// What the delay says.
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// The detector's slope and threshold, for debug output.
    pub fn trend_and_threshold(&self) -> (f64, f64) {
        (self.trendline.modified_trend(), self.trendline.threshold())
    }
}
