//! AEAD_AES_128_GCM (RFC 7714).

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::cipher::{E_FLAG, RTCP_CLEAR};
use super::keying::Label;
use super::{MasterKey, SrtpError};

const TAG: usize = 16;
const WORD: usize = 4;

/// Session keys and salts of AEAD_AES_128_GCM.
pub(super) struct Gcm {
    rtp: LessSafeKey,
    rtp_salt: [u8; NONCE_LEN],
    rtcp: LessSafeKey,
    rtcp_salt: [u8; NONCE_LEN],
}

impl Gcm {
    pub(super) fn new(master: &MasterKey) -> Self {
        let key = |label| {
            let mut key = [0; 16];
            master.derive(label, &mut key);
            key
        };
        let salt = |label| {
            let mut salt = [0; NONCE_LEN];
            master.derive(label, &mut salt);
            salt
        };
        Gcm::from_session_keys(
            (key(Label::RtpEncryption), salt(Label::RtpSalt)),
            (key(Label::RtcpEncryption), salt(Label::RtcpSalt)),
        )
    }

    pub(super) fn from_session_keys(
        (rtp, rtp_salt): ([u8; 16], [u8; NONCE_LEN]),
        (rtcp, rtcp_salt): ([u8; 16], [u8; NONCE_LEN]),
    ) -> Self {
        let key = |bytes: [u8; 16]| {
            LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &bytes).expect("AES-128 takes 16 bytes"))
        };
        Gcm { rtp: key(rtp), rtp_salt, rtcp: key(rtcp), rtcp_salt }
    }

    #[inline]
    pub(super) fn seal_rtp(&self, packet: &mut [u8], header_len: usize, ssrc: u32, index: u64) {
        let (header, rest) = packet.split_at_mut(header_len);
        let (payload, tag) = rest.split_at_mut(rest.len() - TAG);
        let nonce = rtp_nonce(&self.rtp_salt, ssrc, index);
        seal(&self.rtp, nonce, header, payload, tag);
    }

    #[inline]
    pub(super) fn open_rtp(
        &self,
        packet: &mut [u8],
        header_len: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<(), SrtpError> {
        let (header, rest) = packet.split_at_mut(header_len);
        let (payload, tag) = rest.split_at_mut(rest.len() - TAG);
        let nonce = rtp_nonce(&self.rtp_salt, ssrc, index);
        open(&self.rtp, nonce, header, payload, tag)
    }

    pub(super) fn seal_rtcp(&self, packet: &mut [u8], ssrc: u32, index: u32) {
        let word = (E_FLAG | index).to_be_bytes();
        let (clear, rest) = packet.split_at_mut(RTCP_CLEAR);
        let (payload, trailer) = rest.split_at_mut(rest.len() - TAG - WORD);
        let (tag, word_room) = trailer.split_at_mut(TAG);
        word_room.copy_from_slice(&word);
        let nonce = rtcp_nonce(&self.rtcp_salt, ssrc, index);
        seal(&self.rtcp, nonce, &encrypted_rtcp_aad(clear, word), payload, tag);
    }

    pub(super) fn open_rtcp(&self, packet: &mut [u8], ssrc: u32, word: u32) -> Result<(), SrtpError> {
        let nonce = rtcp_nonce(&self.rtcp_salt, ssrc, word & !E_FLAG);
        let compound_len = packet.len() - TAG - WORD;
        if word & E_FLAG == 0 {
            return self.authenticate_rtcp(packet, compound_len, nonce, word);
        }
        let (clear, rest) = packet.split_at_mut(RTCP_CLEAR);
        let (payload, trailer) = rest.split_at_mut(compound_len - RTCP_CLEAR);
        open(&self.rtcp, nonce, &encrypted_rtcp_aad(clear, word.to_be_bytes()), payload, &trailer[..TAG])
    }

    /// Without the E flag everything is associated data, the last word included (RFC 7714 section 9.3).
    /// The word is moved next to the compound, so that the two are one slice.
    fn authenticate_rtcp(
        &self,
        packet: &mut [u8],
        compound_len: usize,
        nonce: Nonce,
        word: u32,
    ) -> Result<(), SrtpError> {
        let tag: [u8; TAG] = packet[compound_len..compound_len + TAG].try_into().expect("a whole tag");
        packet[compound_len..compound_len + WORD].copy_from_slice(&word.to_be_bytes());
        open(&self.rtcp, nonce, &packet[..compound_len + WORD], &mut [], &tag)
    }
}

#[inline]
fn seal(key: &LessSafeKey, nonce: Nonce, aad: &[u8], payload: &mut [u8], tag: &mut [u8]) {
    key.seal_in_place_scatter(nonce, Aad::from(aad), payload, &[], tag)
        .expect("a datagram is far below the limit of AES-GCM");
}

#[inline]
fn open(
    key: &LessSafeKey,
    nonce: Nonce,
    aad: &[u8],
    payload: &mut [u8],
    tag: &[u8],
) -> Result<(), SrtpError> {
    key.open_in_place_separate_tag(nonce, Aad::from(aad), tag, payload)
        .map(|_| ())
        .map_err(|_| SrtpError::Authentication)
}

/// RFC 7714 section 9.2: the first header and the SSRC, then the word with E flag and index.
fn encrypted_rtcp_aad(clear: &[u8], word: [u8; WORD]) -> [u8; RTCP_CLEAR + WORD] {
    let mut aad = [0; RTCP_CLEAR + WORD];
    aad[..RTCP_CLEAR].copy_from_slice(clear);
    aad[RTCP_CLEAR..].copy_from_slice(&word);
    aad
}

/// RFC 7714 section 8.1: two zero bytes, SSRC, 48-bit index, all xor the salt.
#[inline]
fn rtp_nonce(salt: &[u8; NONCE_LEN], ssrc: u32, index: u64) -> Nonce {
    let plain = (u128::from(ssrc) << 48) | u128::from(index);
    xor_nonce(salt, plain)
}

/// RFC 7714 section 9.1: two zero bytes, SSRC, two zero bytes, 31-bit index, all xor the salt.
fn rtcp_nonce(salt: &[u8; NONCE_LEN], ssrc: u32, index: u32) -> Nonce {
    xor_nonce(salt, (u128::from(ssrc) << 48) | u128::from(index))
}

#[inline]
fn xor_nonce(salt: &[u8; NONCE_LEN], low_bits: u128) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    nonce.copy_from_slice(&low_bits.to_be_bytes()[4..]);
    for (byte, salt) in nonce.iter_mut().zip(salt) {
        *byte ^= salt;
    }
    Nonce::assume_unique_for_key(nonce)
}
