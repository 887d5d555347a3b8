//! Reading fields of known place, and framing what is written.

/// The 16 bits at `at`; the caller has checked the length.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

/// The 32 bits at `at`; the caller has checked the length.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// The 64 bits at `at`; the caller has checked the length.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) << 32 | u64::from(u32_at(bytes, at + 4))
}

/// A packet that is being appended to a buffer: its header is completed by [`Framed::finish`].
pub(super) struct Framed<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
}

impl<'a> Framed<'a> {
    /// Begins a packet with `count` (or a feedback format) in the 5 low bits of its first byte.
    pub(super) fn begin(out: &'a mut Vec<u8>, count: u8, packet_type: u8) -> Self {
        let start = out.len();
        out.extend_from_slice(&[0x80 | count, packet_type, 0, 0]);
        Framed { out, start }
    }

    pub(super) fn u8(&mut self, value: u8) {
        self.out.push(value);
    }

    pub(super) fn u16(&mut self, value: u16) {
        self.out.extend_from_slice(&value.to_be_bytes());
    }

    pub(super) fn u32(&mut self, value: u32) {
        self.out.extend_from_slice(&value.to_be_bytes());
    }

    pub(super) fn slice(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Bytes written so far, header included.
    pub(super) fn len(&self) -> usize {
        self.out.len() - self.start
    }

    /// Fills up to a whole word with zeros that belong to the packet's own content.
    pub(super) fn align(&mut self) {
        self.out.resize(self.start + self.len().next_multiple_of(4), 0);
    }

    /// Writes the length, after padding with the P bit and a count where the content is no whole number of
    /// words (RFC 3550 section 6.4.1).
    pub(super) fn finish(self) {
        let missing = self.len().next_multiple_of(4) - self.len();
        if missing > 0 {
            self.out.resize(self.out.len() + missing - 1, 0);
            self.out.push(missing as u8);
            self.out[self.start] |= 0x20;
        }
        let words = u16::try_from(self.len() / 4 - 1).expect("writers keep packets far below 256 KiB");
        self.out[self.start + 2..self.start + 4].copy_from_slice(&words.to_be_bytes());
    }
}
