//! How the delays that each participant met are spread: cumulative curves.

use super::axis::ticks;
use super::colour::{Colour, FRAME, GREY, INK, MUTED, Paint, SERIES};
use super::figure::{Figure, Table};
use super::font;
use super::panel::{FOREIGN, Panel, SMALL, WIDTH, curve, thin, title};
use super::picture::{Anchor, Picture, Point, Stroke};
use crate::Distribution;
use crate::number::{fixed, number};
use crate::recording::Recording;
use crate::views;

/// Participants that get a colour of their own: those with the longest delays. The others are grey.
const NAMED: usize = 4;
/// One-way delay that is good for conversation, and the limit for planning, ms (ITU-T G.114).
const G114: [(f64, &str); 2] = [(150.0, "150 ms: good"), (400.0, "400 ms: limit")];
/// Raw units of a distribution of delays per millisecond.
const NANOS: f64 = 1e6;
/// Points per curve.
const POINTS: usize = 160;

/// The delays of one participant.
#[derive(Clone, Debug, PartialEq)]
pub struct Delays {
    /// Whose.
    pub name: String,
    /// Capture to render, ns.
    pub render: Distribution,
    /// Mouth to ear, ns.
    pub ear: Distribution,
}

/// The delays of all participants of a run.
pub fn of(recording: &Recording) -> Vec<Delays> {
    let delays = |(who, _)| Delays {
        name: recording.cast().name(who).to_owned(),
        render: views::capture_to_render(recording, who),
        ear: views::mouth_to_ear(recording, who),
    };
    recording.participants().map(delays).collect()
}

/// The figure of `delays`.
pub fn figure(delays: &[Delays]) -> Figure {
    let caption = "For each delay (across) the share of frames or pieces of sound that took at most that long (up). A steep curve far to the left is good; a long flat end means that some came late. The participants with the longest delays have colours and names, the others are grey. Right: the marks of ITU-T G.114 for conversation.";
    Figure::new("delay-cdf", caption.to_owned(), &picture(delays), table(delays))
}

/// Both panels side by side.
pub fn picture(delays: &[Delays]) -> Picture {
    let mut picture = Picture::new("Delay at each participant", WIDTH, 380.0);
    let marked = worst(delays);
    picture.description = describe(delays, &marked);
    title(&mut picture);
    let marked = |index| marked.iter().position(|one| *one == index).map(|place| SERIES[place]);
    let panels: [(&str, f64, f64, Course); 2] = [
        ("video: capture to render", 50.0, 0.0, |delays| &delays.render),
        ("sound: mouth to ear", 500.0, G114[1].0 * 1.1, |delays| &delays.ear),
    ];
    for (heading, left, least, of) in panels {
        panel(&mut picture, heading, (left, least), delays, (of, &marked));
    }
    let mut entries: Vec<(Colour, &str)> = (delays.iter().enumerate())
        .filter_map(|(index, delays)| Some((marked(index)?, delays.name.as_str())))
        .collect();
    if delays.len() > entries.len() {
        entries.push((GREY, "the others"));
    }
    names(&mut picture, &entries);
    picture
}

type Course = fn(&Delays) -> &Distribution;

fn panel(
    picture: &mut Picture,
    heading: &str,
    (left, least): (f64, f64),
    delays: &[Delays],
    (of, marked): (Course, &dyn Fn(usize) -> Option<Colour>),
) {
    let ms = |raw: Option<u64>| raw.unwrap_or(0) as f64 / NANOS;
    let highest = delays.iter().map(|one| ms(of(one).percentile(995))).fold(least, f64::max);
    let across = ticks(highest * 1.02, 8);
    let x_most = across[across.len() - 1];
    let panel = Panel { left, top: 84.0, width: 385.0, height: 240.0, x_most, y_most: 1.0 };
    panel.heading(picture, heading, "share that took at most so long");
    panel.rows(picture, &[0.0, 0.25, 0.5, 0.75, 1.0], |share| format!("{} %", number(share * 100.0)));
    panel.columns(picture, &across);
    panel.column_labels(picture, &across, number, "delay, ms");
    if least > 0.0 {
        for (mark, text) in G114 {
            let x = panel.x(mark);
            picture.line(vec![(x, panel.top), (x, panel.bottom())], Stroke { dashed: true, ..thin(FRAME) });
            picture.text((x + 5.0, panel.bottom() - 10.0), text, Anchor::Start, SMALL, MUTED);
        }
    }
    if delays.iter().all(|one| of(one).is_empty()) {
        picture.text(
            (panel.x(x_most / 2.0), panel.y(0.5)),
            "nothing was received",
            Anchor::Middle,
            SMALL,
            INK,
        );
    }
    // The grey ones first, so that the named lie above.
    for colour in [false, true] {
        for (index, one) in delays.iter().enumerate().filter(|(index, _)| marked(*index).is_some() == colour)
        {
            let points = stairs(of(one), x_most).into_iter().map(|point| panel.point(point)).collect();
            let stroke = match marked(index) {
                Some(colour) => curve(colour),
                None => Stroke { paint: Paint::faint(GREY, 0.7), width: 1.2, dashed: false },
            };
            picture.line(points, stroke);
        }
    }
}

