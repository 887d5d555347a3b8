//! Addresses that no middlebox recognises (RFC 8489 section 14.2).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::COOKIE;
use super::message::ParseError;

const IPV4: u8 = 1;
const IPV6: u8 = 2;

/// What an address is combined with: the cookie, then the transaction id.
fn mask(transaction: &[u8; 12]) -> [u8; 16] {
    let mut mask = [0; 16];
    mask[..4].copy_from_slice(&COOKIE);
    mask[4..].copy_from_slice(transaction);
    mask
}

/// Appends the value of XOR-MAPPED-ADDRESS: 8 bytes for IPv4 (an IPv4 address mapped into IPv6 included),
/// 20 for IPv6.
pub fn encode_xor_address(out: &mut Vec<u8>, address: SocketAddr, transaction: &[u8; 12]) {
    let mask = mask(transaction);
    let port = address.port() ^ u16::from_be_bytes([mask[0], mask[1]]);
    let mut put = |family, octets: &[u8]| {
        out.extend_from_slice(&[0, family]);
        out.extend_from_slice(&port.to_be_bytes());
        out.extend(octets.iter().zip(mask).map(|(octet, mask)| octet ^ mask));
    };
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => put(IPV4, &ip.octets()),
        IpAddr::V6(ip) => put(IPV6, &ip.octets()),
    }
}

/// The address in the value of XOR-MAPPED-ADDRESS.
///
/// # Errors
/// [`ParseError`] for an unknown family or a length that is not the family's.
pub fn decode_xor_address(value: &[u8], transaction: &[u8; 12]) -> Result<SocketAddr, ParseError> {
    let (fixed, octets) = value.split_first_chunk::<4>().ok_or(ParseError("short address"))?;
    let mask = mask(transaction);
    let port = u16::from_be_bytes([fixed[2] ^ mask[0], fixed[3] ^ mask[1]]);
    let mut plain = [0; 16];
    for (plain, (octet, mask)) in plain.iter_mut().zip(octets.iter().zip(mask)) {
        *plain = octet ^ mask;
    }
    let ip = match (fixed[1], octets.len()) {
        (IPV4, 4) => IpAddr::V4(Ipv4Addr::new(plain[0], plain[1], plain[2], plain[3])),
        (IPV6, 16) => IpAddr::V6(Ipv6Addr::from(plain)),
        (IPV4 | IPV6, _) => return Err(ParseError("address of a wrong length")),
        _ => return Err(ParseError("unknown address family")),
    };
    Ok(SocketAddr::new(ip, port))
}
