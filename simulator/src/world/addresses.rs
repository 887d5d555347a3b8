//! Who has which address.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use rustc_hash::FxHashMap;

/// Places in the cast by address. Its keys are plain numbers: an address of either family takes long to hash as it is,
/// and every packet asks.
#[derive(Default)]
pub(super) struct AddressBook {
    v4: FxHashMap<u64, u16>,
    v6: FxHashMap<(u128, u16), u16>,
}

impl AddressBook {
    pub(super) fn new(entries: impl Iterator<Item = (SocketAddr, u16)>) -> Self {
        let mut book = AddressBook::default();
        for (address, place) in entries {
            match address.ip() {
                IpAddr::V4(ip) => book.v4.insert(v4_key(ip, address.port()), place),
                IpAddr::V6(ip) => book.v6.insert((u128::from(ip), address.port()), place),
            };
        }
        book
    }

    pub(super) fn find(&self, address: SocketAddr) -> Option<u16> {
        match address.ip() {
            IpAddr::V4(ip) => self.v4.get(&v4_key(ip, address.port())),
            IpAddr::V6(ip) => self.v6.get(&(u128::from(ip), address.port())),
        }
        .copied()
    }
}

fn v4_key(ip: Ipv4Addr, port: u16) -> u64 {
    u64::from(u32::from(ip)) << 16 | u64::from(port)
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
