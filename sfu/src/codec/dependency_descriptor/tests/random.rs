//! Structures and frames at random: what is written reads back, and no bytes do harm.

use proptest::prelude::*;

use super::*;

fn indication() -> impl Strategy<Value = Indication> {
    prop::sample::select(vec![
        Indication::NotPresent,
        Indication::Discardable,
        Indication::Switch,
        Indication::Required,
    ])
}

fn frame(
    targets: usize,
    chains: usize,
    max_diff: u16,
    max_chain_diff: u8,
) -> impl Strategy<Value = FrameDependencies> {
    (
        prop::collection::vec(indication(), targets),
        prop::collection::vec(1..=max_diff, 0..=MAX_FRAME_DIFFS),
        prop::collection::vec(0..=max_chain_diff, chains),
    )
        .prop_map(|(indications, frame_diffs, chain_diffs)| FrameDependencies {
            indications: Indications::new(&indications),
            frame_diffs: FrameDiffs::new(&frame_diffs),
            chain_diffs: ChainDiffs::new(&chain_diffs),
            ..FrameDependencies::default()
        })
}

prop_compose! {
    fn structure_of(targets: usize, chains: usize)(
        offset in 0..64_u8,
        protected_by in prop::collection::vec(0..chains.max(1) as u8, if chains == 0 { 0 } else { targets }),
        templates in prop::collection::vec((frame(targets, chains, 16, 15), 0..3_u8), 1..20),
        sizes in prop::option::of(prop::array::uniform4((1..=65_536_u32, 1..=65_536_u32))),
    ) -> Structure {
        let mut layer = (0, 0);
        let mut ordered = Vec::new();
        for (template, step) in templates {
            ordered.push(FrameDependencies { spatial_id: layer.0, temporal_id: layer.1, ..template });
            layer = match step {
                1 if layer.1 < 7 => (layer.0, layer.1 + 1),
                2 if layer.0 < 3 => (layer.0 + 1, 0),
                _ => layer,
            };
        }
        let layers = usize::from(ordered.last().expect("one at least").spatial_id) + 1;
        let resolutions = sizes.map(|sizes| sizes.map(|(width, height)| Resolution { width, height }));
        let resolutions = resolutions.as_ref().map_or(&[][..], |table| &table[..layers]);
        Structure::new(offset, targets as u8, &protected_by, &ordered, resolutions).expect("sound")
    }
}

prop_compose! {
    fn structure_and_frame()(targets in 1..=32_usize, some_chains in 0..=32_usize)(
        structure in structure_of(targets, some_chains.min(targets)),
        own in frame(targets, some_chains.min(targets), 4096, 255),
        template in any::<prop::sample::Index>(),
        custom in any::<[bool; 3]>(),
    ) -> (Structure, FrameDependencies) {
        let template = structure.templates()[template.index(structure.templates().len())];
        let frame = FrameDependencies {
            indications: if custom[0] { own.indications } else { template.indications },
            frame_diffs: if custom[1] { own.frame_diffs } else { template.frame_diffs },
            chain_diffs: if custom[2] { own.chain_diffs } else { template.chain_diffs },
            ..template
        };
        (structure, frame)
    }
}

proptest! {
    #[test]
    fn reads_what_it_writes(
        (structure, frame) in structure_and_frame(),
        number: u16,
        flags: [bool; 3],
        mask in prop::option::of(any::<u32>()),
    ) {
        let mut d = DependencyDescriptor::of_frame(&structure, &frame, number).expect("a layer of the structure");
        [d.start_of_frame, d.end_of_frame, d.has_structure] = flags;
        d.active_decode_targets = mask.map(|mask| mask & structure.all_decode_targets());
        let mut out = [0xaa; 4096];
        let len = d.write(&structure, &mut out).expect("room");
        let known = (!d.has_structure).then_some(&structure);
        let (read, carried) = DependencyDescriptor::parse(&out[..len], known).expect("ours");
        prop_assert_eq!(carried.as_ref(), d.has_structure.then_some(&structure));
        prop_assert_eq!(DependencyDescriptor { mask_at: None, ..read }, d);
        let mut again = [0x55; 4096];
        prop_assert_eq!(read.write(&structure, &mut again), Ok(len));
        prop_assert_eq!(&again[..len], &out[..len]);
        if read.active_decode_targets.is_some() {
            let mut out = out;
            read.rewrite_active_decode_targets(&mut out[..len], &structure, 1).expect("a mask");
            let len = d.with_active_decode_targets(1).write(&structure, &mut again).expect("room");
            prop_assert_eq!(&again[..len], &out[..len]);
        }
    }

    #[test]
    fn a_target_lies_within_itself((structure, _) in structure_and_frame(), target in 0..32_u8) {
        let within = structure.targets_within(target);
        prop_assert_eq!(within & !structure.all_decode_targets(), 0);
        let is_target = target < structure.decode_targets();
        prop_assert_eq!(within & (1 << target) != 0, is_target);
        prop_assert_eq!(structure.target_layer(target).is_some(), is_target);
    }

    #[test]
    fn any_bytes_parse_or_are_refused(
        first in prop::collection::vec(any::<u8>(), 0..200),
        second in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let known = structure(L3T3);
        for bytes in [&first, &second] {
            let carried = DependencyDescriptor::parse(bytes, Some(&known)).ok().and_then(|(_, carried)| carried);
            let structure = carried.as_ref().unwrap_or(&known);
            if let Ok((d, None)) = DependencyDescriptor::parse(&second, Some(structure)) {
                let mut out = [0; 4096];
                let len = d.write(structure, &mut out).expect("room");
                let (again, _) = DependencyDescriptor::parse(&out[..len], Some(structure)).expect("ours");
                prop_assert_eq!(again, d);
            }
        }
    }

    #[test]
    fn indications_of_all_targets(all in prop::collection::vec(indication(), 0..=32)) {
        let packed = Indications::new(&all);
        for target in 0..40_u8 {
            let expected = all.get(usize::from(target)).copied().unwrap_or_default();
            prop_assert_eq!(packed.get(target), expected);
            let present = packed.present().checked_shr(u32::from(target)).unwrap_or(0) & 1 == 1;
            prop_assert_eq!(present, expected != Indication::NotPresent);
        }
    }
}
