//! What the README promises has to hold.

use std::fs;
use std::path::Path;

fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    fs::read_to_string(path).expect("the README is in the root")
}

/// The contents of the fenced blocks of `language`.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let parts = text.split(&fence).skip(1);
    parts.map(|part| part.split("```").next().expect("a split has a first part")).collect()
}

#[test]
fn its_scenario_is_valid() {
    let text = readme();
    let scenarios = blocks(&text, "toml");
    assert_eq!(scenarios.len(), 1);
    for scenario in scenarios {
        if let Err(faults) = scenarios::parse("README.md", scenario, &[]) {
            panic!("{faults}");
        }
    }
}

#[test]
fn it_lists_exactly_the_scenarios_that_ship() {
    let text = readme();
    let section = text.split("## Scenarios that ship").nth(1).expect("the section is there");
    let section = section.split("\n## ").next().expect("a split has a first part");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let mut listed: Vec<&str> = rows.collect();
    let mut shipped: Vec<&str> = scenarios::shipped::list().iter().map(|scenario| scenario.name).collect();
    listed.sort_unstable();
    shipped.sort_unstable();
    assert_eq!(listed, shipped);
}
