//! The template dependency structure: what a stream's frames can look like, sent with its key frames.

use super::frame::{FrameDependencies, Indication};
use super::{
    DependencyDescriptorError as Error, MAX_CHAINS, MAX_DECODE_TARGETS, MAX_SPATIAL_LAYERS, MAX_TEMPLATES,
};

/// Pictures' width and height, pixels, 1 to 65,536.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resolution {
    /// Width, pixels.
    pub width: u32,
    /// Height, pixels.
    pub height: u32,
}

/// A stream's decode targets, chains and templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure {
    pub(super) template_id_offset: u8,
    pub(super) decode_targets: u8,
    pub(super) chains: u8,
    pub(super) protected_by: [u8; MAX_DECODE_TARGETS],
    pub(super) target_layers: [(u8, u8); MAX_DECODE_TARGETS],
    pub(super) resolutions: Option<[Resolution; MAX_SPATIAL_LAYERS]>,
    pub(super) templates: Vec<FrameDependencies>,
}

impl Structure {
    /// A structure to send. `protected_by` names each target's chain, and is empty without chains;
    /// `resolutions` has one entry for each spatial layer, or none at all.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] when a number is out of its range, or templates are not in the order of their layers.
    pub fn new(
        template_id_offset: u8,
        decode_targets: u8,
        protected_by: &[u8],
        templates: &[FrameDependencies],
        resolutions: &[Resolution],
    ) -> Result<Structure, Error> {
        let chains = templates.first().ok_or(Error::Inconsistent)?.chain_diffs.as_slice().len();
        let spatial_layers = usize::from(templates.last().expect("there is a first").spatial_id) + 1;
        let targets = usize::from(decode_targets);
        let sound = usize::from(template_id_offset) < MAX_TEMPLATES
            && (1..=MAX_DECODE_TARGETS).contains(&targets)
            && chains <= MAX_CHAINS.min(targets)
            && templates.len() <= MAX_TEMPLATES
            && spatial_layers <= MAX_SPATIAL_LAYERS
            && protected_by.len() == if chains == 0 { 0 } else { targets }
            && protected_by.iter().all(|&chain| usize::from(chain) < chains)
            && (resolutions.is_empty() || resolutions.len() == spatial_layers)
            && resolutions
                .iter()
                .all(|r| [r.width, r.height].iter().all(|side| (1..=0x1_0000).contains(side)))
            && templates.iter().all(|template| is_sound_template(template, targets, chains))
            && layers_in_order(templates);
        if !sound {
            return Err(Error::Inconsistent);
        }
        let mut structure = Structure {
            template_id_offset,
            decode_targets,
            chains: chains as u8,
            protected_by: [0; MAX_DECODE_TARGETS],
            target_layers: [(0, 0); MAX_DECODE_TARGETS],
            resolutions: None,
            templates: templates.to_vec(),
        };
        structure.protected_by[..protected_by.len()].copy_from_slice(protected_by);
        if !resolutions.is_empty() {
            let mut table = [Resolution::default(); MAX_SPATIAL_LAYERS];
            table[..resolutions.len()].copy_from_slice(resolutions);
            structure.resolutions = Some(table);
        }
        structure.derive_target_layers();
        Ok(structure)
    }

    /// A target's layers are the highest among the templates that it has (`decode_target_layers`).
    pub(super) fn derive_target_layers(&mut self) {
        self.target_layers = [(0, 0); MAX_DECODE_TARGETS];
        for template in &self.templates {
            let mut present = template.indications.present();
            while present != 0 {
                let (spatial, temporal) = &mut self.target_layers[present.trailing_zeros() as usize];
                *spatial = template.spatial_id.max(*spatial);
                *temporal = template.temporal_id.max(*temporal);
                present &= present - 1;
            }
        }
    }

    /// The id of the first template, 0 to 63; the others follow modulo 64.
    pub const fn template_id_offset(&self) -> u8 {
        self.template_id_offset
    }

    /// How many decode targets there are, 1 to 32.
    pub const fn decode_targets(&self) -> u8 {
        self.decode_targets
    }

    /// The mask of all decode targets, target 0 lowest.
    pub const fn all_decode_targets(&self) -> u32 {
        u32::MAX >> (MAX_DECODE_TARGETS - self.decode_targets as usize)
    }

