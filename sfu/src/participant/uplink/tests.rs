//! Which stream an SSRC is bound to.

use super::*;
use crate::codec::Codec;
use crate::participant::{Content, EncodingDescription, VideoFormat};

const OPUS: u8 = 111;
const VP8: u8 = 96;
const VP8_RTX: u8 = 97;

fn types() -> PayloadTypes {
    let vp8 = Some(VideoFormat { payload_type: VP8, rtx: Some(VP8_RTX) });
    PayloadTypes { vp8, ..PayloadTypes::audio(OPUS) }
}

fn source(mid: &str, codec: Codec, rids: &[&str]) -> SourceDescription {
    let encoding = |rid: &&str| EncodingDescription {
        rid: (*rid).into(),
        height: 180,
        fps: 30,
        max_kbps: 300,
        temporal_layers: 1,
        spatial_layers: 1,
    };
    SourceDescription {
        name: mid.into(),
        codec,
        mid: mid.into(),
        content: Content::Camera,
        encodings: rids.iter().map(encoding).collect(),
    }
}

fn bind(
    uplink: &mut Uplink,
    ssrc: u32,
    payload_type: u8,
    extensions: Extensions<'_>,
) -> Result<Binding, DropReason> {
    bind_repair(uplink, ssrc, payload_type, extensions, None)
}

fn bind_repair(
    uplink: &mut Uplink,
    ssrc: u32,
    payload_type: u8,
    extensions: Extensions<'_>,
    osn: Option<u16>,
) -> Result<Binding, DropReason> {
    let mut packet = [0; 12];
    crate::rtp::packet::write_fixed_header(&mut packet, (false, payload_type), 1, 1, ssrc, false);
    let header = RtpHeader::parse(&packet).expect("a header is a packet");
    uplink.bind(&header, &extensions, osn, &types(), true)
}

/// What stream `ssrc` came to be.
fn of(uplink: &Uplink, ssrc: u32) -> (usize, u8, StreamRole) {
    let stream = uplink.streams.iter().find(|stream| stream.ssrc == ssrc).expect("it was bound");
    (stream.source, stream.encoding, stream.role)
}

fn unnamed() -> Extensions<'static> {
    Extensions::default()
}

#[test]
fn without_a_mid_the_payload_type_tells_when_one_source_has_it() {
    let sources = || vec![source("0", Codec::Opus, &[]), source("1", Codec::Vp8, &["q"])];
    let rows = [
        (OPUS, (0, 0, StreamRole::Media)),
        (VP8, (1, 0, StreamRole::Media)),
        (VP8_RTX, (1, 0, StreamRole::Rtx)),
    ];
    for (payload_type, place) in rows {
        let mut uplink = Uplink::new(sources(), 64, FeedbackKind::TransportWide);
        assert_eq!(bind(&mut uplink, 7, payload_type, unnamed()), Ok(Binding::New(0)));
        assert_eq!(of(&uplink, 7), place);
    }
    assert_eq!(
        bind(&mut Uplink::new(sources(), 64, FeedbackKind::TransportWide), 7, 100, unnamed()),
        Err(DropReason::UnknownStream)
    );
}

#[test]
fn without_a_mid_it_does_not_tell_among_several_sources_or_encodings() {
    let two_sources = vec![source("0", Codec::Vp8, &["q"]), source("1", Codec::Vp8, &["q"])];
    let two_encodings = vec![source("0", Codec::Vp8, &["q", "h"])];
    for sources in [two_sources, two_encodings] {
        for payload_type in [VP8, VP8_RTX] {
            let mut uplink = Uplink::new(sources.clone(), 64, FeedbackKind::TransportWide);
            assert_eq!(bind(&mut uplink, 7, payload_type, unnamed()), Err(DropReason::UnknownStream));
        }
    }
}

