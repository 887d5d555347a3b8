//! How long rates took to come back after each event: a box per event over all whom it met.

use super::axis::ticks;
use super::colour::{BLUE, INK, MUTED, Paint, SKY, VERMILION};
use super::figure::{Figure, Table};
use super::font;
use super::panel::{Panel, SMALL, WIDTH, legend, thin, title};
use super::picture::{Anchor, Picture, Stroke};
use crate::fair_share::{Shares, recoveries};
use crate::number::{fixed, number};
use crate::recording::Recording;

const ROW: f64 = 26.0;
/// Events beyond which the later ones are left out of the picture; the table has all.
const MOST_ROWS: usize = 30;

/// One event and what became of those whom it met.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// "home-down@bob: 2000 kbit/s to 500 kbit/s".
    pub name: String,
    /// When, s.
    pub at_secs: f64,
    /// Who recovered, and after how long, s; the quickest first.
    pub back: Vec<(String, f64)>,
    /// Who didn't before the next event or the end of the run, and for how long it was watched, s.
    pub never: Vec<(String, f64)>,
}

/// The events of a run.
pub fn of(recording: &Recording) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    for one in recoveries(recording, &Shares::of(recording)) {
        let at_secs = one.at.as_secs_f64();
        let known = events.iter().position(|event| event.at_secs == at_secs && event.name == one.event);
        let place = known.unwrap_or_else(|| {
            events.push(Event { name: one.event.clone(), at_secs, back: Vec::new(), never: Vec::new() });
            events.len() - 1
        });
        let who = recording.cast().name(one.who).to_owned();
        match one.after {
            Some(after) => events[place].back.push((who, after.as_secs_f64())),
            None => events[place].never.push((who, one.watched.as_secs_f64())),
        }
    }
    events.iter_mut().for_each(|event| event.back.sort_by(|a, b| a.1.total_cmp(&b.1)));
    events
}

impl Event {
    /// The nearest-rank quantile of the times of those who recovered, s.
    fn quantile(&self, percent: usize) -> Option<f64> {
        let rank = (self.back.len() * percent).div_ceil(100).max(1);
        self.back.get(rank - 1).map(|(_, secs)| *secs)
    }

    fn most(&self) -> f64 {
        self.back.iter().chain(&self.never).map(|(_, secs)| *secs).fold(0.0, f64::max)
    }
}

/// The figure, when anything happened.
pub fn figure(events: &[Event]) -> Option<Figure> {
    let caption = "After each change of a link's capacity or loss: how long until those whose way leads over it received, or sent, 0.9 times what they did before, or what is possible now if that is less, for 5 s. The box holds the middle half of them, with the median; the line goes from the quickest to the slowest. Vermilion: who had not recovered when the link changed again, or the run ended.";
    (!events.is_empty()).then(|| Figure::new("recovery", caption.to_owned(), &picture(events), table(events)))
}

/// A row per event.
pub fn picture(events: &[Event]) -> Picture {
    let shown = &events[..events.len().min(MOST_ROWS)];
    let height = shown.len().max(1) as f64 * ROW;
    let mut picture = Picture::new("How long rates took to recover", WIDTH, 92.0 + height + 42.0);
    picture.description = describe(events);
    title(&mut picture);
    let entries = [
        (Paint::solid(SKY), "the middle half, with the median".to_owned()),
        (Paint::solid(VERMILION), "not recovered".to_owned()),
    ];
    legend(&mut picture, (10.0, 42.0), WIDTH - 10.0, &entries);
    let highest = shown.iter().map(Event::most).fold(0.0, f64::max);
    let ticks = ticks(highest * 1.05, 8);
    let x_most = ticks[ticks.len() - 1];
    let panel = Panel { left: 330.0, top: 92.0, width: WIDTH - 450.0, height, x_most, y_most: 1.0 };
    panel.heading(&mut picture, "time from the event", "s");
    panel.columns(&mut picture, &ticks);
    panel.column_labels(&mut picture, &ticks, number, "s");
    for (row, event) in shown.iter().enumerate() {
        draw(&mut picture, &panel, panel.top + (row as f64 + 0.5) * ROW, event);
    }
    picture
}

