//! Real Chromium pages on a real server: they join one room by the embedded page, and see and hear each other.
//!
//! They need a Chromium, and fail without one: `tests/run` installs it.

#![expect(clippy::disallowed_methods, reason = "browsers live in real time")]

mod devtools;
mod moderation;
mod oneway;
mod page;
mod process;

use std::time::{Duration, Instant};

use devtools::Browser;
use page::{Page, Received};
use process::Server;

/// How long a call may take to stand: three encoders and six decoders begin, on few and busy cores.
const PATIENCE: Duration = Duration::from_secs(90);

/// Small and slow pictures: the machine that runs this encodes and decodes nine streams at once.
const CAMERA: &str = "height=360&fps=10";

fn meet(browser: &Browser, server: &Server, codec: &str) -> Vec<Page> {
    let names = ["ann", "bob", "carol"];
    let url = |name| format!("{}?room=test&name={name}&codec={codec}&{CAMERA}&join=1", server.url);
    names.into_iter().map(|name| browser.open(&url(name))).collect()
}

/// Every page decodes two pictures and plays two tones, and goes on doing so; what is seen moves.
fn all_see_and_hear(pages: &[Page], mime: &str) {
    for page in pages {
        let before = page.until(PATIENCE, "two pictures and two tones", |page| {
            let received = page.received();
            (received.frames.len() == 2 && received.energy.len() == 2 && received.all_begun())
                .then_some(received)
        });
        assert_eq!(before.codecs, [mime, mime], "{}", page.name);
        page.until(PATIENCE, "more of each", |page| page.received().all_grown_since(&before).then_some(()));
        let first = page.pixels();
        assert_eq!(first.len(), 2, "{}: a tile for each of the others", page.name);
        page.until(PATIENCE, "moving pictures", |page| {
            page::all_differ(&first, &page.pixels()).then_some(())
        });
    }
}

/// Large tiles get large pictures, small ones small ones, and large ones again.
fn pictures_follow_the_tiles(page: &Page, small: u64) {
    for (width, height, lines) in [(1280, 1000, 360), (480, 300, small), (1280, 1000, 360)] {
        page.resize(width, height);
        page.until(PATIENCE, "pictures as high as the tiles", |page| {
            (page.heights() == [lines, lines]).then_some(())
        });
    }
}

#[test]
fn three_pages_see_and_hear_each_other_by_vp8_simulcast() {
    let (server, browser) = (Server::start(), Browser::start());
    let mut pages = meet(&browser, &server, "vp8");
    all_see_and_hear(&pages, "video/VP8");
    // Two encodings of 360 lines go out, not one.
    let sent = pages[0].until(PATIENCE, "two encodings", |page| {
        let sent = page.sent_rids();
        (sent == ["h", "m"]).then_some(sent)
    });
    assert_eq!(sent.len(), 2);
    pictures_follow_the_tiles(&pages[0], 180);
    let carol = pages.pop().expect("three pages");
    carol.click("leave");
    for page in &pages {
        page.until(PATIENCE, "one tile less", |page| (page.pixels().len() == 1).then_some(()));
        // Only what both sides know to have ended may be used again.
        page.until(PATIENCE, "two ended sections", |page| (page.ended_sections() == 2).then_some(()));
    }
    carol.click_join();
    pages.push(carol);
    all_see_and_hear(&pages, "video/VP8");
    for page in &pages {
        assert!(page.sections() <= 7, "{}: ended sections are used again", page.name);
    }
    for page in &pages {
        let complaints = page.complaints();
        assert!(complaints.is_empty(), "{}: {complaints:?}", page.name);
    }
    assert!(server.stop().success(), "SIGTERM is no failure");
    for page in &pages {
        page.until(PATIENCE, "notice of the end", |page| page.is_coming_back().then_some(()));
        page.click("leave");
        assert!(page.has_ended(), "{}", page.name);
    }
}

