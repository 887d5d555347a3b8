//! The conference protocol's messages. Input: a message as it came over the wire.

use sfu::Time;
use sfu::signalling::{ClientMessage, ServerMessage, SignallingServer};

use super::conference::{Outputs, SOME_FINGERPRINT, core, join_message};

pub(super) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(message) = serde_json::from_str::<ClientMessage>(&text) {
        let written = serde_json::to_string(&message).expect("messages have string keys");
        assert_eq!(serde_json::from_str::<ClientMessage>(&written).ok(), Some(message));
    }
    let mut core = core();
    let mut server = SignallingServer::new();
    let mut outputs = Outputs::default();
    let (newcomer, member, other) = (server.open(), server.open(), server.open());
    {
        let mut turn = core.turn(Time::ZERO, &mut outputs);
        server.message(member, &join_message("bob", SOME_FINGERPRINT), &mut turn);
        server.message(other, &join_message("carol", SOME_FINGERPRINT), &mut turn);
        while server.poll().is_some() {}
        for session in [newcomer, member] {
            server.message(session, &text, &mut turn);
        }
        let mut answers = 0;
        while let Some((_, answer)) = server.poll() {
            answers += 1;
            serde_json::from_str::<ServerMessage>(&answer).expect("the server says what it should");
        }
        assert!(answers <= 8, "{answers} answers to one message");
        for session in [newcomer, member, other] {
            server.close(session, &mut turn);
        }
    }
    assert_eq!((core.participant_count(), core.conference_count()), (0, 0), "somebody stayed behind");
}