fn draw(picture: &mut Picture, panel: &Panel, middle: f64, event: &Event) {
    let name = format!("{} s  {}", number(event.at_secs), event.name);
    let name = font::fitted(&name, SMALL, panel.left - 20.0);
    picture.text((panel.left - 8.0, middle), name, Anchor::End, SMALL, INK);
    let quantiles = [0, 25, 50, 75, 100].map(|percent| event.quantile(percent));
    if let [Some(least), Some(low), Some(median), Some(high), Some(most)] = quantiles {
        let x = |secs| panel.x(secs);
        picture.line(vec![(x(least), middle), (x(most), middle)], thin(Paint::solid(BLUE)));
        let width = (x(high) - x(low)).max(2.0);
        picture.rect((x(low), middle - 7.0), (width, 14.0), Paint::solid(SKY));
        let stroke = Stroke { paint: Paint::solid(BLUE), width: 2.5, dashed: false };
        picture.line(vec![(x(median), middle - 7.0), (x(median), middle + 7.0)], stroke);
    }
    for (_, secs) in &event.never {
        picture.rect((panel.x(*secs) - 3.0, middle - 3.0), (6.0, 6.0), Paint::solid(VERMILION));
    }
    let people = event.back.len() + event.never.len();
    let text = match event.never.len() {
        0 => format!("{people} of {people} back"),
        never => format!("{} of {people} back", people - never),
    };
    picture.text((panel.right() + 10.0, middle), text, Anchor::Start, SMALL, MUTED);
}

fn describe(events: &[Event]) -> String {
    let never: usize = events.iter().map(|event| event.never.len()).sum();
    let slowest = events.iter().filter_map(|event| Some((event, event.back.last()?)));
    let words = slowest.max_by(|a, b| a.1.1.total_cmp(&b.1.1)).map(|(event, (who, secs))| {
        format!("The slowest recovery took {} s, of {who} after {}.", fixed(*secs, 1), event.name)
    });
    let words = words.unwrap_or_else(|| "Nobody recovered.".to_owned());
    if never == 0 { words } else { format!("{words} {never} did not recover in time.") }
}

fn table(events: &[Event]) -> Table {
    let mut table =
        Table::new(&["event", "at, s", "met", "quickest, s", "median, s", "slowest, s", "not recovered"]);
    for event in events {
        let secs = |percent| event.quantile(percent).map_or("–".to_owned(), |secs| fixed(secs, 1));
        let never = event.never.iter().map(|(who, secs)| format!("{who} (> {} s)", fixed(*secs, 1)));
        let never: Vec<String> = never.collect();
        table.row([
            event.name.clone(),
            number(event.at_secs),
            (event.back.len() + event.never.len()).to_string(),
            secs(0),
            secs(50),
            secs(100),
            if never.is_empty() { "nobody".to_owned() } else { never.join(", ") },
        ]);
    }
    if events.len() > MOST_ROWS {
        table.note = format!("The picture shows the first {MOST_ROWS}.");
    }
    table
}

#[cfg(test)]
mod tests {
    use super::super::picture::Mark;
    use super::*;

    fn event(back: &[f64], never: &[f64]) -> Event {
        let named = |secs: &[f64]| secs.iter().map(|secs| (format!("p{secs}"), *secs)).collect();
        Event { name: "line: 2 to 1".to_owned(), at_secs: 20.0, back: named(back), never: named(never) }
    }

    #[test]
    fn a_box_holds_the_middle_half() {
        let one = event(&[1.0, 2.0, 3.0, 4.0], &[]);
        let quantiles = [0, 25, 50, 75, 100].map(|percent| one.quantile(percent));
        assert_eq!(quantiles, [Some(1.0), Some(1.0), Some(2.0), Some(3.0), Some(4.0)]);
        let picture = picture(&[one]);
        let boxes: Vec<f64> = picture
            .marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Rect { size, .. } if size.1 == 14.0 => Some(size.0),
                _ => None,
            })
            .collect();
        // Two of five seconds on 450 units.
        assert_eq!(boxes, [180.0]);
        assert!(picture.description.contains("took 4.0 s, of p4"), "{}", picture.description);
    }

    #[test]
    fn who_never_recovers_is_told_and_not_dropped() {
        let table = table(&[event(&[1.5], &[30.0]), event(&[], &[9.0])]);
        assert_eq!(table.rows[0][2..], ["2", "1.5", "1.5", "1.5", "p30 (> 30.0 s)"]);
        assert_eq!(table.rows[1][2..6], ["1", "–", "–", "–"]);
        let picture = picture(&[event(&[1.5], &[30.0])]);
        let texts: Vec<&str> = picture
            .marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Text { text, .. } => Some(text.as_str()),
                _ => None,
            })
            .collect();
        assert!(texts.contains(&"1 of 2 back"), "{texts:?}");
        assert!(describe(&[event(&[], &[9.0])]).starts_with("Nobody recovered. 1 did not"));
    }

    #[test]
    fn nothing_happened_and_there_is_no_picture() {
        assert_eq!(figure(&[]), None);
        assert!(figure(&[event(&[1.0], &[])]).is_some());
    }
}
