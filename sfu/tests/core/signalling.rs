//! The conference protocol, message by message.

use std::collections::VecDeque;

use rtc_crypto::providers::AwsLcRsProvider;
use serde_json::{Value, json};
use sfu::forward::Layer;
use sfu::participant::Codec;
use sfu::signalling::{MAX_MESSAGE, ServerMessage, SessionId, SignallingServer};
use sfu::transport::certificate::Certificate;
use sfu::{Event, SourceId};

use crate::common::call::{Call, config};
use crate::common::media::{camera, microphone, parameters};
use crate::common::peer::{PWD, UFRAG};

struct Room {
    call: Call,
    server: SignallingServer,
    mail: VecDeque<(SessionId, String)>,
}

impl Room {
    fn new() -> Self {
        Room { call: Call::new(config()), server: SignallingServer::new(), mail: VecDeque::new() }
    }

    fn say(&mut self, session: SessionId, text: &str) {
        let server = &mut self.server;
        self.call.turn(|turn| server.message(session, text, turn));
        self.after();
    }

    /// Hands the core's events to the server, as whoever runs both does.
    fn after(&mut self) {
        for event in self.call.take_events() {
            self.server.event(&event);
        }
        self.mail.extend(std::iter::from_fn(|| self.server.poll()));
    }

    /// All that was said to `session` since the last time.
    fn heard(&mut self, session: SessionId) -> Vec<ServerMessage> {
        let (theirs, others): (VecDeque<_>, _) = self.mail.drain(..).partition(|(to, _)| *to == session);
        self.mail = others;
        theirs.iter().map(|(_, text)| serde_json::from_str(text).expect("proper JSON")).collect()
    }

    /// The code of the one error that `text` gets in answer.
    fn refusal(&mut self, session: SessionId, text: &str) -> String {
        self.say(session, text);
        match self.heard(session).as_slice() {
            [ServerMessage::Error { code, message }] if !message.is_empty() => code.clone(),
            other => panic!("{other:?} for {text}"),
        }
    }

    fn joined(&mut self, conference: &str) -> (SessionId, String) {
        let session = self.server.open();
        let mut message = join();
        message["conference"] = json!(conference);
        self.say(session, &message.to_string());
        match self.heard(session).as_slice() {
            [ServerMessage::Joined { id, .. }] => (session, id.clone()),
            other => panic!("{other:?}"),
        }
    }
}

fn join() -> Value {
    let certificate = Certificate::generate(&AwsLcRsProvider::new()).expect("a certificate can be made");
    json!({
        "type": "join", "version": 1, "conference": "room", "name": "Ann",
        "ice": { "ufrag": UFRAG, "pwd": PWD },
        "fingerprint": certificate.fingerprint().to_string(),
        "media": parameters(),
        "sources": [camera(), microphone()],
    })
}

