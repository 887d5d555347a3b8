//! Protection profiles and their lengths.

/// A DTLS-SRTP protection profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// AEAD_AES_128_GCM (RFC 7714). Prefer it: it costs a fraction of the other.
    AeadAes128Gcm,
    /// AES_CM_128_HMAC_SHA1_80 (RFC 3711), which every WebRTC endpoint has.
    AesCm128HmacSha1_80,
}

impl Profile {
    /// The `SRTPProtectionProfile` of the DTLS extension `use_srtp` (RFC 5764 4.1.2, RFC 7714 14.2).
    pub const fn id(self) -> u16 {
        match self {
            Profile::AeadAes128Gcm => 0x0007,
            Profile::AesCm128HmacSha1_80 => 0x0001,
        }
    }

    /// The profile with the number `id`, if it is one of ours.
    pub const fn from_id(id: u16) -> Option<Profile> {
        match id {
            0x0007 => Some(Profile::AeadAes128Gcm),
            0x0001 => Some(Profile::AesCm128HmacSha1_80),
            _ => None,
        }
    }

    /// Bytes of the master key, which are those of the session key too.
    pub const fn key_len(self) -> usize {
        16
    }

    /// Bytes of the master salt, which are those of the session salt too.
    pub const fn salt_len(self) -> usize {
        match self {
            Profile::AeadAes128Gcm => 12,
            Profile::AesCm128HmacSha1_80 => 14,
        }
    }

    /// Bytes that the authentication tag adds to an RTP packet.
    pub const fn tag_len(self) -> usize {
        match self {
            Profile::AeadAes128Gcm => 16,
            Profile::AesCm128HmacSha1_80 => 10,
        }
    }

    /// Bytes that SRTCP adds to a compound: the tag, and the word with the E flag and the index.
    pub const fn rtcp_overhead(self) -> usize {
        self.tag_len() + 4
    }

    /// Bytes to ask of the DTLS exporter: key and salt of both sides (RFC 5764 section 4.2).
    pub const fn keying_material_len(self) -> usize {
        2 * (self.key_len() + self.salt_len())
    }
}

/// Whether packets are really encrypted and authenticated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Transform {
    /// The cipher and tag of the profile.
    #[default]
    Cipher,
    /// **For simulation only.** Same sizes, indices and replay windows, but the payload stays readable and
    /// the tag is a constant that anybody can write: it buys speed where the subject is not cryptography.
    Null,
}
