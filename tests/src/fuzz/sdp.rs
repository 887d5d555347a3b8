//! Session descriptions, and browsers' messages around them. Input: an offer, or a message as it came over the wire.

use sfu::Time;
use sfu::codec::Codec;
use sfu::participant::StreamDescription;
use sfu::sdp::{Description, Fragment, Local, Negotiation, Offer};
use sfu::signalling::browser::BrowserSignalling;
use sfu::signalling::browser::messages::BrowserRequest;

use super::conference::{Outputs, SFU_ADDRESS, SOME_FINGERPRINT, core};

/// What a browser offers: the same as the seed of `sdp`.
const OFFER: &str = include_str!("../../fuzz/seeds/sdp/vp8-simulcast.sdp");

pub(super) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(Fragment { ice }) = Fragment::parse(&text) {
        assert!(text.contains(&ice.ufrag) && text.contains(&ice.pwd));
    }
    let Ok(offer) = Offer::parse(&text) else { return };
    let count = offer.sections.len();
    let sources = offer.sources(&[]).expect("without hints there is nothing to contradict");
    assert!(sources.iter().all(|source| source.encodings.len() <= 3));
    let local = Local {
        session: 1,
        ufrag: "ours".into(),
        pwd: "a-password-of-24-letters".into(),
        candidates: vec![SFU_ADDRESS.into()],
        fingerprint: SOME_FINGERPRINT,
    };
    let mut negotiation = Negotiation::new(offer.clone(), &sources, local.clone());
    assert_eq!(sections(&negotiation.answer()), count);
    let streams = [(Codec::Opus, "r0"), (Codec::Vp8, "r1"), (Codec::Av1, "r2")].map(|(codec, mid)| {
        let (publisher, source) = ("p1".into(), "cam".into());
        StreamDescription {
            publisher,
            source,
            codec,
            mid: mid.into(),
            ssrc: 1,
            rtx_ssrc: None,
            fec_ssrc: None,
        }
    });
    let (viewing, placed) = Negotiation::viewing(offer.without_mids(), &streams, local);
    assert_eq!(sections(&viewing.answer()), count);
    assert!(placed.len() <= count.min(streams.len()));
    for streams in [&streams[..], &streams[1..2], &[]] {
        let Some(offer) = negotiation.update(streams) else { continue };
        assert!(sections(&offer) <= count + 3, "sections grow");
        assert_eq!(negotiation.answered(&offer), Ok(None), "as many sections as were offered");
    }
}

fn sections(text: &str) -> usize {
    Description::parse(text).expect("what is written reads back").sections.len()
}

pub(super) fn run_browser(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(message) = serde_json::from_str::<BrowserRequest>(&text) {
        let written = serde_json::to_string(&message).expect("messages have string keys");
        assert_eq!(serde_json::from_str::<BrowserRequest>(&written).ok(), Some(message));
    }
    let join = |name: &str| {
        let (conference, offer) = ("room".into(), OFFER.into());
        let join = BrowserRequest::Join {
            version: 1,
            conference,
            name: name.into(),
            offer,
            sources: Vec::new(),
            resume: None,
            token: None,
        };
        serde_json::to_string(&join).expect("messages have string keys")
    };
    let mut core = core();
    let mut server = BrowserSignalling::new();
    let mut outputs = Outputs::default();
    let (newcomer, member, other) = (server.open(), server.open(), server.open());
    {
        let mut turn = core.turn(Time::ZERO, &mut outputs);
        server.message(member, &join("bob"), &mut turn);
        server.message(other, &join("carol"), &mut turn);
        while server.poll().is_some() {}
        for session in [newcomer, member] {
            server.message(session, &text, &mut turn);
        }
        let answers = std::iter::from_fn(|| server.poll()).count();
        assert!(answers <= 8, "{answers} answers to one message");
        for session in [newcomer, member, other] {
            server.close(session, &mut turn);
        }
    }
    assert_eq!((core.participant_count(), core.conference_count()), (0, 0), "somebody stayed behind");
}
