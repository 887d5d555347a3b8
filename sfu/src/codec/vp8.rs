//! The VP8 payload descriptor (RFC 7741 section 4.2), read and rewritten in place.

use thiserror::Error;

/// Why a payload has no sound VP8 descriptor, or why a field can't be rewritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Vp8Error {
    /// The payload ends inside the descriptor.
    #[error("VP8 payload ends inside its descriptor")]
    Truncated,
    /// TL0PICIDX without a temporal id: RFC 7741 requires T when L is set.
    #[error("VP8 descriptor has TL0PICIDX without a temporal layer id")]
    Tl0WithoutTid,
    /// The descriptor has no such field: absent fields stay absent.
    #[error("VP8 descriptor has no such field")]
    Absent,
    /// The value does not fit the field's width.
    #[error("value does not fit the VP8 field")]
    TooLarge,
}

/// A picture id in the width that the sender chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureId {
    /// 7 bits.
    Short(u8),
    /// 15 bits.
    Long(u16),
}

impl PictureId {
    /// The number itself.
    pub const fn value(self) -> u16 {
        match self {
            PictureId::Short(id) => id as u16,
            PictureId::Long(id) => id,
        }
    }

    /// The largest number of this width.
    pub const fn mask(self) -> u16 {
        match self {
            PictureId::Short(_) => 0x7f,
            PictureId::Long(_) => 0x7fff,
        }
    }
}

/// One packet's descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vp8Descriptor {
    /// N: the frame may be dropped without harm to any other.
    pub non_reference: bool,
    /// S: the packet starts a partition.
    pub start_of_partition: bool,
    /// Partition index, 0 to 7.
    pub partition: u8,
    /// Picture id, if the sender writes one.
    pub picture_id: Option<PictureId>,
    /// TL0PICIDX, if the sender writes one.
    pub tl0_picture_index: Option<u8>,
    /// Temporal layer id 0 to 3, if the sender writes one.
    pub temporal_id: Option<u8>,
    /// Y: the frame depends on the base layer only, so a receiver may step up here.
    pub layer_sync: bool,
    /// KEYIDX, if the sender writes one.
    pub key_index: Option<u8>,
    /// Whether the packet starts a key frame (S set, partition 0, and the frame header's P bit clear).
    pub key_frame_start: bool,
    /// Length of the descriptor, bytes (1 to 6).
    pub len: usize,
}

const X: u8 = 0x80;
const N: u8 = 0x20;
const S: u8 = 0x10;
const I: u8 = 0x80;
const L: u8 = 0x40;
const T: u8 = 0x20;
const K: u8 = 0x10;

impl Vp8Descriptor {
    /// Reads the descriptor at the start of an RTP payload.
    ///
    /// # Errors
    /// When the payload ends inside the descriptor, or the descriptor contradicts itself.
    pub fn parse(payload: &[u8]) -> Result<Vp8Descriptor, Vp8Error> {
        let mut bytes = payload.iter().copied();
        let mut next = || bytes.next().ok_or(Vp8Error::Truncated);
        let first = next()?;
        let flags = if first & X != 0 { next()? } else { 0 };
        let mut len = 1 + usize::from(first & X != 0);
        if flags & L != 0 && flags & T == 0 {
            return Err(Vp8Error::Tl0WithoutTid);
        }
        let mut picture_id = None;
        if flags & I != 0 {
            let id = next()?;
            len += 1;
            picture_id = Some(if id & 0x80 == 0 {
                PictureId::Short(id)
            } else {
                len += 1;
                PictureId::Long((u16::from(id & 0x7f) << 8) | u16::from(next()?))
            });
        }
        let mut tl0_picture_index = None;
        if flags & L != 0 {
            tl0_picture_index = Some(next()?);
            len += 1;
        }
        let tk = if flags & (T | K) != 0 {
            len += 1;
            next()?
        } else {
            0
        };
        let (start, partition) = (first & S != 0, first & 0x07);
        let frame_header = payload.get(len);
        Ok(Vp8Descriptor {
            non_reference: first & N != 0,
            start_of_partition: start,
            partition,
            picture_id,
            tl0_picture_index,
            temporal_id: (flags & T != 0).then_some(tk >> 6),
            layer_sync: flags & T != 0 && tk & 0x20 != 0,
            key_index: (flags & K != 0).then_some(tk & 0x1f),
            key_frame_start: start && partition == 0 && frame_header.is_some_and(|byte| byte & 1 == 0),
            len,
        })
    }

