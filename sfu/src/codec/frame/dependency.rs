//! What a dependency descriptor says of a frame, in the form that a projection decides by.

use crate::codec::dependency_descriptor::{
    DependencyDescriptor, FrameDependencies, Indication, MAX_DECODE_TARGETS, Structure,
};

/// One decode target: what a receiver may choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// Its highest spatial layer.
    pub spatial: u8,
    /// Its highest temporal layer.
    pub temporal: u8,
    /// The chain that protects it: while no frame of the chain is lost, its frames can be decoded.
    pub chain: Option<u8>,
    /// The targets all of whose frames are frames of this one too, this one included; bit 0 is target 0.
    pub includes: u32,
    /// The first frame of a key picture is one of its frames.
    pub begins_with_key: bool,
}

/// The decode targets of a structure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Targets {
    count: u8,
    targets: [Target; MAX_DECODE_TARGETS],
}

impl Targets {
    /// The targets of a structure.
    pub fn of(structure: &Structure) -> Self {
        let mut all = Targets { count: structure.decode_targets(), ..Targets::default() };
        let begins = |template: &&FrameDependencies| template.spatial_id == 0 && template.is_independent();
        let keys = structure.templates().iter().filter(begins);
        let begun = keys.fold(0, |targets, template| targets | template.indications.present());
        for (index, target) in (0..all.count).zip(&mut all.targets) {
            let (spatial, temporal) =
                structure.target_layer(index).expect("the target is one of the structure");
            *target = Target {
                spatial,
                temporal,
                chain: structure.protecting_chain(index),
                includes: structure.targets_within(index),
                begins_with_key: begun & (1 << index) != 0,
            };
        }
        all
    }

    /// All of them, with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u8, &Target)> {
        (0..self.count).zip(&self.targets)
    }

    /// The target with the number `index`.
    pub fn get(&self, index: u8) -> Option<&Target> {
        self.targets[..usize::from(self.count)].get(usize::from(index))
    }

    /// The mask of all of them.
    pub const fn all(&self) -> u32 {
        if self.count == 0 { 0 } else { u32::MAX >> (MAX_DECODE_TARGETS - self.count as usize) }
    }
}

/// What a dependency descriptor says of its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameDependency {
    /// The frame's number; it goes out as it came.
    pub number: u16,
    /// What the frame depends on, and what it is to each target.
    pub frame: FrameDependencies,
    /// The decode targets of the structure that holds.
    pub targets: Targets,
    /// Those that the sender makes at present; bit 0 is target 0.
    pub active: u32,
    /// The packet carries the structure.
    pub has_structure: bool,
}

impl FrameDependency {
    /// What `descriptor` says, under a structure with `targets` of which `active` are made.
    pub const fn new(descriptor: &DependencyDescriptor, targets: Targets, active: u32) -> Self {
        FrameDependency {
            number: descriptor.frame_number,
            frame: descriptor.frame,
            targets,
            active,
            has_structure: descriptor.has_structure,
        }
    }

    /// Whether the frame is part of a target.
    pub fn is_in(&self, target: u8) -> bool {
        self.frame.indications.get(target) != Indication::NotPresent
    }

    /// The numbers of the frames that this one refers to.
    pub fn references(&self) -> impl Iterator<Item = u16> {
        self.frame.frame_diffs.as_slice().iter().map(|diff| self.number.wrapping_sub(*diff))
    }

    /// The number of the frame before this one in the chain that protects `target`; none when the target has no
    /// chain, or the chain begins here.
    pub fn chain_before(&self, target: u8) -> Option<u16> {
        let chain = self.targets.get(target)?.chain?;
        let diff = *self.frame.chain_diffs.as_slice().get(usize::from(chain))?;
        (diff != 0).then(|| self.number.wrapping_sub(u16::from(diff)))
    }
}
