//! Topics 1 and 2: how numbers go on over drops, gaps and late packets. Rows of mediasoup's sequence manager and VP8
//! tests, of Galène's packet map, of LiveKit's RTP and VP8 mungers and of Jitsi's VP8 projection.

use crate::codec::vp8::{PictureId, Vp8Descriptor};
use crate::codec::{Codec, FrameDescription, frame::PayloadDescriptor};
use crate::forward::{IngressVideo, Layer, Origin, Projected, VideoProjection};
use crate::rtp::RtpHeader;
use crate::{DropReason, Time};

/// A packet that is a frame, with its picture id, TL0PICIDX and temporal layer.
fn packet(
    sequence: u64,
    timestamp: u32,
    numbers: Option<(u16, u8)>,
    temporal: u8,
    key: bool,
) -> IngressVideo {
    let described = FrameDescription {
        temporal,
        picture_id: numbers.map(|(picture, _)| PictureId::Long(picture)),
        tl0_picture_index: numbers.map(|(_, tl0)| tl0),
        ..FrameDescription::plain(true, key, true)
    };
    IngressVideo {
        encoding: 0,
        sequence,
        timestamp,
        marker: true,
        frame: described,
        arrived: Time::ZERO,
        padding_only: false,
    }
}

/// A projection of the base layer that has sent its first packet under its own number.
struct Mapper {
    projection: VideoProjection,
    /// What the rows' numbers lie above zero by.
    base: u64,
}

impl Mapper {
    fn new(first: u16, out: u16, temporal: u8) -> Self {
        let mut projection = VideoProjection::new(Origin { sequence: out, ..Origin::default() });
        projection.set_target(Some(Layer { encoding: 0, spatial: 0, temporal }));
        let base = 1 << 20;
        let mut mapper = Mapper { projection, base };
        let sent = mapper.send(u64::from(first), 0, true).expect("a key frame");
        assert_eq!(sent.sequence16(), out);
        mapper
    }

    fn send(&mut self, sequence: u64, temporal: u8, key: bool) -> Result<Projected, DropReason> {
        let sequence = self.base + sequence;
        self.projection.project(&packet(sequence, sequence as u32 * 90, None, temporal, key))
    }

    /// Packets of the base layer.
    fn take(&mut self, numbers: impl IntoIterator<Item = u64>) -> Vec<u16> {
        let sent = numbers.into_iter().map(|n| self.send(n, 0, false).expect("the base layer"));
        sent.map(|sent| sent.sequence16()).collect()
    }

    /// Packets of a layer that isn't wanted.
    fn drop(&mut self, numbers: impl IntoIterator<Item = u64>) {
        for n in numbers {
            assert_eq!(self.send(n, 1, false), Err(DropReason::TemporalLayer));
        }
    }
}

#[test]
fn sequence_numbers_close_up_over_what_was_dropped() {
    // T1.001, T1.007 but for its repetition, T1.008, T1.012.
    assert_eq!(Mapper::new(0, 0, 0).take(1..12), (1..12).collect::<Vec<u16>>());
    let mut m = Mapper::new(0, 0, 0);
    m.drop([1]);
    assert_eq!(m.take([100]), [99]);
    m.drop([103]);
    assert_eq!(m.take([101]), [100]);
    let mut m = Mapper::new(0, 0, 0);
    assert_eq!(m.take([1]), [1]);
    m.drop([100, 103]);
    assert_eq!(m.take([101]), [100]);
    let mut m = Mapper::new(1, 1, 0);
    m.drop(2..10);
    assert_eq!(m.take(120..140), (112..132).collect::<Vec<u16>>());
    // T1.020, T1.021: a first number other than the source's.
    assert_eq!(Mapper::new(65_533, 997, 0).take(65_534..65_538), [998, 999, 1000, 1001]);
    assert_eq!(Mapper::new(0, 32_000, 0).take([1, 1000, 1001]), [32_001, 33_000, 33_001]);
    // T1.035, T1.047, T1.048.
    let mut m = Mapper::new(42, 42, 0);
    m.drop([43]);
    assert_eq!(m.take([45, 44]), [44, 43]);
    let mut m = Mapper::new(23_333, 23_333, 0);
    m.drop([23_334]);
    assert_eq!(m.take([23_336, 23_335]), [23_335, 23_334]);
    assert_eq!(m.send(23_333, 0, false), Err(DropReason::Duplicate));
}

#[test]
fn long_runs_with_and_without_drops() {
    // T1.039
    let mut m = Mapper::new(0, 0, 0);
    m.take([1]);
    m.drop([2, 3]);
    assert!((4..256_000).all(|i| m.take([i]) == [(i - 2) as u16]));
    // T1.040
    let mut m = Mapper::new(0, 0, 0);
    m.take([1]);
    m.drop([2, 3]);
    for i in (4..256_000).step_by(3) {
        let first = 2 * ((i - 1) / 3);
        assert_eq!(m.take([i, i + 1]), [first as u16, (first + 1) as u16]);
        m.drop([i + 2]);
    }
}

