//! How long rates take to recover from what happens to a link.

use std::time::Duration;

use scenarios::Time;

use super::windows::whole_bins;
use super::{LineShare, Shares, path, rolling};
use crate::number::number;
use crate::observation::{Direction, LinkIndex, ParticipantIndex};
use crate::recording::{Recording, Span};

/// The rate before an event is the mean of this time before it.
const BEFORE: Duration = Duration::from_secs(10);
/// As short a time before it will do, when the participant came so shortly before (★ our own choice).
const BEFORE_LEAST: Duration = Duration::from_secs(2);
/// A recovery is held for so long (★ our own choice).
const HELD: Duration = Duration::from_secs(5);
/// The share of what was, or of what is possible now, that counts as recovered (★ our own choice).
const SHARE: f64 = 0.9;
/// A capacity that changes by less is no event (★ our own choice).
const CHANGE: f64 = 0.2;
/// Less than this isn't worth waiting for, bit/s.
const NOTHING: f64 = 1_000.0;

/// What one event did to one participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Who.
    pub who: ParticipantIndex,
    /// Which way.
    pub direction: Direction,
    /// What happened, in words: "home-down@bob: 2000 to 500 kbit/s".
    pub event: String,
    /// When.
    pub at: Time,
    /// How long until the rate was back; `None` when it never was.
    pub after: Option<Duration>,
    /// How long it was watched for: until the link changes again.
    pub watched: Duration,
}

/// What each event in the measured time did to everybody whose way leads over its link.
pub fn recoveries(recording: &Recording, shares: &Shares) -> Vec<Recovery> {
    let mut all = Vec::new();
    for (link, _) in recording.links() {
        let events = events(recording, link);
        for (place, (at, event)) in events.iter().enumerate() {
            let next = events.get(place + 1).map_or(recording.measure().until, |(next, _)| *next);
            for (who, direction, line) in shares.lines() {
                if !path(recording, who, direction).contains(&link) {
                    continue;
                }
                let mut present = recording.participant(who).present.iter();
                let span = present.find(|span| span.from + BEFORE_LEAST <= *at && *at < span.until);
                let span = span.map(|span| Span { from: span.from, until: span.until.min(next) });
                let Some(after) = span.and_then(|span| recovered(recording, line, *at, span)) else {
                    continue;
                };
                let watched = next.since(*at);
                all.push(Recovery { who, direction, event: event.clone(), at: *at, after, watched });
            }
        }
    }
    all.sort_by_key(|one| one.at);
    all
}

/// Changes of a link's capacity and loss, but for those that follow another within 10 s.
fn events(recording: &Recording, link: LinkIndex) -> Vec<(Time, String)> {
    let record = recording.link(link);
    let name = &recording.cast().link(link).name;
    let capacity = |bps: Option<u64>| {
        bps.map_or("no limit".to_owned(), |bps| format!("{} kbit/s", number(bps as f64 / 1e3)))
    };
    let is_large = |before: Option<u64>, after: Option<u64>| match (before, after) {
        (Some(before), Some(after)) => after.abs_diff(before) as f64 >= before.max(after) as f64 * CHANGE,
        (before, after) => before != after,
    };
    let steps = record.capacity.windows(2).filter(|pair| is_large(pair[0].1, pair[1].1));
    let mut events: Vec<(Time, String)> = steps
        .map(|pair| (pair[1].0, format!("{name}: {} to {}", capacity(pair[0].1), capacity(pair[1].1))))
        .collect();
    events.extend(record.disturbed.iter().map(|at| (*at, format!("{name}: other loss"))));
    events.sort();
    let mut last = None;
    events.retain(|(at, _)| {
        let is_apart = last.is_none_or(|last: Time| at.since(last) >= BEFORE);
        last = Some(*at);
        is_apart && recording.measure().contains(*at)
    });
    events
}

/// How long after `at` the rate was back; the outer `None` where there is nothing to come back to.
fn recovered(recording: &Recording, line: &LineShare, at: Time, present: Span) -> Option<Option<Duration>> {
    let measure = recording.measure();
    let second = measure.bins_per_second();
    let bins = |span: Time| measure.bin_of(span);
    let from = Time::from_nanos(at.as_nanos().saturating_sub(BEFORE.as_nanos() as u64)).max(present.from);
    let before = &line.rate[bins(from)..bins(at).max(bins(from) + 1)];
    let before = before.iter().sum::<f64>() / before.len() as f64;
    let whole = whole_bins(measure, Span { from: at, until: present.until.min(measure.until) });
    let first = whole.start;
    let after = line.rate.get(first..whole.end.min(line.rate.len()))?;
    let possible = line.entitlement.get(first..first + after.len())?;
    let feasible = rolling(possible, second);
    if before < NOTHING || feasible.is_empty() {
        return None;
    }
    let is_back: Vec<bool> = rolling(after, second)
        .iter()
        .zip(&feasible)
        .map(|(rate, feasible)| *rate >= SHARE * before.min(*feasible))
        .collect();
    let steps = second * usize::try_from(HELD.as_secs()).unwrap_or(usize::MAX) - second + 1;
    let back = is_back.windows(steps).position(|window| window.iter().all(|back| *back));
    Some(back.map(|place| measure.bin_span(first + place).from.since(at)))
}
