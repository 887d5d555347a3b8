//! How a metric is spread over the label sets of several runs, one cumulative curve per side.

use super::axis::ticks;
use super::colour::{Colour, GREY, INK, SERIES};
use super::figure::{Figure, Table};
use super::font;
use super::panel::{FOREIGN, Panel, SMALL, WIDTH, curve, title};
use super::picture::{Anchor, Picture, Point, Stroke};
use crate::number::number;

/// A metric on all sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// "video.capture_to_render, p95".
    pub heading: String,
    /// The unit, or what is counted.
    pub unit: String,
    /// The values of each side, in the order of their names; ascending.
    pub sides: Vec<Vec<f64>>,
}

/// The figure of `spreads`; the first of `names` is the base.
pub fn figure(name: &str, heading: &str, names: &[&str], spreads: &[Spread]) -> Figure {
    let caption = "For each value (across) the share of label sets of all seeds whose value is at most that (up): one label set is a receiver's view of one source, or a line, for instance. Grey is the base. Where a curve lies to the right of the grey one, values are larger.";
    Figure::new(name, caption.to_owned(), &picture(heading, names, spreads), table(names, spreads))
}

fn table(names: &[&str], spreads: &[Spread]) -> Table {
    let mut table = Table::new(&["metric", "side", "values", "least", "p50", "p95", "largest"]);
    for spread in spreads {
        for (name, values) in names.iter().zip(&spread.sides) {
            let at = |share: usize| match values.len() {
                0 => "–".to_owned(),
                n => number(values[(n * share).div_ceil(100).max(1) - 1]),
            };
            let (metric, count) = (format!("{}, {}", spread.heading, spread.unit), values.len().to_string());
            table.row([metric, (*name).to_owned(), count, at(0), at(50), at(95), at(100)]);
        }
    }
    table
}

/// Panels in two columns.
pub fn picture(heading: &str, names: &[&str], spreads: &[Spread]) -> Picture {
    let rows = spreads.len().div_ceil(2).max(1);
    let mut picture = Picture::new(heading, WIDTH, 70.0 + 240.0 * rows as f64);
    let headings: Vec<&str> = spreads.iter().map(|spread| spread.heading.as_str()).collect();
    picture.description =
        format!("Cumulative curves of {}, one for each of: {}.", headings.join("; "), names.join("; "));
    title(&mut picture);
    let mut x = 50.0;
    for (at, name) in names.iter().enumerate() {
        let name = font::fitted(name, SMALL, 250.0);
        picture.line(vec![(x, 42.0), (x + 18.0, 42.0)], Stroke { width: 2.4, ..curve(colour(at)) });
        picture.text((x + 24.0, 42.0), name.as_str(), Anchor::Start, SMALL, INK);
        x += 24.0 + font::width(&name, SMALL) * FOREIGN + 18.0;
    }
    for (at, spread) in spreads.iter().enumerate() {
        let (column, row) = ((at % 2) as f64, (at / 2) as f64);
        panel(&mut picture, spread, (50.0 + 440.0 * column, 92.0 + 240.0 * row));
    }
    picture
}

fn panel(picture: &mut Picture, spread: &Spread, (left, top): Point) {
    let highest = spread.sides.iter().flatten().copied().fold(0.0, f64::max);
    let across = ticks(highest, 6);
    let x_most = across[across.len() - 1];
    let panel = Panel { left, top, width: 380.0, height: 165.0, x_most, y_most: 1.0 };
    panel.heading(picture, &spread.heading, "");
    panel.rows(picture, &[0.0, 0.25, 0.5, 0.75, 1.0], |share| format!("{} %", number(share * 100.0)));
    panel.columns(picture, &across);
    panel.column_labels(picture, &across, number, &spread.unit);
    for (at, values) in spread.sides.iter().enumerate() {
        let points = stairs(values, x_most).into_iter().map(|point| panel.point(point)).collect();
        picture.line(points, Stroke { dashed: at > 0 && at % 2 == 0, ..curve(colour(at)) });
    }
}

/// Grey for the base, then hues.
fn colour(side: usize) -> Colour {
    side.checked_sub(1).map_or(GREY, |other| SERIES[other % SERIES.len()])
}

/// The steps of the cumulative curve of ascending `values`.
fn stairs(values: &[f64], x_most: f64) -> Vec<Point> {
    let n = values.len() as f64;
    let mut points: Vec<Point> = Vec::with_capacity(values.len() * 2 + 2);
    let mut share = 0.0;
    for (at, value) in values.iter().enumerate() {
        points.push((*value, share));
        share = (at + 1) as f64 / n;
        points.push((*value, share));
    }
    if !points.is_empty() {
        points.push((x_most, share));
    }
    thinned(points, x_most)
}

/// Without the steps that nobody could tell apart: at most two per four-hundredth of the width.
fn thinned(points: Vec<Point>, x_most: f64) -> Vec<Point> {
    let column = |point: &Point| (point.0 / x_most * 400.0).floor();
    let mut kept: Vec<Point> = Vec::new();
    for point in points {
        let crowded = kept.len() > 1
            && column(&kept[kept.len() - 2]) == column(&point)
            && column(&kept[kept.len() - 1]) == column(&point);
        if crowded {
            kept.pop();
        }
        kept.push(point);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_rises_at_each_value_and_ends_at_one() {
        let points = stairs(&[1.0, 3.0], 4.0);
        assert_eq!(points, [(1.0, 0.0), (1.0, 0.5), (3.0, 0.5), (3.0, 1.0), (4.0, 1.0)]);
        assert!(stairs(&[], 1.0).is_empty());
    }

    #[test]
    fn many_values_are_thinned_and_keep_their_ends() {
        let values: Vec<f64> = (0..100_000).map(f64::from).collect();
        let points = stairs(&values, 100_000.0);
        assert!(points.len() <= 900, "{}", points.len());
        assert_eq!((points[0], points[points.len() - 1]), ((0.0, 0.0), (100_000.0, 1.0)));
    }
}
