//! The files of the project.

use std::fs;
use std::path::{Path, PathBuf};

/// What is built, recorded or not ours.
const SKIPPED: [&str; 7] = [".git", "target", "runs", "corpus", "artifacts", "coverage", "assets"];

/// One text file.
pub(crate) struct File {
    /// From the project's root, with slashes.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

/// Every text file of the project, by path.
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
}

impl Tree {
    pub(crate) fn read() -> Tree {
        let mut files = Vec::new();
        collect(&root(), &root(), &mut files);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        assert!(files.iter().any(|file| file.path == "sfu/src/lib.rs"), "not the project's root");
        Tree { files }
    }
}

/// The project's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the root").to_path_buf()
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable folder").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // Seeds hold bytes of other people's making.
        if SKIPPED.contains(&name.as_str()) || path.ends_with("tests/fuzz/seeds") {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, files);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let path = path.strip_prefix(root).expect("below the root");
            files.push(File { path: path.to_string_lossy().replace('\\', "/"), text });
        }
    }
}

/// A file for a rule's own test.
#[cfg(test)]
pub(crate) fn sample(path: &str, text: &str) -> Vec<File> {
    vec![File { path: path.into(), text: text.into() }]
}

/// The lines of Rust source without comments and without what stands in string literals.
pub(crate) fn code_lines(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut rest = text;
    let mut depth = 0;
    while let Some(first) = rest.chars().next() {
        let taken = if depth > 0 || rest.starts_with("/*") {
            depth += i32::from(rest.starts_with("/*")) - i32::from(rest.starts_with("*/"));
            if rest.starts_with("/*") || rest.starts_with("*/") { 2 } else { first.len_utf8() }
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(len) = literal(rest) {
            len
        } else {
            lines.last_mut().expect("there is a first line").push(first);
            first.len_utf8()
        };
        let (skipped, after) = rest.split_at(taken);
        for _ in skipped.matches('\n') {
            lines.push(String::new());
        }
        rest = after;
    }
    lines.iter().map(|line| line.replace('\n', "")).collect()
}

/// How long the string or character literal at the start of `text` is.
fn literal(text: &str) -> Option<usize> {
    if let Some(raw) = text.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let body = raw[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        return Some(2 + hashes + body.find(&end)? + end.len());
    }
    if let Some(character) = text.strip_prefix('\'') {
        // A lifetime has no closing quote two or three places on.
        let quoted = character.strip_prefix('\\').map_or(character, |escaped| escaped);
        let len = quoted.chars().next()?.len_utf8();
        let escape = character.len() - quoted.len();
        return quoted[len..].starts_with('\'').then_some(2 + escape + len);
    }
    let body = text.strip_prefix('"')?;
    let mut escaped = false;
    for (at, character) in body.char_indices() {
        match character {
            '"' if !escaped => return Some(at + 2),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    Some(text.len())
}

#[test]
fn comments_and_literals_are_not_code() {
    let rows = [
        ("a // b\nc", vec!["a ", "c"]),
        ("a /* b\n c */ d", vec!["a ", " d"]),
        ("f(\"x // y\", 'z', '\\'', '\"') g", vec!["f(, , , ) g"]),
        ("r#\"a \" b\"# c", vec![" c"]),
        ("fn f<'a>(x: &'a str) {}", vec!["fn f<'a>(x: &'a str) {}"]),
        ("\"a \\\" b\" c\n\"d\ne\" f", vec![" c", "", " f"]),
    ];
    for (text, expected) in rows {
        assert_eq!(code_lines(text), expected, "{text:?}");
    }
}
