//! What moved between two sides: two dots joined by a bar for each quantity, with the pairs behind them.

use super::colour::{BLUE, Colour, FRAME, GREY, INK, MUTED, Paint, VERMILION};
use super::figure::{Figure, Table};
use super::font;
use super::panel::{SMALL, WIDTH, thin, title};
use super::picture::{Anchor, Picture, Point, Stroke};

/// Height of a row, units.
const ROW: f64 = 34.0;
/// Height above the first row.
const TOP: f64 = 74.0;
/// Left and right edge of where the dots lie.
const SPAN: (f64, f64) = (310.0, 640.0);
/// Radius of a dot.
const DOT: f64 = 5.0;

/// How a change is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It is worse.
    Worse,
    /// It is better.
    Better,
    /// Neither can be said.
    Open,
}

/// A quantity on both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Dumbbell {
    /// What it is: the first line of its label.
    pub name: String,
    /// Of whom, and in which unit: the second line.
    pub detail: String,
    /// The median on the first side.
    pub base: f64,
    /// The median on the other.
    pub other: f64,
    /// The numbers of each pair, base first.
    pub pairs: Vec<(f64, f64)>,
    /// The interval of the difference, if there is one.
    pub interval: Option<(f64, f64)>,
    /// How to take it.
    pub tone: Tone,
    /// The change in words, to the right.
    pub words: String,
}

/// The figure of `rows`; `names` are those of both sides.
pub fn figure(name: &str, heading: &str, names: (&str, &str), rows: &[Dumbbell], table: Table) -> Figure {
    let caption = "Each row has its own scale, from zero at the left edge to its largest number at the right one. The grey dot is the base's median over the seeds, the coloured one the other side's: blue is better, vermilion worse, a grey square neither for sure. Faint lines behind join the two numbers of each seed. The whisker below is the 95 % interval of the difference, laid from the base's median: where it reaches back over the grey dot, luck can explain the difference.";
    Figure::new(name, caption.to_owned(), &picture(heading, names, rows), table)
}

/// The picture.
pub fn picture(heading: &str, names: (&str, &str), rows: &[Dumbbell]) -> Picture {
    let height = TOP + ROW * rows.len().max(1) as f64 + 14.0;
    let mut picture = Picture::new(heading, WIDTH, height);
    let words: Vec<String> = rows.iter().map(|row| format!("{}: {}", row.name, row.words)).collect();
    picture.description = if rows.is_empty() { "Nothing differs.".to_owned() } else { words.join(". ") };
    title(&mut picture);
    legend(&mut picture, names);
    if rows.is_empty() {
        picture.text((10.0, TOP + ROW / 2.0), "Nothing differs.", Anchor::Start, SMALL, INK);
    }
    for (at, row) in rows.iter().enumerate() {
        draw(&mut picture, row, TOP + ROW * (at as f64 + 0.5));
    }
    picture
}

fn legend(picture: &mut Picture, (base, other): (&str, &str)) {
    circle(picture, (16.0, 42.0), GREY);
    let base = font::fitted(base, SMALL, 380.0);
    picture.text((26.0, 42.0), base, Anchor::Start, SMALL, INK);
    circle(picture, (450.0, 42.0), BLUE);
    circle(picture, (464.0, 42.0), VERMILION);
    let other = font::fitted(other, SMALL, 400.0);
    picture.text((476.0, 42.0), other, Anchor::Start, SMALL, INK);
}

