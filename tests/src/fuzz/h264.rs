//! H.264 payloads, read whole and unit by unit. Input: a payload.

use sfu::codec::h264::{H264Descriptor, Mode, Packing, aggregated, write_stap_a};

pub(super) fn run(data: &[u8]) {
    let units: Result<Vec<&[u8]>, _> = aggregated(data).collect();
    let Ok(descriptor) = H264Descriptor::parse(data) else { return };
    assert!(descriptor.is_valid_in(Mode::NonInterleaved));
    assert_eq!(descriptor.is_valid_in(Mode::SingleNal), descriptor.packing == Packing::Single);
    assert!(!descriptor.key_frame_start || descriptor.has_sps || descriptor.has_idr);
    assert!(!(descriptor.key_frame_start && descriptor.discardable));
    if descriptor.packing != Packing::Aggregate {
        return;
    }
    let units = units.expect("an aggregate that was read has sound units");
    let mut out = vec![0; data.len()];
    let len = write_stap_a(&units, &mut out);
    assert_eq!(out[1..len], data[1..], "the units are all there is");
    let single = |unit: &&[u8]| H264Descriptor::parse(unit).expect("a sound unit");
    assert_eq!(descriptor.ref_idc, units.iter().map(|unit| single(unit).ref_idc).max().expect("a unit"));
    assert_eq!(descriptor.has_sps, units.iter().any(|unit| single(unit).has_sps));
    assert_eq!(descriptor.has_idr, units.iter().any(|unit| single(unit).has_idr));
    assert_eq!(descriptor.frame_start, single(&units[0]).frame_start);
}
