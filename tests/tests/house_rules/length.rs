//! How long a source file may be.

use crate::tree::File;

/// A file that passes this many lines wants a second look.
const LONG: usize = 400;
/// And this many are too long.
const TOO_LONG: usize = 450;

pub(crate) fn faults(files: &[File]) -> Vec<String> {
    longer_than(files, TOO_LONG).map(|(path, lines)| format!("{path}: {lines} lines: split it")).collect()
}

pub(crate) fn warnings(files: &[File]) -> Vec<String> {
    longer_than(files, LONG).map(|(path, lines)| format!("{path}: {lines} lines")).collect()
}

fn longer_than(files: &[File], limit: usize) -> impl Iterator<Item = (&str, usize)> {
    let sources = files.iter().filter(|file| file.is_rust() || file.path.ends_with(".toml"));
    sources
        .map(|file| (file.path.as_str(), file.text.lines().count()))
        .filter(move |(_, lines)| *lines > limit)
}

#[test]
fn lines_are_counted() {
    use crate::tree::sample;
    for (lines, warned, refused) in [(400, 0, 0), (401, 1, 0), (450, 1, 0), (451, 1, 1)] {
        let files = sample("sfu/src/long.rs", &"x\n".repeat(lines));
        assert_eq!((warnings(&files).len(), faults(&files).len()), (warned, refused), "{lines}");
    }
    assert!(faults(&sample("sfu/long.txt", &"x\n".repeat(900))).is_empty());
}
