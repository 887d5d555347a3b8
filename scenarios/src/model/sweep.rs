//! Variations of a scenario.

use std::fmt;

use indexmap::IndexMap;
use serde::Serialize;

/// The product of all grid values and seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sweep {
    /// Runs per grid point, from the scenario's seed upwards; at least 1.
    pub seeds: u32,
    /// Path, as `--set` takes it, to the values to try.
    pub grid: IndexMap<String, Vec<Setting>>,
}

/// A value of the file as it was written, before it is read as a rate, a duration or whatever its key takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Setting {
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Setting>),
    /// A table.
    Table(IndexMap<String, Setting>),
}

/// As TOML, for the right-hand side of an override.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Setting::Flag(flag) => write!(f, "{flag}"),
            Setting::Integer(number) => write!(f, "{number}"),
            Setting::Float(number) => write!(f, "{number:?}"),
            Setting::Text(text) => write!(f, "{}", toml::Value::from(text.as_str())),
            Setting::List(items) => {
                let items: Vec<String> = items.iter().map(Setting::to_string).collect();
                write!(f, "[{}]", items.join(", "))
            }
            Setting::Table(entries) => {
                let quoted = |key: &str| toml::Value::from(key).to_string();
                let entries: Vec<String> =
                    entries.iter().map(|(key, value)| format!("{} = {value}", quoted(key))).collect();
                write!(f, "{{ {} }}", entries.join(", "))
            }
        }
    }
}
