//! Faults of a scenario: where, which text, what is wrong, and a hint.
//!
//! `Display` is plain and deterministic; `miette` renders the same faults in colour.

mod collect;
mod nearest;
mod source;

#[cfg(test)]
mod tests;

pub use source::{Position, Source};

pub(crate) use collect::Faults;
pub(crate) use nearest::nearest;
pub(crate) use source::Place;

use std::fmt;

/// One fault.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    place: Place,
    message: String,
    hint: String,
}

impl Diagnostic {
    /// The file's name, or `--set`.
    pub fn file(&self) -> &str {
        self.place.source.name()
    }

    /// Line and column of the offending text.
    pub fn position(&self) -> Position {
        self.place.source.position(self.place.span.start)
    }

    /// The offending text.
    pub fn text(&self) -> &str {
        self.place.text()
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub fn hint(&self) -> &str {
        &self.hint
    }

    /// Characters to underline: the offending text as far as its first line goes, at least one.
    fn underline(&self) -> usize {
        self.text().lines().next().map_or(0, |line| line.chars().count()).max(1)
    }
}

/// `file:line:column: message`, the source line, carets below the offending text, and the hint.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.position();
        writeln!(f, "{}:{line}:{column}: {}", self.file(), self.message)?;
        let source = self.place.source.line(self.place.span.start);
        let keep_tabs = |c| if c == '\t' { '\t' } else { ' ' };
        let indent: String = source.chars().take(column - 1).map(keep_tabs).collect();
        writeln!(f, "    {source}")?;
        writeln!(f, "    {indent}{}", "^".repeat(self.underline()))?;
        write!(f, "  hint: {}", self.hint)
    }
}

impl std::error::Error for Diagnostic {}

impl miette::Diagnostic for Diagnostic {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.hint))
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        let span = self.place.span.clone();
        let label = miette::LabeledSpan::new_primary_with_span(Some(self.message.clone()), span);
        Some(Box::new(std::iter::once(label)))
    }
}

impl miette::SourceCode for Diagnostic {
    fn read_span<'a>(
        &'a self,
        span: &miette::SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn miette::SpanContents<'a> + 'a>, miette::MietteError> {
        let inner = self.place.source.text().read_span(span, before, after)?;
        Ok(Box::new(miette::MietteSpanContents::new_named(
            self.file().to_owned(),
            inner.data(),
            *inner.span(),
            inner.line(),
            inner.column(),
            inner.line_count(),
        )))
    }
}

/// All faults found in one pass, at least one: the file's first, in its order, then those of overrides.
#[derive(Clone, Debug)]
pub struct Diagnostics {
    faults: Vec<Diagnostic>,
}

impl Diagnostics {
    /// The faults, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.faults.iter()
    }

    /// How many faults there are; never zero.
    pub fn count(&self) -> usize {
        self.faults.len()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n\n" };
            write!(f, "{separator}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

impl miette::Diagnostic for Diagnostics {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        Some(Box::new(self.faults.iter().map(|fault| fault as &dyn miette::Diagnostic)))
    }
}
