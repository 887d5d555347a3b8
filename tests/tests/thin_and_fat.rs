//! What `thin-and-fat` asks for on each line is what an exhaustive search finds; the allocator has no part in it.

#![allow(missing_docs, reason = "a test program has no readers of its documentation")]

/// The encodings of the scenario, and what of each the temporal layers take and how fast they are (libwebrtc's default
/// split, as the synthetic encoder has it): kbit/s at 30 frames per second.
const ENCODINGS: [f64; 3] = [150.0, 500.0, 1_700.0];
const TEMPORAL: [(f64, f64); 3] = [(0.4, 7.5), (0.6, 15.0), (1.0, 30.0)];
/// IP, UDP, RTP with its extensions, the payload descriptor and the tag, bytes; and what a packet carries besides.
const HEADERS: f64 = 70.0;
const PAYLOAD: f64 = 1_100.0;
/// Rates sway by a twentieth, so that no more of a line can be filled.
const FILLED: f64 = 0.95;
/// What a receiver is to get of the best, and how much less than set layers may take in a minute by chance.
const SHARE: f64 = 0.85;
const CHANCE: f64 = 0.99;

/// What each layer takes on the line, with its encoding.
fn layers() -> Vec<(usize, f64)> {
    let wire = |kbps: f64, fps: f64| {
        let packets = fps * (kbps * 1_000.0 / 8.0 / fps / PAYLOAD).ceil();
        kbps + packets * HEADERS * 8.0 / 1_000.0
    };
    let of = |(encoding, kbps): (usize, &f64)| TEMPORAL.map(|(part, fps)| (encoding, wire(kbps * part, fps)));
    ENCODINGS.iter().enumerate().flat_map(of).collect()
}

/// The most that two pictures take on a line of `kbps`, neither more than one encoding above the other.
fn best(kbps: f64) -> f64 {
    let layers = layers();
    let pairs = layers.iter().flat_map(|a| layers.iter().map(move |b| (a, b)));
    let alike = pairs.filter(|(a, b)| a.0.abs_diff(b.0) <= 1);
    alike.map(|(a, b)| a.1 + b.1).filter(|sum| *sum <= FILLED * kbps).fold(0.0, f64::max)
}

#[test]
fn each_line_is_asked_for_its_share_of_the_best_pair() {
    let text = scenarios::shipped::find("thin-and-fat").expect("it is shipped").text;
    let lines: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("[link.down-")?.strip_suffix(']')).collect();
    assert!(lines.len() >= 8 && lines.contains(&"200") && lines.contains(&"20000"), "{lines:?}");
    for line in lines {
        let expectation = format!(r#"where = {{ link = "down-{line}@on-{line}", class = "video" }}"#);
        let (_, after) = text.split_once(&expectation).expect("each line has an expectation");
        let min = after.lines().find_map(|row| row.strip_prefix("min = \"")?.strip_suffix("kbps\""));
        let asked: f64 = min.and_then(|kbps| kbps.parse().ok()).expect("a rate");
        let kbps: f64 = line.parse().expect("a number");
        let wanted = SHARE * CHANCE * best(kbps);
        assert!((wanted - 1.0..=wanted).contains(&asked), "{line}: asks for {asked}, not {wanted}");
    }
}

#[test]
fn the_search_finds_what_is_seen_on_paper() {
    // 180 lines: 64, 98 and 167 kbit/s; 360 lines: 217, 325 and 534.
    for (kbps, expected) in [(140.0, 128.0), (240.0, 197.0), (360.0, 333.0), (20_000.0, 3_635.0)] {
        let found = best(kbps);
        assert!((found - expected).abs() < 3.0, "{kbps}: {found}");
    }
}
