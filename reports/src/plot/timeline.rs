//! A link over time: capacity, estimate and rate; packets lost; queueing delay.

use super::axis::{rate_unit, ticks};
use super::colour::{BLUE, FRAME, INK, MUTED, ORANGE, Paint, VERMILION};
use super::course::segments;
use super::figure::{Figure, Table};
use super::panel::{Panel, SMALL, WIDTH, curve, thin, title};
use super::picture::{Anchor, Picture, Point, Stroke};
use crate::number::{fixed, number};
use crate::observation::LinkIndex;
use crate::recording::Recording;
use crate::views;

/// A capacity more than this many times all that was sent is left off the scale, which it would flatten (★ our own
/// choice).
const OFF_SCALE: f64 = 3.0;
/// Corners of a capacity beyond which it is thinned like any other curve.
const CORNERS: usize = 1500;
const LEFT: f64 = 58.0;
const PANEL_WIDTH: f64 = WIDTH - LEFT - 92.0;

/// What is drawn of one link; every series has a value per bin.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// The link's name.
    pub link: String,
    /// Width of a bin, s.
    pub bin_secs: f64,
    /// Length of the run, s.
    pub run_secs: f64,
    /// End of the warm-up, s.
    pub from_secs: f64,
    /// Mean capacity, kbit/s; `None` without limit.
    pub capacity_kbps: Vec<Option<f64>>,
    /// The estimate of it, kbit/s; `None` before the first.
    pub estimate_kbps: Vec<Option<f64>>,
    /// What left the serialiser, kbit/s.
    pub rate_kbps: Vec<f64>,
    /// Packets lost, for any cause.
    pub dropped: Vec<f64>,
    /// Largest queueing delay, ms; `None` where no packet left.
    pub queue_ms: Vec<Option<f64>>,
}

impl Timeline {
    /// The course of a recorded link. Panics when the cast has no such link.
    pub fn of(recording: &Recording, index: LinkIndex) -> Self {
        let (info, measure) = (recording.cast().link(index), recording.measure());
        let series = views::link(recording, index);
        let bins = measure.bins();
        let record = recording.links().nth(usize::from(index.0)).map_or(&[][..], |(_, record)| &record.bins);
        let lost = |bin: usize| record.get(bin).map_or(0.0, |bin| f64::from(bin.dropped));
        let estimate = |owner| views::estimate_kbps(recording, owner, info.direction);
        Timeline {
            link: info.name.clone(),
            bin_secs: measure.bin.as_secs_f64(),
            run_secs: measure.until.as_secs_f64(),
            from_secs: measure.from.as_secs_f64(),
            capacity_kbps: series.capacity_kbps,
            estimate_kbps: info.owner.map_or(vec![None; bins], estimate),
            rate_kbps: series.rate_kbps,
            dropped: (0..bins).map(lost).collect(),
            queue_ms: series.queue_ms,
        }
    }

    /// The figure, its files called `name`.
    pub fn figure(&self, name: &str) -> Figure {
        let caption = "Top: what the line could carry (dashed), what the sender believed it could carry (orange) and what it carried (blue); blue at the dashed line means that the line was full. Middle: packets lost, per bin. Bottom: the longest that a packet waited in the queue, per bin. A sound controller keeps the rate below capacity and the queue short. Grey ground: warm-up, which the statistics leave out.";
        Figure::new(name, caption.to_owned(), &self.picture(), self.table())
    }

    /// The three panels, one above the other, on one axis of time.
    pub fn picture(&self) -> Picture {
        let mut picture = Picture::new(&format!("Link {}", self.link), WIDTH, 470.0);
        picture.description = self.description();
        title(&mut picture);
        self.rates(&mut picture);
        self.losses(&mut picture);
        self.queue(&mut picture);
        picture
    }

    fn panel(&self, top: f64, height: f64, y_most: f64) -> Panel {
        Panel { left: LEFT, top, width: PANEL_WIDTH, height, x_most: self.run_secs, y_most }
    }

