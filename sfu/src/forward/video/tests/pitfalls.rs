//! Faults that other units had with layers and switches, each under its thread.

use super::*;
use crate::codec::vp9::Vp9Descriptor;
use crate::forward::video::layered::{self, Mode};

/// Frames of one packet, the first of them a key frame.
fn frames(encoding: &mut Encoding, count: usize) -> Vec<IngressVideo> {
    (0..count).map(|i| encoding.frame(1, i == 0, false, Time::from_millis(33 * i as u64))[0].packet).collect()
}

fn sequences(p: &mut VideoProjection, packets: &[IngressVideo]) -> Vec<u16> {
    packets.iter().filter_map(|packet| p.project(packet).ok()).map(|out| out.sequence16()).collect()
}

/// mediasoup #793: numbers went out as the source's, less a difference taken at a switch.
#[test]
fn dropped_temporal_layers_do_not_look_like_loss() {
    for (temporal, count) in [(0, 3), (1, 6), (2, 12)] {
        let mut p = projection(layer(0, temporal));
        let packets: Vec<_> = frames(&mut encoding(0), 12);
        let expected: Vec<u16> = (101..101 + count).collect();
        assert_eq!(sequences(&mut p, &packets), expected);
        // On the way up and down as well.
        let mut e = encoding(0);
        let mut p = projection(layer(0, 0));
        let mut out = sequences(&mut p, &frames(&mut e, 4));
        p.set_target(Some(layer(0, temporal)));
        for i in 0..16 {
            if i == 8 {
                p.set_target(Some(layer(0, 0)));
            }
            out.extend(sequences(&mut p, &[e.frame(1, false, true, Time::ZERO)[0].packet]));
        }
        assert_eq!(out, (101..101 + out.len() as u16).collect::<Vec<_>>());
    }
}

#[test]
fn a_late_packet_has_a_slot_and_one_of_unknown_layer_leaves_a_gap() {
    let packets = frames(&mut encoding(0), 9);
    // order of arrival with the base layer wanted, and the outgoing numbers
    let rows: [(&[usize], &[u16]); 4] = [
        // The base frame 4 comes late.
        (&[0, 1, 2, 3, 5, 4], &[101, 102]),
        // Then the next of its layer went out before, and 4 still has its number.
        (&[0, 1, 2, 3, 8, 4], &[101, 106, 102]),
        // A base frame is among 1 to 4, nobody knows where: each of the four keeps its number.
        (&[0, 5, 8], &[101, 106]),
        // TL0PICIDX shows that none is among 1 to 3.
        (&[0, 4], &[101, 102]),
    ];
    for (order, expected) in rows {
        let mut p = projection(layer(0, 0));
        let arriving: Vec<_> = order.iter().map(|i| packets[*i]).collect();
        assert_eq!(sequences(&mut p, &arriving), expected, "{order:?}");
    }
}

/// mediasoup #626, #999: each encoding has a timestamp offset of its own, and reports may be wrong.
#[test]
fn timestamps_follow_sender_reports_over_a_switch_and_within_bounds() {
    // what the second encoding's report is wrong by, in seconds, and how far the timestamp goes on
    let step = 3000;
    for (wrong, expected) in [(0_i64, step), (3_600, 18_000 + step), (-3_600, 1)] {
        let at = Time::from_millis(1_000);
        let start = |timestamp| Start { sequence: 100, timestamp, ..Start::default() };
        let (mut low, mut high) = (Encoding::new(0, start(77)), Encoding::new(1, start(4_000_000_000)));
        let mut p = projection(layer(0, 0));
        p.on_sender_report(0, 50_000 << 32, 77);
        p.on_sender_report(1, ((50_000 + wrong) as u64) << 32, 4_000_000_000);
        let before = p.project(&low.frame(1, true, false, at)[0].packet).expect("a key frame");
        high.frame(1, false, false, at);
        p.set_target(Some(layer(1, 0)));
        let later = at + std::time::Duration::from_nanos(33_333_334);
        let after = p.project(&high.frame(1, true, false, later)[0].packet).expect("a key frame");
        assert_eq!(after.timestamp.wrapping_sub(before.timestamp), expected, "wrong by {wrong} s");
    }
}

/// Janus #2899: packets of both went out until the key frame came, and behind it.
#[test]
fn a_switch_waits_for_its_key_frame_and_ends_the_old_encoding() {
    let (mut low, mut high) = (encoding(0), encoding(1));
    let mut p = projection(layer(0, 2));
    let mut from = Vec::new();
    let mut held = None;
    for i in 0..12 {
        if i == 4 {
            p.set_target(Some(layer(1, 2)));
        }
        let at = Time::from_millis(33 * i);
        let mut packets = low.frame(2, i == 0, false, at);
        if i == 7 {
            held = packets.pop();
        }
        packets.extend(high.frame(2, i == 0 || i == 8, false, at));
        let out = packets.iter().filter(|sent| p.project(&sent.packet).is_ok());
        from.extend(out.map(|sent| (i, sent.packet.encoding)));
    }
    // The old one goes on until the key frame, its frame of that instant comes before, and nothing comes behind.
    let old = (0..9).flat_map(|i| vec![(i, 0); if i == 7 { 1 } else { 2 }]);
    let new = (8..12).flat_map(|i| vec![(i, 1); 2]);
    assert_eq!(from, old.chain(new).collect::<Vec<_>>());
    let straggler = held.expect("the old encoding's last packet but two").packet;
    assert_eq!(p.project(&straggler), Err(DropReason::NotSelected));
}

