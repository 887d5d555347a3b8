//! Which layer each receiver got of each stream, over time.

use super::colour::{BLUE, Colour, FRAME, GREY, INK, MUTED, ORANGE, Paint, SKY, VERMILION, shade};
use super::figure::{Figure, Table};
use super::font;
use super::panel::{Panel, TEXT, WIDTH, legend, title};
use super::picture::{Anchor, Picture};
use crate::number::fixed;
use crate::observation::{Layer, ParticipantIndex};
use crate::recording::Recording;
use crate::recording::layers::LayerInterval;
use crate::views;

const ROW: f64 = 9.0;
const HEADING: f64 = 22.0;
/// Rows of all receivers together; receivers beyond it are left out, those with the best layers first.
const MOST_ROWS: usize = 130;
/// Rows of one receiver; streams beyond it are left out, those that came best first.
const MOST_STREAMS: usize = 24;
/// Places per unit that intervals are told apart by.
const FINENESS: f64 = 2.0;

/// The layers of one stream at one receiver.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    /// "alice/cam".
    pub stream: String,
    /// Stretches with a layer each.
    pub intervals: Vec<LayerInterval>,
}

/// What one receiver got.
#[derive(Clone, Debug, PartialEq)]
pub struct Receiver {
    /// Its name.
    pub name: String,
    /// Its streams.
    pub strips: Vec<Strip>,
}

/// The strips of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Layers {
    /// All receivers with a video flow.
    pub receivers: Vec<Receiver>,
    /// Length of the run, s.
    pub run_secs: f64,
    /// End of the warm-up, s.
    pub from_secs: f64,
}

impl Strip {
    /// Time below the entitled layer and all time, s.
    fn below(&self) -> (f64, f64) {
        self.intervals.iter().fold((0.0, 0.0), |(below, all), one| {
            let secs = one.span.length().as_secs_f64();
            (below + if one.layer < one.entitled { secs } else { 0.0 }, all + secs)
        })
    }

    /// The switches: the interval before and the one after.
    fn switches(&self) -> impl Iterator<Item = (&LayerInterval, &LayerInterval)> {
        let pairs = self.intervals.windows(2).map(|pair| (&pair[0], &pair[1]));
        pairs.filter(|(before, after)| !after.first && before.layer != after.layer)
    }
}

impl Receiver {
    /// Share of its time below the entitled layers.
    fn below(&self) -> f64 {
        let sum = |(below, all): (f64, f64), strip: &Strip| (below + strip.below().0, all + strip.below().1);
        let (below, all) = self.strips.iter().fold((0.0, 0.0), sum);
        if all > 0.0 { below / all } else { 0.0 }
    }
}

impl Layers {
    /// The strips of a recorded run.
    pub fn of(recording: &Recording) -> Self {
        let cast = recording.cast();
        let mut receivers: Vec<(ParticipantIndex, Receiver)> = Vec::new();
        for strip in views::layer_strips(recording) {
            let flow = strip.flow;
            if receivers.last().is_none_or(|(last, _)| *last != flow.receiver) {
                let name = cast.name(flow.receiver).to_owned();
                receivers.push((flow.receiver, Receiver { name, strips: Vec::new() }));
            }
            let source = &cast.source(flow.publisher, flow.source).name;
            let stream = format!("{}/{source}", cast.name(flow.publisher));
            if let Some((_, receiver)) = receivers.last_mut() {
                receiver.strips.push(Strip { stream, intervals: strip.intervals.to_vec() });
            }
        }
        let measure = recording.measure();
        Layers {
            receivers: receivers.into_iter().map(|(_, receiver)| receiver).collect(),
            run_secs: measure.until.as_secs_f64(),
            from_secs: measure.from.as_secs_f64(),
        }
    }

    /// The figure.
    pub fn figure(&self) -> Figure {
        let (shown, _) = self.shown();
        let mut caption = "One thin row per stream, grouped by the receiver that it went to. The colour is the spatial layer that the SFU forwarded, from orange (lowest) to dark blue (highest); a lower bar is a lower frame rate (temporal layer); vermilion hairline: nothing was forwarded. Ticks mark switches; their reasons are in the table.".to_owned();
        if shown.len() < self.receivers.len() {
            caption.push_str(&format!(
                " Shown are the {} of {} receivers that were longest below the layers they were entitled to.",
                shown.len(),
                self.receivers.len()
            ));
        }
        Figure::new("layer-strip", caption, &self.picture(), self.table())
    }

