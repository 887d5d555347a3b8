//! Whatever levels come, and whoever joins, leaves and mutes: the floor keeps its promises.

use std::time::Duration;

use proptest::prelude::*;
use slotmap::SlotMap;

use super::{Floor, Sound, SpeakerId};
use crate::Time;
use crate::participant::ParticipantId;

#[derive(Clone, Debug)]
enum Step {
    Join,
    Leave(usize),
    Mute(usize),
    /// Who, milliseconds later, ticks further, level.
    Packet(usize, u64, i32, Option<u8>),
    /// So many frames of everybody, of whom one speaks and the others have a background.
    Talk(usize, u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => Just(Step::Join),
        1 => (0..8_usize).prop_map(Step::Leave),
        1 => (0..8_usize).prop_map(Step::Mute),
        6 => (0..8_usize, 0..3_000_u64, any::<i32>(), proptest::option::of(0..=255_u8))
            .prop_map(|(who, after, ticks, level)| Step::Packet(who, after, ticks, level)),
        8 => (0..8_usize, 1..80_u8).prop_map(|(who, frames)| Step::Talk(who, frames)),
    ]
}

/// A floor with its people; the oldest first.
struct Room {
    floor: Floor,
    ids: SlotMap<ParticipantId, ()>,
    people: Vec<(ParticipantId, SpeakerId, u32)>,
    now: Time,
    most: Option<usize>,
}

impl Room {
    fn packet(&mut self, who: usize, ticks: i32, level: Option<u8>) -> Result<(), TestCaseError> {
        let Some((_, id, timestamp)) = self.people.get_mut(who) else { return Ok(()) };
        *timestamp = timestamp.wrapping_add_signed(ticks);
        let (id, sound) = (*id, Sound { timestamp: *timestamp, level });
        let heard = self.floor.on_packet(id, self.now, sound);
        prop_assert_eq!(heard.forward, self.floor.is_heard(id), "the answer is the state");
        if let Some(dominant) = heard.dominant {
            prop_assert_eq!(Some(dominant), self.floor.dominant());
        }
        self.check()
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let heard: Vec<SpeakerId> = self.floor.heard().collect();
        if let Some(most) = self.most {
            prop_assert!(heard.len() <= most);
            let dominant = self.floor.dominant_source();
            prop_assert!(
                dominant.is_none_or(|dominant| heard.contains(&dominant)),
                "the dominant one is heard"
            );
        }
        let is_there = |id: ParticipantId| self.people.iter().any(|(person, _, _)| *person == id);
        prop_assert!(heard.iter().all(|id| self.people.iter().any(|(_, speaker, _)| speaker == id)));
        prop_assert!(self.floor.dominant().is_none_or(is_there));
        prop_assert!(self.floor.recent().iter().all(is_there));
        prop_assert!(self.floor.recent().iter().count() <= 50);
        prop_assert_eq!(self.floor.recent().iter().next().is_some(), self.floor.recent().iter().count() > 0);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]
    #[test]
    fn at_most_n_are_heard_and_the_dominant_one_always(
        most in proptest::option::of(0..4_u8),
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let (floor, now) = (Floor::new(most), Time::from_secs(5));
        let most = most.filter(|most| *most > 0).map(usize::from);
        let mut room = Room { floor, ids: SlotMap::with_key(), people: Vec::new(), now, most };
        for step in steps {
            match step {
                Step::Join => {
                    let id = room.ids.insert(());
                    let speaker = room.floor.add(id);
                    room.people.push((id, speaker, u32::MAX - 9_000));
                }
                Step::Leave(who) if who < room.people.len() => {
                    let (id, _, _) = room.people.remove(who);
                    room.floor.remove(id);
                }
                Step::Mute(who) if who < room.people.len() => room.floor.mute(room.people[who].1),
                Step::Leave(_) | Step::Mute(_) => {}
                Step::Packet(who, after, ticks, level) => {
                    room.now += Duration::from_millis(after);
                    room.packet(who, ticks, level)?;
                }
                Step::Talk(speaker, frames) => {
                    for frame in 0..frames {
                        room.now += Duration::from_millis(20);
                        for who in 0..room.people.len() {
                            let level = if who == speaker && frame % 10 < 8 { 30 } else { 80 };
                            room.packet(who, 960, Some(level))?;
                        }
                    }
                }
            }
            room.check()?;
        }
    }
}
