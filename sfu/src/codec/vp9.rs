//! The VP9 payload descriptor (RFC 9628 section 4.2), read, written, and rewritten in place.

mod structure;

use thiserror::Error;

pub use super::vp8::PictureId;
pub use structure::{GroupPicture, PictureGroup, PictureGroupIter, ScalabilityStructure};

/// References that a descriptor or a picture of a group can name (RFC 9628 section 4.2).
pub const MAX_REFERENCES: usize = 3;

/// Spatial layers that a scalability structure can name (N_S has three bits).
pub const MAX_SPATIAL_LAYERS: usize = 8;

/// The longest descriptor without a scalability structure, bytes: flags, a long picture id, layer indices and
/// three references (which exclude TL0PICIDX).
pub const MAX_LEN_WITHOUT_STRUCTURE: usize = 7;

/// Why a payload has no sound VP9 descriptor, or why a field can't be rewritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Vp9Error {
    /// The payload ends inside the descriptor.
    #[error("VP9 payload ends inside its descriptor")]
    Truncated,
    /// Flexible mode without a picture id: references are relative to one, so RFC 9628 requires I when F is set.
    #[error("VP9 descriptor is in flexible mode but has no picture id")]
    FlexibleWithoutPictureId,
    /// More than three references in flexible mode.
    #[error("VP9 descriptor has more than three references")]
    TooManyReferences,
    /// The descriptor has no such field: absent fields stay absent.
    #[error("VP9 descriptor has no such field")]
    Absent,
    /// The value does not fit the field's width.
    #[error("value does not fit the VP9 field")]
    TooLarge,
}

/// A frame's place among the layers (the L bit's byte).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LayerIndices {
    /// Temporal layer, 0 to 7.
    pub temporal_id: u8,
    /// U: no later picture of a higher temporal layer depends on anything before this one, so a receiver may step
    /// up here.
    pub switching_up: bool,
    /// Spatial layer, 0 to 7.
    pub spatial_id: u8,
    /// D: the frame depends on the spatial layer below, in the same picture.
    pub inter_layer_predicted: bool,
}

/// How many pictures back each reference of a frame lies, as differences of picture ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct References {
    len: u8,
    diffs: [u8; MAX_REFERENCES],
}

impl References {
    /// The references with these differences.
    ///
    /// # Panics
    /// With more than three.
    pub fn new(diffs: &[u8]) -> References {
        let mut references = References { len: diffs.len() as u8, ..References::default() };
        references.diffs[..diffs.len()].copy_from_slice(diffs);
        references
    }

    /// The differences, in the order of the packet: 7 bits each in a descriptor, 8 in a picture group.
    pub fn as_slice(&self) -> &[u8] {
        &self.diffs[..usize::from(self.len)]
    }

    fn push(&mut self, diff: u8) -> Result<(), Vp9Error> {
        *self.diffs.get_mut(usize::from(self.len)).ok_or(Vp9Error::TooManyReferences)? = diff;
        self.len += 1;
        Ok(())
    }
}

/// One packet's descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vp9Descriptor {
    /// Picture id, if the sender writes one. All layers of a picture share it.
    pub picture_id: Option<PictureId>,
    /// P: the frame depends on an earlier picture.
    pub inter_picture_predicted: bool,
    /// F: flexible mode, in which frames name their references.
    pub flexible: bool,
    /// B: the packet starts a frame (one spatial layer of a picture).
    pub frame_start: bool,
    /// E: the packet ends a frame. The end of a picture is RTP's marker bit.
    pub frame_end: bool,
    /// Z: no higher spatial layer of the same picture depends on the frame.
    pub not_reference_for_upper: bool,
    /// Layer indices, if the sender writes them.
    pub layer: Option<LayerIndices>,
    /// TL0PICIDX: there is one exactly with layer indices outside flexible mode.
    pub tl0_picture_index: Option<u8>,
    /// The references of flexible mode.
    pub references: References,
    /// Where the scalability structure starts in the payload, if the packet carries one.
    pub structure_start: Option<usize>,
    /// Length of the descriptor, bytes, the scalability structure included.
    pub len: usize,
}

