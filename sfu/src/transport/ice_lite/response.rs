//! Writing the answers to checks.

use std::net::SocketAddr;

use aws_lc_rs::hmac;
use rtc_stun::fingerprint::fingerprint_value;

use super::message::Message;
use super::xor_address::encode_xor_address;
use super::{COOKIE, HEADER, attribute, integrity, message_type};

/// What a check is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Success.
    Success,
    /// 420: the request needs an attribute understood that isn't.
    UnknownAttributes,
    /// 487: the peer takes itself for the controlled agent, which a lite agent always is (RFC 8445 6.1.1).
    RoleConflict,
}

/// Writes the answer to `request`, which came from `from`, in place of what `out` holds.
pub(super) fn write_response(
    out: &mut Vec<u8>,
    request: Message<'_>,
    verdict: Verdict,
    from: SocketAddr,
    key: &hmac::Key,
) {
    out.clear();
    let kind = match verdict {
        Verdict::Success => message_type::BINDING_SUCCESS,
        Verdict::UnknownAttributes | Verdict::RoleConflict => message_type::BINDING_ERROR,
    };
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(&COOKIE);
    out.extend_from_slice(request.transaction());
    match verdict {
        Verdict::Success => attribute(out, attribute::XOR_MAPPED_ADDRESS, |out| {
            encode_xor_address(out, from, request.transaction());
        }),
        Verdict::RoleConflict => attribute(out, attribute::ERROR_CODE, |out| {
            out.extend_from_slice(&[0, 0, 4, 87]);
            out.extend_from_slice(b"Role Conflict");
        }),
        Verdict::UnknownAttributes => {
            attribute(out, attribute::ERROR_CODE, |out| out.extend_from_slice(&[0, 0, 4, 20]));
            attribute(out, attribute::UNKNOWN_ATTRIBUTES, |out| {
                out.extend(unknown_attributes(request).flat_map(u16::to_be_bytes));
            });
        }
    }
    let tag = integrity(key, out);
    attribute(out, attribute::MESSAGE_INTEGRITY, |out| out.extend_from_slice(tag.as_ref()));
    // The fingerprint covers a length that counts it.
    let len = out.len() - HEADER + super::FINGERPRINT_LEN;
    set_length(out, len);
    let fingerprint = fingerprint_value(out);
    attribute(out, attribute::FINGERPRINT, |out| out.extend_from_slice(&fingerprint.to_be_bytes()));
}

/// The attributes that have to be understood and aren't.
pub(super) fn unknown_attributes(request: Message<'_>) -> impl Iterator<Item = u16> {
    request.attributes().map(|(kind, _)| kind).filter(|kind| attribute::must_be_understood(*kind))
}

/// Appends one attribute with its padding.
pub(super) fn attribute(out: &mut Vec<u8>, kind: u16, value: impl FnOnce(&mut Vec<u8>)) {
    out.extend_from_slice(&kind.to_be_bytes());
    let length_at = out.len();
    out.extend_from_slice(&[0, 0]);
    value(out);
    let len = out.len() - length_at - 2;
    out[length_at..length_at + 2].copy_from_slice(&(len as u16).to_be_bytes());
    out.resize(out.len().next_multiple_of(4), 0);
    let len = out.len() - HEADER;
    set_length(out, len);
}

pub(super) fn set_length(out: &mut [u8], len: usize) {
    out[2..4].copy_from_slice(&(len as u16).to_be_bytes());
}