    /// The receivers with room in the picture, in their order, with at most so many streams each.
    fn shown(&self) -> (Vec<&Receiver>, usize) {
        let mut places: Vec<usize> = (0..self.receivers.len()).collect();
        let below: Vec<f64> = self.receivers.iter().map(Receiver::below).collect();
        places.sort_by(|a, b| below[*b].total_cmp(&below[*a]).then(a.cmp(b)));
        let mut rows = 0;
        places.retain(|place| {
            rows += self.receivers[*place].strips.len().min(MOST_STREAMS);
            rows <= MOST_ROWS
        });
        places.sort_unstable();
        (places.into_iter().map(|place| &self.receivers[place]).collect(), MOST_STREAMS)
    }

    /// The groups, one below the other, on one axis of time.
    pub fn picture(&self) -> Picture {
        let (shown, most) = self.shown();
        let group = |receiver: &&Receiver| HEADING + receiver.strips.len().min(most) as f64 * ROW;
        let height: f64 = shown.iter().map(group).sum::<f64>().max(HEADING);
        let mut picture = Picture::new("Layers that each receiver got", WIDTH, 62.0 + height + 34.0);
        picture.description = self.description();
        title(&mut picture);
        let (spatial, temporal) = self.highest();
        self.key(&mut picture, (spatial, temporal));
        let panel =
            Panel { left: 96.0, top: 62.0, width: WIDTH - 110.0, height, x_most: self.run_secs, y_most: 1.0 };
        panel.time(&mut picture, self.from_secs, true);
        let mut top = panel.top;
        for receiver in shown {
            let text = format!("{} receives", receiver.name);
            let text = font::fitted(&text, TEXT, panel.width);
            picture.text((panel.left, top + HEADING - 9.0), text, Anchor::Start, TEXT, INK);
            top += HEADING;
            for strip in worst(&receiver.strips, most) {
                let name = font::fitted(&strip.stream, ROW - 0.5, panel.left - 10.0);
                picture.text((panel.left - 6.0, top + ROW / 2.0), name, Anchor::End, ROW - 0.5, MUTED);
                draw(&mut picture, &panel, top, strip, (spatial, temporal));
                top += ROW;
            }
        }
        picture
    }

    /// The highest spatial and temporal layer that occur.
    fn highest(&self) -> (u8, u8) {
        let strips = self.receivers.iter().flat_map(|receiver| &receiver.strips);
        let layers = strips.flat_map(|strip| &strip.intervals).flat_map(|one| [one.layer, one.entitled]);
        layers.flatten().fold((0, 0), |(s, t), layer| (s.max(layer.spatial), t.max(layer.temporal)))
    }

    fn key(&self, picture: &mut Picture, (spatial, temporal): (u8, u8)) {
        let mut entries: Vec<(Paint, String)> = (0..=spatial)
            .map(|layer| {
                let name = match layer {
                    0 if spatial == 0 => "the one layer".to_owned(),
                    0 => "s0 lowest".to_owned(),
                    last if last == spatial => format!("s{last} highest"),
                    middle => format!("s{middle}"),
                };
                (Paint::solid(colour(layer, spatial)), name)
            })
            .collect();
        entries.push((Paint::solid(VERMILION), "hairline: none".to_owned()));
        if temporal > 0 {
            entries.push((Paint::faint(GREY, 0.5), "height of bar: frame rate".to_owned()));
        }
        legend(picture, (96.0, 42.0), WIDTH, &entries);
    }

    fn description(&self) -> String {
        let switches: usize = self
            .receivers
            .iter()
            .flat_map(|receiver| &receiver.strips)
            .map(|strip| strip.switches().count())
            .sum();
        let worst = self.receivers.iter().max_by(|a, b| a.below().total_cmp(&b.below()));
        let worst = worst.filter(|worst| worst.below() > 0.0).map_or(
            "Nobody was below the layers that it was entitled to.".to_owned(),
            |worst| {
                let percent = fixed(worst.below() * 100.0, 1);
                format!(
                    "{} was longest below the layers that it was entitled to, {percent} % of its time.",
                    worst.name
                )
            },
        );
        format!("{} receivers, {switches} switches. {worst}", self.receivers.len())
    }

