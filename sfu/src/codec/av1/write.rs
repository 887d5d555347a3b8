//! Lengths that a packetiser writes.

/// Writes a `leb128()` of the fewest bytes, at most 5, to the start of `out` and returns its length.
///
/// # Panics
/// When `out` is shorter than that.
pub fn write_leb128(value: u32, out: &mut [u8]) -> usize {
    let (mut rest, mut at) = (value, 0);
    loop {
        out[at] = (rest & 0x7f) as u8 | if rest > 0x7f { 0x80 } else { 0 };
        at += 1;
        rest >>= 7;
        if rest == 0 {
            return at;
        }
    }
}

/// Writes the length of an OBU element that isn't the last of a counted payload, and returns its own length.
///
/// # Panics
/// When `len` is above 2³² − 1 or `out` is too short.
pub fn write_element_length(len: usize, out: &mut [u8]) -> usize {
    write_leb128(u32::try_from(len).expect("an element fits a packet"), out)
}
