//! Viewers, and restarts of ICE.

use serde_json::{Value, json};

use super::*;
use crate::sdp::Fragment;

fn view(publisher: Option<&str>) -> Value {
    let offer = OFFER.replace("a=sendrecv", "a=recvonly").replace("a=sendonly", "a=recvonly");
    let mut message = json!({
        "type": "view", "version": 1, "conference": "room", "name": "eve", "offer": offer,
    });
    if let Some(publisher) = publisher {
        message["publisher"] = publisher.into();
    }
    message
}

#[test]
fn a_viewer_gets_what_there_is_in_the_sections_of_its_own_offer() {
    let mut room = Room::new();
    let (ann, eve) = (room.signalling.open(), room.signalling.open());
    let said = room.say(eve, view(None));
    assert_eq!((types(&said), &said[0].1["code"]), (vec![(eve, "error")], &json!("nothing_to_see")));
    assert_eq!(room.sfu.participant_count(), 0);
    room.join(ann, "ann");
    assert_eq!(room.say(eve, view(Some("bob")))[1].1["code"], "nothing_to_see");
    let said = room.say(eve, view(Some("ann")));
    let told = types(&said);
    assert!(told.contains(&(eve, "viewing")) && told.contains(&(ann, "participant_joined")), "{told:?}");
    let viewing = &said.iter().find(|(to, _)| *to == eve).expect("an answer").1;
    let answer = Description::parse(viewing["answer"].as_str().expect("a description")).expect("sound");
    let sections: Vec<_> = answer.sections.iter().map(|s| (s.media, s.first("mid"), s.port)).collect();
    assert_eq!(sections, [("audio", Some("0"), 9), ("video", Some("1"), 9)]);
    for section in &answer.sections {
        assert_eq!(section.first("sendonly"), Some(""));
        assert!(section.first("ssrc").is_some(), "it is what streams are told apart by");
        assert!(!section.all("extmap").any(|value| value.contains("sdes:mid")), "the core has other mids");
    }
    assert_eq!(viewing["streams"].as_array().map(Vec::len), Some(2));
    let pinned = json!({ "type": "subscribe", "wishes": [] });
    assert_eq!(room.say(eve, pinned)[0].1["code"], "viewing", "its sections are what they are");
    assert_eq!(room.say(eve, view(None))[0].1["code"], "joined");
    room.turn(|signalling, turn| signalling.close(eve, turn));
    assert_eq!(room.sfu.participant_count(), 1);
}

#[test]
fn a_section_without_a_source_stays_silent() {
    let mut room = Room::new();
    let (ann, eve) = (room.signalling.open(), room.signalling.open());
    let silent = OFFER.replacen("a=sendonly", "a=inactive", 1).replacen("a=sendrecv", "a=inactive", 1);
    let sources = json!([]);
    room.say(ann, json!({
        "type": "join", "version": 1, "conference": "room", "name": "ann", "offer": silent, "sources": sources,
    }));
    let said = room.say(eve, view(None));
    let viewing = &said.iter().find(|(to, _)| *to == eve).expect("an answer").1;
    let answer = Description::parse(viewing["answer"].as_str().expect("a description")).expect("sound");
    let directions: Vec<_> = answer.sections.iter().map(|s| s.first("sendonly").is_some()).collect();
    assert_eq!(directions, [false, true]);
}

#[test]
fn ice_begins_anew_and_nothing_else_does() {
    let mut room = Room::new();
    let ann = room.signalling.open();
    let restart = |ufrag: &str| json!({ "type": "restart_ice", "ice": { "ufrag": ufrag, "pwd": "a-password-of-22-bytes" } });
    assert_eq!(room.say(ann, restart("other"))[0].1["code"], "not_joined");
    let joined = room.join(ann, "ann");
    assert_eq!(room.say(ann, restart("o"))[0].1["code"], "invalid");
    let said = room.say(ann, restart("other"));
    assert_eq!(types(&said), [(ann, "ice_restarted")]);
    let fragment = said[0].1["fragment"].as_str().expect("a fragment");
    let own = Fragment::parse(fragment).expect("sound").ice;
    assert_eq!(said[0].1["ufrag"], own.ufrag);
    assert_ne!(joined[0].1["ufrag"], own.ufrag);
    assert!(fragment.contains("a=group:BUNDLE 0 1\r\na=ice-lite\r\nm=audio 9 "), "{fragment}");
    assert!(
        fragment.contains("\r\na=mid:0\r\n") && fragment.contains("\r\na=candidate:1 1 udp "),
        "{fragment}"
    );
    assert_eq!(fragment.matches("m=").count(), 1, "the transport of all is the first's");
}
