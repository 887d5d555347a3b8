//! Who has which address.

use std::net::SocketAddrV4;

use rustc_hash::FxHashMap;

/// Places in the cast by address. Its keys are plain numbers: an address takes long to hash as it is, and every packet
/// asks.
#[derive(Default)]
pub(super) struct AddressBook(FxHashMap<u64, u16>);

impl AddressBook {
    pub(super) fn new(entries: impl Iterator<Item = (SocketAddrV4, u16)>) -> Self {
        AddressBook(entries.map(|(address, place)| (key(address), place)).collect())
    }

    #[inline]
    pub(super) fn find(&self, address: SocketAddrV4) -> Option<u16> {
        self.0.get(&key(address)).copied()
    }
}

fn key(address: SocketAddrV4) -> u64 {
    u64::from(u32::from(*address.ip())) << 16 | u64::from(address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_by_host_and_port() {
        let all = ["10.0.0.1:1", "10.0.0.1:2", "10.0.0.2:1"];
        let parsed = || all.iter().map(|text| text.parse::<SocketAddrV4>().expect("an address"));
        let book = AddressBook::new(parsed().zip(0..));
        assert!(parsed().zip(0..).all(|(address, place)| book.find(address) == Some(place)));
        assert_eq!(book.find("10.0.0.3:1".parse().expect("an address")), None);
    }
}
