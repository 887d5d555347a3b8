//! What the uplink carries, from transport-wide feedback.

use std::time::Duration;

use sfu::congestion::probe::pacing::ProbePacing;
use sfu::congestion::sent_history::SentHistory;
use sfu::congestion::stream_index::StreamIndex;
use sfu::congestion::{
    CongestionController, ControllerKind, EcnUse, LossReport, Options, PacketClass, PacketResult, SentPacket,
};
use sfu::rtcp::{CongestionFeedback, Ecn, FeedbackKind, TransportFeedback};
use sfu::{DataRate, DataSize, Time};

/// What the window has to have room for: a packet of the packetiser with its headers.
const FULL_PACKET: DataSize = DataSize::from_bytes(1_250);

/// The controller, with what it has to know of each packet.
#[derive(Debug)]
pub(super) struct RateControl {
    controller: Box<dyn CongestionController>,
    /// What packets leave as: feedback by stream tells of marks as well.
    ecn: Ecn,
    history: SentHistory,
    probing: ProbePacing,
    /// Where the SFU names packets by stream.
    index: Option<StreamIndex>,
    next_sequence: u16,
    results: Vec<PacketResult>,
    rtt: Option<Duration>,
    /// Receiver reports tell the round trip; feedback, which includes the wait for its report, does until then.
    rtt_is_reported: bool,
}

impl RateControl {
    /// A controller for an uplink; the first packet gets this transport-wide number.
    pub(super) fn new(
        (kind, options): (ControllerKind, Options),
        feedback: FeedbackKind,
        first_sequence: u16,
    ) -> Self {
        let by_stream = feedback == FeedbackKind::ByStream;
        let ecn = if by_stream { options.ecn } else { EcnUse::Off };
        let controller = kind.uplink(Options { ecn, ..options });
        RateControl {
            ecn: controller.ecn(),
            controller,
            history: SentHistory::new(SentHistory::DEFAULT_CAPACITY),
            probing: ProbePacing::default(),
            index: by_stream.then(StreamIndex::default),
            next_sequence: first_sequence,
            results: Vec::new(),
            rtt: None,
            rtt_is_reported: false,
        }
    }

    /// The transport-wide number of the next packet.
    pub(super) fn next_sequence(&self) -> u16 {
        self.next_sequence
    }

    /// The packet with that number left; `stream` is its SSRC and its number there.
    pub(super) fn on_sent(&mut self, now: Time, size: DataSize, class: PacketClass, stream: (u32, u16)) {
        if let Some(index) = &mut self.index {
            index.on_sent(stream.0, stream.1, self.next_sequence);
        }
        let cluster = self.probing.cluster(now);
        let packet = SentPacket { sequence: self.next_sequence, size, at: now, class, cluster };
        self.next_sequence = self.next_sequence.wrapping_add(1);
        if cluster.is_some() {
            self.probing.on_sent(now, size);
        }
        self.history.on_sent(packet);
        self.controller.on_sent(&packet);
    }

    /// A report on what arrived came.
    pub(super) fn on_feedback(&mut self, now: Time, feedback: &TransportFeedback<'_>) {
        self.results.clear();
        let statuses = feedback.statuses();
        let rtt = self.history.on_feedback(now, feedback.reference, statuses, &mut self.results);
        self.take_results(now, rtt);
    }

    /// The same by stream.
    pub(super) fn on_congestion_feedback(&mut self, now: Time, feedback: CongestionFeedback<'_>) {
        let Some(index) = &self.index else { return };
        self.results.clear();
        let rtt = self.history.on_congestion_feedback(now, feedback, index, &mut self.results);
        self.take_results(now, rtt);
    }

    fn take_results(&mut self, now: Time, rtt: Option<Duration>) {
        self.controller.on_feedback(now, &self.results);
        if let Some(rtt) = rtt.filter(|_| !self.rtt_is_reported) {
            self.set_rtt(now, rtt);
        }
    }

    /// The SFU bounds what it wants to get.
    pub(super) fn on_remb(&mut self, now: Time, limit: DataRate) {
        self.controller.on_remb(now, limit);
    }

    /// A receiver report told a round trip.
    pub(super) fn on_reported_rtt(&mut self, now: Time, rtt: Duration) {
        if !std::mem::replace(&mut self.rtt_is_reported, true) {
            self.rtt = None;
        }
        self.set_rtt(now, rtt);
    }

    /// A receiver report told of losses.
    pub(super) fn on_loss(&mut self, now: Time, report: &LossReport) {
        self.controller.on_loss_report(now, report);
    }

    fn set_rtt(&mut self, now: Time, rtt: Duration) {
        // As TCP smooths it (RFC 6298 section 2): one outlier must not set the pace of repairs.
        self.rtt = Some(self.rtt.map_or(rtt, |smoothed| (smoothed * 7 + rtt) / 8));
        self.controller.on_rtt(now, rtt);
    }

    /// The smoothed round trip, once known.
    pub(super) fn rtt(&self) -> Option<Duration> {
        self.rtt
    }

    /// Lets time pass.
    pub(super) fn tick(&mut self, now: Time) {
        if now >= self.controller.deadline() {
            self.controller.on_tick(now);
        }
    }

    /// When [`Self::tick`] has something to do.
    pub(super) fn deadline(&self) -> Time {
        self.controller.deadline()
    }

    /// The rate of all that could be sent.
    pub(super) fn set_wanted(&mut self, now: Time, wanted: DataRate) {
        self.controller.set_wanted(now, wanted);
    }

    /// What packets leave as.
    pub(super) fn ecn(&self) -> Ecn {
        self.ecn
    }

    /// The rate for all that is sent, headers included.
    pub(super) fn target(&self) -> DataRate {
        self.controller.target()
    }

    /// The rate at which bursts may leave.
    pub(super) fn pacing_rate(&self) -> DataRate {
        self.controller.pacing_rate()
    }

    /// Whether the next packet has to wait for what is in flight.
    pub(super) fn window_is_full(&self) -> bool {
        self.controller.send_window() < FULL_PACKET
    }

    /// Gives up a probe that is late, and begins the next when none is under way.
    pub(super) fn prepare_probe(&mut self, now: Time) {
        if self.probing.cluster(now).is_none()
            && let Some(cluster) = self.controller.probe(now)
        {
            self.probing.begin(cluster);
        }
    }

    /// The probe under way, if there is one: when its next packet is due, how large that had best be, and
    /// whether it had best be padding.
    pub(super) fn probing(&self) -> &ProbePacing {
        &self.probing
    }
}