    /// Whether the packet starts a frame.
    pub const fn frame_start(&self) -> bool {
        self.start_of_partition && self.partition == 0
    }

    /// Overwrites the picture id in `payload`, which this descriptor was read from; its width stays.
    ///
    /// # Errors
    /// When the descriptor has none, or `id` does not fit its width.
    pub fn rewrite_picture_id(&self, payload: &mut [u8], id: u16) -> Result<(), Vp8Error> {
        match self.picture_id.ok_or(Vp8Error::Absent)? {
            width if id > width.mask() => Err(Vp8Error::TooLarge),
            PictureId::Short(_) => {
                payload[2] = id as u8;
                Ok(())
            }
            PictureId::Long(_) => {
                payload[2..4].copy_from_slice(&(0x8000 | id).to_be_bytes());
                Ok(())
            }
        }
    }

    /// Overwrites TL0PICIDX in `payload`, which this descriptor was read from.
    ///
    /// # Errors
    /// When the descriptor has none.
    pub fn rewrite_tl0_picture_index(&self, payload: &mut [u8], index: u8) -> Result<(), Vp8Error> {
        self.tl0_picture_index.ok_or(Vp8Error::Absent)?;
        payload[2 + self.picture_id_len()] = index;
        Ok(())
    }

    /// Overwrites KEYIDX in `payload`, which this descriptor was read from.
    ///
    /// # Errors
    /// When the descriptor has none, or `index` is above 31.
    pub fn rewrite_key_index(&self, payload: &mut [u8], index: u8) -> Result<(), Vp8Error> {
        self.key_index.ok_or(Vp8Error::Absent)?;
        if index > 0x1f {
            return Err(Vp8Error::TooLarge);
        }
        let byte = &mut payload[self.len - 1];
        *byte = (*byte & 0xe0) | index;
        Ok(())
    }

    /// Writes a descriptor that starts or continues partition 0 to the start of `out` and returns its length.
    ///
    /// Every optional field that is present is written; `len` and `key_frame_start` are ignored.
    ///
    /// # Panics
    /// When `out` is shorter than the descriptor (6 bytes always suffice).
    pub fn write(&self, out: &mut [u8]) -> usize {
        let flag = |present: bool, bit: u8| if present { bit } else { 0 };
        let flags = flag(self.picture_id.is_some(), I)
            | flag(self.tl0_picture_index.is_some(), L)
            | flag(self.temporal_id.is_some(), T)
            | flag(self.key_index.is_some(), K);
        out[0] = flag(flags != 0, X)
            | flag(self.non_reference, N)
            | flag(self.start_of_partition, S)
            | (self.partition & 7);
        if flags == 0 {
            return 1;
        }
        out[1] = flags;
        let mut at = 2;
        match self.picture_id {
            Some(PictureId::Short(id)) => {
                out[at] = id & 0x7f;
                at += 1;
            }
            Some(PictureId::Long(id)) => {
                out[at..at + 2].copy_from_slice(&(0x8000 | id).to_be_bytes());
                at += 2;
            }
            None => {}
        }
        if let Some(index) = self.tl0_picture_index {
            out[at] = index;
            at += 1;
        }
        if flags & (T | K) != 0 {
            out[at] = (self.temporal_id.unwrap_or(0) << 6)
                | flag(self.layer_sync, 0x20)
                | (self.key_index.unwrap_or(0) & 0x1f);
            at += 1;
        }
        at
    }

    const fn picture_id_len(&self) -> usize {
        match self.picture_id {
            None => 0,
            Some(PictureId::Short(_)) => 1,
            Some(PictureId::Long(_)) => 2,
        }
    }
}

#[cfg(test)]
mod tests;
