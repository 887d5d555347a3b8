//! Who speaks: the dominant speaker is told, and no more than the loudest are forwarded.

use std::time::Duration;

use sfu::debug_state::Personal;
use sfu::rtp::RtpHeader;
use sfu::{Command, DropReason, Event, PacketClass};

use crate::common::call::{Call, config};
use crate::common::media::{Microphone, microphone};

/// People with microphones, everybody subscribed to everybody.
struct Room {
    call: Call,
    microphones: Vec<Microphone>,
    /// The SSRC on which `receiver` gets `publisher`.
    ssrcs: Vec<Vec<u32>>,
}

impl Room {
    fn new(count: usize, loudest: Option<u8>, dominant_speaker: bool) -> Self {
        let mut configuration = config();
        (configuration.loudest, configuration.dominant_speaker) = (loudest, dominant_speaker);
        let mut call = Call::new(configuration);
        for index in 0..count {
            call.join(vec![microphone()]);
            call.connect(index);
        }
        let mut ssrcs = vec![vec![0; count]; count];
        for (receiver, row) in ssrcs.iter_mut().enumerate() {
            let others: Vec<usize> = (0..count).filter(|publisher| *publisher != receiver).collect();
            let wishes: Vec<_> = others.iter().map(|publisher| call.wish(*publisher, "mic")).collect();
            let streams = call.subscribe(receiver, &wishes).expect("the sources are there");
            for (publisher, stream) in others.iter().zip(streams) {
                row[*publisher] = stream.ssrc;
            }
        }
        let microphones = (0..count as u32).map(Microphone::new).collect();
        Room { call, microphones, ssrcs }
    }

    /// So many milliseconds in which each has a level; with dips between the syllables of who is loud. Who was heard
    /// in the last of them?
    fn run(&mut self, ms: u64, levels: &[u8]) -> Vec<usize> {
        let mut heard = Vec::new();
        for n in 0..ms / 20 {
            heard.clear();
            for (publisher, level) in levels.iter().enumerate() {
                let mut packet = self.microphones[publisher].packet(80);
                let dips = *level < 50 && n % 10 >= 8;
                packet.level = Some((if dips { level + 20 } else { *level }, false));
                match self.call.send(publisher, &packet) {
                    Ok(()) => heard.push(publisher),
                    Err(reason) => assert_eq!(reason, DropReason::NotLoudest),
                }
            }
            self.call.run(Duration::from_millis(20));
        }
        heard
    }

    /// The headers of what `receiver` got of `publisher`.
    fn got(&self, receiver: usize, publisher: usize) -> Vec<RtpHeader> {
        let ssrc = self.ssrcs[receiver][publisher];
        let headers = self.call.peers[receiver].of(PacketClass::Audio).map(|packet| packet.header());
        headers.filter(|header| header.ssrc == ssrc).collect()
    }

    fn dominant(&mut self) -> Vec<usize> {
        let who = |event| match event {
            Event::DominantSpeaker { participant } => {
                self.call.peers.iter().position(|peer| peer.id == participant)
            }
            _ => None,
        };
        let events: Vec<Event> = self.call.events.drain(..).map(|(_, event)| event).collect();
        events.into_iter().filter_map(who).collect()
    }
}

#[test]
fn two_places_for_four() {
    let mut room = Room::new(4, Some(2), true);
    assert_eq!(room.run(1_000, &[75, 75, 75, 75]), [0; 0], "nobody speaks");
    assert_eq!(room.run(3_000, &[30, 75, 75, 75]), [0]);
    assert_eq!(room.run(3_000, &[75, 30, 75, 75]), [0, 1], "a place is kept while nobody needs it");
    assert_eq!(room.run(3_000, &[75, 75, 30, 75]), [1, 2]);
    assert_eq!(room.run(3_000, &[30, 75, 75, 75]), [0, 2]);
    assert_eq!(room.dominant(), [0, 1, 2, 0]);
    let refused = room.call.sfu.drops().of(DropReason::NotLoudest);
    assert_eq!(
        refused + room.call.sfu.forwarded() / 3,
        4 * 13_000 / 20,
        "each packet went to three, or to none"
    );
    // The first came back after three seconds of absence: its numbers close up, its clock went on.
    for receiver in 1..4 {
        let headers = room.got(receiver, 0);
        let steps = headers.windows(2).map(|pair| {
            let ticks = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
            (pair[1].sequence.wrapping_sub(pair[0].sequence), ticks, pair[1].marker)
        });
        let breaks: Vec<_> = steps.filter(|step| *step != (1, 960, false)).collect();
        assert!(headers[0].marker && headers.len() > 450, "{} packets", headers.len());
        let [(1, ticks, true)] = breaks[..] else { panic!("{breaks:?}") };
        assert_eq!(
            ticks,
            3_000 * 48,
            "it lost its place to the third's first frame, and got it back with its own"
        );
    }
}