    fn rates(&self, picture: &mut Picture) {
        let sent = most(self.rate_kbps.iter().copied());
        let believed = most(self.estimate_kbps.iter().flatten().copied());
        let capacity = most(self.capacity_kbps.iter().flatten().copied());
        // An estimate far above everything else goes off the scale just as an idle capacity does.
        let is_off = |highest: f64| highest > sent * OFF_SCALE && sent > 0.0;
        let shown = [capacity, believed].into_iter().filter(|value| !is_off(*value));
        let highest = shown.fold(sent, f64::max) * 1.04;
        let (scale, unit) = rate_unit(highest);
        let ticks = ticks(highest / scale, 5);
        let panel = self.panel(56.0, 170.0, ticks[ticks.len() - 1] * scale);
        panel.heading(picture, "capacity, estimate and rate", unit);
        panel.time(picture, self.from_secs, false);
        let rows: Vec<f64> = ticks.iter().map(|tick| tick * scale).collect();
        panel.rows(picture, &rows, |tick| number(tick / scale));

        let capacity_line = Stroke { paint: INK, width: 1.4, dashed: true };
        let mut labels = Vec::new();
        if is_off(capacity) {
            let text = format!("capacity {} is off the scale ↑", rate(capacity));
            picture.text((panel.right() - 6.0, panel.top + 9.0), text, Anchor::End, SMALL, MUTED);
        } else {
            panel.curve(picture, &self.capacity(), capacity_line);
            labels.extend(last(&self.capacity_kbps).map(|value| (value, "capacity", capacity_line)));
        }
        let rates = self.rate_kbps.iter().copied().map(Some);
        panel.curve(picture, &segments(rates, self.bin_secs), curve(BLUE));
        panel.curve(picture, &segments(self.estimate_kbps.iter().copied(), self.bin_secs), curve(ORANGE));
        labels.extend(self.rate_kbps.last().map(|value| (*value, "rate", curve(BLUE))));
        labels.extend(last(&self.estimate_kbps).map(|value| (value, "estimate", curve(ORANGE))));
        name_curves(picture, &panel, labels);
    }

    /// In steps, unless there are more of them than can be told apart.
    fn capacity(&self) -> Vec<Vec<Point>> {
        let steps = steps(&self.capacity_kbps, self.bin_secs);
        let corners: usize = steps.iter().map(Vec::len).sum();
        if corners <= CORNERS { steps } else { segments(self.capacity_kbps.iter().copied(), self.bin_secs) }
    }

    fn losses(&self, picture: &mut Picture) {
        let panel = self.panel(262.0, 46.0, 0.0);
        let highest = most(self.dropped.iter().copied());
        let ticks = ticks(highest, 2);
        let panel = Panel { y_most: ticks[ticks.len() - 1], ..panel };
        panel.heading(picture, "packets lost", "per bin");
        panel.time(picture, self.from_secs, false);
        panel.rows(picture, &[ticks[0], panel.y_most], number);
        let width = (panel.width * self.bin_secs / self.run_secs).max(1.2);
        for (bin, lost) in self.dropped.iter().enumerate().filter(|(_, lost)| **lost > 0.0) {
            let at = (panel.x(bin as f64 * self.bin_secs), panel.y(*lost));
            picture.rect(at, (width, panel.bottom() - at.1), Paint::solid(VERMILION));
        }
        let total: f64 = self.dropped.iter().sum();
        let text = if total > 0.0 { format!("all: {total}") } else { "none".to_owned() };
        picture.text((panel.right() + 8.0, panel.top + panel.height / 2.0), text, Anchor::Start, SMALL, INK);
    }

