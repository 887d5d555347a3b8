//! Rows of bad files: where the fault is, what is said, and the hint.

use proptest::prelude::*;

use super::{HEAD, with_head};
use crate::{MetricName, parse, parse_with};

/// Place as `line:column`, offending text, message and a part of the hint.
type Row<'a> = (&'a str, &'a str, &'a str, &'a str);

fn check(text: &str, rows: &[Row<'_>]) {
    let faults = parse("bad.toml", text, &[]).expect_err(text);
    let found: Vec<_> = faults
        .iter()
        .map(|fault| {
            let at = fault.position();
            let hint = fault.hint().unwrap_or_default().to_owned();
            (format!("{}:{}", at.line, at.column), fault.text(), fault.message(), hint)
        })
        .collect();
    assert_eq!(found.len(), rows.len(), "{text}\n{faults}");
    for ((at, span, message, hint), row) in found.iter().zip(rows) {
        assert_eq!((at.as_str(), *span, *message), (row.0, row.1, row.2), "{text}");
        assert!(hint.contains(row.3), "{text}\n{message}: {hint}");
    }
}

/// One fault in one line after the head, so in line 8 unless `above` adds lines.
fn check_line(lines: &str, row: Row<'_>) {
    check(&with_head(lines), &[row]);
}

#[test]
fn wrong_toml() {
    for (text, line) in [("schema = \n", 1), ("a = 1\nb = [1,\n", 2), ("x = \"open\n", 1), ("[a]\n[a]\n", 2)]
    {
        let faults = parse("bad.toml", text, &[]).expect_err(text);
        let fault = faults.iter().next().expect("at least one");
        assert!(fault.message().starts_with("TOML: "), "{faults}");
        assert!(fault.position().line >= line, "{faults}");
    }
}

#[test]
fn an_empty_file_lists_all_that_is_needed() {
    let faults = parse("bad.toml", "", &[]).expect_err("empty");
    let needed: Vec<_> = faults.iter().map(|fault| fault.message()).collect();
    let expected = ["schema", "name", "seed", "duration", "participant"];
    assert_eq!(needed, expected.map(|key| format!("`scenario` needs `{key}`")));
    assert!(faults.to_string().starts_with("bad.toml:1:1: "));
}

#[test]
fn one_pass_reports_every_fault() {
    let text = "schema = 2\nname = \"t\"\nseed = 1\nduration = 60\nbogus = 1\n[participant.alice]\nup = \"gone\"\nrtx = 1\n";
    check(
        text,
        &[
            ("1:10", "2", "schema 2 is unknown", "schema = 1"),
            ("4:12", "60", "unit missing: a duration needs one", "\"25ms\""),
            ("5:1", "bogus", "unknown key in `scenario`: `bogus`", "known: schema"),
            ("7:6", "\"gone\"", "no link `gone`", "[link.gone]"),
            ("8:7", "1", "an integer where `true` or `false` belongs", "`true`"),
        ],
    );
}

#[test]
fn keys_and_names() {
    check_line(
        "[link.a]\nraet = \"1Mbps\"",
        ("9:1", "raet", "unknown key in `link.<name>`: `raet`", "did you mean `rate`?"),
    );
    check_line(
        "[link.a]\ntrace = {}",
        ("9:1", "trace", "`trace` (delivery opportunities from a file) is not supported yet", "take it out"),
    );
    check_line("[link.ideal]", ("8:7", "ideal", "the name `ideal` is taken", "another name"));
    check_line("[link.\"a b\"]", ("8:7", "\"a b\"", "`a b` can't be a name", "letters"));
    check_line("[sfu.a]\n[sfu.b]", ("9:6", "b", "a second SFU is not supported yet", "take it out"));
    check_line(
        "[sfu.main.config]\nlast_n = 3",
        ("9:1", "last_n", "`last_n` (video of the last N speakers only) is not supported yet", ""),
    );
    check_line(
        "[[traffic]]\nkind = \"tcp\"",
        ("8:3", "traffic", "`traffic` (cross traffic) is not supported yet", "take it out"),
    );
    check_line("link = 3", ("8:8", "3", "an integer where a whole number belongs", ""));
}

#[test]
fn links() {
    let rows: &[(&str, Row<'_>)] = &[
        ("rate = 2500", ("9:8", "2500", "unit missing: a rate needs one", "\"2500kbps\"")),
        ("rate = \"2500\"", ("9:8", "\"2500\"", "unit missing: a rate needs one", "\"2500kbps\"")),
        ("rate = \"0kbps\"", ("9:8", "\"0kbps\"", "a rate must be above zero", "1bps")),
        ("rate = []", ("9:8", "[]", "a schedule without steps", "unlimited")),
        ("rate = [[\"0s\"]]", ("9:9", "[\"0s\"]", "1 items where 2 belong", "[\"40s\", \"600kbps\"]")),
        (
            "rate = [[\"0s\", \"1Mbps\"], [\"0ms\", \"2Mbps\"]]",
            ("9:26", "[\"0ms\", \"2Mbps\"]", "two steps at the same moment", "one"),
        ),
        ("loss = 3", ("9:8", "3", "3 is not a ratio", "write \"3%\"")),
        ("loss = \"101%\"", ("9:8", "\"101%\"", "too large for a ratio", "100%")),
        (
            "loss = { kind = \"gilbert-elliott\", rate = \"1%\" }",
            ("9:17", "\"gilbert-elliott\"", "kind `gilbert-elliott` is not supported yet", ""),
        ),
        ("loss = {}", ("9:1", "loss", "`link.<name>.loss` needs `rate`", "probability")),
        ("queue = { kind = \"codel\" }", ("9:18", "\"codel\"", "kind `codel` is not supported yet", "")),
        (
            "queue = { kind = \"dropptail\" }",
            ("9:18", "\"dropptail\"", "unknown kind: `dropptail`", "did you mean `droptail`?"),
        ),
        ("queue = { depth = \"64KiB\" }", ("9:19", "\"64KiB\"", "`KiB` counts in powers of two", "SI")),
        (
            "queue = { depth = 300 }",
            ("9:19", "300", "unit missing: a depth is a duration or a size", "\"64kB\""),
        ),
        (
            "queue = { depth = \"50packets\" }",
            ("9:19", "\"50packets\"", "a depth in packets is not supported yet", ""),
        ),
        ("queue = { depth = \"0ms\" }", ("9:19", "\"0ms\"", "a queue's depth must be above zero", "")),
        (
            "queue = { depth = \"64kB\", sized_at = \"first-rate\" }",
            ("9:38", "\"first-rate\"", "`sized_at` needs a depth in time", ""),
        ),
        (
            "queue = { sized_at = \"fist-rate\" }",
            ("9:22", "\"fist-rate\"", "unknown rate to size at: `fist-rate`", "did you mean `first-rate`?"),
        ),
        (
            "queue = { kind = \"infinite\", depth = \"1s\" }",
            ("9:38", "\"1s\"", "an infinite queue has no `depth`", "take it out"),
        ),
        ("delay = 25", ("9:9", "25", "unit missing: a duration needs one", "\"25ms\"")),
        (
            "delay = { base = \"25ms\", jitter = \"gauss\" }",
            ("9:34", "\"gauss\"", "gauss jitter needs `std`", "std"),
        ),
        (
            "delay = { base = \"25ms\", std = \"1ms\" }",
            ("9:25", "std", "`std` has no effect without jitter", "take it out"),
        ),
        (
            "delay = { base = \"10ms\", jitter = \"gauss\", std = \"5ms\" }",
            ("9:49", "\"5ms\"", "the jitter reaches below zero delay", "raise `base`"),
        ),
        (
            "delay = { base = \"25ms\", jitter = \"gauss\", std = \"5ms\", cut = 0 }",
            ("9:62", "0", "`cut` must be above zero", "3"),
        ),
        ("shared = \"yes\"", ("9:10", "\"yes\"", "a string where `true` or `false` belongs", "")),
    ];
    for (line, row) in rows {
        check_line(&format!("[link.a]\n{line}"), *row);
    }
}

#[test]
fn participants() {
    let rows: &[(&str, Row<'_>)] = &[
        ("count = 0", ("9:9", "0", "0 is out of range", "from 1 to 1000")),
        ("join = \"60s\"", ("9:8", "\"60s\"", "joins after the end of the run", "duration")),
        (
            "join = { uniform = [\"5s\", \"1s\"] }",
            ("9:20", "[\"5s\", \"1s\"]", "the earliest moment is after the latest", "swap"),
        ),
        ("join = {}", ("9:1", "join", "a join is either a moment or drawn", "uniform")),
        ("join = \"5s\"\nleave = \"4s\"", ("10:9", "\"4s\"", "leaves before it has joined", "join")),
        ("leave = \"61s\"", ("9:9", "\"61s\"", "leaves after the end of the run", "take it out")),
        ("publish = \"nothing\"", ("9:11", "\"nothing\"", "unknown publish: `nothing`", "none")),
        ("publish.cam = {}", ("9:9", "cam", "a source needs `codec`", "vp8")),
        ("publish.cam = { codec = \"vp9\" }", ("9:25", "\"vp9\"", "codec `vp9` is not supported yet", "")),
        (
            "publish.cam = { codec = \"vp80\" }",
            ("9:25", "\"vp80\"", "unknown codec: `vp80`", "did you mean `vp8`?"),
        ),
        (
            "publish.mic = { codec = \"opus\", rate = \"1Mbps\" }",
            ("9:40", "\"1Mbps\"", "out of range for Opus", "510kbps"),
        ),
        (
            "publish.mic = { codec = \"opus\", layers = [] }",
            (
                "9:32",
                "layers",
                "unknown key in `participant.<name>.publish.<source> (opus)`: `layers`",
                "known",
            ),
        ),
        ("publish.cam = { codec = \"vp8\", layers = [] }", ("9:40", "[]", "0 layers", "1 to 3")),
        (
            "publish.cam = { codec = \"vp8\", layers = [\"320x180 150kbps\"] }",
            ("9:41", "\"320x180 150kbps\"", "not a layer", "640x360@30 500kbps"),
        ),
        (
            "publish.cam = { codec = \"vp8\", layers = [\"320x180@15 150\"] }",
            ("9:41", "\"320x180@15 150\"", "unit missing: a rate needs one", ""),
        ),
        (
            "publish.cam = { codec = \"vp8\", layers = [\"640x360@30 500kbps\", \"320x180@15 150kbps\"] }",
            (
                "9:63",
                "\"320x180@15 150kbps\"",
                "not above the layer before it in size and rate",
                "lowest first",
            ),
        ),
        (
            "publish.cam = { codec = \"vp8\", min_rate = \"151kbps\" }",
            ("9:42", "\"151kbps\"", "above the lowest encoding's rate", "layers"),
        ),
        (
            "publish.cam = { codec = \"vp8\", temporal_layers = 4 }",
            ("9:49", "4", "4 is out of range", "from 1 to 3"),
        ),
        (
            "view = { layout = \"gird\" }",
            ("9:19", "\"gird\"", "unknown layout: `gird`", "did you mean `grid`?"),
        ),
        ("nat = \"port-restricted\"", ("9:1", "nat", "`nat` (address translation) is not supported yet", "")),
    ];
    for (line, row) in rows {
        check_line(&format!("[participant.bob]\n{line}"), *row);
    }
}

#[test]
fn a_line_that_is_not_there_hints_at_its_neighbour() {
    let text = with_head("[participant.bob]\nup = \"hone-up\"\n[link.home-up]\nrate = \"1Mbps\"\n");
    check(&text, &[("9:6", "\"hone-up\"", "no link `hone-up`", "did you mean `home-up`?")]);
}

#[test]
fn a_shared_line_carries_one_direction() {
    let text = with_head("[participant.bob]\nup = \"lan\"\ndown = \"lan\"\n[link.lan]\nshared = true\n");
    check(&text, &[("10:8", "\"lan\"", "the shared link `lan` already carries the other direction", "own")]);
}

#[test]
fn nobody_takes_part() {
    let text = "schema = 1\nname = \"t\"\nseed = 1\nduration = \"60s\"\n[participant]\n";
    check(text, &[("5:1", "[participant]", "nobody takes part", "[participant.alice]")]);
}

#[test]
fn events() {
    let rows: &[(&str, Row<'_>)] = &[
        ("time = \"60s\"\nmute = \"alice\"", ("9:8", "\"60s\"", "after the end of the run", "duration")),
        ("time = \"1s\"", ("8:1", "[[at]]", "an event without an action", "mute")),
        (
            "time = \"1s\"\nmute = \"alice\"\nleave = \"alice\"",
            ("11:1", "leave", "a second action in one event", "[[at]]"),
        ),
        (
            "time = \"1s\"\nmute = \"alise\"",
            ("10:8", "\"alise\"", "nobody is called `alise`", "did you mean `alice`?"),
        ),
        (
            "time = \"1s\"\nmute = \"guest\"",
            ("10:8", "\"guest\"", "nobody is called `guest`", "write `guest.*`"),
        ),
        (
            "time = \"1s\"\nmute = { participant = \"alice\", source = \"came\" }",
            ("10:43", "\"came\"", "nothing is published as `came`", "did you mean `cam`?"),
        ),
        ("time = \"0s\"\nleave = \"alice\"", ("9:8", "\"0s\"", "`alice` has not joined by then", "join")),
        (
            "time = \"1s\"\nrate = { link = \"home\", to = \"1Mbps\" }",
            ("10:17", "\"home\"", "no line in use is called `home`", "ideal"),
        ),
        (
            "time = \"1s\"\nrebind = \"alice\"",
            ("10:1", "rebind", "`rebind` (NAT rebinding) is not supported yet", ""),
        ),
    ];
    for (line, row) in rows {
        check_line(&format!("[[at]]\n{line}"), *row);
    }
}

#[test]
fn expectations() {
    let rows: &[(&str, Row<'_>)] = &[
        (
            "metric = \"video.fps\"\nstat = \"mean\"",
            ("8:1", "[[expect]]", "an expectation without a bound", "both"),
        ),
        (
            "metric = \"video.fps\"\nstat = \"mean\"\nmin = 2\nmax = 1",
            ("11:7", "2", "`min` is above `max`", "swap"),
        ),
        (
            "metric = \"Video FPS\"\nstat = \"mean\"\nmin = 2",
            ("9:10", "\"Video FPS\"", "`Video FPS` can't be a metric", "plenum metrics"),
        ),
        (
            "metric = \"video.fps\"\nstat = \"p96\"\nmin = 2",
            ("10:8", "\"p96\"", "unknown stat: `p96`", "did you mean `p95`?"),
        ),
        (
            "metric = \"video.fps\"\nstat = \"mean\"\nmin = \"lots\"",
            ("11:7", "\"lots\"", "not a bound", "400ms"),
        ),
        (
            "metric = \"video.fps\"\nstat = \"mean\"\nmin = 1\nsamples_min = 0",
            ("12:15", "0", "0 is out of range", "at least 1"),
        ),
        (
            "metric = \"video.fps\"\nstat = \"mean\"\nmin = 1\nwhere = { receiver = \"bob\" }",
            ("12:22", "\"bob\"", "nobody is called `bob`", "known: alice"),
        ),
        (
            "metric = \"video.fps\"\nstat = \"mean\"\nmin = 1\nwhere = { reciever = \"alice\" }",
            ("12:11", "reciever", "unknown key in `expect[].where`: `reciever`", "did you mean `receiver`?"),
        ),
        (
            "metric = \"video.fps\"\nstat = \"mean\"\nmin = nan",
            ("11:7", "nan", "not a finite number", "0.02"),
        ),
    ];
    for (line, row) in rows {
        check_line(&format!("[[expect]]\n{line}"), *row);
    }
    check_line(
        "[[applied]]\nlink = \"ideal\"",
        ("8:1", "[[applied]]", "a proof without a bound", "dropped_min"),
    );
    check_line(
        "[[applied]]\nlink = \"idle\"\nlost_min = 1",
        ("9:8", "\"idle\"", "no line in use is called `idle`", "did you mean `ideal`?"),
    );
}

#[test]
fn metrics_are_checked_against_those_that_exist() {
    let metrics = [MetricName { id: "video.fps", unit: "count", labels: &["receiver", "publisher"] }];
    let rows = [
        (
            "metric = \"video.fsp\"\nstat = \"mean\"\nmin = 1",
            "no metric `video.fsp`",
            "did you mean `video.fps`?",
        ),
        (
            "metric = \"network.loss\"\nstat = \"mean\"\nmin = 1",
            "no metric `network.loss`",
            "`plenum metrics`",
        ),
        (
            "metric = \"video.fps\"\nstat = \"mean\"\nmin = \"1ms\"",
            "`video.fps` is in count, not in ms",
            "a number in count",
        ),
        (
            "metric = \"video.fps\"\nstat = \"mean\"\nmin = 1\nwhere = { link = \"ideal\" }",
            "`video.fps` has no label `link`",
            "receiver",
        ),
    ];
    for (line, message, hint) in rows {
        let text = with_head(&format!("[[expect]]\n{line}"));
        let faults = parse_with("bad.toml", &text, &[], &metrics).expect_err(line);
        let fault = faults.iter().next().expect("at least one");
        assert_eq!((faults.count(), fault.message()), (1, message));
        assert!(fault.hint().is_some_and(|text| text.contains(hint)), "{fault}");
        assert!(parse("bad.toml", &text, &[]).is_ok(), "nothing else is wrong");
    }
}

#[test]
fn sweeps() {
    let rows: &[(&str, Row<'_>)] = &[
        ("seeds = 0", ("9:9", "0", "0 is out of range", "from 1")),
        ("grid.link.a.rate = [\"1Mbps\"]", ("9:6", "link", "a path without quotes", "quotes")),
        (
            "grid.\"duration\" = [\"20s\", 30]",
            ("9:27", "30", "`duration` can't be this: unit missing: a duration needs one", "\"25ms\""),
        ),
        (
            "grid.\"link.a.rate\" = [\"1Mbps\"]",
            ("9:23", "\"1Mbps\"", "`link.a.rate` can't be this: no link `a`", ""),
        ),
        ("grid.\"duration\" = []", ("9:1", "grid", "no value for `duration`", "list")),
    ];
    for (line, row) in rows {
        check_line(&format!("[sweep]\n{line}"), *row);
    }
}

#[test]
fn the_plain_form_is_whole_and_deterministic() {
    let text = with_head("[link.a]\nrate = 2500 # bits?\n");
    let shown = parse("dir/bad.toml", &text, &[]).expect_err("unit missing").to_string();
    let expected = "dir/bad.toml:9:8: unit missing: a rate needs one\n    rate = 2500 # bits?\n           ^^^^\n  hint: write for instance \"2500kbps\" (units: bps, kbps, Mbps, Gbps)";
    assert_eq!(shown, expected);
}

proptest! {
    #[test]
    fn random_text_never_panics(text in "\\PC*") {
        let _ = parse("r.toml", &text, &[]).map_err(|faults| faults.to_string());
    }

    /// TOML-like lines get further than random characters.
    #[test]
    fn random_scenarios_never_panic(lines in proptest::collection::vec(line(), 0..12)) {
        let _ = parse("r.toml", &format!("{HEAD}{}", lines.join("\n")), &[]).map_err(|faults| faults.to_string());
    }

    #[test]
    fn random_overrides_never_panic(path in "[a-z.*?0-9]{0,24}", value in "\\PC{0,12}") {
        let change = crate::Override::new(format!("{path}={value}"));
        let _ = parse("r.toml", HEAD, &[change]).map_err(|faults| faults.to_string());
    }
}

fn line() -> impl Strategy<Value = String> {
    let header = prop_oneof![
        Just("link.a"),
        Just("link.b.queue"),
        Just("participant.x"),
        Just("participant.alice.publish.cam"),
        Just("sfu.main.config"),
        Just("measure"),
        Just("sweep"),
        Just("participant.x.view"),
    ];
    let list = prop_oneof![Just("at"), Just("expect"), Just("applied"), Just("traffic")];
    let key = prop_oneof![
        Just("rate"),
        Just("loss"),
        Just("delay"),
        Just("queue"),
        Just("depth"),
        Just("up"),
        Just("down"),
        Just("join"),
        Just("codec"),
        Just("layers"),
        Just("time"),
        Just("mute"),
        Just("link"),
        Just("metric"),
        Just("stat"),
        Just("min"),
        Just("max"),
        Just("where"),
        Just("grid"),
        Just("seeds"),
        Just("publish"),
    ];
    let value = prop_oneof![
        Just("\"1Mbps\""),
        Just("\"5s\""),
        Just("\"3%\""),
        Just("\"a\""),
        Just("3"),
        Just("0.5"),
        Just("[]"),
        Just("[[\"0s\", \"1Mbps\"]]"),
        Just("{ base = \"1ms\" }"),
        Just("{ uniform = [\"0s\", \"5s\"] }"),
        Just("{ codec = \"vp8\" }"),
        Just("true"),
        Just("{ \"link.a.rate\" = [\"1Mbps\", 3] }"),
        Just("\"*\""),
    ];
    prop_oneof![
        header.prop_map(|name| format!("[{name}]")),
        list.prop_map(|name| format!("[[{name}]]")),
        (key, value).prop_map(|(key, value)| format!("{key} = {value}")),
    ]
}