#[test]
fn pages_come_back_by_themselves_after_a_crash_and_after_a_restart() {
    let (server, browser) = (Server::start(), Browser::start());
    let pages = meet(&browser, &server, "vp8");
    all_see_and_hear(&pages, "video/VP8");
    pages[0].click("mic");
    let url = server.url.clone();
    server.kill();
    for page in &pages {
        page.until(PATIENCE, "notice of the crash", |page| page.is_coming_back().then_some(()));
    }
    let server = Server::start_again(&url);
    let back = Instant::now();
    for page in &pages {
        page.until(PATIENCE, "the call again", |page| (!page.is_coming_back()).then_some(()));
    }
    let took = back.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    let tile = "a tile that says so";
    pages[1].until(PATIENCE, tile, |page| page.states().contains(&"muted".to_owned()).then_some(()));
    pages[0].click("mic");
    all_see_and_hear(&pages, "video/VP8");
    assert!(server.stop().success());
    let _server = Server::start_again(&url);
    all_see_and_hear(&pages, "video/VP8");
}

#[test]
fn a_screen_is_shared_beside_the_camera_and_goes_again() {
    let (server, browser) = (Server::start(), Browser::start());
    let pages = meet(&browser, &server, "vp8");
    all_see_and_hear(&pages, "video/VP8");
    for _ in 0..2 {
        pages[0].click("share");
        for page in &pages[1..] {
            let lines = page.until(PATIENCE, "a screen", |page| page.screen());
            assert!(lines >= 360, "{}: {lines} lines", page.name);
        }
        pages[0].click("share");
        for page in &pages[1..] {
            page.until(PATIENCE, "no screen any more", |page| page.screen().is_none().then_some(()));
        }
    }
    all_see_and_hear(&pages, "video/VP8");
    for page in &pages {
        assert!(page.complaints().is_empty(), "{}: {:?}", page.name, page.complaints());
    }
}

#[test]
fn a_page_tells_numbers_of_its_network_and_changes_its_camera() {
    let (server, browser) = (Server::start(), Browser::start());
    let pages = meet(&browser, &server, "vp8");
    all_see_and_hear(&pages, "video/VP8");
    let page = &pages[0];
    let numbers = "[...document.querySelectorAll('.tile:not(.own) .numbers')].map((own) => own.textContent)";
    let silent: Vec<String> = serde_json::from_value(page.evaluate(numbers)).expect("texts");
    assert_eq!(silent, ["", ""], "nobody has asked");
    page.click("stats");
    page.until(PATIENCE, "height and rate on each tile", |page| {
        let said: Vec<String> = serde_json::from_value(page.evaluate(numbers)).expect("texts");
        said.iter().all(|text| text.contains("p, ") && text.contains(" kbit/s")).then_some(())
    });
    let line = "document.getElementById('line').textContent";
    page.until(PATIENCE, "the round trip", |page| {
        page.evaluate(line).as_str().filter(|text| text.contains("round trip ")).map(|_| ())
    });
    // Chromium's fake devices have several microphones and one camera or more.
    let other = "(() => { const choice = document.getElementById('microphones'); \
                 const [before, options] = [choice.value, [...choice.options]]; \
                 choice.value = options.find(({ value }) => value !== before).value; \
                 choice.dispatchEvent(new Event('change')); return choice.value; })()";
    let chosen = page.evaluate(other);
    page.until(PATIENCE, "the other microphone", |page| {
        let now = page.evaluate("plenum.media.getAudioTracks()[0].getSettings().deviceId");
        (now == chosen).then_some(())
    });
    all_see_and_hear(&pages, "video/VP8");
    for page in &pages {
        assert!(page.complaints().is_empty(), "{}: {:?}", page.name, page.complaints());
    }
}

