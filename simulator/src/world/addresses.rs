//! Who has which address.

use std::net::{IpAddr, SocketAddr};

use rustc_hash::FxHashMap;

/// Places in the cast by address. Its keys are plain numbers: an address of either family takes long to hash as it is,
/// and every packet asks.
pub(super) struct AddressBook(FxHashMap<(u128, u16), u16>);

impl AddressBook {
    pub(super) fn new(entries: impl Iterator<Item = (SocketAddr, u16)>) -> Self {
        AddressBook(entries.map(|(address, place)| (key(address), place)).collect())
    }

    pub(super) fn find(&self, address: SocketAddr) -> Option<u16> {
        self.0.get(&key(address)).copied()
    }
}

/// IPv4 mapped into IPv6 (RFC 4291 section 2.5.5.2), and the port.
fn key(address: SocketAddr) -> (u128, u16) {
    let ip = match address.ip() {
        IpAddr::V4(ip) => 0xFFFF << 32 | u128::from(u32::from(ip)),
        IpAddr::V6(ip) => u128::from(ip),
    };
    (ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_by_family_host_and_port() {
        let all = ["10.0.0.1:1", "10.0.0.1:2", "10.0.0.2:1", "[2001:db8::1]:1", "[2001:db8::1]:2"];
        let parsed = || all.iter().map(|text| text.parse::<SocketAddr>().expect("an address"));
        let book = AddressBook::new(parsed().zip(0..));
        assert!(parsed().zip(0..).all(|(address, place)| book.find(address) == Some(place)));
        assert_eq!(book.find("10.0.0.3:1".parse().expect("an address")), None);
    }
}
