//! What is told at the end of each bin.

use reports::observation::{EstimateOf, LinkIndex, Observation};

use sfu::{DataRate, DropReason};

use super::{Event, World};
use crate::event_queue::{EventClass, NodeId};
use crate::virtual_time::report_time;

impl World {
    pub(super) fn sample(&mut self) {
        self.sample_counters();
        let next = self.now + self.bin;
        if next < self.end {
            self.queue.schedule(next, EventClass::Sample, NodeId(0), Event::Sample);
        }
    }

    /// Counters of every flow and estimates of every path, as they stand.
    pub(super) fn sample_counters(&mut self) {
        for person in &mut self.people {
            person.client.sample(&mut self.observations);
        }
        self.observe_all();
        let copies = self.sfu.copies();
        let asked = copies.asked - copies.unrepaired.of(DropReason::Duplicate);
        self.recorder.repairs(report_time(self.now), asked, copies.answered);
        self.watch_state();
        let estimates: Vec<_> = self.sfu.estimates().collect();
        for (id, rate) in estimates {
            if let Some(place) = self.place(id) {
                let of = EstimateOf::Downlink(place);
                let moment = self.moment();
                self.watch.estimate(moment, place.0, rate);
                self.observe(&Observation::Estimate { of, bps: rate.as_bps() });
            }
        }
    }

    /// Tells a link's capacity from now on, and comes back when its schedule changes it.
    pub(super) fn tell_capacity(&mut self, index: u16) {
        let schedule = self.lines[usize::from(index)].link.schedule();
        let rate = schedule.rate_at(self.now);
        let next = schedule.next_change(self.now);
        let bps = (rate != DataRate::INFINITE).then(|| rate.as_bps());
        self.observe(&Observation::LinkCapacity { link: LinkIndex(index), bps });
        if let Some(next) = next {
            self.queue.schedule(next, EventClass::World, NodeId(0), Event::Capacity(index));
        }
    }
}
