//! What a session description doesn't say of a source: its name, and how large its encodings are.

use serde::{Deserialize, Serialize};

use super::offer::{Offered, Use};
use super::parse::SdpError;
use crate::codec::MediaKind;
use crate::participant::{Content, EncodingDescription, SourceDescription};

/// The rid that a single encoding without one goes by.
const ONLY: &str = "main";

/// Height, and the bitrate that a camera's encoder is commonly set to at it, kbit/s: libwebrtc's simulcast formats.
const COMMON: [(u16, u32); 3] = [(180, 200), (360, 700), (720, 2_500)];

/// What a client says of a source beside its offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceHint {
    /// The section that carries it.
    pub mid: String,
    /// "cam", "mic", "share": unique per participant, at most 32 bytes.
    pub name: String,
    /// Video: its encodings, lowest first; with the rids of the offer, or one with any rid when the offer has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub encodings: Vec<EncodingDescription>,
    /// What it shows.
    #[serde(default)]
    pub content: Content,
}

/// The sources of an offer. Without a hint a source is called by its section's mid, and its encodings are taken for
/// those of a common camera.
pub(super) fn describe(
    sections: &[Offered],
    hints: &[SourceHint],
) -> Result<Vec<SourceDescription>, SdpError> {
    let publishes =
        |mid: &str| sections.iter().any(|own| own.mid == mid && matches!(own.use_as, Use::Publish { .. }));
    if hints.iter().any(|hint| !publishes(&hint.mid)) {
        return Err(SdpError::Unusable("a source names a mid that the offer doesn't send on"));
    }
    let mut sources = Vec::new();
    for section in sections {
        let Use::Publish { format, rids } = &section.use_as else { continue };
        let hint = hints.iter().find(|hint| hint.mid == section.mid);
        let encodings = match (format.codec.kind(), hint) {
            (MediaKind::Audio, _) => Vec::new(),
            (MediaKind::Video, Some(hint)) if !hint.encodings.is_empty() => checked(rids, &hint.encodings)?,
            (MediaKind::Video, _) => common(rids),
        };
        sources.push(SourceDescription {
            name: hint.map_or(&section.mid, |hint| &hint.name).clone(),
            codec: format.codec,
            mid: section.mid.clone(),
            encodings,
            content: hint.map(|hint| hint.content).unwrap_or_default(),
        });
    }
    Ok(sources)
}

fn checked(rids: &[String], encodings: &[EncodingDescription]) -> Result<Vec<EncodingDescription>, SdpError> {
    let named = |encoding: &EncodingDescription| rids.contains(&encoding.rid);
    let same = if rids.is_empty() {
        encodings.len() == 1
    } else {
        encodings.len() == rids.len() && encodings.iter().all(named)
    };
    if same { Ok(encodings.to_vec()) } else { Err(SdpError::Unusable("encodings and offered rids differ")) }
}

fn common(rids: &[String]) -> Vec<EncodingDescription> {
    let describe = |rid: &str, (height, max_kbps)| EncodingDescription {
        rid: rid.to_owned(),
        height,
        fps: 30,
        max_kbps,
        temporal_layers: 1,
        spatial_layers: 1,
    };
    if rids.is_empty() {
        return vec![describe(ONLY, COMMON[2])];
    }
    // The highest of fewer than three is the camera's full picture as well.
    let skipped = COMMON.len().saturating_sub(rids.len());
    rids.iter().zip(COMMON.into_iter().skip(skipped)).map(|(rid, size)| describe(rid, size)).collect()
}
