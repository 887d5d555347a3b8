use rtc_crypto::providers::AwsLcRsProvider;
use rtc_crypto::{PublicKey, PublicKeyEncoding};

use super::*;

/// What openssl 3 parses from the DER bytes is what the structure below says; this checks what openssl
/// doesn't: that the signature is the key's own over exactly the to-be-signed part.
#[test]
fn the_certificate_is_signed_by_its_own_key() {
    let provider = AwsLcRsProvider::new();
    let certificate = Certificate::generate(&provider).expect("aws-lc-rs has ECDSA P-256");
    let der = certificate.der();

    assert_eq!(der[..2], [0x30, 0x82], "the outer sequence has a length of two octets");
    assert_eq!(usize::from(u16::from_be_bytes([der[2], der[3]])), der.len() - 4);
    let body = &der[4..];
    assert_eq!(body[0], 0x30);
    let (tbs_length, header) = match body[1] {
        0x81 => (usize::from(body[2]), 3),
        0x82 => (usize::from(u16::from_be_bytes([body[2], body[3]])), 4),
        short => (usize::from(short), 2),
    };
    let (tbs, rest) = body.split_at(header + tbs_length);
    // SEQUENCE { OBJECT IDENTIFIER of 8 octets } is 12 octets long; the BIT STRING has a 3-octet header.
    let signature = &rest[12 + 3..];

    let key = PublicKey {
        encoding: PublicKeyEncoding::EcUncompressedPoint,
        bytes: certificate.key.public_key().bytes,
    };
    let verify = |message: &[u8]| {
        provider.crypto().verify_signature(SignatureScheme::EcdsaP256Sha256, key, message, signature)
    };
    assert_eq!(verify(tbs), Ok(()));
    assert!(verify(&tbs[1..]).is_err());
}

#[test]
fn the_fingerprint_is_the_hash_of_the_bytes() {
    let provider = AwsLcRsProvider::new();
    // FIPS 180-2 appendix B.1: SHA-256 of "abc".
    let abc = Fingerprint::of(b"abc", provider.crypto()).expect("aws-lc-rs has SHA-256");
    let text =
        "BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD";
    assert_eq!(abc.to_string(), text);

    let certificate = Certificate::generate(&provider).expect("aws-lc-rs has ECDSA P-256");
    assert_eq!(Fingerprint::of(certificate.der(), provider.crypto()), Ok(certificate.fingerprint()));
}

#[test]
fn fingerprints_parse_back_and_refuse_the_rest() {
    let fingerprint = Fingerprint::from_bytes(std::array::from_fn(|i| (i * 9) as u8));
    let text = fingerprint.to_string();
    let rows = [
        (text.clone(), Ok(fingerprint)),
        (text.to_lowercase(), Ok(fingerprint)),
        (String::new(), Err(ParseFingerprintError)),
        (format!("{text}:00"), Err(ParseFingerprintError)),
        (text[..text.len() - 3].to_owned(), Err(ParseFingerprintError)),
        (text.replace(':', ""), Err(ParseFingerprintError)),
        (text.replacen("00", "+0", 1), Err(ParseFingerprintError)),
        (text.replacen("00", "0g", 1), Err(ParseFingerprintError)),
        (text.replacen("00", "0é", 1), Err(ParseFingerprintError)),
    ];
    for (input, expected) in rows {
        assert_eq!(input.parse::<Fingerprint>(), expected, "{input}");
    }
}
