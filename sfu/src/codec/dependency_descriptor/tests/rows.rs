//! Each row's id before what it says.

use super::*;
use crate::rtp::{ExtensionIds, Extensions, RtpHeader};

#[test]
fn second_packet_by_the_first_ones_structure() {
    // T2.092
    let (first, carried) = parse_and_write(&hex("80000180003a410180ef808680"), None);
    assert_eq!((mandatory(&first), first.key_frame_start()), ((true, false, 0, 1), true));
    let structure = carried.expect("a structure");
    let (d, carried) = parse_and_write(&hex("400001"), Some(&structure));
    assert_eq!(mandatory(&d), (false, true, 0, 1));
    assert_eq!((carried, d.announced_decode_targets(&structure)), (None, None));
    assert_eq!((d.frame.spatial_id, d.frame.temporal_id), (0, 0));
}

#[test]
fn three_by_three() {
    // T2.094
    let (d, carried) = parse_and_write(&hex(L3T3), None);
    let s = carried.expect("a structure");
    assert_eq!((d.start_of_frame, d.end_of_frame, d.frame_number), (true, true, 0x134));
    assert_eq!((d.active_decode_targets, d.announced_decode_targets(&s)), (None, Some(0x1ff)));
    assert_eq!((s.decode_targets(), s.temporal_layers(), s.spatial_layers()), (9, 3, 3));
    assert_eq!((d.frame.spatial_id, d.frame.temporal_id), (0, 0));
    // T2.095
    let masks = [
        0b000000001,
        0b000000011,
        0b000000111,
        0b000001001,
        0b000011011,
        0b000111111,
        0b001001001,
        0b011011011,
        0b111111111,
    ];
    assert_eq!(std::array::from_fn(|target| s.targets_within(target as u8)), masks, "T2.095");
}

#[test]
fn without_a_structure() {
    // T2.099
    let bytes = hex("d10146401c");
    let fields = MandatoryFields::parse(&bytes).expect("three bytes");
    let expected =
        MandatoryFields { start_of_frame: true, end_of_frame: true, template_id: 17, frame_number: 0x146 };
    assert_eq!(fields, expected);
    assert_eq!(DependencyDescriptor::parse(&bytes, None), Err(DependencyDescriptorError::NoStructure));
}

#[test]
fn three_by_three_in_key_pictures_only() {
    // T2.101
    let (d, carried) = parse_and_write(&hex(L3T3_KEY), None);
    let s = carried.expect("a structure");
    assert_eq!((d.start_of_frame, d.end_of_frame, d.frame_number), (true, false, 0x85));
    assert_eq!(d.announced_decode_targets(&s), Some(0x1ff));
    assert_eq!((s.decode_targets(), s.temporal_layers(), s.spatial_layers()), (9, 3, 3));
    assert_eq!((d.frame.spatial_id, d.frame.temporal_id), (0, 0));
    let masks = [
        0b000000001,
        0b000000011,
        0b000000111,
        0b000001000,
        0b000011000,
        0b000111000,
        0b001000000,
        0b011000000,
        0b111000000,
    ];
    assert_eq!(std::array::from_fn(|target| s.targets_within(target as u8)), masks);
    for (from, to) in (0..9).flat_map(|from| (0..9).map(move |to| (from, to))) {
        assert_eq!(s.can_switch_without_key_frame(from, to), from / 3 == to / 3, "{from} to {to}");
    }
}

#[test]
fn three_temporal_layers_without_chains() {
    // T2.103
    let (d, carried) = parse_and_write(&hex(L1T3), None);
    let s = carried.expect("a structure");
    assert_eq!((d.start_of_frame, d.end_of_frame, d.frame_number), (true, false, 0x13));
    assert_eq!(d.announced_decode_targets(&s), Some(7));
    assert_eq!((s.decode_targets(), s.temporal_layers(), s.spatial_layers(), s.chains()), (3, 3, 1, 0));
    assert_eq!([0, 1, 2].map(|target| s.targets_within(target)), [0b001, 0b011, 0b111]);
    assert!((0..9).all(|pair| s.can_switch_without_key_frame(pair / 3, pair % 3)));
}

