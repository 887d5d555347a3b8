//! The real server without a browser: what it says to whoever runs it, and what bad company can't do to it.

#![expect(clippy::disallowed_methods, reason = "a server lives in real time")]

mod hostile;
mod load;
mod oneway;
mod process;
mod streams;
mod tokens;
mod workers;

use std::process::Command;

use process::{Server, TOKEN};

#[test]
fn whoever_runs_it_sees_what_it_does_and_commands_it() {
    let server = Server::start(&[]);
    let (mut ann, mut bob) = (server.session(), server.session());
    assert_eq!(ann.join("den")["type"], "joined");
    let joined = bob.join("den");
    let bob_is = joined["id"].as_str().expect("an id").to_owned();
    assert_eq!(ann.hear().expect("news")["type"], "participant_joined");
    assert_eq!((server.metric("participants"), server.metric("rooms")), (2, 1));
    assert_eq!(server.metric("sessions"), 2);
    let state = Server::http(server.admin, "GET", "/state", "");
    assert!(
        state.contains("\"participants\"") && !state.contains("den") && !state.contains("ann"),
        "{state}"
    );
    let authorization = format!("Authorization: Bearer {TOKEN}\r\n");
    let rows = [
        ("GET", "/rooms", "", "401"),
        ("GET", "/rooms", &authorization, "200"),
        ("DELETE", "/rooms/den/participants/p0", &authorization, "404"),
        ("DELETE", "/rooms/attic/participants/p0", &authorization, "404"),
        ("DELETE", "/rooms/attic", &authorization, "404"),
        ("POST", "/drain", "", "401"),
        ("POST", "/drain", "Authorization: Bearer a guess\r\n", "401"),
        ("GET", "/ready", "", "200"),
        ("GET", "/nothing", "", "404"),
    ];
    for (method, path, headers, status) in rows {
        let answer = Server::http(server.admin, method, path, headers);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{method} {path}: {answer}");
    }
    let removed =
        Server::http(server.admin, "DELETE", &format!("/rooms/den/participants/{bob_is}"), &authorization);
    assert!(removed.starts_with("HTTP/1.1 204"), "{removed}");
    assert_eq!(bob.hear().expect("the end")["reason"], "removed");
    assert_eq!(ann.hear().expect("news")["type"], "participant_left");
    // Ann may stay, and nobody else comes in.
    let drained = Server::http(server.admin, "POST", "/drain", &authorization);
    assert!(drained.starts_with("HTTP/1.1 204"), "{drained}");
    assert!(Server::http(server.admin, "GET", "/ready", "").starts_with("HTTP/1.1 503"));
    assert_eq!(bob.join("den")["code"], "draining");
    assert_eq!(server.metric("participants"), 1);
    let closed = Server::http(server.admin, "DELETE", "/rooms/den", &authorization);
    assert!(closed.starts_with("HTTP/1.1 204"), "{closed}");
    assert!(server.ended().success(), "the last one has gone");
}

#[test]
fn settings_are_checked_before_anything_is_opened() {
    let rows = [("127.0.0.1:0", true, "the settings are right"), ("here", false, "--http: ")];
    for (http, right, says) in rows {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plenum-sfu"));
        let output =
            command.args(["serve", "--check-config", "--http", http]).output().expect("it was built");
        assert_eq!(output.status.code(), Some(if right { 0 } else { 2 }));
        let said = [output.stdout, output.stderr].concat();
        assert!(String::from_utf8_lossy(&said).contains(says), "{http}");
    }
}

#[test]
fn a_limit_of_participants_is_said_to_who_comes_too_late() {
    let server = Server::start(&[("PLENUM_SFU_LIMITS_PARTICIPANTS_PER_ROOM", "1")]);
    let (mut ann, mut bob) = (server.session(), server.session());
    assert_eq!(ann.join("den")["type"], "joined");
    assert_eq!(bob.join("den")["code"], "full");
    assert_eq!(bob.join("attic")["type"], "joined");
}
