//! A payload as the receiver reads it: what it says of its frame, and the stamp in it.

use sfu::codec::av1::{Av1Descriptor, Av1Error, ObuHeader, elements, obu_type};
use sfu::codec::dependency_descriptor::MandatoryFields;
use sfu::codec::h264::{H264Descriptor, H264Error, Packing, aggregated, nal_type};
use sfu::codec::vp8::Vp8Error;
use sfu::codec::vp9::{Vp9Descriptor, Vp9Error};
use sfu::codec::{Codec, Vp8Descriptor};
use smallvec::SmallVec;
use thiserror::Error;

use super::Content;
use crate::participant::media::packetizer::{
    INTER_HEADER_LEN, KEY_HEADER_LEN, SLICE_HEADER_LEN, START_CODE, VP9_INTER_HEAD_LEN, VP9_KEY_HEAD_LEN,
    unarmour,
};
use crate::participant::media::stamp::{StampError, VideoStamp};
use crate::participant::receive::links::{Links, Vp9Links};

/// Why a payload is not one of ours, or no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum PayloadError {
    #[error(transparent)]
    Vp8(#[from] Vp8Error),
    #[error(transparent)]
    Vp9(#[from] Vp9Error),
    #[error("VP9 without picture id, layer indices or TL0PICIDX, or with a group beyond bounds")]
    Vp9Fields,
    #[error(transparent)]
    Av1(#[from] Av1Error),
    #[error(transparent)]
    H264(#[from] H264Error),
    #[error("neither payload nor extension says where the frame starts")]
    Undescribed,
    #[error("key frame without VP8's start code")]
    StartCode,
    #[error(transparent)]
    Stamp(#[from] StampError),
}

/// What one packet says.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    /// It is the first of a frame.
    pub(super) starts: bool,
    /// It is the last of a frame; where only the marker says that, as the marker does.
    pub(super) ends: bool,
    pub(super) links: Links,
    /// None in packets of H.264 parameter sets.
    pub(super) stamp: Option<VideoStamp>,
}

/// Reads a packet of `codec`.
pub(super) fn read(codec: Codec, content: Content<'_>, marker: bool) -> Result<Reading, PayloadError> {
    let Content { payload, descriptor } = content;
    let Ok(fields) = MandatoryFields::parse(descriptor) else {
        return match codec {
            Codec::Av1 => Err(PayloadError::Undescribed),
            _ => read_payload(codec, payload, marker),
        };
    };
    // Nobody but the ends reads what is encrypted: nothing stands before the stamp.
    let stamp = match VideoStamp::read(payload) {
        Ok(stamp) => Some(stamp),
        Err(_) => read_payload(codec, payload, marker)?.stamp,
    };
    let links = Links::Described(SmallVec::from_slice(descriptor));
    Ok(Reading { starts: fields.start_of_frame, ends: fields.end_of_frame, links, stamp })
}

fn read_payload(codec: Codec, payload: &[u8], marker: bool) -> Result<Reading, PayloadError> {
    match codec {
        Codec::Vp9 => vp9(payload),
        Codec::Av1 => av1(payload),
        Codec::H264 | Codec::H264Mode0 => h264(payload, marker),
        Codec::Vp8 | Codec::Opus => vp8(payload, marker),
    }
}

fn stamp_at(payload: &[u8], at: usize) -> Result<Option<VideoStamp>, PayloadError> {
    Ok(Some(VideoStamp::read(payload.get(at..).unwrap_or_default())?))
}

fn vp8(payload: &[u8], marker: bool) -> Result<Reading, PayloadError> {
    let descriptor = Vp8Descriptor::parse(payload)?;
    let starts = descriptor.frame_start();
    let mut at = descriptor.len;
    if starts {
        at += if descriptor.key_frame_start { KEY_HEADER_LEN } else { INTER_HEADER_LEN };
        let start_code = payload.get(descriptor.len + 3..descriptor.len + 6);
        if descriptor.key_frame_start && start_code != Some(&START_CODE) {
            return Err(PayloadError::StartCode);
        }
    }
    let stamp = stamp_at(payload, at)?;
    Ok(Reading { starts, ends: marker, links: Links::Vp8(descriptor), stamp })
}

fn vp9(payload: &[u8]) -> Result<Reading, PayloadError> {
    let descriptor = Vp9Descriptor::parse(payload)?;
    let links = Vp9Links::read(&descriptor, payload).ok_or(PayloadError::Vp9Fields)?;
    let (starts, ends) = (descriptor.frame_start, descriptor.frame_end);
    let head = match (starts, descriptor.is_key_frame()) {
        (false, _) => 0,
        (true, false) => VP9_INTER_HEAD_LEN,
        (true, true) => VP9_KEY_HEAD_LEN,
    };
    let stamp = stamp_at(payload, descriptor.len + head)?;
    Ok(Reading { starts, ends, links: Links::Vp9(links), stamp })
}

/// AV1 says where its frames start in the dependency descriptor only.
fn av1(payload: &[u8]) -> Result<Reading, PayloadError> {
    let descriptor = Av1Descriptor::parse(payload)?;
    let continues = descriptor.aggregation.continues;
    for (number, element) in elements(payload).enumerate() {
        let element = element?;
        let head = if number == 0 && continues {
            0
        } else {
            let header = ObuHeader::parse(element)?;
            if header.obu_type != obu_type::FRAME {
                continue;
            }
            2 + usize::from(header.layer.is_some())
        };
        let (stamp, key) = (stamp_at(element, head)?, descriptor.key_frame_start());
        return Ok(Reading { starts: !continues, ends: false, links: Links::Order { key }, stamp });
    }
    Err(PayloadError::Undescribed)
}

/// Parameter sets, which precede an IDR picture always, are where a frame with one starts.
fn h264(payload: &[u8], marker: bool) -> Result<Reading, PayloadError> {
    let descriptor = H264Descriptor::parse(payload)?;
    let starts = descriptor.has_sps || (descriptor.frame_start && descriptor.unit_type == nal_type::SLICE);
    let slice = match descriptor.packing {
        Packing::Single => Some((payload, 1 + SLICE_HEADER_LEN)),
        Packing::Fragment { start, .. } => Some((payload, 2 + if start { SLICE_HEADER_LEN } else { 0 })),
        Packing::Aggregate => {
            let mut units = aggregated(payload).filter_map(Result::ok);
            units.find(|unit| unit[0] & 0x1f == nal_type::IDR).map(|unit| (unit, 1 + SLICE_HEADER_LEN))
        }
    };
    let is_set = matches!(descriptor.unit_type, nal_type::SPS | nal_type::PPS);
    let stamp = match slice.filter(|_| !is_set || descriptor.has_idr) {
        None => None,
        Some((unit, at)) => {
            let plain = unarmour(unit.get(at..).unwrap_or_default()).ok_or(StampError::Truncated)?;
            Some(VideoStamp::read(&plain)?)
        }
    };
    let links = Links::Order { key: descriptor.has_sps };
    Ok(Reading { starts, ends: marker, links, stamp })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_not_ours() {
        let rows: [(&[u8], PayloadError); 5] = [
            (&[], PayloadError::Vp8(Vp8Error::Truncated)),
            (&[0x10, 0x00, 0, 0, 1, 2, 3], PayloadError::StartCode),
            (&[0x10, 0x00], PayloadError::StartCode),
            (&[0x10, 0x01, 0, 0, 0xa7], PayloadError::Stamp(StampError::Truncated)),
            (&[0; 60], PayloadError::Stamp(StampError::Kind)),
        ];
        for (payload, error) in rows {
            let content = Content { payload, descriptor: &[] };
            assert_eq!(read(Codec::Vp8, content, true).err(), Some(error), "{payload:?}");
        }
    }
}
