//! What the bandwidth is spent on: stacked areas over time.

use super::axis::{rate_unit, ticks};
use super::colour::{
    BLUE, Colour, GREEN, GREY, INDIGO, INK, MUTED, ORANGE, PURPLE, Paint, SKY, TEAL, VERMILION, YELLOW,
};
use super::course::means;
use super::figure::{Figure, Table};
use super::font;
use super::panel::{Panel, SMALL, WIDTH, legend, title};
use super::picture::{Anchor, Picture, Point};
use crate::number::{fixed, number};
use crate::observation::{Direction, TrafficClass};
use crate::recording::Recording;
use crate::views::{self, Stack};

/// Participants beyond which those with the least traffic are left out of the picture; the table has all.
const MOST_ROWS: usize = 16;
/// Units of width per point of an area.
const UNITS: f64 = 2.0;
const DIRECTIONS: [Direction; 2] = [Direction::Up, Direction::Down];

/// What one participant, or the SFU, sends and receives.
#[derive(Clone, Debug, PartialEq)]
pub struct Bandwidth {
    /// Whose.
    pub name: String,
    /// Rates by class, kbit/s, a value per bin: up, then down.
    pub stacks: [Stack; 2],
}

/// The bandwidth of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Spending {
    /// All links together, as the SFU sees it.
    pub sfu: Bandwidth,
    /// Every participant with a link of its own.
    pub participants: Vec<Bandwidth>,
    /// Width of a bin, s.
    pub bin_secs: f64,
    /// Length of the run, s.
    pub run_secs: f64,
    /// End of the warm-up, s.
    pub from_secs: f64,
}

impl Spending {
    /// The bandwidth of a recorded run.
    pub fn of(recording: &Recording) -> Self {
        let participants = recording.participants().map(|(who, _)| Bandwidth {
            name: recording.cast().name(who).to_owned(),
            stacks: DIRECTIONS.map(|direction| views::bandwidth(recording, who, direction)),
        });
        let measure = recording.measure();
        Spending {
            sfu: Bandwidth {
                name: "SFU".to_owned(),
                stacks: DIRECTIONS.map(|direction| views::sfu_bandwidth(recording, direction)),
            },
            participants: participants
                .filter(|one| one.stacks.iter().any(|stack| !stack.is_empty()))
                .collect(),
            bin_secs: measure.bin.as_secs_f64(),
            run_secs: measure.until.as_secs_f64(),
            from_secs: measure.from.as_secs_f64(),
        }
    }

    /// The SFU's figure and the participants'.
    pub fn figures(&self) -> Vec<Figure> {
        let sfu = "All that the SFU received (left) and sent (right), stacked by what it was spent on. Sizes are those on the wire, IP and UDP headers included. The two scales differ: an SFU sends each stream as often as it has receivers. Much vermilion is repair, much yellow padding and probing.";
        let each = "The same for each participant's own lines: what it sent (left) and what it received (right), with the mean of the measured time beside each. Each column has one scale for all rows, so that heights can be compared.";
        let mut figures = Vec::new();
        // Calls without it leave nothing to show.
        if self.sfu.stacks.iter().any(|stack| !stack.is_empty()) {
            let (picture, table) = (self.sfu_picture(), self.table(&[&self.sfu]));
            figures.push(Figure::new("bandwidth-sfu", sfu.to_owned(), &picture, table));
        }
        if !self.participants.is_empty() {
            let all: Vec<&Bandwidth> = self.participants.iter().collect();
            let picture = self.participants_picture();
            figures.push(Figure::new("bandwidth-participants", each.to_owned(), &picture, self.table(&all)));
        }
        figures
    }

    /// The SFU's totals, up and down side by side.
    pub fn sfu_picture(&self) -> Picture {
        let mut picture = Picture::new("What the SFU's bandwidth is spent on", WIDTH, 350.0);
        picture.description = self.description();
        title(&mut picture);
        self.key(&mut picture, &[&self.sfu]);
        for (side, (stack, what)) in
            self.sfu.stacks.iter().zip(["received by the SFU", "sent by the SFU"]).enumerate()
        {
            let highest = most(stack);
            let (scale, unit) = rate_unit(highest);
            let ticks = ticks(highest / scale * 1.02, 5);
            let rows: Vec<f64> = ticks.iter().map(|tick| tick * scale).collect();
            let (left, y_most) = (54.0 + 450.0 * side as f64, rows[rows.len() - 1]);
            let panel = Panel { left, top: 92.0, width: 380.0, height: 200.0, x_most: self.run_secs, y_most };
            panel.heading(&mut picture, what, unit);
            panel.time(&mut picture, self.from_secs, true);
            self.stacked(&mut picture, &panel, stack);
            panel.rows(&mut picture, &rows, |tick| number(tick / scale));
        }
        picture
    }