#[test]
fn who_is_muted_gives_up_the_place_at_once() {
    let mut room = Room::new(3, Some(1), false);
    assert_eq!(room.run(2_000, &[30, 75, 75]), [0]);
    assert_eq!(room.run(200, &[30, 20, 75]), [0], "no place is free");
    let (participant, source) = (room.call.peers[0].id, "mic".to_owned());
    room.call
        .turn(|turn| turn.command(Command::Mute { participant, source, muted: true }))
        .expect("a source");
    // What comes from a muted source is withheld as before, and counts for nothing.
    assert_eq!(room.run(20, &[10, 30, 75]), [0, 1]);
    assert_eq!(room.got(2, 1).len(), 1);
    room.call.turn(|turn| turn.command(Command::Leave { participant })).expect("it is there");
    let other = room.call.peers[1].id;
    assert!(room.call.turn(|turn| turn.recent_speakers(other)).is_empty(), "who left is none");
    room.call.peers.remove(0);
}

#[test]
fn all_are_forwarded_unless_told_otherwise() {
    for (loudest, dominant_speaker) in [(None, false), (Some(0), false), (None, true)] {
        let mut room = Room::new(3, loudest, dominant_speaker);
        assert_eq!(room.run(2_000, &[30, 75, 75]), [0, 1, 2]);
        assert_eq!(room.got(0, 2).len(), 100);
        assert_eq!(room.dominant(), if dominant_speaker { vec![0] } else { vec![] });
    }
}

#[test]
fn nobody_is_told_unless_it_is_asked_for() {
    // (whether to tell, how often somebody was named)
    for (tell, named) in [(true, 1), (false, 0)] {
        let mut room = Room::new(3, Some(2), tell);
        assert_eq!(room.run(3_000, &[30, 75, 75]), [0], "{tell}: who speaks is forwarded, nobody else");
        assert_eq!(room.dominant().len(), named, "{tell}");
        let id = room.call.peers[0].id;
        assert_eq!(room.call.turn(|turn| turn.recent_speakers(id)).len(), named, "{tell}");
    }
}

#[test]
fn the_state_shows_who_has_the_floor() {
    let mut room = Room::new(4, Some(2), true);
    room.run(3_000, &[30, 30, 75, 75]);
    room.run(3_000, &[75, 30, 75, 30]);
    let state = room.call.sfu.debug_state(room.call.now, Personal::Redacted);
    let floor = &state["conferences"][0]["floor"];
    let id = |peer: usize| room.call.peers[peer].id.to_string();
    let recent = room.call.events.iter().filter_map(|(_, event)| match event {
        Event::DominantSpeaker { participant } => Some(participant.to_string()),
        _ => None,
    });
    let mut expected: Vec<String> = Vec::new();
    for speaker in recent {
        expected.retain(|other| *other != speaker);
        expected.insert(0, speaker);
    }
    assert_eq!(floor["dominant"], expected[0].as_str());
    assert_eq!(floor["recent"], serde_json::to_value(&expected).unwrap());
    let heard = [1, 3].map(|peer| serde_json::json!({ "participant": id(peer), "source": "mic" }));
    assert_eq!((&floor["places"], &floor["heard"]), (&2.into(), &heard.as_slice().into()));
    let sources = (0..4).map(|peer| state["participants"][peer]["sources"][0]["heard"].as_bool());
    assert_eq!(sources.collect::<Vec<_>>(), [false, true, false, true].map(Some));
    let silent = Room::new(2, None, false);
    let state = silent.call.sfu.debug_state(silent.call.now, Personal::Redacted);
    assert!(state["conferences"][0]["floor"].is_null(), "nobody wants to know");
}
