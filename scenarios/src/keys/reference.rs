//! The tables of the format reference, written from the declared keys.

use std::fmt::Write;

use super::top::ROOT;
use super::{Absent, Key, Section, Takes};

/// Every section of the format, parents before children, in the order of their keys.
pub fn sections() -> Vec<&'static Section> {
    let mut found = Vec::new();
    collect(&ROOT, &mut found);
    found
}

fn collect(section: &'static Section, found: &mut Vec<&'static Section>) {
    if found.iter().any(|known| std::ptr::eq(*known, section)) {
        return;
    }
    found.push(section);
    for key in section.keys {
        match key.takes {
            Takes::Table(inner) | Takes::Short(inner, _) | Takes::Named(inner) | Takes::List(inner) => {
                collect(inner, found);
            }
            Takes::Sources(variants) => variants.iter().for_each(|inner| collect(inner, found)),
            _ => {}
        }
    }
}

/// The reference of every key in Markdown: one table per section, then what is not supported yet.
pub fn reference() -> String {
    let mut text = String::new();
    for section in sections() {
        let written = write_section(&mut text, section);
        written.expect("writing into a string doesn't fail");
    }
    text
}

fn write_section(to: &mut String, section: &Section) -> std::fmt::Result {
    writeln!(to, "### `{}`\n\n{}\n", section.path, section.about)?;
    writeln!(to, "| key | takes | when absent | meaning |\n|---|---|---|---|")?;
    let (later, now): (Vec<&Key>, Vec<&Key>) =
        section.keys.iter().partition(|key| matches!(key.takes, Takes::Later));
    for key in now {
        let (takes, absent) = (takes(&key.takes), absent(&key.absent));
        writeln!(to, "| `{}` | {takes} | {absent} | {} |", key.name, key.about)?;
    }
    if !later.is_empty() {
        let names: Vec<String> = later.iter().map(|key| format!("`{}` ({})", key.name, key.about)).collect();
        writeln!(to, "\nNot supported yet: {}.", names.join(", "))?;
    }
    writeln!(to)
}

fn takes(takes: &Takes) -> String {
    match takes {
        Takes::Text => "string".into(),
        Takes::Whole => "whole number".into(),
        Takes::Number => "number".into(),
        Takes::Flag => "`true`, `false`".into(),
        Takes::Duration => "duration".into(),
        Takes::Rate => "rate".into(),
        Takes::Ratio => "ratio".into(),
        Takes::Glob => "pattern".into(),
        Takes::Choice(now, later) => {
            let words = |list: &[&str]| list.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ");
            match later {
                [] => words(now),
                _ => format!("{} (not supported yet: {})", words(now), words(later)),
            }
        }
        Takes::Form(text) => (*text).into(),
        Takes::Table(inner) => format!("table `{}`", inner.path),
        Takes::Short(inner, key) => format!("its `{key}`, or table `{}`", inner.path),
        Takes::Named(inner) => format!("tables `{}`", inner.path),
        Takes::Sources(_) => "table of sources, or `\"none\"`".into(),
        Takes::List(inner) => format!("list `{}`", inner.path),
        Takes::Later => "not supported yet".into(),
    }
}

fn absent(absent: &Absent) -> String {
    match absent {
        Absent::Error => "an error".into(),
        Absent::Means(text) => (*text).into(),
        Absent::Default(value) => format!("`{value}`"),
        Absent::Unset => "–".into(),
    }
}
