use super::*;

const fn mode(spatial: u8, temporal: u8, inter_layer: InterLayer) -> Scalability {
    Scalability { spatial, temporal, inter_layer }
}

/// The references of each frame of pictures with these temporal layers, the first of which is a key picture; `on` says
/// how many spatial layers each has.
fn references(scalability: Scalability, temporal: &[u8], on: &[u8]) -> Vec<[u8; 3]> {
    let mut structure = ScalableStructure::new(scalability);
    let mut found = Vec::new();
    for (n, (&temporal, &on)) in temporal.iter().zip(on).enumerate() {
        for spatial in 0..on {
            let place =
                Place { frame: 500 + found.len() as u32, key: n == 0 && spatial == 0, spatial, temporal };
            found.push(structure.next(place).references);
        }
    }
    found
}

#[test]
fn which_frame_refers_to_which() {
    use InterLayer::{Always, KeyPictures};
    /// Mode, temporal layers, spatial layers that are on, references of each frame.
    type Row<'a> = (Scalability, &'a [u8], &'a [u8], &'a [[u8; 3]]);
    let rows: [Row<'_>; 9] = [
        (mode(1, 1, Always), &[0, 0, 0], &[1; 3], &[[0; 3], [1, 0, 0], [1, 0, 0]]),
        (mode(1, 2, Always), &[0, 1, 0, 1], &[1; 4], &[[0; 3], [1, 0, 0], [2, 0, 0], [1, 0, 0]]),
        (
            mode(1, 3, Always),
            &[0, 2, 1, 2, 0],
            &[1; 5],
            &[[0; 3], [1, 0, 0], [2, 0, 0], [1, 0, 0], [4, 0, 0]],
        ),
        (mode(2, 1, Always), &[0, 0], &[2; 2], &[[0; 3], [1, 0, 0], [2, 0, 0], [2, 1, 0]]),
        (mode(2, 1, KeyPictures), &[0, 0], &[2; 2], &[[0; 3], [1, 0, 0], [2, 0, 0], [2, 0, 0]]),
        (
            mode(3, 3, Always),
            &[0, 2, 1, 2],
            &[3; 4],
            &[
                [0; 3],
                [1, 0, 0],
                [1, 0, 0],
                [3, 0, 0],
                [3, 1, 0],
                [3, 1, 0],
                [6, 0, 0],
                [6, 1, 0],
                [6, 1, 0],
                [3, 0, 0],
                [3, 1, 0],
                [3, 1, 0],
            ],
        ),
        (
            mode(3, 2, KeyPictures),
            &[0, 1, 0],
            &[3; 3],
            &[[0; 3], [1, 0, 0], [1, 0, 0], [3, 0, 0], [3, 0, 0], [3, 0, 0], [6, 0, 0], [6, 0, 0], [6, 0, 0]],
        ),
        // The upper layer goes, and comes back with a frame that refers to the layer below alone.
        (
            mode(2, 1, Always),
            &[0, 0, 0, 0],
            &[2, 1, 2, 2],
            &[[0; 3], [1, 0, 0], [2, 0, 0], [1, 0, 0], [1, 0, 0], [2, 0, 0], [2, 1, 0]],
        ),
        // No frame of the middle layer since the base: the top refers to the base.
        (mode(1, 3, Always), &[0, 1, 0, 2], &[1; 4], &[[0; 3], [1, 0, 0], [2, 0, 0], [1, 0, 0]]),
    ];
    for (scalability, temporal, on, expected) in rows {
        assert_eq!(references(scalability, temporal, on), expected, "{scalability:?} {on:?}");
    }
}

#[test]
fn a_key_picture_forgets_all_that_was() {
    let mut structure = ScalableStructure::new(mode(2, 3, InterLayer::Always));
    let mut frame = 0;
    for (n, temporal) in [0, 2, 1, 0, 2].into_iter().enumerate() {
        for spatial in 0..2 {
            let key = n % 3 == 0 && spatial == 0;
            let found = structure.next(Place { frame, key, spatial, temporal });
            assert_eq!(found.inter_picture, n % 3 != 0, "picture {n}");
            assert_eq!(found.inter_layer, spatial == 1, "picture {n}");
            assert_eq!(found.non_reference, temporal == 2, "picture {n}");
            frame += 1;
        }
    }
}
