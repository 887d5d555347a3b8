//! No protection at all, in packets of the right size: for simulation only.

use super::cipher::E_FLAG;
use super::{Profile, SrtpError};

/// What stands in place of a tag; it also tells a capture's reader why the payload is readable.
const MARKER: [u8; 16] = *b"null transform!!";
const WORD: usize = 4;

/// The shape of `profile` without its cipher and tag.
pub(super) struct Null {
    profile: Profile,
}

impl Null {
    pub(super) fn new(profile: Profile) -> Self {
        Null { profile }
    }

    fn marker(&self) -> &'static [u8] {
        &MARKER[..self.profile.tag_len()]
    }

    pub(super) fn seal_rtp(&self, packet: &mut [u8]) {
        let tag = packet.len() - self.profile.tag_len();
        packet[tag..].copy_from_slice(self.marker());
    }

    pub(super) fn open_rtp(&self, packet: &[u8]) -> Result<(), SrtpError> {
        if packet.ends_with(self.marker()) { Ok(()) } else { Err(SrtpError::Authentication) }
    }

    pub(super) fn seal_rtcp(&self, packet: &mut [u8], index: u32) {
        let word_end = self.word_end(packet);
        let tag = self.tag_start(packet);
        packet[word_end - WORD..word_end].copy_from_slice(&(E_FLAG | index).to_be_bytes());
        packet[tag..tag + self.profile.tag_len()].copy_from_slice(self.marker());
    }

    pub(super) fn open_rtcp(&self, packet: &[u8]) -> Result<(), SrtpError> {
        let tag = self.tag_start(packet);
        if packet[tag..].starts_with(self.marker()) { Ok(()) } else { Err(SrtpError::Authentication) }
    }

    /// Where the word with the index ends: AEAD puts it after the tag (RFC 7714 section 9.2), counter mode
    /// before it (RFC 3711 section 3.4).
    pub(super) fn word_end(&self, packet: &[u8]) -> usize {
        match self.profile {
            Profile::AeadAes128Gcm => packet.len(),
            Profile::AesCm128HmacSha1_80 => packet.len() - self.profile.tag_len(),
        }
    }

    fn tag_start(&self, packet: &[u8]) -> usize {
        match self.profile {
            Profile::AeadAes128Gcm => packet.len() - WORD - self.profile.tag_len(),
            Profile::AesCm128HmacSha1_80 => packet.len() - self.profile.tag_len(),
        }
    }
}
