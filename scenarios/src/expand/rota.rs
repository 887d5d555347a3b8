//! Who of a group speaks when.

use std::time::Duration;

use super::Member;
use crate::model::{Opus, Publication, Speech, Turn};

/// Silence at the end of each slot: nobody begins the moment that another ends.
const GAP: Duration = Duration::from_millis(500);

/// Puts turns in the place of a rota: of a group of n, member k has each n-th slot from the k-th on.
pub(super) fn resolve(members: &mut [Member], duration: Duration) {
    let groups: Vec<String> = members.iter().map(|member| member.group.clone()).collect();
    for (index, member) in members.iter_mut().enumerate() {
        let of_group = |names: &[String]| names.iter().filter(|group| **group == member.group).count() as u32;
        let (before, all) = (of_group(&groups[..index]), of_group(&groups));
        for publication in member.publish.values_mut() {
            if let Publication::Opus(Opus { speech, .. }) = publication
                && let Speech::Rota(slot) = *speech
            {
                *speech = Speech::Turns(turns(slot, before, all, duration));
            }
        }
    }
}

fn turns(slot: Duration, first: u32, every: u32, duration: Duration) -> Vec<Turn> {
    let starts = (0..).map(|round| slot * first + slot * every * round);
    let starts = starts.take_while(|from| *from < duration);
    starts.map(|from| Turn { from, until: (from + slot).saturating_sub(GAP) }).collect()
}
