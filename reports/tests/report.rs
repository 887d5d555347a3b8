//! The pictures and the page of whole made-up runs.

mod sample;

use reports::plot::{self, Figure, SCALE};
use reports::{Cast, Measure, Recorder, html};
use sample::Sample;
use scenarios::Time;

/// Checks that `text` is one well-formed XML element: tags nest, attributes are quoted, no bare `<` or `&`.
fn well_formed(text: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text.trim_end();
    while let Some(start) = rest.find('<') {
        entities(&rest[..start])?;
        let end = rest[start..].find('>').ok_or("a tag without an end")? + start;
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            let last = open.pop().ok_or(format!("</{name}> closes nothing"))?;
            if last != name {
                return Err(format!("</{name}> closes <{last}>"));
            }
        } else {
            let (body, empty) = tag.strip_suffix('/').map_or((tag, false), |body| (body, true));
            let name = body.split_whitespace().next().ok_or("a tag without a name")?;
            attributes(&body[name.len()..])?;
            if !empty {
                open.push(name);
            }
        }
        if open.is_empty() && !rest.is_empty() {
            return Err(format!("something after the element: {rest:.40}"));
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("never closed: {open:?}")) }
}

fn attributes(text: &str) -> Result<(), String> {
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, value) = rest.split_once("=\"").ok_or(format!("no value at {rest}"))?;
        if !name.chars().all(|c| c.is_ascii_alphabetic() || c == '-' || c == ':') {
            return Err(format!("attribute {name}"));
        }
        let (value, after) = value.split_once('"').ok_or("an unclosed value")?;
        entities(value)?;
        rest = after.trim_start();
    }
    Ok(())
}

fn entities(text: &str) -> Result<(), String> {
    let known = |part: &str| ["amp;", "lt;", "gt;", "quot;"].iter().any(|entity| part.starts_with(entity));
    match text.split('&').skip(1).find(|part| !known(part)) {
        Some(part) => Err(format!("a bare & before {part:.20}")),
        None => Ok(()),
    }
}

fn decoded(figure: &Figure) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(figure.png.as_slice()).read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size()];
    let info = reader.next_frame(&mut pixels).expect("one frame");
    (info.width, info.height, pixels)
}

fn units(svg: &str, attribute: &str) -> f64 {
    let (_, rest) = svg.split_once(&format!(" {attribute}=\"")).expect("the attribute");
    rest.split('"').next().and_then(|value| value.parse().ok()).expect("a number")
}

#[test]
fn the_checker_finds_faults() {
    for bad in ["<a>", "<a></b>", "<a b=c/>", "<a>&x;</a>", "<a/><b/>", "<a b=\"&\"/>", "</a>"] {
        assert!(well_formed(bad).is_err(), "{bad}");
    }
    assert_eq!(well_formed("<a b=\"1\"><c/>&amp;</a>\n"), Ok(()));
}

#[test]
fn every_picture_is_whole_in_both_forms() {
    let run = Sample::new(10, 18);
    let figures = plot::all(&run.recording);
    let names: Vec<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
    for wanted in ["freeze-raster", "delay-cdf", "latency-waterfall", "layer-strip", "link-home-down-erin"] {
        assert!(names.contains(&wanted), "{wanted} in {names:?}");
    }
    assert!(names.contains(&"bandwidth-sfu") && names.contains(&"bandwidth-participants"));
    for figure in &figures {
        assert_eq!(well_formed(&figure.svg), Ok(()), "{}", figure.name);
        assert!(figure.svg.contains("<title id=") && figure.svg.contains("<desc id="), "{}", figure.name);
        assert!(!figure.svg.contains("></desc>"), "{} has an empty description", figure.name);
        let (width, height, pixels) = decoded(figure);
        assert_eq!(f64::from(width), units(&figure.svg, "width") * f64::from(SCALE), "{}", figure.name);
        assert_eq!(
            f64::from(height),
            (units(&figure.svg, "height")).ceil() * f64::from(SCALE),
            "{}",
            figure.name
        );
        let drawn = pixels.chunks_exact(3).filter(|pixel| **pixel != [255, 255, 255]).count();
        assert!(drawn * 200 > (width * height) as usize, "{} is blank", figure.name);
        assert!(!figure.caption.is_empty());
        assert!(figure.table.rows.iter().all(|row| row.len() == figure.table.heads.len()), "{}", figure.name);
    }
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let made = || {
        let run = Sample::new(5, 12);
        let figures = plot::all(&run.recording);
        let page = html::render(&run.input(&figures));
        (figures, page)
    };
    let (first, second) = (made(), made());
    assert!(first == second);
}

#[test]
fn the_page_holds_every_expectation_and_loads_nothing() {
    let run = Sample::new(10, 18);
    let figures = plot::all(&run.recording);
    let page = html::render(&run.input(&figures));
    assert_eq!(run.verdict.checks.len(), 5, "three expectations, and two demands of one proof");
    for check in &run.verdict.checks {
        let demand = check.demand.replace('<', "&lt;").replace('>', "&gt;");
        assert!(page.contains(&demand), "{demand}");
        assert!(page.contains(&check.worst), "{}", check.worst);
    }
    for fact in [
        "seed 7",
        "9f3c51d2a7e80b64",
        "plenum run ten-party --seed 7",
        "28 bytes of IPv4",
        "★",
        "[link.home-up]",
    ] {
        assert!(page.contains(fact), "{fact}");
    }
    for figure in &figures {
        assert!(page.contains(&figure.svg) && page.contains(&figure.title), "{}", figure.name);
    }
    // The namespace of SVG is a name, not an address that anybody asks.
    let page = page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for loads in ["http:", "https:", "src=", "<script", "@import", "url(", "<link rel=\"stylesheet"] {
        assert!(!page.contains(loads), "{loads}");
    }
    let hrefs: Vec<&str> = page.split("href=\"").skip(1).collect();
    assert!(hrefs.iter().all(|href| href.starts_with('#') || href.starts_with("data:,")));
}

#[test]
fn hostile_names_are_only_names() {
    let run = Sample::with_names(3, 6, |n| format!("<script>alert('{n}')</script>\"&\u{7}/../"));
    let figures = plot::all(&run.recording);
    let page = html::render(&run.input(&figures));
    assert!(!page.contains("<script"));
    assert!(page.contains("&lt;script&gt;alert("));
    for figure in &figures {
        assert_eq!(well_formed(&figure.svg), Ok(()), "{}", figure.name);
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        assert!(figure.name.chars().all(is_plain) && !figure.name.contains(".."), "{}", figure.name);
    }
    let mut names: Vec<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), figures.len(), "every figure has files of its own");
}

#[test]
fn a_page_of_fifty_people_is_small() {
    let run = Sample::new(50, 4);
    let page = html::render(&run.input(&plot::all(&run.recording)));
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
    let ten = Sample::new(10, 60);
    let page = html::render(&ten.input(&plot::all(&ten.recording)));
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
}

#[test]
fn a_run_of_nobody_has_a_page_too() {
    let recording = Recorder::new(Cast::default(), Measure::new(Time::ZERO, Time::from_secs(1))).finish();
    for figure in plot::all(&recording) {
        assert_eq!(well_formed(&figure.svg), Ok(()), "{}", figure.name);
    }
}
