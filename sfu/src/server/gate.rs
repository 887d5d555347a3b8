//! Who may connect: so many at a time and so often from one address, and so many in all.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use rustc_hash::FxHashMap;

use super::bucket::Bucket;
use super::config::Limits;
use crate::Time;

/// Addresses that are remembered. Who comes from more of them than this within seconds isn't a meeting.
const MAX_ADDRESSES: usize = 16_384;

/// Counts connections. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub(super) struct Gate(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    limits: Limits,
    open: usize,
    refused: u64,
    addresses: FxHashMap<IpAddr, Address>,
    /// When those who have gone were forgotten last.
    swept: Time,
}

#[derive(Debug)]
struct Address {
    open: usize,
    bucket: Bucket,
}

/// A connection that was let in; it counts until this is dropped.
#[derive(Debug)]
pub(super) struct Pass {
    gate: Gate,
    address: IpAddr,
}

impl Gate {
    pub(super) fn new(limits: Limits) -> Self {
        let state = State {
            limits,
            open: 0,
            refused: 0,
            addresses: FxHashMap::default(),
            swept: Time::from_nanos(0),
        };
        Gate(Arc::new(Mutex::new(state)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nobody panics with it")
    }

    /// Lets somebody in, or not.
    pub(super) fn admit(&self, ip: IpAddr, now: Time) -> Option<Pass> {
        let address = network(ip);
        let admitted = self.state().admit(address, now);
        admitted.then(|| Pass { gate: self.clone(), address })
    }

    /// Connections now, and those that were refused so far.
    pub(super) fn counts(&self) -> (usize, u64) {
        let state = self.state();
        (state.open, state.refused)
    }
}

impl Pass {
    /// Another for the same address, or not.
    pub(super) fn another(&self, now: Time) -> Option<Pass> {
        let admitted = self.gate.state().admit(self.address, now);
        admitted.then(|| Pass { gate: self.gate.clone(), address: self.address })
    }
}

impl State {
    fn admit(&mut self, address: IpAddr, now: Time) -> bool {
        let admitted = self.may_enter(address, now);
        if admitted {
            self.open += 1;
        } else {
            self.refused += 1;
        }
        admitted
    }

    fn may_enter(&mut self, address: IpAddr, now: Time) -> bool {
        if !self.addresses.contains_key(&address) && !self.has_room(now) {
            return false;
        }
        let bucket = || Address { open: 0, bucket: Bucket::new(self.limits.connections_per_second, now) };
        let known = self.addresses.entry(address).or_insert_with(bucket);
        let admitted = known.bucket.take(now)
            && known.open < self.limits.connections_per_address
            && self.open < self.limits.connections;
        known.open += usize::from(admitted);
        admitted
    }

    /// Whether another address can be remembered; forgets those that don't matter, once a second at most.
    fn has_room(&mut self, now: Time) -> bool {
        if self.addresses.len() >= MAX_ADDRESSES && now.since(self.swept).as_secs() >= 1 {
            self.swept = now;
            self.addresses.retain(|_, known| known.open > 0 || !known.bucket.is_full(now));
        }
        self.addresses.len() < MAX_ADDRESSES
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut state = self.gate.state();
        state.open -= 1;
        if let Some(known) = state.addresses.get_mut(&self.address) {
            known.open -= 1;
        }
    }
}

/// Whose an address is: IPv6 gives everybody a /64 (RFC 6177), so that is what counts.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => IpAddr::V4(ip),
        IpAddr::V6(ip) => IpAddr::V6((ip.to_bits() & (u128::MAX << 64)).into()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    fn at(seconds: u64) -> Time {
        Time::from_nanos(seconds * 1_000_000_000)
    }

    fn limits() -> Limits {
        Limits { connections: 5, connections_per_address: 3, connections_per_second: 1, ..Limits::default() }
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(192, 0, 2, last))
    }

    #[test]
    fn each_limit_holds_and_what_has_gone_makes_room() {
        let gate = Gate::new(limits());
        let mut ones: Vec<Pass> = (0..9).filter_map(|_| gate.admit(address(1), at(0))).collect();
        assert_eq!(ones.len(), 3, "of one address");
        let twos: Vec<Pass> = (0..9).filter_map(|_| gate.admit(address(2), at(0))).collect();
        assert_eq!(twos.len(), 2, "in all");
        assert_eq!(gate.counts(), (5, 13));
        ones.pop();
        // Of its ten seconds' worth it has spent nine, refused ones included.
        assert!(gate.admit(address(1), at(0)).is_some());
        assert!(gate.admit(address(1), at(0)).is_none(), "too often");
        let pass = gate.admit(address(1), at(1)).expect("in a second there is another");
        assert!(pass.another(at(1)).is_none(), "too often");
        drop((ones, twos));
        assert!(pass.another(at(9)).is_some());
        assert_eq!(gate.counts().0, 1);
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_and_a_mapped_address_as_what_it_maps() {
        let six = |bits: u128| IpAddr::V6(Ipv6Addr::from_bits(bits));
        assert_eq!(network(six((7 << 64) + 1)), network(six((7 << 64) + 2)));
        assert_ne!(network(six(7 << 64)), network(six(8 << 64)));
        assert_eq!(network(IpAddr::V6(Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped())), address(1));
    }

    #[test]
    fn many_addresses_take_no_more_room_than_that() {
        let gate = Gate::new(limits());
        for last in 0..(MAX_ADDRESSES as u32 + 500) {
            let ip = IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + last));
            drop(gate.admit(ip, at(1)));
        }
        assert_eq!(gate.state().addresses.len(), MAX_ADDRESSES);
        assert!(gate.admit(address(9), at(1)).is_none(), "no room within the second");
        assert!(gate.admit(address(9), at(12)).is_some(), "they were forgotten");
    }
}
