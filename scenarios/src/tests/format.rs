//! Keeps `FORMAT.md` in step with the declared keys.

use crate::keys::{Takes, reference, sections};
use crate::parse;

const START: &str = "<!-- keys: start -->\n";
const END: &str = "<!-- keys: end -->";

/// `PLENUM_BLESS=1 cargo test -p scenarios format` writes the tables anew.
#[test]
fn the_reference_lists_every_key() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/FORMAT.md");
    let text = std::fs::read_to_string(path).expect("FORMAT.md is there");
    let (before, rest) = text.split_once(START).expect("the start marker is there");
    let (tables, after) = rest.split_once(END).expect("the end marker is there");
    if std::env::var_os("PLENUM_BLESS").is_some() {
        std::fs::write(path, format!("{before}{START}{}{END}{after}", reference())).expect("writable");
    } else {
        assert_eq!(tables, reference(), "run PLENUM_BLESS=1 cargo test -p scenarios format");
    }
}

#[test]
fn its_examples_are_valid() {
    let text = include_str!("../../FORMAT.md");
    let examples: Vec<&str> =
        text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() >= 2, "the format is shown by examples");
    for example in examples {
        parse("FORMAT.md", example, &[]).unwrap_or_else(|faults| panic!("{example}\n{faults}"));
    }
}

#[test]
fn no_section_declares_a_key_twice() {
    for section in sections() {
        for (index, key) in section.keys.iter().enumerate() {
            let twice = section.keys[..index].iter().any(|earlier| earlier.name == key.name);
            assert!(!twice, "{} of {}", key.name, section.path);
        }
        assert!(section.keys.len() <= 64, "{} has more keys than the reader can mark", section.path);
        assert!(section.keys.iter().any(|key| !matches!(key.takes, Takes::Later)), "{}", section.path);
    }
}
