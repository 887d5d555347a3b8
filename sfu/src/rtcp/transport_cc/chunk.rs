//! Packet status chunks (section 3.1.3 and 3.1.4 of the draft).

/// What a report says of one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Symbol {
    Lost = 0,
    /// Received, with a delta of 0 to 255 ticks in one byte.
    SmallDelta = 1,
    /// Received, with a signed delta in two bytes.
    LargeDelta = 2,
    Reserved = 3,
}

impl Symbol {
    const fn from_bits(bits: u16) -> Self {
        match bits & 0b11 {
            0 => Symbol::Lost,
            1 => Symbol::SmallDelta,
            2 => Symbol::LargeDelta,
            _ => Symbol::Reserved,
        }
    }

    /// Bytes of the delta that goes with it.
    pub(super) const fn delta_len(self) -> usize {
        match self {
            Symbol::Lost | Symbol::Reserved => 0,
            Symbol::SmallDelta => 1,
            Symbol::LargeDelta => 2,
        }
    }
}

/// Longest run that one chunk holds.
pub(super) const MAX_RUN: u32 = 0x1fff;
/// Packets of a vector chunk with one bit for each.
pub(super) const ONE_BIT_LEN: usize = 14;
/// Packets of a vector chunk with two bits for each.
pub(super) const TWO_BIT_LEN: usize = 7;

/// A packet status chunk, not yet taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk(pub(super) u16);

impl Chunk {
    pub(super) fn run(symbol: Symbol, len: u32) -> Self {
        debug_assert!(len <= MAX_RUN, "a run of {len}");
        Chunk((symbol as u16) << 13 | len as u16)
    }

    /// The vector of `symbols`, at most 14 that are lost or have small deltas.
    pub(super) fn one_bit(symbols: &[Symbol]) -> Self {
        let bits = symbols.iter().enumerate();
        Chunk(bits.fold(0x8000, |word, (at, symbol)| word | (*symbol as u16) << (13 - at)))
    }

    /// The vector of `symbols`, at most 7.
    pub(super) fn two_bit(symbols: &[Symbol]) -> Self {
        let bits = symbols.iter().enumerate();
        Chunk(bits.fold(0xc000, |word, (at, symbol)| word | (*symbol as u16) << (12 - 2 * at)))
    }

    /// The symbol of a run, `None` for a vector.
    pub(super) const fn run_symbol(self) -> Option<Symbol> {
        if self.0 & 0x8000 == 0 { Some(Symbol::from_bits(self.0 >> 13)) } else { None }
    }

    /// How many packets it covers: 0 to 8,191 for a run.
    pub(super) const fn len(self) -> u32 {
        match self.0 >> 14 {
            0b10 => ONE_BIT_LEN as u32,
            0b11 => TWO_BIT_LEN as u32,
            _ => self.0 as u32 & MAX_RUN,
        }
    }

    /// The symbol of packet `at`, which is below `len`.
    pub(super) const fn symbol(self, at: u32) -> Symbol {
        match self.0 >> 14 {
            0b10 => Symbol::from_bits(self.0 >> (13 - at) & 1),
            0b11 => Symbol::from_bits(self.0 >> (12 - 2 * at)),
            _ => Symbol::from_bits(self.0 >> 13),
        }
    }
}
