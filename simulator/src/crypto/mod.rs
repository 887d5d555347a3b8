//! Cryptography that repeats itself: real algorithms, all randomness from one seed.
//!
//! A run must give the same datagrams at the same moments for the same seed, handshakes included. So keys and
//! nonces come from a ChaCha20 stream, signatures are deterministic, and every signature has the same
//! length. Verification, ciphers and hashes are those of aws-lc-rs.

mod key_exchange;
mod nonce;
mod provider;
mod signing;

pub use provider::SeededProvider;
pub use signing::SIGNATURE_LENGTH;

#[cfg(test)]
mod tests;
