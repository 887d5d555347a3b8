//! House rules that clippy can't hold: a test, like any other, that names the file, the line and the remedy.
//!
//! Each rule is a function from what is in the tree to a list of faults, and is tried on bad samples beside it.

mod banned;
mod crates;
mod documents;
mod layout;
mod length;
mod places;
mod tree;

use tree::Tree;

/// Fails with every fault, one a line.
fn hold(rule: &str, faults: &[String]) {
    assert!(faults.is_empty(), "{rule}:\n  {}", faults.join("\n  "));
}

#[test]
fn simulated_code_names_no_clock_no_random_state_and_no_thread() {
    hold("banned names", &banned::faults(&Tree::read().files));
}

#[test]
fn files_are_short() {
    let tree = Tree::read();
    for warning in length::warnings(&tree.files) {
        eprintln!("wants a second look: {warning}");
    }
    hold("long files", &length::faults(&tree.files));
}

#[test]
fn crates_depend_the_right_way_and_share_one_table() {
    hold("dependencies", &crates::direction_faults(&crates::metadata()));
    hold("manifests", &crates::manifest_faults(&Tree::read().files));
}

#[test]
fn the_top_level_is_as_the_architecture_says() {
    hold("top level", &layout::faults(&layout::entries(&tree::root())));
}

#[test]
fn no_file_names_a_place_on_somebodys_machine() {
    hold("machine paths", &places::faults(&Tree::read().files));
}

#[test]
fn documents_link_to_files_that_exist() {
    let tree = Tree::read();
    hold("links", &documents::faults(&tree.files, &|path| tree::root().join(path).exists()));
}
