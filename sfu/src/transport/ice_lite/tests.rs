//! RFC 5769's vectors, the conformance rows, nomination and consent, hostile input, and a full agent.

mod full_agent;
mod lifecycle;
mod messages;

use std::net::SocketAddr;

use super::{COOKIE, Credentials, HEADER, IceLite, attribute, integrity, message_type};
use rtc_stun::fingerprint::fingerprint_value;

pub(super) const PASSWORD: &str = "ourpasswordourpassword";

pub(super) fn agent() -> IceLite {
    IceLite::new(Credentials::new("ours", PASSWORD).unwrap(), Some("peer"))
}

pub(super) fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// A check in the making, as a controlling browser writes it unless told otherwise.
pub(super) struct Check {
    pub(super) kind: u16,
    pub(super) transaction: u8,
    pub(super) username: &'static str,
    pub(super) password: &'static str,
    pub(super) nominates: bool,
    pub(super) extra: Vec<(u16, Vec<u8>)>,
}

impl Check {
    pub(super) fn new(transaction: u8) -> Self {
        Check {
            kind: message_type::BINDING_REQUEST,
            transaction,
            username: "ours:peer",
            password: PASSWORD,
            nominates: false,
            extra: vec![(attribute::PRIORITY, vec![0x6e, 0, 1, 0xff]), (0x802a, vec![7; 8])],
        }
    }

    pub(super) fn nominating(transaction: u8) -> Self {
        Check { nominates: true, ..Check::new(transaction) }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = self.kind.to_be_bytes().to_vec();
        out.extend([0, 0]);
        out.extend(COOKIE);
        out.extend([self.transaction; 12]);
        put(&mut out, attribute::USERNAME, self.username.as_bytes());
        for (kind, value) in &self.extra {
            put(&mut out, *kind, value);
        }
        if self.nominates {
            put(&mut out, attribute::USE_CANDIDATE, &[]);
        }
        let key = aws_lc_rs::hmac::Key::new(
            aws_lc_rs::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            self.password.as_bytes(),
        );
        let tag = integrity(&key, &out);
        put(&mut out, attribute::MESSAGE_INTEGRITY, tag.as_ref());
        with_fingerprint(out)
    }
}

pub(super) fn put(out: &mut Vec<u8>, kind: u16, value: &[u8]) {
    out.extend(kind.to_be_bytes());
    out.extend((value.len() as u16).to_be_bytes());
    out.extend(value);
    out.resize(out.len().next_multiple_of(4), 0);
    set_length(out, 0);
}

pub(super) fn with_fingerprint(mut out: Vec<u8>) -> Vec<u8> {
    set_length(&mut out, 8);
    let fingerprint = fingerprint_value(&out);
    put(&mut out, attribute::FINGERPRINT, &fingerprint.to_be_bytes());
    out
}

fn set_length(out: &mut [u8], more: usize) {
    let len = (out.len() - HEADER + more) as u16;
    out[2..4].copy_from_slice(&len.to_be_bytes());
}
