use super::super::ScalableStructure;
use super::*;

fn mode(spatial: u8, temporal: u8, inter_layer: InterLayer) -> Scalability {
    Scalability { spatial, temporal, inter_layer }
}

fn describer(scalability: Scalability) -> Describer {
    let sizes: Vec<(u16, u16)> = (0..scalability.spatial).map(|n| (320 << n, 180 << n)).collect();
    let structure = Structure::Scalable(ScalableStructure::new(scalability));
    Describer::new(scalability, 60, &sizes, structure)
}

/// Templates as text: layer, indications, chain differences, frame differences.
fn text(template: &FrameDependencies, targets: u8) -> String {
    let indication = |target| match template.indications.get(target) {
        Indication::NotPresent => '-',
        Indication::Discardable => 'D',
        Indication::Switch => 'S',
        Indication::Required => 'R',
    };
    let indications: String = (0..targets).map(indication).collect();
    let (chains, frames) = (template.chain_diffs.as_slice(), template.frame_diffs.as_slice());
    format!("S{}T{} {indications} {chains:?} {frames:?}", template.spatial_id, template.temporal_id)
}

#[test]
fn templates_are_those_of_libwebrtc() {
    use InterLayer::{Always, KeyPictures};
    // libwebrtc, `DependencyStructure` of its scalability structures; templates of one layer in the order of frames.
    let rows: [(Scalability, &[&str]); 6] = [
        (mode(1, 2, Always), &["S0T0 SS [0] []", "S0T0 SS [2] [2]", "S0T1 -D [1] [1]"]),
        (
            mode(1, 3, Always),
            &[
                "S0T0 SSS [0] []",
                "S0T0 SSS [4] [4]",
                "S0T1 -DS [2] [2]",
                "S0T2 --D [1] [1]",
                "S0T2 --D [3] [1]",
            ],
        ),
        (
            mode(2, 1, KeyPictures),
            &["S0T0 SS [0, 0] []", "S0T0 S- [2, 1] [2]", "S1T0 -S [1, 1] [1]", "S1T0 -S [1, 2] [2]"],
        ),
        (
            mode(2, 2, Always),
            &[
                "S0T0 SSSS [0, 0] []",
                "S0T0 SSRR [4, 3] [4]",
                "S0T1 -D-R [2, 1] [2]",
                "S1T0 --SS [1, 1] [1]",
                "S1T0 --SS [1, 1] [4, 1]",
                "S1T1 ---D [3, 2] [2, 1]",
            ],
        ),
        (
            mode(3, 3, Always),
            &[
                "S0T0 SSSSSSSSS [0, 0, 0] []",
                "S0T0 SSSRRRRRR [12, 11, 10] [12]",
                "S0T1 -DS-RR-RR [6, 5, 4] [6]",
                "S0T2 --D--R--R [3, 2, 1] [3]",
                "S0T2 --D--R--R [9, 8, 7] [3]",
                "S1T0 ---SSSSSS [1, 1, 1] [1]",
                "S1T0 ---SSSRRR [1, 1, 1] [12, 1]",
                "S1T1 ----DS-RR [7, 6, 5] [6, 1]",
                "S1T2 -----D--R [4, 3, 2] [3, 1]",
                "S1T2 -----D--R [10, 9, 8] [3, 1]",
                "S2T0 ------SSS [2, 1, 1] [1]",
                "S2T0 ------SSS [2, 1, 1] [12, 1]",
                "S2T1 -------DS [8, 7, 6] [6, 1]",
                "S2T2 --------D [5, 4, 3] [3, 1]",
                "S2T2 --------D [11, 10, 9] [3, 1]",
            ],
        ),
        (
            mode(3, 3, KeyPictures),
            &[
                "S0T0 SSSSSSSSS [0, 0, 0] []",
                "S0T0 SSS------ [12, 11, 10] [12]",
                "S0T1 -DS------ [6, 5, 4] [6]",
                "S0T2 --D------ [3, 2, 1] [3]",
                "S0T2 --D------ [9, 8, 7] [3]",
                "S1T0 ---SSSSSS [1, 1, 1] [1]",
                "S1T0 ---SSS--- [1, 12, 11] [12]",
                "S1T1 ----DS--- [7, 6, 5] [6]",
                "S1T2 -----D--- [4, 3, 2] [3]",
                "S1T2 -----D--- [10, 9, 8] [3]",
                "S2T0 ------SSS [2, 1, 1] [1]",
                "S2T0 ------SSS [2, 1, 12] [12]",
                "S2T1 -------DS [8, 7, 6] [6]",
                "S2T2 --------D [5, 4, 3] [3]",
                "S2T2 --------D [11, 10, 9] [3]",
            ],
        ),
    ];
    for (scalability, expected) in rows {
        let describer = describer(scalability);
        let declared = describer.declared();
        let found: Vec<String> =
            declared.templates().iter().map(|template| text(template, declared.decode_targets())).collect();
        assert_eq!(found, expected, "{scalability:?}");
        for target in 0..declared.decode_targets() {
            assert_eq!(declared.protecting_chain(target), Some(target / scalability.temporal));
        }
    }
}

/// The masks and structures of pictures of the temporal base with so many layers on; the first is a key picture.
fn announced(inter_layer: InterLayer, on: &[u8]) -> Vec<(bool, Option<u32>)> {
    let scalability = mode(3, 2, inter_layer);
    let (mut describer, mut structure) = (describer(scalability), ScalableStructure::new(scalability));
    let mut found = Vec::new();
    for (n, &on) in on.iter().enumerate() {
        for spatial in 0..on {
            let frame = found.len() as u32;
            let place = Place { frame, key: n == 0 && spatial == 0, spatial, temporal: 0 };
            let dependencies = structure.next(place);
            let described = describer.next(place, &dependencies, on);
            found.push((described.has_structure, described.active_decode_targets));
        }
    }
    found
}

#[test]
fn which_targets_are_on_is_told_until_every_chain_has_heard() {
    let (none, base, all) = ((false, None), (false, Some(0b11)), (false, Some(0b11_1111)));
    // A frame of the base belongs to every chain there, so one frame tells all.
    assert_eq!(announced(InterLayer::Always, &[3, 1, 1]), [(true, None), none, none, base, none]);
    assert_eq!(announced(InterLayer::Always, &[1, 1]), [(true, Some(0b11)), none]);
    // Outside key pictures each chain has its own.
    let expected = [(true, Some(0b11)), all, all, all, none, none, none];
    assert_eq!(announced(InterLayer::KeyPictures, &[1, 3, 3]), expected);
}

#[test]
fn a_chain_that_is_off_counts_nothing() {
    let scalability = mode(2, 1, InterLayer::Always);
    let (mut describer, mut structure) = (describer(scalability), ScalableStructure::new(scalability));
    for frame in 0..300 {
        let place = Place { frame, key: frame == 0, spatial: 0, temporal: 0 };
        let described = describer.next(place, &structure.next(place), 1);
        assert_eq!(described.frame.chain_diffs.as_slice()[1], 0, "frame {frame}");
        assert_eq!(described.frame.frame_diffs.as_slice(), if frame == 0 { &[][..] } else { &[1] });
    }
}
