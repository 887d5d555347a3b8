use std::collections::BTreeMap;
use std::time::Duration;

use rtc_crypto::{KeyExchangeAlgorithm, RTCCrypto, RTCCryptoProvider, SignatureScheme};
use sfu::Time;
use sfu::transport::certificate::Certificate;
use sfu::transport::dtls::{Dtls, DtlsConfig, DtlsEvent, Role};

use super::*;

fn seed(number: u8, side: u8) -> [u8; 32] {
    std::array::from_fn(|i| number.wrapping_mul(31).wrapping_add(side).wrapping_add(i as u8))
}

#[test]
fn signatures_are_repeatable_verify_and_have_one_length() {
    let provider = SeededProvider::new(seed(1, 0));
    let scheme = SignatureScheme::EcdsaP256Sha256;
    let key = provider.generate_signing_key(scheme).expect("P-256 is there");
    // What a handshake signs differs between runs in the wall clock's four octets.
    for time in 0..2_000_u32 {
        let mut message = [7; 137];
        message[..4].copy_from_slice(&time.wrapping_mul(0x9e37_79b9).to_be_bytes());
        let signature = key.sign(scheme, &message).expect("a key signs");
        assert_eq!(signature.len(), SIGNATURE_LENGTH);
        if time.is_multiple_of(100) {
            assert_eq!(key.sign(scheme, &message).as_ref(), Ok(&signature));
            assert_eq!(provider.verify_signature(scheme, key.public_key(), &message, &signature), Ok(()));
            message[4] ^= 1;
            assert!(provider.verify_signature(scheme, key.public_key(), &message, &signature).is_err());
        }
    }
}

/// RFC 6979 appendix A.2.5, key x, SHA-256, message "sample": both values below start with a set bit, which
/// makes 72 octets, so ours must be another signature that verifies as well.
#[test]
fn a_known_key_gives_its_public_key_and_a_valid_signature() {
    let scalar = [
        0xc9, 0xaf, 0xa9, 0xd8, 0x45, 0xba, 0x75, 0x16, 0x6b, 0x5c, 0x21, 0x57, 0x67, 0xb1, 0xd6, 0x93, 0x4e,
        0x50, 0xc3, 0xdb, 0x36, 0xe8, 0x9b, 0x12, 0x7b, 0x8a, 0x62, 0x2b, 0x12, 0x0f, 0x67, 0x21,
    ];
    let key = signing::P256Key::from_scalar(&scalar).expect("below the order");
    let key: &dyn rtc_crypto::SigningKey = &key;
    assert_eq!(key.public_key().bytes[..5], [0x04, 0x60, 0xfe, 0xd4, 0xba]);
    let scheme = SignatureScheme::EcdsaP256Sha256;
    let signature = key.sign(scheme, b"sample").expect("a key signs");
    let provider = SeededProvider::new(seed(0, 0));
    assert_eq!(provider.verify_signature(scheme, key.public_key(), b"sample", &signature), Ok(()));

    let pkcs8 = key.to_pkcs8_der().expect("exportable").expect("exportable");
    let again = provider.import_signing_key(scheme, pkcs8.as_ref()).expect("our own export");
    assert_eq!(again.sign(scheme, b"sample"), Ok(signature));
}

#[test]
fn key_exchanges_agree_with_the_library_and_repeat() {
    let library = rtc_crypto::providers::AwsLcRsProvider::new();
    for algorithm in [KeyExchangeAlgorithm::P256, KeyExchangeAlgorithm::X25519] {
        let start = || SeededProvider::new(seed(2, 0)).start_key_exchange(algorithm).expect("supported");
        let (ours, again) = (start(), start());
        assert_eq!(ours.public_key(), again.public_key());
        let theirs = library.crypto().start_key_exchange(algorithm).expect("supported");
        let (our_public, their_public) = (ours.public_key().to_vec(), theirs.public_key().to_vec());
        let shared = ours.complete(&their_public).expect("a good point");
        assert_eq!(shared.as_ref(), theirs.complete(&our_public).expect("a good point").as_ref());
        assert!(again.complete(&vec![0; their_public.len()]).is_err(), "the zero point is refused");
    }
}

/// Whatever `supports` says yes to must not reach the operating system's generator.
#[test]
fn nothing_random_is_left_to_the_library() {
    let provider = SeededProvider::new(seed(3, 0));
    for scheme in [SignatureScheme::Ed25519, SignatureScheme::RsaPkcs1Sha256] {
        assert!(provider.generate_signing_key(scheme).is_err());
        assert!(provider.import_signing_key(scheme, &[]).is_err());
    }
    assert!(provider.start_key_exchange(KeyExchangeAlgorithm::P384).is_err());
}

