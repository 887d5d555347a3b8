//! As much DER (X.690) as one self-signed X.509 v3 certificate (RFC 5280) over a P-256 key needs.

pub(super) const SERIAL_LENGTH: usize = 8;
/// A SEC 1 uncompressed P-256 point: 0x04, x, y.
pub(super) const POINT_LENGTH: usize = 65;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const UTC_TIME: u8 = 0x17;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// `[0] EXPLICIT`, which wraps the version.
const CONTEXT_0: u8 = 0xa0;

/// 1.2.840.10045.4.3.2 (RFC 5758 section 3.2)
const ECDSA_WITH_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
/// 1.2.840.10045.2.1 (RFC 5480 section 2.1.1)
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// 1.2.840.10045.3.1.7 (RFC 5480 section 2.1.1.1)
const PRIME256V1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// 2.5.4.3 (X.520)
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

/// The common name that browsers put in theirs; it carries no meaning.
const NAME: &[u8] = b"WebRTC";
/// Fixed bounds: no clock is read, and a peer that checks the dates anyway is content until 2049, the last
/// year that UTCTime can say (RFC 5280 section 4.1.2.5).
const NOT_BEFORE: &[u8] = b"200101000000Z";
const NOT_AFTER: &[u8] = b"491231235959Z";
/// Version 3 is written as 2 (RFC 5280 section 4.1.2.1).
const VERSION_3: &[u8] = &[2];

/// The part of the certificate that is signed: `TBSCertificate`.
pub(super) fn to_be_signed(serial: &[u8; SERIAL_LENGTH], point: &[u8; POINT_LENGTH]) -> Vec<u8> {
    let name = element(
        SEQUENCE,
        &[&element(
            SET,
            &[&element(
                SEQUENCE,
                &[&element(OBJECT_IDENTIFIER, &[COMMON_NAME]), &element(UTF8_STRING, &[NAME])],
            )],
        )],
    );
    let key_algorithm = element(
        SEQUENCE,
        &[&element(OBJECT_IDENTIFIER, &[EC_PUBLIC_KEY]), &element(OBJECT_IDENTIFIER, &[PRIME256V1])],
    );
    element(
        SEQUENCE,
        &[
            &element(CONTEXT_0, &[&element(INTEGER, &[VERSION_3])]),
            &element(INTEGER, &[serial]),
            &signature_algorithm(),
            &name,
            &element(SEQUENCE, &[&element(UTC_TIME, &[NOT_BEFORE]), &element(UTC_TIME, &[NOT_AFTER])]),
            &name,
            &element(SEQUENCE, &[&key_algorithm, &bit_string(point)]),
        ],
    )
}

/// The whole certificate around a signed `TBSCertificate`.
pub(super) fn certificate(to_be_signed: &[u8], signature: &[u8]) -> Vec<u8> {
    element(SEQUENCE, &[to_be_signed, &signature_algorithm(), &bit_string(signature)])
}

fn signature_algorithm() -> Vec<u8> {
    element(SEQUENCE, &[&element(OBJECT_IDENTIFIER, &[ECDSA_WITH_SHA256])])
}

/// Whole octets: the count of unused bits in front is zero.
fn bit_string(bytes: &[u8]) -> Vec<u8> {
    element(BIT_STRING, &[&[0], bytes])
}

/// One tag, its definite length (X.690 section 8.1.3) and the parts of its value.
fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = vec![tag];
    match length {
        0..=0x7f => out.push(length as u8),
        0x80..=0xff => out.extend([0x81, length as u8]),
        _ => {
            let length = u16::try_from(length).expect("a P-256 certificate is far below 64 KiB");
            out.push(0x82);
            out.extend(length.to_be_bytes());
        }
    }
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}