#[test]
fn captured_sequences() {
    let first = "c1017280081485214eafffaaaa863cf0430c10c302afc0aaa0063c00430010c002a000a80006000040001d954926e082b04a\
                 0941b820ac1282503157f974000ca864330e222222eca8655304224230eca877530077004200ef008601df010d";
    let (d, carried) = parse_and_write(&hex(first), None);
    let s = carried.expect("T2.104 carries the structure");
    assert_eq!(mandatory(&d), (true, true, 1, 0x172), "T2.104");
    assert_eq!(s.decode_targets(), 9);
    let rows = [
        ("T2.105", "86017340fc", (true, false, 6, 0x173), Some(0x3f)),
        ("T2.106", "46017340fc", (false, true, 6, 0x173), Some(0x3f)),
        ("T2.107", "c3017540fc", (true, true, 3, 0x175), Some(0x3f)),
        ("T2.112", "860173", (true, false, 6, 0x173), None),
        ("T2.113", "460173", (false, true, 6, 0x173), None),
        ("T2.117", "c30175", (true, true, 3, 0x175), None),
    ];
    for (id, bytes, fields, mask) in rows {
        let (d, carried) = parse_and_write(&hex(bytes), Some(&s));
        assert_eq!((mandatory(&d), d.active_decode_targets, carried), (fields, mask, None), "{id}");
    }
}

#[test]
fn whole_packets() {
    // The rows' frame rates come of their project's guess at a full rate of 30 and are not asserted here: a
    // structure says which frames belong to a target, not how often they come.
    let rows: [(&str, &str, &[u32]); 3] = [
        (
            "T2.119",
            "906519aed780a8f32ab2873c1000001a030302228e050219f90b5a8003ca80081485214eaaaaa8000600004000100002aa80a800\
             0600004000100002a000a800060000400016d549241b5524906d54923157e001974ca864330e222396eca8655304224390eca877\
             53013f00b3027f016704ff02cf000000aabbdc101a58014000b4028001680500",
            &[180, 180, 180, 360, 360, 360, 720, 720, 720],
        ),
        (
            "T2.120",
            "902939b91ff6a695114ed316bede00063248c482510002bc80000180003a410180ef808680000000680b0800000004477e1a00d0\
             04301061",
            &[270],
        ),
        (
            "T2.121",
            "906487db2fb5ae06481d4dca1000000f030387b1a40502827e0b178023c58002044eaaaf2860414d34538a094040b3c13fc00c17\
             a1009601f403dc0b00b3013f060167027f0602cf04ff0600109096029d012ad0020005396b00",
            &[720, 720, 720],
        ),
    ];
    for (id, packet, heights) in rows {
        let packet = hex(packet);
        let (_, carried) = parse_and_write(descriptor_of(&packet), None);
        let s = carried.expect("a structure");
        let smaller = |spatial_id: u8| s.resolution(spatial_id).map(|r| r.width.min(r.height));
        let seen: Vec<_> = (0..s.decode_targets()).filter_map(|t| smaller(s.target_layer(t)?.0)).collect();
        assert_eq!(seen, heights, "{id}");
    }
    // T2.120 prints its second packet with a third glued on, which belongs to the stream of T2.119 (SSRC 2ab2873c).
    // The row's decode targets 0 to 2 at 180 lines are that third one's, active among the nine of T2.119.
    let s = structure("80000180003a410180ef808680");
    let packet =
        hex("90a939ba1ff6a695114ed316bede00033248d02a510003b2400001009057f7c3f51ba803b0c397e9385897");
    let (d, _) = parse_and_write(descriptor_of(&packet), Some(&s));
    assert_eq!((mandatory(&d), d.frame.spatial_id), ((false, true, 0, 1), 0), "T2.120");
    let first = hex(rows[0].1);
    let s = parse_and_write(descriptor_of(&first), None).1.expect("a structure");
    let glued = hex(
        "90e519c2d780b1bd2ab2873cbede00043202f824511a19b4c303cd401c000000edbbdd501a87000000027e016704ff02",
    );
    let (d, _) = parse_and_write(descriptor_of(&glued), Some(&s));
    assert_eq!((mandatory(&d), d.active_decode_targets), ((true, true, 3, 0x3cd), Some(0b111)), "T2.120");
    let heights = [0, 1, 2].map(|target| Some(s.resolution(s.target_layer(target)?.0)?.height));
    assert_eq!(heights, [Some(180); 3], "T2.120");
}

/// The descriptor in a packet's header extensions, at id 11.
fn descriptor_of(packet: &[u8]) -> &[u8] {
    let header = RtpHeader::parse(packet).expect("RTP");
    let ids = ExtensionIds { dependency_descriptor: 11, ..ExtensionIds::default() };
    Extensions::parse(packet, &header, &ids).dependency_descriptor.expect("a descriptor")
}
