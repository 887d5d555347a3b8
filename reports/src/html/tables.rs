//! Tables: heads with scope, the first cell of a row as its head.

use maud::{Markup, html};

use crate::plot::Table;

/// A table of `heads` and `rows`, called `caption` for those who can't see it.
pub(super) fn table<'a>(
    caption: &str,
    heads: impl IntoIterator<Item = &'a str>,
    rows: impl IntoIterator<Item = impl IntoIterator<Item = &'a str>>,
) -> Markup {
    html! {
        // Focusable, so that the keyboard can scroll it.
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table {
                caption.vh { (caption) }
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (column, cell) in row.into_iter().enumerate() {
                                @if column == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The numbers behind a figure, folded away.
pub(super) fn behind(title: &str, numbers: &Table) -> Markup {
    let heads = numbers.heads.iter().map(String::as_str);
    let rows = numbers.rows.iter().map(|row| row.iter().map(String::as_str));
    html! {
        details {
            summary { "The numbers behind it" span.vh { ": " (title) } }
            @if !numbers.rows.is_empty() { (table(&format!("Numbers: {title}"), heads, rows)) }
            @if !numbers.note.is_empty() { p.note { (numbers.note) } }
        }
    }
}