fn draw(picture: &mut Picture, row: &Dumbbell, y: f64) {
    let reach = |value: f64| value.abs();
    let ends = row.interval.map_or([0.0; 2], |(low, high)| [row.base + low, row.base + high]);
    let most =
        row.pairs.iter().flat_map(|(base, other)| [*base, *other]).chain(ends).chain([row.base, row.other]);
    let most = most.map(reach).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let x = |value: f64| SPAN.0 + (SPAN.1 - SPAN.0) * (value / most).clamp(0.0, 1.0);
    let colour = match row.tone {
        Tone::Worse => VERMILION,
        Tone::Better => BLUE,
        Tone::Open => GREY,
    };
    picture.text((10.0, y - 6.0), font::fitted(&row.name, SMALL, 280.0), Anchor::Start, SMALL, INK);
    picture.text((10.0, y + 8.0), font::fitted(&row.detail, SMALL, 280.0), Anchor::Start, SMALL, MUTED);
    picture.line(vec![(SPAN.0, y - ROW / 2.0), (SPAN.0, y + ROW / 2.0)], thin(FRAME));
    let step = (ROW - 14.0) / row.pairs.len().max(1) as f64;
    for (at, (base, other)) in row.pairs.iter().enumerate() {
        let level = y - ROW / 2.0 + 5.0 + step * (at as f64 + 0.5);
        let stroke = Stroke { paint: Paint::faint(colour, 0.3), width: 1.0, dashed: false };
        // Equal numbers are a point, which shows as a short line.
        let (from, until) = (x(*base), x(*other));
        picture.line(vec![(from.min(until) - 0.5, level), (from.max(until) + 0.5, level)], stroke);
    }
    let bar = Stroke { paint: Paint::solid(colour), width: 2.6, dashed: false };
    picture.line(vec![(x(row.base), y), (x(row.other), y)], bar);
    if let Some((low, high)) = row.interval {
        let level = y + ROW / 2.0 - 5.0;
        let (from, until) = (x(row.base + low), x(row.base + high));
        picture.line(vec![(from, level), (until, level)], thin(INK));
        for end in [from, until] {
            picture.line(vec![(end, level - 3.0), (end, level + 3.0)], thin(INK));
        }
    }
    circle(picture, (x(row.base), y), GREY);
    match row.tone {
        // A shape of its own, for those who can't tell it from the base by colour.
        Tone::Open => picture.rect((x(row.other) - DOT, y - DOT), (DOT * 2.0, DOT * 2.0), Paint::solid(GREY)),
        _ => circle(picture, (x(row.other), y), colour),
    }
    let room = WIDTH - SPAN.1 - 24.0;
    picture.text((SPAN.1 + 16.0, y), font::fitted(&row.words, SMALL, room), Anchor::Start, SMALL, INK);
}

/// A dot: a polygon of twelve corners, whose cosines are exact enough without a library.
fn circle(picture: &mut Picture, (x, y): Point, colour: Colour) {
    const C: f64 = 0.866_025_4;
    let ring = [
        (1.0, 0.0),
        (C, 0.5),
        (0.5, C),
        (0.0, 1.0),
        (-0.5, C),
        (-C, 0.5),
        (-1.0, 0.0),
        (-C, -0.5),
        (-0.5, -C),
        (0.0, -1.0),
        (0.5, -C),
        (C, -0.5),
    ];
    picture.area(ring.iter().map(|(dx, dy)| (x + dx * DOT, y + dy * DOT)).collect(), Paint::solid(colour));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Mark;

    #[test]
    fn dots_lie_on_the_scale_of_their_row() {
        let row = Dumbbell {
            name: "queue.delay_added".to_owned(),
            detail: "worst participant, ms".to_owned(),
            base: 50.0,
            other: 100.0,
            pairs: vec![(50.0, 100.0)],
            interval: Some((40.0, 50.0)),
            tone: Tone::Worse,
            words: "50 to 100 ms".to_owned(),
        };
        let picture = picture("What moved", ("a", "b"), &[row]);
        let y = TOP + ROW / 2.0;
        let bar = picture.marks.iter().find_map(|mark| match mark {
            Mark::Line { points, stroke } if stroke.width > 2.0 => Some(points.clone()),
            _ => None,
        });
        let middle = (SPAN.0 + SPAN.1) / 2.0;
        assert_eq!(bar, Some(vec![(middle, y), (SPAN.1, y)]));
        assert!(picture.description.contains("queue.delay_added: 50 to 100 ms"));
    }

    #[test]
    fn nothing_draws_and_zeroes_draw() {
        assert!(picture("What moved", ("a", "b"), &[]).description.contains("Nothing"));
        let zero = Dumbbell {
            name: String::new(),
            detail: String::new(),
            base: 0.0,
            other: 0.0,
            pairs: vec![(0.0, 0.0)],
            interval: None,
            tone: Tone::Open,
            words: String::new(),
        };
        for mark in picture("What moved", ("a", "b"), &[zero]).marks {
            if let Mark::Line { points, .. } = mark {
                assert!(points.iter().all(|(x, y)| x.is_finite() && y.is_finite()));
            }
        }
    }
}
