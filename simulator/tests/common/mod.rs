//! What the tests of the program share: running it, folders of their own, a small scenario.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A meeting of two over lines with loss and jitter, short enough to be run many times.
pub(crate) const PAIR: &str = r#"schema = 1
name = "pair"
seed = 3
duration = "4s"
measure = { from = "1s" }

[link.line]
rate = "10Mbps"
loss = "1%"
delay = { base = "10ms", jitter = "gauss", std = "2ms" }

[participant.alice]
up = "line"
down = "line"

[participant.bob]
join = { uniform = ["0s", "500ms"] }
up = "line"
down = "line"

[[expect]]
metric = "participants.connected"
stat = "value"
min = 2
max = 2
"#;

/// A folder for one test, empty at first and gone at the end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// The folder of the test `name`, which no other test may use.
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plenum-test-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the temporary folder takes a folder");
        Folder(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file; gives its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).expect("the folder takes a file");
        path.to_string_lossy().into_owned()
    }

    /// Runs `plenum` in this folder.
    pub(crate) fn plenum(&self, arguments: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plenum"));
        Ended::of(command.args(arguments).current_dir(&self.0).output().expect("the program starts"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
        Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Demands an exit code.
    pub(crate) fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(!self.err.contains("panicked"), "{self:?}");
        self
    }

    /// Demands that standard error says each of `all`.
    pub(crate) fn complaining(self, all: &[&str]) -> Self {
        for text in all {
            assert!(self.err.contains(text), "{text:?} is not in {}", self.err);
        }
        self
    }
}

/// Every file below `folder` but `host.json`, by its path in there.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("the folder can be read") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name != "host.json") {
                let name = path.strip_prefix(folder).expect("it lies below").to_string_lossy().into_owned();
                found.insert(name, fs::read(&path).expect("the file can be read"));
            }
        }
    }
    found
}

/// A file of JSON.
pub(crate) fn json(path: &Path) -> serde_json::Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("valid JSON")
}
