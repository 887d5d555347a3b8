//! What the sides did over time, laid over each other: means over their seeds.

use std::collections::BTreeMap;

use super::{Comparison, Side};
use crate::plot::Figure;
use crate::plot::comparison::{Comparison as Overlay, Courses, Unit};
use crate::recording::Recording;
use crate::series;

/// One run over time, all its streams and links together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    /// Width of a bin, s.
    pub bin_secs: f64,
    bins: BTreeMap<usize, Bin>,
}

/// What one bin comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Bin {
    /// Video that all received, kbit/s.
    received: f64,
    /// Sum of the streams' delays, ms, and how many streams that is.
    delay: (f64, u32),
    /// The longest wait in any queue, ms.
    queue: Option<f64>,
}

/// Why a `series.csv` can't be read.
#[derive(Debug, thiserror::Error)]
pub enum CourseError {
    /// It is no such table.
    #[error(transparent)]
    Csv(#[from] csv::Error),
    /// A line has no time or no value.
    #[error("line {0} is no point of a series")]
    NoPoint(usize),
}

impl Course {
    /// The course of a recorded run.
    pub fn of(recording: &Recording) -> Self {
        let mut course = Course { bin_secs: recording.measure().bin.as_secs_f64(), ..Course::default() };
        let taken = series::each(recording, |series| {
            for (bin, value) in &series.points {
                course.take(series.metric, *bin, *value);
            }
            Ok::<(), std::convert::Infallible>(())
        });
        taken.expect("taking does not fail");
        course
    }

    /// The course of a run of which there is the `series.csv`.
    ///
    /// # Errors
    /// When the text is none.
    pub fn read(text: &str) -> Result<Self, CourseError> {
        let mut points = Vec::new();
        for (line, record) in csv::Reader::from_reader(text.as_bytes()).into_records().enumerate() {
            let record = record?;
            let number = |at: usize| record.get(at).and_then(|cell| cell.parse::<f64>().ok());
            let (time, value) =
                number(0).zip(number(record.len() - 1)).ok_or(CourseError::NoPoint(line + 2))?;
            points.push((time, record.get(1).unwrap_or_default().to_owned(), value));
        }
        // Links have a point in every bin, so that the second bin's start is there.
        let bin_secs =
            points.iter().map(|(time, ..)| *time).filter(|time| *time > 0.0).fold(f64::INFINITY, f64::min);
        let mut course = Course { bin_secs, ..Course::default() };
        for (time, metric, value) in points {
            course.take(&metric, (time / bin_secs).round() as usize, value);
        }
        Ok(course)
    }

    fn take(&mut self, metric: &str, bin: usize, value: f64) {
        let bin = self.bins.entry(bin).or_default();
        match metric {
            "video.bitrate" => bin.received += value,
            "video.capture_to_render" => bin.delay = (bin.delay.0 + value, bin.delay.1 + 1),
            "queue.delay_added.max" => bin.queue = Some(bin.queue.map_or(value, |most| most.max(value))),
            _ => {}
        }
    }
}

/// The picture, if there is a course of every side.
pub(super) fn figure(comparison: &Comparison) -> Option<Figure> {
    let sides: Vec<&Side> =
        std::iter::once(&comparison.base).chain(comparison.others.iter().map(|one| &one.side)).collect();
    if sides.iter().any(|side| side.courses.is_empty()) {
        return None;
    }
    let all = || sides.iter().flat_map(|side| &side.courses);
    let bins = all().filter_map(|course| course.bins.keys().next_back()).max().map_or(0, |last| last + 1);
    let bin_secs = all().map(|course| course.bin_secs).fold(f64::INFINITY, f64::min);
    let panel = |heading: &str, unit, of: &dyn Fn(&Bin) -> Option<f64>| Courses {
        heading: heading.to_owned(),
        unit,
        bound: Vec::new(),
        runs: sides.iter().map(|side| (side.name.clone(), means(side, bins, of))).collect(),
    };
    let overlay = Overlay {
        title: "The sides over time".to_owned(),
        panels: vec![
            panel("video that all received together", Unit::Rate, &|bin| Some(bin.received)),
            panel("capture to render, mean of all streams", Unit::Millis, &|bin| {
                (bin.delay.1 > 0).then(|| bin.delay.0 / f64::from(bin.delay.1))
            }),
            panel("longest wait in the queue of any link", Unit::Millis, &|bin| bin.queue),
        ],
        bin_secs,
        run_secs: bins as f64 * bin_secs,
    };
    let caption = "The same quantity of every side over the time of the run, the mean of its seeds in each bin. Where lines lie on each other the sides do the same.";
    Some(overlay.figure("over-time", caption))
}

fn means(side: &Side, bins: usize, of: &dyn Fn(&Bin) -> Option<f64>) -> Vec<Option<f64>> {
    let mean = |bin: usize| {
        let values: Vec<f64> = side.courses.iter().filter_map(|course| of(course.bins.get(&bin)?)).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    (0..bins).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: &str = "time_s,metric,unit,receiver,publisher,source,participant,link,direction,class,value
0,video.bitrate,kbps,bob,alice,cam,,,,,400
0.2,video.bitrate,kbps,bob,alice,cam,,,,,500
0.2,video.bitrate,kbps,eve,alice,cam,,,,,300
0.2,video.capture_to_render,ms,bob,alice,cam,,,,,40
0.2,video.capture_to_render,ms,eve,alice,cam,,,,,60
0.2,queue.delay_added.max,ms,,,,bob,home,down,,7
0.2,queue.delay_added.max,ms,,,,eve,home,down,,9
0.4,link.rate,kbps,,,,eve,home,down,,9
";

    #[test]
    fn streams_add_up_delays_are_means_and_the_longest_queue_counts() {
        let course = Course::read(CSV).expect("it is one");
        assert_eq!(course.bin_secs, 0.2);
        assert_eq!(course.bins[&0].received, 400.0);
        let expected = Bin { received: 800.0, delay: (100.0, 2), queue: Some(9.0) };
        assert_eq!(course.bins[&1], expected);
        let side = Side { courses: vec![course.clone(), Course::default()], ..Side::default() };
        assert_eq!(means(&side, 2, &|bin| Some(bin.received)), [Some(400.0), Some(800.0)]);
        assert_eq!(means(&side, 2, &|bin| bin.queue), [None, Some(9.0)]);
        assert!(Course::read("time_s,metric,value\nsoon,x,1\n").is_err());
    }

    #[test]
    fn seeds_are_averaged_and_a_side_without_a_course_has_no_picture() {
        let (one, other) = (CSV.to_owned(), CSV.replace("cam,,,,,500", "cam,,,,,700"));
        let courses = [one, other].map(|text| Course::read(&text).expect("it is one"));
        let side = |name: &str, courses| Side { name: name.to_owned(), courses, runs: Vec::new() };
        let both = side("both", courses.to_vec());
        assert_eq!(means(&both, 2, &|bin| Some(bin.received)), [Some(400.0), Some(900.0)]);
        let against = |side| super::super::Against {
            side,
            seeds: Vec::new(),
            unpaired: Vec::new(),
            differences: Vec::new(),
        };
        let compared =
            |other| Comparison { title: "t".to_owned(), base: both.clone(), others: vec![against(other)] };
        assert!(figure(&compared(both.clone())).is_some_and(|figure| figure.table.rows.len() == 6));
        assert_eq!(figure(&compared(side("none", Vec::new()))), None);
    }
}
