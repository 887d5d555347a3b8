//! H.264 whose parameter sets come in the stream: who lacks them can decode nothing, IDR picture or not.

use std::time::Duration;

use sfu::PacketClass;
use sfu::codec::Codec;
use sfu::participant::{MediaParameters, SourceDescription, VideoFormat};

use crate::common::call::{Call, config};
use crate::common::media::{camera, parameters};
use crate::common::peer::RtpOut;

const H264: u8 = 102;

// NAL units (RFC 6184 section 1.3): the first byte is reference importance and type.
const SPS: &[u8] = &[0x67, 0x42, 0xe0, 0x1f];
const PPS: &[u8] = &[0x68, 0xce, 0x3c, 0x80];
// `first_mb_in_slice` is 0: the first bit of the slice header.
const IDR: &[u8] = &[0x65, 0x88, 0x80, 0x10];
const SLICE: &[u8] = &[0x41, 0x9a, 0x24, 0x66];

/// A publisher of three encodings, each packet a picture or its parameter sets.
struct Publisher {
    sequences: [u64; 3],
    timestamp: u32,
}

impl Publisher {
    fn packet(&mut self, encoding: usize, payload: &[u8], marker: bool) -> RtpOut {
        self.sequences[encoding] += 1;
        RtpOut {
            payload_type: H264,
            marker,
            sequence: self.sequences[encoding],
            timestamp: self.timestamp,
            ssrc: 0x1000 + 0x10 * encoding as u32,
            mid: Some("0".into()),
            rid: Some(["q", "h", "f"][encoding].into()),
            payload: payload.to_vec(),
            ..RtpOut::default()
        }
    }

    /// One frame of each encoding; `start` says what the frame of each begins with.
    fn film(&mut self, call: &mut Call, start: [Start; 3]) {
        self.timestamp = self.timestamp.wrapping_add(3_000);
        for (encoding, start) in start.into_iter().enumerate() {
            if start == Start::Sets {
                let sets = [SPS, PPS].map(|set| self.packet(encoding, set, false));
                call.send_all(0, &sets);
            }
            let slice = if start == Start::Slice { SLICE } else { IDR };
            let picture = self.packet(encoding, slice, true);
            call.send_all(0, &[picture]);
        }
        call.run(Duration::from_nanos(33_333_333));
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Start {
    /// Parameter sets and an IDR picture.
    Sets,
    /// An IDR picture without parameter sets before it.
    Idr,
    /// An ordinary slice.
    Slice,
}

fn media() -> MediaParameters {
    let mut media = parameters();
    media.payload_types.h264 = Some(VideoFormat { payload_type: H264, rtx: None });
    media
}

/// A publisher, and a viewer who wants the largest encoding.
fn call() -> (Call, Publisher) {
    let mut call = Call::new(config());
    call.join_with(media(), vec![SourceDescription { codec: Codec::H264, ..camera() }]);
    call.join_with(media(), Vec::new());
    (0..2).for_each(|index| call.connect(index));
    let wish = call.wish(0, "cam");
    call.subscribe(1, &[wish]).unwrap();
    (call, Publisher { sequences: [100, 200, 300], timestamp: 9 })
}

fn seen(call: &Call) -> Vec<Vec<u8>> {
    call.peers[1].of(PacketClass::Video).map(|received| received.payload().to_vec()).collect()
}

#[test]
fn an_idr_picture_begins_nothing_where_any_encoding_has_sent_parameter_sets() {
    let (mut call, mut publisher) = call();
    // The small one's sets tell that this encoder sends sets in the stream, so those of the others are lost.
    publisher.film(&mut call, [Start::Sets, Start::Idr, Start::Idr]);
    for _ in 0..60 {
        publisher.film(&mut call, [Start::Slice, Start::Slice, Start::Slice]);
    }
    let small = seen(&call);
    assert_eq!(small[..3], [SPS, PPS, IDR], "what can be decoded");
    assert_eq!(small.iter().filter(|payload| payload[..] == *IDR).count(), 1);
    publisher.film(&mut call, [Start::Slice, Start::Idr, Start::Idr]);
    assert_eq!(seen(&call).iter().filter(|payload| payload[..] == *IDR).count(), 1, "still no sets");
    publisher.film(&mut call, [Start::Slice, Start::Slice, Start::Sets]);
    let tail = seen(&call).split_off(small.len() + 1);
    let set = tail.iter().position(|payload| payload[..] == *SPS).expect("the large one has begun");
    assert_eq!(tail[set..], [SPS, PPS, IDR]);
}

#[test]
fn an_idr_picture_begins_an_encoding_whose_parameter_sets_are_signalled() {
    let (mut call, mut publisher) = call();
    publisher.film(&mut call, [Start::Idr; 3]);
    publisher.film(&mut call, [Start::Slice; 3]);
    assert_eq!(seen(&call)[0], IDR, "no sets are to be expected");
}
