//! Rows of hex: descriptors that browsers sent, as other SFUs test them.

mod random;
mod rows;

use super::*;

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex")).collect()
}

/// Parses a descriptor, writes it again, and asserts that nothing changed.
fn parse_and_write(bytes: &[u8], known: Option<&Structure>) -> (DependencyDescriptor, Option<Structure>) {
    let (descriptor, carried) = DependencyDescriptor::parse(bytes, known).expect("parses");
    let mut out = [0; MAX_LEN];
    let structure = carried.as_ref().or(known).expect("one of them");
    let len = descriptor.write(structure, &mut out).expect("room");
    assert_eq!(out[..len], *bytes, "what was read is written as the same bytes");
    (descriptor, carried)
}

/// Three spatial and three temporal layers, every layer of a picture on the one below.
const L3T3: &str = "d0013481e81485214eafffaaaa863cf0430c10c302afc0aaa0063c00430010c002a000a80006000040001d954926e082b04a\
                    0941b820ac1282503157f974000ca864330e222222eca8655304224230eca87753013f00b3027f016704ff02cf";
/// The same, with layers that depend on each other in key pictures only.
const L3T3_KEY: &str = "8f008581e81485214eaaaaa8000600004000100002aa80a8000600004000100002a000a800060000400016d549241b5524906d54\
                        923157e001974ca864330e222396eca8655304224390eca87753013f00b3027f016704ff02cf";
/// One spatial layer with three temporal ones, without chains.
const L1T3: &str = "8000138002044eaaaf2860414d34538a0940413fc0b3c0";

fn structure(text: &str) -> Structure {
    DependencyDescriptor::parse(&hex(text), None).expect("parses").1.expect("carries a structure")
}

/// A packet's (start, end, template, frame number).
fn mandatory(d: &DependencyDescriptor) -> (bool, bool, u8, u16) {
    (d.start_of_frame, d.end_of_frame, d.template_id, d.frame_number)
}

#[test]
fn masks_for_receivers_of_fewer_layers() {
    let bytes = hex(L3T3);
    let (d, carried) = parse_and_write(&bytes, None);
    let structure = carried.expect("a structure");
    let target = structure.target_of_layer(1, 1).expect("a target");
    let mask = structure.targets_within(target);
    let mut out = [0; MAX_LEN];
    let masked = d.with_active_decode_targets(mask);
    let len = masked.write(&structure, &mut out).expect("room");
    let (read, again) = DependencyDescriptor::parse(&out[..len], None).expect("ours");
    assert_eq!(
        (read.active_decode_targets, read.announced_decode_targets(&structure)),
        (Some(mask), Some(mask))
    );
    assert_eq!((again.as_ref(), read.frame, mandatory(&read)), (Some(&structure), d.frame, mandatory(&d)));
    // What has a mask is rewritten in place.
    read.rewrite_active_decode_targets(&mut out[..len], &structure, 1).expect("a mask");
    let mut written = [0; MAX_LEN];
    let same = d.with_active_decode_targets(1).write(&structure, &mut written).expect("room");
    assert_eq!(out[..len], written[..same]);

    let offset = structure.template_id_offset();
    let mut delta = [0x80 | offset, 1, 0x73, 0x40, 0xfc];
    let (d, _) = DependencyDescriptor::parse(&delta, Some(&structure)).expect("parses");
    assert_eq!(d.active_decode_targets, Some(0x3f));
    d.rewrite_active_decode_targets(&mut delta, &structure, 0b1_0000_0001).expect("a mask");
    assert_eq!(delta, [0x80 | offset, 1, 0x73, 0x44, 0x04]);
    let inconsistent = Err(DependencyDescriptorError::Inconsistent);
    assert_eq!(d.rewrite_active_decode_targets(&mut delta, &structure, 1 << 9), inconsistent);
    let mut plain = [0x80 | offset, 1, 0x73];
    let (d, _) = DependencyDescriptor::parse(&plain, Some(&structure)).expect("parses");
    assert_eq!(
        d.rewrite_active_decode_targets(&mut plain, &structure, 1),
        Err(DependencyDescriptorError::Absent)
    );
    assert_eq!(d.with_active_decode_targets(1 << 9).write(&structure, &mut out).map(|_| ()), inconsistent);
    assert_eq!(masked.write(&structure, &mut [0; 20]), Err(DependencyDescriptorError::NoRoom));
}

#[test]
fn layers_targets_and_chains() {
    let svc = structure(L3T3);
    assert_eq!((svc.spatial_layers(), svc.temporal_layers(), svc.chains()), (3, 3, 3));
    for target in 0..9 {
        let layer = (target / 3, target % 3);
        assert_eq!(svc.target_layer(target), Some(layer));
        assert_eq!(svc.target_of_layer(layer.0, layer.1), Some(target));
        assert_eq!(svc.protecting_chain(target), Some(layer.0));
    }
    assert_eq!((svc.target_layer(9), svc.protecting_chain(9), svc.targets_within(9)), (None, None, 0));
    assert_eq!(svc.target_of_layer(3, 0), None);
    assert_eq!(structure(L1T3).protecting_chain(0), None);
}

#[test]
fn a_frame_for_each_target() {
    let svc = structure(L3T3);
    let frame = |id: u8| *svc.template((svc.template_id_offset() + id) % 64).expect("a template");
    let key =
        frame(svc.templates().iter().position(FrameDependencies::is_independent).expect("a key frame") as u8);
    assert!((0..9).all(|target| key.is_switch_for(target)) && !key.has_inter_picture_dependency());
    let top =
        svc.templates().iter().find(|t| (t.spatial_id, t.temporal_id) == (2, 2)).expect("the top layer");
    assert!(top.is_discardable_for(8) && (0..8).all(|target| !top.is_needed_for(target)));
    assert!(top.has_inter_picture_dependency() && !top.is_needed_for(40));
}

