//! What went through each stage of a link, and its last stage: the impairments.

use sfu::Time;

use super::Link;
use crate::network::counters::{Count, LinkCounters, StageCounters};
use crate::network::hop::{Delivered, Dropped};

impl Link {
    /// What went through each stage by `now`.
    pub fn counters(&mut self, now: Time) -> LinkCounters {
        self.advance(now);
        let (mut waiting, serialising, flying) = self.backlog.held();
        waiting += self.held_by_management();
        let (none, sent) = (Count::default(), self.transmitted.total());
        let stage = |entered, left, dropped, held| StageCounters { entered, left, dropped, held };
        let impairments = self.impairments.as_ref();
        let piped = impairments.map_or_else(|| self.delivered.total(), |stage| stage.taken_in());
        LinkCounters {
            policer: self.policer.as_ref().map(|policer| policer.flow()).unwrap_or_default(),
            queue: stage(self.entered, self.begun, self.dropped, waiting),
            serialiser: stage(self.begun, sent, none, serialising),
            loss: stage(sent, self.launched, self.lost_count, none),
            propagation: stage(self.launched, piped, none, flying),
            impairment: impairments.map(|stage| stage.flow()).unwrap_or_default(),
            impaired: impairments.map(|stage| stage.counters()).unwrap_or_default(),
        }
    }

    /// The next out of the impairments, into which all that has come out of the pipe goes.
    pub(super) fn next_impaired(&mut self, now: Time) -> Option<Result<Delivered, Dropped>> {
        let stage = self.impairments.as_mut()?;
        while let Some(delivered) = self.backlog.pop_arrived(now) {
            if let Some(refused) = stage.push(delivered) {
                return Some(Err(refused));
            }
        }
        stage.pop(now).map(Ok)
    }
}
