//! The answer in short: was the conference good, who had trouble, and why.

use crate::Distribution;
use crate::metric::{Stat, Unit};
use crate::number::{fixed, number};
use crate::observation::{Direction, LossCause, ParticipantIndex};
use crate::plot::waterfall;
use crate::recording::Recording;
use crate::summary::{Row, Summary};
use crate::views;

/// What counts as trouble.
struct Sign {
    metric: &'static str,
    stat: Stat,
    /// The value of the metric above which it is trouble.
    limit: f64,
    /// Over which label sets of a receiver it is judged.
    over: Over,
    /// What it is called, and where the limit comes from.
    name: &'static str,
    source: &'static str,
}

#[derive(Clone, Copy, PartialEq)]
enum Over {
    /// All of them together.
    All,
    /// The worst of them.
    Worst,
}

const OWN: &str = "★ our own choice";

const SIGNS: [Sign; 6] = [
    Sign {
        metric: "video.capture_to_render",
        stat: Stat::P95,
        limit: 400.0,
        over: Over::All,
        name: "p95 from capture to render",
        source: "ITU-T G.114's limit for speech, ★ taken for video",
    },
    Sign {
        metric: "audio.mouth_to_ear",
        stat: Stat::P95,
        limit: 400.0,
        over: Over::All,
        name: "p95 from mouth to ear",
        source: "ITU-T G.114",
    },
    Sign {
        metric: "video.freeze_w3c.ratio",
        stat: Stat::Max,
        limit: 0.01,
        over: Over::Worst,
        name: "time frozen, worst stream",
        source: OWN,
    },
    Sign {
        metric: "audio.concealed_ratio",
        stat: Stat::Mean,
        limit: 0.01,
        over: Over::Worst,
        name: "sound concealed, worst stream",
        source: OWN,
    },
    Sign {
        metric: "layer_share.below_entitled",
        stat: Stat::Mean,
        limit: 0.1,
        over: Over::All,
        name: "time below the layers it was entitled to",
        source: OWN,
    },
    Sign {
        metric: "loss.after_repair",
        stat: Stat::Max,
        limit: 0.005,
        over: Over::Worst,
        name: "packets lost after repair, worst stream",
        source: OWN,
    },
];

/// Somebody's trouble.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Trouble {
    /// Whose.
    pub name: String,
    /// What they met: "p95 from capture to render 512 ms (limit 400 ms)".
    pub signs: Vec<String>,
    /// What was seen on the way to them.
    pub causes: Vec<String>,
}

/// A figure that stands for the whole run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Key {
    /// What it is of.
    pub name: &'static str,
    /// The value with its unit.
    pub value: String,
    /// Whose value it is, or what it rests on.
    pub of: String,
}

/// Everybody who had trouble, the worst first.
pub(super) fn troubles(recording: &Recording, summary: &Summary) -> Vec<Trouble> {
    let rows = SIGNS.map(|sign| summary.of_metric(sign.metric).collect::<Vec<&Row>>());
    let trouble = |(who, _): (ParticipantIndex, _)| {
        let name = recording.cast().name(who);
        let signs: Vec<(f64, String)> =
            SIGNS.iter().zip(&rows).filter_map(|(sign, rows)| sign.judged(rows, name)).collect();
        let badness = signs.iter().map(|(times, _)| *times).reduce(f64::max)?;
        let signs = signs.into_iter().map(|(_, text)| text).collect();
        Some((badness, Trouble { name: name.to_owned(), signs, causes: causes(recording, who) }))
    };
    let mut all: Vec<(f64, Trouble)> = recording.participants().filter_map(trouble).collect();
    // Stable: the cast's order among equals.
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    all.into_iter().map(|(_, trouble)| trouble).collect()
}

/// The limits that [`troubles`] goes by, for the notes.
pub(super) fn limits() -> Vec<String> {
    SIGNS
        .iter()
        .map(|sign| format!("Trouble is {} above {} ({}).", sign.name, sign.show(sign.limit), sign.source))
        .collect()
}

impl Sign {
    /// How many times the limit, and in words, when it is above.
    fn judged(&self, rows: &[&Row], receiver: &str) -> Option<(f64, String)> {
        let mine: Vec<&&Row> = rows.iter().filter(|row| row.label("receiver") == Some(receiver)).collect();
        let (value, stream) = match self.over {
            Over::Worst => {
                let values = mine.iter().map(|row| (row.stat(self.stat), row));
                let (value, row) = values.reduce(|a, b| if b.0 > a.0 { b } else { a })?;
                (value, format!(", {}", stream(row)))
            }
            Over::All => {
                let mut all = Distribution::default();
                mine.iter().for_each(|row| all.merge(&row.distribution));
                let scale = mine.first()?.definition.unit.scale();
                (self.stat.of(&all.stats(scale)?), String::new())
            }
        };
        let text = format!("{}{stream}: {} (limit {})", self.name, self.show(value), self.show(self.limit));
        (value > self.limit).then_some((value / self.limit, text))
    }

    fn show(&self, value: f64) -> String {
        if self.limit < 1.0 { percent(value) } else { format!("{} ms", fixed(value, 0)) }
    }
}