/// LiveKit #4721: an absent picture id was taken for id 0, and written.
#[test]
fn picture_numbers_continue_over_drops_and_absent_ones_stay_absent() {
    for short_ids in [false, true] {
        let start = Start { sequence: 1, picture: 125, tl0: 254, short_ids, ..Start::default() };
        let mut p = projection(layer(0, 1));
        let out = frames(&mut Encoding::new(0, start), 12);
        let numbers: Vec<_> = out.iter().filter_map(|packet| Some(p.project(packet).ok()?.numbers)).collect();
        let expected: Vec<_> = (0..6).map(|i| (Some(i), Some(1 + i as u8 / 2))).collect();
        assert_eq!(numbers.iter().map(|n| (n.picture_id, n.tl0_picture_index)).collect::<Vec<_>>(), expected);
        let bare = Vp8Descriptor::parse(&[0x10, 0x00]).expect("sound");
        let frame = FrameDescription::vp8(&bare, true);
        p.set_target(Some(layer(1, 0)));
        let packet = IngressVideo { encoding: 1, sequence: 9, timestamp: 0, frame, ..out[0] };
        assert_eq!(p.project(&packet).expect("a key frame").numbers, PictureNumbers::default());
    }
}

/// LiveKit #4594: Chrome writes the encoding's index as spatial id in VP9 simulcast.
#[test]
fn an_encoding_is_known_by_its_stream_and_not_by_the_spatial_id() {
    // X(I L B E), long id, TID 0 SID 2, TL0; then the same with P.
    let describe = |payload: &[u8]| FrameDescription::vp9(&Vp9Descriptor::parse(payload).expect("sound"), 1);
    let key = describe(&[0xac, 0x80, 0x05, 0x04, 0x07, 0xff]);
    let delta = describe(&[0xec, 0x80, 0x06, 0x04, 0x08, 0xff]);
    let packet = |encoding, sequence, frame| IngressVideo {
        encoding,
        sequence,
        timestamp: 3_000 * sequence as u32,
        marker: true,
        frame,
        arrived: Time::ZERO,
        padding_only: false,
    };
    let mut p = projection(layer(2, 0));
    assert_eq!(p.project(&packet(1, 5, key)), Err(DropReason::NotSelected));
    assert!(p.project(&packet(2, 5, key)).is_ok_and(|out| out.switched && out.marker));
    assert!(p.project(&packet(2, 6, delta)).is_ok_and(|out| out.marker));
    assert_eq!(p.current(), Some(layer(2, 0)));
}

/// mediasoup #1610: frame numbers of the dependency descriptor count the source's frames; only the mask is ours.
#[test]
fn frames_left_out_do_not_change_what_a_descriptor_refers_to() {
    let start = layered::Start { sequence: 9, frame: 65_530, ..layered::Start::default() };
    let mut e = layered::Encoding::new(Mode::Av1, 0, start);
    let mut p = projection(Layer { encoding: 0, spatial: 1, temporal: 1 });
    let mut sent = std::collections::BTreeSet::new();
    for n in 0..40 {
        for packet in e.picture(n == 0, Time::ZERO, || 1).packets {
            let Ok(out) = p.project(&packet.packet) else { continue };
            let dependency = packet.packet.frame.dependency.expect("described");
            assert!(dependency.references().all(|number| sent.contains(&number)), "{dependency:?}");
            sent.insert(dependency.number);
            assert_eq!((out.numbers, out.active_targets), (PictureNumbers::default(), Some(0b011_011)));
        }
    }
    assert_eq!(sent.len(), 2 * 20);
}

/// LiveKit #4689: what holds nothing but padding isn't media, in order or late.
#[test]
fn padding_is_no_media_and_leaves_the_frame_numbers_alone() {
    let mut e = encoding(0);
    let mut p = projection(layer(0, 2));
    let mut out = Vec::new();
    for i in 0..4u64 {
        let frame = e.frame(2, i == 0, false, Time::from_millis(33 * i));
        let padding = e.padding(Time::from_millis(33 * i));
        for packet in [frame[0].packet, frame[1].packet, padding, padding] {
            match p.project(&packet) {
                Ok(sent) => out.push((sent.sequence16(), sent.numbers.picture_id)),
                Err(reason) => assert_eq!(reason, DropReason::PaddingOnly),
            }
        }
    }
    assert_eq!(out, (0..8).map(|n| (101 + n, Some(n / 2))).collect::<Vec<_>>());
}
