//! Cross traffic.

use super::{Row, check_line};

#[test]
fn traffic() {
    let rows: &[(&str, Row<'_>)] = &[
        ("on = \"a\"", ("11:1", "[[traffic]]", "`traffic[]` needs `kind`", "")),
        ("kind = \"tcp\"", ("11:1", "[[traffic]]", "`traffic[]` needs `on`", "")),
        ("kind = \"tpc\"\non = \"a\"", ("12:8", "\"tpc\"", "unknown kind: `tpc`", "did you mean `tcp`?")),
        ("kind = \"tcp\"\non = \"b*\"", ("13:6", "\"b*\"", "no line in use is called `b*`", "")),
        (
            "kind = \"tcp\"\non = \"a\"\nrate = \"1Mbps\"",
            ("14:1", "rate", "tcp traffic has no `rate`", "take it out"),
        ),
        ("kind = \"cbr\"\non = \"a\"", ("11:1", "[[traffic]]", "cbr traffic needs `rate`", "needs rate")),
        (
            "kind = \"cbr\"\non = \"a\"\nrate = \"1Mbps\"\npacket = \"20B\"",
            ("15:10", "\"20B\"", "no packet is of 20B", "\"50B\""),
        ),
        (
            "kind = \"on-off\"\non = \"a\"\nrate = [[\"1s\", \"1Mbps\"]]\nbusy = \"1s\"\nidle = \"1s\"",
            ("14:8", "[[\"1s\", \"1Mbps\"]]", "one rate is needed here", "cbr"),
        ),
        (
            "kind = \"random-walk\"\non = \"a\"\nrate = \"3Mbps\"\nstep = \"1Mbps\"\nevery = \"1s\"\nbounds = [\"1Mbps\", \"2Mbps\"]",
            ("14:8", "\"3Mbps\"", "the rate is outside of `bounds`", "starts"),
        ),
        (
            "kind = \"tcp\"\non = \"a\"\nfrom = \"60s\"",
            ("14:8", "\"60s\"", "after the end of the run", "duration"),
        ),
        (
            "kind = \"tcp\"\non = \"a\"\nfrom = \"5s\"\nto = \"5s\"",
            ("15:6", "\"5s\"", "it ends before it begins", "after"),
        ),
        (
            "kind = \"tcp\"\non = \"a\"\nfiles = { size = [\"2MB\", \"1MB\"], idle = \"1s\" }",
            ("14:18", "[\"2MB\", \"1MB\"]", "no file is of these sizes", "smaller"),
        ),
        ("kind = \"tcp\"\non = \"a\"\ncount = 0", ("14:9", "0", "0 is out of range", "from 1 to 1000")),
    ];
    for (lines, row) in rows {
        check_line(&format!("[link.a]\n[participant.b]\nup = \"a\"\n[[traffic]]\n{lines}"), *row);
    }
}
