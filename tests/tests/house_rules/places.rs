//! Paths of somebody's machine have no place in the product.

use crate::tree::File;

/// Beginnings of such paths. Put together here, so that this file doesn't name them.
const PLACES: [&str; 5] = [
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Use", "rs/"),
    concat!("/wo", "rk/"),
    concat!("C:", "\\"),
];

pub(crate) fn faults(files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files {
        for (at, line) in file.text.lines().enumerate() {
            for place in PLACES.iter().filter(|place| begins_a_path(line, place)) {
                faults.push(format!("{}:{}: names {place}", file.path, at + 1));
            }
        }
    }
    faults
}

/// Whether a path in `line` begins with `place`: `participants/root/` and `https://host/home/` do not.
fn begins_a_path(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        !line[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || "_-.*}>".contains(c))
    })
}

#[test]
fn machine_paths_show() {
    use crate::tree::sample;
    for place in PLACES {
        let text = format!("first\nlet path = \"{place}me/file\";\n");
        assert_eq!(faults(&sample("README.md", &text)).len(), 1, "{place}");
    }
    let fine = "link/home-up and https://example.org/home/page and participants/root/x";
    assert!(faults(&sample("README.md", fine)).is_empty());
}
