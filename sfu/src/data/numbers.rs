//! The numbers of an association as the wire shows them, and as rtc-sctp counts them.
//!
//! The library draws its tags, its first transmission sequence number and its cookie from the thread's random
//! generator, which no caller can replace, and computes with the peer's numbers in ways that break where they
//! wrap. So every packet is rewritten at the seam: what is ours on the wire comes from the seed, and the
//! peer's numbers begin at 1 inside. An offset is all that it takes.

use super::AssociationSeed;

/// What both sides' numbers are shifted by.
#[derive(Debug)]
pub(super) struct Numbers {
    seed: AssociationSeed,
    /// The library's own tag.
    library_tag: u32,
    /// The library's own first number.
    library_first: u32,
    /// The library's cookie, which it wants back.
    library_cookie: Vec<u8>,
    /// The peer's first number, once it is known.
    peer_first: Option<u32>,
    /// The highest of our own numbers that has gone out, as the library counts.
    pub(super) last_sent: u32,
    /// The highest of them that the peer has acknowledged with all before it.
    pub(super) acknowledged: u32,
}

impl Numbers {
    pub(super) fn new(seed: AssociationSeed) -> Self {
        Numbers {
            seed,
            library_tag: 0,
            library_first: 0,
            library_cookie: Vec::new(),
            peer_first: None,
            last_sent: 0,
            acknowledged: 0,
        }
    }

    pub(super) fn seed(&self) -> &AssociationSeed {
        &self.seed
    }

    /// The peer's INIT or INIT ACK said its first number; inside it is 1.
    pub(super) fn set_peer_first(&mut self, wire: u32) {
        self.peer_first = Some(wire);
    }

    pub(super) fn knows_peer(&self) -> bool {
        self.peer_first.is_some()
    }

    /// The library's INIT or INIT ACK said what it counts from.
    pub(super) fn set_library(&mut self, tag: u32, first: u32) {
        self.library_tag = tag;
        self.library_first = first;
        self.last_sent = first.wrapping_sub(1);
        self.acknowledged = self.last_sent;
    }

    pub(super) fn set_library_cookie(&mut self, cookie: &[u8]) {
        self.library_cookie = cookie.to_vec();
    }

    pub(super) fn library_cookie(&self) -> &[u8] {
        &self.library_cookie
    }

    pub(super) fn library_tag(&self) -> u32 {
        self.library_tag
    }

    /// A number that counts the peer's chunks, from the wire.
    pub(super) fn peer_in(&self, wire: u32) -> u32 {
        wire.wrapping_sub(self.peer_first.unwrap_or(0)).wrapping_add(1)
    }

    /// A number that counts the peer's chunks, to the wire.
    pub(super) fn peer_out(&self, inside: u32) -> u32 {
        inside.wrapping_sub(1).wrapping_add(self.peer_first.unwrap_or(0))
    }

    /// A number that counts our chunks, from the wire.
    pub(super) fn own_in(&self, wire: u32) -> u32 {
        wire.wrapping_sub(self.seed.first).wrapping_add(self.library_first)
    }

    /// A number that counts our chunks, to the wire.
    pub(super) fn own_out(&self, inside: u32) -> u32 {
        inside.wrapping_sub(self.library_first).wrapping_add(self.seed.first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifts_undo_each_other_across_the_wrap() {
        let mut numbers = Numbers::new(AssociationSeed { tag: 1, first: u32::MAX, cookie: [0; 32] });
        numbers.set_peer_first(u32::MAX - 1);
        numbers.set_library(9, 77);
        assert_eq!(numbers.peer_in(u32::MAX - 1), 1);
        assert_eq!(numbers.peer_in(0), 3);
        assert_eq!(numbers.own_out(77), u32::MAX);
        assert_eq!(numbers.own_out(78), 0);
        for number in [0, 1, 77, 1 << 31, u32::MAX] {
            assert_eq!(numbers.peer_in(numbers.peer_out(number)), number);
            assert_eq!(numbers.own_in(numbers.own_out(number)), number);
        }
    }
}