    /// A row per participant, up and down side by side.
    pub fn participants_picture(&self) -> Picture {
        const ROW: f64 = 44.0;
        let shown = self.shown();
        let height = shown.len() as f64 * ROW;
        let mut picture =
            Picture::new("What each participant's bandwidth is spent on", WIDTH, 92.0 + height + 40.0);
        picture.description = self.participants_description();
        title(&mut picture);
        self.key(&mut picture, &shown);
        let heads = ["up: sent by the participant", "down: received by the participant"];
        for (side, what) in heads.into_iter().enumerate() {
            let highest = shown.iter().map(|one| most(&one.stacks[side])).fold(1.0, f64::max);
            let frame = Panel {
                left: 96.0 + 404.0 * side as f64,
                top: 92.0,
                width: 300.0,
                height,
                x_most: self.run_secs,
                y_most: highest,
            };
            frame.heading(&mut picture, what, &format!("full height: {}", rate(highest)));
            frame.time(&mut picture, self.from_secs, true);
            for (place, one) in shown.iter().enumerate() {
                let top = frame.top + place as f64 * ROW;
                let panel = Panel { top: top + 4.0, height: ROW - 4.0, ..frame };
                self.stacked(&mut picture, &panel, &one.stacks[side]);
                panel.rows(&mut picture, &[0.0], |_| String::new());
                let text = rate(self.mean(&one.stacks[side]));
                picture.text((panel.right() + 6.0, panel.bottom() - 9.0), text, Anchor::Start, SMALL, MUTED);
                if side == 0 {
                    let name = font::fitted(&one.name, SMALL, panel.left - 14.0);
                    picture.text((panel.left - 8.0, panel.bottom() - 9.0), name, Anchor::End, SMALL, INK);
                }
            }
        }
        picture
    }

    fn stacked(&self, picture: &mut Picture, panel: &Panel, stack: &Stack) {
        let mut floor: Vec<f64> = Vec::new();
        for (class, rates) in stack {
            let (rates, secs) = means(rates, self.bin_secs, (panel.width / UNITS) as usize);
            floor.resize(rates.len(), 0.0);
            let ceiling: Vec<f64> = floor.iter().zip(&rates).map(|(below, rate)| below + rate).collect();
            let middle = |bin: usize| (bin as f64 + 0.5) * secs;
            let upper = ceiling.iter().enumerate().map(|(bin, value)| panel.point((middle(bin), *value)));
            let lower = floor.iter().enumerate().rev().map(|(bin, value)| panel.point((middle(bin), *value)));
            let points: Vec<Point> = upper.chain(lower).collect();
            picture.area(points, Paint::solid(colour(*class)));
            floor = ceiling;
        }
    }

    fn key(&self, picture: &mut Picture, of: &[&Bandwidth]) {
        let occurs = |class: &TrafficClass| {
            of.iter().flat_map(|one| &one.stacks).flatten().any(|(occurring, _)| occurring == class)
        };
        let entries: Vec<(Paint, String)> = TrafficClass::ALL
            .into_iter()
            .filter(occurs)
            .map(|class| (Paint::solid(colour(class)), name(class).to_owned()))
            .collect();
        legend(picture, (10.0, 42.0), WIDTH - 10.0, &entries);
    }

    fn shown(&self) -> Vec<&Bandwidth> {
        let traffic = |one: &Bandwidth| one.stacks.iter().map(|stack| self.mean(stack)).sum::<f64>();
        let mut places: Vec<usize> = (0..self.participants.len()).collect();
        let of = |place: &usize| traffic(&self.participants[*place]);
        places.sort_by(|a, b| of(b).total_cmp(&of(a)).then(a.cmp(b)));
        places.truncate(MOST_ROWS);
        places.sort_unstable();
        places.into_iter().map(|place| &self.participants[place]).collect()
    }

    /// Mean of all classes over the measured time, kbit/s.
    fn mean(&self, stack: &Stack) -> f64 {
        stack.iter().map(|(_, rates)| self.class_mean(rates)).sum()
    }

    fn class_mean(&self, rates: &[f64]) -> f64 {
        let first = ((self.from_secs / self.bin_secs).ceil() as usize).min(rates.len().saturating_sub(1));
        let measured = &rates[first..];
        measured.iter().sum::<f64>() / measured.len().max(1) as f64
    }

    fn description(&self) -> String {
        let [received, sent] = [0, 1].map(|side| rate(self.mean(&self.sfu.stacks[side])));
        format!("Mean of the measured time: {received} received, {sent} sent.")
    }

