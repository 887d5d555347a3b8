//! Every codec's packets, taken apart again by the rules of its payload format.

use proptest::prelude::*;
use sfu::codec::av1::{Av1Descriptor, elements};
use sfu::codec::h264::{H264Descriptor, Packing, aggregated, nal_type};

use super::*;
use crate::participant::media::packetizer::h264::ARMOURED_LEN;
use crate::participant::media::packetizer::{SLICE_HEADER_LEN, unarmour};

const CODECS: [Codec; 5] = [Codec::Vp8, Codec::Vp9, Codec::Av1, Codec::H264, Codec::H264Mode0];

fn packetizer(codec: Codec, spatial: u8, described: bool) -> VideoPacketizer {
    let scalability = Scalability { spatial, temporal: 3, inter_layer: InterLayer::Always };
    let sizes = (0..spatial).map(|n| (320 << n, 180 << n)).collect();
    let format = StreamFormat { codec, scalability, sizes, described, encrypted: false };
    VideoPacketizer::new(VideoIdentity { publisher: 3, source: 1, encoding: 0 }, format, 7, 9)
}

/// Packets with their descriptors.
fn packets(packetizer: &mut VideoPacketizer, frame: &EncodedFrame) -> Vec<(Vec<u8>, Vec<u8>, bool)> {
    let mut packets = packetizer.start(frame);
    let mut out = [0; 1_500];
    let mut descriptor = [0; 255];
    std::iter::from_fn(|| {
        let len = packets.next_descriptor(&mut descriptor);
        let payload = packets.next_payload(&mut out)?;
        Some((out[..payload.len].to_vec(), descriptor[..len].to_vec(), payload.marker))
    })
    .collect()
}

/// The NAL units of a picture, put together by RFC 6184; and the mode that its packets need.
fn nal_units(packets: &[(Vec<u8>, Vec<u8>, bool)]) -> (Vec<Vec<u8>>, Mode) {
    let (mut units, mut mode): (Vec<Vec<u8>>, _) = (Vec::new(), Mode::SingleNal);
    for (payload, ..) in packets {
        let descriptor = H264Descriptor::parse(payload).expect("sound");
        match descriptor.packing {
            Packing::Single => units.push(payload.clone()),
            Packing::Aggregate => units.extend(aggregated(payload).map(|unit| unit.expect("whole").to_vec())),
            Packing::Fragment { start: true, .. } => {
                units.push([&[(payload[0] & 0xe0) | (payload[1] & 0x1f)], &payload[2..]].concat());
            }
            Packing::Fragment { .. } => {
                units.last_mut().expect("a fragment was begun").extend_from_slice(&payload[2..]);
            }
        }
        if !descriptor.is_valid_in(Mode::SingleNal) {
            mode = Mode::NonInterleaved;
        }
    }
    (units, mode)
}

/// The frame's own bytes, put together by the codec's rules.
fn content(codec: Codec, packets: &[(Vec<u8>, Vec<u8>, bool)]) -> usize {
    match codec {
        Codec::Vp9 => {
            let parse = |(payload, ..): &(Vec<u8>, _, _)| {
                let descriptor = Vp9Descriptor::parse(payload).expect("sound");
                (descriptor.frame_start, descriptor.frame_end, payload.len() - descriptor.len)
            };
            let parts: Vec<_> = packets.iter().map(parse).collect();
            assert!(parts.iter().enumerate().all(|(n, part)| part.0 == (n == 0)), "B on the first");
            assert!(parts.iter().rev().enumerate().all(|(n, part)| part.1 == (n == 0)), "E on the last");
            parts.iter().map(|part| part.2).sum()
        }
        Codec::Av1 => {
            let mut frame = 0;
            for (n, (payload, ..)) in packets.iter().enumerate() {
                let descriptor = Av1Descriptor::parse(payload).expect("sound");
                assert_eq!(descriptor.aggregation.continues, n > 0, "Z");
                assert_eq!(descriptor.aggregation.continued, n + 1 < packets.len(), "Y");
                assert_eq!(descriptor.aggregation.new_sequence, descriptor.has_sequence_header, "N");
                frame += elements(payload).last().expect("one at least").expect("whole").len();
            }
            frame
        }
        Codec::H264 | Codec::H264Mode0 => {
            let (units, _) = nal_units(packets);
            let slices =
                units.iter().filter(|unit| matches!(unit[0] & 0x1f, nal_type::SLICE | nal_type::IDR));
            slices.map(|unit| unit.len() - 1).sum()
        }
        Codec::Vp8 | Codec::Opus => {
            let parse = |(payload, ..): &(Vec<u8>, _, _)| {
                payload.len() - Vp8Descriptor::parse(payload).expect("sound").len
            };
            packets.iter().map(parse).sum()
        }
    }
}

