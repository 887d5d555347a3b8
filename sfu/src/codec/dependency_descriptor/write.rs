//! Descriptors written: what a sender makes, and what a forwarder makes of one for a receiver of fewer layers.

use super::bits::BitWriter;
use super::frame::FrameDependencies;
use super::structure::Structure;
use super::wire::{frame_diff_groups, write_chain_diffs, write_frame_diffs, write_indications};
use super::{CustomFields, DependencyDescriptor, DependencyDescriptorError as Error, MAX_TEMPLATES};

impl DependencyDescriptor {
    /// The descriptor of a frame to send, whole in one packet, without mask and structure: by the template that
    /// leaves the fewest bits to write.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] when no template has the frame's layer, or it refers to what can't be written.
    pub fn of_frame(
        structure: &Structure,
        frame: &FrameDependencies,
        frame_number: u16,
    ) -> Result<DependencyDescriptor, Error> {
        let same_layer = |template: &FrameDependencies| {
            (template.spatial_id, template.temporal_id) == (frame.spatial_id, frame.temporal_id)
        };
        let sound = frame.chain_diffs.as_slice().len() == usize::from(structure.chains)
            && frame.indications.present() & !structure.all_decode_targets() == 0
            && frame.frame_diffs.as_slice().iter().all(|diff| (1..=4096).contains(diff));
        let (index, template) = structure
            .templates
            .iter()
            .enumerate()
            .filter(|(_, template)| sound && same_layer(template))
            .min_by_key(|(_, template)| extra_bits(structure, template, frame))
            .ok_or(Error::Inconsistent)?;
        Ok(DependencyDescriptor {
            start_of_frame: true,
            end_of_frame: true,
            template_id: ((usize::from(structure.template_id_offset) + index) % MAX_TEMPLATES) as u8,
            frame_number,
            frame: *frame,
            custom: differences(template, frame),
            active_decode_targets: None,
            has_structure: false,
            mask_at: None,
        })
    }

    /// The same descriptor with a mask of active decode targets, target 0 lowest: what a receiver gets that is sent
    /// fewer targets than there are.
    ///
    /// When not all targets are active the mask must go with every packet that carries the structure, and should
    /// reach the receiver reliably after each change (AV1 RTP payload format, appendix A, on chains and targets).
    #[must_use]
    pub const fn with_active_decode_targets(self, mask: u32) -> DependencyDescriptor {
        DependencyDescriptor { active_decode_targets: Some(mask), ..self }
    }

    /// Writes the descriptor to the start of `out` and returns its length; with `structure` itself when
    /// `has_structure` says so. What was read by `structure` comes out as the same bytes.
    ///
    /// # Errors
    /// [`Error::NoRoom`] when `out` is too short, [`Error::Inconsistent`] when the mask names a target that
    /// `structure` doesn't have.
    pub fn write(&self, structure: &Structure, out: &mut [u8]) -> Result<usize, Error> {
        if self.active_decode_targets.is_some_and(|mask| mask & !structure.all_decode_targets() != 0) {
            return Err(Error::Inconsistent);
        }
        let mut bits = BitWriter::new(out);
        bits.flag(self.start_of_frame)?;
        bits.flag(self.end_of_frame)?;
        bits.write(u32::from(self.template_id), 6)?;
        bits.write(u32::from(self.frame_number), 16)?;
        let custom = self.custom;
        let flags = [
            self.has_structure,
            self.active_decode_targets.is_some(),
            custom.indications,
            custom.frame_diffs,
            custom.chain_diffs,
        ];
        if flags == [false; 5] {
            return bits.finish();
        }
        flags.into_iter().try_for_each(|flag| bits.flag(flag))?;
        if self.has_structure {
            structure.write(&mut bits)?;
        }
        if let Some(mask) = self.active_decode_targets {
            bits.write(mask, u32::from(structure.decode_targets))?;
        }
        if custom.indications {
            write_indications(&mut bits, self.frame.indications, structure.decode_targets)?;
        }
        if custom.frame_diffs {
            write_frame_diffs(&mut bits, &self.frame.frame_diffs)?;
        }
        if custom.chain_diffs {
            write_chain_diffs(&mut bits, &self.frame.chain_diffs, 8)?;
        }
        bits.finish()
    }
}

fn differences(template: &FrameDependencies, frame: &FrameDependencies) -> CustomFields {
    CustomFields {
        indications: template.indications != frame.indications,
        frame_diffs: template.frame_diffs != frame.frame_diffs,
        chain_diffs: template.chain_diffs != frame.chain_diffs,
    }
}

/// The bits that `frame` costs beyond a reference to `template`.
fn extra_bits(structure: &Structure, template: &FrameDependencies, frame: &FrameDependencies) -> u32 {
    let custom = differences(template, frame);
    let mut bits = 0;
    if custom.indications {
        bits += 2 * u32::from(structure.decode_targets);
    }
    if custom.frame_diffs {
        let diffs = frame.frame_diffs.as_slice();
        bits += 2 + diffs.iter().map(|&diff| 2 + 4 * frame_diff_groups(diff)).sum::<u32>();
    }
    if custom.chain_diffs {
        bits += 8 * u32::from(structure.chains);
    }
    bits
}
