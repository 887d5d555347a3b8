//! The flexible mask: which packets from a base number on a repair packet protects (RFC 8627 section 4.2.2.1).

/// Bits of the first part, and of the first two parts; all three have [`Mask::BITS`].
const PARTS: [u32; 2] = [15, 46];

/// A set of offsets from a base sequence number, 0 to 109.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mask(u128);

impl Mask {
    /// How many offsets there are.
    pub const BITS: u32 = 110;
    /// The longest mask on the wire, bytes.
    pub const MAX_LEN: usize = 14;

    /// The set of one offset; none when it is beyond the last.
    pub fn of(offset: u64) -> Option<Mask> {
        (offset < u64::from(Mask::BITS)).then(|| Mask(1 << offset))
    }

    /// Whether it holds nothing.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many offsets it holds.
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether it holds `offset`.
    pub const fn contains(self, offset: u32) -> bool {
        offset < Mask::BITS && self.0 >> offset & 1 == 1
    }

    /// The same offsets from a base that lies `by` lower; none when one of them would be beyond the last.
    pub fn shifted(self, by: u64) -> Option<Mask> {
        let room = u64::from(self.0.leading_zeros() - (u128::BITS - Mask::BITS));
        (self.is_empty() || by <= room).then(|| Mask(self.0.checked_shl(by as u32).unwrap_or(0)))
    }

    /// The offsets of both; none when they have one in common, which would cancel out.
    pub const fn joined(self, other: Mask) -> Option<Mask> {
        if self.0 & other.0 == 0 { Some(Mask(self.0 | other.0)) } else { None }
    }

    /// How many bytes it takes on the wire: 2, 6 or 14.
    pub const fn wire_len(self) -> usize {
        match u128::BITS - self.0.leading_zeros() {
            0..=15 => 2,
            16..=46 => 6,
            _ => Mask::MAX_LEN,
        }
    }

    /// Appends it to `out`.
    pub fn write(self, out: &mut Vec<u8>) {
        // The first offset is the first bit on the wire.
        let bits = self.0.reverse_bits();
        let part = |end: u32, len: u32| (bits >> (u128::BITS - end)) as u64 & (u64::MAX >> (u64::BITS - len));
        let len = self.wire_len();
        // k is set before a part that another one follows.
        let first = u16::from(len > 2) << 15 | part(PARTS[0], 15) as u16;
        out.extend_from_slice(&first.to_be_bytes());
        if len > 2 {
            let second = u32::from(len > 6) << 31 | part(PARTS[1], 31) as u32;
            out.extend_from_slice(&second.to_be_bytes());
        }
        if len > 6 {
            out.extend_from_slice(&part(Mask::BITS, 64).to_be_bytes());
        }
    }

    /// Reads the mask that `bytes` start with, and its length on the wire; none when it is cut off.
    pub fn parse(bytes: &[u8]) -> Option<(Mask, usize)> {
        let first = u16::from_be_bytes(*bytes.first_chunk()?);
        let mut bits = u128::from(first & 0x7fff) << (u128::BITS - PARTS[0]);
        let mut len = 2;
        if first >> 15 == 1 {
            let second = u32::from_be_bytes(*bytes.get(2..)?.first_chunk()?);
            bits |= u128::from(second & 0x7fff_ffff) << (u128::BITS - PARTS[1]);
            len = 6;
            if second >> 31 == 1 {
                let third = u64::from_be_bytes(*bytes.get(6..)?.first_chunk()?);
                bits |= u128::from(third) << (u128::BITS - Mask::BITS);
                len = Mask::MAX_LEN;
            }
        }
        Some((Mask(bits.reverse_bits()), len))
    }
}
