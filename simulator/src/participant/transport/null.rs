//! Packets in the shape of SRTP without its cryptography: the counterpart of the SFU's null transform.

use sfu::transport::dtls::SrtpProfile;

use super::TransportError;

/// What stands in place of a tag; it also tells a capture's reader why the payload is readable.
const MARKER: [u8; 16] = *b"null transform!!";
/// Set in the word with the SRTCP index, as if the packet were encrypted (RFC 3711 section 3.4).
const E_FLAG: u32 = 1 << 31;
const WORD: usize = 4;

/// One direction.
pub(crate) struct Null {
    profile: SrtpProfile,
    /// The last SRTCP index; 31 bits.
    rtcp_index: u32,
}

impl Null {
    pub(crate) fn new(profile: SrtpProfile) -> Self {
        Null { profile, rtcp_index: 0 }
    }

    fn marker(&self) -> &'static [u8] {
        match self.profile {
            // RFC 7714 section 14.2: 16 octets. RFC 3711 section 8.2: 80 bits.
            SrtpProfile::AeadAes128Gcm => &MARKER,
            SrtpProfile::AesCm128HmacSha1_80 => &MARKER[..10],
        }
    }

    pub(crate) fn protect_rtp(&self, packet: &mut Vec<u8>) {
        packet.extend_from_slice(self.marker());
    }

    pub(crate) fn unprotect_rtp(&self, packet: &[u8]) -> Result<usize, TransportError> {
        match packet.strip_suffix(self.marker()) {
            Some(clear) => Ok(clear.len()),
            None => Err(TransportError::Srtp("no null tag".into())),
        }
    }

    /// AEAD puts the word with the index behind the tag (RFC 7714 section 9.2), counter mode in front of it
    /// (RFC 3711 section 3.4).
    pub(crate) fn protect_rtcp(&mut self, packet: &mut Vec<u8>) {
        self.rtcp_index = (self.rtcp_index + 1) & !E_FLAG;
        let word = (E_FLAG | self.rtcp_index).to_be_bytes();
        match self.profile {
            SrtpProfile::AeadAes128Gcm => {
                packet.extend_from_slice(self.marker());
                packet.extend_from_slice(&word);
            }
            SrtpProfile::AesCm128HmacSha1_80 => {
                packet.extend_from_slice(&word);
                packet.extend_from_slice(self.marker());
            }
        }
    }

    pub(crate) fn unprotect_rtcp(&self, packet: &[u8]) -> Result<usize, TransportError> {
        let clear = match self.profile {
            SrtpProfile::AeadAes128Gcm => {
                packet.split_last_chunk::<WORD>().and_then(|(packet, _)| packet.strip_suffix(self.marker()))
            }
            SrtpProfile::AesCm128HmacSha1_80 => {
                let tagged = packet.strip_suffix(self.marker());
                tagged.and_then(|packet| packet.split_last_chunk::<WORD>()).map(|(packet, _)| packet)
            }
        };
        clear.map(<[u8]>::len).ok_or_else(|| TransportError::Srtp("no null tag".into()))
    }
}
