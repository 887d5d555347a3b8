//! Congestion control: how much a path carries, learned from what came of the packets sent on it.
//!
//! Every controller stands behind [`CongestionController`] and knows neither conferences nor participants:
//! the SFU runs one per receiver for its downlink, a publisher runs one for its uplink. A controller never
//! sends anything. Its owner tells it each packet sent ([`SentPacket`]) and what feedback says of it
//! ([`PacketResult`], made by [`sent_history::SentHistory`]), asks for the rates, and sends the probe
//! clusters that it wants ([`probe::pacing::ProbePacing`] spaces their packets).
//!
//! `CONSTANTS.md` beside this file lists every constant with its source.

pub mod acknowledged_rate;
pub mod aimd;
pub mod alr;
pub mod arrival_group;
pub mod base_delay;
pub mod delay_based;
pub mod fixed;
pub mod gcc;
pub mod interval_budget;
pub mod kind;
pub mod link_capacity;
pub mod loss_based;
pub mod nada;
pub mod pacer;
pub mod probe;
pub mod report_loss;
pub mod scream;
pub mod sent_history;
pub mod stable_target;
pub mod standing_queue;
pub mod stream_index;
pub mod trendline;
pub mod webrtc_rs;

#[cfg(test)]
mod bench;
#[cfg(test)]
mod comparison;

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::rtcp::Ecn;
use crate::{DataRate, DataSize, Time};

pub use kind::{ControllerKind, EcnUse, Options};
pub use probe::{ClusterId, ProbeCluster};

/// What a packet was sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketClass {
    /// Audio or video, sent for the first time.
    Media,
    /// A repetition of media, asked for by a NACK.
    Retransmission,
    /// Bytes that carry nothing.
    Padding,
}

/// One packet as it left, with the transport-wide sequence number that feedback will name it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentPacket {
    /// Transport-wide sequence number, as written into the header extension.
    pub sequence: u16,
    /// Bytes on the wire, IP and UDP headers included if the links count them.
    pub size: DataSize,
    /// When it left, on the sender's clock.
    pub at: Time,
    /// What it was sent for.
    pub class: PacketClass,
    /// The probe cluster that it belongs to; packets of any class may carry a probe.
    pub cluster: Option<ClusterId>,
}

/// What feedback says of one sent packet. Each packet is told as lost once at most, and as received once at
/// most; received may follow lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketResult {
    /// The packet.
    pub sent: SentPacket,
    /// When it arrived, on the receiver's clock (of unknown offset to ours); `None`: not by then.
    pub received: Option<Time>,
    /// An earlier report had called it lost.
    pub was_lost: bool,
    /// The mark that it arrived with; [`Ecn::NotEct`] where feedback tells none.
    pub ecn: Ecn,
}

/// Loss and round trip from an RTCP receiver report (RFC 3550, section 6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LossReport {
    /// Packets lost since the previous report; negative when late or repeated ones arrived.
    pub lost: i64,
    /// Packets expected since the previous report.
    pub expected: u64,
}

/// What the owner of a controller needs of it. All times are of one clock and never decrease.
pub trait CongestionController: fmt::Debug + Send {
    /// A packet left.
    fn on_sent(&mut self, packet: &SentPacket);

    /// Feedback came at `now`; `results` in the order in which the packets were sent.
    fn on_feedback(&mut self, now: Time, results: &[PacketResult]);

    /// A round-trip time was measured, by RTCP reports or by [`sent_history::SentHistory`].
    fn on_rtt(&mut self, now: Time, rtt: Duration);

    /// A receiver report came. Controllers that have feedback per packet may ignore it.
    fn on_loss_report(&mut self, _now: Time, _report: &LossReport) {}

    /// The receiver bounds what it wants to get (REMB, draft-alvestrand-rmcat-remb-03): the target stays within
    /// `limit` until another comes. The estimate goes on behind it.
    fn on_remb(&mut self, _now: Time, _limit: DataRate) {}

    /// Time passed. To be called at [`Self::deadline`] and harmless at any other moment.
    fn on_tick(&mut self, now: Time);

