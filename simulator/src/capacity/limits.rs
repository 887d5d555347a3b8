//! Whether a simulated server serves its people well, and what is short where it doesn't.

use reports::metric::Stat;
use reports::summary::Summary;

use super::formula::{Bounds, Demand};
use crate::world::WorkerUse;

/// One limit of quality (★ our own choices).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// What is limited.
    pub what: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Whether it may be at most the bound, or must be at least.
    pub at_most: bool,
    /// The bound.
    pub bound: f64,
}

const fn limit(what: &'static str, unit: &'static str, at_most: bool, bound: f64) -> Limit {
    Limit { what, unit, at_most, bound }
}

/// The limits, in the order of [`Quality::values`].
pub const LIMITS: [Limit; 7] = [
    limit("pictures and sounds that run, of those wanted", "ratio", false, 1.0),
    limit("freezes, of 95 % of pictures", "ratio", true, 0.01),
    limit("capture to render p95, of 95 % of pictures", "ms", true, 250.0),
    limit("mouth to ear p95, of 95 % of sounds", "ms", true, 250.0),
    limit("concealed sound, of 95 % of sounds", "ratio", true, 0.01),
    limit("time below the layer that fills the tile, mean", "ratio", true, 0.05),
    limit("rate of pictures over what their layer calls for, mean", "ratio", false, 0.95),
];

/// Where the limits of delay stand in [`LIMITS`].
const DELAYS: [usize; 2] = [2, 3];

/// What a run came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// What [`LIMITS`] limit.
    pub values: [f64; LIMITS.len()],
}

impl Quality {
    /// Of a run's numbers; pictures ought to have `picture_bps`. What nobody has counts as the worst.
    pub fn of(summary: &Summary, picture_bps: f64) -> Quality {
        let count = |id: &str| summary.row(id, &[]).map_or(0.0, |row| row.stat(Stat::Mean));
        let running = count("flows.rendering.video") + count("flows.rendering.audio");
        let wanted = count("flows.subscribed.video") + count("flows.subscribed.audio");
        let most = |id, stat| nearest(values(summary, id, stat), 0.95).unwrap_or(f64::INFINITY);
        let mean = |id| mean(&values(summary, id, Stat::Mean));
        let running = if wanted > 0.0 { running / wanted } else { 0.0 };
        Quality {
            values: [
                running,
                most("video.freeze_w3c.ratio", Stat::Mean),
                most("video.capture_to_render", Stat::P95),
                most("audio.mouth_to_ear", Stat::P95),
                most("audio.concealed_ratio", Stat::Mean),
                mean("layer_share.below_entitled").unwrap_or(1.0),
                mean("video.bitrate").unwrap_or(0.0) * 1e3 / picture_bps,
            ],
        }
    }

    /// The limits that it breaks, by place.
    pub fn broken(&self) -> Vec<usize> {
        let keeps = |limit: &Limit, value: f64| {
            if limit.at_most { value <= limit.bound } else { value >= limit.bound }
        };
        let places = LIMITS.iter().zip(self.values).enumerate();
        places.filter(|(_, (limit, value))| !keeps(limit, *value)).map(|(place, _)| place).collect()
    }
}

fn values(summary: &Summary, id: &str, stat: Stat) -> Vec<f64> {
    summary.of_metric(id).map(|row| row.stat(stat)).collect()
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The value that a share of them doesn't exceed: nearest rank.
fn nearest(mut values: Vec<f64>, share: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() as f64 * share).ceil() as usize;
    values.get(rank.max(1) - 1).copied()
}

/// How hard a run was on the server.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Strain {
    /// Share of the uplink that was used, and the wait for it (p95), ms.
    pub uplink: (f64, f64),
    /// The same of the downlink.
    pub downlink: (f64, f64),
    /// The busiest worker's share of time.
    pub cpu: f64,
    /// Packets that found a worker's socket full.
    pub dropped: u64,
}

impl Strain {
    /// Of a run's numbers and of its workers in `measured_s` seconds.
    pub fn of(summary: &Summary, workers: &[WorkerUse], measured_s: f64) -> Strain {
        let number = |id: &str, link: &str, stat| {
            let of_link = |row: &&reports::summary::Row| row.label("link") == Some(link);
            summary.of_metric(id).find(of_link).map_or(0.0, |row| row.stat(stat))
        };
        let line = |link| {
            (number("link.utilisation", link, Stat::Mean), number("queue.delay_added", link, Stat::P95))
        };
        let busiest = workers.iter().map(|worker| worker.busy.as_secs_f64()).fold(0.0, f64::max);
        Strain {
            uplink: line("server-out"),
            downlink: line("server-in"),
            cpu: busiest / measured_s,
            dropped: workers.iter().map(|worker| worker.dropped).sum(),
        }
    }
}

/// What gives out first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scarce {
    /// What the server sends.
    Uplink,
    /// What people send to the server.
    Downlink,
    /// Its cores.
    Cpu,
    /// Time: nothing is full, and yet it takes too long.
    Latency,
    /// Quality, for another reason.
    Quality,
    /// The number of people that the server takes.
    Places,
}

