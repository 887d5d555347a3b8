//! A locked room: a moderator's token mutes others and sends them away, on the page.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;

use super::PATIENCE;
use super::devtools::Browser;
use super::page::Page;
use super::process::Server;

const SECRET: &str = "a secret of thirty-two bytes, no less";

fn token(name: &str, moderate: bool) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let claims = json!({ "room": "test", "name": name, "moderate": moderate, "exp": now + 600 });
    encode(&Header::default(), &claims, &EncodingKey::from_secret(SECRET.as_bytes()))
        .expect("it can be signed")
}

fn is_on(page: &Page, button: &str) -> bool {
    page.evaluate(&format!("document.getElementById('{button}').getAttribute('aria-pressed')")) == "true"
}

/// Presses the button of the other's tile that says so, if it is to be seen.
fn press(page: &Page, words: &str) -> Option<()> {
    let buttons = "[...document.querySelectorAll('.tile:not(.own) .tools:not([hidden]) button')]";
    let found = format!("{buttons}.find(({{ textContent }}) => textContent === '{words}')");
    (page.evaluate(&format!("(({{ button }}) => (button?.click(), !!button))({{ button: {found} }})"))
        == true)
        .then_some(())
}

#[test]
fn a_moderator_mutes_somebody_and_sends_them_away() {
    let keys = format!(r#"[{{ algorithm = "HS256", secret = "{SECRET}" }}]"#);
    let variables = [("PLENUM_SFU_ACCESS_KEYS", keys.as_str())];
    let (server, browser) = (Server::start_by(&["--http", "127.0.0.1:0"], &variables), Browser::start());
    let url = |name: &str, token: &str| {
        format!("{}?room=test&name={name}&height=180&fps=5&join=1&token={token}", server.url)
    };
    let stranger = browser.open(&url("eve", "nonsense"));
    let refused = "document.getElementById('notice')?.textContent.includes('it is no token')";
    stranger.until(PATIENCE, "a refusal", |page| (page.evaluate(refused) == true).then_some(()));
    let bob = browser.open(&url("bob", &token("Bob", false)));
    let ann = browser.open(&url("ann", &token("Ann", true)));
    ann.until(PATIENCE, "a picture of Bob", |page| (page.pixels().len() == 1).then_some(()));
    bob.until(PATIENCE, "a picture of Ann", |page| (page.pixels().len() == 1).then_some(()));
    assert_eq!(press(&bob, "Mute"), None, "Bob is no moderator");
    assert!(is_on(&bob, "mic"));
    ann.until(PATIENCE, "a button", |page| press(page, "Mute"));
    bob.until(PATIENCE, "silence", |page| (!is_on(page, "mic")).then_some(()));
    ann.until(PATIENCE, "a tile that says so", |page| (page.states() == ["muted"]).then_some(()));
    bob.click("mic");
    ann.until(PATIENCE, "his voice again", |page| (page.states() == [""]).then_some(()));
    ann.until(PATIENCE, "a button", |page| press(page, "Send away"));
    bob.until(PATIENCE, "the end", |page| page.has_ended().then_some(()));
    ann.until(PATIENCE, "nobody else", |page| page.pixels().is_empty().then_some(()));
}
