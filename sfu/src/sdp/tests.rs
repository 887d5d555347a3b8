//! Offers of Chromium 148, as `tests/record-offers` writes them, and what becomes of them.

use proptest::prelude::*;

use super::*;
use crate::codec::Codec;
use crate::participant::{Content, EncodingDescription, SourceDescription, StreamDescription, VideoFormat};
use crate::transport::certificate::Fingerprint;

const SIMULCAST: &str = include_str!("fixtures/vp8-simulcast.sdp");
const VP9: &str = include_str!("fixtures/vp9-svc.sdp");
const AV1: &str = include_str!("fixtures/av1-svc.sdp");
const H264: &str = include_str!("fixtures/h264-simulcast.sdp");

fn local() -> Local {
    Local {
        session: 7,
        ufrag: "ours".into(),
        pwd: "a-password-of-24-letters".into(),
        candidates: vec!["192.0.2.1:3478".parse::<std::net::SocketAddr>().expect("an address").into()],
        fingerprint: Fingerprint::from_bytes([0xab; 32]),
    }
}

fn negotiation(text: &str) -> Negotiation {
    let offer = Offer::parse(text).expect("Chromium's");
    let sources = offer.sources(&[]).expect("no hints, no complaints");
    Negotiation::new(offer, &sources, local())
}

fn stream(mid: &str, codec: Codec) -> StreamDescription {
    StreamDescription {
        publisher: "p1".into(),
        source: "cam".into(),
        codec,
        mid: mid.into(),
        ssrc: 11,
        rtx_ssrc: (codec != Codec::Opus).then_some(12),
        fec_ssrc: None,
    }
}

/// Mid, or "-", and port of each section.
fn sections(text: &str) -> Vec<String> {
    let read = Description::parse(text).expect("what we write reads back");
    read.sections.iter().map(|s| format!("{}:{}", s.first("mid").unwrap_or("-"), s.port)).collect()
}

#[test]
fn chromium_s_offers_become_sources() {
    let rows: [(&str, Codec, u8, u8, &[&str]); 4] = [
        (SIMULCAST, Codec::Vp8, 96, 97, &["l", "m", "h"]),
        (VP9, Codec::Vp9, 98, 99, &[]),
        (AV1, Codec::Av1, 45, 46, &[]),
        // Constrained baseline, although Chromium names baseline first: everybody decodes it.
        (H264, Codec::H264, 109, 114, &["l", "m", "h"]),
    ];
    for (text, codec, payload_type, rtx, rids) in rows {
        let offer = Offer::parse(text).expect("Chromium's");
        let [audio, video] = &offer.sections[..] else { panic!("{codec:?}: two sections") };
        assert!(matches!(&audio.use_as, Use::Publish { format, rids } if
            format.codec == Codec::Opus && format.payload_type == 111 && format.companion == Some(63) && rids.is_empty()));
        let Use::Publish { format, rids: offered } = &video.use_as else { panic!("{codec:?} is published") };
        assert_eq!((format.codec, format.payload_type, format.companion), (codec, payload_type, Some(rtx)));
        assert_eq!(offered, rids, "{codec:?}");
        let types = offer.media.payload_types;
        assert_eq!((types.opus, types.opus_red), (111, Some(63)));
        let all = [(Codec::Vp8, 96, 97), (Codec::Vp9, 98, 99), (Codec::Av1, 45, 46), (Codec::H264, 109, 114)];
        for (codec, payload_type, rtx) in all {
            assert_eq!(types.video(codec), Some(VideoFormat { payload_type, rtx: Some(rtx) }), "{codec:?}");
        }
    }
}

#[test]
fn chromium_s_transport_and_extensions_are_read() {
    let offer = Offer::parse(SIMULCAST).expect("Chromium's");
    assert_eq!(offer.ice.ufrag.len(), 4);
    assert_eq!(offer.ice.pwd.len(), 24);
    let ids = offer.media.extensions;
    assert_eq!((ids.audio_level, ids.transport_cc, ids.mid), (1, 3, 4));
    assert_eq!((ids.rid, ids.repaired_rid, ids.dependency_descriptor), (10, 11, 12));
    assert_eq!((ids.video_layers_allocation, ids.frame_marking, ids.abs_send_time), (9, 0, 0));
}