#[test]
fn two_sessions_meet_subscribe_mute_and_part() {
    let mut room = Room::new();
    let ann = room.server.open();
    room.say(ann, &join().to_string());
    let answers = room.heard(ann);
    let [ServerMessage::Joined { id: ann_id, ice, candidate, fingerprint, participants, .. }] =
        answers.as_slice()
    else {
        panic!("{answers:?}");
    };
    assert!(participants.is_empty() && ice.ufrag.len() >= 4 && ice.pwd.len() >= 22);
    assert_eq!(candidate, "198.51.100.1:3478");
    assert_eq!(*fingerprint, room.call.sfu.fingerprint().to_string());
    room.say(ann, &json!({ "type": "mute", "source": "mic", "muted": true }).to_string());
    assert!(room.heard(ann).is_empty(), "nobody to tell");

    let bob = room.server.open();
    room.say(bob, &join().to_string());
    let answers = room.heard(bob);
    let [ServerMessage::Joined { id: bob_id, participants, .. }] = answers.as_slice() else {
        panic!("{answers:?}");
    };
    assert_eq!((participants[0].id.as_str(), participants[0].name.as_str()), (ann_id.as_str(), "Ann"));
    assert_eq!(participants[0].sources, [camera(), microphone()]);
    assert_eq!(participants[0].muted, ["mic"]);
    let told = room.heard(ann);
    assert!(
        matches!(&told[..], [ServerMessage::ParticipantJoined { participant }] if participant.id == *bob_id)
    );

    let wishes = json!([{ "publisher": ann_id, "source": "cam", "max_height": 360 },
                        { "publisher": ann_id, "source": "cam" },
                        { "publisher": ann_id, "source": "nothing" },
                        { "publisher": "p12345", "source": "cam" },
                        { "publisher": "nobody", "source": "cam" }]);
    room.say(bob, &json!({ "type": "subscribe", "wishes": wishes }).to_string());
    let answers = room.heard(bob);
    let [ServerMessage::Subscribed { streams }] = answers.as_slice() else { panic!("{answers:?}") };
    assert_eq!(streams.len(), 1, "who isn't there is passed over, and nobody gets a source twice");
    assert!(streams[0].rtx_ssrc.is_some() && streams[0].mid == "r0");
    let own = json!({ "type": "subscribe", "wishes": [{ "publisher": bob_id, "source": "cam" }] });
    assert_eq!(room.refusal(bob, &own.to_string()), "invalid");

    room.say(ann, &json!({ "type": "mute", "source": "cam", "muted": true }).to_string());
    let (id, source) = (ann_id.clone(), "cam".to_owned());
    assert_eq!(room.heard(bob), [ServerMessage::Muted { id, source, muted: true }]);
    room.say(ann, &json!({ "type": "leave" }).to_string());
    assert_eq!(room.heard(bob), [ServerMessage::ParticipantLeft { id: ann_id.clone() }]);
    assert_eq!(room.refusal(ann, r#"{"type":"leave"}"#), "not_joined");
    assert_eq!(room.call.sfu.census().subscriptions, 0);
    // The session may join again.
    room.say(ann, &join().to_string());
    assert!(matches!(room.heard(ann)[..], [ServerMessage::Joined { .. }]));
}

#[test]
fn a_closed_or_lost_participant_is_announced_once_and_only_in_its_own_conference() {
    let mut room = Room::new();
    let (ann, ann_id) = room.joined("here");
    let (bob, bob_id) = room.joined("here");
    let (eve, _) = room.joined("elsewhere");
    room.heard(ann);
    let Room { call, server, .. } = &mut room;
    call.turn(|turn| server.close(bob, turn));
    room.after();
    assert_eq!(room.heard(ann), [ServerMessage::ParticipantLeft { id: bob_id }]);
    room.say(bob, &join().to_string());
    assert!(room.mail.is_empty(), "a closed session is heard no more");
    // Ann never connects: her set-up time-out ends her.
    room.call.run(std::time::Duration::from_secs(29));
    room.after();
    assert!(room.mail.is_empty());
    let (cleo, _) = room.joined("here");
    room.call.run(std::time::Duration::from_secs(2));
    room.after();
    assert!(room.heard(cleo).contains(&ServerMessage::ParticipantLeft { id: ann_id.clone() }));
    assert!(room.heard(eve).is_empty(), "another conference's comings and goings");
    room.heard(ann);
    assert_eq!(room.refusal(ann, r#"{"type":"leave"}"#), "not_joined");
    assert_eq!((room.call.sfu.participant_count(), room.call.sfu.conference_count()), (1, 1));
}

#[test]
fn whatever_is_wrong_is_answered_with_its_code() {
    let mut room = Room::new();
    let session = room.server.open();
    let with = |path: &str, value: Value| {
        let mut message = join();
        *message.pointer_mut(path).expect("a field of the message") = value;
        message.to_string()
    };
    let long = "x".repeat(MAX_MESSAGE + 1);
    let nine: Vec<Value> = (0..9)
        .map(|n| {
            let mut source = json!(microphone());
            (source["name"], source["mid"]) = (json!(format!("m{n}")), json!(format!("{n}")));
            source
        })
        .collect();
    let rows: Vec<(String, &str)> = vec![
        (String::new(), "malformed"),
        ("null".into(), "malformed"),
        ("{}".into(), "malformed"),
        ("[1, 2".into(), "malformed"),
        ("\u{0}\u{ffff}".into(), "malformed"),
        (r#"{"type":"dance"}"#.into(), "malformed"),
        (r#"{"type":"subscribe"}"#.into(), "malformed"),
        (r#"{"type":"subscribe","wishes":[],"more":1}"#.into(), "malformed"),
        ("[".repeat(10_000), "malformed"),
        (long, "too_long"),
        (r#"{"type":"subscribe","wishes":[]}"#.into(), "not_joined"),
        (r#"{"type":"mute","source":"cam","muted":true}"#.into(), "not_joined"),
        (r#"{"type":"leave"}"#.into(), "not_joined"),
        (with("/version", json!(2)), "version"),
        (with("/fingerprint", json!("sha-256 AB")), "fingerprint"),
        (with("/conference", json!("")), "invalid"),
        (with("/conference", json!("x".repeat(65))), "invalid"),
        (with("/name", json!("x".repeat(65))), "invalid"),
        (with("/ice/ufrag", json!("abc")), "invalid"),
        (with("/ice/pwd", json!("short")), "invalid"),
        (with("/media/extensions/mid", json!(15)), "invalid"),
        (with("/media/extensions/mid", json!(2)), "invalid"),
        (with("/media/payload_types/vp8/payload_type", json!(5)), "invalid"),
        (with("/media/payload_types/vp8/payload_type", json!(111)), "invalid"),
        (with("/sources/0/encodings", json!([])), "invalid"),
        (with("/sources/0/encodings/1/rid", json!("q")), "invalid"),
        (with("/sources/0/encodings/0/height", json!(1_000)), "invalid"),
        (with("/sources/0/encodings/0/temporal_layers", json!(5)), "invalid"),
        (with("/sources/0/mid", json!("1")), "invalid"),
        (with("/sources/0/name", json!("")), "invalid"),
        (with("/sources/1/mid", json!("x".repeat(17))), "invalid"),
        (with("/sources", json!(nine)), "full"),
    ];
    for (text, code) in rows {
        assert_eq!(room.refusal(session, &text), code, "{}", text.chars().take(200).collect::<String>());
        assert_eq!(room.call.sfu.census(), Default::default(), "nothing changed");
    }
    room.say(session, &join().to_string());
    room.heard(session);
    assert_eq!(room.refusal(session, &join().to_string()), "joined");
    assert_eq!(room.refusal(session, r#"{"type":"mute","source":"share","muted":true}"#), "no_such_source");
    let wish = json!({ "publisher": "p1", "source": "cam" });
    let many = json!({ "type": "subscribe", "wishes": vec![wish; 257] });
    assert_eq!(room.refusal(session, &many.to_string()), "full");
}

#[test]
fn everybody_hears_of_the_dominant_speaker_and_who_comes_later_of_the_last_ones() {
    let mut configuration = config();
    configuration.dominant_speaker = true;
    let mut room = Room { call: Call::new(configuration), ..Room::new() };
    let (ann, ann_id) = room.joined("here");
    let (bob, _) = room.joined("here");
    let (stranger, _) = room.joined("elsewhere");
    room.mail.clear();
    let participant = ann_id.parse().expect("an id that the server gave");
    room.server.event(&Event::DominantSpeaker { participant });
    room.after();
    let told = [ServerMessage::DominantSpeaker { id: ann_id.clone() }];
    assert_eq!((room.heard(ann).as_slice(), room.heard(bob).as_slice()), (&told[..], &told[..]));
    assert!(room.heard(stranger).is_empty());
    // Of somebody who is gone there is nothing to tell.
    room.say(ann, &json!({ "type": "leave" }).to_string());
    room.heard(bob);
    room.server.event(&Event::DominantSpeaker { participant });
    room.after();
    assert!(room.heard(bob).is_empty());
}

#[test]
fn a_full_conference_refuses_the_next() {
    let mut configuration = config();
    configuration.limits.conference = 2;
    configuration.limits.participants = 3;
    let mut room = Room { call: Call::new(configuration), ..Room::new() };
    for _ in 0..2 {
        room.joined("room");
    }
    let session = room.server.open();
    assert_eq!(room.refusal(session, &join().to_string()), "full");
    room.joined("another");
    let mut third = join();
    third["conference"] = json!("a third");
    assert_eq!(room.refusal(session, &third.to_string()), "full");
    assert_eq!(room.call.sfu.conference_count(), 2);
}

#[test]
fn a_receiver_is_told_when_the_server_stops_and_resumes_sending() {
    let mut room = Room::new();
    let (ann, ann_id) = room.joined("here");
    let (bob, bob_id) = room.joined("here");
    let subscribe = json!({ "type": "subscribe", "wishes": [{ "publisher": ann_id, "source": "cam" }] });
    room.say(bob, &subscribe.to_string());
    room.mail.clear();
    let id = |text: &str| text.parse().expect("an id that the server gave");
    let forwarded = |receiver: &str, publisher: &str, source, layer: Option<Layer>| Event::LayerForwarded {
        receiver: id(receiver),
        publisher: id(publisher),
        source: SourceId(source),
        layer,
    };
    let layer = Some(Layer { encoding: 0, spatial: 0, temporal: 0 });
    let told =
        |paused| vec![ServerMessage::Paused { publisher: ann_id.clone(), source: "cam".into(), paused }];
    // (what is forwarded, what is said): the beginning and changes from layer to layer are no news.
    for (layer, expected) in [
        (layer, vec![]),
        (None, told(true)),
        (None, vec![]),
        (layer, told(false)),
        (Some(Layer { encoding: 2, spatial: 0, temporal: 1 }), vec![]),
        (None, told(true)),
    ] {
        room.server.event(&forwarded(&bob_id, &ann_id, 0, layer));
        room.after();
        assert_eq!(room.heard(bob), expected, "{layer:?}");
    }
    assert!(room.heard(ann).is_empty());
    // A source that nobody has, and a subscription made anew, after which it is news again.
    room.server.event(&forwarded(&bob_id, &ann_id, 9, None));
    room.say(bob, &json!({ "type": "subscribe", "wishes": [] }).to_string());
    room.say(bob, &subscribe.to_string());
    room.heard(bob);
    room.server.event(&forwarded(&bob_id, &ann_id, 0, None));
    room.after();
    assert_eq!(room.heard(bob), told(true));
}

#[test]
fn a_wish_in_a_codec_that_is_not_spoken_is_passed_over_and_told() {
    let mut room = Room::new();
    let (_, ann_id) = room.joined("here");
    let (bob, _) = room.joined("here");
    let session = room.server.open();
    let mut message = join();
    message["conference"] = json!("here");
    message["sources"][0]["codec"] = json!("vp9");
    message["media"]["payload_types"]["vp9"] = json!({ "payload_type": 120 });
    room.say(session, &message.to_string());
    let joined = room.heard(session);
    let Some(ServerMessage::Joined { id: cyd_id, .. }) = joined.first() else { panic!("{joined:?}") };
    room.heard(bob);
    let wish = |id: &str| json!({ "publisher": id, "source": "cam" });
    let subscribe = json!({ "type": "subscribe", "wishes": [wish(cyd_id), wish(&ann_id)] });
    room.say(bob, &subscribe.to_string());
    let heard = room.heard(bob);
    let [ServerMessage::Subscribed { streams }, ServerMessage::CodecNotSpoken { publisher, source, codec }] =
        heard.as_slice()
    else {
        panic!("{heard:?}")
    };
    let got: Vec<&str> = streams.iter().map(|stream| stream.publisher.as_str()).collect();
    assert_eq!(got, [ann_id.as_str()], "the wish after it is met");
    assert_eq!((publisher, source.as_str(), *codec), (cyd_id, "cam", Codec::Vp9));
}
