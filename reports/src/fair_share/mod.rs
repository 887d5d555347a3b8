//! What each participant's line could carry, what it was entitled to of that, and what it carried.
//!
//! The reference is the max-min fair share of the capacity that traffic leaves which doesn't make way; flows that do
//! make way (TCP) have a share like a participant. The entitlement is the share that is fair when nobody gets more than
//! it can use: as much as the layers that were wanted of it need.

mod convergence;
mod demand;
mod fill;
mod group;
mod recovery;
mod windows;

use crate::observation::{Direction, LinkIndex, ParticipantIndex};
use crate::recording::{Recording, Span};

pub use convergence::{Convergence, convergences, reversals};
pub use group::{Group, User};
pub use recovery::{Recovery, recoveries};
pub(crate) use windows::whole_bins;
pub use windows::{per_window, rolling};

/// A participant's line in one direction, by bin of the run.
#[derive(Clone, Debug, Default)]
pub struct LineShare {
    /// Its max-min fair share were everybody's wish for more without end, bit/s on the wire; `None` where it is
    /// without limit, or the participant isn't there.
    pub reference: Vec<Option<f64>>,
    /// What it is entitled to, bit/s of media in the terms of `rate`; 0 while nothing is wanted of it.
    pub entitlement: Vec<f64>,
    /// What it carried of media, bit/s: the payload that the participant received; upwards the packets that it sent
    /// on a line of its own, or what its encoders put out where it shares one.
    pub rate: Vec<f64>,
    /// Its place among [`Shares::groups`].
    pub group: Option<usize>,
}

/// The shares of all participants.
#[derive(Clone, Debug)]
pub struct Shares {
    /// By participant, then [`Direction`].
    lines: Vec<[LineShare; 2]>,
    /// Lines that compete with each other, and so have the same static periods.
    groups: Vec<Group>,
}

/// Both directions.
pub const DIRECTIONS: [Direction; 2] = [Direction::Up, Direction::Down];

impl Shares {
    /// The shares of a run.
    pub fn of(recording: &Recording) -> Self {
        let people = recording.cast().paths.len();
        let mut lines: Vec<[LineShare; 2]> = vec![Default::default(); people];
        let mut groups = Vec::new();
        for direction in DIRECTIONS {
            let demands = demand::of(recording, direction);
            let rates = demand::payload(recording, direction);
            for group in group::all(recording, direction) {
                let shares = group.shares(recording, &demands, &rates);
                for (who, share) in shares {
                    let line = &mut lines[usize::from(who.0)][direction as usize];
                    *line = LineShare { group: Some(groups.len()), ..share };
                }
                groups.push(group);
            }
            for (line, rate) in lines.iter_mut().zip(rates) {
                line[direction as usize].rate = rate;
            }
        }
        Shares { lines, groups }
    }

    /// A participant's line; nothing is known of those without a way.
    pub fn line(&self, who: ParticipantIndex, direction: Direction) -> Option<&LineShare> {
        let line = &self.lines.get(usize::from(who.0))?[direction as usize];
        line.group.is_some().then_some(line)
    }

    /// Every line that is known, by participant and direction.
    pub fn lines(&self) -> impl Iterator<Item = (ParticipantIndex, Direction, &LineShare)> {
        let people = (0_u16..).map(ParticipantIndex).zip(&self.lines);
        let each = people.flat_map(|(who, lines)| DIRECTIONS.map(|one| (who, one, &lines[one as usize])));
        each.filter(|(_, _, line)| line.group.is_some())
    }

    /// The lines that compete.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Stretches of the run in which nothing changed that a line's share depends on: neither capacities nor who is
    /// there nor the script.
    pub fn static_periods(&self, line: &LineShare) -> &[Span] {
        line.group.map_or(&[], |group| &self.groups[group].periods)
    }
}

/// The links of a participant's way in one direction, in the order in which packets pass them.
pub(crate) fn path(recording: &Recording, who: ParticipantIndex, direction: Direction) -> &[LinkIndex] {
    recording.cast().paths.get(usize::from(who.0)).map_or(&[], |paths| &paths[direction as usize])
}

#[cfg(test)]
mod tests;
