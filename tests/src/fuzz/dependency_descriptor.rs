//! Dependency descriptors, written anew and masked. Input: a mask, a descriptor that may carry a structure, in two
//! bytes of length and as many bytes, then one to be read by that structure.

use sfu::codec::dependency_descriptor::{DependencyDescriptor, MandatoryFields, Structure};

use super::input::Input;

/// More than the longest structure takes: 64 templates of 32 targets, 32 chains and 8 references.
const ROOM: usize = 4_096;

pub(super) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mask = input.u32();
    let first = input.chunk();
    let second = input.rest();
    let Some((descriptor, carried)) = read(first, None) else { return };
    let structure = carried.expect("what is read without a structure carries one");
    write_and_mask(&descriptor, &structure, mask);
    walk(&structure);
    if let Some((descriptor, carried)) = read(second, Some(&structure)) {
        write_and_mask(&descriptor, carried.as_ref().unwrap_or(&structure), mask);
    }
}

fn read(bytes: &[u8], known: Option<&Structure>) -> Option<(DependencyDescriptor, Option<Structure>)> {
    let fields = MandatoryFields::parse(bytes);
    let (descriptor, carried) = DependencyDescriptor::parse(bytes, known).ok()?;
    let fields = fields.expect("a whole descriptor has its first three bytes");
    assert_eq!((fields.template_id, fields.frame_number), (descriptor.template_id, descriptor.frame_number));
    assert_eq!(descriptor.has_structure, carried.is_some());
    Some((descriptor, carried))
}

fn write_and_mask(descriptor: &DependencyDescriptor, structure: &Structure, mask: u32) {
    let known = (!descriptor.has_structure).then_some(structure);
    let mask = mask & structure.all_decode_targets();
    for descriptor in [*descriptor, descriptor.with_active_decode_targets(mask)] {
        let mut out = [0; ROOM];
        let len = descriptor.write(structure, &mut out).expect("room, and a mask within the targets");
        let (again, carried) =
            DependencyDescriptor::parse(&out[..len], known).expect("what is written reads back");
        assert_eq!((again.frame, again.custom), (descriptor.frame, descriptor.custom));
        assert_eq!(again.active_decode_targets, descriptor.active_decode_targets);
        assert_eq!(carried.as_ref(), descriptor.has_structure.then_some(structure));
        if again.active_decode_targets.is_some() {
            again
                .rewrite_active_decode_targets(
                    &mut out[..len],
                    structure,
                    !mask & structure.all_decode_targets(),
                )
                .expect("a mask to rewrite");
            let (masked, _) =
                DependencyDescriptor::parse(&out[..len], known).expect("only the mask has changed");
            assert_eq!(masked.frame, descriptor.frame);
        }
    }
}

fn walk(structure: &Structure) {
    for target in 0..=structure.decode_targets() {
        let exists = target < structure.decode_targets();
        assert_eq!(structure.targets_within(target) != 0, exists);
        assert_eq!(structure.target_layer(target).is_some(), exists);
        assert!(structure.protecting_chain(target).is_none_or(|chain| chain < structure.chains()));
        let _ = structure.can_switch_without_key_frame(target, 0);
    }
    for (template, id) in structure.templates().iter().zip(structure.template_id_offset()..) {
        assert_eq!(structure.template(id % 64), Some(template));
        let d = DependencyDescriptor::of_frame(structure, template, 1).expect("a template describes itself");
        assert_eq!(d.custom, sfu::codec::dependency_descriptor::CustomFields::default());
    }
}
