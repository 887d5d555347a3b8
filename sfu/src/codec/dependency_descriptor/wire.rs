//! The structure's bits, read and written (`template_dependency_structure` in the AV1 RTP specification).

use super::bits::{BitReader, BitWriter};
use super::frame::{ChainDiffs, FrameDependencies, FrameDiffs, Indications};
use super::structure::{Resolution, Structure};
use super::{
    DependencyDescriptorError as Error, MAX_DECODE_TARGETS, MAX_SPATIAL_LAYERS, MAX_TEMPLATES,
    MAX_TEMPORAL_LAYERS,
};

/// Values of `next_layer_idc`.
const SAME_LAYER: u32 = 0;
const NEXT_TEMPORAL: u32 = 1;
const NEXT_SPATIAL: u32 = 2;
const NO_MORE: u32 = 3;

impl Structure {
    pub(super) fn read(bits: &mut BitReader<'_>) -> Result<Structure, Error> {
        let template_id_offset = bits.small(6)?;
        let decode_targets = bits.small(5)? + 1;
        let mut structure = Structure {
            template_id_offset,
            decode_targets,
            chains: 0,
            protected_by: [0; MAX_DECODE_TARGETS],
            target_layers: [(0, 0); MAX_DECODE_TARGETS],
            resolutions: None,
            templates: read_layers(bits)?,
        };
        for template in &mut structure.templates {
            template.indications = read_indications(bits, decode_targets)?;
        }
        for template in &mut structure.templates {
            while bits.flag()? {
                let diff = bits.read(4)? as u16 + 1;
                template.frame_diffs.push(diff).then_some(()).ok_or(Error::TooManyFrameDiffs)?;
            }
        }
        structure.read_chains(bits)?;
        structure.derive_target_layers();
        if bits.flag()? {
            let mut table = [Resolution::default(); MAX_SPATIAL_LAYERS];
            for resolution in &mut table[..usize::from(structure.spatial_layers())] {
                *resolution = Resolution { width: bits.read(16)? + 1, height: bits.read(16)? + 1 };
            }
            structure.resolutions = Some(table);
        }
        Ok(structure)
    }

    fn read_chains(&mut self, bits: &mut BitReader<'_>) -> Result<(), Error> {
        self.chains = bits.below(u32::from(self.decode_targets) + 1)?;
        if self.chains == 0 {
            return Ok(());
        }
        for chain in &mut self.protected_by[..usize::from(self.decode_targets)] {
            *chain = bits.below(u32::from(self.chains))?;
        }
        for template in &mut self.templates {
            template.chain_diffs = read_chain_diffs(bits, self.chains, 4)?;
        }
        Ok(())
    }

    pub(super) fn write(&self, bits: &mut BitWriter<'_>) -> Result<(), Error> {
        bits.write(u32::from(self.template_id_offset), 6)?;
        bits.write(u32::from(self.decode_targets) - 1, 5)?;
        for pair in self.templates.windows(2) {
            let step =
                match (pair[1].spatial_id - pair[0].spatial_id, pair[1].temporal_id == pair[0].temporal_id) {
                    (0, true) => SAME_LAYER,
                    (0, false) => NEXT_TEMPORAL,
                    _ => NEXT_SPATIAL,
                };
            bits.write(step, 2)?;
        }
        bits.write(NO_MORE, 2)?;
        for template in &self.templates {
            write_indications(bits, template.indications, self.decode_targets)?;
        }
        for template in &self.templates {
            for &diff in template.frame_diffs.as_slice() {
                bits.flag(true)?;
                bits.write(u32::from(diff) - 1, 4)?;
            }
            bits.flag(false)?;
        }
        self.write_chains(bits)?;
        bits.flag(self.resolutions.is_some())?;
        let layers = usize::from(self.spatial_layers());
        for resolution in self.resolutions.iter().flat_map(|table| &table[..layers]) {
            bits.write(resolution.width - 1, 16)?;
            bits.write(resolution.height - 1, 16)?;
        }
        Ok(())
    }

