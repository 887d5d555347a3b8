//! The texts that diagnostics point into.

use std::ops::Range;
use std::sync::Arc;

/// A named text: a scenario file, or one `--set` override.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    name: String,
    text: String,
}

/// Lines and columns count from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Source {
    /// The text `text` under the name that messages show.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Source> {
        Arc::new(Source { name: name.into(), text: text.into() })
    }

    /// The name that messages show.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// `span` cut to the text and to whole characters.
    pub(crate) fn clamp(&self, span: Range<usize>) -> Range<usize> {
        let floor = |offset: usize| self.text.floor_char_boundary(offset.min(self.text.len()));
        let (start, end) = (floor(span.start), floor(span.end));
        start..end.max(start)
    }

    /// Where the byte `offset` lies.
    pub(crate) fn position(&self, offset: usize) -> Position {
        let before = &self.text[..self.clamp(offset..offset).start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Position {
            line: before.bytes().filter(|b| *b == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    /// The text of the line around the byte `offset`, without its end.
    pub(crate) fn line(&self, offset: usize) -> &str {
        let at = self.clamp(offset..offset).start;
        let start = self.text[..at].rfind('\n').map_or(0, |at| at + 1);
        let end = self.text[at..].find('\n').map_or(self.text.len(), |length| at + length);
        self.text[start..end].trim_end_matches('\r')
    }
}

/// A stretch of a source.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) source: Arc<Source>,
    pub(crate) span: Range<usize>,
}

impl Place {
    pub(crate) fn new(source: &Arc<Source>, span: Range<usize>) -> Place {
        Place { source: Arc::clone(source), span: source.clamp(span) }
    }

    /// The text it covers.
    pub(crate) fn text(&self) -> &str {
        &self.source.text()[self.span.clone()]
    }
}
