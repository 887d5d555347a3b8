//! The packets that one repair packet protects.

use crate::rtp::flexfec::{Mask, Parity};

/// Their numbers and their parity.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    /// The lowest number, extended.
    base: u64,
    mask: Mask,
    parity: Parity,
}

impl Group {
    pub(crate) fn clear(&mut self) {
        self.mask = Mask::default();
        self.parity.clear();
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.mask.is_empty()
    }

    /// The longest of them, bytes behind the fixed header.
    pub(crate) fn longest(&self) -> usize {
        self.parity.len()
    }

    /// Takes a packet in; `false` when it is here already, or too far from the others for one mask.
    pub(crate) fn add(&mut self, sequence: u64, packet: &[u8]) -> bool {
        let one = Mask::of(0).expect("the first offset");
        if self.join(sequence, one) {
            self.parity.toggle(packet);
            return true;
        }
        false
    }

    /// Takes all of another group in; `false` when they don't fit into one mask.
    pub(crate) fn merge(&mut self, other: &Group) -> bool {
        if other.is_empty() || !self.join(other.base, other.mask) {
            return other.is_empty();
        }
        self.parity.merge(&other.parity);
        true
    }

    /// Appends the payload of the repair packet.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        self.parity.write(self.base as u16, self.mask, out);
    }

    fn join(&mut self, base: u64, mask: Mask) -> bool {
        if self.is_empty() {
            (self.base, self.mask) = (base, mask);
            return true;
        }
        let lowest = self.base.min(base);
        let own = self.mask.shifted(self.base - lowest);
        let joined = own.zip(mask.shifted(base - lowest)).and_then(|(own, other)| own.joined(other));
        if let Some(joined) = joined {
            (self.base, self.mask) = (lowest, joined);
        }
        joined.is_some()
    }
}
