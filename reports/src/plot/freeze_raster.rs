//! When pictures stood still, at all participants at once.

use super::colour::{FRAME, INK, MUTED, Paint, VERMILION};
use super::figure::{Figure, Table};
use super::font;
use super::panel::{Panel, SMALL, WIDTH, legend, thin, title};
use super::picture::{Anchor, Picture, Point};
use crate::Span;
use crate::number::fixed;
use crate::recording::Recording;

const MOST_ROWS: usize = 60;

/// One receiver's freezes.
#[derive(Clone, Debug, PartialEq)]
pub struct Freezes {
    /// Whose.
    pub name: String,
    /// Publisher and source of each video stream that it wanted, with when it wanted it and its freezes.
    pub streams: Vec<Stream>,
}

/// One stream at one receiver.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// "alice/cam".
    pub name: String,
    /// When it was wanted.
    pub wanted: Vec<Span>,
    /// When it was frozen.
    pub frozen: Vec<Span>,
}

/// The freezes of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Raster {
    /// All participants.
    pub receivers: Vec<Freezes>,
    /// Length of the run, s.
    pub run_secs: f64,
    /// End of the warm-up, s.
    pub from_secs: f64,
}

impl Freezes {
    fn total_secs(&self) -> f64 {
        self.streams.iter().flat_map(|stream| &stream.frozen).map(|span| span.length().as_secs_f64()).sum()
    }

    fn count(&self) -> usize {
        self.streams.iter().map(|stream| stream.frozen.len()).sum()
    }

    /// How many streams are frozen from each moment on, s.
    fn steps(&self) -> Vec<(f64, usize)> {
        let spans = self.streams.iter().flat_map(|stream| &stream.frozen);
        let mut edges: Vec<(scenarios::Time, bool)> =
            spans.flat_map(|span| [(span.from, true), (span.until, false)]).collect();
        edges.sort_unstable();
        let mut frozen = 0;
        let mut steps: Vec<(f64, usize)> = Vec::new();
        for (at, begins) in edges {
            frozen = if begins { frozen + 1 } else { frozen - 1 };
            let at = at.as_secs_f64();
            match steps.last_mut() {
                Some(last) if last.0 == at => last.1 = frozen,
                _ => steps.push((at, frozen)),
            }
        }
        steps
    }
}

impl Raster {
    /// The freezes of a recorded run.
    pub fn of(recording: &Recording) -> Self {
        let cast = recording.cast();
        let receivers = recording.participants().map(|(who, _)| {
            let flows = recording.flows().filter(|flow| flow.flow.receiver == who);
            let streams = flows.filter_map(|record| {
                let (publisher, source) = (record.flow.publisher, record.flow.source);
                let name = format!("{}/{}", cast.name(publisher), cast.source(publisher, source).name);
                let frozen = record.video()?.freezes.freezes.clone();
                Some(Stream { name, wanted: record.subscriptions.clone(), frozen })
            });
            Freezes { name: cast.name(who).to_owned(), streams: streams.collect() }
        });
        let measure = recording.measure();
        Raster {
            receivers: receivers.collect(),
            run_secs: measure.until.as_secs_f64(),
            from_secs: measure.from.as_secs_f64(),
        }
    }

    /// The figure.
    pub fn figure(&self) -> Figure {
        let caption = "One row per receiver. Where it is vermilion, streams stood still; the higher, the more of its streams at once (a full row: all of them). A freeze is an interval between two rendered frames that is longer than both three times the usual one and the usual one and 150 ms (W3C webrtc-stats). Freezes at one time in many rows point at a publisher or at the SFU, freezes in one row at that receiver's line.";
        Figure::new("freeze-raster", caption.to_owned(), &self.picture(), self.table())
    }

    /// The rows, one below the other.
    pub fn picture(&self) -> Picture {
        let shown = self.shown();
        let row = if shown.len() > 20 { 14.0 } else { 22.0 };
        let height = shown.len().max(1) as f64 * row;
        let mut picture = Picture::new("Freezes of all participants", WIDTH, 62.0 + height + 34.0);
        picture.description = self.description();
        title(&mut picture);
        let entries =
            [(Paint::solid(VERMILION), "frozen streams, of all that the receiver wants".to_owned())];
        legend(&mut picture, (96.0, 42.0), WIDTH, &entries);
        let column = (WIDTH - 84.0, 42.0);
        picture.text(column, "number, sum", Anchor::Start, SMALL, MUTED);
        let (left, width) = (96.0, WIDTH - 96.0 - 92.0);
        let panel = Panel { left, top: 58.0, width, height, x_most: self.run_secs, y_most: 1.0 };
        panel.time(&mut picture, self.from_secs, true);
        for (place, receiver) in shown.into_iter().enumerate() {
            draw(&mut picture, &panel, (panel.top + place as f64 * row, row), receiver);
        }
        picture
    }

    fn shown(&self) -> Vec<&Freezes> {
        let mut places: Vec<usize> = (0..self.receivers.len()).collect();
        let total = |place: &usize| self.receivers[*place].total_secs();
        places.sort_by(|a, b| total(b).total_cmp(&total(a)).then(a.cmp(b)));
        places.truncate(MOST_ROWS);
        places.sort_unstable();
        places.into_iter().map(|place| &self.receivers[place]).collect()
    }

