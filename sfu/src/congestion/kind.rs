//! Which controllers there are, by name.

use super::CongestionController;
use super::fixed::Fixed;
use super::gcc::{Gcc, GccConfig};
use super::nada::{Nada, NadaConfig};
use super::scream::first::{ScreamV1, ScreamV1Config};
use super::scream::{Scream, ScreamConfig};
use super::webrtc_rs::WebrtcRs;
use crate::DataRate;

/// A choice of controller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ControllerKind {
    /// Google congestion control: [`Gcc`].
    #[default]
    Gcc,
    /// SCReAM, its second version: [`Scream`].
    Scream,
    /// SCReAM, its first version (RFC 8298): [`ScreamV1`].
    ScreamV1,
    /// RFC 8698: [`Nada`].
    Nada,
    /// The estimator of the webrtc-rs family, as a baseline: [`WebrtcRs`].
    WebrtcRs,
    /// Always the greatest rate: [`Fixed`].
    Fixed,
}

/// How ECN is used (RFC 3168, RFC 9331).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EcnUse {
    /// Packets are not ECN-capable.
    #[default]
    Off,
    /// Packets leave as ECT(0), and a mark is a sign of congestion like a loss.
    Classic,
    /// Packets leave as ECT(1): marks are frequent, and answered in proportion. A controller that can't do that uses the
    /// classic form.
    L4s,
}

/// What is asked of a controller beside its bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Whether packets leave ECN-capable, if the controller reacts to marks at all.
    pub ecn: EcnUse,
    /// Its weight among flows that share a bottleneck; above zero. [`Nada`] shares by it (RFC 8698, section 4.3: PRIO).
    pub priority: f64,
}

impl Default for Options {
    fn default() -> Self {
        Options { ecn: EcnUse::Off, priority: 1.0 }
    }
}

impl ControllerKind {
    /// A controller of this kind that keeps from `min` to `max` and assumes `start` at first, clamped to these.
    pub fn build(self, min: DataRate, start: DataRate, max: DataRate) -> Box<dyn CongestionController> {
        self.build_with(min, start, max, Options::default())
    }

    /// The same under `options`.
    pub fn build_with(
        self,
        min: DataRate,
        start: DataRate,
        max: DataRate,
        options: Options,
    ) -> Box<dyn CongestionController> {
        let max = max.max(min);
        let start = start.clamp(min, max);
        match self {
            ControllerKind::Gcc => Box::new(Gcc::new(GccConfig::within(min, start, max))),
            ControllerKind::Scream => {
                Box::new(Scream::new(ScreamConfig { min, start, max, ecn: options.ecn }))
            }
            ControllerKind::ScreamV1 => {
                Box::new(ScreamV1::new(ScreamV1Config { min, start, max, ecn: options.ecn }))
            }
            ControllerKind::Nada => Box::new(Nada::new(NadaConfig {
                min,
                start,
                max,
                priority: options.priority,
                ecn: options.ecn,
            })),
            ControllerKind::WebrtcRs => Box::new(WebrtcRs::new(min, start, max)),
            ControllerKind::Fixed => Box::new(Fixed::new(max)),
        }
    }

