//! Redundant audio (RFC 2198): copies of the packets before, in front of the packet itself.

use thiserror::Error;

/// The most that one redundant block can hold, bytes: its length has 10 bits (RFC 2198 section 3).
pub const MAX_BLOCK: usize = 0x3ff;
/// The most that a redundant block's timestamp can lie back, ticks: 14 bits (RFC 2198 section 3), 341 ms at 48 kHz.
pub const MAX_OFFSET: u16 = 0x3fff;
/// The most redundant blocks that are read: as many as libwebrtc's sender can be set to (`AudioEncoderCopyRed`; it
/// sends one unless told otherwise).
pub const MAX_BLOCKS: usize = 9;
/// A redundant block's header (RFC 2198 section 3).
pub const HEADER_LEN: usize = 4;
/// The last header: only a payload type.
pub const PRIMARY_HEADER_LEN: usize = 1;

/// In a block's first byte: another header follows.
const FOLLOWED: u8 = 0x80;
const TYPE: u8 = 0x7f;

/// Why bytes are no redundant audio, or can't become it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RedError {
    /// The payload ends inside the headers.
    #[error("payload ends inside its block headers")]
    TruncatedHeader,
    /// The headers announce more than there is.
    #[error("payload is shorter than its blocks")]
    TruncatedBlock,
    /// There are more redundant blocks than anybody sends.
    #[error("more than {MAX_BLOCKS} redundant blocks")]
    TooManyBlocks,
    /// Nothing is left for the packet itself.
    #[error("no primary block")]
    NoPrimary,
    /// A block that is to be written is too long.
    #[error("a redundant block of more than {MAX_BLOCK} bytes")]
    BlockTooLong,
    /// A block that is to be written is too old.
    #[error("a redundant block of more than {MAX_OFFSET} ticks ago")]
    TooLongAgo,
    /// A payload type that is to be written has more than seven bits.
    #[error("a payload type above 127")]
    PayloadType,
}

/// One redundant block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Block<'a> {
    /// What is in it.
    pub payload_type: u8,
    /// How far its timestamp lies before the packet's, ticks.
    pub offset: u16,
    /// The payload of the packet that it repeats; may be empty.
    pub payload: &'a [u8],
}

/// Redundant blocks, the oldest first: bounded, so that nothing is allocated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blocks<'a> {
    blocks: [Block<'a>; MAX_BLOCKS],
    count: usize,
}

impl<'a> Blocks<'a> {
    /// Puts a block behind the others; `false` when there is no room.
    #[must_use]
    pub fn push(&mut self, block: Block<'a>) -> bool {
        let Some(slot) = self.blocks.get_mut(self.count) else { return false };
        *slot = block;
        self.count += 1;
        true
    }

    /// The blocks, the oldest first.
    pub fn as_slice(&self) -> &[Block<'a>] {
        &self.blocks[..self.count]
    }

    /// Turns their order round.
    pub fn reverse(&mut self) {
        self.blocks[..self.count].reverse();
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.count
    }
}

/// A packet of redundant audio, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Red<'a> {
    /// The copies, the oldest first as senders write them.
    pub redundant: Blocks<'a>,
    /// What is in the primary block.
    pub payload_type: u8,
    /// The packet's own payload; never empty.
    pub primary: &'a [u8],
}

impl<'a> Red<'a> {
    /// Takes an RTP payload apart.
    ///
    /// # Errors
    /// When it is malformed, or has more than [`MAX_BLOCKS`] redundant blocks.
    pub fn parse(payload: &'a [u8]) -> Result<Self, RedError> {
        let mut lengths = [0; MAX_BLOCKS];
        let mut redundant = Blocks::default();
        let mut rest = payload;
        let payload_type = loop {
            let (&first, _) = rest.split_first().ok_or(RedError::TruncatedHeader)?;
            if first & FOLLOWED == 0 {
                rest = &rest[PRIMARY_HEADER_LEN..];
                break first;
            }
            let (header, behind) = rest.split_first_chunk::<HEADER_LEN>().ok_or(RedError::TruncatedHeader)?;
            let word = u32::from_be_bytes(*header);
            let offset = (word >> 10) as u16 & MAX_OFFSET;
            let place = redundant.len();
            if !redundant.push(Block { payload_type: first & TYPE, offset, payload: &[] }) {
                return Err(RedError::TooManyBlocks);
            }
            lengths[place] = word as usize & MAX_BLOCK;
            rest = behind;
        };
        for (block, length) in redundant.blocks[..redundant.count].iter_mut().zip(lengths) {
            (block.payload, rest) = rest.split_at_checked(length).ok_or(RedError::TruncatedBlock)?;
        }
        if rest.is_empty() {
            return Err(RedError::NoPrimary);
        }
        Ok(Red { redundant, payload_type, primary: rest })
    }

    /// How many bytes it has on the wire.
    pub fn len(&self) -> usize {
        let redundant = self.redundant.as_slice().iter().map(|block| HEADER_LEN + block.payload.len());
        redundant.sum::<usize>() + PRIMARY_HEADER_LEN + self.primary.len()
    }

    /// Whether it is empty: never, since the primary block isn't.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Appends the RTP payload to `out`.
    ///
    /// # Errors
    /// When a field has no room in its header; `out` is as before then.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), RedError> {
        let blocks = self.redundant.as_slice();
        for block in blocks {
            check_block(block)?;
        }
        if self.payload_type > TYPE {
            return Err(RedError::PayloadType);
        }
        if self.primary.is_empty() {
            return Err(RedError::NoPrimary);
        }
        for block in blocks {
            let kind = u32::from(FOLLOWED | block.payload_type) << 24;
            let word = kind | (u32::from(block.offset) << 10) | block.payload.len() as u32;
            out.extend_from_slice(&word.to_be_bytes());
        }
        out.push(self.payload_type);
        for block in blocks {
            out.extend_from_slice(block.payload);
        }
        out.extend_from_slice(self.primary);
        Ok(())
    }
}

fn check_block(block: &Block<'_>) -> Result<(), RedError> {
    if block.payload.len() > MAX_BLOCK {
        return Err(RedError::BlockTooLong);
    }
    if block.offset > MAX_OFFSET {
        return Err(RedError::TooLongAgo);
    }
    if block.payload_type > TYPE {
        return Err(RedError::PayloadType);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