    /// How many chains there are, 0 to 32.
    pub const fn chains(&self) -> u8 {
        self.chains
    }

    /// The templates, 1 to 64, in the order of their ids and layers.
    pub fn templates(&self) -> &[FrameDependencies] {
        &self.templates
    }

    /// The template that a frame names, if there is one.
    pub fn template(&self, id: u8) -> Option<&FrameDependencies> {
        let index = (usize::from(id) + MAX_TEMPLATES - usize::from(self.template_id_offset)) % MAX_TEMPLATES;
        self.templates.get(index)
    }

    /// How many spatial layers there are, 1 to 4.
    pub fn spatial_layers(&self) -> u8 {
        self.templates.last().map_or(1, |template| template.spatial_id + 1)
    }

    /// How many temporal layers there are, 1 to 8.
    pub fn temporal_layers(&self) -> u8 {
        self.templates.iter().map(|template| template.temporal_id + 1).max().unwrap_or(1)
    }

    /// The pictures' size in a spatial layer, if the sender writes it.
    pub fn resolution(&self, spatial_id: u8) -> Option<Resolution> {
        self.resolutions?[..usize::from(self.spatial_layers())].get(usize::from(spatial_id)).copied()
    }

    /// The highest (spatial, temporal) layer of a decode target, if there is such a target.
    pub fn target_layer(&self, target: u8) -> Option<(u8, u8)> {
        (target < self.decode_targets).then(|| self.target_layers[usize::from(target)])
    }

    /// The decode target whose highest layers are these; the one with the fewest frames where several are.
    pub fn target_of_layer(&self, spatial_id: u8, temporal_id: u8) -> Option<u8> {
        let targets = 0..self.decode_targets;
        let frames = |target: u8| self.templates.iter().filter(|t| t.is_needed_for(target)).count();
        targets
            .filter(|&target| self.target_layers[usize::from(target)] == (spatial_id, temporal_id))
            .min_by_key(|&target| frames(target))
    }

    /// The chain that protects a decode target, if there are chains and such a target.
    pub fn protecting_chain(&self, target: u8) -> Option<u8> {
        (self.chains > 0 && target < self.decode_targets).then(|| self.protected_by[usize::from(target)])
    }

    /// The targets all of whose frames a receiver of `target` gets, itself among them, target 0 lowest: the active
    /// decode targets to announce to it.
    ///
    /// Zero when there is no such target.
    pub fn targets_within(&self, target: u8) -> u32 {
        if target >= self.decode_targets {
            return 0;
        }
        let missing = self.templates.iter().filter(|template| !template.is_needed_for(target));
        missing.fold(self.all_decode_targets(), |mask, template| mask & !template.indications.present())
    }

    /// Whether the structure has a point at which a receiver of `from` can step to `to` without a key frame.
    pub fn can_switch_without_key_frame(&self, from: u8, to: u8) -> bool {
        self.templates.iter().any(|template| {
            template.has_inter_picture_dependency()
                && template.is_needed_for(from)
                && template.indications.get(to) == Indication::Switch
        })
    }
}

fn is_sound_template(template: &FrameDependencies, targets: usize, chains: usize) -> bool {
    let chain_diffs = template.chain_diffs.as_slice();
    template.indications.present() & !(u32::MAX >> (MAX_DECODE_TARGETS - targets)) == 0
        && chain_diffs.len() == chains
        && chain_diffs.iter().all(|&diff| diff < 16)
        && template.frame_diffs.as_slice().iter().all(|diff| (1..=16).contains(diff))
        && template.temporal_id < 8
}

/// Whether each template's layer is the one before's, or next after it in what `next_layer_idc` can say.
fn layers_in_order(templates: &[FrameDependencies]) -> bool {
    let layer = |template: &FrameDependencies| (template.spatial_id, template.temporal_id);
    let step =
        |from: (u8, u8), to: (u8, u8)| to == from || to == (from.0, from.1 + 1) || to == (from.0 + 1, 0);
    layer(&templates[0]) == (0, 0) && templates.windows(2).all(|pair| step(layer(&pair[0]), layer(&pair[1])))
}
