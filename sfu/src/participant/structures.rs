//! The dependency structures of one encoding: what its dependency descriptors are read by.

use std::sync::Arc;

use crate::codec::dependency_descriptor::{DependencyDescriptor, Structure};
use crate::codec::frame::Targets;

/// A structure, from the packet on that brought it.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) structure: Arc<Structure>,
    pub(crate) targets: Targets,
    /// The decode targets that the sender makes at present.
    pub(crate) active: u32,
    /// The packet that said so.
    active_since: u64,
    /// The packet that brought the structure.
    since: u64,
}

/// The structure that holds, and the one before it for packets that come late.
#[derive(Clone, Debug, Default)]
pub(crate) struct Structures {
    current: Option<Known>,
    previous: Option<Known>,
}

impl Structures {
    /// Takes what a packet's descriptor says of structure and active targets; tells whether the structure is new.
    pub(crate) fn learn(&mut self, sequence: u64, bytes: &[u8]) -> bool {
        // Structure and mask have a bit each behind the three bytes that every descriptor has.
        if bytes.get(3).is_none_or(|flags| flags & 0xc0 == 0) {
            return false;
        }
        let Ok((descriptor, carried)) =
            DependencyDescriptor::parse(bytes, self.at(sequence).map(|k| &*k.structure))
        else {
            return false;
        };
        let is_newer = self.current.as_ref().is_none_or(|current| sequence > current.since);
        let is_known =
            |structure: &Structure| self.current.as_ref().is_some_and(|c| *c.structure == *structure);
        let brought = carried.filter(|structure| is_newer && !is_known(structure));
        let is_new = brought.is_some();
        if let Some(structure) = brought {
            let known = Known {
                targets: Targets::of(&structure),
                active: structure.all_decode_targets(),
                structure: Arc::new(structure),
                active_since: sequence,
                since: sequence,
            };
            self.previous = self.current.replace(known);
        }
        if let Some(current) = self.current.as_mut().filter(|current| sequence >= current.active_since)
            && let Some(active) = descriptor.announced_decode_targets(&current.structure)
        {
            (current.active, current.active_since) = (active, sequence);
        }
        is_new
    }

    /// A packet's descriptor, and the structure that it is read by.
    pub(crate) fn read(&self, sequence: u64, bytes: &[u8]) -> Option<(DependencyDescriptor, &Known)> {
        let known = self.at(sequence)?;
        let (descriptor, _) = DependencyDescriptor::parse(bytes, Some(&known.structure)).ok()?;
        Some((descriptor, known))
    }

    /// Forgets everything: the stream starts anew.
    pub(crate) fn reset(&mut self) {
        *self = Structures::default();
    }

    /// The structure that the packet with this number is read by.
    fn at(&self, sequence: u64) -> Option<&Known> {
        let current = self.current.as_ref()?;
        if sequence >= current.since { Some(current) } else { self.previous.as_ref() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::frame::tests::{L3T3, bytes};

    #[test]
    fn a_late_packet_is_read_by_the_structure_of_its_time() {
        let l1t3 = bytes("8000138002044eaaaf2860414d34538a0940413fc0b3c0");
        let (key, delta) = (bytes(L3T3), [0xc1, 0x00, 0x14]);
        let mut structures = Structures::default();
        assert!(!structures.learn(9, &delta) && structures.read(9, &delta).is_none());
        assert!(structures.learn(10, &l1t3) && !structures.learn(11, &delta));
        assert_eq!(structures.read(11, &delta).map(|(_, known)| known.active), Some(0b111));
        // The same again is nothing new; an older one doesn't come back.
        assert!(!structures.learn(15, &l1t3) && structures.learn(20, &key) && !structures.learn(16, &l1t3));
        let count =
            |sequence| structures.read(sequence, &key[..3]).map(|(_, k)| k.structure.decode_targets());
        assert_eq!([count(9), count(21)], [None, Some(9)]);
        assert_eq!(structures.read(12, &delta).map(|(_, k)| k.structure.decode_targets()), Some(3));
        structures.reset();
        assert!(structures.read(21, &key).is_none());
    }

    #[test]
    fn a_mask_holds_until_the_next() {
        let mut structures = Structures::default();
        structures.learn(1, &bytes(L3T3));
        // Frames of template 3 and 6 with a mask of the lower six of nine targets, and a plain one (T2.105, T2.107).
        let template = |flags: u8| [flags, 0x01, 0x73, 0x40, 0xfc];
        let active = |structures: &Structures| structures.read(9, &bytes(L3T3)).map(|(_, k)| k.active);
        structures.learn(5, &template(0xd1));
        assert_eq!(active(&structures), Some(0x3f));
        structures.learn(6, &[0xd1, 0x01, 0x74]);
        assert_eq!(active(&structures), Some(0x3f));
    }
}
