//! How rtc-dtls is set up.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;

use rtc_crypto::{RTCCrypto, RTCCryptoProvider};
use rtc_dtls::cipher_suite::CipherSuiteId;
use rtc_dtls::config::{
    ClientAuthType, ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig, VerifyPeerCertificateFn,
};
use rtc_shared::error::Error;

use super::retransmission::LIBRARY_INTERVAL;
use super::{DtlsConfig, DtlsError, Failure, MTU, Role, SrtpProfile};
use crate::transport::certificate::Fingerprint;

/// The library keys connections by address. One constant stands for whatever path ICE has chosen.
pub(super) const PEER: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 1));
/// Whether the leaf of `chain` is the certificate that signalling announced.
pub(super) fn is_expected(chain: &[Vec<u8>], expected: Fingerprint, crypto: &dyn RTCCrypto) -> bool {
    chain.first().is_some_and(|leaf| Fingerprint::of(leaf, crypto) == Ok(expected))
}

/// Our end's configuration, with `profiles` to offer or to accept.
///
/// # Errors
/// `Library` when the provider lacks one of the algorithms.
pub(super) fn handshake_config(
    config: &DtlsConfig,
    profiles: &[SrtpProfile],
) -> Result<Arc<HandshakeConfig>, DtlsError> {
    let expected = config.remote_fingerprint;
    let provider: Arc<dyn RTCCryptoProvider> = config.provider.clone();
    let verify: VerifyPeerCertificateFn =
        Arc::new(move |chain, _verified| match is_expected(chain, expected, provider.crypto()) {
            true => Ok(()),
            false => Err(Error::Other(Failure::FingerprintMismatch.to_string())),
        });
    ConfigBuilder::default()
        .with_crypto_provider(config.provider.clone())
        .with_certificates(vec![config.certificate.to_rtc()])
        // The suite that every WebRTC endpoint has (RFC 8827 section 6.5), and the only one offered.
        .with_cipher_suites(vec![CipherSuiteId::Tls_Ecdhe_Ecdsa_With_Aes_128_Gcm_Sha256])
        .with_extended_master_secret(ExtendedMasterSecretType::Require)
        .with_srtp_protection_profiles(profiles.iter().map(|profile| profile.to_rtc()).collect())
        .with_client_auth(ClientAuthType::RequireAnyClientCert)
        // Trust comes from the fingerprint, not from a chain (RFC 8827 section 6.5).
        .with_insecure_skip_verify(true)
        .with_verify_peer_certificate(Some(verify))
        .with_flight_interval(LIBRARY_INTERVAL)
        .with_mtu(MTU)
        .build(config.role == Role::Client, Some(PEER))
        .map(Arc::new)
        .map_err(|error| DtlsError::Library(error.to_string()))
}
