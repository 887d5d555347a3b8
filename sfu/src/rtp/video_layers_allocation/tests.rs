//! Rows of hex that other SFUs test.

use proptest::prelude::*;

use super::*;

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex")).collect()
}

/// Stream, spatial layer, kbit/s up to each temporal layer, (width, height, frame rate).
type Layer = (u8, u8, Vec<u64>, Option<(u32, u32, u8)>);

fn see(allocation: &VideoLayersAllocation) -> Vec<Layer> {
    let layer = |(stream, spatial, layer): (u8, u8, &LayerAllocation)| {
        let rates = layer.cumulative_rates().iter().map(|rate| rate.as_kbps()).collect();
        (stream, spatial, rates, layer.format.map(|f| (f.width, f.height, f.max_frame_rate)))
    };
    allocation.active_layers().map(layer).collect()
}

/// The same layers in every stream, from spatial layer 0 up, without formats.
fn plain(streams: &[&[&[u64]]]) -> Vec<Layer> {
    let numbered =
        streams.iter().zip(0..).flat_map(|(layers, stream)| layers.iter().zip(0..).map(move |l| (stream, l)));
    numbered.map(|(stream, (rates, spatial))| (stream, spatial, rates.to_vec(), None)).collect()
}

fn rows() -> Vec<(&'static str, &'static str, u8, u8, Vec<Layer>)> {
    let format = |layers: Vec<Layer>, formats: &[(u32, u32, u8)]| -> Vec<Layer> {
        layers.into_iter().zip(formats).map(|((a, b, c, _), f)| (a, b, c, Some(*f))).collect()
    };
    let three: [&[u64]; 3] = [&[100, 101], &[110, 111], &[120, 121]];
    vec![
        ("T2.122, T2.134", "00", 0, 0, vec![]),
        ("T2.123", "01805078c801013f00b321", 0, 1, format(plain(&[&[&[80, 120, 200]]]), &[(320, 180, 33)])),
        ("T2.128", "07009601f403aa0b", 0, 1, plain(&[&[&[150], &[500], &[1450]]])),
        ("T2.136", "4000", 1, 1, vec![]),
        (
            "T2.139",
            "615464656e6f7879013f00b30f027f01671e04ff02cf3c",
            1,
            3,
            format(
                plain(&[&three[..1], &three[1..2], &three[2..]]),
                &[(320, 180, 15), (640, 360, 30), (1280, 720, 60)],
            ),
        ),
        ("T2.141", "075464656e6f7879", 0, 1, plain(&[&three])),
        (
            "T2.143",
            "17555064656e6f7879c801c901d201d301dc01dd01",
            0,
            2,
            plain(&[&three, &[&[200, 201], &[210, 211], &[220, 221]]]),
        ),
        (
            "T2.144",
            "0b5464656e6f7879",
            0,
            1,
            vec![(0, 0, vec![100, 101], None), (0, 1, vec![110, 111], None), (0, 3, vec![120, 121], None)],
        ),
        // A mask of its own for each stream: layers 0 and 1 of the first, none of the second, 0 of the third.
        (
            "individual masks",
            "a030100019ac0232",
            2,
            3,
            vec![(0, 0, vec![25], None), (0, 1, vec![300], None), (2, 0, vec![50], None)],
        ),
    ]
}

#[test]
fn parses_rows_and_writes_the_same_bytes() {
    for (id, bytes, current, streams, layers) in rows() {
        let allocation = VideoLayersAllocation::parse(&hex(bytes)).expect(id);
        assert_eq!((allocation.current_stream, allocation.streams), (current, streams), "{id}");
        assert_eq!(see(&allocation), layers, "{id}");
        let mut out = [0; 255];
        let len = allocation.write(&mut out).expect(id);
        assert_eq!(out[..len], hex(bytes), "{id}");
        assert_eq!(allocation.write(&mut out[..len - 1]), Err(VideoLayersAllocationError::NoRoom), "{id}");
    }
}

#[test]
fn short_formats_are_left_out() {
    let allocation = VideoLayersAllocation::parse(&hex("01805078c801013f00b3")).expect("T2.129");
    assert_eq!(see(&allocation), plain(&[&[&[80, 120, 200]]]), "T2.129");
}