#[test]
fn hints_name_sources_and_their_encodings() {
    let offer = Offer::parse(SIMULCAST).expect("Chromium's");
    let encoding = |rid: &str, height| EncodingDescription {
        rid: rid.into(),
        height,
        fps: 20,
        max_kbps: 100,
        temporal_layers: 3,
        spatial_layers: 1,
    };
    let hint = |mid: &str, encodings| SourceHint {
        mid: mid.into(),
        name: "cam".into(),
        encodings,
        content: Content::Screen,
    };
    let encodings = vec![encoding("l", 90), encoding("m", 180), encoding("h", 360)];
    let sources = offer.sources(&[hint("1", encodings.clone())]).expect("they fit");
    let named: Vec<_> =
        sources.iter().map(|s| (s.name.as_str(), s.mid.as_str(), s.encodings.len())).collect();
    assert_eq!(named, [("0", "0", 0), ("cam", "1", 3)]);
    assert_eq!((sources[0].content, sources[1].content), (Content::Camera, Content::Screen));
    assert_eq!(sources[1].encodings, encodings);
    assert!(offer.sources(&[hint("2", Vec::new())]).is_err(), "no such section");
    assert!(offer.sources(&[hint("1", vec![encoding("l", 90)])]).is_err(), "two rids are missing");
    assert!(offer.sources(&[hint("1", vec![encoding("x", 90); 3])]).is_err(), "other rids");
}

#[test]
fn the_answer_takes_what_was_offered() {
    let answer = negotiation(SIMULCAST).answer();
    assert_eq!(sections(&answer), ["0:9", "1:9"]);
    let read = Description::parse(&answer).expect("sound");
    assert!(read.attributes.iter().any(|a| a.name == "ice-lite"));
    let [audio, video] = &read.sections[..] else { panic!("two sections") };
    assert_eq!((audio.formats, video.formats), ("111", "96 97"));
    for section in [audio, video] {
        assert_eq!(section.first("setup"), Some("passive"));
        assert_eq!(section.first("recvonly"), Some(""));
        assert_eq!(section.first("candidate"), Some("1 1 udp 2130706431 192.0.2.1 3478 typ host"));
    }
    assert_eq!(video.first("simulcast"), Some("recv l;m;h"));
    assert_eq!(video.all("rid").collect::<Vec<_>>(), ["l recv", "m recv", "h recv"]);
}

#[test]
fn sections_keep_their_place_and_are_used_again_once_the_peer_knows_of_their_end() {
    let mut negotiation = negotiation(SIMULCAST);
    let (mic, cam) = (stream("r0", Codec::Opus), stream("r1", Codec::Vp8));
    let offer = negotiation.update(&[mic.clone(), cam.clone()]).expect("two new streams");
    assert_eq!(sections(&offer), ["0:9", "1:9", "r0:9", "r1:9"]);
    assert!(offer.contains("a=ssrc-group:FID 11 12\r\n") && offer.contains("a=msid:p1 r1\r\n"));
    assert!(offer.contains("a=group:BUNDLE 0 1 r0 r1\r\n") && offer.contains("o=- 7 2 IN"));
    assert!(offer.contains("a=simulcast:recv l;m;h\r\n"), "what is published goes on as it was");
    // While the peer owes an answer, changes wait.
    assert_eq!(negotiation.update(std::slice::from_ref(&mic)), None);
    let next = negotiation.answered(&offer).expect("as many sections").expect("the camera has gone");
    assert_eq!(sections(&next), ["0:9", "1:9", "r0:9", "-:0"]);
    assert!(next.contains("a=group:BUNDLE 0 1 r0\r\n") && next.contains("o=- 7 3 IN"));
    // The peer has not answered to that yet: after it, the place is free.
    assert_eq!(negotiation.update(&[mic.clone(), stream("r2", Codec::Av1)]), None);
    let next = negotiation.answered(&next).expect("as many sections").expect("another camera");
    assert_eq!(sections(&next), ["0:9", "1:9", "r0:9", "r2:9"]);
    assert_eq!(negotiation.answered(&next), Ok(None));
    assert_eq!(negotiation.update(&[mic, stream("r2", Codec::Av1)]), None, "nothing has changed");
    assert!(negotiation.answered(&next).is_err(), "nothing was offered");
}

#[test]
fn an_answer_to_something_else_is_refused_and_the_offer_stands() {
    let mut negotiation = negotiation(VP9);
    let offer = negotiation.update(&[stream("r0", Codec::Opus)]).expect("a new stream");
    assert!(negotiation.answered("v=0\r\n").is_err());
    assert_eq!(negotiation.answered(&offer), Ok(None));
}

