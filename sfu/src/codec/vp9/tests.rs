//! Rows of hex: packets that Chrome sent, as other SFUs test them, and descriptors built after RFC 9628's layout.

use proptest::prelude::*;

use super::*;
use crate::rtp::RtpHeader;

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex")).collect()
}

/// What a row says of a packet.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    /// Start of frame, end of frame, end of picture, key frame, inter-picture predicted, used by upper layers.
    flags: [u8; 6],
    picture_id: u16,
    /// Temporal id, spatial id, U, D.
    layer: Option<(u8, u8, u8, u8)>,
    tl0: Option<u8>,
    len: usize,
}

fn see(packet: &[u8]) -> Seen {
    let header = RtpHeader::parse(packet).expect("RTP");
    let d = Vp9Descriptor::parse(header.payload(packet)).expect("VP9");
    let flags = [
        d.frame_start,
        d.frame_end,
        header.marker,
        d.is_key_frame(),
        d.inter_picture_predicted,
        d.used_by_upper_layers(),
    ];
    let layer = |l: LayerIndices| {
        (l.temporal_id, l.spatial_id, u8::from(l.switching_up), u8::from(l.inter_layer_predicted))
    };
    let Some(PictureId::Long(picture_id)) = d.picture_id else { panic!("every row has a long picture id") };
    Seen {
        flags: flags.map(u8::from),
        picture_id,
        layer: d.layer.map(layer),
        tl0: d.tl0_picture_index,
        len: d.len,
    }
}

#[test]
fn captured_packets() {
    type Row = (&'static str, &'static str, [u8; 6], u16, Option<(u8, u8, u8, u8)>, Option<u8>, usize);
    let rows: [Row; 9] = [
        (
            "T2.073",
            "906536b79f3077686098017bbede00023202168751210800a09e6500fd1989b602dbf8c9bf071d00b3e3ccf1135bd14a",
            [0, 0, 0, 1, 0, 1],
            7781,
            Some((0, 0, 0, 0)),
            Some(253),
            5,
        ),
        (
            "T2.074",
            "906536bb9f3077686098017bbede000232021ba651210c00a49e6500fd65019dea53fb1ec89768361a113523c6da88c9",
            [0, 1, 0, 1, 0, 1],
            7781,
            Some((0, 0, 0, 0)),
            Some(253),
            5,
        ),
        (
            "T2.075",
            "906536bc9f3077686098017bbede000232021ba651210d00a89e6503fd8702020004fe02cf04ff02cf9121c120e0c81080",
            [1, 0, 0, 0, 0, 1],
            7781,
            Some((0, 1, 0, 1)),
            Some(253),
            5,
        ),
        (
            "T2.076",
            "906536c09f3077686098017bbede0002320221cb51211100a09e6503fd08d6c732b4351ba6a440acb18ae6c444d02f89e2",
            [0, 0, 0, 0, 0, 1],
            7781,
            Some((0, 1, 0, 1)),
            Some(253),
            5,
        ),
        (
            "T2.080",
            "906536de9f3081f46098017bbede000232025a1d51212f00ed9e6650fd87080060027e016704ff02cfc487048383208000",
            [1, 1, 0, 0, 1, 0],
            7782,
            Some((2, 0, 1, 0)),
            Some(253),
            5,
        ),
        (
            "T2.082",
            "90e536e09f3081f46098017bbede000232025a1d51213100ed9e6654fd8700444009fe059ec8c70483832b83001c007e20",
            [1, 1, 1, 0, 1, 0],
            7782,
            Some((2, 2, 1, 0)),
            Some(253),
            5,
        ),
        (
            "T2.083",
            "90656dc9440dac37184b0cc4bede0002326bcdd3510001008ba55818062804860104018249834200627048547638241c19a01803105f85",
            [1, 0, 0, 1, 0, 0],
            9560,
            None,
            None,
            11,
        ),
        (
            "T2.084",
            "90656dca440dac37184b0cc4bede0002326bd1ec5100020081a5589089bebb979590638f183ac76bc650cde64144de",
            [0, 0, 0, 1, 0, 0],
            9560,
            None,
            None,
            3,
        ),
        (
            "T2.086",
            "90656e01440eb32f184b0cc4bede0002326e77cf51003900c9a55a8600409218fc5a0330101c060301f8c9e03049a2",
            [1, 0, 0, 0, 1, 0],
            9562,
            None,
            None,
            3,
        ),
    ];
    for (id, packet, flags, picture_id, layer, tl0, len) in rows {
        assert_eq!(see(&hex(packet)), Seen { flags, picture_id, layer, tl0, len }, "{id}");
    }
}

