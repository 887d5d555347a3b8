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
    for (name, _) in ARROWS {
        let Some(file) = files.iter().find(|file| file.path == member(name)) else {
            faults.push(format!("{}: missing", member(name)));
            continue;
        };
        if !file.text.replace("\r\n", "\n").contains("[lints]\nworkspace = true") {
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
}
