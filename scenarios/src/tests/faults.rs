//! Rows of bad files: where the fault is, what is said, and the hint.

mod judging;
mod parts;
mod random;
mod traffic;

use super::with_head;
use crate::parse;

/// Place as `line:column`, offending text, message and a part of the hint.
type Row<'a> = (&'a str, &'a str, &'a str, &'a str);

fn check(text: &str, rows: &[Row<'_>]) {
    let faults = parse("bad.toml", text, &[]).expect_err(text);
    let found: Vec<_> = faults
        .iter()
        .map(|fault| {
            let at = fault.position();
            let hint = fault.hint().to_owned();
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
    check("a = 1\nname = \"x\n", &[("2:10", "", "TOML: invalid basic string, expected `\"`", "toml.io")]);
    check("a = 1\nb = [1,\n", &[("2:8", "", "TOML: unclosed array, expected `]`", "toml.io")]);
    check("[a]\n[b]\n[a]\n", &[("3:2", "a", "TOML: duplicate key", "keep one")]);
    check("x = 01", &[("1:5", "0", "TOML: unexpected leading zero, expected nothing", "toml.io")]);
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
            ("8:7", "1", "expected `true` or `false`, found an integer", "`true`"),
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
        "[link.a]\nfilter = {}",
        ("9:1", "filter", "`filter` (rules before the queue) is not supported yet", "take it out"),
    );
    check_line("[link.ideal]", ("8:7", "ideal", "the name `ideal` is taken", "another name"));
    check_line("[link.\"a b\"]", ("8:7", "\"a b\"", "`a b` can't be a name", "letters"));
    check_line("[sfu.a]\n[sfu.b]", ("9:6", "b", "a second SFU is not supported yet", "take it out"));
    check_line(
        "[link.a]\nfilter = []",
        ("9:1", "filter", "`filter` (rules before the queue) is not supported yet", "take it out"),
    );
    let head = "schema = 1\nname = \"t\"\nseed = 1\nduration = \"60s\"\n";
    check(
        &format!("{head}link = 3\n[participant]\nalice = 4\n"),
        &[
            ("5:8", "3", "expected tables `link.<name>`, found an integer", "give tables"),
            ("7:9", "4", "expected a table `participant.<name>`, found an integer", "give a table"),
        ],
    );
}

#[test]
fn nobody_takes_part() {
    let text = "schema = 1\nname = \"t\"\nseed = 1\nduration = \"60s\"\n[participant]\n";
    check(text, &[("5:1", "[participant]", "nobody takes part", "[participant.alice]")]);
}

#[test]
fn the_plain_form_is_whole_and_deterministic() {
    let text = with_head("[link.a]\nrate = 2500 # bits?\n");
    let shown = parse("dir/bad.toml", &text, &[]).expect_err("unit missing").to_string();
    let expected = "dir/bad.toml:9:8: unit missing: a rate needs one\n    rate = 2500 # bits?\n           ^^^^\n  hint: write for instance \"2500kbps\" (units: bps, kbps, Mbps, Gbps)";
    assert_eq!(shown, expected);
}
