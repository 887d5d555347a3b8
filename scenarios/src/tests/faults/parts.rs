//! Links and participants.

use super::{Row, check, check_line};
use crate::tests::with_head;

#[test]
fn links() {
    let rows: &[(&str, Row<'_>)] = &[
        ("rate = 2500", ("9:8", "2500", "unit missing: a rate needs one", "\"2500kbps\"")),
        ("rate = \"2500\"", ("9:8", "\"2500\"", "unit missing: a rate needs one", "\"2500kbps\"")),
        ("rate = \"0kbps\"", ("9:8", "\"0kbps\"", "a rate must be above zero", "1bps")),
        ("rate = []", ("9:8", "[]", "a schedule without steps", "unlimited")),
        ("rate = [[\"0s\"]]", ("9:9", "[\"0s\"]", "expected 2 items, found 1", "[\"40s\", \"600kbps\"]")),
        (
            "rate = [[\"0s\", \"1Mbps\"], [\"0ms\", \"2Mbps\"]]",
            ("9:26", "[\"0ms\", \"2Mbps\"]", "two steps at the same moment", "one"),
        ),
        ("loss = 3", ("9:8", "3", "3 is not a ratio", "write \"3%\"")),
        ("loss = \"101%\"", ("9:8", "\"101%\"", "too large for a ratio", "100%")),
        (
            "loss = { kind = \"gilbert-elliott\", mean = \"1%\", burst = 3, rate = \"1%\" }",
            ("9:60", "rate", "gilbert-elliott loss has no `rate`", "take it out"),
        ),
        (
            "loss = { kind = \"gilbert-elliott\", mean = \"1%\" }",
            ("9:1", "loss", "gilbert-elliott loss needs `burst`", "mean and burst"),
        ),
        (
            "loss = { kind = \"gilbert-elliott\", mean = \"1%\", burst = 0.5 }",
            ("9:57", "0.5", "a burst is at least one packet", "1"),
        ),
        (
            "loss = { kind = \"gilbert-elliott\", mean = \"90%\", burst = 3 }",
            (
                "9:43",
                "\"90%\"",
                "so many losses need longer bursts: at least one packet arrives between two",
                "raise `burst`",
            ),
        ),
        ("loss = { kind = \"list\", packets = [0] }", ("9:36", "0", "0 is out of range", "at least 1")),
        ("loss = {}", ("9:1", "loss", "bernoulli loss needs `rate`", "bernoulli")),
        (
            "queue = { kind = \"codel\", depth = \"1s\" }",
            ("9:35", "\"1s\"", "a codel queue has no `depth`", "change `kind`"),
        ),
        (
            "queue = { kind = \"pie\", interval = \"1s\" }",
            ("9:36", "\"1s\"", "a pie queue has no `interval`", "change `kind`"),
        ),
        ("queue = { target = \"5ms\" }", ("9:20", "\"5ms\"", "a droptail queue has no `target`", "")),
        (
            "queue = { kind = \"fq-codel\", limit = \"0kB\" }",
            ("9:38", "\"0kB\"", "`limit` must be above zero", ""),
        ),
        ("policer = { rate = \"1Mbps\" }", ("9:1", "policer", "`link.<name>.policer` needs `burst`", "")),
        ("reorder = { rate = \"1%\" }", ("9:1", "reorder", "`link.<name>.reorder` needs `by`", "")),
        (
            "trace = { file = \"a.down\", format = \"pcap\" }",
            ("9:37", "\"pcap\"", "unknown format: `pcap`", "mahimahi"),
        ),
        (
            "rate = \"1Mbps\"\ntrace = { file = \"a.down\" }",
            ("10:1", "trace", "a trace takes the place of `rate`", "one of them"),
        ),
        (
            "trace = { file = \"/etc/a.down\" }",
            ("9:18", "\"/etc/a.down\"", "a trace lies beside the scenario or below", "relative"),
        ),
        ("corrupt = 2", ("9:11", "2", "2 is not a ratio", "write \"2%\"")),
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
            ("9:35", "\"gauss\"", "gauss jitter needs `std`", "std"),
        ),
        (
            "delay = { base = \"25ms\", std = \"1ms\" }",
            ("9:26", "std", "`std` has no effect without jitter", "take it out"),
        ),
        (
            "delay = { base = \"10ms\", jitter = \"gauss\", std = \"5ms\" }",
            ("9:50", "\"5ms\"", "the jitter reaches below zero delay", "raise `base`"),
        ),
        (
            "delay = { base = \"25ms\", jitter = \"gauss\", std = \"5ms\", cut = 0 }",
            ("9:63", "0", "`cut` must be above zero", "3"),
        ),
        ("shared = \"yes\"", ("9:10", "\"yes\"", "expected `true` or `false`, found a string", "")),
    ];
    for (line, row) in rows {
        check_line(&format!("[link.a]\n{line}"), *row);
    }
}

