//! Several workers: who is in a room is together, rooms are spread, and the server counts and ends as one.

use serde_json::{Value, json};

use super::process::{Server, Session, TOKEN};

fn server() -> Server {
    Server::start(&[("PLENUM_SFU_MEDIA_WORKERS", "3"), ("PLENUM_SFU_LIMITS_PARTICIPANTS", "8")])
}

/// The port of the media candidate in a server's answer.
fn media_port(joined: &Value) -> u16 {
    let answer = joined["answer"].as_str().expect("an answer");
    let line = answer.lines().find_map(|line| line.strip_prefix("a=candidate:")).expect("a candidate");
    line.split(' ').nth(5).and_then(|port| port.parse().ok()).expect("a port")
}

fn rooms(server: &Server) -> Vec<Value> {
    let authorization = format!("Authorization: Bearer {TOKEN}\r\n");
    let answer = Server::http(server.admin, "GET", "/rooms", &authorization);
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    serde_json::from_str(body).expect("a list")
}

#[test]
fn rooms_are_spread_and_each_is_whole() {
    let server = server();
    let mut sessions: Vec<Session> = (0..6).map(|_| server.session()).collect();
    let joined: Vec<Value> =
        sessions.iter_mut().zip(["a", "b", "c"].repeat(2)).map(|(s, room)| s.join(room)).collect();
    let ports: Vec<u16> = joined.iter().map(media_port).collect();
    assert_eq!(ports[..3], ports[3..], "who comes later comes to the same worker");
    let mut different = ports[..3].to_vec();
    different.sort_unstable();
    different.dedup();
    assert_eq!(different.len(), 3, "{ports:?}");
    for joined in &joined[3..] {
        assert_eq!(joined["participants"].as_array().map(Vec::len), Some(1));
    }
    assert_eq!((server.metric("participants"), server.metric("rooms"), server.metric("sessions")), (6, 3, 6));
    let workers: Vec<u64> =
        rooms(&server).iter().map(|room| room["worker"].as_u64().expect("a number")).collect();
    assert_eq!(workers, [0, 1, 2]);
    // Ids are each worker's own: the same one is somebody else elsewhere.
    let ids: Vec<&str> = joined.iter().map(|joined| joined["id"].as_str().expect("an id")).collect();
    assert_eq!(ids[0], ids[1]);
    let authorization = format!("Authorization: Bearer {TOKEN}\r\n");
    let removed =
        Server::http(server.admin, "DELETE", &format!("/rooms/b/participants/{}", ids[1]), &authorization);
    assert!(removed.starts_with("HTTP/1.1 204"), "{removed}");
    // The first one of the second room hears of the second one, and then of its own end.
    assert_eq!(sessions[1].hear().expect("news")["type"], "participant_joined");
    assert_eq!(sessions[1].hear().expect("the end")["reason"], "removed");
    assert_eq!(sessions[4].hear().expect("news")["type"], "participant_left");
    assert_eq!(server.metric("participants"), 5);
}

#[test]
fn who_leaves_gives_the_seat_back_and_may_go_elsewhere() {
    let server = server();
    let mut sessions: Vec<Session> = (0..9).map(|_| server.session()).collect();
    for (index, session) in sessions[..8].iter_mut().enumerate() {
        assert_eq!(session.join(&format!("room {index}"))["type"], "joined");
    }
    assert_eq!(sessions[8].join("den")["code"], "full");
    // Inside there is no second room, on whichever worker it would be.
    for room in ["room 0", "room 1", "room 2", "new"] {
        assert_eq!(sessions[0].join(room)["code"], "joined");
    }
    // What isn't understood takes no seat.
    for wrong in
        [json!({ "type": "join", "conference": "den" }), json!({ "type": "join", "version": 9 }), json!(7)]
    {
        sessions[8].say(&wrong);
        let code = sessions[8].hear().expect("an answer")["code"].clone();
        assert!(code == "malformed" || code == "full", "{code}");
    }
    for round in 0..20 {
        sessions[0].say(&json!({ "type": "leave" }));
        let room = format!("room {}", round % 8);
        // The leave is on its way to another worker: until it is there, the seat is taken.
        let mut joined = sessions[0].join(&room);
        while joined["type"] != "joined" {
            assert!(["joined", "full"].iter().any(|code| joined["code"] == *code), "{joined}");
            joined = sessions[0].join(&room);
        }
        assert_eq!(server.metric("participants"), 8, "round {round}");
    }
    drop(sessions);
    while server.metric("sessions") > 0 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!((server.metric("participants"), server.metric("rooms")), (0, 0));
    assert!(rooms(&server).is_empty());
}

#[test]
fn a_drained_server_ends_when_the_last_one_on_any_worker_has_gone() {
    let server = server();
    let mut sessions: Vec<Session> = (0..3).map(|_| server.session()).collect();
    for (session, room) in sessions.iter_mut().zip(["a", "b", "c"]) {
        assert_eq!(session.join(room)["type"], "joined");
    }
    let authorization = format!("Authorization: Bearer {TOKEN}\r\n");
    assert!(Server::http(server.admin, "POST", "/drain", &authorization).starts_with("HTTP/1.1 204"));
    drop(sessions.remove(0));
    while server.metric("participants") > 2 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let mut late = server.session();
    assert_eq!(late.join("b")["code"], "draining");
    assert_eq!(server.metric("draining"), 1);
    drop(sessions);
    assert!(server.ended().success(), "the last one has gone");
}