    fn description(&self) -> String {
        let count: usize = self.receivers.iter().map(Freezes::count).sum();
        let worst = self.receivers.iter().max_by(|a, b| a.total_secs().total_cmp(&b.total_secs()));
        match worst {
            Some(worst) if count > 0 => format!(
                "{count} freezes in all; most at {}, {} s over all its streams.",
                worst.name,
                fixed(worst.total_secs(), 1)
            ),
            _ => "No picture froze.".to_owned(),
        }
    }

    fn table(&self) -> Table {
        let mut table = Table::new(&[
            "receiver",
            "streams",
            "freezes",
            "frozen, s of all streams",
            "longest, s",
            "worst stream",
        ]);
        for receiver in &self.receivers {
            let secs = |span: &Span| span.length().as_secs_f64();
            let all = receiver.streams.iter().flat_map(|stream| &stream.frozen);
            let longest = all.map(secs).reduce(f64::max);
            let total = |stream: &Stream| stream.frozen.iter().map(secs).sum::<f64>();
            let worst = receiver.streams.iter().filter(|stream| !stream.frozen.is_empty());
            let worst = worst.max_by(|a, b| total(a).total_cmp(&total(b)));
            table.row([
                receiver.name.clone(),
                receiver.streams.len().to_string(),
                receiver.count().to_string(),
                fixed(receiver.total_secs(), 2),
                longest.map_or("–".to_owned(), |secs| fixed(secs, 2)),
                worst.map_or("–".to_owned(), |stream| {
                    format!("{} ({} s)", stream.name, fixed(total(stream), 2))
                }),
            ]);
        }
        table.note = "Whole run, warm-up included.".to_owned();
        table
    }
}

fn draw(picture: &mut Picture, panel: &Panel, (top, row): (f64, f64), receiver: &Freezes) {
    let bottom = top + row - 3.0;
    let full = row - 5.0;
    let name = font::fitted(&receiver.name, SMALL, panel.left - 14.0);
    picture.text((panel.left - 8.0, top + row / 2.0), name, Anchor::End, SMALL, INK);
    let wanted = receiver.streams.iter().flat_map(|stream| &stream.wanted);
    let span =
        wanted.fold(None, |span: Option<Span>, next| {
            Some(span.map_or(*next, |span| Span {
                from: span.from.min(next.from),
                until: span.until.max(next.until),
            }))
        });
    if let Some(span) = span {
        let (from, until) = (panel.x(span.from.as_secs_f64()), panel.x(span.until.as_secs_f64()));
        picture.line(vec![(from, bottom), (until, bottom)], thin(FRAME));
    }
    let streams = receiver.streams.len().max(1) as f64;
    let place = |x: f64, frozen: usize| (x, bottom - full * (frozen as f64 / streams).clamp(0.25, 1.0));
    let steps = receiver.steps();
    let mut points: Vec<Point> = Vec::new();
    for (index, (at, frozen)) in steps.iter().enumerate().filter(|(_, (_, frozen))| *frozen > 0) {
        let (from, until) = (panel.x(*at), panel.x(steps[index + 1].0));
        let corner = place(from, *frozen);
        // At least wide enough to be seen.
        points.extend([
            (from, bottom),
            corner,
            (until.max(from + 1.2), corner.1),
            (until.max(from + 1.2), bottom),
        ]);
        picture.area(std::mem::take(&mut points), Paint::solid(VERMILION));
    }
    let total = receiver.total_secs();
    let (text, paint) = match receiver.count() {
        0 if receiver.streams.is_empty() => ("no video".to_owned(), MUTED),
        0 => ("none".to_owned(), MUTED),
        count => (format!("{count}, {} s", fixed(total, 1)), INK),
    };
    picture.text((panel.right() + 8.0, top + row / 2.0), text, Anchor::Start, SMALL, paint);
}

#[cfg(test)]
mod tests {
    use scenarios::Time;

    use super::*;

    fn span(from: u64, until: u64) -> Span {
        Span { from: Time::from_secs(from), until: Time::from_secs(until) }
    }

    fn raster(frozen: &[&[Span]]) -> Raster {
        let stream = |frozen: &&[Span]| Stream {
            name: "alice/cam".to_owned(),
            wanted: vec![span(0, 60)],
            frozen: frozen.to_vec(),
        };
        let receiver = Freezes { name: "bob".to_owned(), streams: frozen.iter().map(stream).collect() };
        Raster { receivers: vec![receiver], run_secs: 60.0, from_secs: 0.0 }
    }

    #[test]
    fn streams_frozen_at_once_are_counted() {
        let two = raster(&[&[span(1, 5), span(5, 6)], &[span(3, 4)]]);
        assert_eq!(two.receivers[0].steps(), [(1.0, 1), (3.0, 2), (4.0, 1), (5.0, 1), (6.0, 0)]);
        assert_eq!(two.table().rows[0], ["bob", "2", "3", "6.00", "4.00", "alice/cam (5.00 s)"]);
        assert!(two.description().contains("3 freezes in all; most at bob, 6.0 s"));
    }

    #[test]
    fn a_run_without_freezes_says_so() {
        let none = raster(&[&[]]);
        assert_eq!(none.description(), "No picture froze.");
        assert_eq!(none.table().rows[0][4], "–");
    }
}
