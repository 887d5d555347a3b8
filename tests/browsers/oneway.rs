//! A page publishes by WHIP, others watch by WHEP.

use serde_json::Value;

use super::PATIENCE;
use super::devtools::Browser;
use super::page::Page;
use super::process::Server;

const CLIENT: &str = include_str!("oneway.js");

/// What a page has received: frames, energy of the sound.
type Seen = (f64, f64);

fn seen(page: &Page) -> Seen {
    let seen = page.evaluate("oneWay.seen()");
    let number = |key: &str| seen[key].as_f64().unwrap_or_default();
    (number("frames"), number("energy"))
}

/// Waits for ten frames and some sound more than `before`.
fn receives_more_than(page: &Page, before: Seen) -> Seen {
    page.until(PATIENCE, "more of both", |page| {
        Some(seen(page)).filter(|now| now.0 >= before.0 + 10.0 && now.1 > before.1)
    })
}

#[test]
fn one_page_publishes_by_whip_and_others_watch_by_whep() {
    let (server, browser) = (Server::start(), Browser::start());
    let pages: Vec<Page> = ["ann", "bob", "eve"]
        .map(|name| browser.open_after(&format!("{}?name={name}", server.url), CLIENT))
        .into();
    let [ann, bob, eve] = &pages[..] else { panic!("three pages") };
    assert_eq!(bob.evaluate("oneWay.open('/whep/hall', false)"), 409, "nobody publishes yet");
    assert_eq!(ann.evaluate("oneWay.open('/whip/hall?name=Ann', true)"), 201);
    for viewer in [bob, eve] {
        assert_eq!(viewer.evaluate("oneWay.open('/whep/hall?publisher=Ann', false)"), 201);
    }
    for viewer in [bob, eve] {
        receives_more_than(viewer, (0.0, 0.0));
    }
    // Both ends change their networks, and the pictures go on.
    for page in [ann, bob] {
        let old = page.evaluate("oneWay.seen()")["ufrag"].clone();
        assert_eq!(page.evaluate("oneWay.restart()"), 200);
        page.until(PATIENCE, "a path under the new credentials", |page| {
            let now = page.evaluate("oneWay.seen()");
            let moved = now["ufrag"] != old && now["pairs"] == "succeeded" && now["state"] == "connected";
            moved.then_some(())
        });
    }
    receives_more_than(bob, seen(bob));
    assert_eq!(bob.evaluate("oneWay.close()"), 200);
    receives_more_than(eve, seen(eve));
    assert_eq!(ann.evaluate("oneWay.close()"), 200);
    eve.until(PATIENCE, "the end", |page| {
        let state: Value = page.evaluate("oneWay.seen()")["state"].clone();
        (state == "closed" || state == "failed" || state == "disconnected").then_some(())
    });
    assert!(server.stop().success());
}
