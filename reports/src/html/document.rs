//! Pages that aren't of one run: comparisons, gates and sweeps. A banner, then sections of words, tables and pictures.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{figures, style, tables};
use crate::plot::{Figure, Table};

/// What such a page holds.
#[derive(Clone, Debug, Default)]
pub struct Document<'a> {
    /// The title, which is the first heading too.
    pub title: String,
    /// What it is about, below the title; may be empty.
    pub about: String,
    /// Small print below that: versions, seeds.
    pub small: String,
    /// How it ended, if that is good or bad: whether it is good, and in which words.
    pub banner: Option<(bool, String)>,
    /// The sections, in order.
    pub sections: Vec<Section<'a>>,
}

/// A part of a page with a heading.
#[derive(Clone, Debug, Default)]
pub struct Section<'a> {
    /// Its anchor: lower-case letters and hyphens.
    pub id: &'static str,
    /// Its heading.
    pub heading: String,
    /// Paragraphs below the heading.
    pub words: Vec<String>,
    /// Tables that are shown, each with its caption.
    pub tables: Vec<(String, Table)>,
    /// Tables that are folded away, each with what unfolds it.
    pub folded: Vec<(String, Table)>,
    /// Pictures.
    pub figures: &'a [Figure],
    /// Commands or files to show as they are.
    pub code: Vec<String>,
}

/// The page. Equal input gives equal bytes.
pub fn document(page: &Document<'_>) -> String {
    let body = html! {
        header {
            h1 { (page.title) }
            @if !page.about.is_empty() { p.about { (page.about) } }
            @if !page.small.is_empty() { p.run { (page.small) } }
            nav aria-label="Sections" {
                ul { @for section in &page.sections { li { a href={ "#" (section.id) } { (section.heading) } } } }
            }
        }
        main {
            @if let Some((good, words)) = &page.banner {
                div.banner.good[*good].bad[!*good] role="status" { p { strong { (words) } } }
            }
            @for section in &page.sections { (one(section)) }
        }
    };
    shell(&page.title, &body).into_string()
}

/// A page of `body`, for those that aren't made of sections alone.
pub(crate) fn frame(title: &str, body: &Markup) -> String {
    shell(title, body).into_string()
}

/// The frame that every page shares: head, style and `body`.
pub(super) fn shell(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="color-scheme" content="light dark";
                // An empty icon keeps browsers from asking for one.
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(style::CSS)) }
            }
            body { (body) }
        }
    }
}

fn one(section: &Section<'_>) -> Markup {
    html! {
        section #(section.id) {
            h2 { (section.heading) }
            @for words in &section.words { p { (words) } }
            @for code in &section.code { pre tabindex="0" { code { (code) } } }
            @for (caption, table) in &section.tables { (shown(caption, table)) }
            @for figure in section.figures { (figures::one(figure)) }
            @for (summary, table) in &section.folded {
                details { summary { (summary) } (shown(summary, table)) }
            }
        }
    }
}

fn shown(caption: &str, table: &Table) -> Markup {
    let heads = table.heads.iter().map(String::as_str);
    let rows = table.rows.iter().map(|row| row.iter().map(String::as_str));
    html! {
        (tables::table(caption, heads, rows))
        @if !table.note.is_empty() { p.note { (table.note) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_whole_and_escapes_what_it_is_given() {
        let mut table = Table::new(&["what", "value"]);
        table.row(["a<b".to_owned(), "1".to_owned()]);
        let section = Section {
            id: "numbers",
            heading: "Numbers".to_owned(),
            words: vec!["x & y".to_owned()],
            tables: vec![("All".to_owned(), table)],
            ..Section::default()
        };
        let page = Document {
            title: "A <title>".to_owned(),
            banner: Some((false, "Worse".to_owned())),
            sections: vec![section],
            ..Document::default()
        };
        let text = document(&page);
        for part in ["A &lt;title&gt;", "x &amp; y", "a&lt;b", "href=\"#numbers\"", "banner bad", "</html>"] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(!text.contains("<script") && !text.contains("http"), "self-contained");
    }
}
