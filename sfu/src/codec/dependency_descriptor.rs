//! The dependency descriptor (AV1 RTP payload format 1.0, appendix A), read, written, and masked for a receiver.
//!
//! It tells a forwarder everything about a frame without a look at the payload, so any codec may carry it. A packet
//! that starts a coded video sequence carries the [`Structure`]; all later ones name one of its templates. Frame
//! numbers are never rewritten: frames refer to each other by them, gaps and all.

mod bits;
mod frame;
mod structure;
mod wire;
mod write;

use thiserror::Error;

use bits::{BitReader, BitWriter};
pub use frame::{ChainDiffs, FrameDependencies, FrameDiffs, Indication, Indications};
pub use structure::{Resolution, Structure};

/// Templates in a structure: ids have six bits and may not repeat.
pub const MAX_TEMPLATES: usize = 64;
/// Decode targets in a structure (`dt_cnt_minus_one` has five bits).
pub const MAX_DECODE_TARGETS: usize = 32;
/// Chains in a structure: no more than decode targets.
pub const MAX_CHAINS: usize = 32;
/// Spatial layers (AV1's `spatial_id` has two bits).
pub const MAX_SPATIAL_LAYERS: usize = 4;
/// Temporal layers (AV1's `temporal_id` has three bits).
pub const MAX_TEMPORAL_LAYERS: usize = 8;
/// References of one frame. The format sets no bound; no codec has more reference frames (AV1 has eight slots).
pub const MAX_FRAME_DIFFS: usize = 8;
/// The longest descriptor that an extension element holds, bytes (RFC 8285 section 4.3).
pub const MAX_LEN: usize = 255;

/// Why bytes are no sound descriptor, or why one can't be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DependencyDescriptorError {
    /// The bytes end inside the descriptor.
    #[error("dependency descriptor is truncated")]
    Truncated,
    /// No structure came with the packet, and none before it is known.
    #[error("dependency descriptor without a structure to read it by")]
    NoStructure,
    /// The structure has no template of this id.
    #[error("dependency descriptor names template {0}, which its structure doesn't have")]
    UnknownTemplate(u8),
    /// More templates than there are ids.
    #[error("dependency structure has more than {MAX_TEMPLATES} templates")]
    TooManyTemplates,
    /// More layers than AV1 has.
    #[error("dependency structure has too many layers")]
    TooManyLayers,
    /// More references than any codec has.
    #[error("frame has more than {MAX_FRAME_DIFFS} references")]
    TooManyFrameDiffs,
    /// A structure, frame or mask to write contradicts itself or its structure.
    #[error("dependency structure, frame or mask to write is inconsistent")]
    Inconsistent,
    /// The descriptor writes no mask of active decode targets.
    #[error("dependency descriptor has no mask of active decode targets")]
    Absent,
    /// The buffer is shorter than what is to be written.
    #[error("no room for the dependency descriptor")]
    NoRoom,
}

/// The three bytes with which every descriptor starts: all that can be read without a structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MandatoryFields {
    /// The packet is the first of its frame.
    pub start_of_frame: bool,
    /// The packet is the last of its frame.
    pub end_of_frame: bool,
    /// Template id, 0 to 63.
    pub template_id: u8,
    /// Frame number, modulo 2¹⁶, in decode order.
    pub frame_number: u16,
}

impl MandatoryFields {
    /// Reads the first three bytes.
    ///
    /// # Errors
    /// [`DependencyDescriptorError::Truncated`] when there are fewer.
    pub fn parse(bytes: &[u8]) -> Result<MandatoryFields, DependencyDescriptorError> {
        let &[flags, high, low] = bytes.first_chunk().ok_or(DependencyDescriptorError::Truncated)?;
        Ok(MandatoryFields {
            start_of_frame: flags & 0x80 != 0,
            end_of_frame: flags & 0x40 != 0,
            template_id: flags & 0x3f,
            frame_number: u16::from_be_bytes([high, low]),
        })
    }
}

/// Which fields a frame writes itself rather than by its template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CustomFields {
    /// Its decode target indications.
    pub indications: bool,
    /// Its references.
    pub frame_diffs: bool,
    /// Its chain differences.
    pub chain_diffs: bool,
}

