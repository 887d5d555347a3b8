//! One session's transform: which cipher a packet goes through, and where its trailer lies.

use super::counter_mode::CounterMode;
use super::gcm::Gcm;
use super::null::Null;
use super::{MasterKey, Profile, SrtpError, Transform};

/// The session keys of one direction, for RTP and RTCP.
///
/// Packets come with room for (or with) the whole trailer. Lengths are checked by the callers: an RTP packet
/// holds its header and a tag, an RTCP packet holds 8 bytes of header and the trailer.
pub(super) enum Cipher {
    Gcm(Box<Gcm>),
    CounterMode(Box<CounterMode>),
    Null(Null),
}

/// The flag in the last word of SRTCP that says "encrypted" (RFC 3711 section 3.4).
pub(super) const E_FLAG: u32 = 1 << 31;

/// Bytes at the head of an SRTCP packet that stay in the clear: the first header and the sender's SSRC.
pub(super) const RTCP_CLEAR: usize = 8;

impl Cipher {
    pub(super) fn new(master: &MasterKey, transform: Transform) -> Self {
        match (transform, master.profile()) {
            (Transform::Null, profile) => Cipher::Null(Null::new(profile)),
            (Transform::Cipher, Profile::AeadAes128Gcm) => Cipher::Gcm(Box::new(Gcm::new(master))),
            (Transform::Cipher, Profile::AesCm128HmacSha1_80) => {
                Cipher::CounterMode(Box::new(CounterMode::new(master)))
            }
        }
    }

    /// Encrypts what lies between header and tag, and writes the tag.
    #[inline]
    pub(super) fn seal_rtp(&self, packet: &mut [u8], header_len: usize, ssrc: u32, index: u64) {
        match self {
            Cipher::Gcm(gcm) => gcm.seal_rtp(packet, header_len, ssrc, index),
            Cipher::CounterMode(cm) => cm.seal_rtp(packet, header_len, ssrc, index),
            Cipher::Null(null) => null.seal_rtp(packet),
        }
    }

    /// Checks the tag and decrypts; on failure the payload may be overwritten.
    #[inline]
    pub(super) fn open_rtp(
        &self,
        packet: &mut [u8],
        header_len: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<(), SrtpError> {
        match self {
            Cipher::Gcm(gcm) => gcm.open_rtp(packet, header_len, ssrc, index),
            Cipher::CounterMode(cm) => cm.open_rtp(packet, header_len, ssrc, index),
            Cipher::Null(null) => null.open_rtp(packet),
        }
    }

    /// Encrypts a compound and writes tag, E flag and index.
    pub(super) fn seal_rtcp(&self, packet: &mut [u8], ssrc: u32, index: u32) {
        match self {
            Cipher::Gcm(gcm) => gcm.seal_rtcp(packet, ssrc, index),
            Cipher::CounterMode(cm) => cm.seal_rtcp(packet, ssrc, index),
            Cipher::Null(null) => null.seal_rtcp(packet, index),
        }
    }

    /// The word with the E flag and the index, not yet authenticated.
    pub(super) fn rtcp_word(&self, packet: &[u8]) -> u32 {
        let end = match self {
            Cipher::Gcm(_) => packet.len(),
            Cipher::CounterMode(_) => packet.len() - Profile::AesCm128HmacSha1_80.tag_len(),
            Cipher::Null(null) => null.word_end(packet),
        };
        u32::from_be_bytes(packet[end - 4..end].try_into().expect("four bytes"))
    }

    /// Checks the tag over compound and `word`, and decrypts if the word says so.
    pub(super) fn open_rtcp(&self, packet: &mut [u8], ssrc: u32, word: u32) -> Result<(), SrtpError> {
        match self {
            Cipher::Gcm(gcm) => gcm.open_rtcp(packet, ssrc, word),
            Cipher::CounterMode(cm) => cm.open_rtcp(packet, ssrc, word),
            Cipher::Null(null) => null.open_rtcp(packet),
        }
    }
}