    fn table(&self) -> Table {
        let mut table = Table::new(&["at, s", "receiver", "stream", "from layer", "to layer", "reason"]);
        let mut switches: Vec<_> = Vec::new();
        for receiver in &self.receivers {
            for strip in &receiver.strips {
                switches.extend(strip.switches().map(|pair| (receiver, strip, pair)));
            }
        }
        switches.sort_by_key(|(_, _, (_, after))| after.span.from);
        let name = |layer: Option<Layer>| layer.map_or("none".to_owned(), |layer| layer.to_string());
        for (receiver, strip, (before, after)) in switches {
            table.row([
                fixed(after.span.from.as_secs_f64(), 2),
                receiver.name.clone(),
                strip.stream.clone(),
                name(before.layer),
                name(after.layer),
                in_words(&after.reason),
            ]);
        }
        if table.rows.is_empty() {
            table.note = "No receiver was switched to another layer.".to_owned();
        }
        table.cut("all of them are in events.jsonl.")
    }
}

/// A reason as people read it: "capped by budget: needs 45 kbps, 12 left". What isn't JSON stays as it is.
fn in_words(reason: &str) -> String {
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(reason) else {
        return reason.to_owned();
    };
    let kind = fields.get("kind").and_then(|kind| kind.as_str()).unwrap_or_default().replace('_', " ");
    let number = |key: &str| fields.get(key).and_then(serde_json::Value::as_f64);
    let tell = |(key, before, after, unit): &(&str, &str, &str, f64)| {
        number(key).map(|value| format!("{before}{}{after}", fixed(value / unit, 0)))
    };
    let parts = [
        ("needed", "needs ", " kbps", 1e3),
        ("left", "", " kbps left", 1e3),
        ("fitted_millis", "has fitted for ", " s", 1e3),
        ("required_millis", "has to for ", " s", 1e3),
        ("max_height", "", " px", 1.0),
        ("max_fps", "", " frames/s", 1.0),
        ("last_n", "", " are shown", 1.0),
    ];
    let told: Vec<String> = parts.iter().filter_map(tell).collect();
    if told.is_empty() { kind } else { format!("{kind}: {}", told.join(", ")) }
}

/// A receiver's strips in their order, or those longest below their entitlement when they are too many.
fn worst(strips: &[Strip], most: usize) -> Vec<&Strip> {
    let mut places: Vec<usize> = (0..strips.len()).collect();
    places.sort_by(|a, b| strips[*b].below().0.total_cmp(&strips[*a].below().0).then(a.cmp(b)));
    places.truncate(most);
    places.sort_unstable();
    places.into_iter().map(|place| &strips[place]).collect()
}

fn draw(picture: &mut Picture, panel: &Panel, top: f64, strip: &Strip, (spatial, temporal): (u8, u8)) {
    const GAP: f64 = 1.5;
    let across = |at: scenarios::Time| (panel.x(at.as_secs_f64()) * FINENESS).round() / FINENESS;
    let full = ROW - GAP;
    let mut merged: Vec<(f64, f64, Option<Layer>)> = Vec::new();
    for one in &strip.intervals {
        let (from, until) = (across(one.span.from), across(one.span.until));
        match merged.last_mut() {
            Some(last) if last.2 == one.layer && last.1 == from => last.1 = until,
            // Too short to be seen: its switch is.
            _ if until <= from => {}
            _ => merged.push((from, until, one.layer)),
        }
    }
    for (from, until, layer) in merged {
        let width = until - from;
        match layer {
            None => {
                picture.rect((from, top + ROW / 2.0 - 0.5), (width, 1.2), Paint::solid(VERMILION));
            }
            Some(layer) => {
                let share = f64::from(layer.temporal + 1) / f64::from(temporal.max(layer.temporal) + 1);
                let height = full * (0.34 + 0.66 * share);
                let paint = Paint::solid(colour(layer.spatial, spatial));
                picture.rect((from, top + full - height), (width, height), paint);
            }
        }
    }
    let mut last = None;
    for (_, after) in strip.switches() {
        let x = across(after.span.from);
        if last != Some(x.to_bits()) {
            picture.rect((x - 0.5, top), (1.0, full), FRAME_TICK);
            last = Some(x.to_bits());
        }
    }
}