#[test]
fn what_can_t_be_used_is_refused_in_its_place() {
    let text = SIMULCAST.replace("m=audio 9 UDP/TLS/RTP/SAVPF", "m=audio 9 RTP/AVP")
        + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n";
    let answer = negotiation(&text).answer();
    assert_eq!(sections(&answer), ["-:0", "1:9", "-:0"]);
    assert!(answer.contains("m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"));
    assert!(answer.contains("a=group:BUNDLE 1\r\n"));
}

#[test]
fn offers_that_lack_something_are_errors() {
    let rows = [
        ("", "no v=0 line"),
        ("v=0\r\n", "no media section"),
        (&*SIMULCAST.replace("a=ice-pwd", "a=x"), "no ice-pwd"),
        (&*SIMULCAST.replace("sha-256", "sha-1"), "no sha-256 fingerprint"),
        (
            &*SIMULCAST.replace("actpass", "passive"),
            "we are the DTLS server: setup:passive leaves nobody to begin",
        ),
        (&*SIMULCAST.replace("a=mid:1", "a=mid:0"), "two sections have the same mid"),
    ];
    for (text, wanted) in rows {
        assert_eq!(Offer::parse(text).map(|_| ()).map_err(|error| error.to_string()), Err(wanted.to_owned()));
    }
}

#[test]
fn a_source_s_name_can_t_write_lines() {
    let mut negotiation = negotiation(SIMULCAST);
    let evil = StreamDescription { source: "cam\r\na=evil".into(), ..stream("r0", Codec::Vp8) };
    let offer = negotiation.update(&[evil]).expect("a new stream");
    assert!(!offer.contains("evil"));
}

/// What the core does with sources: [`SourceDescription`]s of an offer go through its own checks.
fn mids(sources: &[SourceDescription]) -> usize {
    sources.iter().filter(|source| !source.mid.is_empty()).count()
}

proptest! {
    #[test]
    fn changed_offers_never_panic_and_every_answer_reads_back(
        which in 0..4_usize,
        cuts in prop::collection::vec((any::<prop::sample::Index>(), ".{0,12}"), 0..6),
    ) {
        let mut lines: Vec<String> =
            [SIMULCAST, VP9, AV1, H264][which].lines().map(str::to_owned).collect();
        for (at, text) in cuts {
            let at = at.index(lines.len());
            lines[at] = text;
        }
        let text = lines.join("\r\n");
        if let Ok(offer) = Offer::parse(&text) {
            let sources = offer.sources(&[]).expect("no hints, no complaints");
            prop_assert_eq!(mids(&sources), sources.len());
            let count = offer.sections.len();
            let mut negotiation = Negotiation::new(offer, &sources, local());
            prop_assert_eq!(sections(&negotiation.answer()).len(), count);
            if let Some(offer) = negotiation.update(&[stream("r0", Codec::Vp8), stream("r1", Codec::Opus)]) {
                prop_assert!(sections(&offer).len() <= count + 2);
                prop_assert_eq!(negotiation.answered(&offer), Ok(None));
            }
        }
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "(v=0\r\n)?(.{0,40}\r?\n){0,30}") {
        let _ = Offer::parse(&text);
    }

    #[test]
    fn sections_never_move_and_never_grow_beyond_what_is_needed(
        steps in prop::collection::vec(prop::collection::btree_set(0..6_u8, 0..6), 1..20),
    ) {
        let mut negotiation = negotiation(SIMULCAST);
        let mut before: Vec<String> = sections(&negotiation.answer());
        for wanted in steps {
            let streams: Vec<_> = wanted
                .iter()
                .map(|n| stream(&format!("r{n}"), if n % 2 == 0 { Codec::Opus } else { Codec::Vp8 }))
                .collect();
            let Some(offer) = negotiation.update(&streams) else { continue };
            let after = sections(&offer);
            for (was, is) in before.iter().zip(&after) {
                // A section goes on, ends, or begins anew where one has ended.
                prop_assert!(was == is || is == "-:0" || was == "-:0", "{was} became {is}");
            }
            prop_assert!(after.len() >= before.len() && after.len() <= 2 + 2 * 6);
            prop_assert_eq!(after.iter().filter(|s| s.starts_with('r')).count(), streams.len());
            prop_assert_eq!(negotiation.answered(&offer), Ok(None));
            before = after;
        }
    }
}