#[test]
fn a_page_whose_network_changes_takes_its_old_place() {
    let (server, browser) = (Server::start(), Browser::start());
    let pages = meet(&browser, &server, "vp8");
    all_see_and_hear(&pages, "video/VP8");
    // What the browser would find out after half a minute: nothing gets through any more on the old path.
    let old = pages[2].id();
    pages[2].lose_the_path();
    let new = pages[2]
        .until(PATIENCE, "a new place", |page| Some(page.id()).filter(|id| !id.is_empty() && *id != old));
    for page in &pages[..2] {
        page.until(PATIENCE, "the one who is back, and not twice", |page| {
            let of = page.receives_of();
            (of.contains(&new) && !of.contains(&old)).then_some(())
        });
    }
    all_see_and_hear(&pages, "video/VP8");
    drop(server);
}

/// What a network that blocks UDP does to a page: no address of the server's works over it.
const BLOCK_UDP: &str = "const set = RTCPeerConnection.prototype.setRemoteDescription;
    RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
        return set.call(this, { type, sdp: sdp.replace(/a=candidate:\\S+ 1 udp [^\\r\\n]*\\r\\n/g, '') });
    };";

#[test]
fn pages_in_a_network_that_blocks_udp_take_tcp() {
    let (server, browser) = (Server::start(), Browser::start());
    let url = |name| format!("{}?room=test&name={name}&codec=vp8&{CAMERA}&join=1", server.url);
    let pages = vec![
        browser.open_after(&url("ann"), BLOCK_UDP),
        browser.open_after(&url("bob"), BLOCK_UDP),
        browser.open(&url("carol")),
    ];
    all_see_and_hear(&pages, "video/VP8");
    let carriers: Vec<String> = pages.iter().map(Page::carrier).collect();
    assert_eq!(carriers, ["tcp", "tcp", "udp"]);
    for page in &pages {
        assert!(page.complaints().is_empty(), "{}: {:?}", page.name, page.complaints());
    }
}

#[test]
fn a_page_with_a_certificate_of_its_own_makes_calls_too() {
    let server = Server::start_with(&["--http", "0.0.0.0:0"]);
    assert!(server.url.starts_with("https://"), "{}", server.url);
    let browser = Browser::start();
    let pages = meet(&browser, &server, "vp8");
    all_see_and_hear(&pages, "video/VP8");
}

#[test]
fn three_pages_see_and_hear_each_other_by_vp9_in_spatial_layers() {
    let (server, browser) = (Server::start(), Browser::start());
    let pages = meet(&browser, &server, "vp9");
    all_see_and_hear(&pages, "video/VP9");
    pictures_follow_the_tiles(&pages[0], 180);
}

#[test]
fn three_pages_see_and_hear_each_other_by_av1_in_spatial_layers() {
    let (server, browser) = (Server::start(), Browser::start());
    let pages = meet(&browser, &server, "av1");
    all_see_and_hear(&pages, "video/AV1");
    pictures_follow_the_tiles(&pages[0], 180);
}

#[test]
fn three_pages_see_and_hear_each_other_by_h264_simulcast() {
    let (server, browser) = (Server::start(), Browser::start());
    all_see_and_hear(&meet(&browser, &server, "h264"), "video/H264");
}

#[test]
fn a_number_that_stands_still_is_seen() {
    let received = Received {
        frames: vec![("r0".into(), 5.0), ("r1".into(), 6.0)],
        energy: vec![("r2".into(), 0.5), ("r3".into(), 0.5)],
        codecs: Vec::new(),
    };
    assert!(received.all_begun() && !received.all_grown_since(&received));
    let mut later = received.clone();
    later.frames[0].1 += 1.0;
    assert!(!later.all_grown_since(&received), "only one of four");
    later.frames[1].1 += 1.0;
    later.energy.iter_mut().for_each(|(_, value)| *value += 0.1);
    assert!(later.all_grown_since(&received));
    assert!(!page::all_differ(&[vec![9; 400]], &[vec![9; 400]]), "a still picture");
}