#[test]
fn participants() {
    let rows: &[(&str, Row<'_>)] = &[
        ("ecn = \"l4s\"", ("9:7", "\"l4s\"", "transport-wide feedback doesn't tell of marks", "rfc8888")),
        ("priority = 11", ("9:12", "11", "out of range for a weight", "from 0.1 to 10")),
        ("up = []", ("9:6", "[]", "a way of 0 links", "1 to 8")),
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
        (
            "publish.cam = { codec = \"vp80\" }",
            ("9:25", "\"vp80\"", "unknown codec: `vp80`", "did you mean `vp8`?"),
        ),
        (
            "publish.mic = { codec = \"opus\", rate = \"1Mbps\" }",
            ("9:40", "\"1Mbps\"", "out of range for Opus", "510kbps"),
        ),
        (
            "publish.mic = { codec = \"opus\", speech = \"silence\" }",
            ("9:42", "\"silence\"", "unknown speech: `silence`", "did you mean `silent`?"),
        ),
        (
            "publish.mic = { codec = \"opus\", speech = { kind = \"silent\", rota = \"8s\" } }",
            ("9:33", "speech", "speech is of one kind, in turns, or by a rota", "turns"),
        ),
        (
            "publish.mic = { codec = \"opus\", speech = { rota = \"500ms\" } }",
            ("9:51", "\"500ms\"", "a slot too short to speak in", "1s"),
        ),
        (
            "publish.mic = { codec = \"opus\", speech = { turns = [[\"1s\", \"2s\"], [\"2s\", \"3s\"]] } }",
            ("9:67", "[\"2s\", \"3s\"]", "turns out of order", "after the one before"),
        ),
        (
            "publish.mic = { codec = \"opus\", layers = [] }",
            (
                "9:33",
                "layers",
                "unknown key in `participant.<name>.publish.<source> (opus)`: `layers`",
                "known",
            ),
        ),
        ("publish.cam = { codec = \"vp8\", layers = [] }", ("9:41", "[]", "0 layers", "1 to 3")),
        (
            "publish.cam = { codec = \"vp8\", layers = [\"320x180 150kbps\"] }",
            ("9:42", "\"320x180 150kbps\"", "not a layer", "640x360@30 500kbps"),
        ),
        (
            "publish.cam = { codec = \"vp8\", layers = [\"320x180@15 150\"] }",
            ("9:42", "\"320x180@15 150\"", "unit missing: a rate needs one", ""),
        ),
        (
            "publish.cam = { codec = \"vp8\", layers = [\"640x360@30 500kbps\", \"320x180@15 150kbps\"] }",
            (
                "9:64",
                "\"320x180@15 150kbps\"",
                "not above the layer before it in size and rate",
                "lowest first",
            ),
        ),
        (
            "publish.cam = { codec = \"vp8\", min_rate = \"151kbps\" }",
            ("9:43", "\"151kbps\"", "above the lowest encoding's rate", "layers"),
        ),
        (
            "publish.cam = { codec = \"vp8\", temporal_layers = 4 }",
            ("9:50", "4", "4 is out of range", "from 1 to 3"),
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
fn scalable_video() {
    let rows: &[(&str, Row<'_>)] = &[
        (
            "codec = \"vp8\"\nscalability = \"L2T1\"",
            ("10:15", "\"L2T1\"", "unknown scalability: `L2T1`", "L1T1"),
        ),
        (
            "codec = \"av1\"\nscalability = \"S3T3\"",
            ("10:15", "\"S3T3\"", "scalability `S3T3` is not supported yet", ""),
        ),
        (
            "codec = \"vp9\"\nscalability = \"L3T3\"\ntemporal_layers = 2",
            ("11:19", "2", "`temporal_layers` and `scalability` differ", "says 3"),
        ),
        (
            "codec = \"vp9\"\nscalability = \"L2T1\"\nlayers = [\"320x180@30 1Mbps\"]",
            ("11:10", "[\"320x180@30 1Mbps\"]", "1 layers, but L2T1 has 2", "each spatial layer"),
        ),
        (
            "codec = \"vp9\"\nscalability = \"L2T1\"\nlayers = [\"320x180@30 1Mbps\", \"650x360@30 1Mbps\"]",
            (
                "11:31",
                "\"650x360@30 1Mbps\"",
                "not twice as wide and high as the spatial layer before it",
                "lowest first",
            ),
        ),
        (
            "codec = \"vp9\"\nscalability = \"L2T1\"\nlayers = [\"320x180@15 1Mbps\", \"640x360@30 1Mbps\"]",
            ("11:31", "\"640x360@30 1Mbps\"", "spatial layers of one picture have one frame rate", "@15"),
        ),
        ("codec = \"h264\"\npacketization_mode = 2", ("10:22", "2", "2 is out of range", "from 0 to 1")),
        (
            "codec = \"vp8\"\nencrypted = true\ndependency_descriptor = false",
            ("11:25", "false", "`encrypted` needs the dependency descriptor", "take it out"),
        ),
    ];
    for (lines, row) in rows {
        check_line(&format!("[participant.bob.publish.cam]\n{lines}"), *row);
    }
}

#[test]
fn calls() {
    const X: &str = "[participant.x]\npublish = \"none\"\ncalls = \"y\"\n";
    const Y: &str = "[participant.y]\npublish = \"none\"\n";
    let rows: &[(String, Row<'_>)] = &[
        (format!("{X}count = 2\n{Y}"), ("10:9", "\"y\"", "2 of `x` can't call 1 of `y`", "same `count`")),
        (
            format!("{X}view = {{ tiles = 4 }}\n{Y}"),
            ("11:8", "{ tiles = 4 }", "`view` has no meaning in a call", "other end"),
        ),
        (format!("{X}{Y}fec = true\n"), ("13:7", "true", "`fec` has no meaning in a call", "server")),
        (
            format!("{X}{Y}[participant.z]\npublish = \"none\"\ncalls = \"y\"\n"),
            ("15:9", "\"y\"", "`y` is in a call already", "two ends"),
        ),
        (
            format!("{X}[participant.y]\npublish.c = {{ codec = \"vp8\" }}\n"),
            ("12:1", "publish", "a call has one encoding of each picture", "one layer"),
        ),
        (
            format!("{X}[participant.y]\nred = true\npublish.m = {{ codec = \"opus\", red = 1 }}\n"),
            ("13:1", "publish", "the other end doesn't take redundant audio", "red = true"),
        ),
        (
            "[participant.x]\ncalls = \"nobody\"\n".to_owned(),
            ("9:9", "\"nobody\"", "nobody is called `nobody`", "known"),
        ),
        (
            format!("{X}{Y}[[at]]\ntime = \"5s\"\nunpin = \"x\"\n"),
            ("15:9", "\"x\"", "`x` is in a call", "other end"),
        ),
    ];
    for (lines, row) in rows {
        check_line(lines, *row);
    }
    let both = with_head(&format!("{X}{Y}calls = \"x\"\n"));
    let itself = |at, name, message| (at, name, message, "only one end");
    check(
        &both,
        &[
            itself("10:9", "\"y\"", "`y` calls somebody itself"),
            itself("13:9", "\"x\"", "`x` calls somebody itself"),
        ],
    );
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
