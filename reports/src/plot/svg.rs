//! Writes a picture as SVG: small, with coordinates to a tenth of a unit, and in the colours of the page around it.

use std::fmt::Write as _;

use super::colour::{Colour, Paint};
use super::font::HALF_CAPITAL;
use super::picture::{Anchor, Mark, Picture, Point, Stroke};

/// What an SVG that stands alone needs; within a page it matches nothing.
const ALONE: &str = "svg:root{--paper:#fff;color:#1f2328;background:#fff}@media(prefers-color-scheme:dark){svg:root{--paper:#16191d;color:#e6e8eb;background:#16191d}}";

/// The picture as one `<svg>` element; `id` tells it from others in the same page.
pub(super) fn write(picture: &Picture, id: &str) -> String {
    let (width, height) = (number(picture.width), number(picture.height));
    let id = escape(id);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\" font-family=\"system-ui,'DejaVu Sans Condensed',sans-serif\"><title id=\"{id}-t\">{}</title><desc id=\"{id}-d\">{}</desc><style>{ALONE}</style>",
        escape(&picture.title),
        escape(&picture.description),
    );
    let mut open: Option<Shape> = None;
    for mark in &picture.marks {
        let shape = Shape::of(mark);
        if open.is_some() && open != shape {
            out.push_str("\"/>");
            open = None;
        }
        if let (Some(shape), None) = (&shape, &open) {
            shape.start(&mut out);
            open = Some(*shape);
        }
        body(&mut out, mark);
    }
    if open.is_some() {
        out.push_str("\"/>");
    }
    out.push_str("</svg>\n");
    out
}

/// What neighbouring marks must share to be written as one path.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Filled(Paint),
    Drawn(Stroke),
}

impl Shape {
    fn of(mark: &Mark) -> Option<Self> {
        match mark {
            Mark::Line { stroke, .. } => Some(Shape::Drawn(*stroke)),
            Mark::Area { paint, .. } | Mark::Rect { paint, .. } => Some(Shape::Filled(*paint)),
            Mark::Text { .. } => None,
        }
    }

    fn start(&self, out: &mut String) {
        out.push_str("<path ");
        match self {
            Shape::Filled(paint) => painted(out, "fill", *paint),
            Shape::Drawn(stroke) => {
                out.push_str("fill=\"none\" ");
                painted(out, "stroke", stroke.paint);
                let _ = write!(out, "stroke-width=\"{}\" stroke-linejoin=\"round\" ", number(stroke.width));
                if stroke.dashed {
                    out.push_str("stroke-dasharray=\"5 4\" ");
                }
            }
        }
        out.push_str("d=\"");
    }
}

fn body(out: &mut String, mark: &Mark) {
    match mark {
        Mark::Line { points, .. } => path(out, points),
        Mark::Area { points, .. } => {
            path(out, points);
            out.push('z');
        }
        Mark::Rect { at, size, .. } => {
            let (x, y) = (tenths(at.0), tenths(at.1));
            // Edges are rounded, not extents, so that neighbours meet.
            let (w, h) = (tenths(at.0 + size.0) - x, tenths(at.1 + size.1) - y);
            let _ =
                write!(out, "M{} {}h{}v{}h{}z", decimal(x), decimal(y), decimal(w), decimal(h), decimal(-w));
        }
        Mark::Text { at, text, anchor, size, paint } => {
            let (x, y) = (number(at.0), number(at.1 + HALF_CAPITAL * size));
            let _ = write!(out, "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\" ", number(*size));
            painted(out, "fill", *paint);
            match anchor {
                Anchor::Start => {}
                Anchor::Middle => out.push_str("text-anchor=\"middle\" "),
                Anchor::End => out.push_str("text-anchor=\"end\" "),
            }
            out.pop();
            let _ = write!(out, ">{}</text>", escape(text));
        }
    }
}

fn path(out: &mut String, points: &[Point]) {
    let mut last: Option<(i64, i64)> = None;
    for point in points {
        let (x, y) = (tenths(point.0), tenths(point.1));
        let _ = match last {
            None => write!(out, "M{} {}", decimal(x), decimal(y)),
            Some(last) if last == (x, y) => continue,
            Some((from, _)) if from == x => write!(out, "V{}", decimal(y)),
            Some((_, from)) if from == y => write!(out, "H{}", decimal(x)),
            Some((from_x, from_y)) => {
                let dy = decimal(y - from_y);
                let space = if dy.starts_with('-') { "" } else { " " };
                write!(out, "l{}{space}{dy}", decimal(x - from_x))
            }
        };
        last = Some((x, y));
    }
}

fn painted(out: &mut String, what: &str, paint: Paint) {
    let _ = match paint.colour {
        Colour::Ink => write!(out, "{what}=\"currentColor\" "),
        Colour::Paper => write!(out, "{what}=\"var(--paper,#fff)\" "),
        Colour::Rgb(r, g, b) => write!(out, "{what}=\"#{r:02x}{g:02x}{b:02x}\" "),
    };
    if paint.opacity < 1.0 {
        let percent = (paint.opacity * 100.0).round() as u8;
        let _ = write!(out, "{what}-opacity=\".{percent:02}\" ");
    }
}

fn tenths(value: f64) -> i64 {
    (value * 10.0).round() as i64
}

fn number(value: f64) -> String {
    decimal(tenths(value))
}

/// Tenths as a decimal without what it doesn't need: "12", ".5", "-3.1".
fn decimal(tenths: i64) -> String {
    let sign = if tenths < 0 { "-" } else { "" };
    let (whole, rest) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
    match (whole, rest) {
        (_, 0) => format!("{sign}{whole}"),
        (0, _) => format!("{sign}.{rest}"),
        _ => format!("{sign}{whole}.{rest}"),
    }
}

/// `text` as it may stand in an element or an attribute. Characters that XML has no room for become U+FFFD.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::colour::{BLUE, GRID, INK};
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (value, text) in [(12.0, "12"), (0.5, ".5"), (-3.12, "-3.1"), (-0.04, "0"), (0.96, "1")] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn neighbours_of_one_style_share_a_path() {
        let mut picture = Picture::new("t", 10.0, 10.0);
        picture.rect((0.0, 0.0), (1.0, 2.0), Paint::solid(BLUE));
        picture.rect((3.0, 0.0), (1.0, 2.0), Paint::solid(BLUE));
        picture.line(
            vec![(0.0, 1.0), (5.0, 1.0), (6.0, 2.0)],
            Stroke { paint: GRID, width: 1.0, dashed: false },
        );
        let svg = write(&picture, "x");
        assert_eq!(svg.matches("<path").count(), 2);
        assert!(svg.contains("d=\"M0 0h1v2h-1zM3 0h1v2h-1z\"/>"), "{svg}");
        assert!(svg.contains("d=\"M0 1H5l1 1\"/>"), "{svg}");
    }

    #[test]
    fn hostile_text_is_text() {
        let mut picture = Picture::new("</title><script>", 10.0, 10.0);
        picture.text((0.0, 0.0), "<script>alert(\"1\")\u{1}</script>", Anchor::Start, 10.0, INK);
        let svg = write(&picture, "\"><script>");
        assert!(!svg.contains("<script"), "{svg}");
        assert!(svg.contains("alert(&quot;1&quot;)\u{fffd}"), "{svg}");
    }
}
