//! ECDSA P-256 signatures that depend on key and message alone and always have the same length.
//!
//! RFC 6979 makes them deterministic. Their DER form still has 70 to 72 octets and rarely fewer, as the
//! leading bits of r and s fall, and what DTLS signs holds the wall clock's time (`gmt_unix_time` in either
//! random). So a signature of another length is thrown away and made again with RFC 6979's
//! additional data (section 3.6) counting up: 71 octets, the length of every second signature, needs two
//! attempts on average. Every attempt is a valid signature.

use p256::ecdsa::signature::hazmat::{PrehashSigner, RandomizedPrehashSigner};
use p256::ecdsa::{DerSignature, SigningKey as Ecdsa};
use p256::elliptic_curve::rand_core::{CryptoRng, Error as RngError, RngCore};
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use rtc_crypto::providers::AwsLcRsProvider;
use rtc_crypto::{
    CryptoAlgorithm, CryptoError, HashAlgorithm, PublicKey, PublicKeyEncoding, RTCCryptoProvider, SecretVec,
    SignatureScheme, SigningKey,
};

use super::key_exchange::p256_point;

/// Octets of every signature, in DER.
pub const SIGNATURE_LENGTH: usize = 71;

/// An ECDSA P-256 key.
pub(super) struct P256Key {
    secret: p256::SecretKey,
    signer: Ecdsa,
    public: Vec<u8>,
}

impl P256Key {
    /// Nothing when `scalar` is zero or not below the group's order.
    pub(super) fn from_scalar(scalar: &[u8; 32]) -> Option<Self> {
        p256::SecretKey::from_slice(scalar).ok().map(Self::from_secret)
    }

    pub(super) fn from_pkcs8(der: &[u8]) -> Result<Self, CryptoError> {
        let secret = p256::SecretKey::from_pkcs8_der(der).map_err(|_| CryptoError::InvalidPrivateKey)?;
        Ok(Self::from_secret(secret))
    }

    fn from_secret(secret: p256::SecretKey) -> Self {
        let public = p256_point(&secret.to_bytes().into()).expect("a secret key is a scalar of the group");
        P256Key { signer: Ecdsa::from(&secret), secret, public }
    }

    /// The signature's attempt number `attempt`; the first is RFC 6979 as it stands.
    fn attempt(&self, hash: &[u8], attempt: u64) -> Result<DerSignature, CryptoError> {
        let signature = match attempt {
            0 => self.signer.sign_prehash(hash),
            _ => self.signer.sign_prehash_with_rng(&mut AdditionalData(attempt), hash),
        };
        signature.map_err(|_| CryptoError::Provider("ECDSA refused a SHA-256 hash".into()))
    }
}

impl SigningKey for P256Key {
    fn supports(&self, scheme: SignatureScheme) -> bool {
        scheme == SignatureScheme::EcdsaP256Sha256
    }

    fn public_key(&self) -> PublicKey<'_> {
        PublicKey { encoding: PublicKeyEncoding::EcUncompressedPoint, bytes: &self.public }
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        if !self.supports(scheme) {
            return Err(CryptoError::UnsupportedAlgorithm(CryptoAlgorithm::Signature(scheme)));
        }
        let hash = AwsLcRsProvider::new().crypto().hash(HashAlgorithm::Sha256, message)?;
        let mut attempts = 0..;
        loop {
            let number = attempts.next().expect("half of the attempts have the length");
            let signature = self.attempt(&hash, number)?;
            if signature.as_bytes().len() == SIGNATURE_LENGTH {
                return Ok(signature.as_bytes().to_vec());
            }
        }
    }

    fn to_pkcs8_der(&self) -> Result<Option<SecretVec>, CryptoError> {
        let der = self.secret.to_pkcs8_der().map_err(|_| CryptoError::InvalidPrivateKey)?;
        Ok(Some(SecretVec::new(der.as_bytes().to_vec())))
    }
}

/// The "generator" from which the library takes RFC 6979's additional data: a number, nothing random.
struct AdditionalData(u64);

impl RngCore for AdditionalData {
    fn next_u32(&mut self) -> u32 {
        self.0 as u32
    }

    fn next_u64(&mut self) -> u64 {
        self.0
    }

    fn fill_bytes(&mut self, output: &mut [u8]) {
        output.fill(0);
        for (octet, value) in output.iter_mut().zip(self.0.to_le_bytes()) {
            *octet = value;
        }
    }

    fn try_fill_bytes(&mut self, output: &mut [u8]) -> Result<(), RngError> {
        self.fill_bytes(output);
        Ok(())
    }
}

/// Not a claim of randomness: the trait is what the signer's signature asks for, and RFC 6979 draws its
/// secrecy from the key.
impl CryptoRng for AdditionalData {}