impl Scarce {
    /// In a word.
    pub const fn name(self) -> &'static str {
        match self {
            Scarce::Uplink => "uplink",
            Scarce::Downlink => "downlink",
            Scarce::Cpu => "CPU",
            Scarce::Latency => "latency",
            Scarce::Quality => "quality",
            Scarce::Places => "places",
        }
    }
}

/// A line that is used so much, or waited for so long (ms), is short; a worker that is busy so much as well.
const FULL: f64 = 0.9;
const LONG_WAIT: f64 = 25.0;

/// What `count` conferences, which are too many, were short of: of what is full, or else of what would be, that of which
/// the formula asks the largest part. A line that collapses is used less than before, and yet its queue shows.
pub fn scarce(strain: &Strain, quality: &Quality, bounds: &Bounds, count: u32) -> Scarce {
    let full = |(used, wait): (f64, f64)| used >= FULL || wait >= LONG_WAIT;
    let asked = |bound: f64| f64::from(count) / bound.max(1e-9);
    let candidates = [
        (Scarce::Uplink, full(strain.uplink), asked(bounds.uplink)),
        (Scarce::Downlink, full(strain.downlink), asked(bounds.downlink)),
        (Scarce::Cpu, strain.cpu >= FULL || strain.dropped > 0, asked(bounds.cpu)),
    ];
    let worst = candidates.iter().filter(|(_, full, _)| *full).max_by(|a, b| a.2.total_cmp(&b.2));
    let late = || quality.broken().iter().any(|place| DELAYS.contains(place));
    // Controllers that give way in time leave nothing full: then it is what the formula asks too much of.
    let asked_most = candidates.iter().filter(|(.., asked)| *asked > 1.0).max_by(|a, b| a.2.total_cmp(&b.2));
    match worst.or(asked_most) {
        Some((what, ..)) => *what,
        None if late() => Scarce::Latency,
        None => Scarce::Quality,
    }
}

/// Which bound of the formula is the least.
pub fn least(demand: &Demand, bounds: &Bounds) -> Scarce {
    if demand.core > 1.0 || bounds.cpu <= bounds.bandwidth() {
        Scarce::Cpu
    } else if bounds.uplink <= bounds.downlink {
        Scarce::Uplink
    } else {
        Scarce::Downlink
    }
}

#[cfg(test)]
mod tests {
    use reports::summary::RunHeader;

    use super::*;

    const GOOD: Quality = Quality { values: [1.0, 0.01, 250.0, 250.0, 0.01, 0.05, 0.95] };
    const BOUNDS: Bounds = Bounds { uplink: 10.0, downlink: 20.0, cpu: 5.0 };

    fn nobody() -> Summary {
        Summary { header: RunHeader::default(), rows: Vec::new(), absent: Vec::new() }
    }

    #[test]
    fn each_limit_holds_at_its_bound_and_breaks_beyond() {
        assert!(GOOD.broken().is_empty());
        for (place, limit) in LIMITS.iter().enumerate() {
            let mut worse = GOOD;
            worse.values[place] *= if limit.at_most { 1.01 } else { 0.99 };
            assert_eq!(worse.broken(), [place], "{}", limit.what);
        }
    }

    #[test]
    fn nobody_at_all_is_not_well_served() {
        assert_eq!(Quality::of(&nobody(), 1.0).broken().len(), LIMITS.len());
    }

    #[test]
    fn ranks_are_nearest() {
        let numbers = |count: u32| (1..=count).map(f64::from).collect::<Vec<_>>();
        assert_eq!(nearest(numbers(100), 0.95), Some(95.0));
        assert_eq!(nearest(numbers(2), 0.95), Some(2.0));
        assert_eq!(nearest(numbers(0), 0.95), None);
    }

    #[test]
    fn of_what_is_full_it_is_what_the_formula_asks_most_of() {
        let idle = Strain { uplink: (0.5, 1.0), downlink: (0.5, 1.0), cpu: 0.5, dropped: 0 };
        let late = Quality { values: [1.0, 0.0, 300.0, 100.0, 0.0, 0.0, 1.0] };
        let rows = [
            (idle, GOOD, Scarce::Quality),
            (idle, late, Scarce::Latency),
            (Strain { uplink: (0.6, 30.0), ..idle }, late, Scarce::Uplink),
            (Strain { downlink: (0.95, 0.0), ..idle }, late, Scarce::Downlink),
            (Strain { uplink: (0.95, 0.0), downlink: (0.95, 0.0), ..idle }, late, Scarce::Uplink),
            (Strain { uplink: (0.95, 0.0), cpu: 0.95, ..idle }, late, Scarce::Cpu),
            (Strain { dropped: 1, ..idle }, GOOD, Scarce::Cpu),
        ];
        for (strain, quality, what) in rows {
            // The formula asks less of everything than there is.
            let roomy = Bounds { uplink: 10.0, downlink: 20.0, cpu: 7.0 };
            assert_eq!(scarce(&strain, &quality, &roomy, 6), what, "{strain:?}");
        }
        assert_eq!(scarce(&idle, &late, &BOUNDS, 6), Scarce::Cpu, "six are more than five");
    }
}
