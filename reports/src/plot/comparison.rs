//! Courses of several runs over one time: what each of several ways to do something makes of the same line.

use super::axis::{rate_unit, ticks};
use super::colour::{INK, Paint, SERIES};
use super::course::segments;
use super::figure::{Figure, Table};
use super::panel::{Panel, WIDTH, curve, legend, title};
use super::picture::{Picture, Point, Stroke};
use crate::number::{fixed, number};

const LEFT: f64 = 58.0;
const HEIGHT: f64 = 150.0;
const STEP: f64 = HEIGHT + 50.0;

/// What is drawn, one panel below the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The picture's title.
    pub title: String,
    /// The panels, from top to bottom.
    pub panels: Vec<Courses>,
    /// Width of a bin, s.
    pub bin_secs: f64,
    /// Length of the runs, s.
    pub run_secs: f64,
}

/// One quantity, as each run has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Courses {
    /// What it is.
    pub heading: String,
    /// Its unit; values in kbit/s are scaled to what is readable.
    pub unit: Unit,
    /// A bound that all share, dashed, by bin; may be empty.
    pub bound: Vec<Option<f64>>,
    /// Name and value by bin of each run; runs of one name have one colour in all panels.
    pub runs: Vec<(String, Vec<Option<f64>>)>,
}

/// What values are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// kbit/s.
    Rate,
    /// ms.
    Millis,
}

impl Comparison {
    /// The figure, its files called `name`.
    pub fn figure(&self, name: &str, caption: &str) -> Figure {
        Figure::new(name, caption.to_owned(), &self.picture(), self.table())
    }

    /// The panels on one axis of time, under a legend.
    pub fn picture(&self) -> Picture {
        let height = 70.0 + STEP * self.panels.len() as f64;
        let mut picture = Picture::new(&self.title, WIDTH, height);
        picture.description = self.description();
        title(&mut picture);
        let entries: Vec<(Paint, String)> =
            self.names().map(|(name, paint)| (paint, name.to_owned())).collect();
        legend(&mut picture, (LEFT, 40.0), WIDTH - 20.0, &entries);
        for (place, courses) in self.panels.iter().enumerate() {
            let top = 84.0 + STEP * place as f64;
            self.draw(&mut picture, courses, top, place + 1 == self.panels.len());
        }
        picture
    }

    /// Each run's name with its colour, in the order of their first appearance.
    fn names(&self) -> impl Iterator<Item = (&str, Paint)> {
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in self.panels.iter().flat_map(|courses| &courses.runs) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names.into_iter().zip(SERIES.into_iter().cycle()).map(|(name, colour)| (name, Paint::solid(colour)))
    }

    fn draw(&self, picture: &mut Picture, courses: &Courses, top: f64, last: bool) {
        let values = courses.runs.iter().flat_map(|(_, values)| values).chain(&courses.bound);
        let highest = values.flatten().copied().fold(0.0, f64::max);
        let (scale, unit) = match courses.unit {
            Unit::Rate => rate_unit(highest),
            Unit::Millis => (1.0, "ms"),
        };
        let ticks = ticks(highest / scale, 5);
        let y_most = ticks[ticks.len() - 1] * scale;
        let panel = Panel {
            left: LEFT,
            top,
            width: WIDTH - LEFT - 20.0,
            height: HEIGHT,
            x_most: self.run_secs,
            y_most,
        };
        panel.heading(picture, &courses.heading, unit);
        panel.time(picture, 0.0, last);
        let rows: Vec<f64> = ticks.iter().map(|tick| tick * scale).collect();
        panel.rows(picture, &rows, |tick| number(tick / scale));
        for (name, values) in &courses.runs {
            let paint = self.names().find(|(known, _)| known == name).map_or(INK, |(_, paint)| paint);
            let stroke = Stroke { paint, width: 1.5, ..curve(SERIES[0]) };
            panel.curve(picture, &segments(values.iter().copied(), self.bin_secs), stroke);
        }
        let dashed = Stroke { paint: INK, width: 1.4, dashed: true };
        panel.curve(picture, &self.steps(&courses.bound), dashed);
    }

    /// A bound in steps: it jumps between bins.
    fn steps(&self, values: &[Option<f64>]) -> Vec<Vec<Point>> {
        let mut points: Vec<Point> = Vec::new();
        for (bin, value) in values.iter().enumerate() {
            let Some(value) = value else { continue };
            let from = bin as f64 * self.bin_secs;
            match points.len() {
                n if n > 1 && points[n - 1].1 == *value => points[n - 1].0 = from + self.bin_secs,
                _ => points.extend([(from, *value), (from + self.bin_secs, *value)]),
            }
        }
        vec![points]
    }

    fn description(&self) -> String {
        let names: Vec<&str> = self.names().map(|(name, _)| name).collect();
        let headings: Vec<&str> = self.panels.iter().map(|courses| courses.heading.as_str()).collect();
        format!("{} over {} s, of {}.", headings.join("; "), number(self.run_secs), names.join(", "))
    }

    fn table(&self) -> Table {
        let mut table = Table::new(&["quantity", "run", "mean", "most"]);
        for courses in &self.panels {
            for (name, values) in &courses.runs {
                let known: Vec<f64> = values.iter().flatten().copied().collect();
                let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
                let most = known.iter().copied().fold(0.0, f64::max);
                table.row([courses.heading.clone(), name.clone(), fixed(mean, 1), fixed(most, 1)]);
            }
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_one_colour_in_all_panels_and_bounds_are_steps() {
        let course = |name: &str, value: f64| (name.to_owned(), vec![Some(value); 4]);
        let courses = |unit, runs| Courses {
            heading: "rate".to_owned(),
            unit,
            bound: vec![Some(1_000.0), Some(1_000.0), Some(600.0), Some(600.0)],
            runs,
        };
        let comparison = Comparison {
            title: "Two".to_owned(),
            panels: vec![
                courses(Unit::Rate, vec![course("a", 900.0), course("b", 500.0)]),
                courses(Unit::Millis, vec![course("b", 20.0), course("c", 30.0)]),
            ],
            bin_secs: 0.5,
            run_secs: 2.0,
        };
        let names: Vec<&str> = comparison.names().map(|(name, _)| name).collect();
        assert_eq!(names, ["a", "b", "c"]);
        let steps = comparison.steps(&comparison.panels[0].bound);
        assert_eq!(steps, [vec![(0.0, 1_000.0), (1.0, 1_000.0), (1.0, 600.0), (2.0, 600.0)]]);
        let figure = comparison.figure("two", "how to read it");
        assert!(figure.svg.contains("<svg") && !figure.png.is_empty());
        assert_eq!(figure.table.rows.len(), 4);
    }
}
