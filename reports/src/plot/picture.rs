//! A picture as a list of marks, from which the SVG and the PNG are both made: they can't show different things.

use super::colour::Paint;

/// A place in a picture: right and down from its top left corner, in units that are pixels at normal size.
pub type Point = (f64, f64);

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// Colour and opacity.
    pub paint: Paint,
    /// Width in units.
    pub width: f64,
    /// Interrupted or not.
    pub dashed: bool,
}

/// Which end of a text its place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The text begins there.
    Start,
    /// The text is centred there.
    Middle,
    /// The text ends there.
    End,
}

/// One thing to draw.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// An open line through points.
    Line {
        /// The points, at least two.
        points: Vec<Point>,
        /// How it is drawn.
        stroke: Stroke,
    },
    /// A filled polygon.
    Area {
        /// The corners, at least three.
        points: Vec<Point>,
        /// What it is filled with.
        paint: Paint,
    },
    /// A filled rectangle.
    Rect {
        /// Its top left corner.
        at: Point,
        /// Its width and height.
        size: (f64, f64),
        /// What it is filled with.
        paint: Paint,
    },
    /// A line of text.
    Text {
        /// Where it is anchored; vertically the middle of its capitals.
        at: Point,
        /// What it says.
        text: String,
        /// Which end lies there.
        anchor: Anchor,
        /// The height of the font in units.
        size: f64,
        /// What it is written with.
        paint: Paint,
    },
}

/// Marks in the order in which they are drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// What it shows, in a few words: its accessible name.
    pub title: String,
    /// What can be seen in it, for those who can't see it.
    pub description: String,
    /// Width in units.
    pub width: f64,
    /// Height in units.
    pub height: f64,
    /// What is drawn.
    pub marks: Vec<Mark>,
}

impl Picture {
    /// An empty picture.
    pub fn new(title: &str, width: f64, height: f64) -> Self {
        Picture { title: title.to_owned(), description: String::new(), width, height, marks: Vec::new() }
    }

    /// Draws a line; with fewer than two points there is none.
    pub fn line(&mut self, points: Vec<Point>, stroke: Stroke) {
        if points.len() > 1 {
            self.marks.push(Mark::Line { points, stroke });
        }
    }

    /// Fills a polygon; with fewer than three corners there is none.
    pub fn area(&mut self, points: Vec<Point>, paint: Paint) {
        if points.len() > 2 {
            self.marks.push(Mark::Area { points, paint });
        }
    }

    /// Fills a rectangle; without an extent there is none.
    pub fn rect(&mut self, at: Point, size: (f64, f64), paint: Paint) {
        if size.0 > 0.0 && size.1 > 0.0 {
            self.marks.push(Mark::Rect { at, size, paint });
        }
    }

    /// Writes a line of text.
    pub fn text(&mut self, at: Point, text: impl Into<String>, anchor: Anchor, size: f64, paint: Paint) {
        self.marks.push(Mark::Text { at, text: text.into(), anchor, size, paint });
    }
}
