use super::*;

#[test]
fn a_spatial_id_means_nothing_in_an_encoding_of_one_layer() {
    // Chrome's VP9 simulcast writes the encoding's index as spatial id: X(I L B E), long id, TID 0 SID 2, TL0.
    let payload = [0xac, 0x80, 0x05, 0x04, 0x07, 0xff];
    let descriptor = Vp9Descriptor::parse(&payload).expect("sound");
    assert_eq!(descriptor.spatial_id(), 2);
    let (simulcast, svc) = (FrameDescription::vp9(&descriptor, 1), FrameDescription::vp9(&descriptor, 3));
    assert_eq!((simulcast.spatial, simulcast.key_frame_start, simulcast.layered), (0, true, false));
    assert_eq!((svc.spatial, svc.key_frame_start, svc.layered), (2, false, true));
}

#[test]
fn references_beyond_what_is_kept_are_not_taken_for_all() {
    assert_eq!(FrameDiffs::new([1, 2]).known(), Some(&[1, 2][..]));
    assert_eq!(FrameDiffs::new(1..=8).known().map(<[u16]>::len), Some(8));
    assert_eq!((FrameDiffs::new(1..=9).known(), FrameDiffs::new(1..=9).is_empty()), (None, false));
}

#[test]
fn indications_and_chains_are_found_by_target() {
    let target = |chain| Target { chain, includes: 1, ..Target::default() };
    let targets = Targets::new([target(Some(1)), target(None)]);
    let indications = [Indication::Switch, Indication::NotPresent];
    let frame = FrameDependency::new(2, targets, FrameDiffs::new([1]), indications, [9, 3]);
    assert_eq!([0, 1, 31, 32, 255].map(|at| frame.is_in(at)), [true, false, false, false, false]);
    assert_eq!([0, 1, 2].map(|at| frame.chain_before(at)), [Some(65_535), None, None]);
    assert_eq!((targets.all(), Targets::new([target(None); 40]).all()), (0b11, u32::MAX));
}
