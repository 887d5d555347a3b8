//! Connectivity checks, as a controlling agent writes them (RFC 8489, RFC 8445 section 7.1).

use aws_lc_rs::hmac;
use rtc_stun::fingerprint::fingerprint_value;

/// A binding request with the given user name, signed with `password`.
pub(crate) fn check(username: &str, password: &str, transaction: u64, nominate: bool) -> Vec<u8> {
    let mut out = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    out.extend([0x5a; 4]);
    out.extend(transaction.to_be_bytes());
    put(&mut out, 0x0006, username.as_bytes());
    put(&mut out, 0x0024, &[0x6e, 0, 1, 0xff]);
    put(&mut out, 0x802a, &[7; 8]);
    if nominate {
        put(&mut out, 0x0025, &[]);
    }
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    set_length(&mut out, 24);
    let tag = hmac::sign(&key, &out);
    put(&mut out, 0x0008, tag.as_ref());
    set_length(&mut out, 8);
    let fingerprint = fingerprint_value(&out);
    put(&mut out, 0x8028, &fingerprint.to_be_bytes());
    out
}

fn put(out: &mut Vec<u8>, kind: u16, value: &[u8]) {
    out.extend(kind.to_be_bytes());
    out.extend((value.len() as u16).to_be_bytes());
    out.extend(value);
    out.resize(out.len().next_multiple_of(4), 0);
    set_length(out, 0);
}

fn set_length(out: &mut [u8], more: usize) {
    let len = (out.len() - 20 + more) as u16;
    out[2..4].copy_from_slice(&len.to_be_bytes());
}
