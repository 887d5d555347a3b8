//! A VP8 payload as the receiver reads it: descriptor, frame header, stamp.

use sfu::codec::Vp8Descriptor;
use sfu::codec::vp8::Vp8Error;
use thiserror::Error;

use crate::participant::media::packetizer::{INTER_HEADER_LEN, KEY_HEADER_LEN, START_CODE};
use crate::participant::media::stamp::{StampError, VideoStamp};

/// Why a payload is not one of ours, or no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum PayloadError {
    #[error(transparent)]
    Descriptor(#[from] Vp8Error),
    #[error("key frame without VP8's start code")]
    StartCode,
    #[error(transparent)]
    Stamp(#[from] StampError),
}

/// Reads a payload.
pub(super) fn read(payload: &[u8]) -> Result<(Vp8Descriptor, VideoStamp), PayloadError> {
    let descriptor = Vp8Descriptor::parse(payload)?;
    let mut at = descriptor.len;
    if descriptor.frame_start() {
        at += if descriptor.key_frame_start { KEY_HEADER_LEN } else { INTER_HEADER_LEN };
        let start_code = payload.get(descriptor.len + 3..descriptor.len + 6);
        if descriptor.key_frame_start && start_code != Some(&START_CODE) {
            return Err(PayloadError::StartCode);
        }
    }
    let stamp = VideoStamp::read(payload.get(at..).unwrap_or_default())?;
    Ok((descriptor, stamp))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_not_ours() {
        let rows: [(&[u8], PayloadError); 5] = [
            (&[], PayloadError::Descriptor(Vp8Error::Truncated)),
            (&[0x10, 0x00, 0, 0, 1, 2, 3], PayloadError::StartCode),
            (&[0x10, 0x00], PayloadError::StartCode),
            (&[0x10, 0x01, 0, 0, 0xa7], PayloadError::Stamp(StampError::Truncated)),
            (&[0; 60], PayloadError::Stamp(StampError::Kind)),
        ];
        for (payload, error) in rows {
            assert_eq!(read(payload), Err(error), "{payload:?}");
        }
    }
}
