//! Rows of how evenly those who share a link are served.

use super::builder::{Builder, raw};
use crate::Distribution;
use crate::fair_share::{Group, Shares, User, path, per_window};
use crate::metric::Unit;
use crate::observation::{LinkIndex, TrafficClass};
use crate::recording::Span;

/// Lengths of the windows, s.
const WINDOWS: [usize; 3] = [1, 5, 20];
/// Who is entitled to less takes no part, bit/s.
const NOTHING: f64 = 1_000.0;

pub(super) fn add(rows: &mut Builder<'_>, shares: &Shares) {
    for group in shares.groups() {
        for link in &group.links {
            let users = users(rows, shares, group, *link);
            if users.len() >= 2 {
                for secs in WINDOWS {
                    windows(rows, group, *link, &users, secs);
                }
            }
        }
    }
}

/// A rate and what it is entitled to, by bin, bit/s.
type Both = (Vec<f64>, Vec<f64>);

fn users(rows: &Builder<'_>, shares: &Shares, group: &Group, link: LinkIndex) -> Vec<Both> {
    let mut users: Vec<Both> = Vec::new();
    let bins = rows.measure().bins();
    let mut flows = vec![0.0; bins];
    for (place, user) in group.users.iter().enumerate() {
        match user {
            User::Person(who) if path(rows.recording, *who, group.direction).contains(&link) => {
                let line = shares.line(*who, group.direction);
                users.extend(line.map(|line| (line.rate.clone(), line.entitlement.clone())));
            }
            User::Flow(flow) if rows.cast().traffic[*flow].link == link => {
                flows.iter_mut().zip(&group.flow_shares[place]).for_each(|(sum, share)| *sum += share);
            }
            User::Person(_) | User::Flow(_) => {}
        }
    }
    if flows.iter().any(|share| *share > 0.0 && share.is_finite()) {
        let secs = rows.measure().bin.as_secs_f64();
        let record = rows.recording.link(link);
        let rate = |bin: usize| {
            let bin = record.bins.get(bin).copied().unwrap_or_default();
            f64::from(bin.bytes[TrafficClass::Cross as usize].saturating_sub(bin.unresponsive)) * 8.0 / secs
        };
        users.push(((0..bins).map(rate).collect(), flows));
    }
    users
}

fn windows(rows: &mut Builder<'_>, group: &Group, link: LinkIndex, users: &[Both], secs: usize) {
    let measure = *rows.measure();
    let (mut jain, mut pairwise) = (Vec::new(), Vec::new());
    for period in &group.periods {
        let span: Span = period.overlap(measure.span());
        let shares: Vec<(Vec<f64>, Vec<f64>)> = users
            .iter()
            .map(|(rate, due)| {
                (per_window(rate, &measure, span, secs), per_window(due, &measure, span, secs))
            })
            .collect();
        for window in 0..shares.first().map_or(0, |(rates, _)| rates.len()) {
            let due = shares.iter().map(|(rate, due)| (rate[window], due[window]));
            let x: Vec<f64> = due.filter(|(_, due)| *due >= NOTHING).map(|(rate, due)| rate / due).collect();
            if let Some((index, ratio)) = indices(&x) {
                jain.push(raw(Unit::Ratio, index));
                pairwise.push(raw(Unit::Ratio, ratio));
            }
        }
    }
    let labels = vec![("link", rows.cast().link(link).name.clone()), ("window", format!("{secs}s"))];
    rows.values("fairness.jain", &labels, Distribution::of(jain));
    rows.values("fairness.pairwise", &labels, Distribution::of(pairwise));
}

/// Jain's index, and the least over the greatest; none for fewer than two, or when nobody has anything.
fn indices(x: &[f64]) -> Option<(f64, f64)> {
    let (sum, squares) = x.iter().fold((0.0, 0.0), |(sum, squares), x| (sum + x, squares + x * x));
    let most = x.iter().copied().fold(0.0, f64::max);
    let least = x.iter().copied().fold(f64::INFINITY, f64::min);
    (x.len() >= 2 && squares > 0.0).then(|| (sum * sum / (x.len() as f64 * squares), least / most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_is_one_and_all_for_one_is_one_in_n() {
        assert_eq!(indices(&[0.5, 0.5, 0.5]), Some((1.0, 1.0)));
        assert_eq!(indices(&[1.0, 0.0, 0.0, 0.0]), Some((0.25, 0.0)));
        // (1 + 2)² / (2 · (1 + 4)).
        assert_eq!(indices(&[1.0, 2.0]), Some((0.9, 0.5)));
        assert_eq!((indices(&[1.0]), indices(&[0.0, 0.0])), (None, None));
    }
}