const I: u8 = 0x80;
const P: u8 = 0x40;
const L: u8 = 0x20;
const F: u8 = 0x10;
const B: u8 = 0x08;
const E: u8 = 0x04;
const V: u8 = 0x02;
const Z: u8 = 0x01;

impl Vp9Descriptor {
    /// Reads the descriptor at the start of an RTP payload.
    ///
    /// # Errors
    /// When the payload ends inside the descriptor, or the descriptor contradicts itself.
    pub fn parse(payload: &[u8]) -> Result<Vp9Descriptor, Vp9Error> {
        let mut rest = payload;
        let flags = take(&mut rest)?;
        let set = |bit: u8| flags & bit != 0;
        if set(F) && !set(I) {
            return Err(Vp9Error::FlexibleWithoutPictureId);
        }
        let picture_id = if set(I) { Some(take_picture_id(&mut rest)?) } else { None };
        let layer = if set(L) { Some(LayerIndices::from_byte(take(&mut rest)?)) } else { None };
        let tl0_picture_index = if set(L) && !set(F) { Some(take(&mut rest)?) } else { None };
        let references = if set(F) && set(P) { take_references(&mut rest)? } else { References::default() };
        let structure_start = set(V).then_some(payload.len() - rest.len());
        if set(V) {
            rest = ScalabilityStructure::split(rest)?.1;
        }
        Ok(Vp9Descriptor {
            picture_id,
            inter_picture_predicted: set(P),
            flexible: set(F),
            frame_start: set(B),
            frame_end: set(E),
            not_reference_for_upper: set(Z),
            layer,
            tl0_picture_index,
            references,
            structure_start,
            len: payload.len() - rest.len(),
        })
    }

