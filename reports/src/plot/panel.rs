//! One plotting area: two scales, a light grid, and what is drawn on them.

use super::axis;
use super::colour::{Colour, FRAME, GRID, INK, MUTED, Paint, SHADE};
use super::font;
use super::picture::{Anchor, Picture, Point, Stroke};

/// Size of ordinary text, units.
pub(super) const TEXT: f64 = 12.0;
/// Size of small text: ticks, dense labels.
pub(super) const SMALL: f64 = 10.5;
/// Size of a picture's title.
pub(super) const TITLE: f64 = 15.0;
/// How much wider than ours the font of whoever shows an SVG may be.
pub(super) const FOREIGN: f64 = 1.15;
/// Width of every picture, units.
pub(super) const WIDTH: f64 = 900.0;

/// A rectangle of a picture with a scale each way; both begin at zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Panel {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Extent to the right.
    pub width: f64,
    /// Extent downwards.
    pub height: f64,
    /// The value at the right edge.
    pub x_most: f64,
    /// The value at the upper edge.
    pub y_most: f64,
}

impl Panel {
    /// Where `value` lies across; what is off the scale lies on its edge.
    pub(super) fn x(&self, value: f64) -> f64 {
        self.left + self.width * (value / self.x_most).clamp(0.0, 1.0)
    }

    /// Where `value` lies upwards; what is off the scale lies on its edge.
    pub(super) fn y(&self, value: f64) -> f64 {
        self.bottom() - self.height * (value / self.y_most).clamp(0.0, 1.0)
    }

    pub(super) fn point(&self, (x, y): Point) -> Point {
        (self.x(x), self.y(y))
    }

    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    /// What the panel shows and in which unit, above its upper left corner.
    pub(super) fn heading(&self, picture: &mut Picture, what: &str, unit: &str) {
        let y = self.top - 10.0;
        let text = if unit.is_empty() { what.to_owned() } else { format!("{what}, {unit}") };
        picture.text((self.left, y), text, Anchor::Start, TEXT, INK);
    }

    /// Horizontal grid lines with their values to the left.
    pub(super) fn rows(&self, picture: &mut Picture, ticks: &[f64], label: impl Fn(f64) -> String) {
        for tick in ticks {
            let y = self.y(*tick);
            let paint = if *tick == 0.0 { FRAME } else { GRID };
            picture.line(vec![(self.left, y), (self.right(), y)], thin(paint));
        }
        for tick in ticks {
            picture.text((self.left - 6.0, self.y(*tick)), label(*tick), Anchor::End, SMALL, MUTED);
        }
    }

    /// Vertical grid lines.
    pub(super) fn columns(&self, picture: &mut Picture, ticks: &[f64]) {
        for tick in ticks {
            let x = self.x(*tick);
            picture.line(vec![(x, self.top), (x, self.bottom())], thin(GRID));
        }
    }

    /// The values of vertical grid lines, and what they are values of, below the panel.
    pub(super) fn column_labels(
        &self,
        picture: &mut Picture,
        ticks: &[f64],
        label: impl Fn(f64) -> String,
        unit: &str,
    ) {
        let y = self.bottom() + 12.0;
        for tick in ticks {
            picture.text((self.x(*tick), y), label(*tick), Anchor::Middle, SMALL, MUTED);
        }
        picture.text((self.right(), y + 15.0), unit, Anchor::End, SMALL, MUTED);
    }

    /// A grid of time, its values below when `labelled`, and a shade over the warm-up before `from`.
    pub(super) fn time(&self, picture: &mut Picture, from: f64, labelled: bool) {
        let most = (self.width / 60.0) as u32;
        let ticks = axis::time_ticks(self.x_most, most.max(2));
        if from > 0.0 {
            picture.rect((self.left, self.top), (self.x(from) - self.left, self.height), SHADE);
        }
        self.columns(picture, &ticks);
        if labelled {
            let label = |tick| axis::time_label(tick, self.x_most);
            self.column_labels(picture, &ticks, label, axis::time_unit(self.x_most));
        }
    }

    /// Lines through the values that are there, interrupted where one is missing.
    pub(super) fn curve(&self, picture: &mut Picture, segments: &[Vec<Point>], stroke: Stroke) {
        for segment in segments {
            picture.line(segment.iter().map(|point| self.point(*point)).collect(), stroke);
        }
    }
}

/// A line that covers, of the width of a curve.
pub(super) fn curve(colour: Colour) -> Stroke {
    Stroke { paint: Paint::solid(colour), width: 1.8, dashed: false }
}

/// A line of one unit.
pub(super) fn thin(paint: Paint) -> Stroke {
    Stroke { paint, width: 1.0, dashed: false }
}

/// The title of a picture in its upper left corner.
pub(super) fn title(picture: &mut Picture) {
    let text = font::fitted(&picture.title, TITLE, picture.width - 20.0);
    picture.text((10.0, 16.0), text, Anchor::Start, TITLE, INK);
}

/// A row of swatches with names from `at` on, wrapped before `right`; answers the height of the lines.
pub(super) fn legend(picture: &mut Picture, at: Point, right: f64, entries: &[(Paint, String)]) -> f64 {
    const LINE: f64 = 18.0;
    let (mut x, mut y) = at;
    for (paint, name) in entries {
        let width = 16.0 + font::width(name, SMALL) * FOREIGN + 14.0;
        if x > at.0 && x + width > right {
            (x, y) = (at.0, y + LINE);
        }
        picture.rect((x, y - 5.0), (11.0, 10.0), *paint);
        picture.text((x + 16.0, y), name.as_str(), Anchor::Start, SMALL, INK);
        x += width;
    }
    y - at.1 + LINE
}
