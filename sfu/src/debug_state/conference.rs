//! One conference: who is in it, and who has the floor.

use serde_json::{Value, json};

use super::Personal;
use crate::audio::Floor;
use crate::conference::Conference;
use crate::core::Sfu;

pub(super) fn state(sfu: &Sfu, conference: &Conference, personal: Personal) -> Value {
    json!({
        "name": personal.show(|| conference.name.clone()),
        "members": conference.members.iter().map(ToString::to_string).collect::<Vec<String>>(),
        "floor": conference.floor.as_ref().map(|floor| state_of_floor(sfu, conference, floor)),
    })
}

/// Who speaks; places are limited, and sources listed as heard, only where the loudest are chosen.
fn state_of_floor(sfu: &Sfu, conference: &Conference, floor: &Floor) -> Value {
    let heard = floor.places().map(|_| {
        let sources = conference.members.iter().flat_map(|id| {
            let sources = sfu.participant(*id).map_or(&[][..], |member| member.uplink.sources.as_slice());
            let heard = sources.iter().filter(|source| source.speaker.is_some_and(|id| floor.is_heard(id)));
            heard.map(|source| json!({ "participant": id.to_string(), "source": source.description.name }))
        });
        sources.collect::<Vec<Value>>()
    });
    json!({
        "dominant": floor.dominant().map(|id| id.to_string()),
        "recent": floor.recent().iter().map(|id| id.to_string()).collect::<Vec<String>>(),
        "places": floor.places(),
        "heard": heard,
    })
}
