//! The dependency descriptor: a frame may be decoded when those that it names by number were.

use std::sync::Arc;

use sfu::codec::dependency_descriptor::{DependencyDescriptor, Structure};

use super::Decoded;
use super::vp8::ahead;

/// What the descriptors of the frames decoded so far said.
#[derive(Clone, Debug)]
pub(super) struct NumberState {
    structure: Arc<Structure>,
    last: u16,
    numbers: Decoded,
}

impl NumberState {
    /// Begins with a frame that carries the structure and refers to nothing; `None` for any other.
    pub(super) fn key(bytes: &[u8]) -> Option<NumberState> {
        let (descriptor, structure) = DependencyDescriptor::parse(bytes, None).ok()?;
        let structure = structure.filter(|_| descriptor.frame.is_independent())?;
        let structure = Arc::new(structure);
        Some(NumberState { structure, last: descriptor.frame_number, numbers: Decoded::ONE })
    }

    /// The frame's descriptor by the structure in force.
    pub(super) fn read(&self, bytes: &[u8]) -> Option<DependencyDescriptor> {
        DependencyDescriptor::parse(bytes, Some(&self.structure)).ok().map(|(descriptor, _)| descriptor)
    }

    /// Whether the frame may be decoded.
    pub(super) fn allows(&self, bytes: &[u8]) -> bool {
        self.read(bytes).is_some_and(|descriptor| {
            ahead(descriptor.frame_number, self.last, u16::MAX).is_some_and(|step| {
                let diffs = descriptor.frame.frame_diffs.as_slice();
                let decoded = |&diff: &u16| {
                    u32::from(diff).checked_sub(step).is_some_and(|back| self.numbers.contains(back))
                };
                !diffs.is_empty() && diffs.iter().all(decoded)
            })
        })
    }

    /// Takes note that the frame was decoded.
    pub(super) fn decoded(&mut self, bytes: &[u8]) {
        let Some(descriptor) = self.read(bytes) else { return };
        self.numbers.advance(u32::from(descriptor.frame_number.wrapping_sub(self.last)));
        self.last = descriptor.frame_number;
    }
}