    fn queue(&self, picture: &mut Picture) {
        let highest = most(self.queue_ms.iter().flatten().copied());
        let ticks = ticks(highest, 4);
        let panel = self.panel(344.0, 84.0, ticks[ticks.len() - 1]);
        panel.heading(picture, "queueing delay", "ms, longest of each bin");
        panel.time(picture, self.from_secs, true);
        panel.rows(picture, &ticks, number);
        let courses = segments(self.queue_ms.iter().copied(), self.bin_secs);
        for course in &courses {
            let mut points: Vec<Point> = course.iter().map(|point| panel.point(*point)).collect();
            let (first, last) = (points[0].0, points[points.len() - 1].0);
            points.extend([(last, panel.bottom()), (first, panel.bottom())]);
            picture.area(points, Paint::faint(BLUE, 0.25));
        }
        panel.curve(picture, &courses, Stroke { width: 1.3, ..curve(BLUE) });
        let text = format!("most: {} ms", fixed(highest, 1));
        let y = panel.y(highest).min(panel.bottom() - 7.0);
        picture.text((panel.right() + 8.0, y), text, Anchor::Start, SMALL, INK);
    }

    fn description(&self) -> String {
        let capacity = match last(&self.capacity_kbps) {
            Some(value) => format!("capacity ends at {}", rate(value)),
            None => "capacity without limit".to_owned(),
        };
        format!(
            "Over {} s: {capacity}; rate at most {}; {} packets lost; queueing delay at most {} ms.",
            number(self.run_secs),
            rate(most(self.rate_kbps.iter().copied())),
            self.dropped.iter().sum::<f64>(),
            fixed(most(self.queue_ms.iter().flatten().copied()), 1),
        )
    }

    fn table(&self) -> Table {
        let mut table = Table::new(&[
            "from, s",
            "capacity, kbit/s",
            "estimate, kbit/s",
            "rate, kbit/s",
            "packets lost",
            "longest queueing delay, ms",
        ]);
        // About sixty rows, of whole seconds.
        let secs = (self.run_secs / 60.0).ceil().max(1.0);
        let width = (secs / self.bin_secs).round().max(1.0) as usize;
        let bins = self.rate_kbps.len();
        for first in (0..bins).step_by(width) {
            let bins = first..(first + width).min(bins);
            let rates = &self.rate_kbps[bins.clone()];
            let cell =
                |value: Option<f64>, decimals| value.map_or("–".to_owned(), |value| fixed(value, decimals));
            let queue = self.queue_ms[bins.clone()].iter().flatten().copied().reduce(f64::max);
            table.row([
                fixed(first as f64 * self.bin_secs, 1),
                cell(self.capacity_kbps[bins.clone()].iter().flatten().copied().reduce(f64::min), 0),
                cell(self.estimate_kbps[bins.clone()].iter().flatten().copied().last(), 0),
                fixed(rates.iter().sum::<f64>() / rates.len() as f64, 0),
                number(self.dropped[bins.clone()].iter().sum()),
                cell(queue, 1),
            ]);
        }
        table.note = format!(
            "Each row covers {} s: lowest capacity, last estimate, mean rate, sum of losses, longest delay. All bins: series.csv.",
            number(width as f64 * self.bin_secs)
        );
        table
    }
}

/// Names beside the ends of curves, kept apart, each with a piece of its line.
fn name_curves(picture: &mut Picture, panel: &Panel, mut labels: Vec<(f64, &str, Stroke)>) {
    const LINE: f64 = 14.0;
    labels.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut lowest_free = panel.top - LINE;
    for (place, (value, name, stroke)) in labels.iter().enumerate() {
        let below = (labels.len() - 1 - place) as f64 * LINE;
        let y = panel.y(*value).max(lowest_free + LINE).min(panel.bottom() - below);
        lowest_free = y;
        let x = panel.right() + 8.0;
        picture.line(vec![(x, y), (x + 14.0, y)], Stroke { dashed: false, ..*stroke });
        picture.text((x + 19.0, y), *name, Anchor::Start, SMALL, INK);
    }
    picture.line(vec![(panel.right(), panel.top), (panel.right(), panel.bottom())], thin(FRAME));
}

/// A course in steps that holds each value over its bin; only its corners.
fn steps(values: &[Option<f64>], secs: f64) -> Vec<Vec<Point>> {
    let mut segments: Vec<Vec<Point>> = Vec::new();
    let mut last = None;
    for (bin, value) in values.iter().enumerate() {
        let (from, until) = (bin as f64 * secs, (bin + 1) as f64 * secs);
        match (*value, last) {
            (None, _) => {}
            (Some(value), Some(before)) => {
                let points = segments.last_mut().expect("a value before began one");
                if value == before {
                    points.pop();
                } else {
                    points.push((from, value));
                }
                points.push((until, value));
            }
            (Some(value), None) => segments.push(vec![(from, value), (until, value)]),
        }
        last = *value;
    }
    segments
}

