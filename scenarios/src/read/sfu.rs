//! Reads `[sfu.<name>]`.

use indexmap::IndexMap;

use super::reader::Reader;
use super::values;
use crate::model::{Allocation, CongestionControl, Cpu, EcnUse, Feedback, Sfu};

/// The name of the server when the file describes none.
pub(crate) const IMPLIED: &str = "main";

pub(crate) fn sfus(root: &Reader<'_>) -> IndexMap<String, Sfu> {
    let mut sfus = IndexMap::new();
    for (name, reader) in root.named("sfu") {
        if !sfus.is_empty() {
            root.faults.report_unsupported(reader.place(), "a second SFU");
        }
        sfus.insert(name.to_owned(), sfu(&reader));
    }
    if sfus.is_empty() {
        sfus.insert(IMPLIED.to_owned(), Sfu::default());
    }
    sfus
}

fn sfu(reader: &Reader<'_>) -> Sfu {
    let mut sfu = Sfu { cpu: reader.inner("cpu").map(|inner| cpu(&inner)), ..Sfu::default() };
    if let Some(config) = reader.inner("config") {
        sfu.rtx = config.flag("rtx").unwrap_or(sfu.rtx);
        sfu.nack = config.flag("nack").unwrap_or(sfu.nack);
        sfu.max_bitrate = config.rate("max_bitrate");
        sfu.congestion_control = congestion_control(&config);
        if config.choice("feedback") == Some("rfc8888") {
            sfu.feedback = Feedback::Rfc8888;
        }
        sfu.ecn = ecn(&config, sfu.feedback);
        sfu.dominant_speaker = config.flag("dominant_speaker").unwrap_or(sfu.dominant_speaker);
        sfu.allocation = match config.choice("allocation") {
            Some("stage") => Allocation::Stage,
            Some("max-min") => Allocation::MaxMin,
            _ => sfu.allocation,
        };
        sfu.last_n = config.whole("last_n", 0..=1_000).map(|last_n| last_n as u16);
        sfu.pause_unwatched = config.flag("pause_unwatched").unwrap_or(sfu.pause_unwatched);
        sfu.loudest = config.whole("loudest", 0..=50).unwrap_or(0) as u8;
    }
    sfu
}

/// The controller that a server's configuration or a participant names.
pub(super) fn congestion_control(reader: &Reader<'_>) -> CongestionControl {
    match reader.choice("congestion_control") {
        Some("scream") => CongestionControl::Scream,
        Some("scream-v1") => CongestionControl::ScreamV1,
        Some("nada") => CongestionControl::Nada,
        Some("webrtc-rs") => CongestionControl::WebrtcRs,
        Some("fixed") => CongestionControl::Fixed,
        _ => CongestionControl::Gcc,
    }
}

/// How ECN is used: not at all where nobody tells of marks.
pub(super) fn ecn(reader: &Reader<'_>, feedback: Feedback) -> EcnUse {
    let used = match reader.choice("ecn") {
        Some("classic") => EcnUse::Classic,
        Some("l4s") => EcnUse::L4s,
        _ => EcnUse::Off,
    };
    if used != EcnUse::Off && feedback != Feedback::Rfc8888 {
        let message = "transport-wide feedback doesn't tell of marks";
        let hint = "set feedback = \"rfc8888\" in the server's config";
        reader.faults.report(reader.place_of("ecn"), message, hint);
    }
    used
}

fn cpu(reader: &Reader<'_>) -> Cpu {
    Cpu {
        cores: reader.whole("cores", 1..=256).unwrap_or(1) as u32,
        per_packet_in: reader.duration("per_packet_in").unwrap_or_default(),
        per_packet_out: reader.duration("per_packet_out").unwrap_or_default(),
        socket_buffer: values::size_above_zero(reader, "socket_buffer").unwrap_or(Cpu::USUAL_BUFFER),
    }
}