#[test]
fn refusals() {
    let rows = [
        ("T2.132", "10ff00", VideoLayersAllocationError::Truncated),
        ("T2.135", "60", VideoLayersAllocationError::Truncated),
        ("nothing", "", VideoLayersAllocationError::Truncated),
        ("no rates", "0180", VideoLayersAllocationError::Truncated),
        ("rates cut off", "01805078c8", VideoLayersAllocationError::Truncated),
        ("a rate of nine bytes", "0100808080808080808001", VideoLayersAllocationError::Rate),
        ("a rate of 2³² kbit/s", "01008080808010", VideoLayersAllocationError::Rate),
    ];
    for (id, bytes, error) in rows {
        assert_eq!(VideoLayersAllocation::parse(&hex(bytes)), Err(error), "{id}");
    }
}

#[test]
fn inconsistent_allocations_are_not_written() {
    let sound =
        VideoLayersAllocation::parse(&hex("615464656e6f7879013f00b30f027f01671e04ff02cf3c")).expect("sound");
    let change = |f: &dyn Fn(&mut VideoLayersAllocation)| {
        let mut allocation = sound;
        f(&mut allocation);
        allocation.write(&mut [0; 255])
    };
    let set_width = |a: &mut VideoLayersAllocation, width: u32| {
        a.layers[0][0].as_mut().expect("active").format.as_mut().expect("a format").width = width;
    };
    type Row<'a> = (&'a str, &'a dyn Fn(&mut VideoLayersAllocation));
    let rows: [Row<'_>; 7] = [
        ("a layer of no stream", &|a| a.streams = 2),
        ("too many streams", &|a| a.streams = 5),
        ("current stream", &|a| a.current_stream = 4),
        ("a format missing", &|a| a.layers[1][0].as_mut().expect("active").format = None),
        ("no width", &|a| set_width(a, 0)),
        ("too wide", &|a| set_width(a, 65_537)),
        ("no temporal layer", &|a| a.layers[0][1] = Some(LayerAllocation::default())),
    ];
    for (what, f) in rows {
        assert_eq!(change(f), Err(VideoLayersAllocationError::Inconsistent), "{what}");
    }
    assert!(change(&|a| set_width(a, 65_536)).is_ok());
}

prop_compose! {
    fn layer(formats: bool)(
        rates in prop::collection::vec(any::<u32>(), 1..=MAX_TEMPORAL_LAYERS),
        (width, height, max_frame_rate) in (1..=65_536_u32, 1..=65_536_u32, any::<u8>()),
    ) -> LayerAllocation {
        let rates: Vec<_> = rates.into_iter().map(|kbps| DataRate::from_kbps(u64::from(kbps))).collect();
        let format = formats.then_some(LayerFormat { width, height, max_frame_rate });
        LayerAllocation { format, ..LayerAllocation::new(&rates) }
    }
}

prop_compose! {
    fn allocation()(formats in any::<bool>())(
        current_stream in 0..4_u8,
        streams in 1..=4_u8,
        layers in prop::array::uniform4(prop::array::uniform4(prop::option::of(layer(formats)))),
    ) -> VideoLayersAllocation {
        let mut layers = layers;
        layers[usize::from(streams)..].fill([None; MAX_SPATIAL_LAYERS]);
        VideoLayersAllocation { current_stream, streams, layers }
    }
}

proptest! {
    #[test]
    fn reads_what_it_writes(allocation in allocation()) {
        let mut out = [0; 512];
        let len = allocation.write(&mut out).expect("sound");
        prop_assert_eq!(VideoLayersAllocation::parse(&out[..len]), Ok(allocation));
    }

    #[test]
    fn any_bytes_parse_or_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        if let Ok(allocation) = VideoLayersAllocation::parse(&bytes) {
            let mut out = [0; 512];
            let len = allocation.write(&mut out).expect("what was read can be written");
            prop_assert_eq!(VideoLayersAllocation::parse(&out[..len]), Ok(allocation));
        }
    }
}
