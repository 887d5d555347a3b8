//! Pictures with how to read them and the numbers behind them.

use maud::{Markup, PreEscaped, html};

use super::tables;
use crate::plot::Figure;

pub(super) fn section(figures: &[Figure]) -> Markup {
    html! {
        section #pictures {
            h2 { "Pictures" }
            @for figure in figures { (one(figure)) }
        }
    }
}

pub(super) fn one(figure: &Figure) -> Markup {
    html! {
        figure #(figure.name) {
            h3.vh { (figure.title) }
            // Our own writer escaped all text in it.
            div.scroll tabindex="0" role="region" aria-label=(figure.title) { (PreEscaped(&figure.svg)) }
            figcaption { (figure.caption) }
            (tables::behind(&figure.title, &figure.table))
        }
    }
}
