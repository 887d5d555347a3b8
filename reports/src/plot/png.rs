//! Draws a picture into a PNG, in the light theme.

use plotters::prelude::{BitMapBackend, DrawingBackend, ShapeStyle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{RGBAColor, TextStyle};

use super::colour::{Colour, Paint};
use super::font::{above_baseline, font};
use super::picture::{Anchor, Mark, Picture, Point, Stroke};

/// Pixels of the PNG per unit of the picture: sharp on fine screens and in print.
pub const SCALE: u32 = 2;
/// Pixels drawn per pixel of the PNG, each way: the mean of them is smooth.
const OVERSAMPLE: u32 = 2;
/// Height of the band that is drawn at a time, in units, which bounds memory.
const BAND: u32 = 256;

const INK: (u8, u8, u8) = (0x1f, 0x23, 0x28);
const PAPER: (u8, u8, u8) = (0xff, 0xff, 0xff);

/// The picture as the bytes of a PNG file.
pub(super) fn write(picture: &Picture) -> Vec<u8> {
    let (width, height) = (picture.width.ceil() as u32, picture.height.ceil() as u32);
    let mut pixels = Vec::with_capacity((width * height * SCALE * SCALE * 3) as usize);
    for top in (0..height).step_by(BAND as usize) {
        let rows = BAND.min(height - top);
        let fine = drawn(picture, f64::from(top), (width, rows));
        shrunk(&fine, width * SCALE * OVERSAMPLE, &mut pixels);
    }
    encoded(&pixels, width * SCALE, height * SCALE)
}

/// The band of `size` units whose upper edge lies at `top`.
fn drawn(picture: &Picture, top: f64, size: (u32, u32)) -> Vec<u8> {
    let factor = SCALE * OVERSAMPLE;
    let (width, height) = (size.0 * factor, size.1 * factor);
    let mut pixels = vec![0xff; (width * height * 3) as usize];
    let mut pen = Pen {
        backend: BitMapBackend::with_buffer(&mut pixels, (width, height)),
        factor: f64::from(factor),
        top,
    };
    let band = (top, top + f64::from(size.1));
    for mark in picture.marks.iter().filter(|mark| touches(mark, band)) {
        pen.mark(mark);
    }
    drop(pen);
    pixels
}

fn touches(mark: &Mark, (from, until): (f64, f64)) -> bool {
    let (low, high) = match mark {
        Mark::Line { points, stroke } => grown(extent(points), stroke.width),
        Mark::Area { points, .. } => extent(points),
        Mark::Rect { at, size, .. } => (at.1, at.1 + size.1),
        Mark::Text { at, size, .. } => grown((at.1, at.1), *size),
    };
    low <= until && high >= from
}

fn extent(points: &[Point]) -> (f64, f64) {
    points.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (_, y)| (low.min(*y), high.max(*y)))
}

fn grown((low, high): (f64, f64), by: f64) -> (f64, f64) {
    (low - by, high + by)
}

struct Pen<'a> {
    backend: BitMapBackend<'a>,
    factor: f64,
    top: f64,
}

impl Pen<'_> {
    fn mark(&mut self, mark: &Mark) {
        let drawn = match mark {
            Mark::Line { points, stroke } => {
                self.line(points, stroke);
                Ok(())
            }
            Mark::Area { points, paint } => {
                let points: Vec<_> = points.iter().map(|point| self.place(*point)).collect();
                self.backend.fill_polygon(points, &filled(*paint))
            }
            Mark::Rect { at, size, paint } => {
                let (from, until) = (self.place(*at), self.place((at.0 + size.0, at.1 + size.1)));
                let last = ((until.0 - 1).max(from.0), (until.1 - 1).max(from.1));
                self.backend.draw_rect(from, last, &filled(*paint), true)
            }
            Mark::Text { at, text, anchor, size, paint } => {
                let across = match anchor {
                    Anchor::Start => HPos::Left,
                    Anchor::Middle => HPos::Center,
                    Anchor::End => HPos::Right,
                };
                let colour = colour(*paint);
                let style =
                    TextStyle::from(font(size * self.factor)).color(&colour).pos(Pos::new(across, VPos::Top));
                let (x, middle) = self.place(*at);
                let place = (x, middle + (above_baseline(*size) * self.factor).round() as i32);
                self.backend.draw_text(text, &style, place)
            }
        };
        drawn.expect("a bitmap in memory takes every mark");
    }

    /// Segment by segment: the rasteriser's own joints of thick lines overshoot at sharp corners.
    fn line(&mut self, points: &[Point], stroke: &Stroke) {
        let width = (stroke.width * self.factor).round().max(1.0) as u32;
        let style = ShapeStyle { color: colour(stroke.paint), filled: false, stroke_width: width };
        let dashes = if stroke.dashed { dashed(points) } else { Vec::new() };
        let whole = points.windows(2).filter(|_| !stroke.dashed).map(|pair| (pair[0], pair[1]));
        for (from, until) in whole.chain(dashes) {
            let ends = [self.place(from), self.place(until)];
            self.backend.draw_path(ends, &style).expect("a bitmap in memory takes every line");
        }
    }

    fn place(&self, (x, y): Point) -> (i32, i32) {
        ((x * self.factor).round() as i32, ((y - self.top) * self.factor).round() as i32)
    }
}

