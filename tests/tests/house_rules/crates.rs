//! Which crate may know which, and what every manifest shares.

use std::process::Command;

use serde_json::Value;

use crate::tree::{File, root};

/// Each crate with those that it may depend on; `sfu` knows none of ours.
const ARROWS: [(&str, &[&str]); 5] = [
    ("sfu", &[]),
    ("scenarios", &[]),
    ("reports", &["scenarios"]),
    ("simulator", &["sfu", "scenarios", "reports"]),
    ("tests", &["sfu", "scenarios", "reports", "simulator"]),
];

/// What `cargo metadata` says of the workspace's members.
pub(crate) fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo writes JSON")
}

/// Members without a place among the arrows, and dependencies against them, for tests and builds included.
pub(crate) fn direction_faults(metadata: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == name) else {
            faults.push(format!("{name}: a crate without a place in ARCHITECTURE.md's arrows"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let on = dependency["name"].as_str().unwrap_or_default();
            let is_ours = ARROWS.iter().any(|(ours, _)| *ours == on);
            if is_ours && !allowed.contains(&on) {
                faults.push(format!("{name} must not depend on {on}"));
            }
        }
    }
    faults
}

/// Members that set lints, versions or editions of their own.
pub(crate) fn manifest_faults(files: &[File]) -> Vec<String> {
    let member = |name: &str| format!("{name}/Cargo.toml");
    let mut faults = Vec::new();
    let root_manifest = files.iter().find(|file| file.path == "Cargo.toml").map_or("", |file| &file.text);
    for (name, _) in ARROWS {
        let Some(file) = files.iter().find(|file| file.path == member(name)) else {
            faults.push(format!("{}: missing", member(name)));
            continue;
        };
        if !inherits_lints(file, root_manifest) {
            faults.push(format!("{}: doesn't inherit the workspace's lints", file.path));
        }
        let mut section = "";
        for line in file.text.lines().map(str::trim) {
            if line.starts_with('[') {
                section = line;
            }
            let is_entry = section.ends_with("dependencies]") && line.contains('=');
            if is_entry && !line.contains("workspace = true") && !line.starts_with('#') {
                faults.push(format!("{}: `{line}`: versions belong in the root's table", file.path));
            }
        }
        for key in ["version", "edition", "rust-version", "license"] {
            if !file.text.contains(&format!("{key}.workspace = true")) {
                faults.push(format!("{}: {key} of its own", file.path));
            }
        }
    }
    faults
}

/// Whether a member takes the workspace's lints; `tests` alone may spell them out, to have a counting allocator:
/// all as in the root's table, but for unsafe code, which is denied where `forbid` knows no exception.
fn inherits_lints(file: &File, root_manifest: &str) -> bool {
    if section(&file.text, "[lints]").contains(&"workspace = true") {
        return true;
    }
    let own = |name: &str| section(&file.text, &format!("[lints.{name}]"));
    let common = |name: &str| section(root_manifest, &format!("[workspace.lints.{name}]"));
    let spelt_out: Vec<String> = common("rust")
        .iter()
        .map(|line| line.replace("unsafe_code = \"forbid\"", "unsafe_code = \"deny\""))
        .collect();
    file.path == "tests/Cargo.toml" && own("rust") == spelt_out && own("clippy") == common("clippy")
}

/// The lines of one section of a manifest, without blank lines and comments.
fn section<'a>(text: &'a str, header: &str) -> Vec<&'a str> {
    let lines = text.lines().map(str::trim).skip_while(|line| *line != header).skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_against_the_grain_show() {
        let package = |name: &str, on: &str| serde_json::json!({ "packages": [{ "name": name, "dependencies": [{ "name": on, "kind": "dev" }] }] });
        let rows = [
            ("sfu", "scenarios", 1),
            ("sfu", "bytes", 0),
            ("scenarios", "sfu", 1),
            ("reports", "scenarios", 0),
            ("reports", "simulator", 1),
            ("simulator", "reports", 0),
            ("simulator", "tests", 1),
            ("utils", "bytes", 1),
        ];
        for (name, on, expected) in rows {
            assert_eq!(direction_faults(&package(name, on)).len(), expected, "{name} on {on}");
        }
    }

    #[test]
    fn tables_of_their_own_show() {
        let good = "[package]\nversion.workspace = true\nedition.workspace = true\nrust-version.workspace = true\n\
            license.workspace = true\n[dependencies]\nbytes.workspace = true\n\
            serde = { workspace = true, features = [\"rc\"] }\n[lints]\nworkspace = true\n";
        let tree = |text: &str| -> Vec<File> {
            let file =
                |name: &str, text: &str| File { path: format!("{name}/Cargo.toml"), text: text.into() };
            ARROWS.iter().map(|(name, _)| file(name, if *name == "sfu" { text } else { good })).collect()
        };
        assert_eq!(manifest_faults(&tree(good)), Vec::<String>::new());
        for (from, to) in [
            ("[lints]\nworkspace = true", ""),
            ("bytes.workspace = true", "bytes = \"1\""),
            ("edition.workspace = true", "edition = \"2021\""),
        ] {
            assert_eq!(manifest_faults(&tree(&good.replace(from, to))).len(), 1, "{from}");
        }
    }

    #[test]
    fn only_tests_may_spell_lints_out_and_only_the_same() {
        let root_manifest = "[workspace.lints.rust]\nunsafe_code = \"forbid\"\nmissing_docs = \"deny\"\n\
            [workspace.lints.clippy]\ntodo = \"warn\"\n";
        let own = "[lints.rust]\n# Why.\nunsafe_code = \"deny\"\nmissing_docs = \"deny\"\n\
            [lints.clippy]\ntodo = \"warn\"\n";
        let inherits = |name: &str, text: &str| {
            let file = File { path: format!("{name}/Cargo.toml"), text: text.into() };
            inherits_lints(&file, root_manifest)
        };
        assert!(inherits("tests", own));
        assert!(!inherits("sfu", own));
        assert!(!inherits("tests", &own.replace("todo = \"warn\"", "")));
        assert!(!inherits("tests", &own.replace("unsafe_code = \"deny\"", "unsafe_code = \"allow\"")));
    }
}
