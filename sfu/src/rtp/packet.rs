//! The fixed RTP header, parsed once and kept as offsets (RFC 3550 section 5.1).

use thiserror::Error;

/// Length of a header without CSRCs and extension, bytes.
pub const FIXED_HEADER_LEN: usize = 12;

/// Why bytes are not an RTP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RtpError {
    /// Shorter than its own header says.
    #[error("RTP packet of {len} bytes ends inside its header")]
    Truncated {
        /// The packet's length, bytes.
        len: usize,
    },
    /// Version other than 2.
    #[error("RTP version {0}, not 2")]
    Version(u8),
    /// The padding count is zero, or more than what follows the header.
    #[error("RTP padding of {0} bytes does not fit the packet")]
    Padding(u8),
}

/// The header of one RTP packet, with the places of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RtpHeader {
    /// The marker bit: for video, the last packet of a frame.
    pub marker: bool,
    /// Payload type, 0 to 127.
    pub payload_type: u8,
    /// Sequence number.
    pub sequence: u16,
    /// Timestamp, in ticks of the payload's clock.
    pub timestamp: u32,
    /// Synchronisation source.
    pub ssrc: u32,
    /// The extension profile (0xBEDE for the one-byte form, 0x100x for the two-byte form) when X is set.
    pub extension_profile: Option<u16>,
    /// Where the extension's elements start, bytes from the packet's start; equal to `extension_end` without one.
    pub extension_start: usize,
    /// Where the extension's elements end.
    pub extension_end: usize,
    /// Where the payload starts, which is the length of the whole header.
    pub payload_start: usize,
    /// Where the payload ends, padding taken off.
    pub payload_end: usize,
    /// Bytes of padding, its count byte included.
    pub padding: u8,
}

impl RtpHeader {
    /// Reads the header of `packet`.
    ///
    /// # Errors
    /// When the packet is shorter than its header says, of another version, or with impossible padding.
    pub fn parse(packet: &[u8]) -> Result<RtpHeader, RtpError> {
        let mut header = RtpHeader::parse_encrypted(packet)?;
        if packet[0] & 0x20 != 0 {
            let padding = *packet.last().expect("a header was parsed, so there are bytes");
            if padding == 0 || header.payload_start + usize::from(padding) > packet.len() {
                return Err(RtpError::Padding(padding));
            }
            header.padding = padding;
            header.payload_end = packet.len() - usize::from(padding);
        }
        Ok(header)
    }

    /// Reads the header of an SRTP packet, whose padding count is still encrypted.
    ///
    /// # Errors
    /// As [`RtpHeader::parse`], but for padding.
    pub fn parse_encrypted(packet: &[u8]) -> Result<RtpHeader, RtpError> {
        let len = packet.len();
        let truncated = RtpError::Truncated { len };
        let fixed: &[u8; FIXED_HEADER_LEN] = packet.first_chunk().ok_or(truncated)?;
        if fixed[0] >> 6 != 2 {
            return Err(RtpError::Version(fixed[0] >> 6));
        }
        let mut at = FIXED_HEADER_LEN + 4 * usize::from(fixed[0] & 0x0f);
        let (mut profile, mut start) = (None, at);
        if fixed[0] & 0x10 != 0 {
            let head: [u8; 4] = packet.get(at..at + 4).ok_or(truncated)?.try_into().expect("four bytes");
            profile = Some(u16::from_be_bytes([head[0], head[1]]));
            start = at + 4;
            at = start + 4 * usize::from(u16::from_be_bytes([head[2], head[3]]));
        }
        if at > len {
            return Err(truncated);
        }
        Ok(RtpHeader {
            marker: fixed[1] & 0x80 != 0,
            payload_type: fixed[1] & 0x7f,
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
            extension_profile: profile,
            extension_start: start,
            extension_end: at,
            payload_start: at,
            payload_end: len,
            padding: 0,
        })
    }

    /// The payload of `packet`, padding taken off.
    pub fn payload<'a>(&self, packet: &'a [u8]) -> &'a [u8] {
        &packet[self.payload_start..self.payload_end]
    }

    /// Whether nothing but padding follows the header: a probe.
    pub fn is_padding_only(&self) -> bool {
        self.payload_start == self.payload_end && self.padding > 0
    }
}

/// Writes a fixed header (no CSRC) of version 2 to the start of `out`.
///
/// `extended` sets the X bit: the caller writes the extension behind it.
pub fn write_fixed_header(
    out: &mut [u8; FIXED_HEADER_LEN],
    (marker, payload_type): (bool, u8),
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
    extended: bool,
) {
    out[0] = 0x80 | if extended { 0x10 } else { 0 };
    out[1] = (u8::from(marker) << 7) | (payload_type & 0x7f);
    out[2..4].copy_from_slice(&sequence.to_be_bytes());
    out[4..8].copy_from_slice(&timestamp.to_be_bytes());
    out[8..12].copy_from_slice(&ssrc.to_be_bytes());
}
