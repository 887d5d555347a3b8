//! A number over the values of a grid's path: the median over the seeds as a line, their range as a band.

use super::axis::ticks;
use super::colour::{INK, MUTED, Paint, SERIES};
use super::figure::{Figure, Table};
use super::font;
use super::panel::{FOREIGN, Panel, SMALL, WIDTH, curve, title};
use super::picture::{Anchor, Picture, Point};
use crate::number::number;

/// One line: name, and per value of the path the least, the median and the greatest over the seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What it is of; empty of a single one.
    pub name: String,
    /// `None` where no run has a number.
    pub points: Vec<Option<[f64; 3]>>,
}

/// The lines of one quantity.
#[derive(Clone, Debug, PartialEq)]
pub struct Curves {
    /// What the numbers are, with their unit.
    pub heading: String,
    /// What varies across, and its values.
    pub across: (String, Vec<String>),
    /// The lines.
    pub lines: Vec<Line>,
}

/// The figure; `note` ends its caption.
pub fn figure(name: &str, curves: &Curves, note: &str) -> Figure {
    let caption = format!(
        "Lines are medians over the seeds, the bands around them reach from the least to the greatest. Values of the grid stand side by side in its order, whatever lies between them. {note}"
    );
    let mut table = Table::new(&[&curves.across.0, "line", "least", "median", "greatest"]);
    for line in &curves.lines {
        for (value, point) in curves.across.1.iter().zip(&line.points) {
            let cells = point
                .map_or(["–".to_owned(), "–".to_owned(), "–".to_owned()], |point| point.map(number));
            table.row([value.clone(), line.name.clone()].into_iter().chain(cells));
        }
    }
    Figure::new(
        name,
        caption.trim_end().to_owned(),
        &picture(curves),
        table.cut("all of them are in results.csv."),
    )
}

/// The picture.
pub fn picture(curves: &Curves) -> Picture {
    let mut picture = Picture::new(&curves.heading, WIDTH, 380.0);
    picture.description = format!("{} over {}.", curves.heading, curves.across.0);
    title(&mut picture);
    let mut x = 60.0;
    for (at, line) in curves.lines.iter().enumerate().filter(|(_, line)| !line.name.is_empty()) {
        let name = font::fitted(&line.name, SMALL, 200.0);
        picture.line(vec![(x, 42.0), (x + 18.0, 42.0)], curve(SERIES[at % SERIES.len()]));
        picture.text((x + 24.0, 42.0), name.as_str(), Anchor::Start, SMALL, INK);
        x += 24.0 + font::width(&name, SMALL) * FOREIGN + 18.0;
    }
    let highest = curves.lines.iter().flat_map(|line| line.points.iter().flatten()).map(|[.., most]| *most);
    let rows = ticks(highest.fold(0.0, f64::max), 6);
    let steps = curves.across.1.len().max(2) as f64;
    // Half a step of room at both ends, so that labels don't hang over.
    let y_most = rows[rows.len() - 1];
    let panel = Panel { left: 60.0, top: 64.0, width: 825.0, height: 250.0, x_most: steps, y_most };
    panel.rows(&mut picture, &rows, number);
    let place = |at: usize| at as f64 + 0.5;
    let room = panel.width / steps - 4.0;
    for (at, value) in curves.across.1.iter().enumerate() {
        let value = font::fitted(value, SMALL, room.max(12.0));
        picture.text((panel.x(place(at)), panel.bottom() + 12.0), value, Anchor::Middle, SMALL, MUTED);
    }
    let across = font::fitted(&curves.across.0, SMALL, 700.0);
    picture.text((panel.right(), panel.bottom() + 32.0), across, Anchor::End, SMALL, MUTED);
    for (at, line) in curves.lines.iter().enumerate() {
        let colour = SERIES[at % SERIES.len()];
        for segment in segments(line) {
            let upper = segment.iter().map(|(at, [.., most])| panel.point((place(*at), *most)));
            let lower = segment.iter().rev().map(|(at, [least, ..])| panel.point((place(*at), *least)));
            picture.area(upper.chain(lower).collect(), Paint::faint(colour, 0.16));
            let middle: Vec<Point> =
                segment.iter().map(|(at, [_, median, _])| (place(*at), *median)).collect();
            panel.curve(&mut picture, &[middle], curve(colour));
            for (at, [_, median, _]) in &segment {
                let (x, y) = panel.point((place(*at), *median));
                picture.rect((x - 2.5, y - 2.5), (5.0, 5.0), Paint::solid(colour));
            }
        }
    }
    picture
}

/// Neighbours that have numbers.
fn segments(line: &Line) -> Vec<Vec<(usize, [f64; 3])>> {
    let mut found: Vec<Vec<(usize, [f64; 3])>> = vec![Vec::new()];
    for (at, point) in line.points.iter().enumerate() {
        match point {
            Some(point) => found.last_mut().expect("there is always one").push((at, *point)),
            None => found.push(Vec::new()),
        }
    }
    found.retain(|segment| !segment.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_part_where_there_is_no_number() {
        let point = Some([1.0, 2.0, 3.0]);
        let line = Line { name: String::new(), points: vec![point, point, None, point] };
        let lengths: Vec<usize> = segments(&line).iter().map(Vec::len).collect();
        assert_eq!(lengths, [2, 1]);
        let values = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let curves =
            Curves { heading: "x".to_owned(), across: ("path".to_owned(), values), lines: vec![line] };
        let figure = figure("curves", &curves, "");
        assert_eq!(figure.table.rows[2], ["c", "", "–", "–", "–"].map(str::to_owned));
        assert_eq!(figure.table.rows[3], ["d", "", "1", "2", "3"].map(str::to_owned));
    }
}
