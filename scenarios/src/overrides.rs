//! `--set PATH=VALUE`: changes to a scenario before it is checked.
//!
//! They change the tree, so an override meets the same checks and messages as the file; those then show the
//! override itself as the source.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostics::{Faults, Place, Source};
use crate::model::Glob;
use crate::read::{IMPLIED_SFU, default_publish};
use crate::tree::{Entry, Node, Table, Value, parse_value};

/// The name under which diagnostics show an override.
pub(crate) const SOURCE_NAME: &str = "--set";

/// One override. `PATH` is dotted; `*` and `?` in the place of a name select several; a number selects an
/// item of a list, from 0 in the order of the file. `VALUE` is TOML, or else a string: `rate=600kbps`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    text: String,
}

impl Override {
    /// The override written as `PATH=VALUE`; what is wrong with it shows when it is applied.
    pub fn new(text: impl Into<String>) -> Override {
        Override { text: text.into() }
    }

    /// The override of `path` by `value`.
    pub fn of(path: &str, value: &crate::model::Setting) -> Override {
        Override { text: format!("{path}={value}") }
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// A dotted path's segments, each with its place.
struct Step {
    name: String,
    place: Place,
}

/// Applies one override to the tree.
pub(crate) fn apply(root: &mut Table, change: &Override, faults: &Faults) {
    let source = Source::new(SOURCE_NAME, change.as_str());
    let whole = Place::new(&source, 0..source.text().len());
    let Some(equals) = source.text().find('=') else {
        faults.report(&whole, "no `=`", "write PATH=VALUE, for instance duration=20s");
        return;
    };
    let steps = steps(&source, equals);
    if let Some(step) = steps.iter().find(|step| step.name.is_empty()) {
        faults.report(
            &step.place,
            "a path has no empty parts",
            "write for instance link.home-up.rate=600kbps",
        );
        return;
    }
    let value = value(&source, equals + 1..source.text().len());
    Application { steps: &steps, value: &value, faults }.table(root, 0);
}

fn steps(source: &Arc<Source>, end: usize) -> Vec<Step> {
    let mut start = 0;
    let mut steps = Vec::new();
    for part in source.text()[..end].split('.') {
        let name = part.trim();
        let from = start + (part.len() - part.trim_start().len());
        steps.push(Step { name: name.to_owned(), place: Place::new(source, from..from + name.len()) });
        start += part.len() + 1;
    }
    steps
}

/// TOML, or else a string.
fn value(source: &Arc<Source>, range: Range<usize>) -> Node {
    let text = source.text()[range.clone()].trim();
    let start = range.start + source.text()[range.clone()].find(text).unwrap_or(0);
    let span = start..start + text.len();
    parse_value(source, span.clone())
        .unwrap_or_else(|| Node { value: Value::Text(text.to_owned()), place: Place::new(source, span) })
}

struct Application<'a> {
    steps: &'a [Step],
    value: &'a Node,
    faults: &'a Faults,
}

impl Application<'_> {
    /// Goes on with the step at `depth` inside `table`.
    fn table(&self, table: &mut Table, depth: usize) {
        let step = &self.steps[depth];
        let pattern = step.name.contains(['*', '?']);
        if self.is_name(depth) {
            let glob = Glob::new(step.name.as_str());
            let mut found = false;
            for (_, entry) in table.entries.iter_mut().filter(|(name, _)| glob.matches(name)) {
                found = true;
                self.entry(entry, depth);
            }
            if !found {
                let what = format!("no {}", self.steps[0].name);
                self.faults.report_unknown(&step.place, &what, &step.name, &table.names());
            }
            return;
        }
        if pattern {
            let hint = "they stand for names of links, participants or SFUs";
            self.faults.report(&step.place, "wildcards don't fit here", hint);
            return;
        }
        let fresh = || {
            let implied = (step.name == "publish" && depth + 1 < self.steps.len()).then(default_publish);
            implied.unwrap_or_else(|| Entry { key: step.place.clone(), node: self.empty(depth) })
        };
        let entry = table.entries.entry(step.name.clone()).or_insert_with(fresh);
        self.entry(entry, depth);
    }

    /// Whether the step at `depth` names a link, a participant or an SFU, which must exist.
    fn is_name(&self, depth: usize) -> bool {
        depth == 1 && matches!(self.steps[0].name.as_str(), "link" | "participant" | "sfu")
    }

    /// A table at the place of the step, for the steps below it.
    fn empty(&self, depth: usize) -> Node {
        let mut table = Table::default();
        if depth == 0 && self.steps[0].name == "sfu" && self.steps.len() > 1 {
            let key = self.steps[0].place.clone();
            let node = Node { value: Value::Table(Table::default()), place: key.clone() };
            table.entries.insert(IMPLIED_SFU.to_owned(), Entry { key, node });
        }
        Node { value: Value::Table(table), place: self.steps[depth].place.clone() }
    }

    fn entry(&self, entry: &mut Entry, depth: usize) {
        if depth + 1 == self.steps.len() {
            if !self.is_name(depth) {
                entry.key = self.steps[depth].place.clone();
            }
            entry.node = self.value.clone();
            return;
        }
        self.descend(&mut entry.node, depth);
    }

    fn descend(&self, node: &mut Node, depth: usize) {
        if let Some(key) = self.short_key(node, depth) {
            let place = node.place.clone();
            let short = std::mem::replace(&mut node.value, Value::Table(Table::default()));
            let inner = Entry { key: place.clone(), node: Node { value: short, place } };
            node.value = Value::Table(Table { entries: [(key.to_owned(), inner)].into_iter().collect() });
        }
        let next = &self.steps[depth + 1];
        match &mut node.value {
            Value::Table(table) => self.table(table, depth + 1),
            Value::List(items) => {
                let count = items.len();
                let Some(item) = next.name.parse().ok().and_then(|index: usize| items.get_mut(index)) else {
                    let hint = format!("it has {count} items, counted from 0");
                    self.faults.report(&next.place, format!("no item `{}` in the list", next.name), hint);
                    return;
                };
                if depth + 2 == self.steps.len() {
                    *item = self.value.clone();
                } else {
                    self.descend(item, depth + 1);
                }
            }
            _ => {
                let message = format!("`{}` is {}, not a table", self.steps[depth].name, node.kind());
                self.faults.report(&next.place, message, "end the path before it");
            }
        }
    }

    /// The key that a short form stands for: `delay = "25ms"` is `delay = { base = "25ms" }`.
    fn short_key(&self, node: &Node, depth: usize) -> Option<&'static str> {
        if depth != 2 || self.steps[0].name != "link" || matches!(node.value, Value::Table(_)) {
            return None;
        }
        crate::keys::short_form(&self.steps[2].name)
    }
}
