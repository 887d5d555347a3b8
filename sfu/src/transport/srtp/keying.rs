//! From the DTLS exporter's block to master keys, and from those to session keys.

use aws_lc_rs::cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;

use super::{Profile, SrtpError};

/// Longest master key of a profile, in bytes.
const MAX_KEY: usize = 16;
/// Longest master salt of a profile, in bytes.
const MAX_SALT: usize = 14;

/// A master key and salt: what one side protects with.
#[derive(Clone)]
pub struct MasterKey {
    profile: Profile,
    key: [u8; MAX_KEY],
    /// Shorter salts are padded with zeros at the end, as the key derivation wants it.
    salt: [u8; MAX_SALT],
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MasterKey").field("profile", &self.profile).finish_non_exhaustive()
    }
}

impl MasterKey {
    /// A master key from its parts.
    ///
    /// # Errors
    /// [`SrtpError::KeyLength`] when a length is not the profile's.
    pub fn new(profile: Profile, key: &[u8], salt: &[u8]) -> Result<Self, SrtpError> {
        check_len("master key", key, profile.key_len())?;
        check_len("master salt", salt, profile.salt_len())?;
        let mut padded = [0; MAX_SALT];
        padded[..salt.len()].copy_from_slice(salt);
        let key = key.try_into().expect("the length was checked");
        Ok(MasterKey { profile, key, salt: padded })
    }

    /// The profile that this key is for.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// The session key with `label`, as many bytes as `out` has (RFC 3711 section 4.3.1, key derivation
    /// rate zero: derived once, never again).
    pub(super) fn derive(&self, label: Label, out: &mut [u8]) {
        let mut iv = [0; 16];
        iv[..MAX_SALT].copy_from_slice(&self.salt);
        iv[7] ^= label as u8;
        out.fill(0);
        aes_ctr(&self.key)
            .less_safe_encrypt(out, EncryptionContext::Iv128(FixedLength::from(iv)))
            .expect("counter mode takes every length");
    }
}

/// What a derived key is for (RFC 3711 section 4.3.2).
#[derive(Clone, Copy)]
#[repr(u8)]
pub(super) enum Label {
    RtpEncryption = 0,
    RtpAuthentication = 1,
    RtpSalt = 2,
    RtcpEncryption = 3,
    RtcpAuthentication = 4,
    RtcpSalt = 5,
}

/// AES-128 in counter mode under `key`.
pub(super) fn aes_ctr(key: &[u8; 16]) -> EncryptingKey {
    let key = UnboundCipherKey::new(&AES_128, key).expect("AES-128 takes 16 bytes");
    EncryptingKey::ctr(key).expect("AES-128 has a counter mode")
}

/// The master keys of both sides of a DTLS association.
#[derive(Clone, Debug)]
pub struct KeyingMaterial {
    /// What the DTLS client protects with.
    pub client: MasterKey,
    /// What the DTLS server protects with.
    pub server: MasterKey,
}

impl KeyingMaterial {
    /// Splits the block of the exporter `EXTRACTOR-dtls_srtp`: client key, server key, client salt,
    /// server salt (RFC 5764 section 4.2).
    ///
    /// # Errors
    /// [`SrtpError::KeyLength`] when the block does not have [`Profile::keying_material_len`] bytes.
    pub fn from_exporter(profile: Profile, block: &[u8]) -> Result<Self, SrtpError> {
        check_len("exporter block", block, profile.keying_material_len())?;
        let (keys, salts) = block.split_at(2 * profile.key_len());
        let (client_key, server_key) = keys.split_at(profile.key_len());
        let (client_salt, server_salt) = salts.split_at(profile.salt_len());
        Ok(KeyingMaterial {
            client: MasterKey::new(profile, client_key, client_salt)?,
            server: MasterKey::new(profile, server_key, server_salt)?,
        })
    }
}

fn check_len(what: &'static str, bytes: &[u8], want: usize) -> Result<(), SrtpError> {
    if bytes.len() == want { Ok(()) } else { Err(SrtpError::KeyLength { what, got: bytes.len(), want }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::srtp::tests::hex;

    // RFC 3711 appendix B.3, with the rows T9.024 and T9.026.
    #[test]
    fn rfc_3711_appendix_b_3() {
        let master = MasterKey::new(
            Profile::AesCm128HmacSha1_80,
            &hex("e1f97a0d3e018be0d64fa32c06de4139"),
            &hex("0ec675ad498afeebb6960b3aabe6"),
        )
        .unwrap();
        let auth = "cebe321f6ff7716b6fd4ab49af256a156d38baa48f0a0acf3c34e2359e6cdbcee049646c43d9327ad175\
                    578ef72270986371c10c9a369ac2f94a8c5fbcdddc256d6e919a48b610ef17c2041e474035766b68642c\
                    59bbfc2f34db60dbdfb2dc68";
        let rows = [
            (Label::RtpEncryption, "c61e7a93744f39ee10734afe3ff7a087"),
            (Label::RtpSalt, "30cbbc08863d8c85d49db34a9ae1"),
            (Label::RtpAuthentication, &auth[..94 * 2]),
        ];
        for (label, expected) in rows {
            let expected = hex(expected);
            let mut key = vec![0xff; expected.len()];
            master.derive(label, &mut key);
            assert_eq!(key, expected);
        }
    }

    #[test]
    fn exporter_block_is_split_in_rfc_5764_order() {
        for profile in [Profile::AeadAes128Gcm, Profile::AesCm128HmacSha1_80] {
            let block: Vec<u8> = (0..profile.keying_material_len() as u8).collect();
            let keys = KeyingMaterial::from_exporter(profile, &block).unwrap();
            let salt = profile.salt_len();
            assert_eq!(keys.client.key[..], block[..16]);
            assert_eq!(keys.server.key[..], block[16..32]);
            assert_eq!(keys.client.salt[..salt], block[32..32 + salt]);
            assert_eq!(keys.server.salt[..salt], block[32 + salt..]);
            assert!(KeyingMaterial::from_exporter(profile, &block[1..]).is_err());
        }
    }

    #[test]
    fn debug_output_hides_the_key() {
        let key = MasterKey::new(Profile::AeadAes128Gcm, &[77; 16], &[78; 12]).unwrap();
        let text = format!("{key:?}");
        assert!(!text.contains("77") && !text.contains("78"), "{text}");
    }
}
