//! `plenum explore`, from the outside.

#![allow(missing_docs, reason = "a test program has no readers of its documentation")]

mod common;

use common::{Folder, PAIR};

/// Two people on lines of no great width, for two seconds.
const RANGES: &str = "\n[explore]\npeople = [2, 2]\nlinks = [1, 1]\nevents = [0, 1]\nduration = [\"1s\", \"1s\"]\n\
                      settle = \"2s\"\nrate = [\"2Mbps\", \"5Mbps\"]\ncontrollers = [\"gcc\"]\n";

#[test]
fn a_search_prints_what_it_draws_and_repeats() {
    let folder = Folder::new("explore-repeats");
    let file = folder.file("ranges.toml", &format!("{PAIR}{RANGES}"));
    let all =
        folder.plenum(&["explore", &file, "--seeds", "4", "--seed", "1", "--crypto", "null", "--out", "a"]);
    assert_eq!(all.code, Some(0), "{}{}", all.out, all.err);
    assert!(all.out.contains("seed 1: 3000 ms, gcc, ") && all.out.contains("4 scenarios, 0 broke something"));
    let again =
        folder.plenum(&["explore", &file, "--seeds", "4", "--seed", "1", "--crypto", "null", "--out", "b"]);
    assert_eq!(all.out, again.out);
    // Shards do every other one, and together all.
    let shard = |part: &str| {
        let arguments = [
            "explore", &file, "--seeds", "4", "--seed", "1", "--crypto", "null", "--out", "c", "--shard",
            part,
        ];
        let ended = folder.plenum(&arguments);
        ended.out.lines().filter(|line| line.starts_with("seed ")).map(str::to_owned).collect::<Vec<_>>()
    };
    let mut both = [shard("1/2"), shard("2/2")].concat();
    both.sort();
    let whole: Vec<&str> = all.out.lines().filter(|line| line.starts_with("seed ")).collect();
    assert_eq!(both, whole);
}

#[test]
fn without_ranges_there_is_nothing_to_draw_from() {
    let folder = Folder::new("explore-none");
    let file = folder.file("pair.toml", PAIR);
    let ended = folder.plenum(&["explore", &file]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("has no [explore]"), "{}", ended.err);
}

#[test]
fn wrong_ranges_are_told_with_their_place() {
    let folder = Folder::new("explore-wrong");
    let rows = [
        ("people = [5, 2]", "`people` ends below where it begins"),
        ("rate = [\"1Mbps\"]", "`rate` has 1 values"),
        ("codecs = [\"vp10\"]", "unknown codecs:"),
        ("delay = \"5ms\"", "expected [least, most]"),
        ("settle = \"0s\"", "`settle` must be above zero"),
        ("persons = [1, 2]", "persons"),
    ];
    for (line, told) in rows {
        let file = folder.file("wrong.toml", &format!("{PAIR}\n[explore]\n{line}\n"));
        let ended = folder.plenum(&["explore", &file]);
        assert_eq!(ended.code, Some(2), "{line}");
        assert!(ended.err.contains(told) && ended.err.contains("wrong.toml:"), "{line}: {}", ended.err);
    }
}

/// A line that loses everything from the middle on: what is forwarded over it doesn't render, and the end finds it.
/// A line that comes back in time is none.
#[test]
fn what_never_comes_back_is_found_dead() {
    let folder = Folder::new("explore-dead");
    let event = |at: u32, loss: &str| {
        format!("\n[[at]]\ntime = \"{at}s\"\nloss = {{ link = \"line/down@bob\", to = {loss} }}\n")
    };
    let base = PAIR.replace("duration = \"4s\"", "duration = \"12s\"\nliveness = \"3s\"");
    let rows = [(base.clone() + &event(2, "1.0"), 5), (base + &event(2, "1.0") + &event(4, "0.0"), 0)];
    for (text, code) in rows {
        let file = folder.file("dead.toml", &text);
        let ended = folder.plenum(&["run", &file, "--out", "dead", "--crypto", "null"]);
        assert_eq!(ended.code, Some(code), "{}", ended.out);
        assert_eq!(
            ended.out.contains("BROKEN invariant: liveness at 12.000000 s, event "),
            code == 5,
            "{}",
            ended.out
        );
    }
}
