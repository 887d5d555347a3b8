//! STUN and the ICE-lite agent. Input: bytes as they come, and attributes that get a sound frame around them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use aws_lc_rs::hmac;
use sfu::transport::ice_lite::{Credentials, IceLite, Message, decode_xor_address, ufrag_of};
use sfu::{DropReason, Time};

use super::input::Input;

const UFRAG: &str = "sfuu";
const PASSWORD: &str = "0123456789abcdefghijklmn";

pub(super) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let local = Credentials::new(UFRAG, PASSWORD).expect("long enough");
    let mut agent = IceLite::new(local, Some("peer"));
    let mut now = Time::ZERO;
    while !input.is_empty() {
        let op = input.u8();
        now += Duration::from_millis(u64::from(input.u8()) * 10);
        let (from, to) = (address(op >> 4), address(99));
        let datagram = match op & 3 {
            0 => input.chunk().to_vec(),
            1 => check(UFRAG, "peer", PASSWORD, input.u8(), &[]),
            _ => check(UFRAG, "peer", PASSWORD, input.u8(), input.chunk()),
        };
        parse(&datagram);
        let before = agent.path();
        let mut response = Vec::new();
        let answer = agent.handle(now, from, to, &datagram, &mut response);
        assert!(response.len() <= datagram.len() || answer.is_err(), "an answer longer than its question");
        assert!(agent.proven_addresses().count() <= 16);
        if op & 3 == 0 {
            let inert = matches!(
                answer,
                Err(DropReason::MalformedStun
                    | DropReason::UnexpectedStun
                    | DropReason::UnknownUfrag
                    | DropReason::StunIntegrity)
            );
            assert!(!inert || agent.path() == before, "an unauthenticated check moved the path");
        }
        agent.handle_timeout(now);
    }
}

fn parse(datagram: &[u8]) {
    let _ = ufrag_of(datagram);
    let Ok(message) = Message::parse(datagram) else { return };
    let bytes: usize = message.attributes().map(|(_, value)| value.len() + 4).sum();
    assert!(bytes + 20 <= datagram.len());
    for (_, value) in message.attributes() {
        let _ = decode_xor_address(value, message.transaction());
    }
    let _ = message.username();
    let _ = message.has_valid_fingerprint();
}

pub(super) fn address(host: u8) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, host)), 40_000)
}

/// A binding request for `local` from `remote` with the further `attributes`, integrity and fingerprint.
/// `transaction` tells requests apart.
pub(super) fn check(
    local: &str,
    remote: &str,
    password: &str,
    transaction: u8,
    attributes: &[u8],
) -> Vec<u8> {
    let mut message = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    message.extend([transaction; 12]);
    attribute(&mut message, 0x0006, format!("{local}:{remote}").as_bytes());
    // PRIORITY, and room in the request for what the answer needs.
    attribute(&mut message, 0x0024, &[0x6e, 0, 1, 0xff]);
    attribute(&mut message, 0x802a, &[0; 8]);
    message.extend(attributes);
    message.resize(message.len().next_multiple_of(4), 0);
    set_length(&mut message, 24);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    let tag = hmac::sign(&key, &message);
    attribute(&mut message, 0x0008, tag.as_ref());
    set_length(&mut message, 8);
    let fingerprint = crc32(&message) ^ 0x5354_554e;
    attribute(&mut message, 0x8028, &fingerprint.to_be_bytes());
    message
}

fn attribute(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend(kind.to_be_bytes());
    message.extend((value.len() as u16).to_be_bytes());
    message.extend(value);
    message.resize(message.len().next_multiple_of(4), 0);
}

/// Writes the length of what follows the header, with `ahead` bytes still to come.
fn set_length(message: &mut [u8], ahead: usize) {
    let len = (message.len() - 20 + ahead) as u16;
    message[2..4].copy_from_slice(&len.to_be_bytes());
}

/// The CRC-32 of ISO 3309 (RFC 8489 section 14.7), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}
