//! The unprotecting side.

use super::cipher::{Cipher, E_FLAG, RTCP_CLEAR};
use super::packet::{rtcp_ssrc, rtp_header_len, rtp_ssrc, sequence};
use super::streams::Streams;
use super::{INDEX_LIMIT, MasterKey, Profile, SrtpError, Transform, estimate_index};

/// An RTP packet that was authenticated and decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unprotected {
    /// Bytes of the plain packet, from the start of the buffer.
    pub len: usize,
    /// Bytes of its header, with CSRCs and extension.
    pub header_len: usize,
    /// The synchronisation source.
    pub ssrc: u32,
    /// Roll-over counter and sequence number: the sequence number extended to 48 bits.
    pub index: u64,
}

/// Unprotects what one peer sends.
pub struct Inbound {
    profile: Profile,
    cipher: Cipher,
    rtp: Streams,
    rtcp: Streams,
}

impl Inbound {
    /// Derives the session keys of `master`. At most `max_streams` SSRCs are remembered for RTP, and as many
    /// for RTCP.
    pub fn new(master: &MasterKey, transform: Transform, max_streams: usize) -> Self {
        Inbound::with_cipher(master.profile(), Cipher::new(master, transform), max_streams)
    }

    pub(super) fn with_cipher(profile: Profile, cipher: Cipher, max_streams: usize) -> Self {
        Inbound { profile, cipher, rtp: Streams::new(max_streams), rtcp: Streams::new(max_streams) }
    }

    /// The profile of the association.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// How many RTP streams are remembered.
    pub fn stream_count(&self) -> usize {
        self.rtp.len()
    }

    /// Checks, decrypts and remembers one RTP packet in place.
    ///
    /// The index is estimated (RFC 3711 section 3.3.1), so a stream has to start with roll-over counter 0.
    /// Nothing is remembered of a packet that does not authenticate.
    ///
    /// # Errors
    /// [`SrtpError::Malformed`], [`SrtpError::Replayed`], [`SrtpError::TooManyStreams`] (all three before
    /// any cryptography), or [`SrtpError::Authentication`], after which the payload may be overwritten.
    #[inline]
    pub fn unprotect_rtp(&mut self, packet: &mut [u8]) -> Result<Unprotected, SrtpError> {
        let header_len = rtp_header_len(packet)?;
        let tag_len = self.profile.tag_len();
        if packet.len() < header_len + tag_len {
            return Err(SrtpError::Malformed);
        }
        let (ssrc, sequence) = (rtp_ssrc(packet), sequence(packet));
        let slot = self.rtp.find(ssrc);
        let index = match slot {
            Some(slot) => {
                let window = self.rtp.window(slot);
                let index = estimate_index(window.highest(), sequence);
                if !window.is_fresh(index) {
                    return Err(SrtpError::Replayed);
                }
                index
            }
            None => {
                self.rtp.check_room()?;
                u64::from(sequence)
            }
        };
        if index >= INDEX_LIMIT {
            return Err(SrtpError::IndexExhausted);
        }
        self.cipher.open_rtp(packet, header_len, ssrc, index)?;
        self.rtp.note(slot, ssrc, index);
        Ok(Unprotected { len: packet.len() - tag_len, header_len, ssrc, index })
    }

    /// Checks, decrypts and remembers one RTCP compound in place, and says its plain length.
    ///
    /// A compound that is authenticated but not encrypted (E flag 0) is accepted (RFC 7714 section 9.3).
    ///
    /// # Errors
    /// As [`Inbound::unprotect_rtp`].
    pub fn unprotect_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        let overhead = self.profile.rtcp_overhead();
        let ssrc = rtcp_ssrc(packet, RTCP_CLEAR + overhead)?;
        let word = self.cipher.rtcp_word(packet);
        let index = u64::from(word & !E_FLAG);
        let slot = self.rtcp.find(ssrc);
        match slot {
            Some(slot) if !self.rtcp.window(slot).is_fresh(index) => return Err(SrtpError::Replayed),
            Some(_) => {}
            None => self.rtcp.check_room()?,
        }
        self.cipher.open_rtcp(packet, ssrc, word)?;
        self.rtcp.note(slot, ssrc, index);
        Ok(packet.len() - overhead)
    }

    /// Gives up what is remembered of `ssrc`, to make room for another.
    ///
    /// Old packets of it would then pass once more: call it only for an SSRC that is not routed any longer.
    pub fn forget(&mut self, ssrc: u32) {
        self.rtp.forget(ssrc);
        self.rtcp.forget(ssrc);
    }
}
