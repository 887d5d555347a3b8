//! ECDSA P-256 signatures that depend on key and message alone and always have the same length.
//!
//! RFC 6979 makes them deterministic. Their DER form still has 70 to 72 octets and rarely fewer, as the
//! leading bits of r and s fall, and what DTLS signs holds the wall clock's time (`gmt_unix_time` in either
//! random). So a signature of another length is thrown away and made again with RFC 6979's
//! additional data (section 3.6) counting up: 71 octets, the length of every second signature, needs two
//! attempts on average. Every attempt is a valid signature.

use p256::Scalar;
use p256::ecdsa::Signature;
use p256::elliptic_curve::PrimeField;
use p256::elliptic_curve::ops::Reduce;
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use rtc_crypto::providers::AwsLcRsProvider;
use rtc_crypto::{
    CryptoAlgorithm, CryptoError, HashAlgorithm, PublicKey, PublicKeyEncoding, RTCCryptoProvider, SecretVec,
    SignatureScheme, SigningKey,
};

use super::key_exchange::p256_point;
use super::nonce::Nonces;

/// Octets of every signature, in DER.
pub const SIGNATURE_LENGTH: usize = 71;

/// An ECDSA P-256 key.
pub(super) struct P256Key {
    secret: p256::SecretKey,
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
        P256Key { secret, public }
    }

    /// The signature's attempt number `attempt`; the first is RFC 6979 as it stands. (The `p256` crate does all of it,
    /// and takes twenty times as long for the point.)
    pub(super) fn attempt(&self, hash: &[u8; 32], attempt: u64) -> Signature {
        let mut number = [0; 32];
        number[..8].copy_from_slice(&attempt.to_le_bytes());
        let additional = if attempt == 0 { &[][..] } else { &number };
        let z = <Scalar as Reduce<p256::U256>>::reduce_bytes(hash.into());
        let secret = *self.secret.to_nonzero_scalar();
        let mut nonces = Nonces::new(&self.secret.to_bytes().into(), &z.to_bytes().into(), additional);
        let signature = nonces.find_map(|nonce| {
            let point = p256_point(&nonce)?;
            let x: &[u8; 32] = point[1..].first_chunk().expect("an uncompressed point has two coordinates");
            let r = <Scalar as Reduce<p256::U256>>::reduce_bytes(x.into());
            let k = Option::<Scalar>::from(Scalar::from_repr(nonce.into()))?;
            let inverse = Option::<Scalar>::from(k.invert())?;
            Signature::from_scalars(r, inverse * (z + r * secret)).ok()
        });
        signature.expect("hardly one nonce in 2^32 is no scalar")
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
        let hash = hash.as_slice().try_into().expect("SHA-256 gives 32 octets");
        let mut signatures = (0..).map(|attempt| self.attempt(hash, attempt).to_der());
        let fitting = signatures.find(|signature| signature.as_bytes().len() == SIGNATURE_LENGTH);
        Ok(fitting.expect("half of the attempts have the length").as_bytes().to_vec())
    }

    fn to_pkcs8_der(&self) -> Result<Option<SecretVec>, CryptoError> {
        let der = self.secret.to_pkcs8_der().map_err(|_| CryptoError::InvalidPrivateKey)?;
        Ok(Some(SecretVec::new(der.as_bytes().to_vec())))
    }
}