#[test]
fn structure_of_a_single_layer() {
    // T2.083: one layer of 1576 × 1158 whose every picture refers to the one before, so at the full rate.
    let payload = hex("8ba5581806280486010401824983");
    let d = Vp9Descriptor::parse(&payload).expect("parses");
    let structure = d.structure(&payload).expect("carries one");
    assert_eq!(structure.spatial_layers, 1);
    assert_eq!(structure.sizes.expect("sizes")[..2], [(1576, 1158), (0, 0)]);
    let group = structure.group.expect("a group");
    assert_eq!((group.len(), group.pictures_up_to(0)), (1, 1));
}

#[test]
fn structure_of_three_by_three() {
    // The start of the key picture whose later packets are T2.073 to T2.076.
    let payload = hex("aa9e6500fd58014000b40280016805\
                       0002d004040454013402540183498342");
    let d = Vp9Descriptor::parse(&payload).expect("parses");
    assert_eq!((d.len, d.key_frame_start(), d.is_key_picture()), (27, true, true));
    let structure = d.structure(&payload).expect("carries one");
    assert_eq!(structure.sizes.expect("sizes")[..4], [(320, 180), (640, 360), (1280, 720), (0, 0)]);
    let group = structure.group.expect("a group");
    let pictures: Vec<_> =
        group.iter().map(|p| (p.temporal_id, p.switching_up, p.references.as_slice().to_vec())).collect();
    assert_eq!(pictures, [(0, false, vec![4]), (2, true, vec![1]), (1, true, vec![2]), (2, true, vec![1])]);
    assert_eq!([0, 1, 2].map(|tid| group.pictures_up_to(tid)), [1, 2, 4], "7.5, 15 and 30 of 30 pictures/s");
}

#[test]
fn policy_rows_that_differ() {
    // T2.052: the row's project reports picture id 0 here; by RFC 9628 the bytes say I with a long id of 57.
    let payload = hex("88803900");
    let d = Vp9Descriptor::parse(&payload).expect("parses");
    assert_eq!(d.picture_id, Some(PictureId::Long(57)));
    assert_eq!((d.frame_start, d.spatial_id(), d.temporal_id(), d.switching_up()), (true, 0, 0, false));
    // T2.053: the row's project leaves VP9 picture ids alone; here the caller decides, and the width stays.
    let mut shifted = payload.clone();
    d.rewrite_picture_id(&mut shifted, 57 + 9).expect("a long id");
    assert_eq!(shifted, hex("88804200"));
}

#[test]
fn flexible_mode() {
    // payload, references, TL0PICIDX, length
    let rows: [(&str, &[u8], usize); 4] = [
        ("d00502", &[1], 3),
        ("f005220304", &[1, 2], 5),
        ("f0850722030506ff", &[1, 2, 3], 7),
        ("b00522ff", &[], 3),
    ];
    for (bytes, references, len) in rows {
        let d = Vp9Descriptor::parse(&hex(bytes)).expect(bytes);
        assert_eq!(
            (d.flexible, d.references.as_slice(), d.tl0_picture_index),
            (true, references, None),
            "{bytes}"
        );
        assert_eq!(d.len, len, "{bytes}");
    }
    assert_eq!(Vp9Descriptor::parse(&hex("d00503030307")), Err(Vp9Error::TooManyReferences));
    assert_eq!(Vp9Descriptor::parse(&hex("5002")), Err(Vp9Error::FlexibleWithoutPictureId));
}

#[test]
fn truncated() {
    let whole = hex("aa9e6500fd58014000b402800168050002d0040404540134025401");
    assert_eq!(Vp9Descriptor::parse(&whole).expect("whole").len, whole.len());
    for len in 0..whole.len() {
        assert_eq!(Vp9Descriptor::parse(&whole[..len]), Err(Vp9Error::Truncated), "{len} bytes");
    }
    assert_eq!(Vp9Descriptor::parse(&hex("d00503")), Err(Vp9Error::Truncated));
}

#[test]
fn rewrites_in_place_and_keeps_widths() {
    let rewrite = |bytes: &str, id: u16| {
        let mut payload = hex(bytes);
        let d = Vp9Descriptor::parse(&payload).expect("parses");
        d.rewrite_picture_id(&mut payload, id).map(|()| payload)
    };
    assert_eq!(rewrite("a89e6503fdaa", 32767), Ok(hex("a8ffff03fdaa")));
    assert_eq!(rewrite("a89e6503fdaa", 1), Ok(hex("a8800103fdaa")));
    assert_eq!(rewrite("a80503fdaa", 127), Ok(hex("a87f03fdaa")));
    assert_eq!(rewrite("a80503fdaa", 128), Err(Vp9Error::TooLarge));
    assert_eq!(rewrite("a89e6503fdaa", 32768), Err(Vp9Error::TooLarge));
    assert_eq!(rewrite("2803fdaa", 1), Err(Vp9Error::Absent));
    for (bytes, expected) in [
        ("a89e6503fdaa", Ok("a89e650307aa")),
        ("a80503fdaa", Ok("a8050307aa")),
        ("2803fdaa", Ok("280307aa")),
        ("8805fdaa", Err(Vp9Error::Absent)),
        ("b00522ff", Err(Vp9Error::Absent)),
    ] {
        let mut payload = hex(bytes);
        let d = Vp9Descriptor::parse(&payload).expect("parses");
        assert_eq!(
            d.rewrite_tl0_picture_index(&mut payload, 7).map(|()| payload),
            expected.map(hex),
            "{bytes}"
        );
    }
}