    fn write_chains(&self, bits: &mut BitWriter<'_>) -> Result<(), Error> {
        bits.below(self.chains, u32::from(self.decode_targets) + 1)?;
        if self.chains == 0 {
            return Ok(());
        }
        for &chain in &self.protected_by[..usize::from(self.decode_targets)] {
            bits.below(chain, u32::from(self.chains))?;
        }
        for template in &self.templates {
            write_chain_diffs(bits, &template.chain_diffs, 4)?;
        }
        Ok(())
    }
}

fn read_layers(bits: &mut BitReader<'_>) -> Result<Vec<FrameDependencies>, Error> {
    let mut templates = Vec::new();
    let mut next = FrameDependencies::default();
    loop {
        if templates.len() == MAX_TEMPLATES {
            return Err(Error::TooManyTemplates);
        }
        templates.push(next);
        match bits.read(2)? {
            SAME_LAYER => {}
            NEXT_TEMPORAL => next.temporal_id += 1,
            NEXT_SPATIAL => {
                next.temporal_id = 0;
                next.spatial_id += 1;
            }
            _ => return Ok(templates),
        }
        if usize::from(next.temporal_id) == MAX_TEMPORAL_LAYERS
            || usize::from(next.spatial_id) == MAX_SPATIAL_LAYERS
        {
            return Err(Error::TooManyLayers);
        }
    }
}

pub(super) fn read_indications(bits: &mut BitReader<'_>, targets: u8) -> Result<Indications, Error> {
    let mut indications = Indications::default();
    for target in 0..usize::from(targets) {
        indications.set_bits(target, bits.read(2)?);
    }
    Ok(indications)
}

pub(super) fn write_indications(
    bits: &mut BitWriter<'_>,
    indications: Indications,
    targets: u8,
) -> Result<(), Error> {
    (0..targets).try_for_each(|target| bits.write(indications.get(target) as u32, 2))
}

pub(super) fn read_chain_diffs(
    bits: &mut BitReader<'_>,
    chains: u8,
    width: u32,
) -> Result<ChainDiffs, Error> {
    let mut diffs = [0; super::MAX_CHAINS];
    let diffs = &mut diffs[..usize::from(chains)];
    for diff in &mut *diffs {
        *diff = bits.small(width)?;
    }
    Ok(ChainDiffs::new(diffs))
}

pub(super) fn write_chain_diffs(
    bits: &mut BitWriter<'_>,
    diffs: &ChainDiffs,
    width: u32,
) -> Result<(), Error> {
    diffs.as_slice().iter().try_for_each(|&diff| bits.write(u32::from(diff), width))
}

/// `frame_fdiffs`: each difference in one to three groups of four bits.
pub(super) fn read_frame_diffs(bits: &mut BitReader<'_>) -> Result<FrameDiffs, Error> {
    let mut diffs = FrameDiffs::default();
    loop {
        let groups = bits.read(2)?;
        if groups == 0 {
            return Ok(diffs);
        }
        let diff = bits.read(4 * groups)? as u16 + 1;
        diffs.push(diff).then_some(()).ok_or(Error::TooManyFrameDiffs)?;
    }
}

pub(super) fn write_frame_diffs(bits: &mut BitWriter<'_>, diffs: &FrameDiffs) -> Result<(), Error> {
    for &diff in diffs.as_slice() {
        let groups = frame_diff_groups(diff);
        bits.write(groups, 2)?;
        bits.write(u32::from(diff) - 1, 4 * groups)?;
    }
    bits.write(0, 2)
}

/// How many groups of four bits a difference takes, 1 to 3.
pub(super) const fn frame_diff_groups(diff: u16) -> u32 {
    match diff {
        ..=16 => 1,
        17..=256 => 2,
        _ => 3,
    }
}
