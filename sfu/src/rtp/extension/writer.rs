//! Header extensions written in the one-byte form, or in the two-byte form where an element needs it.

use super::{ONE_BYTE_PROFILE, TWO_BYTE_PROFILE};

/// Writes an extension block behind a fixed header.
///
/// The buffer is the packet's own: the block starts at byte 12. It takes the one-byte form (RFC 8285 section 4.2) as
/// long as that can hold every element, and turns into the two-byte form (section 4.3) at the first one that is
/// empty, longer than 16 bytes or of an id above 14.
#[derive(Debug)]
pub struct ExtensionWriter<'a> {
    out: &'a mut [u8],
    at: usize,
    two_byte: bool,
}

/// The block's head: profile and length.
const HEAD: usize = 4;

impl<'a> ExtensionWriter<'a> {
    /// Starts a block at the beginning of `out`, which must have room for all that follows: for each element its
    /// value and two bytes, 4 for the head, and up to 3 of padding.
    pub fn new(out: &'a mut [u8]) -> Self {
        ExtensionWriter { out, at: HEAD, two_byte: false }
    }

    /// Starts a block as [`ExtensionWriter::new`], in the two-byte form whatever follows.
    pub fn two_byte(out: &'a mut [u8]) -> Self {
        ExtensionWriter { two_byte: true, ..ExtensionWriter::new(out) }
    }

    /// Appends an element of up to 255 bytes and returns where its value lies, for later patching; does nothing when
    /// `id` is 0 (not negotiated).
    ///
    /// An element that turns the block into the two-byte form moves those before it. Who patches values pushes it
    /// first, or starts with [`ExtensionWriter::two_byte`].
    ///
    /// # Panics
    /// When the value is longer than 255 bytes, or the buffer too short.
    pub fn push(&mut self, id: u8, value: &[u8]) -> Option<usize> {
        if id == 0 {
            return None;
        }
        if !self.two_byte && (id > 14 || !(1..=16).contains(&value.len())) {
            self.widen();
        }
        if self.two_byte {
            self.out[self.at] = id;
            self.out[self.at + 1] = u8::try_from(value.len()).expect("an element has at most 255 bytes");
            self.at += 2;
        } else {
            self.out[self.at] = (id << 4) | (value.len() as u8 - 1);
            self.at += 1;
        }
        let start = self.at;
        self.at += value.len();
        self.out[start..self.at].copy_from_slice(value);
        Some(start)
    }

    /// Turns what is written from the one-byte into the two-byte form: a byte more for each element.
    fn widen(&mut self) {
        let (mut elements, mut at) = (0, HEAD);
        while at < self.at {
            at += 2 + usize::from(self.out[at] & 0x0f);
            elements += 1;
        }
        self.out.copy_within(HEAD..self.at, HEAD + elements);
        let (mut from, mut to) = (HEAD + elements, HEAD);
        for _ in 0..elements {
            let (id, len) = (self.out[from] >> 4, usize::from(self.out[from] & 0x0f) + 1);
            // What is read lies behind what is written by a byte for each element to come.
            self.out.copy_within(from + 1..from + 1 + len, to + 2);
            self.out[to..to + 2].copy_from_slice(&[id, len as u8]);
            from += 1 + len;
            to += 2 + len;
        }
        (self.at, self.two_byte) = (to, true);
    }

    /// Pads to a word, writes the block's head and returns the block's length in bytes.
    ///
    /// Zero when no element was pushed: the packet must then not set its X bit.
    pub fn finish(self) -> usize {
        if self.at == HEAD {
            return 0;
        }
        let end = self.at.next_multiple_of(4);
        self.out[self.at..end].fill(0);
        let profile = if self.two_byte { TWO_BYTE_PROFILE } else { ONE_BYTE_PROFILE };
        self.out[..2].copy_from_slice(&profile.to_be_bytes());
        self.out[2..4].copy_from_slice(&(((end - HEAD) / 4) as u16).to_be_bytes());
        end
    }
}
