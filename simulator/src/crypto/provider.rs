//! The provider that hands out seeded operations.

use std::sync::{Arc, Mutex};

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use rtc_crypto::providers::AwsLcRsProvider;
use rtc_crypto::{
    ActiveKeyExchange, AeadAlgorithm, AeadCipher, BlockCipherAlgorithm, CbcAlgorithm, CbcCipher,
    CryptoAlgorithm, CryptoError, HashAlgorithm, HmacAlgorithm, KeyExchangeAlgorithm, Mac, PublicKey,
    RTCCrypto, RTCCryptoProvider, RTCRandom, SignatureScheme, SigningKey, StreamCipher,
    StreamCipherAlgorithm,
};

use super::key_exchange;
use super::signing::P256Key;

/// A crypto provider whose every random octet comes from one seed.
///
/// One instance per connection: draws of two connections that share a provider would interleave in an order
/// that changes as soon as a participant is added.
pub struct SeededProvider {
    library: AwsLcRsProvider,
    stream: Mutex<ChaCha20Rng>,
}

impl SeededProvider {
    /// The provider for `seed`, ready to be shared between the layers of a connection.
    pub fn new(seed: [u8; 32]) -> Arc<Self> {
        Arc::new(SeededProvider {
            library: AwsLcRsProvider::new(),
            stream: Mutex::new(ChaCha20Rng::from_seed(seed)),
        })
    }

    fn draw(&self, output: &mut [u8]) {
        self.stream.lock().expect("no draw panics").fill_bytes(output);
    }

    /// 32 octets that `accept` takes. Of P-256's candidates one in 2³² is refused.
    fn draw_key<K>(&self, accept: impl Fn(&[u8; 32]) -> Option<K>) -> K {
        loop {
            let mut octets = [0; 32];
            self.draw(&mut octets);
            if let Some(key) = accept(&octets) {
                return key;
            }
        }
    }
}

impl RTCCryptoProvider for SeededProvider {
    fn name(&self) -> &'static str {
        "seeded"
    }

    fn crypto(&self) -> &dyn RTCCrypto {
        self
    }

    fn random(&self) -> &dyn RTCRandom {
        self
    }
}

impl RTCRandom for SeededProvider {
    fn fill(&self, output: &mut [u8]) -> Result<(), CryptoError> {
        self.draw(output);
        Ok(())
    }
}

impl RTCCrypto for SeededProvider {
    /// What would draw from the operating system's generator isn't offered at all.
    fn supports(&self, algorithm: CryptoAlgorithm) -> bool {
        match algorithm {
            CryptoAlgorithm::KeyExchange(exchange) => {
                matches!(exchange, KeyExchangeAlgorithm::P256 | KeyExchangeAlgorithm::X25519)
            }
            CryptoAlgorithm::SigningKeyGeneration(scheme) | CryptoAlgorithm::SigningKeyImport(scheme) => {
                scheme == SignatureScheme::EcdsaP256Sha256
            }
            other => self.library.crypto().supports(other),
        }
    }

    fn start_key_exchange(
        &self,
        algorithm: KeyExchangeAlgorithm,
    ) -> Result<Box<dyn ActiveKeyExchange>, CryptoError> {
        match algorithm {
            KeyExchangeAlgorithm::P256 => Ok(self.draw_key(key_exchange::p256)),
            KeyExchangeAlgorithm::X25519 => Ok(self.draw_key(key_exchange::x25519)),
            other => Err(CryptoError::UnsupportedAlgorithm(CryptoAlgorithm::KeyExchange(other))),
        }
    }

    fn generate_signing_key(&self, scheme: SignatureScheme) -> Result<Arc<dyn SigningKey>, CryptoError> {
        match scheme {
            SignatureScheme::EcdsaP256Sha256 => Ok(Arc::new(self.draw_key(P256Key::from_scalar))),
            other => Err(CryptoError::UnsupportedAlgorithm(CryptoAlgorithm::SigningKeyGeneration(other))),
        }
    }

    fn import_signing_key(
        &self,
        scheme: SignatureScheme,
        pkcs8_der: &[u8],
    ) -> Result<Arc<dyn SigningKey>, CryptoError> {
        match scheme {
            SignatureScheme::EcdsaP256Sha256 => Ok(Arc::new(P256Key::from_pkcs8(pkcs8_der)?)),
            other => Err(CryptoError::UnsupportedAlgorithm(CryptoAlgorithm::SigningKeyImport(other))),
        }
    }

    fn hash(&self, algorithm: HashAlgorithm, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.library.crypto().hash(algorithm, data)
    }

    fn block_encrypt(
        &self,
        algorithm: BlockCipherAlgorithm,
        key: &[u8],
        block: &mut [u8],
    ) -> Result<(), CryptoError> {
        self.library.crypto().block_encrypt(algorithm, key, block)
    }

    fn new_hmac(&self, algorithm: HmacAlgorithm, key: &[u8]) -> Result<Box<dyn Mac>, CryptoError> {
        self.library.crypto().new_hmac(algorithm, key)
    }

    fn new_stream_cipher(
        &self,
        algorithm: StreamCipherAlgorithm,
        key: &[u8],
    ) -> Result<Box<dyn StreamCipher>, CryptoError> {
        self.library.crypto().new_stream_cipher(algorithm, key)
    }

    fn new_aead(&self, algorithm: AeadAlgorithm, key: &[u8]) -> Result<Box<dyn AeadCipher>, CryptoError> {
        self.library.crypto().new_aead(algorithm, key)
    }

    fn new_cbc(&self, algorithm: CbcAlgorithm, key: &[u8]) -> Result<Box<dyn CbcCipher>, CryptoError> {
        self.library.crypto().new_cbc(algorithm, key)
    }

    fn verify_signature(
        &self,
        scheme: SignatureScheme,
        public_key: PublicKey<'_>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        self.library.crypto().verify_signature(scheme, public_key, message, signature)
    }
}