    /// The scalability structure in `payload`, which this descriptor was read from.
    pub fn structure<'a>(&self, payload: &'a [u8]) -> Option<ScalabilityStructure<'a>> {
        let start = self.structure_start?;
        Some(ScalabilityStructure::split(&payload[start..]).expect("read when the descriptor was").0)
    }

    /// Temporal layer; 0 when the sender writes none.
    pub fn temporal_id(&self) -> u8 {
        self.layer.map_or(0, |layer| layer.temporal_id)
    }

    /// Spatial layer; 0 when the sender writes none.
    pub fn spatial_id(&self) -> u8 {
        self.layer.map_or(0, |layer| layer.spatial_id)
    }

    /// Whether the frame depends on the spatial layer below.
    pub fn inter_layer_predicted(&self) -> bool {
        self.layer.is_some_and(|layer| layer.inter_layer_predicted)
    }

    /// Whether a receiver may step up to higher temporal layers after this picture.
    pub fn switching_up(&self) -> bool {
        self.layer.is_some_and(|layer| layer.switching_up)
    }

    /// Whether the packet belongs to a frame that depends on no other: the base layer of a key picture, or, where
    /// layers are coded independently, any layer of one.
    pub fn is_key_frame(&self) -> bool {
        !self.inter_picture_predicted && !self.inter_layer_predicted()
    }

    /// Whether the frame depends on no earlier picture, only on the layers below it, if on anything.
    ///
    /// In the base layer that makes the picture a key picture; in a higher layer it is where a receiver of the
    /// layer below may step up to this one.
    pub fn is_key_picture(&self) -> bool {
        !self.inter_picture_predicted
    }

    /// Whether the packet starts a frame that decodes without any other in its stream.
    pub fn key_frame_start(&self) -> bool {
        self.frame_start && self.is_key_frame()
    }

    /// Whether a higher spatial layer of the same picture may depend on the frame.
    ///
    /// Nothing in the descriptor says that no *later picture* depends on it: that follows from its temporal layer
    /// and the picture group, so there is no flag for "discardable".
    pub fn used_by_upper_layers(&self) -> bool {
        !self.not_reference_for_upper
    }

    /// Overwrites the picture id in `payload`, which this descriptor was read from; its width stays.
    ///
    /// # Errors
    /// When the descriptor has none, or `id` does not fit its width.
    pub fn rewrite_picture_id(&self, payload: &mut [u8], id: u16) -> Result<(), Vp9Error> {
        match self.picture_id.ok_or(Vp9Error::Absent)? {
            width if id > width.mask() => Err(Vp9Error::TooLarge),
            PictureId::Short(_) => {
                payload[1] = id as u8;
                Ok(())
            }
            PictureId::Long(_) => {
                payload[1..3].copy_from_slice(&(0x8000 | id).to_be_bytes());
                Ok(())
            }
        }
    }

    /// Overwrites TL0PICIDX in `payload`, which this descriptor was read from.
    ///
    /// # Errors
    /// When the descriptor has none.
    pub fn rewrite_tl0_picture_index(&self, payload: &mut [u8], index: u8) -> Result<(), Vp9Error> {
        self.tl0_picture_index.ok_or(Vp9Error::Absent)?;
        let picture_id_len = match self.picture_id {
            None => 0,
            Some(PictureId::Short(_)) => 1,
            Some(PictureId::Long(_)) => 2,
        };
        payload[2 + picture_id_len] = index;
        Ok(())
    }

    /// Writes the descriptor to the start of `out`, with `structure` if there is one, and returns its length.
    ///
    /// `len` and `structure_start` are ignored. In non-flexible mode layer indices come with TL0PICIDX (zero for
    /// none); in flexible mode there is none, and P is set exactly when there are references.
    ///
    /// # Panics
    /// When `out` is shorter than the descriptor ([`MAX_LEN_WITHOUT_STRUCTURE`] bytes suffice without a structure),
    /// or in flexible mode without a picture id.
    pub fn write(&self, structure: Option<&ScalabilityStructure<'_>>, out: &mut [u8]) -> usize {
        assert!(!self.flexible || self.picture_id.is_some(), "flexible mode needs a picture id");
        let references = if self.flexible { self.references.as_slice() } else { &[] };
        let predicted = if self.flexible { !references.is_empty() } else { self.inter_picture_predicted };
        let flag = |set: bool, bit: u8| if set { bit } else { 0 };
        let mut at = 0;
        let mut put = |byte: u8| {
            out[at] = byte;
            at += 1;
        };
        put(flag(self.picture_id.is_some(), I)
            | flag(predicted, P)
            | flag(self.layer.is_some(), L)
            | flag(self.flexible, F)
            | flag(self.frame_start, B)
            | flag(self.frame_end, E)
            | flag(structure.is_some(), V)
            | flag(self.not_reference_for_upper, Z));
        match self.picture_id {
            Some(PictureId::Short(id)) => put(id & 0x7f),
            Some(PictureId::Long(id)) => (0x8000 | id).to_be_bytes().into_iter().for_each(&mut put),
            None => {}
        }
        if let Some(layer) = self.layer {
            put(layer.to_byte());
            if !self.flexible {
                put(self.tl0_picture_index.unwrap_or(0));
            }
        }
        for (i, diff) in references.iter().enumerate() {
            put((diff << 1) | u8::from(i + 1 < references.len()));
        }
        match structure {
            Some(structure) => at + structure.write(&mut out[at..]),
            None => at,
        }
    }
}

impl LayerIndices {
    const fn from_byte(byte: u8) -> LayerIndices {
        LayerIndices {
            temporal_id: byte >> 5,
            switching_up: byte & 0x10 != 0,
            spatial_id: (byte >> 1) & 7,
            inter_layer_predicted: byte & 1 != 0,
        }
    }

    const fn to_byte(self) -> u8 {
        (self.temporal_id << 5)
            | ((self.switching_up as u8) << 4)
            | ((self.spatial_id & 7) << 1)
            | self.inter_layer_predicted as u8
    }
}

fn take(rest: &mut &[u8]) -> Result<u8, Vp9Error> {
    let (&first, tail) = rest.split_first().ok_or(Vp9Error::Truncated)?;
    *rest = tail;
    Ok(first)
}

fn take_picture_id(rest: &mut &[u8]) -> Result<PictureId, Vp9Error> {
    let id = take(rest)?;
    if id & 0x80 == 0 {
        return Ok(PictureId::Short(id));
    }
    Ok(PictureId::Long((u16::from(id & 0x7f) << 8) | u16::from(take(rest)?)))
}

fn take_references(rest: &mut &[u8]) -> Result<References, Vp9Error> {
    let mut references = References::default();
    loop {
        let byte = take(rest)?;
        references.push(byte >> 1)?;
        if byte & 1 == 0 {
            return Ok(references);
        }
    }
}

#[cfg(test)]
mod tests;
