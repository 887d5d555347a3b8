//! Tokens as rows. They are signed here, by the library's other half.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::*;

const SECRET: &str = "a secret of thirty-two bytes, no less";

/// Made once with OpenSSL for this test, and used nowhere else.
const ED_PRIVATE: &str = include_str!("fixtures/ed25519.pem");
const RSA_PRIVATE: &str = include_str!("fixtures/rsa2048.pem");

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server/access/fixtures").join(name)
}

fn hmac(id: Option<&str>, secret: &str) -> AccessKey {
    let id = id.map(str::to_owned);
    AccessKey { id, algorithm: Algorithm::Hs256, secret: Some(secret.to_owned()), file: None }
}

fn from_file(algorithm: Algorithm, name: &str) -> AccessKey {
    AccessKey { id: None, algorithm, secret: None, file: Some(fixture(name)) }
}

fn access(keys: Vec<AccessKey>) -> Access {
    Access::new(&config::Access { keys }).expect("proper keys")
}

#[expect(clippy::disallowed_methods, reason = "tokens expire by the clock on the wall")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

fn signed(
    algorithm: jsonwebtoken::Algorithm,
    kid: Option<&str>,
    key: &EncodingKey,
    claims: &Value,
) -> String {
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) };
    encode(&header, claims, key).expect("it can be signed")
}

fn by_secret(kid: Option<&str>, secret: &str, claims: &Value) -> String {
    signed(jsonwebtoken::Algorithm::HS256, kid, &EncodingKey::from_secret(secret.as_bytes()), claims)
}

#[test]
fn a_token_opens_its_room_for_its_time_and_nothing_else() {
    let access = access(vec![hmac(None, SECRET)]);
    let (past, future) = (now() - 100, now() + 100);
    let rows = [
        (json!({ "room": "den", "exp": future }), "den", Ok(())),
        (json!({ "room": "den", "exp": future, "sub": "ann", "aud": "us" }), "den", Ok(())),
        (json!({ "room": "den", "exp": past }), "den", Err("the token has expired")),
        (json!({ "room": "den", "exp": future, "nbf": future }), "den", Err("the token isn't valid yet")),
        (json!({ "room": "den" }), "den", Err("the token lacks what it must say: room and exp")),
        (json!({ "exp": future }), "den", Err("the token lacks what it must say: room and exp")),
        (json!({ "room": "den", "exp": future }), "attic", Err("the token is for another room")),
    ];
    for (claims, room, expected) in rows {
        let token = by_secret(None, SECRET, &claims);
        let granted = access.grant(Some(&token), room).map(|_| ()).map_err(|denied| denied.why);
        assert_eq!(granted, expected, "{claims}");
    }
    let sound = by_secret(None, SECRET, &json!({ "room": "den", "exp": future }));
    let forged = by_secret(None, "another secret", &json!({ "room": "den", "exp": future }));
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", sound.split('.').nth(1).expect("claims"));
    let long = format!("{sound}{}", "A".repeat(MAX_TOKEN));
    for token in [None, Some("nonsense"), Some(&forged), Some(&unsigned), Some(&long)] {
        let denied = access.grant(token, "den").expect_err("nobody signed it");
        assert!(denied.unauthorized, "{token:?}: {}", denied.why);
    }
    let other = access.grant(Some(&sound), "attic").expect_err("another room");
    assert!(!other.unauthorized, "another token of the same kind would not help");
}

#[test]
fn claims_become_what_one_may_do() {
    let access = access(vec![hmac(None, SECRET)]);
    let exp = now() + 100;
    let rows = [
        (json!({ "room": "den", "exp": exp }), Grant::default()),
        (
            json!({ "room": "den", "exp": exp, "name": "Ann", "moderate": true }),
            Grant { name: Some("Ann".into()), moderate: true, ..Grant::default() },
        ),
        (
            json!({ "room": "den", "exp": exp, "publish": false }),
            Grant { publish: false, ..Grant::default() },
        ),
        (
            json!({ "room": "den", "exp": exp, "subscribe": false }),
            Grant { subscribe: false, ..Grant::default() },
        ),
    ];
    for (claims, grant) in rows {
        assert_eq!(access.grant(Some(&by_secret(None, SECRET, &claims)), "den"), Ok(grant), "{claims}");
    }
    let open = Access::new(&config::Access::default()).expect("no keys");
    assert_eq!(open.grant(None, "den"), Ok(Grant::default()));
}

#[test]
fn keys_follow_one_another_by_their_ids() {
    let access =
        access(vec![hmac(Some("old"), SECRET), hmac(Some("new"), "the secret after that one, as long")]);
    let claims = json!({ "room": "den", "exp": now() + 100 });
    for (kid, secret, opens) in [
        (Some("old"), SECRET, true),
        (Some("new"), "the secret after that one, as long", true),
        (None, "the secret after that one, as long", true),
        (Some("new"), SECRET, false),
        (Some("gone"), SECRET, false),
    ] {
        let granted = access.grant(Some(&by_secret(kid, secret, &claims)), "den");
        assert_eq!(granted.is_ok(), opens, "{kid:?}");
    }
}

#[test]
fn public_keys_are_taken_for_their_own_algorithm_only() {
    let access = access(vec![
        from_file(Algorithm::EdDsa, "ed25519.pub.pem"),
        from_file(Algorithm::Rs256, "rsa2048.pub.pem"),
    ]);
    let claims = json!({ "room": "den", "exp": now() + 100 });
    let ed = EncodingKey::from_ed_pem(ED_PRIVATE.as_bytes()).expect("a key");
    let rsa = EncodingKey::from_rsa_pem(RSA_PRIVATE.as_bytes()).expect("a key");
    for token in [
        signed(jsonwebtoken::Algorithm::EdDSA, None, &ed, &claims),
        signed(jsonwebtoken::Algorithm::RS256, None, &rsa, &claims),
    ] {
        assert_eq!(access.grant(Some(&token), "den"), Ok(Grant::default()));
    }
    // What everybody may know is no secret to sign with.
    let public = std::fs::read_to_string(fixture("rsa2048.pub.pem")).expect("a file");
    let forged = by_secret(None, &public, &claims);
    assert!(access.grant(Some(&forged), "den").expect_err("forged").unauthorized);
    let other = signed(jsonwebtoken::Algorithm::RS384, None, &rsa, &claims);
    assert!(access.grant(Some(&other), "den").expect_err("another algorithm").unauthorized);
    let missing = config::Access { keys: vec![from_file(Algorithm::EdDsa, "nowhere.pem")] };
    assert!(matches!(Access::new(&missing), Err(AccessError::File { .. })));
    let wrong = config::Access { keys: vec![from_file(Algorithm::Rs256, "ed25519.pub.pem")] };
    assert!(matches!(Access::new(&wrong), Err(AccessError::Key { .. })));
}