const FRAME_TICK: Paint = Paint::faint(Colour::Ink, FRAME.opacity + 0.3);

/// Orange for the lowest, through sky blue, to dark blue for the highest.
fn colour(spatial: u8, highest: u8) -> Colour {
    match (spatial, highest) {
        (layer, highest) if layer >= highest => BLUE,
        (0, _) => ORANGE,
        (1, 2) => SKY,
        (layer, highest) => shade(SKY, 0.4 - 0.4 * f64::from(layer) / f64::from(highest)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use scenarios::Time;

    use super::*;
    use crate::Span;

    fn interval(from: u64, until: u64, spatial: Option<u8>, first: bool) -> LayerInterval {
        let layer = |spatial| Layer { spatial, temporal: 0 };
        LayerInterval {
            span: Span { from: Time::from_millis(from), until: Time::from_millis(until) },
            layer: spatial.map(layer),
            entitled: Some(layer(2)),
            reason: "estimate".to_owned(),
            first,
        }
    }

    fn layers(strips: Vec<Strip>) -> Layers {
        let receivers = vec![Receiver { name: "bob".to_owned(), strips }];
        Layers { receivers, run_secs: 10.0, from_secs: 0.0 }
    }

    #[test]
    fn switches_are_listed_with_reasons_and_starts_are_not() {
        let intervals = vec![
            interval(0, 1000, Some(2), true),
            interval(1000, 2000, Some(2), false),
            interval(2000, 3000, Some(0), false),
            interval(5000, 9000, Some(2), true),
        ];
        let layers = layers(vec![Strip { stream: "alice/cam".to_owned(), intervals }]);
        assert_eq!(layers.table().rows, [["2.00", "bob", "alice/cam", "s2t0", "s0t0", "estimate"]]);
        assert!(
            layers.description().starts_with("1 receivers, 1 switches. bob was longest"),
            "{}",
            layers.description()
        );
    }

    #[test]
    fn reasons_are_told_in_words() {
        let rows = [
            (r#"{"kind":"fits_wish"}"#, "fits wish"),
            (
                r#"{"kind":"capped_by_budget","needed":45000,"left":12000}"#,
                "capped by budget: needs 45 kbps, 12 kbps left",
            ),
            (r#"{"kind":"beyond_last_n","last_n":10}"#, "beyond last n: 10 are shown"),
            ("estimate", "estimate"),
        ];
        for (reason, words) in rows {
            assert_eq!(in_words(reason), words);
        }
    }

    #[test]
    fn many_short_stretches_stay_a_small_picture() {
        let stretch = |n: u64| interval(n, n + 1, Some((n % 3) as u8), n == 0);
        let intervals: Vec<LayerInterval> = (0..10_000).map(stretch).collect();
        let many = layers(vec![Strip { stream: "alice/cam".to_owned(), intervals }]);
        let marks = many.picture().marks.len();
        let width = Duration::from_secs(10).as_secs_f64() * 79.0 * FINENESS;
        assert!((marks as f64) < 2.0 * width + 100.0, "{marks}");
        assert_eq!(many.table().rows.len(), 200);
    }

    #[test]
    fn too_many_receivers_leave_those_in_trouble() {
        let receiver = |n: u64| Receiver {
            name: n.to_string(),
            strips: (0..49)
                .map(|stream| Strip {
                    stream: stream.to_string(),
                    intervals: vec![
                        interval(0, n * 100 + 1, Some(0), true),
                        interval(n * 100 + 1, 9000, Some(2), false),
                    ],
                })
                .collect(),
        };
        let all = Layers { receivers: (0..50).map(receiver).collect(), run_secs: 10.0, from_secs: 0.0 };
        let (shown, most) = all.shown();
        let names: Vec<&str> = shown.iter().map(|receiver| receiver.name.as_str()).collect();
        assert_eq!((names.as_slice(), most), (&["45", "46", "47", "48", "49"][..], MOST_STREAMS));
        assert!(all.picture().height < 1500.0);
    }
}
