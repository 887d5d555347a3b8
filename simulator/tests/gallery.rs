//! `plenum gallery`: a page with every scenario that was run.

#![allow(missing_docs, reason = "a test program has no readers of its documentation")]

mod common;

use common::{Folder, PAIR, files};

#[test]
fn every_run_is_on_the_page_with_its_verdict_and_its_report() {
    let folder = Folder::new("gallery");
    let pair = folder.file("pair.toml", &format!("doc = \"Two on a thin line.\"\n{PAIR}"));
    let alone = folder.file(
        "alone.toml",
        &PAIR.replace("name = \"pair\"", "name = \"wrong\"").replace("min = 2\nmax = 2", "min = 3\nmax = 3"),
    );
    let run = |out: &str, jobs: &str| {
        let arguments =
            ["gallery", &pair, &alone, "--out", out, "--jobs", jobs, "--quiet", "--crypto", "null"];
        // One of them demands what does not hold.
        folder.plenum(&arguments).with_code(3)
    };
    run("one", "1");
    run("two", "2");
    let (one, two) = (files(&folder.path().join("one")), files(&folder.path().join("two")));
    assert!(one == two, "the same bytes, however many run side by side");
    let page = String::from_utf8(one["index.html"].clone()).expect("the page is text");
    for part in [
        "2 scenarios: 1 passed, 1 failed, 0 broken",
        "<a href=\"pair/report.html\">pair</a>",
        "Two on a thin line.",
        "<dt>connected</dt><dd>2</dd>",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    // Whatever the page leads to is there.
    let paths = page.split(['"']).filter(|text| text.starts_with("pair/") || text.starts_with("wrong/"));
    let mut led = 0;
    for path in paths {
        assert!(one.contains_key(path), "{path} is not there");
        led += 1;
    }
    assert!(led >= 4, "a report and a picture each: {led}");
}

#[test]
fn what_cannot_be_shown_is_told_before_the_first_run() {
    let folder = Folder::new("gallery-refuses");
    let pair = folder.file("pair.toml", PAIR);
    folder
        .plenum(&["gallery", &pair, &pair, "--out", "g"])
        .with_code(2)
        .complaining(&["`pair` is there twice"]);
    folder.plenum(&["gallery", "no-such-scenario", "--out", "g"]).with_code(2);
    assert!(!folder.path().join("g").exists());
}
