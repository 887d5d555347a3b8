//! AES_CM_128_HMAC_SHA1_80 (RFC 3711).

use aws_lc_rs::cipher::{EncryptingKey, EncryptionContext};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;

use super::cipher::{E_FLAG, RTCP_CLEAR};
use super::keying::{Label, aes_ctr};
use super::{MasterKey, SrtpError};

/// The leftmost 80 bits of HMAC-SHA1 (RFC 3711 section 4.2.1).
const TAG: usize = 10;
const WORD: usize = 4;

/// Session keys and salts of AES_CM_128_HMAC_SHA1_80.
pub(super) struct CounterMode {
    rtp: Keys,
    rtcp: Keys,
}

struct Keys {
    cipher: EncryptingKey,
    salt: [u8; 14],
    authentication: hmac::Key,
}

impl CounterMode {
    pub(super) fn new(master: &MasterKey) -> Self {
        let rtp = Keys::new(master, [Label::RtpEncryption, Label::RtpSalt, Label::RtpAuthentication]);
        let rtcp = Keys::new(master, [Label::RtcpEncryption, Label::RtcpSalt, Label::RtcpAuthentication]);
        CounterMode { rtp, rtcp }
    }

    #[inline]
    pub(super) fn seal_rtp(&self, packet: &mut [u8], header_len: usize, ssrc: u32, index: u64) {
        let (plain, tag) = packet.split_at_mut(packet.len() - TAG);
        self.rtp.apply(&mut plain[header_len..], ssrc, index);
        tag.copy_from_slice(&self.rtp.rtp_tag(plain, index));
    }

    #[inline]
    pub(super) fn open_rtp(
        &self,
        packet: &mut [u8],
        header_len: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<(), SrtpError> {
        let (sealed, tag) = packet.split_at_mut(packet.len() - TAG);
        check(&self.rtp.rtp_tag(sealed, index), tag)?;
        self.rtp.apply(&mut sealed[header_len..], ssrc, index);
        Ok(())
    }

    pub(super) fn seal_rtcp(&self, packet: &mut [u8], ssrc: u32, index: u32) {
        let (authenticated, tag) = packet.split_at_mut(packet.len() - TAG);
        let (compound, word) = authenticated.split_at_mut(authenticated.len() - WORD);
        self.rtcp.apply(&mut compound[RTCP_CLEAR..], ssrc, u64::from(index));
        word.copy_from_slice(&(E_FLAG | index).to_be_bytes());
        tag.copy_from_slice(&truncate(hmac::sign(&self.rtcp.authentication, authenticated)));
    }

    pub(super) fn open_rtcp(&self, packet: &mut [u8], ssrc: u32, word: u32) -> Result<(), SrtpError> {
        let (authenticated, tag) = packet.split_at_mut(packet.len() - TAG);
        check(&truncate(hmac::sign(&self.rtcp.authentication, authenticated)), tag)?;
        if word & E_FLAG != 0 {
            let end = authenticated.len() - WORD;
            self.rtcp.apply(&mut authenticated[RTCP_CLEAR..end], ssrc, u64::from(word & !E_FLAG));
        }
        Ok(())
    }
}

impl Keys {
    fn new(master: &MasterKey, [encryption, salting, authentication]: [Label; 3]) -> Self {
        let mut key = [0; 16];
        let mut salt = [0; 14];
        let mut mac_key = [0; 20];
        master.derive(encryption, &mut key);
        master.derive(salting, &mut salt);
        master.derive(authentication, &mut mac_key);
        Keys {
            cipher: aes_ctr(&key),
            salt,
            authentication: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &mac_key),
        }
    }

    /// RFC 3711 section 4.1.1: the counter starts at salt, xor the SSRC, xor the index, times 2^16.
    #[inline]
    fn apply(&self, payload: &mut [u8], ssrc: u32, index: u64) {
        let mut salt = [0; 16];
        salt[..14].copy_from_slice(&self.salt);
        let counter = u128::from_be_bytes(salt) ^ (u128::from(ssrc) << 64) ^ (u128::from(index) << 16);
        let iv = EncryptionContext::Iv128(FixedLength::from(counter.to_be_bytes()));
        self.cipher.less_safe_encrypt(payload, iv).expect("counter mode takes every length");
    }

    /// RFC 3711 section 4.2: over the packet and the roll-over counter.
    #[inline]
    fn rtp_tag(&self, packet: &[u8], index: u64) -> [u8; TAG] {
        let mut context = hmac::Context::with_key(&self.authentication);
        context.update(packet);
        context.update(&((index >> 16) as u32).to_be_bytes());
        truncate(context.sign())
    }
}

fn truncate(tag: hmac::Tag) -> [u8; TAG] {
    tag.as_ref()[..TAG].try_into().expect("HMAC-SHA1 has 20 bytes")
}

fn check(expected: &[u8; TAG], tag: &[u8]) -> Result<(), SrtpError> {
    verify_slices_are_equal(expected, tag).map_err(|_| SrtpError::Authentication)
}
