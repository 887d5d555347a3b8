//! Bits, most significant first: the `f(n)` and `ns(n)` of the AV1 RTP specification's appendix A.

use super::DependencyDescriptorError as Error;

/// Reads bits off the front of bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> BitReader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        BitReader { bytes, at: 0 }
    }

    /// Bits read so far.
    pub(super) const fn position(&self) -> usize {
        self.at
    }

    /// `f(n)`, for n up to 32.
    pub(super) fn read(&mut self, bits: u32) -> Result<u32, Error> {
        let (mut value, mut left) = (0_u64, bits);
        while left > 0 {
            let byte = *self.bytes.get(self.at / 8).ok_or(Error::Truncated)?;
            let unread = 8 - (self.at % 8) as u32;
            let taken = unread.min(left);
            let part = (u32::from(byte) >> (unread - taken)) & ((1 << taken) - 1);
            value = (value << taken) | u64::from(part);
            self.at += taken as usize;
            left -= taken;
        }
        Ok(value as u32)
    }

    pub(super) fn flag(&mut self) -> Result<bool, Error> {
        Ok(self.read(1)? == 1)
    }

    /// `f(n)` for n up to 8.
    pub(super) fn small(&mut self, bits: u32) -> Result<u8, Error> {
        debug_assert!(bits <= 8, "a byte at most");
        Ok(self.read(bits)? as u8)
    }

    /// `ns(n)`: a number below `n`, which is at least 1.
    pub(super) fn below(&mut self, n: u32) -> Result<u8, Error> {
        let (width, short) = non_symmetric(n);
        let value = self.read(width - 1)?;
        if value < short {
            return Ok(value as u8);
        }
        Ok(((value << 1) - short + self.read(1)?) as u8)
    }
}

/// Width of the longer codes of `ns(n)`, and how many values have the shorter ones.
const fn non_symmetric(n: u32) -> (u32, u32) {
    let width = u32::BITS - n.leading_zeros();
    (width, (1 << width) - n)
}

/// Writes bits to the front of bytes.
#[derive(Debug)]
pub(super) struct BitWriter<'a> {
    out: &'a mut [u8],
    at: usize,
}

impl<'a> BitWriter<'a> {
    pub(super) const fn new(out: &'a mut [u8]) -> Self {
        BitWriter { out, at: 0 }
    }

    /// Starts at bit `at`, over bits that are written already.
    pub(super) const fn over(out: &'a mut [u8], at: usize) -> Self {
        BitWriter { out, at }
    }

    /// `f(n)`, for n up to 32: the low bits of `value`. Other bits of the bytes touched stay.
    pub(super) fn write(&mut self, value: u32, bits: u32) -> Result<(), Error> {
        let mut left = bits;
        while left > 0 {
            let byte = self.out.get_mut(self.at / 8).ok_or(Error::NoRoom)?;
            let free = 8 - (self.at % 8) as u32;
            let taken = free.min(left);
            let mask = ((1_u32 << taken) - 1) << (free - taken);
            let part = ((value >> (left - taken)) << (free - taken)) & mask;
            *byte = (*byte & !(mask as u8)) | part as u8;
            self.at += taken as usize;
            left -= taken;
        }
        Ok(())
    }

    pub(super) fn flag(&mut self, flag: bool) -> Result<(), Error> {
        self.write(u32::from(flag), 1)
    }

    /// `ns(n)`: `value` is below `n`.
    pub(super) fn below(&mut self, value: u8, n: u32) -> Result<(), Error> {
        let (width, short) = non_symmetric(n);
        let value = u32::from(value);
        if value < short { self.write(value, width - 1) } else { self.write(value + short, width) }
    }

    /// Pads with zeros to a byte and returns the bytes written.
    pub(super) fn finish(mut self) -> Result<usize, Error> {
        let len = self.at.div_ceil(8);
        self.write(0, (len * 8 - self.at) as u32)?;
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn non_symmetric_codes_of_five() {
        // AV1 bitstream specification section 4.10.7: n = 5 gives 00, 01, 10, 110, 111.
        for (value, code, bits) in [(0, 0, 2), (1, 0b01, 2), (2, 0b10, 2), (3, 0b110, 3), (4, 0b111, 3)] {
            let mut out = [0xff];
            let mut writer = BitWriter::new(&mut out);
            writer.below(value, 5).expect("room");
            assert_eq!(writer.at, bits);
            writer.finish().expect("room");
            assert_eq!(out[0], code << (8 - bits));
            assert_eq!(BitReader::new(&out).below(5), Ok(value));
        }
    }

    proptest! {
        #[test]
        fn reads_what_it_writes(
            parts in prop::collection::vec((any::<u32>(), 0..=32_u32, 1..=33_u32), 0..20),
            old: u8,
        ) {
            let mut out = [old; 200];
            let mut writer = BitWriter::new(&mut out);
            for &(value, bits, n) in &parts {
                writer.write(value, bits).expect("room");
                writer.below((value % n) as u8, n).expect("room");
            }
            let len = writer.finish().expect("room");
            let mut reader = BitReader::new(&out[..len]);
            for (value, bits, n) in parts {
                let mask = if bits == 32 { u32::MAX } else { (1 << bits) - 1 };
                prop_assert_eq!(reader.read(bits), Ok(value & mask));
                prop_assert_eq!(reader.below(n), Ok((value % n) as u8));
            }
            prop_assert!(reader.position() <= len * 8);
            prop_assert!(out[len..].iter().all(|&byte| byte == old), "nothing behind the end is touched");
        }
    }
}