fn percent(ratio: f64) -> String {
    let decimals = if ratio < 0.1 { 2 } else { 1 };
    // "1 %" rather than "1.00 %".
    let text = fixed(ratio * 100.0, decimals);
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} %")
}

/// What was seen on a participant's downlinks, and in the delay of its frames.
fn causes(recording: &Recording, who: ParticipantIndex) -> Vec<String> {
    let mut causes = Vec::new();
    for (index, link) in recording.links() {
        let info = recording.cast().link(index);
        if info.owner != Some(who) || info.direction != Direction::Down {
            continue;
        }
        for cause in LossCause::ALL {
            let lost = link.measured.of(cause);
            if lost > 0 {
                let share = percent(lost as f64 / link.measured.offered().max(1) as f64);
                causes.push(format!("{} lost {lost} packets ({share}): {}", info.name, in_words(cause)));
            }
        }
        let limits: Vec<u64> = link.capacity.iter().filter_map(|(_, bps)| *bps).collect();
        if let (Some(least), Some(most)) = (limits.iter().min(), limits.iter().max())
            && least < most
        {
            let kbps = |bps: u64| format!("{} kbit/s", number(bps as f64 / 1e3));
            causes.push(format!(
                "the capacity of {} fell to {} (at best {})",
                info.name,
                kbps(*least),
                kbps(*most)
            ));
        }
        let waited = link.queued_most.as_secs_f64() * 1e3;
        if waited > 100.0 {
            causes.push(format!(
                "packets waited up to {} ms in the queue of {}",
                fixed(waited, 0),
                info.name
            ));
        }
    }
    causes.extend(lossy_uplinks(recording, who));
    if let Some(parts) = views::mean_parts_ms(recording, who) {
        let largest = (0..parts.len()).max_by(|a, b| parts[*a].total_cmp(&parts[*b])).unwrap_or(0);
        let total: f64 = parts.iter().sum();
        causes.push(format!(
            "the largest part of its video delay is {}: {} of {} ms on average",
            waterfall::in_words(largest),
            fixed(parts[largest], 0),
            fixed(total, 0)
        ));
    }
    causes
}

/// Uplinks of others that lost more than one packet in a hundred (★ our own choice): their receivers feel it.
fn lossy_uplinks(recording: &Recording, who: ParticipantIndex) -> Option<String> {
    let cast = recording.cast();
    let lossy = recording.links().filter(|(index, link)| {
        let info = cast.link(*index);
        let lost: u64 = link.measured.dropped.iter().sum();
        info.direction == Direction::Up && info.owner != Some(who) && lost * 100 > link.measured.offered()
    });
    let names: Vec<&str> = lossy.map(|(index, _)| cast.link(index).name.as_str()).collect();
    (!names.is_empty())
        .then(|| format!("on the way to the SFU {} lost more than 1 % of its packets", names.join(", ")))
}

const fn in_words(cause: LossCause) -> &'static str {
    match cause {
        LossCause::Queue => "its queue was full",
        LossCause::Aqm => "its queue management dropped them",
        LossCause::Random => "random loss",
        LossCause::Policer => "its policer dropped them",
        LossCause::Partition => "it was cut",
    }
}

/// The figures that stand for a run: metric, statistic, name.
pub(crate) const KEYS: [(&str, Stat, &str); 6] = [
    ("video.capture_to_render", Stat::P95, "capture to render, p95"),
    ("audio.mouth_to_ear", Stat::P95, "mouth to ear, p95"),
    ("time_to_first_frame", Stat::Max, "first picture after"),
    ("video.freeze_w3c.ratio", Stat::Max, "time frozen"),
    ("loss.after_repair", Stat::Max, "loss after repair"),
    ("sfu.forward_delay", Stat::P95, "SFU forwarding, p95"),
];

/// The value of such a figure with its unit.
pub(crate) fn key_text(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Ratio => percent(value),
        _ if value < 10.0 => format!("{} ms", fixed(value, 2)),
        _ => format!("{} ms", fixed(value, 0)),
    }
}

/// The figures that stand for the run.
pub(super) fn keys(recording: &Recording, summary: &Summary) -> Vec<Key> {
    let people = recording.cast().participants.len();
    let connected = recording.participants().filter(|(_, record)| record.connected()).count();
    let mut keys = vec![Key {
        name: "connected",
        value: format!("{connected} of {people}"),
        of: "participants".to_owned(),
    }];
    for (metric, stat, name) in KEYS {
        let worst = summary.of_metric(metric).map(|row| (row.stat(stat), row));
        let Some((value, row)) = worst.reduce(|a, b| if b.0 > a.0 { b } else { a }) else { continue };
        let value = key_text(row.definition.unit, value);
        keys.push(Key { name, value, of: format!("worst: {}", whose(row)) });
    }
    keys
}

/// "heidi/cam".
fn stream(row: &Row) -> String {
    format!("{}/{}", row.label("publisher").unwrap_or("?"), row.label("source").unwrap_or("?"))
}

/// "heidi/cam at bob", or whatever labels there are.
pub(super) fn whose(row: &Row) -> String {
    match (row.label("receiver"), row.label("publisher"), row.label("source")) {
        (Some(receiver), Some(publisher), Some(source)) => format!("{publisher}/{source} at {receiver}"),
        _ => row.labels.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(" "),
    }
}