/// One packet's descriptor, its template applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DependencyDescriptor {
    /// The packet is the first of its frame.
    pub start_of_frame: bool,
    /// The packet is the last of its frame.
    pub end_of_frame: bool,
    /// Template id, 0 to 63.
    pub template_id: u8,
    /// Frame number, modulo 2¹⁶, in decode order.
    pub frame_number: u16,
    /// The frame's layer and dependencies.
    pub frame: FrameDependencies,
    /// Which of them the packet writes itself.
    pub custom: CustomFields,
    /// The mask of active decode targets, target 0 lowest, if the packet writes one.
    /// See [`DependencyDescriptor::announced_decode_targets`] for what it says when it doesn't.
    pub active_decode_targets: Option<u32>,
    /// Whether the packet carries the structure.
    pub has_structure: bool,
    /// Where the mask starts, in bits.
    mask_at: Option<usize>,
}

impl DependencyDescriptor {
    /// Reads a descriptor by the structure that it carries, or else by `known`, the last one of its stream.
    /// Gives the structure that it carries beside it; only a packet with one allocates.
    ///
    /// # Errors
    /// When the bytes end early, exceed a bound, or need a structure or template that isn't there.
    pub fn parse(
        bytes: &[u8],
        known: Option<&Structure>,
    ) -> Result<(DependencyDescriptor, Option<Structure>), DependencyDescriptorError> {
        let fields = MandatoryFields::parse(bytes)?;
        let mut bits = BitReader::new(&bytes[3..]);
        let extended = bytes.len() > 3;
        let mut flag = || if extended { bits.flag() } else { Ok(false) };
        let (has_structure, has_mask) = (flag()?, flag()?);
        let custom = CustomFields { indications: flag()?, frame_diffs: flag()?, chain_diffs: flag()? };
        let carried = if has_structure { Some(Structure::read(&mut bits)?) } else { None };
        let structure = carried.as_ref().or(known).ok_or(DependencyDescriptorError::NoStructure)?;
        let mask_at = has_mask.then_some(24 + bits.position());
        let active_decode_targets =
            if has_mask { Some(bits.read(u32::from(structure.decode_targets))?) } else { None };
        let unknown = DependencyDescriptorError::UnknownTemplate(fields.template_id);
        let mut frame = *structure.template(fields.template_id).ok_or(unknown)?;
        if custom.indications {
            frame.indications = wire::read_indications(&mut bits, structure.decode_targets)?;
        }
        if custom.frame_diffs {
            frame.frame_diffs = wire::read_frame_diffs(&mut bits)?;
        }
        if custom.chain_diffs {
            frame.chain_diffs = wire::read_chain_diffs(&mut bits, structure.chains, 8)?;
        }
        let descriptor = DependencyDescriptor {
            start_of_frame: fields.start_of_frame,
            end_of_frame: fields.end_of_frame,
            template_id: fields.template_id,
            frame_number: fields.frame_number,
            frame,
            custom,
            active_decode_targets,
            has_structure,
            mask_at,
        };
        Ok((descriptor, carried))
    }

    /// The active decode targets from this packet on, if it says anything of them: a structure without a mask makes
    /// all of them active.
    pub fn announced_decode_targets(&self, structure: &Structure) -> Option<u32> {
        self.active_decode_targets.or(self.has_structure.then(|| structure.all_decode_targets()))
    }

    /// Whether the packet belongs to a frame that depends on no other and from which a stream can be read: it
    /// carries a structure in its first packet.
    pub fn key_frame_start(&self) -> bool {
        self.start_of_frame && self.has_structure && self.frame.is_independent()
    }

    /// Overwrites the mask in `bytes`, which this descriptor was read from by `structure`; nothing moves.
    ///
    /// # Errors
    /// [`DependencyDescriptorError::Absent`] when there is none (write the descriptor anew),
    /// [`DependencyDescriptorError::Inconsistent`] when `mask` names a target that isn't there.
    pub fn rewrite_active_decode_targets(
        &self,
        bytes: &mut [u8],
        structure: &Structure,
        mask: u32,
    ) -> Result<(), DependencyDescriptorError> {
        let at = self.mask_at.ok_or(DependencyDescriptorError::Absent)?;
        if mask & !structure.all_decode_targets() != 0 {
            return Err(DependencyDescriptorError::Inconsistent);
        }
        BitWriter::over(bytes, at).write(mask, u32::from(structure.decode_targets))
    }
}

#[cfg(test)]
mod tests;
