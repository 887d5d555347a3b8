//! A number over two values of a grid: a field of cells, each with its number written in.

use super::colour::{BLUE, FRAME, INK, MUTED, Paint};
use super::figure::{Figure, Table};
use super::font;
use super::panel::{SMALL, WIDTH, title};
use super::picture::{Anchor, Picture};

/// Room on the left for the names of rows.
const LEFT: f64 = 150.0;
/// Height of a cell at most, units.
const CELL: f64 = 34.0;
/// Where the first row begins.
const TOP: f64 = 66.0;

/// A field of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    /// What the numbers are, with their unit.
    pub heading: String,
    /// What varies across, and its values.
    pub across: (String, Vec<String>),
    /// What varies downwards, and its values.
    pub down: (String, Vec<String>),
    /// The numbers by row, then column; `None` where no run has one.
    pub cells: Vec<Vec<Option<f64>>>,
    /// The numbers as they are written, in the same shape.
    pub words: Vec<Vec<String>>,
}

/// The figure of a field; `note` ends its caption.
pub fn figure(name: &str, map: &HeatMap, note: &str) -> Figure {
    let caption = format!(
        "The darker a cell, the larger its number, from the least of all cells to the largest. An empty cell has no number. {note}"
    );
    let mut table = Table::new(&[&format!("{} \\ {}", map.down.0, map.across.0)]);
    table.heads.extend(map.across.1.iter().cloned());
    for (value, words) in map.down.1.iter().zip(&map.words) {
        table.row(std::iter::once(value.clone()).chain(words.iter().cloned()));
    }
    Figure::new(
        name,
        caption.trim_end().to_owned(),
        &picture(map),
        table.cut("all of them are in results.csv."),
    )
}

/// The picture.
pub fn picture(map: &HeatMap) -> Picture {
    let (columns, rows) = (map.across.1.len().max(1) as f64, map.down.1.len().max(1) as f64);
    let height = CELL.min(900.0 / rows);
    let width = ((WIDTH - LEFT - 12.0) / columns).min(120.0);
    let mut picture = Picture::new(&map.heading, WIDTH, TOP + height * rows + 44.0);
    picture.description =
        format!("{} over {} (across) and {} (downwards).", map.heading, map.across.0, map.down.0);
    title(&mut picture);
    let down = font::fitted(&map.down.0, SMALL, 430.0);
    picture.text((10.0, TOP - 16.0), format!("downwards: {down}"), Anchor::Start, SMALL, MUTED);
    let (least, most) = range(&map.cells);
    for (row, (values, words)) in map.cells.iter().zip(&map.words).enumerate() {
        let y = TOP + height * row as f64;
        let name = font::fitted(&map.down.1[row], SMALL, LEFT - 20.0);
        picture.text((LEFT - 8.0, y + height / 2.0), name, Anchor::End, SMALL, INK);
        for (column, (value, words)) in values.iter().zip(words).enumerate() {
            let x = LEFT + width * column as f64;
            let Some(value) = value else { continue };
            // Faint enough at the dark end that ink stays readable on it, on light and on dark ground.
            let share = if most > least { (value - least) / (most - least) } else { 0.0 };
            let paint = Paint::faint(BLUE, 0.06 + 0.54 * share);
            picture.rect((x, y), (width - 1.0, height - 1.0), paint);
            if height > 10.0 {
                let words = font::fitted(words, SMALL, width - 4.0);
                picture.text((x + width / 2.0, y + height / 2.0), words, Anchor::Middle, SMALL, INK);
            }
        }
    }
    let bottom = TOP + height * rows;
    picture.line(vec![(LEFT, bottom), (LEFT + width * columns, bottom)], super::panel::thin(FRAME));
    for (column, name) in map.across.1.iter().enumerate() {
        let name = font::fitted(name, SMALL, width - 4.0);
        let x = LEFT + width * (column as f64 + 0.5);
        picture.text((x, bottom + 12.0), name, Anchor::Middle, SMALL, INK);
    }
    let across = font::fitted(&map.across.0, SMALL, WIDTH - LEFT - 20.0);
    picture.text((LEFT, bottom + 30.0), format!("across: {across}"), Anchor::Start, SMALL, MUTED);
    picture
}

fn range(cells: &[Vec<Option<f64>>]) -> (f64, f64) {
    let values = || cells.iter().flatten().flatten().copied();
    (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Mark;

    #[test]
    fn cells_are_as_dark_as_their_numbers_are_large() {
        let map = HeatMap {
            heading: "delay, ms".to_owned(),
            across: ("rate".to_owned(), vec!["1".to_owned(), "2".to_owned(), "3".to_owned()]),
            down: ("depth".to_owned(), vec!["a".to_owned()]),
            cells: vec![vec![Some(10.0), Some(20.0), None]],
            words: vec![vec!["10".to_owned(), "20".to_owned(), "–".to_owned()]],
        };
        let opacities: Vec<f64> = (picture(&map).marks.iter())
            .filter_map(|mark| match mark {
                Mark::Rect { paint, .. } => Some((paint.opacity * 1e9).round() / 1e9),
                _ => None,
            })
            .collect();
        assert_eq!(opacities, [0.06, 0.6]);
        let figure = figure("heat", &map, "Medians.");
        assert_eq!(figure.table.rows, [["a", "10", "20", "–"].map(str::to_owned)]);
    }
}
