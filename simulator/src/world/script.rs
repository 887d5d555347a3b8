//! The scenario's timeline.

use reports::observation::{LinkIndex, Observation, ParticipantIndex};
use scenarios::PlannedAction;
use sfu::DataRate;

use super::build::watched;
use super::{Event, World};
use crate::event_queue::{EventClass, NodeId};
use crate::network::{Loss, RateSchedule};
use crate::random::Probability;
use crate::virtual_time::report_time;

impl World {
    pub(super) fn script_due(&mut self, index: u16) {
        let planned = self.timeline[usize::from(index)].clone();
        let text = match &planned.what {
            PlannedAction::Mute(member, source) | PlannedAction::Unmute(member, source) => {
                let muted = matches!(planned.what, PlannedAction::Mute(..));
                let person = member.0 as u16;
                self.with_person(person, |client, now, around| {
                    client.set_muted(now, source, muted, around);
                });
                let name = self.people[member.0].client.name();
                format!("{} {name}/{source}", if muted { "mute" } else { "unmute" })
            }
            PlannedAction::View(member, view) => {
                let view = watched(view);
                self.with_person(member.0 as u16, |client, now, around| client.set_view(now, view, around));
                format!("view of {} changes", self.people[member.0].client.name())
            }
            PlannedAction::Pin(member, whom) => {
                self.with_person(member.0 as u16, |client, now, around| {
                    client.pin(now, whom.as_deref(), around);
                });
                let name = self.people[member.0].client.name();
                match whom {
                    Some(whom) => format!("{name} pins {whom}"),
                    None => format!("{name} unpins"),
                }
            }
            PlannedAction::Rate(line, rate) => {
                self.change_rate(line.0 as u16, DataRate::from_bps(rate.as_bps()));
                format!("rate of {} becomes {rate}", self.line_names[line.0])
            }
            PlannedAction::Loss(line, ratio) => {
                let loss = Probability::new(ratio.get()).map_or(Loss::None, Loss::Bernoulli);
                self.lines[line.0].link.set_loss(self.now, loss);
                self.recorder.disturbed(report_time(self.now), LinkIndex(line.0 as u16));
                format!("loss of {} becomes {ratio}", self.line_names[line.0])
            }
        };
        self.observe(&Observation::Script { text });
    }

    /// A turn to speak begins or ends. Whoever isn't there, or is muted, has none.
    pub(super) fn turn_due(&mut self, index: u16, begins: bool) {
        if !begins || self.people[usize::from(index)].client.can_be_heard() {
            let participant = ParticipantIndex(index);
            self.observe(&Observation::Turn { participant, begins });
        }
    }

    /// The rate from now to the schedule's next step.
    fn change_rate(&mut self, line: u16, rate: DataRate) {
        let link = &mut self.lines[usize::from(line)].link;
        let mut schedule = link.schedule().clone();
        let next = schedule.next_step(self.now);
        let after = next.map(|at| (at, schedule.clone()));
        schedule.replace_from(self.now, &RateSchedule::constant(rate));
        if let Some((at, after)) = after {
            schedule.replace_from(at, &after);
        }
        link.set_schedule(self.now, &schedule);
        self.arm_line(line);
        self.queue.schedule(self.now, EventClass::World, NodeId(0), Event::Capacity(line));
    }
}
