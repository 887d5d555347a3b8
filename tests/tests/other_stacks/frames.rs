//! Frames with the headers that packetisers, depacketisers and the core read, and noise behind them.

use sfu::participant::{Codec, MediaKind};

/// Five deltas of an ordinary picture take two packets each, a key frame six.
const DELTA: usize = 2_000;
const KEY: usize = 6_000;
/// Not so much that a packet remains of which `rtc` would make nothing: its VP8 depacketiser refuses payloads below four
/// bytes, and with them the frame.
const SPREAD: usize = 200;
/// What mode 0 of H.264 allows: a NAL unit is a packet.
const ONE_PACKET: usize = 1_000;
const SOUND: usize = 80;

/// An encoded frame, as an encoder hands it to a packetiser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) bytes: Vec<u8>,
    /// What a receiver's depacketiser gives back.
    pub(crate) received: Vec<u8>,
    /// In ticks of the codec's RTP clock.
    pub(crate) timestamp: u32,
    /// Whether it needs no other.
    pub(crate) key: bool,
}

/// How many RTP clock ticks one frame takes: 20 ms of sound, a 30th of a second of pictures.
pub(crate) const fn ticks(codec: Codec) -> u32 {
    match codec.kind() {
        MediaKind::Audio => 960,
        MediaKind::Video => 3_000,
    }
}

/// Frame `index` of a stream; `seed` tells streams apart.
pub(crate) fn frame(codec: Codec, seed: u8, index: u32, key: bool) -> Frame {
    let mut noise = Noise((u64::from(seed) << 32) | (u64::from(index) + 1));
    let least = if key { KEY } else { DELTA };
    let size = least + noise.below(SPREAD);
    let (bytes, received) = match codec {
        Codec::Opus => same(opus(&mut noise)),
        Codec::Vp8 => same(vp8(key, size, &mut noise)),
        Codec::Vp9 => same(vp9(key, size, &mut noise)),
        Codec::Av1 => av1(key, size, &mut noise),
        Codec::H264 => same(h264(key, size, &mut noise)),
        Codec::H264Mode0 => same(h264_slices(key, &mut noise)),
    };
    // Begins shortly before the clock turns over.
    let timestamp = (u32::MAX - 20 * ticks(codec)).wrapping_add(index * ticks(codec));
    Frame { bytes, received, timestamp, key }
}

fn same(bytes: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
    (bytes.clone(), bytes)
}

/// Table of contents of RFC 6716 section 3.1: CELT, full band, 20 ms, mono, one frame.
fn opus(noise: &mut Noise) -> Vec<u8> {
    let mut bytes = vec![31 << 3];
    noise.fill(&mut bytes, SOUND);
    bytes
}

/// Frame tag, start code and size of RFC 6386 section 9.1: 640 by 360.
fn vp8(key: bool, size: usize, noise: &mut Noise) -> Vec<u8> {
    let mut bytes = vec![0x10 | u8::from(!key), 0x02, 0x00];
    if key {
        bytes.extend([0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01]);
    }
    noise.fill(&mut bytes, size);
    bytes
}

/// Uncompressed header of the VP9 bitstream specification, section 6.2: frame marker, profile 0, frame type, shown.
fn vp9(key: bool, size: usize, noise: &mut Noise) -> Vec<u8> {
    let mut bytes =
        if key { vec![0x82, 0x49, 0x83, 0x42, 0x00, 0x27, 0xf0, 0x16, 0x70] } else { vec![0x86, 0x00] };
    noise.fill(&mut bytes, size);
    bytes
}

/// A temporal unit of the low-overhead format (AV1 specification, sections 5.3 to 5.10): temporal delimiter, sequence
/// header, frame. The delimiter doesn't travel over RTP (payload format, section 5).
fn av1(key: bool, size: usize, noise: &mut Noise) -> (Vec<u8>, Vec<u8>) {
    let mut received = Vec::new();
    if key {
        let sequence_header = [0x00, 0x00, 0x00, 0x02, 0xaf, 0xff, 0x9b, 0x5f, 0x20, 0x10];
        received.extend([0x0a, sequence_header.len() as u8]);
        received.extend(sequence_header);
    }
    // show_existing_frame 0, frame_type key or inter, show_frame 1.
    let mut body = vec![if key { 0x10 } else { 0x30 }];
    noise.fill(&mut body, size);
    received.push(0x32);
    received.extend([body.len() as u8 | 0x80, (body.len() >> 7) as u8]);
    received.append(&mut body);
    let mut bytes = vec![0x12, 0x00];
    bytes.extend(&received);
    (bytes, received)
}

/// An access unit of the byte-stream format (H.264 annex B): parameter sets and an IDR slice, or a slice.
fn h264(key: bool, size: usize, noise: &mut Noise) -> Vec<u8> {
    let mut bytes = Vec::new();
    if key {
        nal_unit(&mut bytes, &[0x67, 0x42, 0xe0, 0x1f, 0x8c, 0x8d, 0x40, 0x50]);
        nal_unit(&mut bytes, &[0x68, 0xce, 0x3c, 0x80]);
    }
    slice(&mut bytes, key, true, size, noise);
    bytes
}

/// The same, without parameter sets and in slices that fit a packet.
fn h264_slices(key: bool, noise: &mut Noise) -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in 0..if key { 6 } else { 2 } {
        slice(&mut bytes, key, number == 0, ONE_PACKET, noise);
    }
    bytes
}

/// A slice begins with `first_mb_in_slice`: one bit that is set for the first slice of a picture.
fn slice(bytes: &mut Vec<u8>, key: bool, first: bool, size: usize, noise: &mut Noise) {
    let mut body = vec![if key { 0x65 } else { 0x41 }, if first { 0x88 } else { 0x48 }];
    noise.fill(&mut body, size);
    nal_unit(bytes, &body);
}

fn nal_unit(bytes: &mut Vec<u8>, unit: &[u8]) {
    bytes.extend([0, 0, 0, 1]);
    bytes.extend(unit);
}

/// The same bytes for the same seed; never a zero, since that could make up a start code.
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    pub(crate) fn fill(&mut self, bytes: &mut Vec<u8>, size: usize) {
        while bytes.len() < size {
            bytes.push(1 + self.below(255) as u8);
        }
    }

    /// Knuth's linear congruential generator for 64 bits, of which the upper half is used.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}