/// The strokes of a line of dashes: 5 units drawn, 4 left out.
fn dashed(points: &[Point]) -> Vec<(Point, Point)> {
    const ON: f64 = 5.0;
    const PERIOD: f64 = 9.0;
    let mut dashes = Vec::new();
    let mut gone = 0.0;
    for pair in points.windows(2) {
        let ((x, y), (to_x, to_y)) = (pair[0], pair[1]);
        let length = ((to_x - x) * (to_x - x) + (to_y - y) * (to_y - y)).sqrt();
        let at = |way: f64| (x + (to_x - x) * way / length, y + (to_y - y) * way / length);
        let mut way = 0.0;
        while way < length {
            let phase = gone % PERIOD;
            let rest = if phase < ON { ON - phase } else { PERIOD - phase };
            let step = rest.min(length - way).max(1e-6);
            if phase < ON {
                dashes.push((at(way), at(way + step)));
            }
            way += step;
            gone += step;
        }
    }
    dashes
}

fn colour(paint: Paint) -> RGBAColor {
    let (r, g, b) = match paint.colour {
        Colour::Ink => INK,
        Colour::Paper => PAPER,
        Colour::Rgb(r, g, b) => (r, g, b),
    };
    RGBAColor(r, g, b, paint.opacity)
}

fn filled(paint: Paint) -> ShapeStyle {
    ShapeStyle { color: colour(paint), filled: true, stroke_width: 0 }
}

/// Appends the means of squares of [`OVERSAMPLE`] pixels to `out`; `width` is that of `fine`.
fn shrunk(fine: &[u8], width: u32, out: &mut Vec<u8>) {
    let (stride, side) = (width as usize * 3, OVERSAMPLE as usize);
    for rows in fine.chunks_exact(stride * side) {
        for left in (0..stride).step_by(3 * side) {
            for channel in 0..3 {
                let mut sum = 0_u32;
                for row in 0..side {
                    for column in 0..side {
                        sum += u32::from(rows[row * stride + left + column * 3 + channel]);
                    }
                }
                out.push(((sum + OVERSAMPLE * OVERSAMPLE / 2) / (OVERSAMPLE * OVERSAMPLE)) as u8);
            }
        }
    }
}

fn encoded(pixels: &[u8], width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_filter(png::FilterType::Up);
    encoder.set_compression(png::Compression::Default);
    let mut writer = encoder.write_header().expect("pictures have an extent");
    writer.write_image_data(pixels).expect("as many pixels as the header says");
    writer.finish().expect("memory takes the end of the file");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_are_five_of_nine_units_around_corners_too() {
        let drawn = |dashes: Vec<(Point, Point)>| -> f64 {
            dashes.iter().map(|((x, y), (to_x, to_y))| (to_x - x).abs() + (to_y - y).abs()).sum()
        };
        assert!((drawn(dashed(&[(0.0, 0.0), (90.0, 0.0)])) - 50.0).abs() < 1e-3);
        assert!((drawn(dashed(&[(0.0, 0.0), (42.0, 0.0), (42.0, 48.0)])) - 50.0).abs() < 1e-3);
        assert!(dashed(&[(1.0, 1.0), (1.0, 1.0)]).is_empty());
    }

    #[test]
    fn shrinking_takes_the_mean() {
        let mut out = Vec::new();
        let fine = [0, 0, 0, 100, 0, 0, 200, 0, 0, 100, 0, 255];
        shrunk(&fine, 2, &mut out);
        assert_eq!(out, [100, 0, 64]);
    }
}
