use std::time::Duration;

use sfu::Time;
use sfu::codec::Vp8Descriptor;
use sfu::codec::vp8::PictureId;

use super::*;
use crate::participant::media::stamp::VideoStamp;

/// A frame of a stream with picture id, TL0PICIDX and temporal id, as the SFU wrote them.
#[derive(Clone, Copy)]
struct Row {
    key: bool,
    id: u16,
    tl0: u8,
    temporal: u8,
    sync: bool,
    frame: u32,
    references: [u8; 3],
}

fn row(id: u16, tl0: u8, temporal: u8, sync: bool, frame: u32, references: [u8; 3]) -> Row {
    Row { key: references == [0; 3], id, tl0, temporal, sync, frame, references }
}

fn parts(row: &Row) -> (Vp8Descriptor, VideoStamp) {
    let descriptor = Vp8Descriptor {
        non_reference: false,
        start_of_partition: true,
        partition: 0,
        picture_id: Some(PictureId::Long(row.id)),
        tl0_picture_index: Some(row.tl0),
        temporal_id: Some(row.temporal),
        layer_sync: row.sync,
        key_index: None,
        key_frame_start: row.key,
        len: 6,
    };
    let stamp = VideoStamp {
        publisher: 0,
        source: 0,
        encoding: 0,
        spatial: 0,
        temporal: row.temporal,
        key: row.key,
        frame: row.frame,
        index: 0,
        count: 1,
        ordinal: 0,
        captured: Time::ZERO,
        encode: Duration::ZERO,
        width: 320,
        height: 180,
        references: row.references,
    };
    (descriptor, stamp)
}

/// Decodes what the descriptor allows, one packet a frame; for each row, what it says and what is true.
fn decide(rows: &[Row]) -> Vec<(bool, bool)> {
    let mut references = References::default();
    let mut decisions = Vec::new();
    for (n, row) in (100..).zip(rows) {
        let (descriptor, stamp) = parts(row);
        let layers = [LayerFrame::whole(Links::Vp8(descriptor), stamp)];
        let facts = FrameFacts { first_sequence: n, last_sequence: n, layers: &layers };
        let said = references.allow(&facts);
        decisions.push((said, references.truly_allow(&facts)));
        if said {
            references.decoded(&facts);
        }
    }
    decisions
}

const YES: (bool, bool) = (true, true);
const NO: (bool, bool) = (false, false);

#[test]
fn a_chain_continues_over_every_wrap() {
    let rows = [
        row(0x7ffe, 254, 0, false, u32::MAX - 1, [0; 3]),
        row(0x7fff, 255, 0, false, u32::MAX, [1, 0, 0]),
        row(0, 0, 0, false, 0, [1, 0, 0]),
        row(1, 1, 0, false, 1, [1, 0, 0]),
    ];
    assert_eq!(decide(&rows), [YES; 4]);
}

#[test]
fn a_missing_base_frame_breaks_all_until_a_key_frame() {
    let rows = [
        row(10, 1, 0, false, 0, [0; 3]),
        row(12, 3, 0, false, 2, [1, 0, 0]),
        row(13, 3, 1, true, 3, [1, 0, 0]),
        row(14, 4, 0, false, 4, [2, 0, 0]),
        row(15, 5, 0, false, 5, [0; 3]),
    ];
    assert_eq!(decide(&rows), [YES, NO, NO, NO, YES]);
}

#[test]
fn higher_layers_wait_for_what_may_be_referred_to() {
    // One frame of the top layer is missing (id 3): libwebrtc can't know whether the next one needs it.
    let rows = [
        row(0, 9, 0, false, 0, [0; 3]),
        row(1, 9, 2, true, 1, [1, 0, 0]),
        row(2, 9, 1, true, 2, [2, 0, 0]),
        row(4, 10, 0, false, 4, [4, 0, 0]),
        row(5, 10, 2, false, 5, [1, 0, 0]),
        row(6, 10, 1, true, 6, [2, 0, 0]),
        row(8, 11, 0, false, 8, [4, 0, 0]),
        row(9, 11, 2, true, 9, [1, 0, 0]),
    ];
    let cautious = (false, true);
    assert_eq!(decide(&rows), [YES, YES, YES, YES, cautious, YES, YES, YES]);
    // A step up that is no layer sync.
    let rows = [row(0, 9, 0, false, 0, [0; 3]), row(1, 9, 2, false, 3, [3, 1, 0])];
    assert_eq!(decide(&rows), [YES, NO]);
}

#[test]
fn a_descriptor_that_hides_a_hole_is_found_out() {
    // The SFU dropped a base frame and closed the gap in picture id and TL0PICIDX.
    let rows = [row(0, 0, 0, false, 0, [0; 3]), row(1, 1, 0, false, 2, [1, 0, 0])];
    assert_eq!(decide(&rows), [YES, (true, false)]);
}

#[test]
fn another_encoding_needs_a_key_frame() {
    let (descriptor, mut stamp) = parts(&row(1, 1, 0, false, 1, [1, 0, 0]));
    let mut references = References::default();
    let (key, key_stamp) = parts(&row(0, 0, 0, false, 0, [0; 3]));
    let key = [LayerFrame::whole(Links::Vp8(key), key_stamp)];
    references.decoded(&FrameFacts { first_sequence: 1, last_sequence: 1, layers: &key });
    for encoding in [0, 1] {
        stamp.encoding = encoding;
        let layers = [LayerFrame::whole(Links::Vp8(descriptor), stamp)];
        let facts = FrameFacts { first_sequence: 2, last_sequence: 2, layers: &layers };
        assert_eq!(references.truly_allow(&facts), encoding == 0);
        assert!(references.allow(&facts), "the descriptor can't tell");
    }
}

#[test]
fn absent_fields_fall_back_to_ids_and_then_to_sequence_numbers() {
    // picture ids, sequence numbers (first = last), whether the second frame may be decoded
    let rows = [
        (Some(5), Some(6), 1, 9, true),
        (Some(5), Some(7), 1, 2, false),
        (None, None, 1, 2, true),
        (None, None, 1, 3, false),
    ];
    for (first, second, a, b, expected) in rows {
        let describe = |id: Option<u8>, key: bool| {
            let (descriptor, stamp) = parts(&row(0, 0, 0, false, 0, [u8::from(!key), 0, 0]));
            let picture_id = id.map(PictureId::Short);
            let descriptor =
                Vp8Descriptor { picture_id, tl0_picture_index: None, temporal_id: None, ..descriptor };
            [LayerFrame::whole(Links::Vp8(descriptor), stamp)]
        };
        let mut references = References::default();
        let layers = describe(first, true);
        references.decoded(&FrameFacts { first_sequence: a, last_sequence: a, layers: &layers });
        let layers = describe(second, false);
        let facts = FrameFacts { first_sequence: b, last_sequence: b, layers: &layers };
        assert_eq!(references.allow(&facts), expected, "{first:?} {second:?} {a} {b}");
    }
}
