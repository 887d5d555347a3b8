//! A figure: one picture in both of its forms, how to read it, and the numbers behind it.

use super::picture::Picture;
use super::{png, svg};

/// Rows beyond which a table in the page is cut; the files beside the page hold everything.
const ROWS: usize = 200;

/// A picture, how to read it, and the numbers behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The name of its files, without an extension: lower-case letters, digits, hyphens and dots only.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// How to read it.
    pub caption: String,
    /// The picture as one `<svg>` element, for the page and for a file of its own.
    pub svg: String,
    /// The same picture as the bytes of a PNG file.
    pub png: Vec<u8>,
    /// The numbers behind it.
    pub table: Table,
}

/// Numbers for people, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The heads of the columns, units included.
    pub heads: Vec<String>,
    /// The rows; the first cell says what the row is of.
    pub rows: Vec<Vec<String>>,
    /// What there is to say about it, where rows are left out for instance; may be empty.
    pub note: String,
}

impl Table {
    /// An empty table with these heads.
    pub fn new(heads: &[&str]) -> Self {
        Table { heads: heads.iter().map(|head| (*head).to_owned()).collect(), ..Table::default() }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Keeps as many rows as a page can bear, and says what became of the others.
    pub(crate) fn cut(mut self, rest: &str) -> Self {
        if self.rows.len() > ROWS {
            self.note = format!("The first {ROWS} of {} rows; {rest}", self.rows.len());
            self.rows.truncate(ROWS);
        }
        self
    }
}

impl Figure {
    /// A figure with the numbers behind it; its name is made fit for a file.
    pub fn new(name: &str, caption: String, picture: &Picture, table: Table) -> Self {
        let name = file_name(name);
        Figure {
            svg: svg::write(picture, &name),
            png: png::write(picture),
            title: picture.title.clone(),
            name,
            caption,
            table,
        }
    }
}

/// `name` as it may stand in a path: anything but letters, digits and dots becomes a hyphen.
pub(super) fn file_name(name: &str) -> String {
    let mut out = String::new();
    for character in name.chars() {
        match character {
            'a'..='z' | '0'..='9' => out.push(character),
            'A'..='Z' => out.push(character.to_ascii_lowercase()),
            '.' if !out.is_empty() && !out.ends_with(['.', '-']) => out.push('.'),
            _ if out.ends_with(['-', '.']) || out.is_empty() => {}
            _ => out.push('-'),
        }
        if out.len() >= 80 {
            break;
        }
    }
    out.trim_end_matches(['-', '.']).to_owned()
}

/// Makes names differ that became alike: the second "a" becomes "a-2".
pub(super) fn tell_apart(names: &mut [String]) {
    for at in 1..names.len() {
        let mut number = 1;
        let name = names[at].clone();
        while names[..at].contains(&names[at]) {
            number += 1;
            names[at] = format!("{name}-{number}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_harmless() {
        for (name, file) in [
            ("link-home-up@alice", "link-home-up-alice"),
            ("../../etc/passwd", "etc-passwd"),
            ("a..b", "a.b"),
            ("Zoë <b>", "zo-b"),
            ("guest.3", "guest.3"),
        ] {
            assert_eq!(file_name(name), file);
        }
        assert!(file_name(&"x".repeat(500)).len() <= 80);
    }

    #[test]
    fn names_that_became_alike_are_told_apart() {
        let mut names = ["a", "a", "b", "a", "a-2"].map(str::to_owned);
        tell_apart(&mut names);
        assert_eq!(names, ["a", "a-2", "b", "a-3", "a-2-2"]);
    }

    #[test]
    fn long_tables_are_cut_and_say_so() {
        let mut table = Table::new(&["n"]);
        (0..500).for_each(|n: i32| table.row([n.to_string()]));
        let cut = table.cut("all of them are in events.jsonl.");
        assert_eq!(
            (cut.rows.len(), cut.note.as_str()),
            (200, "The first 200 of 500 rows; all of them are in events.jsonl.")
        );
    }
}
