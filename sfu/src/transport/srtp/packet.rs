//! The little of RTP and RTCP headers that SRTP has to know.

use super::SrtpError;

const VERSION_2: u8 = 0b10;

/// Length of the RTP header with its CSRCs and extension, which stays in the clear (RFC 3550 section 5.1).
pub(super) fn rtp_header_len(packet: &[u8]) -> Result<usize, SrtpError> {
    let fixed: &[u8; 12] = packet.first_chunk().ok_or(SrtpError::Malformed)?;
    if fixed[0] >> 6 != VERSION_2 {
        return Err(SrtpError::Malformed);
    }
    let mut len = 12 + 4 * usize::from(fixed[0] & 0x0f);
    if fixed[0] & 0x10 != 0 {
        let words = packet.get(len + 2..len + 4).ok_or(SrtpError::Malformed)?;
        len += 4 + 4 * usize::from(u16::from_be_bytes([words[0], words[1]]));
    }
    if len <= packet.len() { Ok(len) } else { Err(SrtpError::Malformed) }
}

/// The sequence number of an RTP packet of at least 12 bytes.
pub(super) fn sequence(packet: &[u8]) -> u16 {
    u16::from_be_bytes([packet[2], packet[3]])
}

/// The SSRC of an RTP packet of at least 12 bytes.
pub(super) fn rtp_ssrc(packet: &[u8]) -> u32 {
    u32::from_be_bytes([packet[8], packet[9], packet[10], packet[11]])
}

/// The sender's SSRC of an RTCP compound with at least `min_len` bytes, which are 8 or more.
pub(super) fn rtcp_ssrc(packet: &[u8], min_len: usize) -> Result<u32, SrtpError> {
    if packet.len() < min_len || packet[0] >> 6 != VERSION_2 {
        return Err(SrtpError::Malformed);
    }
    Ok(u32::from_be_bytes([packet[4], packet[5], packet[6], packet[7]]))
}
