//! The one declared table of keys: readers, hints and the format reference all follow it.

mod link;
mod participant;
mod reference;
mod top;
mod traffic;
mod video;

pub use reference::{reference, sections};

pub(crate) use link::LINK;
pub(crate) use participant::OPUS;
pub(crate) use top::{CONTROLLERS, RANGE, ROOT};
pub(crate) use video::{AV1, H264, VP8, VP9};

/// A table of the format.
#[derive(Debug)]
pub struct Section {
    /// Its dotted path; `<name>` stands for a name of the user's choice, `[]` for a list's items.
    pub path: &'static str,
    /// What it describes.
    pub about: &'static str,
    /// Its keys, in the order of the reference.
    pub keys: &'static [Key],
}

/// A key of a section.
#[derive(Debug)]
pub struct Key {
    /// As written in the file.
    pub name: &'static str,
    /// The values it takes.
    pub takes: Takes,
    /// What its absence means.
    pub absent: Absent,
    /// What it sets.
    pub about: &'static str,
}

/// What the absence of a key means.
#[derive(Debug)]
pub enum Absent {
    /// An error.
    Error,
    /// This value, as in the file.
    Default(&'static str),
    /// What the text says.
    Means(&'static str),
    /// What the key's description says.
    Unset,
}

/// The values of a key.
#[derive(Debug)]
pub enum Takes {
    /// Any string.
    Text,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// `true` or `false`.
    Flag,
    /// A span of time.
    Duration,
    /// A bit rate.
    Rate,
    /// A share from 0 to 1.
    Ratio,
    /// One of these words; those of the second list are not supported yet.
    Choice(&'static [&'static str], &'static [&'static str]),
    /// A string with wildcards `*` and `?`.
    Glob,
    /// What the text says.
    Form(&'static str),
    /// A table.
    Table(&'static Section),
    /// A table, or its one key of this name alone.
    Short(&'static Section, &'static str),
    /// Tables under names of the user's choice.
    Named(&'static Section),
    /// Sources under names of the user's choice, one of these tables each, or `"none"`.
    Sources(&'static [&'static Section]),
    /// A list of tables.
    List(&'static Section),
    /// Part of the format, not supported yet.
    Later,
}

impl Section {
    /// The key `name`, unless it is unknown.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

const fn section(path: &'static str, about: &'static str, keys: &'static [Key]) -> Section {
    Section { path, about, keys }
}

const fn required(name: &'static str, takes: Takes, about: &'static str) -> Key {
    Key { name, takes, absent: Absent::Error, about }
}

const fn default(name: &'static str, takes: Takes, value: &'static str, about: &'static str) -> Key {
    Key { name, takes, absent: Absent::Default(value), about }
}

const fn implied(name: &'static str, takes: Takes, means: &'static str, about: &'static str) -> Key {
    Key { name, takes, absent: Absent::Means(means), about }
}

const fn optional(name: &'static str, takes: Takes, about: &'static str) -> Key {
    Key { name, takes, absent: Absent::Unset, about }
}

const fn later(name: &'static str, about: &'static str) -> Key {
    Key { name, takes: Takes::Later, absent: Absent::Unset, about }
}

/// The key of a link's inner table that its short form stands for.
pub(crate) fn short_form(name: &str) -> Option<&'static str> {
    match LINK.key(name)?.takes {
        Takes::Short(_, key) => Some(key),
        _ => None,
    }
}
