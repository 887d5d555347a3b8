//! Two browsers of Chromium's offers in one room.

use std::sync::Arc;

use rtc_crypto::providers::AwsLcRsProvider;

use super::*;
use crate::sdp::Description;
use crate::sink::{Sink, Transmit};
use crate::{Command, Config, Sfu, Time};

const OFFER: &str = include_str!("../../sdp/fixtures/vp8-simulcast.sdp");

#[derive(Default)]
struct Events(Vec<Event>);

impl Sink for Events {
    fn transmit(&mut self, _: Transmit<'_>) {}

    fn event(&mut self, event: Event) {
        self.0.push(event);
    }
}

struct Room {
    sfu: Sfu,
    signalling: BrowserSignalling,
    events: Events,
}

impl Room {
    fn new() -> Self {
        let config = Config::new("192.0.2.1:3478".parse().expect("an address"));
        let sfu = Sfu::new(config, Arc::new(AwsLcRsProvider::new())).expect("a certificate");
        Room { sfu, signalling: BrowserSignalling::new(), events: Events::default() }
    }

    /// What a message brings each session, as type and value.
    fn say(&mut self, session: SessionId, message: serde_json::Value) -> Vec<(SessionId, serde_json::Value)> {
        self.turn(|signalling, turn| signalling.message(session, &message.to_string(), turn))
    }