#[test]
fn templates_wrap_around_their_ids() {
    let l1t3 = structure(L1T3);
    let wrapped = Structure { template_id_offset: 62, ..l1t3.clone() };
    assert_eq!(wrapped.template(62), l1t3.template(0));
    assert_eq!(wrapped.template(1), l1t3.template(3));
    assert_eq!(wrapped.template(61), None);
    let d = DependencyDescriptor::of_frame(&wrapped, &l1t3.templates()[3], 7).expect("a template fits");
    assert_eq!(d.template_id, 1);
    let unknown = DependencyDescriptor::parse(&hex("3d0001"), Some(&wrapped)).map(|_| ());
    assert_eq!(unknown, Err(DependencyDescriptorError::UnknownTemplate(61)));
}

#[test]
fn senders_write_what_a_template_does_not_say() {
    let svc = structure(L3T3);
    let mut frame = svc.templates()[1];
    frame.frame_diffs = FrameDiffs::new(&[1, 17, 4096]);
    frame.chain_diffs = ChainDiffs::new(&[255, 16, 0]);
    let d = DependencyDescriptor::of_frame(&svc, &frame, 9).expect("a layer of the structure");
    assert_eq!(d.custom, CustomFields { indications: false, frame_diffs: true, chain_diffs: true });
    let mut out = [0; MAX_LEN];
    let len = d.write(&svc, &mut out).expect("room");
    assert_eq!(len, (24_usize + 5 + (2 + 4) + (2 + 8) + (2 + 12) + 2 + 24).div_ceil(8));
    let (read, _) = parse_and_write(&out[..len], Some(&svc));
    assert_eq!((read.frame, read.key_frame_start()), (frame, false));
    let elsewhere = FrameDependencies { spatial_id: 3, ..frame };
    assert_eq!(
        DependencyDescriptor::of_frame(&svc, &elsewhere, 9),
        Err(DependencyDescriptorError::Inconsistent)
    );
}

#[test]
fn structures_are_built_within_bounds() {
    let svc = structure(L3T3);
    let resolutions: Vec<_> = (0..3).map(|sid| svc.resolution(sid).expect("a size")).collect();
    let protected: Vec<_> = (0..9).map(|target| svc.protecting_chain(target).expect("a chain")).collect();
    let offset = svc.template_id_offset();
    assert_eq!(Structure::new(offset, 9, &protected, svc.templates(), &resolutions).as_ref(), Ok(&svc));
    let mut backwards = svc.templates().to_vec();
    backwards.reverse();
    let many = vec![FrameDependencies::default(); 65];
    let rows = [
        ("offset", Structure::new(64, 9, &protected, svc.templates(), &resolutions)),
        ("too few targets", Structure::new(offset, 8, &protected[1..], svc.templates(), &resolutions)),
        ("no target", Structure::new(offset, 0, &[], &many[..1], &[])),
        ("too many targets", Structure::new(offset, 33, &[], &many[..1], &[])),
        ("chains unnamed", Structure::new(offset, 9, &[], svc.templates(), &resolutions)),
        ("chain unknown", Structure::new(offset, 9, &[3; 9], svc.templates(), &resolutions)),
        ("layers out of order", Structure::new(offset, 9, &protected, &backwards, &resolutions)),
        ("a size missing", Structure::new(offset, 9, &protected, svc.templates(), &resolutions[1..])),
        ("no size", Structure::new(offset, 9, &protected, svc.templates(), &[Resolution::default(); 3])),
        ("no template", Structure::new(offset, 9, &protected, &[], &[])),
        ("too many templates", Structure::new(offset, 1, &[], &many, &[])),
    ];
    for (what, result) in rows {
        assert_eq!(result, Err(DependencyDescriptorError::Inconsistent), "{what}");
    }
}

#[test]
fn bounds_of_what_peers_write() {
    // Bits after the frame number: flags, offset 0, one target, then what the row says.
    let packed = |tail: &dyn Fn(&mut BitWriter<'_>)| {
        let mut out = [0; MAX_LEN];
        let mut bits = BitWriter::new(&mut out);
        bits.write(0, 24).expect("room");
        bits.write(0b10000, 5).expect("room");
        bits.write(0, 11).expect("room");
        tail(&mut bits);
        DependencyDescriptor::parse(&out, None).map(|_| ())
    };
    let layers =
        |idc: u32, count: usize| packed(&|bits| (0..count).for_each(|_| bits.write(idc, 2).expect("room")));
    assert_eq!(layers(0, 80), Err(DependencyDescriptorError::TooManyTemplates));
    assert_eq!(layers(1, 8), Err(DependencyDescriptorError::TooManyLayers));
    assert_eq!(layers(2, 4), Err(DependencyDescriptorError::TooManyLayers));
    let diffs = |count: usize| {
        packed(&|bits| {
            bits.write(0b11_11, 4).expect("room");
            (0..count).for_each(|_| bits.write(0b1_0000, 5).expect("room"));
        })
    };
    assert_eq!((diffs(8), diffs(9)), (Ok(()), Err(DependencyDescriptorError::TooManyFrameDiffs)));
    let whole = hex(L3T3);
    for len in 0..whole.len() {
        let error = DependencyDescriptor::parse(&whole[..len], None).map(|_| ());
        let expected = if len == 3 {
            DependencyDescriptorError::NoStructure
        } else {
            DependencyDescriptorError::Truncated
        };
        assert_eq!(error, Err(expected), "{len} bytes");
    }
}