proptest! {
    #[test]
    fn frames_come_out_as_they_went_in(
        codec in prop::sample::select(&CODECS[..]),
        sizes in prop::collection::vec(1u32..20_000, 1..12),
        described in any::<bool>(),
    ) {
        let mut packetizer = packetizer(codec, 1, described);
        for (n, bytes) in sizes.into_iter().enumerate() {
            let frame = EncodedFrame { temporal: [0, 2, 1, 2][n % 4], ..frame(n % 7 == 0, 0, bytes) };
            let packets = packets(&mut packetizer, &frame);
            // Head and stamp, at most.
            let least = 10 + VideoStamp::LEN;
            let (bytes, found) = (bytes as usize, content(codec, &packets));
            prop_assert!(found == bytes || (bytes <= least && found <= least), "{found} of {bytes}");
            prop_assert!(packets.iter().all(|packet| packet.0.len() <= MAX_PAYLOAD));
            prop_assert!(packets.iter().rev().enumerate().all(|(n, packet)| packet.2 == (n == 0)));
            prop_assert!(packets.iter().all(|packet| packet.1.is_empty() != described));
            let room = |packet: &(Vec<u8>, Vec<u8>, bool)| packet.0.len() + packet.1.len();
            prop_assert!(packets.iter().map(room).max() <= Some(MAX_PAYLOAD + 16));
        }
    }

    #[test]
    fn armour_holds_any_stamp_and_no_zero(frame: u32, nanos: u64, references: [u8; 3]) {
        let mut packetizer = packetizer(Codec::H264, 1, false);
        let first = packetizer.start(&super::frame(true, 0, 400)).stamp;
        let stamp = VideoStamp { frame, captured: Time::from_nanos(nanos), references, ..first };
        let mut out = [0; ARMOURED_LEN];
        crate::participant::media::packetizer::h264::write_armoured(&stamp, &mut out);
        prop_assert!(out.iter().all(|byte| *byte >= 0x80));
        prop_assert_eq!(VideoStamp::read(&unarmour(&out).expect("long enough")), Ok(stamp));
    }
}

#[test]
fn h264_packs_as_its_mode_says() {
    use nal_type::{IDR, PPS, SLICE, SPS};
    // mode, key, bytes, packets, NAL units
    let rows: [(Codec, bool, u32, usize, &[u8]); 8] = [
        (Codec::H264, true, 400, 1, &[SPS, PPS, IDR]),
        (Codec::H264, true, 3_000, 4, &[SPS, PPS, IDR]),
        (Codec::H264, true, 1_125, 2, &[SPS, PPS, IDR]),
        (Codec::H264, false, 400, 1, &[SLICE]),
        (Codec::H264, false, 3_000, 3, &[SLICE]),
        (Codec::H264Mode0, true, 400, 3, &[SPS, PPS, IDR]),
        (Codec::H264Mode0, true, 3_000, 5, &[SPS, PPS, IDR, IDR, IDR]),
        (Codec::H264Mode0, false, 3_000, 3, &[SLICE, SLICE, SLICE]),
    ];
    for (codec, key, bytes, count, expected) in rows {
        let packets = packets(&mut packetizer(codec, 1, false), &frame(key, 0, bytes));
        let (units, mode) = nal_units(&packets);
        let types: Vec<u8> = units.iter().map(|unit| unit[0] & 0x1f).collect();
        assert_eq!((packets.len(), &types[..]), (count, expected), "{codec:?} {key} {bytes}");
        assert!(codec == Codec::H264 || mode == Mode::SingleNal, "{codec:?} {key} {bytes}");
        for unit in &units {
            assert!(unit.windows(3).all(|three| three[..2] != [0, 0] || three[2] > 3), "no start code");
        }
        let slices = units.iter().filter(|unit| matches!(unit[0] & 0x1f, SLICE | IDR));
        for (n, slice) in slices.enumerate() {
            // The first bit behind the header is first_mb_in_slice's: 1 for macroblock 0.
            assert_eq!(slice[1] & 0x80 != 0, n == 0, "{codec:?} {key} {bytes}");
            let plain = unarmour(&slice[1 + SLICE_HEADER_LEN..]).expect("long enough");
            assert_eq!(VideoStamp::read(&plain).expect("a stamp").frame, 0);
        }
    }
}

