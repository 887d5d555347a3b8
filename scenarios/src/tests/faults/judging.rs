//! Events, expectations, proofs and sweeps.

use super::{Row, check_line};
use crate::tests::with_head;
use crate::{MetricName, parse, parse_with};

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
            ("10:42", "\"came\"", "nothing is published as `came`", "did you mean `cam`?"),
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
        "[[applied]]\nlink = \"idael\"\nlost_min = 1",
        ("9:8", "\"idael\"", "no line in use is called `idael`", "did you mean `ideal`?"),
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
        assert!(fault.hint().contains(hint), "{fault}");
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
