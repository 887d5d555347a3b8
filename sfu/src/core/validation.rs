//! Whether a request makes sense, before anything is done about it.

use crate::conference::{CommandError, JoinRequest};
use crate::participant::{MediaKind, SourceDescription};

/// The longest name of a participant or a conference, bytes.
const MAX_NAME: usize = 64;
/// The longest source name, bytes.
const MAX_SOURCE_NAME: usize = 32;
/// The longest mid or rid that fits a one-byte header extension (RFC 8285 section 4.2), bytes.
const MAX_STREAM_NAME: usize = 16;
/// Simulcast encodings of one source.
const MAX_ENCODINGS: usize = 3;

/// A peer's ICE credentials.
pub(super) fn check_ice(ufrag: &str, pwd: &str) -> Result<(), CommandError> {
    if (4..=256).contains(&ufrag.len()) && (22..=256).contains(&pwd.len()) {
        return Ok(());
    }
    Err(invalid("ice", "4 to 256 characters of ufrag and 22 to 256 of pwd (RFC 8445 section 5.3)"))
}

pub(super) fn check_request(request: &JoinRequest) -> Result<(), CommandError> {
    if request.conference.is_empty() || request.conference.len() > MAX_NAME {
        return Err(invalid("conference", "a name of 1 to 64 bytes is wanted"));
    }
    if request.name.len() > MAX_NAME {
        return Err(invalid("name", "at most 64 bytes"));
    }
    check_ice(&request.remote_ufrag, &request.remote_pwd)?;
    let ids = request.media.extensions;
    let all = ids.all();
    for id in all {
        if id > 14 {
            return Err(invalid("media.extensions", "ids are 1 to 14, or 0 for none"));
        }
        if id != 0 && all.iter().filter(|other| **other == id).count() > 1 {
            return Err(invalid("media.extensions", "each extension needs its own id"));
        }
    }
    let types = request.media.payload_types;
    if types.all().any(|payload_type| !is_dynamic(payload_type)) {
        let wanted = "dynamic payload types are 35 to 63 and 96 to 127";
        return Err(invalid("media.payload_types", wanted));
    }
    if types.all().enumerate().any(|(place, own)| types.all().skip(place + 1).any(|other| other == own)) {
        return Err(invalid("media.payload_types", "each codec needs its own"));
    }
    for (index, source) in request.sources.iter().enumerate() {
        check_source(source)?;
        if types.media(source.codec).is_none() {
            return Err(invalid("sources.codec", "it has no payload type"));
        }
        let earlier = &request.sources[..index];
        if earlier.iter().any(|other| other.name == source.name || other.mid == source.mid) {
            return Err(invalid("sources", "names and mids are unique"));
        }
    }
    Ok(())
}

fn check_source(source: &SourceDescription) -> Result<(), CommandError> {
    if source.name.is_empty() || source.name.len() > MAX_SOURCE_NAME {
        return Err(invalid("sources.name", "1 to 32 bytes"));
    }
    if source.mid.is_empty() || source.mid.len() > MAX_STREAM_NAME {
        return Err(invalid("sources.mid", "1 to 16 bytes"));
    }
    let count = source.encodings.len();
    match source.kind() {
        MediaKind::Audio if count != 0 => return Err(invalid("sources.encodings", "audio has none")),
        MediaKind::Video if !(1..=MAX_ENCODINGS).contains(&count) => {
            return Err(invalid("sources.encodings", "video has 1 to 3"));
        }
        _ => {}
    }
    for (index, encoding) in source.encodings.iter().enumerate() {
        if encoding.rid.is_empty() || encoding.rid.len() > MAX_STREAM_NAME {
            return Err(invalid("sources.encodings.rid", "1 to 16 bytes"));
        }
        if source.encodings[..index].iter().any(|other| other.rid == encoding.rid) {
            return Err(invalid("sources.encodings.rid", "rids are unique"));
        }
        if !(1..=3).contains(&encoding.spatial_layers)
            || (encoding.spatial_layers > 1 && !source.codec.is_scalable())
        {
            return Err(invalid("sources.encodings.spatial_layers", "1 to 3, and 1 for VP8 and H.264"));
        }
        if encoding.height == 0 || encoding.fps == 0 || !(1..=4).contains(&encoding.temporal_layers) {
            return Err(invalid("sources.encodings", "height and fps are positive, temporal layers 1 to 4"));
        }
    }
    if source.encodings.windows(2).any(|pair| pair[0].height > pair[1].height) {
        return Err(invalid("sources.encodings", "the lowest comes first"));
    }
    Ok(())
}

/// The ranges that browsers draw from: 64 to 95 would be taken for RTCP (RFC 5761 section 4), and those below 35 have
/// fixed meanings (RFC 3551 section 6).
fn is_dynamic(payload_type: u8) -> bool {
    matches!(payload_type, 35..=63 | 96..=127)
}

pub(super) fn invalid(field: &'static str, problem: &str) -> CommandError {
    CommandError::Invalid { field, problem: problem.to_owned() }
}

pub(super) fn full(what: &'static str, limit: usize, now: usize) -> Result<(), CommandError> {
    if now >= limit { Err(CommandError::Full { what, limit }) } else { Ok(()) }
}
