//! Ephemeral key agreement from a given scalar.

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use rtc_crypto::{ActiveKeyExchange, CryptoError, KeyExchangeAlgorithm, SecretVec};

struct P256 {
    secret: PrivateKey,
    public: Vec<u8>,
}

struct X25519 {
    secret: x25519_dalek::StaticSecret,
    public: x25519_dalek::PublicKey,
}

/// ECDH over P-256; nothing when `scalar` is zero or not below the group's order.
pub(super) fn p256(scalar: &[u8; 32]) -> Option<Box<dyn ActiveKeyExchange>> {
    let public = p256_point(scalar)?;
    let secret = PrivateKey::from_private_key(&ECDH_P256, scalar).ok()?;
    Some(Box::new(P256 { secret, public }))
}

/// The public key of `scalar` on P-256, an uncompressed point; nothing when it is zero or not below the group's order.
/// (The `p256` crate takes ten times as long.)
pub(super) fn p256_point(scalar: &[u8; 32]) -> Option<Vec<u8>> {
    p256::SecretKey::from_slice(scalar).ok()?;
    let secret = PrivateKey::from_private_key(&ECDH_P256, scalar).ok()?;
    Some(secret.compute_public_key().ok()?.as_ref().to_vec())
}

/// X25519, for which any 32 octets do (RFC 7748 section 5).
pub(super) fn x25519(scalar: &[u8; 32]) -> Option<Box<dyn ActiveKeyExchange>> {
    let secret = x25519_dalek::StaticSecret::from(*scalar);
    let public = x25519_dalek::PublicKey::from(&secret);
    Some(Box::new(X25519 { secret, public }))
}

impl ActiveKeyExchange for P256 {
    fn algorithm(&self) -> KeyExchangeAlgorithm {
        KeyExchangeAlgorithm::P256
    }

    fn public_key(&self) -> &[u8] {
        &self.public
    }

    fn complete(self: Box<Self>, peer_public_key: &[u8]) -> Result<SecretVec, CryptoError> {
        let peer = UnparsedPublicKey::new(&ECDH_P256, peer_public_key);
        agree(&self.secret, peer, CryptoError::InvalidPublicKey, |shared| Ok(SecretVec::new(shared.to_vec())))
    }
}

impl ActiveKeyExchange for X25519 {
    fn algorithm(&self) -> KeyExchangeAlgorithm {
        KeyExchangeAlgorithm::X25519
    }

    fn public_key(&self) -> &[u8] {
        self.public.as_bytes()
    }

    fn complete(self: Box<Self>, peer_public_key: &[u8]) -> Result<SecretVec, CryptoError> {
        let peer: [u8; 32] = peer_public_key.try_into().map_err(|_| CryptoError::InvalidPublicKey)?;
        let shared = self.secret.diffie_hellman(&peer.into());
        // A point of small order makes the secret zero whatever our scalar is (RFC 7748 section 6.1).
        if !shared.was_contributory() {
            return Err(CryptoError::InvalidPublicKey);
        }
        Ok(SecretVec::new(shared.as_bytes().to_vec()))
    }
}
