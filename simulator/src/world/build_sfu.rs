//! The SFU of a scenario.

use scenarios::model::{Allocation, CongestionControl, Feedback};
use sfu::allocation::Policy;
use sfu::config::{Config, MediaCrypto};
use sfu::congestion::{ControllerKind, EcnUse};
use sfu::rtcp::FeedbackKind;
use sfu::{DataRate, Sfu};

use super::{BuildError, SFU_ADDRESS};
use crate::crypto::SeededProvider;
use crate::random::Seed;

/// The SFU that a scenario describes.
///
/// # Errors
/// When it can't have a certificate.
pub(crate) fn build_sfu(
    server: &scenarios::model::Sfu,
    seed: Seed,
    null_crypto: bool,
) -> Result<Sfu, BuildError> {
    let mut config = Config::new(SFU_ADDRESS);
    config.nack = server.nack;
    config.rtx = server.rtx;
    config.congestion_control = controller(server.congestion_control);
    config.feedback = feedback(server);
    config.ecn = ecn(server.ecn);
    config.dominant_speaker = server.dominant_speaker;
    config.loudest = Some(server.loudest).filter(|most| *most > 0);
    config.last_n = server.last_n;
    config.pause_unwatched = server.pause_unwatched;
    let policy = match server.allocation {
        Allocation::Fair => Policy::Fair,
        Allocation::Stage => Policy::Stage,
        Allocation::MaxMin => Policy::MaxMin,
    };
    config.allocation = config.allocation.with_policy(policy);
    if let Some(most) = server.max_bitrate {
        config.max_rate = DataRate::from_bps(most.as_bps());
        config.start_rate = config.start_rate.min(config.max_rate);
    }
    if null_crypto {
        config.crypto = MediaCrypto::Null;
    }
    Ok(Sfu::new(config, SeededProvider::new(seed.key("sfu/crypto")))?)
}

pub(super) fn controller(choice: CongestionControl) -> ControllerKind {
    match choice {
        CongestionControl::Gcc => ControllerKind::Gcc,
        CongestionControl::Scream => ControllerKind::Scream,
        CongestionControl::ScreamV1 => ControllerKind::ScreamV1,
        CongestionControl::Nada => ControllerKind::Nada,
        CongestionControl::WebrtcRs => ControllerKind::WebrtcRs,
        CongestionControl::Fixed => ControllerKind::Fixed,
    }
}

pub(super) fn ecn(choice: scenarios::model::EcnUse) -> EcnUse {
    match choice {
        scenarios::model::EcnUse::Off => EcnUse::Off,
        scenarios::model::EcnUse::Classic => EcnUse::Classic,
        scenarios::model::EcnUse::L4s => EcnUse::L4s,
    }
}

pub(super) fn feedback(server: &scenarios::model::Sfu) -> FeedbackKind {
    match server.feedback {
        Feedback::TransportCc => FeedbackKind::TransportWide,
        Feedback::Rfc8888 => FeedbackKind::ByStream,
    }
}
