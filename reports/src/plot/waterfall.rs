//! Where the time from capture to render goes, for each receiver: stacked bars of mean parts.

use super::axis::ticks;
use super::colour::{BLUE, Colour, GREEN, GREY, INK, ORANGE, PURPLE, Paint, VERMILION, shade};
use super::figure::{Figure, Table};
use super::font;
use super::panel::{Panel, SMALL, WIDTH, legend, title};
use super::picture::{Anchor, Picture};
use crate::number::{fixed, number};
use crate::observation::LatencyParts;
use crate::recording::Recording;
use crate::views;

const PARTS: usize = LatencyParts::NAMES.len();
const ROW: f64 = 22.0;
/// Receivers beyond which the quickest are left out of the picture; the table has all.
const MOST_ROWS: usize = 30;

/// The mean parts of one receiver's frames.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// Whose.
    pub name: String,
    /// Mean of each part, ms, in the order of [`LatencyParts::NAMES`]; `None` when it saw no frame.
    pub ms: Option<[f64; PARTS]>,
}

impl Parts {
    fn total(&self) -> f64 {
        self.ms.map_or(0.0, |ms| ms.iter().sum())
    }
}

/// The parts of all receivers of a run.
pub fn of(recording: &Recording) -> Vec<Parts> {
    let parts = |(who, _)| Parts {
        name: recording.cast().name(who).to_owned(),
        ms: views::mean_parts_ms(recording, who),
    };
    recording.participants().map(parts).collect()
}

/// The figure of `parts`.
pub fn figure(parts: &[Parts]) -> Figure {
    let caption = "Mean time from capture to render of the frames that each participant saw, cut into its parts in the order in which they happen; the parts sum exactly to the total. Grey: the sender. Orange: the way up. Vermilion: repair. Purple: the SFU. Blue: the way down. Green: the receiver.";
    Figure::new("latency-waterfall", caption.to_owned(), &picture(parts), table(parts))
}

/// One hue per stage, one shade per part of it, in the order of [`LatencyParts::NAMES`].
const fn stages() -> [(Colour, f64); PARTS] {
    [
        (GREY, -0.25),
        (GREY, 0.35),
        (VERMILION, 0.0),
        (ORANGE, -0.25),
        (ORANGE, 0.15),
        (ORANGE, 0.55),
        (PURPLE, 0.0),
        (VERMILION, 0.4),
        (BLUE, -0.25),
        (BLUE, 0.25),
        (BLUE, 0.6),
        (GREEN, 0.0),
        (GREEN, 0.5),
    ]
}

/// "up queue", "SFU".
pub(crate) fn in_words(part: usize) -> String {
    LatencyParts::NAMES[part].replace('_', " ").replace("sfu", "SFU")
}

fn paint(part: usize) -> Paint {
    let (hue, share) = stages()[part];
    Paint::solid(shade(hue, share))
}

/// The bars, one below the other.
pub fn picture(parts: &[Parts]) -> Picture {
    let shown = slowest(parts);
    let bars = shown.len().max(1) as f64 * ROW;
    let mut picture = Picture::new("Where the time from capture to render goes", WIDTH, 96.0 + bars + 42.0);
    picture.description = describe(parts);
    title(&mut picture);
    let occurring = |part: &usize| parts.iter().any(|one| one.ms.is_some_and(|ms| ms[*part] > 0.0));
    let entries: Vec<(Paint, String)> =
        (0..PARTS).filter(occurring).map(|part| (paint(part), in_words(part))).collect();
    legend(&mut picture, (10.0, 42.0), WIDTH - 10.0, &entries);
    let highest = parts.iter().map(Parts::total).fold(0.0, f64::max);
    let ticks = ticks(highest * 1.08, 9);
    let x_most = ticks[ticks.len() - 1];
    let panel = Panel { left: 120.0, top: 96.0, width: WIDTH - 150.0, height: bars, x_most, y_most: 1.0 };
    panel.heading(&mut picture, "mean of all frames seen by", "");
    panel.columns(&mut picture, &ticks);
    panel.column_labels(&mut picture, &ticks, number, "time from capture, ms");
    for (row, one) in shown.iter().enumerate() {
        bar(&mut picture, &panel, panel.top + row as f64 * ROW, one);
    }
    picture
}

