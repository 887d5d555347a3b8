//! Documents must not point at what isn't there.

use crate::tree::File;

pub(crate) fn faults(files: &[File], exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut faults = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".md")) {
        let folder = file.path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        for target in links(&file.text) {
            let path = target.split('#').next().unwrap_or_default();
            let is_elsewhere = path.is_empty() || path.contains("://");
            if !is_elsewhere && !exists(&format!("{folder}{path}")) {
                faults.push(format!("{}: link to {target}, which isn't there", file.path));
            }
        }
    }
    faults
}

/// The targets of `[text](target)`, pictures included.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("](").filter_map(|(at, _)| text[at + 2..].split_once(')').map(|(target, _)| target))
}

#[test]
fn broken_links_show() {
    use crate::tree::sample;
    let text = "[a](b.md#part) ![c](d/e.png) [f](https://example.org/g) [h](#here)";
    let none = |_: &str| false;
    assert_eq!(faults(&sample("sfu/README.md", text), &none).len(), 2);
    let some = |path: &str| ["sfu/b.md", "sfu/d/e.png"].contains(&path);
    assert!(faults(&sample("sfu/README.md", text), &some).is_empty());
}