/// The cumulative curve up to `x_most` ms, thinned to what can be told apart.
fn stairs(values: &Distribution, x_most: f64) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    let least = x_most / POINTS as f64;
    let mut share_before = 0.0;
    for (value, share) in values.cumulative() {
        let ms = value as f64 / NANOS;
        if ms > x_most {
            break;
        }
        if points.is_empty() {
            points.push((ms, 0.0));
        }
        match points.last_mut() {
            Some(last) if points_are_close(*last, ms, least) && last.1 > 0.0 => {
                *last = (ms.max(last.0), share)
            }
            _ => points.push((ms, share)),
        }
        share_before = share;
    }
    if !points.is_empty() {
        points.push((x_most, share_before));
    }
    points
}

fn points_are_close(last: Point, ms: f64, least: f64) -> bool {
    (ms / least).floor() == (last.0 / least).floor()
}

/// The participants with the longest delays at the 95th percentile, the worst first; both kinds count, each
/// against the longest of its kind.
fn worst(delays: &[Delays]) -> Vec<usize> {
    let late = |values: &Distribution| values.percentile(950).unwrap_or(0);
    let most = |of: Course| delays.iter().map(|one| late(of(one))).max().unwrap_or(0).max(1);
    let (render, ear) = (most(|one| &one.render), most(|one| &one.ear));
    let badness = |index: &usize| {
        let one = &delays[*index];
        (late(&one.render) as f64 / render as f64).max(late(&one.ear) as f64 / ear as f64)
    };
    let mut order: Vec<usize> = (0..delays.len()).collect();
    order.sort_by(|a, b| badness(b).total_cmp(&badness(a)).then(a.cmp(b)));
    order.truncate(NAMED);
    order
}

fn names(picture: &mut Picture, entries: &[(Colour, &str)]) {
    let mut x = 50.0;
    for (colour, name) in entries {
        let name = font::fitted(name, SMALL, 130.0);
        picture.line(vec![(x, 42.0), (x + 18.0, 42.0)], Stroke { width: 2.4, ..curve(*colour) });
        picture.text((x + 24.0, 42.0), name.as_str(), Anchor::Start, SMALL, INK);
        x += 24.0 + font::width(&name, SMALL) * FOREIGN + 18.0;
    }
}

fn describe(delays: &[Delays], worst: &[usize]) -> String {
    let one = |index: &usize| {
        let p95 = |values: &Distribution| {
            values
                .percentile(950)
                .map_or("none".to_owned(), |raw| format!("{} ms", fixed(raw as f64 / NANOS, 0)))
        };
        let delays = &delays[*index];
        format!("{} {} for video and {} for sound", delays.name, p95(&delays.render), p95(&delays.ear))
    };
    let words: Vec<String> = worst.iter().map(one).collect();
    format!("95th percentiles of the participants with the longest delays: {}.", words.join("; "))
}

fn table(delays: &[Delays]) -> Table {
    let mut table = Table::new(&[
        "participant",
        "render p50, ms",
        "p95",
        "p99",
        "max",
        "mouth to ear p50, ms",
        "p95",
        "p99",
        "max",
    ]);
    for one in delays {
        let cells = |values: &Distribution| match values.stats(NANOS) {
            Some(stats) => [stats.p50, stats.p95, stats.p99, stats.max].map(|value| fixed(value, 1)),
            None => ["–"; 4].map(str::to_owned),
        };
        let numbers = cells(&one.render).into_iter().chain(cells(&one.ear));
        table.row(std::iter::once(one.name.clone()).chain(numbers));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(name: &str, ms: u64) -> Delays {
        let values = Distribution::of((0..100).map(|n| (ms + n / 10) * 1_000_000));
        Delays { name: name.to_owned(), render: values.clone(), ear: values }
    }

    #[test]
    fn curves_rise_from_zero_to_one() {
        let curve = stairs(&delays("a", 50).render, 100.0);
        assert_eq!(curve[0].1, 0.0);
        assert_eq!(curve[curve.len() - 1], (100.0, 1.0));
        assert!(curve.windows(2).all(|pair| pair[0].0 <= pair[1].0 && pair[0].1 <= pair[1].1), "{curve:?}");
        let cut = stairs(&delays("a", 50).render, 55.0);
        assert!(cut[cut.len() - 1].1 < 1.0, "what lies beyond the scale is not reached");
        assert!(stairs(&Distribution::default(), 100.0).is_empty());
        let many = Distribution::of((0..100_000).map(|n| n * 1_000));
        assert!(stairs(&many, 100.0).len() <= POINTS + 3);
    }

    #[test]
    fn the_worst_are_named_first() {
        let all: Vec<Delays> =
            [40, 90, 60, 80, 50, 70].iter().map(|ms| delays(&ms.to_string(), *ms)).collect();
        assert_eq!(worst(&all), [1, 3, 5, 2]);
        assert!(worst(&[]).is_empty());
    }

    #[test]
    fn absent_is_not_zero() {
        let nobody =
            Delays { name: "x".to_owned(), render: Distribution::default(), ear: Distribution::default() };
        assert_eq!(table(std::slice::from_ref(&nobody)).rows[0][1], "–");
        assert!(picture(&[nobody]).description.contains("none for video"));
    }
}
