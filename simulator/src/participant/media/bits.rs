//! Bits, most significant first, as the heads of frames and parameter sets are written.

/// Writes bits over bytes that are zero.
#[derive(Debug)]
pub(super) struct BitWriter<'a> {
    out: &'a mut [u8],
    at: usize,
}

impl<'a> BitWriter<'a> {
    /// Starts at the first bit of `out`, which must have room for all that follows.
    pub(super) fn new(out: &'a mut [u8]) -> Self {
        out.fill(0);
        BitWriter { out, at: 0 }
    }

    /// The low `count` bits of `value`, 32 at most.
    pub(super) fn put(&mut self, value: u32, count: u32) {
        for place in (0..count).rev() {
            self.out[self.at / 8] |= ((value >> place & 1) as u8) << (7 - self.at % 8);
            self.at += 1;
        }
    }

    /// An unsigned Exp-Golomb code (H.264 section 9.1).
    pub(super) fn exp_golomb(&mut self, value: u32) {
        let len = 32 - (value + 1).leading_zeros();
        self.put(0, len - 1);
        self.put(value + 1, len);
    }

    /// A one, then zeros up to the byte's end; returns how many bytes there are.
    pub(super) fn stop(mut self) -> usize {
        self.put(1, 1);
        self.at.div_ceil(8)
    }

    /// How many bits are written.
    pub(super) const fn len(&self) -> usize {
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_h264_section_9_1() {
        for (value, expected, bits) in [(0, 0x80, 1), (1, 0x40, 3), (2, 0x60, 3), (3, 0x20, 5), (7, 0x10, 7)]
        {
            let mut out = [0xff; 4];
            let mut writer = BitWriter::new(&mut out);
            writer.exp_golomb(value);
            assert_eq!(writer.len(), bits, "{value}");
            assert_eq!(out[0], expected, "{value}");
        }
    }
}
