//! What DTLS hands to SRTP (RFC 5764).

use std::fmt;

use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;

/// An SRTP protection profile that both ends of a DTLS connection agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SrtpProfile {
    /// AEAD_AES_128_GCM (RFC 7714 section 14.2). Preferred: counter mode with HMAC-SHA1 costs three to five
    /// times as much.
    AeadAes128Gcm,
    /// AES_CM_128_HMAC_SHA1_80 (RFC 5764 section 4.1.2), which every WebRTC endpoint has.
    AesCm128HmacSha1_80,
}

impl SrtpProfile {
    /// All profiles, the preferred one first.
    pub const BY_PREFERENCE: [SrtpProfile; 2] =
        [SrtpProfile::AeadAes128Gcm, SrtpProfile::AesCm128HmacSha1_80];

    /// The number that stands for it in `use_srtp` (RFC 5764 section 4.1.2, RFC 7714 section 14.2).
    pub const fn wire(self) -> u16 {
        match self {
            SrtpProfile::AeadAes128Gcm => 0x0007,
            SrtpProfile::AesCm128HmacSha1_80 => 0x0001,
        }
    }

    /// Bytes of one master key.
    pub const fn key_len(self) -> usize {
        16
    }

    /// Bytes of one master salt (RFC 7714 section 14.2, RFC 5764 section 4.1.2).
    pub const fn salt_len(self) -> usize {
        match self {
            SrtpProfile::AeadAes128Gcm => 12,
            SrtpProfile::AesCm128HmacSha1_80 => 14,
        }
    }

    /// Bytes of keying material for both directions.
    pub const fn keying_len(self) -> usize {
        2 * (self.key_len() + self.salt_len())
    }

    pub(super) fn from_rtc(profile: SrtpProtectionProfile) -> Option<Self> {
        SrtpProfile::BY_PREFERENCE.into_iter().find(|ours| ours.to_rtc() == profile)
    }

    pub(super) fn to_rtc(self) -> SrtpProtectionProfile {
        SrtpProtectionProfile::from(self.wire())
    }
}

/// SRTP master keys and salts for both directions, as RFC 5764 section 4.2 lays them out: client key,
/// server key, client salt, server salt.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyingMaterial {
    /// The profile that the keys are for.
    pub profile: SrtpProfile,
    /// `profile.keying_len()` bytes.
    pub bytes: Vec<u8>,
}

impl KeyingMaterial {
    /// Master key and salt for what the DTLS client sends.
    pub fn client(&self) -> (&[u8], &[u8]) {
        self.part(0)
    }

    /// Master key and salt for what the DTLS server sends.
    pub fn server(&self) -> (&[u8], &[u8]) {
        self.part(1)
    }

    fn part(&self, side: usize) -> (&[u8], &[u8]) {
        let (key, salt) = (self.profile.key_len(), self.profile.salt_len());
        let (keys, salts) = self.bytes.split_at(2 * key);
        (&keys[side * key..][..key], &salts[side * salt..][..salt])
    }
}

impl fmt::Debug for KeyingMaterial {
    /// Never the keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyingMaterial").field("profile", &self.profile).finish_non_exhaustive()
    }
}
