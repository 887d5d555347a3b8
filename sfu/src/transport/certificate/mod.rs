//! The self-signed certificate that a DTLS endpoint shows, and the fingerprint that signalling carries.
//!
//! WebRTC trusts a certificate because its hash arrived over signalling (RFC 8827 section 6.5), not because
//! of who signed it: name, serial number and validity say nothing. They are fixed here, or drawn from the
//! injected provider, so that the same seed gives the same bytes.

mod der;
mod fingerprint;

use std::fmt;
use std::sync::Arc;

use rtc_crypto::{CryptoError, PublicKeyEncoding, RTCCryptoProvider, SignatureScheme, SigningKey};

pub use fingerprint::{Fingerprint, ParseFingerprintError};

/// Why no certificate could be made.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CertificateError {
    /// The crypto provider refused an operation.
    #[error("the crypto provider failed: {0}")]
    Crypto(#[from] CryptoError),
    /// The provider's P-256 key doesn't show its public key as a SEC 1 uncompressed point of 65 bytes.
    #[error("the signing key has no uncompressed P-256 public key")]
    PublicKey,
}

/// An ECDSA P-256 key and the self-signed X.509 certificate over it (RFC 8827 section 6.5).
///
/// Made once and shared: a clone is two reference counts.
#[derive(Clone)]
pub struct Certificate {
    der: Arc<[u8]>,
    key: Arc<dyn SigningKey>,
    fingerprint: Fingerprint,
}

impl Certificate {
    /// A new key pair and certificate; all randomness comes from `provider`.
    ///
    /// # Errors
    /// When the provider can't generate or use an ECDSA P-256 key, or its random source fails.
    pub fn generate(provider: &dyn RTCCryptoProvider) -> Result<Self, CertificateError> {
        let key = provider.crypto().generate_signing_key(SignatureScheme::EcdsaP256Sha256)?;
        let mut serial = [0; der::SERIAL_LENGTH];
        provider.random().fill(&mut serial)?;
        // Positive and of fixed length: neither a sign bit nor a leading zero octet.
        serial[0] = (serial[0] & 0x3f) | 0x40;

        let tbs = der::to_be_signed(&serial, public_point(key.as_ref())?);
        let signature = key.sign(SignatureScheme::EcdsaP256Sha256, &tbs)?;
        let der = der::certificate(&tbs, &signature);
        let fingerprint = Fingerprint::of(&der, provider.crypto())?;
        Ok(Certificate { der: der.into(), key, fingerprint })
    }

    /// SHA-256 over the DER bytes, for `a=fingerprint` (RFC 8122 section 5).
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The certificate as X.509 DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    pub(super) fn to_rtc(&self) -> rtc_dtls::crypto::Certificate {
        rtc_dtls::crypto::Certificate::from_signing_key(vec![self.der.to_vec().into()], self.key.clone())
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("fingerprint", &self.fingerprint.to_string())
            .finish_non_exhaustive()
    }
}

fn public_point(key: &dyn SigningKey) -> Result<&[u8; der::POINT_LENGTH], CertificateError> {
    let public = key.public_key();
    match public.encoding {
        PublicKeyEncoding::EcUncompressedPoint => {
            public.bytes.try_into().map_err(|_| CertificateError::PublicKey)
        }
        _ => Err(CertificateError::PublicKey),
    }
}

#[cfg(test)]
mod tests;