#[test]
fn what_has_no_mid_takes_no_place_that_is_taken() {
    let mut uplink = Uplink::new(vec![source("0", Codec::Vp8, &["q"])], 64, FeedbackKind::TransportWide);
    let named = Extensions { mid: Some("0"), ..unnamed() };
    assert_eq!(bind(&mut uplink, 7, VP8, named), Ok(Binding::New(0)));
    assert_eq!(bind(&mut uplink, 8, VP8, unnamed()), Err(DropReason::UnknownStream));
    assert_eq!(bind(&mut uplink, 9, VP8_RTX, unnamed()), Ok(Binding::New(1)));
    let restarted = Binding::Restarted { index: 1, replaced: 9 };
    assert_eq!(bind(&mut uplink, 10, VP8_RTX, named), Ok(restarted), "unless another does name it");
}

/// Two encodings and a second source of the same payload type, on SSRCs 10 to 12, each after a hole of one packet: 101
/// in the first, 201 in the second, 301 in the third.
fn with_holes() -> Uplink {
    let sources = vec![source("0", Codec::Vp8, &["q", "h"]), source("1", Codec::Vp8, &["q"])];
    let mut uplink = Uplink::new(sources, 64, FeedbackKind::TransportWide);
    for (ssrc, mid, rid, hole) in [(10, "0", "q", 101), (11, "0", "h", 201), (12, "1", "q", 301)] {
        let named = Extensions { mid: Some(mid), rid: Some(rid), ..unnamed() };
        bind(&mut uplink, ssrc, VP8, named).expect("it says what it is");
        lose(&mut uplink, ssrc, hole);
    }
    uplink
}

/// One packet is missing from a stream, and is asked for.
fn lose(uplink: &mut Uplink, ssrc: u32, hole: u64) {
    let stream = uplink.streams.iter_mut().find(|stream| stream.ssrc == ssrc).expect("it was bound");
    let nack = stream.nack.as_mut().expect("video is repaired");
    nack.on_packet(Time::ZERO, hole - 1);
    nack.on_packet(Time::ZERO, hole + 1);
    nack.collect_due(Time::ZERO + REORDERING_GUARD, Duration::from_millis(100), |_| {});
}

#[test]
fn a_retransmission_belongs_where_it_was_asked_for() {
    for (osn, place) in [(101, (0, 0)), (201, (0, 1)), (301, (1, 0))] {
        let mut uplink = with_holes();
        let bound = bind_repair(&mut uplink, 20, VP8_RTX, unnamed(), Some(osn));
        assert_eq!(bound, Ok(Binding::New(3)), "{osn}");
        assert_eq!(of(&uplink, 20), (place.0, place.1, StreamRole::Rtx));
        let again = bind_repair(&mut uplink, 21, VP8_RTX, unnamed(), Some(osn));
        assert_eq!(again, Err(DropReason::UnknownStream), "the place is taken");
    }
}

#[test]
fn a_retransmission_that_nobody_asked_for_belongs_nowhere() {
    let rows = [
        ("asked for by none", VP8_RTX, Some(102), unnamed()),
        ("no retransmission", VP8, Some(101), unnamed()),
        ("without a number", VP8_RTX, None, unnamed()),
        ("by another source", VP8_RTX, Some(301), Extensions { mid: Some("0"), ..unnamed() }),
        ("of an unknown rid", VP8_RTX, Some(101), Extensions { repaired_rid: Some("x"), ..unnamed() }),
    ];
    for (what, payload_type, osn, extensions) in rows {
        let mut uplink = with_holes();
        let bound = bind_repair(&mut uplink, 20, payload_type, extensions, osn);
        assert_eq!(bound, Err(DropReason::UnknownStream), "{what}");
    }
}

#[test]
fn a_number_that_two_asked_for_tells_nothing() {
    let mut uplink = with_holes();
    lose(&mut uplink, 11, 203);
    lose(&mut uplink, 10, 203);
    let bound = bind_repair(&mut uplink, 20, VP8_RTX, unnamed(), Some(203));
    assert_eq!(bound, Err(DropReason::UnknownStream));
    assert_eq!(bind_repair(&mut uplink, 20, VP8_RTX, unnamed(), Some(101)), Ok(Binding::New(3)));
    // The first has its place now, so that the second is the only one left.
    assert_eq!(bind_repair(&mut uplink, 21, VP8_RTX, unnamed(), Some(203)), Ok(Binding::New(4)));
    assert_eq!(of(&uplink, 21), (0, 1, StreamRole::Rtx));
}
