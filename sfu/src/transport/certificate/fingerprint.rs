//! The hash of a certificate as signalling carries it.

use std::fmt;
use std::str::FromStr;

use rtc_crypto::{CryptoError, HashAlgorithm, RTCCrypto};

const LENGTH: usize = 32;

/// The SHA-256 hash of a certificate's DER bytes (RFC 8122 section 5).
///
/// Its text is the value of `a=fingerprint:sha-256`: 32 octets as upper-case hex pairs between colons.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; LENGTH]);

/// The text is no SHA-256 fingerprint.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[error("a sha-256 fingerprint is 32 pairs of hex digits between colons")]
pub struct ParseFingerprintError;

impl Fingerprint {
    /// The fingerprint whose octets are `bytes`.
    pub const fn from_bytes(bytes: [u8; LENGTH]) -> Self {
        Fingerprint(bytes)
    }

    /// The fingerprint of the certificate `der`.
    ///
    /// # Errors
    /// When the provider has no SHA-256.
    pub fn of(der: &[u8], crypto: &dyn RTCCrypto) -> Result<Self, CryptoError> {
        let hash = crypto.hash(HashAlgorithm::Sha256, der)?;
        let bytes = hash.try_into().map_err(|_| CryptoError::Provider("SHA-256 gives 32 octets".into()))?;
        Ok(Fingerprint(bytes))
    }

    /// The 32 octets.
    pub const fn as_bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(":")?;
            }
            write!(f, "{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl FromStr for Fingerprint {
    type Err = ParseFingerprintError;

    /// Takes upper-case and lower-case digits: RFC 8122 asks for upper case, and some peers send lower.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; LENGTH];
        let mut pairs = text.split(':');
        for byte in &mut bytes {
            let pair = pairs.next().ok_or(ParseFingerprintError)?;
            // `from_str_radix` takes a sign, hence the check that both are digits.
            if pair.len() != 2 || !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return Err(ParseFingerprintError);
            }
            *byte = u8::from_str_radix(pair, 16).map_err(|_| ParseFingerprintError)?;
        }
        if pairs.next().is_some() { Err(ParseFingerprintError) } else { Ok(Fingerprint(bytes)) }
    }
}
