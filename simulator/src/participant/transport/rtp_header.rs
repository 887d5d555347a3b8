//! As much of an RTP header as rtc-srtp reads.

use rtc_rtp::Header;

use super::TransportError;

const FIXED_LENGTH: usize = 12;

/// Puts SSRC, sequence number and length of `packet`'s header into `header`.
///
/// rtc-srtp takes a parsed header, whose extensions cost an allocation each, and of it looks at nothing but
/// these three. So extensions go in as so much padding, and the same `header` serves for every packet.
pub(super) fn read_into(header: &mut Header, packet: &[u8]) -> Result<(), TransportError> {
    let fixed = packet.first_chunk::<FIXED_LENGTH>().ok_or(TransportError::Malformed)?;
    if fixed[0] >> 6 != 2 {
        return Err(TransportError::Malformed);
    }
    let contributors = usize::from(fixed[0] & 0x0f);
    let mut length = FIXED_LENGTH + 4 * contributors;
    let extension = fixed[0] & 0x10 != 0;
    header.extensions_padding = 0;
    if extension {
        let word = packet.get(length..length + 4).ok_or(TransportError::Malformed)?;
        header.extensions_padding = 4 * usize::from(u16::from_be_bytes([word[2], word[3]]));
        length += 4 + header.extensions_padding;
    }
    if packet.len() < length {
        return Err(TransportError::Malformed);
    }
    header.extension = extension;
    header.csrc.resize(contributors, 0);
    header.sequence_number = u16::from_be_bytes([fixed[2], fixed[3]]);
    header.ssrc = u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]);
    Ok(())
}