#[test]
fn certificates_repeat_and_have_one_length() {
    let make = |number| {
        Certificate::generate(&*SeededProvider::new(seed(number, 0))).expect("P-256 is there").der().to_vec()
    };
    let first = make(0);
    assert_eq!(make(0), first);
    for number in 1..50 {
        assert_eq!(make(number).len(), first.len());
        assert_ne!(make(number), first);
    }
}

/// (Side, time, size) of every datagram of one full handshake.
fn handshake(number: u8) -> Vec<(usize, Time, usize)> {
    const DELAY: Duration = Duration::from_millis(15);
    let providers = [0, 1].map(|side| SeededProvider::new(seed(number, side)));
    let certificates =
        providers.each_ref().map(|provider| Certificate::generate(&**provider).expect("P-256 is there"));
    let mut ends = [Role::Client, Role::Server].map(|role| {
        let side = usize::from(role == Role::Server);
        Dtls::new(DtlsConfig {
            role,
            certificate: certificates[side].clone(),
            remote_fingerprint: certificates[1 - side].fingerprint(),
            provider: providers[side].clone(),
            rtt: None,
        })
    });
    let (mut now, mut order, mut connected) = (Time::ZERO, 0, 0);
    let mut trace = Vec::new();
    let mut in_flight = BTreeMap::new();
    ends[0].start(now).expect("every algorithm is there");
    while now < Time::from_secs(10) {
        for side in [0, 1] {
            while let Some(datagram) = ends[side].poll_transmit() {
                trace.push((side, now, datagram.len()));
                order += 1;
                in_flight.insert((now + DELAY, order), (1 - side, datagram));
            }
            while let Some(event) = ends[side].poll_event() {
                connected += usize::from(matches!(event, DtlsEvent::Connected(_)));
            }
        }
        let arrival = in_flight.keys().next().map(|(at, _)| *at);
        let Some(next) = ends.iter().filter_map(Dtls::deadline).chain(arrival).min() else { break };
        now = next;
        match arrival {
            Some(at) if at == next => {
                let (_, (to, datagram)) = in_flight.pop_first().expect("it was just looked at");
                let _ = ends[to].handle(now, &datagram);
            }
            _ => ends.iter_mut().for_each(|dtls| dtls.handle_timeout(now)),
        }
    }
    assert_eq!(connected, 2, "both ends connect");
    trace
}

#[test]
fn handshakes_repeat_in_time_and_size() {
    let reference = handshake(0);
    assert!(reference.len() >= 6);
    for number in 0..20 {
        let trace = handshake(number);
        assert_eq!(trace, handshake(number), "seed {number}");
        // Nothing in a size depends on the seed either.
        assert_eq!(trace, reference, "seed {number}");
    }
}

/// RFC 6979 appendix A.2.5 with SHA-256, and the `p256` crate, whose signatures a run's handshakes were made of first.
#[test]
fn signatures_are_those_of_rfc_6979() {
    use p256::ecdsa::Signature;
    use p256::ecdsa::signature::hazmat::PrehashSigner;
    let known = p256::SecretKey::from_slice(&[
        0xc9, 0xaf, 0xa9, 0xd8, 0x45, 0xba, 0x75, 0x16, 0x6b, 0x5c, 0x21, 0x57, 0x67, 0xb1, 0xd6, 0x93, 0x4e,
        0x50, 0xc3, 0xdb, 0x36, 0xe8, 0x9b, 0x12, 0x7b, 0x8a, 0x62, 0x2b, 0x12, 0x0f, 0x67, 0x21,
    ]);
    let known = known.expect("below the order");
    let oracle = p256::ecdsa::SigningKey::from(&known);
    let key = signing::P256Key::from_scalar(&known.to_bytes().into()).expect("below the order");
    let library = rtc_crypto::providers::AwsLcRsProvider::new();
    let hash = library.crypto().hash(rtc_crypto::HashAlgorithm::Sha256, b"sample").expect("supported");
    let sample = key.attempt(hash.as_slice().try_into().expect("32 octets"), 0).to_bytes();
    assert_eq!(sample[..4], [0xef, 0xd4, 0x8b, 0x2a]);
    assert_eq!(sample[32..36], [0xf7, 0xcb, 0x1c, 0x94]);
    for number in 0..50 {
        let hash = seed(number, 9);
        let expected: Signature = oracle.sign_prehash(&hash).expect("signs any hash");
        assert_eq!(key.attempt(&hash, 0), expected);
        assert_ne!(key.attempt(&hash, 1), expected);
    }
}