    fn turn(
        &mut self,
        work: impl FnOnce(&mut BrowserSignalling, &mut Turn<'_>),
    ) -> Vec<(SessionId, serde_json::Value)> {
        work(&mut self.signalling, &mut self.sfu.turn(Time::ZERO, &mut self.events));
        for event in self.events.0.drain(..) {
            self.signalling.event(&event);
        }
        let said = std::iter::from_fn(|| self.signalling.poll());
        said.map(|(to, text)| (to, serde_json::from_str(&text).expect("JSON"))).collect()
    }

    fn join(&mut self, session: SessionId, name: &str) -> Vec<(SessionId, serde_json::Value)> {
        let sources = serde_json::json!([{ "mid": "0", "name": "mic" }, { "mid": "1", "name": "cam" }]);
        self.say(session, serde_json::json!({
            "type": "join", "version": 1, "conference": "room", "name": name, "offer": OFFER, "sources": sources,
        }))
    }
}

fn types(said: &[(SessionId, serde_json::Value)]) -> Vec<(SessionId, &str)> {
    said.iter().map(|(to, value)| (*to, value["type"].as_str().expect("each has a type"))).collect()
}

#[test]
fn two_browsers_meet_and_part() {
    let mut room = Room::new();
    let (ann, bob) = (room.signalling.open(), room.signalling.open());
    let said = room.join(ann, "ann");
    assert_eq!(types(&said), [(ann, "joined")]);
    let answer = said[0].1["answer"].as_str().expect("a description");
    assert_eq!(Description::parse(answer).expect("sound").sections.len(), 2);
    let said = room.join(bob, "bob");
    assert_eq!(types(&said), [(bob, "joined"), (ann, "participant_joined")]);
    let id = said[0].1["participants"][0]["id"].as_str().expect("ann").to_owned();
    let wishes = serde_json::json!([
        { "publisher": id, "source": "mic" }, { "publisher": id, "source": "cam", "max_height": 360 },
    ]);
    let subscribe = serde_json::json!({ "type": "subscribe", "wishes": wishes });
    let said = room.say(bob, subscribe.clone());
    assert_eq!(types(&said), [(bob, "subscribed"), (bob, "offer")]);
    let offer = said[1].1["offer"].as_str().expect("a description").to_owned();
    assert_eq!(Description::parse(&offer).expect("sound").sections.len(), 4);
    assert_eq!(said[1].1["streams"].as_array().map(Vec::len), Some(2));
    assert_eq!(types(&room.say(bob, subscribe)), [(bob, "subscribed")], "no other sections, no other offer");
    let answer = serde_json::json!({ "type": "answer", "answer": offer });
    assert_eq!(room.say(bob, answer.clone()), []);
    assert_eq!(types(&room.say(bob, answer)), [(bob, "error")], "there is nothing to answer");
    let said = room.say(ann, serde_json::json!({ "type": "leave" }));
    assert_eq!(types(&said), [(bob, "participant_left")]);
    let said = room.say(bob, serde_json::json!({ "type": "subscribe", "wishes": [] }));
    assert_eq!(types(&said), [(bob, "subscribed"), (bob, "offer")]);
    assert_eq!(types(&room.join(ann, "ann")), [(ann, "joined"), (bob, "participant_joined")], "once more");
}

#[test]
fn what_is_wrong_is_said_and_changes_nothing() {
    let mut room = Room::new();
    let ann = room.signalling.open();
    let join = |offer: &str| {
        serde_json::json!({
            "type": "join", "version": 1, "conference": "room", "name": "ann", "offer": offer,
        })
    };
    let mut old = join(OFFER);
    old["version"] = 0.into();
    let rows = [
        (serde_json::json!({ "type": "dance" }), "malformed"),
        (old, "version"),
        (join("v=0"), "sdp"),
        (join(&OFFER.replace("a=ice-pwd:", "a=ice-pwd:short\r\na=x:")), "invalid"),
        (serde_json::json!({ "type": "answer", "answer": OFFER }), "not_joined"),
        (serde_json::json!({ "type": "subscribe", "wishes": [] }), "not_joined"),
        (serde_json::json!({ "type": "leave" }), "not_joined"),
    ];
    for (message, code) in rows {
        let said = room.say(ann, message);
        let codes: Vec<_> = said.iter().map(|(_, value)| value["code"].as_str()).collect();
        assert_eq!(codes, [Some(code)]);
    }
    assert_eq!(types(&room.join(ann, "ann")), [(ann, "joined")]);
    assert_eq!(room.join(ann, "ann")[0].1["code"], "joined");
}

#[test]
fn who_is_sent_away_is_told_and_may_come_back() {
    let mut room = Room::new();
    let ann = room.signalling.open();
    let id = room.join(ann, "ann")[0].1["id"].as_str().expect("an id").to_owned();
    let participant = id.parse().expect("as the core says it");
    let said = room.turn(|_, turn| turn.command(Command::Leave { participant }).expect("ann is there"));
    assert_eq!(types(&said), [(ann, "ended")]);
    assert_eq!(said[0].1["reason"], "removed");
    assert_eq!(types(&room.join(ann, "ann")), [(ann, "joined")]);
    room.turn(|signalling, turn| signalling.close(ann, turn));
    assert_eq!((room.sfu.participant_count(), room.signalling.sessions()), (0, 0));
}

#[test]
fn who_comes_back_with_the_secret_takes_the_old_place() {
    let mut room = Room::new();
    let (ann, bob, new) = (room.signalling.open(), room.signalling.open(), room.signalling.open());
    let said = room.join(ann, "ann");
    room.join(bob, "bob");
    let answer = said[0].1["answer"].as_str().expect("a description");
    let password = answer.lines().find_map(|line| line.strip_prefix("a=ice-pwd:")).expect("it has one");
    let join = |resume: &str| {
        serde_json::json!({
            "type": "join", "version": 1, "conference": "room", "name": "ann", "offer": OFFER, "resume": resume,
        })
    };
    assert_eq!(
        types(&room.say(new, join("a guess"))),
        [(new, "joined"), (ann, "participant_joined"), (bob, "participant_joined")]
    );
    room.say(new, serde_json::json!({ "type": "leave" }));
    let said = room.say(new, join(password));
    let expected = [(ann, "ended"), (bob, "participant_left"), (new, "joined"), (bob, "participant_joined")];
    assert_eq!(types(&said), expected);
    assert_eq!(said[0].1["reason"], "resumed");
    assert_eq!(said[2].1["participants"].as_array().map(Vec::len), Some(1), "bob alone");
    room.turn(|signalling, turn| signalling.close(ann, turn));
    assert_eq!(room.sfu.participant_count(), 2);
}

#[test]
fn behind_closed_doors_those_who_are_in_stay_until_the_end() {
    let mut room = Room::new();
    let (ann, bob) = (room.signalling.open(), room.signalling.open());
    room.join(ann, "ann");
    room.signalling.close_doors();
    assert_eq!(room.join(bob, "bob")[0].1["code"], "draining");
    assert_eq!(
        types(&room.say(ann, serde_json::json!({ "type": "subscribe", "wishes": [] }))),
        [(ann, "subscribed")]
    );
    let said = room.turn(|signalling, _| signalling.stop());
    assert_eq!(types(&said), [(ann, "ended")]);
    assert_eq!(said[0].1["reason"], "stopping");
}

mod grants;
mod viewing;