/// Sends frames of one packet given as (number, picture, TL0PICIDX, temporal); the first is a key frame. What comes out.
fn pictures(temporal: u8, start: u16, frames: &[(u64, u16, u8, u8)]) -> Vec<Option<(u16, u8)>> {
    let origin = Origin { picture_id: start, tl0_picture_index: frames[0].2, ..Origin::default() };
    let mut projection = VideoProjection::new(origin);
    projection.set_target(Some(Layer { encoding: 0, spatial: 0, temporal }));
    let sent = frames.iter().enumerate().map(|(at, &(number, picture, tl0, temporal))| {
        let packet = packet(100_000 + number, number as u32 * 3_000, Some((picture, tl0)), temporal, at == 0);
        let numbers = projection.project(&packet).ok()?.numbers;
        Some((numbers.picture_id?, numbers.tl0_picture_index?))
    });
    sent.collect()
}

#[test]
fn picture_numbers_of_vp8() {
    // T2.032, T2.033: a picture's number is kept free, and filled when it comes.
    let out = pictures(2, 13_467, &[(0, 13_467, 7, 0), (2, 13_469, 8, 0), (1, 13_468, 7, 1)]);
    assert_eq!(out, [Some((13_467, 7)), Some((13_469, 8)), Some((13_468, 7))]);
    // T2.034 to T2.037, behind a key frame: a picture that isn't sent takes no number, in however many packets.
    let out = pictures(0, 99, &[(0, 99, 7, 0), (1, 100, 7, 1), (2, 100, 7, 1), (5, 101, 8, 0)]);
    assert_eq!(out[1..3], [None, None]);
    assert_eq!(out[3].map(|(_, tl0)| tl0), Some(8));
    // T2.045, T2.046.
    let out = pictures(0, 0, &[(0, 0, 0, 0), (2, 2, 1, 1), (1, 1, 1, 0)]);
    assert_eq!(out, [Some((0, 0)), None, Some((1, 1))]);
    let out = pictures(0, 1, &[(0, 32_767, 0, 0), (1, 0, 1, 0), (2, 1, 1, 1)]);
    assert_eq!(out, [Some((1, 0)), Some((2, 1)), None]);
}

#[test]
fn what_a_packet_says() {
    // T2.048, T2.049, T2.052: whole packets of number 42. Codec, payload → start of frame, picture id.
    let rows: [(Codec, &[u8], bool, Option<u16>); 3] = [
        (Codec::Vp8, &[0x90, 0x80, 0x80, 0x39, 0, 0, 0, 0], true, Some(57)),
        (Codec::Vp8, &[0x00], false, None),
        (Codec::Vp9, &[0x88, 0x80, 0x39, 0x00], true, Some(57)),
    ];
    for (codec, payload, start, picture) in rows {
        let packet = [&[0x80, 0, 0, 42, 0, 0, 0, 0, 0, 0, 0, 0], payload].concat();
        let header = RtpHeader::parse(&packet).expect("RTP");
        assert_eq!((header.sequence, header.payload(&packet)), (42, payload));
        let described = PayloadDescriptor::parse(codec, header.payload(&packet));
        let frame = described.describe(1, header.marker, false).expect("sound");
        assert_eq!((frame.frame_start, frame.picture_id.map(PictureId::value)), (start, picture));
        assert_eq!((frame.spatial, frame.temporal), (0, 0));
        assert!(!frame.layer_sync && !frame.discardable);
    }
    // T2.053: a number that isn't the source's own is written where there is one, and nowhere else.
    let mut payload = [0x90, 0x80, 0x80, 0x39, 1, 2, 3, 4];
    let descriptor = Vp8Descriptor::parse(&payload).expect("sound");
    let numbers = crate::codec::frame::PictureNumbers { picture_id: Some(300), tl0_picture_index: Some(9) };
    PayloadDescriptor::Vp8(descriptor).rewrite(&mut payload, numbers);
    assert_eq!(payload, [0x90, 0x80, 0x81, 0x2c, 1, 2, 3, 4]);
}

#[test]
fn a_hundred_thousand_pictures_of_the_base_layer() {
    // T2.061
    let mut projection = VideoProjection::new(Origin { sequence: 10_000, ..Origin::default() });
    projection.set_target(Some(Layer { encoding: 0, spatial: 0, temporal: 0 }));
    let (mut tl0, mut before): (u8, Option<Projected>) = (0, None);
    for n in 0..100_000u64 {
        let temporal = [0, 2, 1, 2][(n % 4) as usize];
        tl0 = tl0.wrapping_add(u8::from(temporal == 0));
        let sent = projection.project(&packet(
            70_000 + n,
            n as u32 * 3_000,
            Some((n as u16 & 0x7fff, tl0)),
            temporal,
            n == 0,
        ));
        assert_eq!(sent.is_ok(), temporal == 0);
        let Ok(sent) = sent else { continue };
        if let Some(before) = before.replace(sent) {
            let picture = |of: &Projected| of.numbers.picture_id.expect("kept");
            let tl0 = |of: &Projected| of.numbers.tl0_picture_index.expect("kept");
            assert_eq!(sent.sequence, before.sequence + 1);
            assert_eq!(sent.timestamp.wrapping_sub(before.timestamp), 12_000);
            assert_eq!(picture(&sent), (picture(&before) + 1) & 0x7fff);
            assert_eq!(tl0(&sent), tl0(&before).wrapping_add(1));
        }
    }
}
