//! The protecting side.

use super::cipher::{Cipher, RTCP_CLEAR};
use super::packet::{rtcp_ssrc, rtp_header_len, rtp_ssrc, sequence};
use super::{INDEX_LIMIT, MasterKey, Profile, RTCP_INDEX_LIMIT, SrtpError, Transform};

/// Protects what we send.
///
/// It keeps no state per SSRC: whoever writes a stream extends its sequence numbers anyway, and says the
/// index of each packet.
pub struct Outbound {
    profile: Profile,
    cipher: Cipher,
    /// One counter for all SSRCs of ours: RFC 3711 asks for no more than uniqueness per SSRC.
    next_rtcp_index: u32,
}

impl Outbound {
    /// Derives the session keys of `master`.
    pub fn new(master: &MasterKey, transform: Transform) -> Self {
        Outbound { profile: master.profile(), cipher: Cipher::new(master, transform), next_rtcp_index: 0 }
    }

    #[cfg(test)]
    pub(super) fn with_cipher(profile: Profile, cipher: Cipher, next_rtcp_index: u32) -> Self {
        Outbound { profile, cipher, next_rtcp_index }
    }

    /// The profile of the association.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Protects one RTP packet in place.
    ///
    /// `packet` is the whole packet followed by [`Profile::tag_len`] bytes of room for the tag, whose content
    /// doesn't matter. `index` is the 48-bit packet index: the roll-over counter, then the 16 bits of the
    /// sequence number. **The counter starts at 0** with a stream's first packet, or the receiver won't
    /// follow. Two packets of one SSRC with the same index and different content break AES-GCM, so the same
    /// index may come again only for the same bytes.
    ///
    /// # Errors
    /// [`SrtpError::Malformed`] for no RTP packet with room, [`SrtpError::IndexMismatch`] when `index` does
    /// not end in the packet's sequence number, [`SrtpError::IndexExhausted`] from 2^48 on.
    #[inline]
    pub fn protect_rtp(&self, packet: &mut [u8], index: u64) -> Result<(), SrtpError> {
        let header_len = rtp_header_len(packet)?;
        if packet.len() < header_len + self.profile.tag_len() {
            return Err(SrtpError::Malformed);
        }
        if sequence(packet) != index as u16 {
            return Err(SrtpError::IndexMismatch);
        }
        if index >= INDEX_LIMIT {
            return Err(SrtpError::IndexExhausted);
        }
        let ssrc = rtp_ssrc(packet);
        self.cipher.seal_rtp(packet, header_len, ssrc, index);
        Ok(())
    }

    /// Protects one RTCP compound in place; it grows by [`Profile::rtcp_overhead`] bytes.
    ///
    /// # Errors
    /// [`SrtpError::Malformed`] for fewer than 8 bytes or another version than 2,
    /// [`SrtpError::IndexExhausted`] after 2^31 compounds. The buffer is then as it was.
    pub fn protect_rtcp(&mut self, compound: &mut Vec<u8>) -> Result<(), SrtpError> {
        let ssrc = rtcp_ssrc(compound, RTCP_CLEAR)?;
        if self.next_rtcp_index >= RTCP_INDEX_LIMIT {
            return Err(SrtpError::IndexExhausted);
        }
        compound.resize(compound.len() + self.profile.rtcp_overhead(), 0);
        self.cipher.seal_rtcp(compound, ssrc, self.next_rtcp_index);
        self.next_rtcp_index += 1;
        Ok(())
    }
}