    /// When [`Self::on_tick`] has something to do next; [`Time::NEVER`] if it has not.
    fn deadline(&self) -> Time;

    /// The rate at which all that the owner can send would be sent: the sum of what the receiver still wishes
    /// for. Controllers probe upwards towards it while their target is below.
    fn set_wanted(&mut self, now: Time, wanted: DataRate);

    /// Takes the next probe cluster to be sent, if the controller wants one now.
    fn probe(&mut self, now: Time) -> Option<ProbeCluster>;

    /// The rate for everything that is sent: media, retransmissions and padding.
    fn target(&self) -> DataRate;

    /// A target that changes rarely, for what follows slowly; no more than the target.
    fn stable_target(&self) -> DataRate {
        self.target()
    }

    /// The rate at which a burst may leave; at least the target.
    fn pacing_rate(&self) -> DataRate;

    /// How much may leave at present, by the bytes in flight. Beyond any packet unless the controller is one that
    /// works by a window; then it changes with each packet sent, each feedback, and at [`Self::deadline`]. An owner
    /// that can hold packets back does so until the next one fits.
    fn send_window(&self) -> DataSize {
        DataSize::from_bytes(u64::MAX)
    }

    /// The codepoint that packets are to leave with, the same for all of its life: ECN-capable when it was asked for, and
    /// the controller reacts to marks.
    fn ecn(&self) -> Ecn {
        Ecn::NotEct
    }

    /// The inner state, for people.
    fn state(&self) -> ControllerState;
}

/// A controller whose kind is chosen when it is made.
impl<C: CongestionController + ?Sized> CongestionController for Box<C> {
    fn on_sent(&mut self, packet: &SentPacket) {
        (**self).on_sent(packet);
    }
    fn on_feedback(&mut self, now: Time, results: &[PacketResult]) {
        (**self).on_feedback(now, results);
    }
    fn on_rtt(&mut self, now: Time, rtt: Duration) {
        (**self).on_rtt(now, rtt);
    }
    fn on_loss_report(&mut self, now: Time, report: &LossReport) {
        (**self).on_loss_report(now, report);
    }
    fn on_remb(&mut self, now: Time, limit: DataRate) {
        (**self).on_remb(now, limit);
    }
    fn on_tick(&mut self, now: Time) {
        (**self).on_tick(now);
    }
    fn deadline(&self) -> Time {
        (**self).deadline()
    }
    fn set_wanted(&mut self, now: Time, wanted: DataRate) {
        (**self).set_wanted(now, wanted);
    }
    fn probe(&mut self, now: Time) -> Option<ProbeCluster> {
        (**self).probe(now)
    }
    fn target(&self) -> DataRate {
        (**self).target()
    }
    fn stable_target(&self) -> DataRate {
        (**self).stable_target()
    }
    fn pacing_rate(&self) -> DataRate {
        (**self).pacing_rate()
    }
    fn send_window(&self) -> DataSize {
        (**self).send_window()
    }
    fn ecn(&self) -> Ecn {
        (**self).ecn()
    }
    fn state(&self) -> ControllerState {
        (**self).state()
    }
}

/// The state of a controller, for debug output and reports.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "controller", rename_all = "snake_case")]
pub enum ControllerState {
    /// See [`gcc::Gcc`].
    Gcc(gcc::GccState),
    /// See [`nada::Nada`].
    Nada(nada::NadaState),
    /// See [`scream::Scream`].
    Scream(scream::ScreamState),
    /// See [`scream::first::ScreamV1`].
    #[serde(rename = "scream_v1")]
    ScreamV1(scream::first::ScreamV1State),
    /// See [`webrtc_rs::WebrtcRs`].
    WebrtcRs {
        /// The lesser of both, and no more than the receiver allows.
        target_bps: u64,
        /// What the delay allows.
        delay_based_bps: u64,
        /// What the loss allows.
        loss_based_bps: u64,
    },
    /// See [`fixed::Fixed`].
    Fixed {
        /// The rate.
        target_bps: u64,
    },
}
