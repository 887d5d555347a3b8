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

/// A captured AV1 descriptor with the structure of L3T3, frame 0x134 (jitsi-videobridge; T2.094).
pub(crate) const L3T3: &str = "d0013481e81485214eafffaaaa863cf0430c10c302afc0aaa0063c00430010c002a000a80006000040001d954926e082b04a0941b820ac1282503157f974000ca864330e222222eca8655304224230eca87753013f00b3027f016704ff02cf";

pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
    (0..hex.len()).step_by(2).map(digit).collect()
}

#[test]
fn targets_are_those_of_the_structure() {
    let (descriptor, structure) = DependencyDescriptor::parse(&bytes(L3T3), None).expect("sound");
    let targets = Targets::of(&structure.expect("it carries one"));
    let layers: Vec<_> = targets.iter().map(|(_, target)| (target.spatial, target.temporal)).collect();
    let expected: Vec<_> =
        (0..3).flat_map(|spatial| (0..3).map(move |temporal| (spatial, temporal))).collect();
    assert_eq!(layers, expected);
    assert_eq!((targets.all(), targets.get(9), targets.get(255)), (0x1ff, None, None));
    assert!(targets.iter().all(|(_, target)| target.begins_with_key));
    assert_eq!(targets.get(4).map(|target| target.includes), Some(0b000_011_011));
    let frame = FrameDescription::described(&descriptor, targets, targets.all(), 3);
    assert!(frame.key_frame_start && frame.frame_end && frame.used_above && !frame.inter_picture);
    let dependency = frame.dependency.expect("it was described by one");
    assert_eq!((dependency.number, dependency.references().count()), (0x134, 0));
    assert!((0..9).all(|target| dependency.is_in(target)) && !dependency.is_in(9));
    assert!((0..32).all(|target| dependency.chain_before(target).is_none()));
}
