//! Rooms that are locked: who has no token, or a wrong one, stays outside.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::process::Server;

const SECRET: &str = "a secret of thirty-two bytes, no less";

fn token(claims: &Value) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let mut claims = claims.clone();
    claims["exp"] = json!(now + 600);
    encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes()))
        .expect("it can be signed")
}

#[test]
fn a_locked_room_opens_to_tokens_over_every_way_in() {
    let keys = format!(r#"[{{ algorithm = "HS256", secret = "{SECRET}" }}]"#);
    let server = Server::start(&[("PLENUM_SFU_ACCESS_KEYS", &keys)]);
    let (mut ann, mut bob) = (server.session(), server.session());
    let said = ann.join("den");
    assert_eq!((&said["type"], &said["code"]), (&json!("error"), &json!("token")), "{said}");
    assert_eq!(ann.join_with("den", &token(&json!({ "room": "attic" })))["code"], "token");
    assert_eq!(ann.join_with("den", "replayed nonsense")["code"], "token");
    assert_eq!(server.metric("participants"), 0);
    let claims = json!({ "room": "den", "name": "Ann", "moderate": true });
    assert_eq!(ann.join_with("den", &token(&claims))["type"], "joined");
    assert_eq!(ann.hear().expect("her right")["type"], "moderator");
    let joined = bob.join_with("den", &token(&json!({ "room": "den", "name": "Bob" })));
    assert_eq!(joined["participants"][0]["name"], "Ann", "not what she calls herself");
    assert_eq!(ann.hear().expect("news")["participant"]["name"], "Bob");
    ann.say(&json!({ "type": "remove", "participant": joined["id"] }));
    assert_eq!(bob.hear().expect("the end")["reason"], "removed");

    let offer = include_str!("../../sfu/src/sdp/fixtures/vp8-simulcast.sdp");
    let publish = |authorization: &str| {
        let length = offer.len();
        let headers = format!("Content-Type: application/sdp\r\nContent-Length: {length}\r\n{authorization}");
        Server::http_with_body(server.page, "POST", "/whip/den", &headers, offer)
    };
    let bearer = |claims: &Value| format!("Authorization: Bearer {}\r\n", token(claims));
    let rows = [
        (String::new(), "401"),
        ("Authorization: Bearer nonsense\r\n".into(), "401"),
        (bearer(&json!({ "room": "attic" })), "403"),
        (bearer(&json!({ "room": "den", "publish": false })), "403"),
        (bearer(&json!({ "room": "den" })), "201"),
    ];
    for (authorization, status) in rows {
        let answer = publish(&authorization);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{authorization}: {answer}");
        assert_eq!(answer.contains("www-authenticate: Bearer"), status == "401", "{answer}");
    }
}

#[test]
fn keys_that_are_none_are_refused_before_anything_opens() {
    let rows = [
        (r#"[{ algorithm = "HS256", secret = "short" }]"#, "32 bytes at least"),
        (r#"[{ algorithm = "HS256" }]"#, "HS256 has a secret"),
        (r#"[{ algorithm = "EdDSA", secret = "x" }]"#, "have the file of a public key"),
        (r#"[{ algorithm = "none" }]"#, "unknown variant `none`"),
    ];
    for (keys, says) in rows {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plenum-sfu"));
        command.args(["serve", "--check-config"]).env("PLENUM_SFU_ACCESS_KEYS", keys);
        let output = command.output().expect("it was built");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{keys}: {said}");
        assert!(said.contains(says) && !said.contains("short"), "{keys}: {said}");
    }
}
