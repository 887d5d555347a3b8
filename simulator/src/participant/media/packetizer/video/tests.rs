use super::super::vp8::{DESCRIPTOR_LEN, START_CODE};
use super::*;

mod streams;

fn frame(key: bool, temporal: u8, bytes: u32) -> EncodedFrame {
    EncodedFrame {
        key,
        spatial: 0,
        temporal,
        bytes,
        width: 640,
        height: 360,
        captured: Time::from_millis(500),
        encode: Duration::from_millis(8),
        active_layers: 1,
        ends_picture: true,
    }
}

fn packetizer() -> VideoPacketizer {
    VideoPacketizer::new(
        VideoIdentity { publisher: 3, source: 1, encoding: 2 },
        StreamFormat::vp8(3),
        0x7fff,
        255,
    )
}

fn payloads(packetizer: &mut VideoPacketizer, frame: &EncodedFrame) -> Vec<(Vec<u8>, Payload)> {
    let mut packets = packetizer.start(frame);
    let mut out = [0; 1_500];
    std::iter::from_fn(|| packets.next_payload(&mut out).map(|p| (out[..p.len].to_vec(), p))).collect()
}

#[test]
fn frames_split_evenly_with_the_marker_on_the_last() {
    // bytes, packets, longest payload
    let rows =
        [(1u32, 1, 6 + 10 + 39), (1_124, 1, 1_130), (1_125, 2, 569), (3_000, 3, 1_006), (11_240, 10, 1_130)];
    for (bytes, count, longest) in rows {
        let packets = payloads(&mut packetizer(), &frame(true, 0, bytes));
        assert_eq!(packets.len(), count, "{bytes} bytes");
        assert_eq!(packets.iter().map(|p| p.1.len).max(), Some(longest), "{bytes} bytes");
        assert!(packets.iter().rev().enumerate().all(|(n, p)| p.1.marker == (n == 0)), "{bytes} bytes");
        let content: usize = packets.iter().map(|p| p.1.len - DESCRIPTOR_LEN).sum();
        assert_eq!(content, (bytes as usize).max(49), "{bytes} bytes");
    }
}

#[test]
fn key_frames_start_like_vp8_and_every_packet_carries_the_stamp() {
    let packets = payloads(&mut packetizer(), &frame(true, 0, 2_500));
    for (n, (bytes, payload)) in packets.iter().enumerate() {
        let d = Vp8Descriptor::parse(bytes).expect("descriptor");
        assert_eq!((d.len, d.frame_start(), d.key_frame_start), (6, n == 0, n == 0));
        assert_eq!(d.picture_id, Some(PictureId::Long(0x7fff)));
        assert_eq!((d.tl0_picture_index, d.temporal_id, d.key_index), (Some(255), Some(0), Some(0)));
        let at = if n == 0 { 16 } else { 6 };
        let stamp = VideoStamp::read(&bytes[at..]).expect("stamp");
        assert_eq!((stamp.index, stamp.count, stamp.ordinal), (n as u16, 3, payload.ordinal));
        assert_eq!((stamp.publisher, stamp.source, stamp.encoding, stamp.key), (3, 1, 2, true));
    }
    let header = &packets[0].0[6..16];
    assert_eq!(header[3..6], START_CODE);
    assert_eq!((header[6..8].to_vec(), header[8..10].to_vec()), (vec![0x80, 0x02], vec![0x68, 0x01]));
}

#[test]
fn counters_continue_and_wrap_per_encoding() {
    let mut packetizer = packetizer();
    // key, temporal -> picture id, tl0, key index, Y, N
    let rows = [
        (true, 0, 0x7fff, 255, 0, false, false),
        (false, 2, 0, 255, 0, true, true),
        (false, 1, 1, 255, 0, true, false),
        (false, 2, 2, 255, 0, false, true),
        (false, 0, 3, 0, 0, false, false),
        (true, 2, 4, 1, 1, false, false),
    ];
    for (n, (key, temporal, id, tl0, key_index, sync, non_reference)) in (0..).zip(rows) {
        assert_eq!(packetizer.next_ordinal(), n);
        let packets = payloads(&mut packetizer, &frame(key, temporal, 400));
        let d = Vp8Descriptor::parse(&packets[0].0).expect("descriptor");
        assert_eq!(d.picture_id, Some(PictureId::Long(id)), "frame {n}");
        assert_eq!((d.tl0_picture_index, d.key_index), (Some(tl0), Some(key_index)), "frame {n}");
        assert_eq!((d.layer_sync, d.non_reference), (sync, non_reference), "frame {n}");
        assert_eq!(d.key_frame_start, key, "frame {n}");
    }
}

#[test]
fn a_small_limit_still_holds_every_stamp() {
    let mut packetizer = packetizer().with_max_payload(10);
    let packets = payloads(&mut packetizer, &frame(true, 0, 1_000));
    for (n, (bytes, _)) in packets.iter().enumerate() {
        assert!(bytes.len() <= DESCRIPTOR_LEN + 10 + 2 * VideoStamp::LEN);
        assert!(VideoStamp::read(&bytes[if n == 0 { 16 } else { 6 }..]).is_ok());
    }
}
