//! What sessions may do that were let in by a token, and moderators.

use serde_json::json;

use super::*;

fn grant(room: &mut Room, session: SessionId, change: impl FnOnce(&mut Grant)) {
    let mut grant = Grant::default();
    change(&mut grant);
    room.signalling.set_grant(session, grant);
}

fn code(said: &[(SessionId, serde_json::Value)]) -> &str {
    said[0].1["code"].as_str().unwrap_or_default()
}

#[test]
fn a_grant_holds_for_sending_receiving_and_the_name() {
    let mut room = Room::new();
    let (ann, bob) = (room.signalling.open(), room.signalling.open());
    grant(&mut room, ann, |grant| grant.publish = false);
    assert_eq!(code(&room.join(ann, "ann")), "forbidden");
    grant(&mut room, ann, |grant| (grant.subscribe, grant.name) = (false, Some("Ann of the token".into())));
    assert_eq!(types(&room.join(ann, "somebody else")), [(ann, "joined")]);
    assert_eq!(code(&room.say(ann, json!({ "type": "subscribe", "wishes": [] }))), "forbidden");
    let said = room.join(bob, "bob");
    assert_eq!(said[0].1["participants"][0]["name"], "Ann of the token");
    room.turn(|signalling, turn| signalling.close(ann, turn));
    assert_eq!(room.signalling.grants.len(), 0, "nothing is left of a session");
}

#[test]
fn only_moderators_mute_others_and_send_them_away_and_only_in_their_room() {
    let mut room = Room::new();
    let (ann, bob, eve) = (room.signalling.open(), room.signalling.open(), room.signalling.open());
    grant(&mut room, ann, |grant| grant.moderate = true);
    assert_eq!(types(&room.join(ann, "ann")), [(ann, "joined"), (ann, "moderator")]);
    let bob_is = room.join(bob, "bob")[0].1["id"].as_str().expect("an id").to_owned();
    let silence = |source: &str| json!({ "type": "silence", "participant": bob_is, "source": source });
    let remove = |id: &str| json!({ "type": "remove", "participant": id });
    assert_eq!(code(&room.say(bob, silence("mic"))), "forbidden", "not even oneself");
    assert_eq!(code(&room.say(bob, remove(&bob_is))), "forbidden");
    assert_eq!(code(&room.say(eve, remove(&bob_is))), "not_joined");
    assert_eq!(code(&room.say(ann, silence("share"))), "no_such_source");
    assert_eq!(code(&room.say(ann, remove("p9999"))), "no_such_participant");
    let said = room.say(ann, silence("mic"));
    let mut told = types(&said);
    told.sort_unstable();
    let mut expected = [(ann, "muted"), (bob, "muted")];
    expected.sort_unstable();
    assert_eq!(told, expected, "whose it is hears of it too");
    let unmute = json!({ "type": "mute", "source": "mic", "muted": false });
    assert_eq!(types(&room.say(bob, unmute)), [(ann, "muted")], "and may speak again");
    // A moderator of another room has no say in this one.
    grant(&mut room, eve, |grant| grant.moderate = true);
    let elsewhere = json!({
        "type": "join", "version": 1, "conference": "attic", "name": "eve", "offer": OFFER,
    });
    room.say(eve, elsewhere);
    assert_eq!(code(&room.say(eve, remove(&bob_is))), "no_such_participant");
    let said = room.say(ann, remove(&bob_is));
    assert_eq!(types(&said), [(bob, "ended"), (ann, "participant_left")]);
    assert_eq!(said[0].1["reason"], "removed");
}