    /// The controller for a publisher's uplink, within the bounds of [`GccConfig::uplink`].
    pub fn uplink(self, options: Options) -> Box<dyn CongestionController> {
        let GccConfig { min, start, max, .. } = GccConfig::uplink();
        self.build_with(min, start, max, options)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::congestion::{PacketClass, PacketResult, SentPacket};
    use crate::rtcp::Ecn;
    use crate::{DataSize, Time};

    #[test]
    fn each_kind_says_what_it_is() {
        let kinds = [
            (ControllerKind::Gcc, "gcc", 300_000),
            (ControllerKind::Scream, "scream", 300_000),
            (ControllerKind::ScreamV1, "scream_v1", 300_000),
            (ControllerKind::Nada, "nada", 300_000),
            (ControllerKind::WebrtcRs, "webrtc_rs", 300_000),
            (ControllerKind::Fixed, "fixed", 10_000_000),
        ];
        for (kind, name, bps) in kinds {
            let controller = kind.uplink(Options::default());
            let state = serde_json::to_value(controller.state()).expect("plain numbers");
            assert_eq!(state["controller"], name);
            assert_eq!(controller.target().as_bps(), bps, "{name}");
        }
    }
    /// GCC doesn't react to marks (libwebrtc stops sending ECT(1) at the first feedback by stream), so its packets leave
    /// as they always did; only the second version of SCReAM answers as L4S asks.
    #[test]
    fn packets_are_ecn_capable_where_marks_are_answered() {
        use crate::rtcp::Ecn::{Ect0, Ect1, NotEct};
        let rows = [
            (ControllerKind::Gcc, [NotEct, NotEct]),
            (ControllerKind::Scream, [Ect0, Ect1]),
            (ControllerKind::ScreamV1, [Ect0, Ect0]),
            (ControllerKind::Nada, [Ect0, Ect0]),
            (ControllerKind::WebrtcRs, [NotEct, NotEct]),
            (ControllerKind::Fixed, [NotEct, NotEct]),
        ];
        for (kind, expected) in rows {
            let leaves_as = |ecn| kind.uplink(Options { ecn, ..Options::default() }).ecn();
            assert_eq!(leaves_as(EcnUse::Off), NotEct, "{kind:?}");
            assert_eq!([EcnUse::Classic, EcnUse::L4s].map(leaves_as), expected, "{kind:?}");
        }
    }
    /// What the target is after three seconds of 60 packets a second that all arrive, each `every`-th with a mark from
    /// the second second on.
    fn after_marks(kind: ControllerKind, ecn: EcnUse, every: Option<u64>) -> DataRate {
        let mut controller = kind.uplink(Options { ecn, ..Options::default() });
        controller.set_wanted(Time::ZERO, DataRate::from_kbps(2_000));
        for step in 0..30 {
            let packets = (step * 6..step * 6 + 6).map(|number: u64| SentPacket {
                sequence: number as u16,
                size: DataSize::from_bytes(1_200),
                at: Time::from_micros(1_000_000 + number * 16_667),
                class: PacketClass::Media,
                cluster: None,
            });
            let marked = |number: u64| number > 60 && every.is_some_and(|every| number.is_multiple_of(every));
            let results: Vec<PacketResult> = packets
                .map(|sent| {
                    controller.on_sent(&sent);
                    let ecn = if marked(u64::from(sent.sequence)) { Ecn::Ce } else { Ecn::Ect1 };
                    let received = Some(sent.at + Duration::from_millis(20));
                    PacketResult { sent, received, was_lost: false, ecn }
                })
                .collect();
            let now = Time::from_micros(1_040_000 + (step * 6 + 5) * 16_667);
            controller.on_rtt(now, Duration::from_millis(40));
            controller.on_feedback(now, &results);
            controller.on_tick(now);
        }
        controller.target()
    }

    #[test]
    fn marks_lower_the_rate_of_who_answers_them_and_nobody_elses() {
        let rows = [
            (ControllerKind::Gcc, EcnUse::Off, false),
            (ControllerKind::WebrtcRs, EcnUse::Off, false),
            (ControllerKind::Fixed, EcnUse::Off, false),
            (ControllerKind::Nada, EcnUse::Classic, true),
            (ControllerKind::ScreamV1, EcnUse::Classic, true),
            (ControllerKind::Scream, EcnUse::Classic, true),
            (ControllerKind::Scream, EcnUse::L4s, true),
        ];
        for (kind, ecn, answers) in rows {
            let (without, with) = (after_marks(kind, ecn, None), after_marks(kind, ecn, Some(4)));
            assert_eq!(with < without, answers, "{kind:?}, {ecn:?}: {without} without marks, {with} with");
        }
        // In proportion, or all the same.
        let few_and_many = |ecn| [40, 2].map(|every| after_marks(ControllerKind::Scream, ecn, Some(every)));
        let [few, many] = few_and_many(EcnUse::L4s);
        assert!(many < few, "{few} with few marks, {many} with many");
    }
}
