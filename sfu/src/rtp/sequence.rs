//! Wrapping numbers: comparison, and unwrapping to 64 bits.

/// The signed distance `a − b` of two 16-bit sequence numbers, −32768 to 32767.
pub const fn distance16(a: u16, b: u16) -> i16 {
    a.wrapping_sub(b) as i16
}

/// Whether `a` comes after `b` in wrapping 16-bit order.
pub const fn newer16(a: u16, b: u16) -> bool {
    distance16(a, b) > 0
}

/// The signed distance `a − b` of two RTP timestamps.
pub const fn distance32(a: u32, b: u32) -> i32 {
    a.wrapping_sub(b) as i32
}

/// Extends numbers of `BITS` bits to 64 bits: each is placed within half a range of the highest so far.
///
/// The first number is returned as it is, plus one whole range, so that numbers before it stay positive.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwrapper<const BITS: u32> {
    highest: Option<u64>,
}

impl<const BITS: u32> Unwrapper<BITS> {
    const RANGE: u64 = 1 << BITS;

    /// An unwrapper that has seen nothing.
    pub const fn new() -> Self {
        Unwrapper { highest: None }
    }

    /// Where `value` lies, without taking note of it.
    pub fn peek(&self, value: u64) -> u64 {
        let value = value & (Self::RANGE - 1);
        let Some(highest) = self.highest else { return value + Self::RANGE };
        let forward = value.wrapping_sub(highest) & (Self::RANGE - 1);
        // Exactly half a range away, it is of the same cycle, as in RFC 3711 appendix A.
        let half = Self::RANGE / 2;
        if forward < half || (forward == half && highest & half == 0) {
            highest + forward
        } else {
            (highest + forward).saturating_sub(Self::RANGE)
        }
    }

    /// Where `value` lies; a value beyond the highest so far becomes the highest.
    pub fn unwrap(&mut self, value: u64) -> u64 {
        let extended = self.peek(value);
        if self.highest.is_none_or(|highest| extended > highest) {
            self.highest = Some(extended);
        }
        extended
    }

    /// The highest number so far, extended.
    pub const fn highest(&self) -> Option<u64> {
        self.highest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_wrap() {
        // T1.063, T1.064, and over the edge.
        for (a, b, expected) in [(1, 10, -9), (10, 1, 9), (1, 65530, 7), (65530, 1, -7), (5, 5, 0)] {
            assert_eq!(distance16(a, b), expected, "distance16({a}, {b})");
        }
        // T1.068, T1.069: the distance added again.
        for (a, step, expected) in [(10u16, -9, 1), (65_530, 7, 1)] {
            assert_eq!((a.wrapping_add_signed(step), distance16(expected, a)), (expected, step));
        }
        // T1.071, T1.072, T1.074, T1.075.
        assert!(newer16(2, 1) && newer16(2, 65530) && !newer16(65530, 2) && !newer16(4, 5));
        assert!(newer16(4, 2), "2 is older than 4");
        assert_eq!(distance32(2, u32::MAX - 1), 4);
    }

    #[test]
    fn numbers_between_two_are_counted_over_the_edge() {
        // T1.080
        let mut u = Unwrapper::<16>::new();
        let (from, to) = (u.unwrap(65_530), u.unwrap(5));
        let between: Vec<u16> = (from + 1..to).map(|n| n as u16).collect();
        assert_eq!(between, [65_531, 65_532, 65_533, 65_534, 65_535, 0, 1, 2, 3, 4]);
    }

    /// Where `value` lies after `previous`, as if the first number had been returned as it is.
    fn after<const BITS: u32>(previous: Option<u64>, value: u64) -> u64 {
        let mut u = Unwrapper::<BITS>::new();
        let Some(previous) = previous else { return u.unwrap(value) - Unwrapper::<BITS>::RANGE };
        let base = u.unwrap(previous) - previous % Unwrapper::<BITS>::RANGE;
        let whole = previous - previous % Unwrapper::<BITS>::RANGE;
        u.unwrap(value) - base + whole
    }

    #[test]
    fn rows_of_unwrapping() {
        // T1.086, T1.088 to T1.092.
        assert_eq!([after::<16>(None, 0), after::<16>(Some(0), 1), after::<16>(Some(3), 3)], [0, 1, 3]);
        let range = 1 << 32;
        assert_eq!(after::<32>(Some(range - 1), 0), range);
        assert_eq!(after::<32>(Some(range - 32), 2), range + 2);
        assert_eq!(after::<32>(Some(range + 2), 1), range + 1);
        assert_eq!([after::<32>(Some(2), 1), after::<32>(Some(3), 3)], [1, 3]);
        assert_eq!([after::<7>(None, 127), after::<7>(None, 128)], [127, 0], "one bit too many");
        assert_eq!([after::<7>(Some(0), 63), after::<7>(Some(0), 64)], [63, 64]);
        assert_eq!(after::<7>(Some(128 + 64), 0), 128, "the other way as well");
    }

    #[test]
    fn unwraps_across_the_edge_and_back() {
        let mut u = Unwrapper::<16>::new();
        let base = u.unwrap(65534);
        let rows = [(65535u64, 1i64), (1, 3), (0, 2), (65533, -1), (2, 4)];
        for (value, offset) in rows {
            assert_eq!(u.unwrap(value) as i64 - base as i64, offset, "value {value}");
        }
        let mut u = Unwrapper::<7>::new();
        assert_eq!(u.unwrap(127) & 127, 127);
        assert_eq!(u.unwrap(128) & 127, 0);
    }
}
