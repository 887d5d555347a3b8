//! Header extensions: from their names in `a=extmap` (RFC 8285 section 5) to the core's ids, and back.

use super::parse::Section;
use crate::codec::MediaKind;
use crate::rtp::ExtensionIds;

const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
const RID: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
const REPAIRED_RID: &str = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
const AUDIO_LEVEL: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
const TRANSPORT_CC: &str = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
const ABS_SEND_TIME: &str = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";
const DEPENDENCY_DESCRIPTOR: &str =
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";
const VIDEO_LAYERS_ALLOCATION: &str =
    "http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00";
const FRAME_MARKING: &str = "urn:ietf:params:rtp-hdrext:framemarking";

/// The highest id that the one-byte form has room for (RFC 8285 section 4.2).
const MAX_ID: u8 = 14;

/// Which way media goes, seen from us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// The peer sends.
    Receive,
    /// We send.
    Send,
}

/// Notes the ids of a section's extensions. An id stands for one extension throughout a bundle: one that is taken is
/// passed over, and so is one that the one-byte form has no room for.
pub(super) fn collect(ids: &mut ExtensionIds, section: &Section<'_>) {
    for value in section.all("extmap") {
        let mut parts = value.split(' ');
        let (Some(id), Some(uri)) = (parts.next(), parts.next()) else { continue };
        // "3/sendonly" gives a direction: ours follow the section's.
        let Ok(id) = id.split('/').next().unwrap_or_default().parse() else { continue };
        if !(1..=MAX_ID).contains(&id) || ids.all().contains(&id) {
            continue;
        }
        if let Some(place) = place(ids, uri).filter(|place| **place == 0) {
            *place = id;
        }
    }
}

/// With transport-wide numbers, absolute send times tell nothing more and cost four bytes a packet.
pub(super) fn settle(ids: &mut ExtensionIds) {
    if ids.transport_cc != 0 {
        ids.abs_send_time = 0;
    }
}

/// The ids and names that go into a section of ours: what the core reads of such media, or writes to it.
pub(super) fn used(
    ids: &ExtensionIds,
    kind: MediaKind,
    direction: Direction,
) -> impl Iterator<Item = (u8, &'static str)> {
    let audio = kind == MediaKind::Audio;
    let reads = direction == Direction::Receive;
    let rows = [
        (ids.mid, MID, true),
        (ids.transport_cc, TRANSPORT_CC, true),
        (ids.abs_send_time, ABS_SEND_TIME, true),
        (ids.audio_level, AUDIO_LEVEL, audio),
        (ids.rid, RID, !audio && reads),
        (ids.repaired_rid, REPAIRED_RID, !audio && reads),
        (ids.dependency_descriptor, DEPENDENCY_DESCRIPTOR, !audio),
        (ids.video_layers_allocation, VIDEO_LAYERS_ALLOCATION, !audio && reads),
        (ids.frame_marking, FRAME_MARKING, !audio && reads),
    ];
    rows.into_iter().filter(|(id, _, here)| *id != 0 && *here).map(|(id, name, _)| (id, name))
}

fn place<'a>(ids: &'a mut ExtensionIds, uri: &str) -> Option<&'a mut u8> {
    match uri {
        MID => Some(&mut ids.mid),
        RID => Some(&mut ids.rid),
        REPAIRED_RID => Some(&mut ids.repaired_rid),
        AUDIO_LEVEL => Some(&mut ids.audio_level),
        TRANSPORT_CC => Some(&mut ids.transport_cc),
        ABS_SEND_TIME => Some(&mut ids.abs_send_time),
        DEPENDENCY_DESCRIPTOR => Some(&mut ids.dependency_descriptor),
        VIDEO_LAYERS_ALLOCATION => Some(&mut ids.video_layers_allocation),
        FRAME_MARKING => Some(&mut ids.frame_marking),
        _ => None,
    }
}
