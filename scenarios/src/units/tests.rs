use std::time::Duration;

use proptest::prelude::*;

use super::*;

#[test]
fn reads_durations_exactly() {
    let rows: &[(&str, u64)] = &[
        ("25ms", 25_000_000),
        ("90s", 90_000_000_000),
        ("2us", 2_000),
        ("1.5s", 1_500_000_000),
        ("0.1s", 100_000_000),
        ("0.000000001s", 1),
        ("1min", 60_000_000_000),
        ("2h", 7_200_000_000_000),
        ("0s", 0),
        ("18446744073709551615ns", u64::MAX),
    ];
    for (text, nanos) in rows {
        assert_eq!(parse_duration(text), Ok(Duration::from_nanos(*nanos)), "{text}");
    }
}

#[test]
fn reads_rates_sizes_and_ratios() {
    for (text, bps) in [("2500kbps", 2_500_000), ("100Mbps", 100_000_000), ("1.5Gbps", 1_500_000_000)] {
        assert_eq!(text.parse(), Ok(Rate::from_bps(bps)), "{text}");
    }
    for (text, bytes) in [("1MB", 1_000_000), ("64kB", 64_000), ("1500B", 1_500)] {
        assert_eq!(text.parse(), Ok(Size::from_bytes(bytes)), "{text}");
    }
    for (text, share) in [("1%", 0.01), ("0.02", 0.02), ("100%", 1.0), ("0.05%", 0.0005), ("0", 0.0)] {
        assert_eq!(text.parse::<Ratio>().map(Ratio::get), Ok(share), "{text}");
    }
}

#[test]
fn says_what_is_wrong_and_how_to_write_it() {
    let duration = |text: &str| parse_duration(text).map(|_| ());
    let rate = |text: &str| text.parse::<Rate>().map(|_| ());
    let size = |text: &str| text.parse::<Size>().map(|_| ());
    let ratio = |text: &str| text.parse::<Ratio>().map(|_| ());
    let rows: &[(Result<(), UnitError>, &str, &str)] = &[
        (duration("25"), "unit missing: a duration needs one", "\"25ms\""),
        (duration(""), "not a duration", "\"25ms\""),
        (duration("ms"), "not a duration", "\"25ms\""),
        (duration("1.2.3s"), "not a duration", "\"25ms\""),
        (duration("1.s"), "not a duration", "\"25ms\""),
        (duration("-1s"), "a duration has no sign", "\"25ms\""),
        (duration("25 ms"), "space between number and unit", "\"25ms\""),
        (duration("25MS"), "`MS` is not a unit of duration", "did you mean `ms`?"),
        (duration("25m"), "`m` is not a unit of duration", "ns, us, ms, s, min, h"),
        (duration("0.5ns"), "finer than a duration can be", "1ns"),
        (duration("999999999999h"), "too large for a duration", "2^64"),
        (rate("2500"), "unit missing: a rate needs one", "\"2500kbps\""),
        (rate("1Kbps"), "`Kbps` is not a unit of rate", "did you mean `kbps`?"),
        (rate("1Mibps"), "`Mibps` counts in powers of two", "SI"),
        (size("64KiB"), "`KiB` counts in powers of two", "1 k is 1,000"),
        (size("64kb"), "`kb` is not a unit of size", "did you mean `kB`?"),
        (ratio("101%"), "too large for a ratio", "100%"),
        (ratio("3"), "too large for a ratio", "100%"),
        (ratio("1 %"), "space between number and unit", "\"1%\""),
        (ratio("few"), "not a ratio", "\"1%\""),
    ];
    for (result, message, hint) in rows {
        let error = result.clone().expect_err(message);
        assert_eq!(error.to_string(), *message);
        assert!(error.hint().contains(hint), "{message}: {}", error.hint());
    }
}

#[test]
fn writes_the_largest_whole_unit() {
    assert_eq!(format_duration(Duration::from_secs(90)), "90s");
    assert_eq!(format_duration(Duration::from_millis(1_500)), "1500ms");
    assert_eq!(format_duration(Duration::ZERO), "0s");
    assert_eq!(Rate::from_kbps(2_500).to_string(), "2500kbps");
    assert_eq!(Rate::from_bps(0).to_string(), "0bps");
    assert_eq!(Size::from_bytes(64_000).to_string(), "64kB");
    for (share, text) in
        [(0.0, "0%"), (1.0, "100%"), (0.03, "3%"), (0.5, "50%"), (0.0005, "0.05%"), (0.125, "12.5%")]
    {
        assert_eq!(Ratio::new(share).expect("in range").to_string(), text);
    }
}

proptest! {
    #[test]
    fn durations_survive_their_text(nanos: u64) {
        let span = Duration::from_nanos(nanos);
        prop_assert_eq!(parse_duration(&format_duration(span)), Ok(span));
    }

    #[test]
    fn rates_and_sizes_survive_their_text(n: u64) {
        prop_assert_eq!(Rate::from_bps(n).to_string().parse(), Ok(Rate::from_bps(n)));
        prop_assert_eq!(Size::from_bytes(n).to_string().parse(), Ok(Size::from_bytes(n)));
    }

    // Sixteen digits at most, which the reader's bound of 24 always takes.
    #[test]
    fn ratios_survive_their_text(parts in 0_u64..=1_000_000_000) {
        let ratio = Ratio::new(parts as f64 / 1e9).expect("in range");
        prop_assert_eq!(ratio.to_string().parse(), Ok(ratio));
    }

    #[test]
    fn random_text_never_panics(text in "\\PC*") {
        let _ = parse_duration(&text);
        let _ = text.parse::<Rate>();
        let _ = text.parse::<Size>();
        let _ = text.parse::<Ratio>();
    }
}