    fn participants_description(&self) -> String {
        let mean = |one: &&Bandwidth| self.mean(&one.stacks[1]);
        let all = || self.participants.iter();
        let (Some(most), Some(least)) = (
            all().max_by(|a, b| mean(a).total_cmp(&mean(b))),
            all().min_by(|a, b| mean(a).total_cmp(&mean(b))),
        ) else {
            return "Nobody has a line of its own.".to_owned();
        };
        format!(
            "On average {} receives most, {}, and {} least, {}.",
            most.name,
            rate(mean(&most)),
            least.name,
            rate(mean(&least))
        )
    }

    fn table(&self, of: &[&Bandwidth]) -> Table {
        let classes = TrafficClass::ALL;
        let mut heads = vec!["whose", "direction", "all, kbit/s"];
        heads.extend(classes.map(name));
        let mut table = Table::new(&heads);
        for one in of {
            for (direction, stack) in DIRECTIONS.into_iter().zip(&one.stacks) {
                let class = |class: TrafficClass| {
                    let rates = stack.iter().find(|(occurring, _)| *occurring == class);
                    rates.map_or("0".to_owned(), |(_, rates)| fixed(self.class_mean(rates), 1))
                };
                let cells = [one.name.clone(), direction.name().to_owned(), fixed(self.mean(stack), 1)];
                table.row(cells.into_iter().chain(classes.map(class)));
            }
        }
        table.note = "Means of the measured time. All bins: series.csv.".to_owned();
        table.cut("the others are in metrics.json.")
    }
}

fn most(stack: &Stack) -> f64 {
    let bins = stack.iter().map(|(_, rates)| rates.len()).max().unwrap_or(0);
    let sum = |bin: usize| stack.iter().filter_map(|(_, rates)| rates.get(bin)).sum::<f64>();
    (0..bins).map(sum).fold(0.0, f64::max)
}

fn rate(kbps: f64) -> String {
    let (scale, unit) = rate_unit(kbps);
    format!("{} {unit}", fixed(kbps / scale, if scale > 1.0 { 1 } else { 0 }))
}

const fn colour(class: TrafficClass) -> Colour {
    match class {
        TrafficClass::Audio => ORANGE,
        TrafficClass::Video => BLUE,
        TrafficClass::Retransmission => VERMILION,
        TrafficClass::Fec => PURPLE,
        TrafficClass::Padding => YELLOW,
        TrafficClass::Rtcp => GREEN,
        TrafficClass::Connectivity => SKY,
        TrafficClass::Data => TEAL,
        TrafficClass::Signalling => INDIGO,
        TrafficClass::Cross => GREY,
    }
}

const fn name(class: TrafficClass) -> &'static str {
    match class {
        TrafficClass::Retransmission => "RTX",
        TrafficClass::Fec => "FEC",
        TrafficClass::Padding => "padding, probes",
        TrafficClass::Rtcp => "RTCP",
        TrafficClass::Connectivity => "STUN, DTLS",
        TrafficClass::Cross => "cross traffic",
        other => other.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spending() -> Spending {
        let stack = || vec![(TrafficClass::Audio, vec![30.0; 10]), (TrafficClass::Video, vec![70.0; 10])];
        let one = |name: &str| Bandwidth { name: name.to_owned(), stacks: [stack(), Stack::new()] };
        Spending {
            sfu: one("SFU"),
            participants: vec![one("alice")],
            bin_secs: 0.2,
            run_secs: 2.0,
            from_secs: 1.0,
        }
    }

    #[test]
    fn means_leave_the_warm_up_out() {
        let mut spending = spending();
        spending.sfu.stacks[0][1].1[..5].fill(1e6);
        assert_eq!(spending.mean(&spending.sfu.stacks[0]), 100.0);
        let table = spending.table(&[&spending.sfu]);
        assert_eq!(table.rows[0][..5], ["SFU", "up", "100.0", "30.0", "70.0"]);
        assert_eq!(table.rows[1][2], "0.0");
    }

    #[test]
    fn areas_stand_on_each_other() {
        let picture = spending().sfu_picture();
        let areas: Vec<_> = picture
            .marks
            .iter()
            .filter_map(|mark| match mark {
                super::super::picture::Mark::Area { points, .. } => Some(points),
                _ => None,
            })
            .collect();
        assert_eq!(areas.len(), 2);
        let (audio, video) = (areas[0], areas[1]);
        assert_eq!(audio[0], video[video.len() - 1], "where audio ends, video begins");
    }

    #[test]
    fn every_class_has_a_colour_of_its_own() {
        for (place, class) in TrafficClass::ALL.into_iter().enumerate() {
            for other in TrafficClass::ALL.into_iter().skip(place + 1) {
                assert_ne!(colour(class), colour(other), "{class:?} and {other:?}");
            }
        }
    }
}