fn bar(picture: &mut Picture, panel: &Panel, top: f64, parts: &Parts) {
    let middle = top + ROW / 2.0;
    let name = font::fitted(&parts.name, SMALL, panel.left - 16.0);
    picture.text((panel.left - 8.0, middle), name, Anchor::End, SMALL, INK);
    let Some(ms) = parts.ms else {
        picture.text((panel.left + 6.0, middle), "saw no frame", Anchor::Start, SMALL, INK);
        return;
    };
    let mut sum = 0.0;
    for (part, ms) in ms.into_iter().enumerate() {
        let (from, until) = (panel.x(sum), panel.x(sum + ms));
        picture.rect((from, top + 3.0), (until - from, ROW - 6.0), paint(part));
        sum += ms;
    }
    let text = format!("{} ms", fixed(sum, 0));
    picture.text((panel.x(sum) + 6.0, middle), text, Anchor::Start, SMALL, INK);
}

/// All in their order, or the slowest when they are too many.
fn slowest(parts: &[Parts]) -> Vec<&Parts> {
    let mut places: Vec<usize> = (0..parts.len()).collect();
    places.sort_by(|a, b| parts[*b].total().total_cmp(&parts[*a].total()).then(a.cmp(b)));
    places.truncate(MOST_ROWS);
    places.sort_unstable();
    places.into_iter().map(|place| &parts[place]).collect()
}

fn describe(parts: &[Parts]) -> String {
    let Some(slowest) = parts.iter().max_by(|a, b| a.total().total_cmp(&b.total())) else {
        return "Nobody took part.".to_owned();
    };
    let Some(ms) = slowest.ms else { return "Nobody saw a frame.".to_owned() };
    let largest = (0..PARTS).max_by(|a, b| ms[*a].total_cmp(&ms[*b])).unwrap_or(0);
    format!(
        "The longest mean is {} ms at {}; its largest part is {} with {} ms.",
        fixed(slowest.total(), 1),
        slowest.name,
        in_words(largest),
        fixed(ms[largest], 1),
    )
}

fn table(parts: &[Parts]) -> Table {
    let names = std::array::from_fn::<String, PARTS, _>(in_words);
    let mut heads = vec!["receiver", "total, ms"];
    heads.extend(names.iter().map(String::as_str));
    let mut table = Table::new(&heads);
    for one in parts {
        let cells: Vec<String> = match one.ms {
            Some(ms) => std::iter::once(one.total()).chain(ms).map(|ms| fixed(ms, 2)).collect(),
            None => vec!["–".to_owned(); PARTS + 1],
        };
        table.row(std::iter::once(one.name.clone()).chain(cells));
    }
    if parts.len() > MOST_ROWS {
        table.note = format!("The picture shows the {MOST_ROWS} slowest.");
    }
    table
}

#[cfg(test)]
mod tests {
    use super::super::picture::Mark;
    use super::*;

    fn parts(name: &str, scale: f64) -> Parts {
        let mut ms = [0.0; PARTS];
        ms.iter_mut().enumerate().for_each(|(part, ms)| *ms = part as f64 * scale);
        Parts { name: name.to_owned(), ms: Some(ms) }
    }

    #[test]
    fn bars_are_as_long_as_their_parts_together() {
        let picture = picture(&[parts("a", 1.0)]);
        let widths: f64 = picture
            .marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Rect { size, .. } if size.1 == ROW - 6.0 => Some(size.0),
                _ => None,
            })
            .sum();
        // 78 ms on a scale to 90 ms of 750 units.
        assert!((widths - 650.0).abs() < 1e-6, "{widths}");
        assert!(
            picture.description.contains("78.0 ms at a; its largest part is decode"),
            "{}",
            picture.description
        );
    }

    #[test]
    fn too_many_receivers_leave_the_slowest() {
        let all: Vec<Parts> = (0..50).map(|n| parts(&n.to_string(), f64::from(n))).collect();
        let shown = slowest(&all);
        assert_eq!((shown.len(), shown[0].name.as_str()), (MOST_ROWS, "20"));
        assert_eq!(table(&all).rows.len(), 50);
    }

    #[test]
    fn who_saw_nothing_has_no_zero() {
        let blind = Parts { name: "x".to_owned(), ms: None };
        assert_eq!(table(std::slice::from_ref(&blind)).rows[0][1], "–");
        assert_eq!(picture(&[blind]).description, "Nobody saw a frame.");
    }
}