fn most(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, f64::max)
}

fn last(values: &[Option<f64>]) -> Option<f64> {
    values.last().copied().flatten()
}

fn rate(kbps: f64) -> String {
    let (scale, unit) = rate_unit(kbps);
    format!("{} {unit}", fixed(kbps / scale, if scale > 1.0 { 1 } else { 0 }))
}

/// A line's recorded use, for choosing which links to show: mean utilisation of the measured time, share of packets
/// lost.
pub(super) fn interest(recording: &Recording, index: LinkIndex) -> Option<f64> {
    let measure = recording.measure();
    let series = views::link(recording, index);
    let first = measure.bin_of(measure.from);
    let (mut sent, mut could) = (0.0, 0.0);
    for (rate, capacity) in series.rate_kbps.iter().zip(&series.capacity_kbps).skip(first) {
        sent += rate;
        could += capacity.unwrap_or(0.0);
    }
    let (_, record) = recording.links().nth(usize::from(index.0))?;
    let lost: u64 = record.whole.dropped.iter().sum();
    let loss = lost as f64 / record.whole.offered().max(1) as f64;
    let is_limited = record.capacity.iter().any(|(_, bps)| bps.is_some());
    // Ten percent of loss weighs as much as a full line (★ our own choice).
    let used = if could > 0.0 { sent / could } else { 0.0 };
    (is_limited || lost > 0).then_some(used + loss * 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(bins: usize) -> Timeline {
        Timeline {
            link: "home-down@bob".to_owned(),
            bin_secs: 0.2,
            run_secs: bins as f64 * 0.2,
            from_secs: 1.0,
            capacity_kbps: (0..bins).map(|bin| Some(if bin < bins / 2 { 1000.0 } else { 400.0 })).collect(),
            estimate_kbps: vec![Some(500.0); bins],
            rate_kbps: vec![350.0; bins],
            dropped: vec![0.0; bins],
            queue_ms: vec![Some(12.5); bins],
        }
    }

    #[test]
    fn capacity_is_drawn_by_its_corners() {
        let corners = steps(&sample(10).capacity_kbps, 0.2);
        assert_eq!(corners, [vec![(0.0, 1000.0), (1.0, 1000.0), (1.0, 400.0), (2.0, 400.0)]]);
        let gap = steps(&[Some(1.0), None, Some(2.0)], 1.0);
        assert_eq!(gap, [vec![(0.0, 1.0), (1.0, 1.0)], vec![(2.0, 2.0), (3.0, 2.0)]]);
    }

    #[test]
    fn an_idle_capacity_is_named_but_not_drawn() {
        let mut wide = sample(20);
        wide.capacity_kbps = vec![Some(50_000.0); 20];
        let says = |line: &Timeline| {
            line.picture().marks.iter().any(
                |mark| matches!(mark, super::super::picture::Mark::Text { text, .. } if text.contains("off the scale")),
            )
        };
        assert!(says(&wide));
        assert!(!says(&sample(20)));
    }

    #[test]
    fn the_table_covers_the_run_in_whole_seconds() {
        let table = sample(300).table();
        assert_eq!(table.rows.len(), 60);
        assert_eq!(table.rows[30], ["30.0", "400", "500", "350", "0", "12.5"]);
        assert_eq!(sample(30_000).table().rows.len(), 60);
    }

    #[test]
    fn nothing_sent_is_a_picture_too() {
        let mut idle = sample(5);
        idle.rate_kbps = vec![0.0; 5];
        idle.capacity_kbps = vec![None; 5];
        idle.estimate_kbps = vec![None; 5];
        idle.queue_ms = vec![None; 5];
        assert!(idle.picture().description.contains("capacity without limit"));
    }
}
