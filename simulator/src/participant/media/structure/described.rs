//! A stream's structure in the words of the dependency descriptor.

use sfu::codec::dependency_descriptor::Structure as Declared;
use sfu::codec::dependency_descriptor::{
    ChainDiffs, DependencyDescriptor, FrameDependencies, FrameDiffs, Indication, Indications, Resolution,
};

use super::{Dependencies, MAX_SPATIAL, Place, Scalability, Structure};
use crate::participant::media::encoder::InterLayer;

/// The longest pattern of pictures before it repeats.
const PATTERN: [u8; 4] = [2, 1, 2, 0];

/// Writes descriptors of one stream's frames, as libwebrtc does (`RTPSenderVideo`, `ChainDiffCalculator`,
/// `ActiveDecodeTargetsHelper`).
///
/// There is a decode target for each spatial with each temporal layer, and a chain for each spatial layer: the frames of
/// the temporal base that its targets need.
#[derive(Clone, Debug)]
pub struct Describer {
    declared: Declared,
    chains: Chains,
    /// How many spatial layers are on.
    active: u8,
    /// The chains whose receivers haven't been told yet which targets are on, lowest lowest.
    untold: u8,
}

impl Describer {
    /// For a stream of these layers, with pictures of these sizes, lowest first; `offset` is the first template's id,
    /// and `structure` what the stream's dependencies come from.
    ///
    /// # Panics
    /// When there are not as many sizes as spatial layers.
    pub fn new(scalability: Scalability, offset: u8, sizes: &[(u16, u16)], structure: Structure) -> Self {
        let targets = scalability.spatial * scalability.temporal;
        let protected: Vec<u8> = (0..targets).map(|target| target / scalability.temporal).collect();
        let resolution =
            |&(width, height): &(u16, u16)| Resolution { width: u32::from(width), height: u32::from(height) };
        let resolutions: Vec<Resolution> = sizes.iter().map(resolution).collect();
        let templates = templates(scalability, structure);
        let declared = Declared::new(offset % 64, targets, &protected, &templates, &resolutions)
            .expect("one size a layer, and templates of every layer");
        let active = scalability.spatial;
        Describer { declared, chains: Chains::new(scalability), active, untold: 0 }
    }

    /// The structure that key frames declare.
    pub const fn declared(&self) -> &Declared {
        &self.declared
    }

    /// The descriptor of the frame at `place`, whole in one packet, when `active` spatial layers are on.
    pub fn next(&mut self, place: Place, dependencies: &Dependencies, active: u8) -> DependencyDescriptor {
        let layers = self.chains.scalability;
        if place.spatial == 0 && (active != self.active || (place.key && active < layers.spatial)) {
            self.untold = !(u8::MAX << active);
        }
        if place.spatial == 0 && place.key && active == layers.spatial {
            self.untold = 0;
        }
        self.active = active;
        let (frame, member) = self.chains.describe(place, dependencies, active);
        let mut described = DependencyDescriptor::of_frame(&self.declared, &frame, place.frame as u16)
            .expect("every layer has a template");
        described.has_structure = place.key;
        if self.untold == 0 {
            return described;
        }
        self.untold &= !member;
        let targets = u32::from(active * layers.temporal);
        described.with_active_decode_targets(!(u32::MAX << targets))
    }
}

/// The last frame of each chain.
#[derive(Clone, Copy, Debug)]
struct Chains {
    scalability: Scalability,
    key_picture: bool,
    last: [Option<u32>; MAX_SPATIAL],
}

impl Chains {
    const fn new(scalability: Scalability) -> Self {
        Chains { scalability, key_picture: false, last: [None; MAX_SPATIAL] }
    }

    /// The frame in the descriptor's words, and the chains that it belongs to, the lowest lowest.
    fn describe(&mut self, place: Place, dependencies: &Dependencies, active: u8) -> (FrameDependencies, u8) {
        let Place { frame, key, spatial, temporal } = place;
        if spatial == 0 {
            self.key_picture = key;
            if key {
                self.last = [None; MAX_SPATIAL];
            }
        }
        let chains = usize::from(self.scalability.spatial);
        let through = self.key_picture || self.scalability.inter_layer == InterLayer::Always;
        let belongs = |chain: usize| {
            temporal == 0 && (chain == usize::from(spatial) || through && chain > usize::from(spatial))
        };
        let mut diffs = [0; MAX_SPATIAL];
        let mut member = 0;
        for (chain, (diff, last)) in diffs.iter_mut().zip(&mut self.last).enumerate().take(chains) {
            if chain < usize::from(active) {
                *diff = u8::try_from(frame.wrapping_sub(last.unwrap_or(frame))).unwrap_or(u8::MAX);
            }
            if belongs(chain) {
                *last = Some(frame);
                member |= 1 << chain;
            }
        }
        let references = dependencies.references.iter().filter(|&&distance| distance != 0);
        let references: smallvec::SmallVec<[u16; 3]> = references.map(|&d| u16::from(d)).collect();
        let frame = FrameDependencies {
            spatial_id: spatial,
            temporal_id: temporal,
            indications: self.indications(spatial, temporal),
            frame_diffs: FrameDiffs::new(&references),
            chain_diffs: ChainDiffs::new(&diffs[..chains]),
        };
        (frame, member)
    }

    fn indications(&self, spatial: u8, temporal: u8) -> Indications {
        let Scalability { spatial: layers, temporal: rates, .. } = self.scalability;
        let targets = (0..layers).flat_map(|s| (0..rates).map(move |t| (s, t)));
        let indications: smallvec::SmallVec<[Indication; 9]> =
            targets.map(|target| self.indication((spatial, temporal), target)).collect();
        Indications::new(&indications)
    }

    /// What a frame of the layer `own` is to `target`, both as spatial and temporal layer.
    fn indication(&self, own: (u8, u8), target: (u8, u8)) -> Indication {
        let above = target.0 > own.0;
        let through = self.scalability.inter_layer == InterLayer::Always;
        if target.0 < own.0 || target.1 < own.1 || (above && !self.key_picture && !through) {
            Indication::NotPresent
        } else if self.key_picture || (!above && (own.1 == 0 || target.1 > own.1)) {
            Indication::Switch
        } else if above {
            Indication::Required
        } else {
            Indication::Discardable
        }
    }
}

/// The frames that a stream with all layers on is made of, each kind once, in the order of their layers.
fn templates(scalability: Scalability, mut structure: Structure) -> Vec<FrameDependencies> {
    let mut chains = Chains::new(scalability);
    let mut found: Vec<FrameDependencies> = Vec::new();
    let pattern = PATTERN.into_iter().filter(|temporal| *temporal < scalability.temporal);
    let pictures = std::iter::once((true, 0)).chain(pattern.clone().chain(pattern).map(|t| (false, t)));
    let mut frame = 0;
    for (key, temporal) in pictures {
        for spatial in 0..scalability.spatial {
            let place = Place { frame, key: key && spatial == 0, spatial, temporal };
            let dependencies = structure.next(place);
            let (described, _) = chains.describe(place, &dependencies, scalability.spatial);
            if !found.contains(&described) {
                found.push(described);
            }
            frame += 1;
        }
    }
    found.sort_by_key(|template| (template.spatial_id, template.temporal_id));
    found
}

#[cfg(test)]
mod tests;