#[test]
fn layers_of_a_picture_share_ids_and_end_with_the_marker() {
    let mut packetizer = packetizer(Codec::Vp9, 3, false);
    // Picture: key or not, temporal layer, spatial layers; its id, TL0PICIDX, P, how many layers are announced
    let rows = [
        (true, 0, 3, 7, 9, false, Some(3)),
        (false, 2, 3, 8, 9, true, None),
        (false, 1, 1, 9, 9, true, None),
        (false, 0, 1, 10, 10, true, Some(1)),
        (false, 0, 3, 11, 11, true, Some(3)),
    ];
    for (n, (key, temporal, on, id, tl0, predicted, announced)) in rows.into_iter().enumerate() {
        for spatial in 0..on {
            let whole = EncodedFrame {
                spatial,
                active_layers: on,
                ends_picture: spatial + 1 == on,
                ..frame(key && spatial == 0, temporal, 2_000)
            };
            let found = packets(&mut packetizer, &whole);
            let markers: Vec<bool> = found.iter().map(|packet| packet.2).collect();
            assert_eq!(markers, [false, spatial + 1 == on], "picture {n}, layer {spatial}");
            let d = Vp9Descriptor::parse(&found[0].0).expect("sound");
            assert_eq!((d.picture_id, d.tl0_picture_index), (Some(PictureId::Long(id)), Some(tl0)));
            let layer = d.layer.expect("always there");
            assert_eq!((layer.temporal_id, layer.spatial_id), (temporal, spatial));
            assert_eq!(layer.inter_layer_predicted, spatial > 0, "picture {n}, layer {spatial}");
            // Layers that come back have no earlier picture to refer to.
            let back = n == 4 && spatial > 0;
            assert_eq!(d.inter_picture_predicted, predicted && !back, "picture {n}, layer {spatial}");
            assert_eq!(d.not_reference_for_upper, spatial == 2, "picture {n}, layer {spatial}");
            let structure = d.structure(&found[0].0).map(|structure| structure.spatial_layers);
            assert_eq!(structure, announced.filter(|_| spatial == 0), "picture {n}, layer {spatial}");
        }
    }
}

#[test]
fn a_key_frame_declares_the_structure_in_its_first_packet() {
    let mut packetizer = packetizer(Codec::Av1, 3, true);
    for spatial in 0..3 {
        let (key, ends_picture) = (spatial == 0, spatial == 2);
        let whole = EncodedFrame { spatial, active_layers: 3, ends_picture, ..frame(key, 0, 3_000) };
        let found = packets(&mut packetizer, &whole);
        for (n, (_, descriptor, _)) in found.iter().enumerate() {
            let has_structure = descriptor.len() > 3 && descriptor[3] & 0x80 != 0;
            assert_eq!(has_structure, key && n == 0, "layer {spatial}, packet {n}");
            assert_eq!(descriptor[0] & 0x80 != 0, n == 0, "start of frame");
            assert_eq!(descriptor[0] & 0x40 != 0, n + 1 == found.len(), "end of frame");
            assert_eq!(descriptor[1..3], [0, spatial], "frame number");
        }
        assert_eq!(Av1Descriptor::parse(&found[0].0).expect("sound").layer, Some((0, spatial)));
    }
}
