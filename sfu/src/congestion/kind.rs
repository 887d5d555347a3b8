//! Which controllers there are, by name.

use super::CongestionController;
use super::fixed::Fixed;
use super::gcc::{Gcc, GccConfig};
use super::nada::{Nada, NadaConfig};
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
    /// RFC 8698: [`Nada`].
    Nada,
    /// The estimator of the webrtc-rs family, as a baseline: [`WebrtcRs`].
    WebrtcRs,
    /// Always the greatest rate: [`Fixed`].
    Fixed,
}

/// What is asked of a controller beside its bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Its weight among flows that share a bottleneck; above zero. [`Nada`] shares by it (RFC 8698, section 4.3: PRIO).
    pub priority: f64,
}

impl Default for Options {
    fn default() -> Self {
        Options { priority: 1.0 }
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
            ControllerKind::Scream => Box::new(Scream::new(ScreamConfig { min, start, max, l4s: false })),
            ControllerKind::Nada => {
                Box::new(Nada::new(NadaConfig { min, start, max, priority: options.priority }))
            }
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
    use super::*;

    #[test]
    fn each_kind_says_what_it_is() {
        let kinds = [
            (ControllerKind::Gcc, "gcc", 300_000),
            (ControllerKind::Scream, "scream", 300_000),
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
}