#[test]
fn writes_what_it_reads() {
    let rows = [
        "a09e6500fd",
        "ed9e6650fd",
        "8ba558180628048601 0401",
        "aa9e6500fd58014000b402800168050002d0040404540134025401",
        "f0850722030506",
        "b00522",
        "00",
        "8a0500",
    ];
    for row in rows {
        let payload = hex(&row.replace(' ', ""));
        let d = Vp9Descriptor::parse(&payload).expect(row);
        let mut out = [0; 64];
        let len = d.write(d.structure(&payload).as_ref(), &mut out);
        assert_eq!(out[..len], payload, "{row}");
    }
}

fn references(bits: u32) -> impl Strategy<Value = References> {
    prop::collection::vec(0..(1_u16 << bits), 0..=3)
        .prop_map(|diffs| References::new(&diffs.iter().map(|&diff| diff as u8).collect::<Vec<_>>()))
}

prop_compose! {
    fn picture()(temporal_id in 0..8_u8, switching_up: bool, references in references(8)) -> GroupPicture {
        GroupPicture { temporal_id, switching_up, references }
    }
}

prop_compose! {
    fn descriptor()(
        flexible: bool,
        flags: [bool; 4],
        id in prop_oneof![(0..128_u8).prop_map(PictureId::Short), (0..32768_u16).prop_map(PictureId::Long)],
        with_id: bool,
        layer in prop::option::of((0..8_u8, 0..8_u8, any::<[bool; 2]>(), any::<u8>())),
        references in references(7),
    ) -> Vp9Descriptor {
        let indices = layer.map(|(temporal_id, spatial_id, [switching_up, inter_layer_predicted], _)| {
            LayerIndices { temporal_id, switching_up, spatial_id, inter_layer_predicted }
        });
        Vp9Descriptor {
            picture_id: (flexible || with_id).then_some(id),
            inter_picture_predicted: if flexible { !references.as_slice().is_empty() } else { flags[0] },
            flexible,
            frame_start: flags[1],
            frame_end: flags[2],
            not_reference_for_upper: flags[3],
            layer: indices,
            tl0_picture_index: layer.filter(|_| !flexible).map(|layer| layer.3),
            references: if flexible { references } else { References::default() },
            structure_start: None,
            len: 0,
        }
    }
}

proptest! {
    #[test]
    fn reads_what_it_writes(
        descriptor in descriptor(),
        pictures in prop::option::of(prop::collection::vec(picture(), 0..20)),
        sizes in prop::option::of(any::<[(u16, u16); MAX_SPATIAL_LAYERS]>()),
        spatial_layers in prop::option::of(1..=8_u8),
    ) {
        let mut pattern = [0; 128];
        let group = pictures.as_ref().map(|pictures| PictureGroup::encode(pictures, &mut pattern));
        let structure = spatial_layers.map(|spatial_layers| {
            let trim = |mut sizes: [(u16, u16); MAX_SPATIAL_LAYERS]| {
                sizes[usize::from(spatial_layers)..].fill((0, 0));
                sizes
            };
            ScalabilityStructure { spatial_layers, sizes: sizes.map(trim), group }
        });
        let mut out = [0; 256];
        let len = descriptor.write(structure.as_ref(), &mut out);
        let read = Vp9Descriptor::parse(&out[..len]).expect("ours");
        prop_assert_eq!(read.len, len);
        prop_assert_eq!(read.structure(&out), structure);
        prop_assert_eq!(Vp9Descriptor { structure_start: None, len: 0, ..read }, descriptor);
        if let (Some(group), Some(pictures)) = (read.structure(&out).and_then(|s| s.group), pictures) {
            prop_assert!(group.iter().eq(pictures));
        }
        prop_assert!(structure.is_some() || len <= MAX_LEN_WITHOUT_STRUCTURE);
    }

    #[test]
    fn any_bytes_parse_or_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(d) = Vp9Descriptor::parse(&bytes) {
            prop_assert!(d.len <= bytes.len());
            let pictures = d.structure(&bytes).and_then(|s| s.group).map_or(0, |group| group.iter().count());
            prop_assert!(pictures <= 255);
        }
    }
}
