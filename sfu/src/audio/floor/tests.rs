use super::*;

fn people<const N: usize>() -> [ParticipantId; N] {
    let mut ids: SlotMap<ParticipantId, ()> = SlotMap::with_key();
    std::array::from_fn(|_| ids.insert(()))
}

/// A conference whose people speak frame by frame, each packet `frame` long.
struct Room<const N: usize> {
    floor: Floor,
    people: [ParticipantId; N],
    ids: [SpeakerId; N],
    now: Time,
    ticks: u32,
    /// When who became dominant, ms.
    changes: Vec<(u64, usize)>,
    /// Packets forwarded, by person.
    forwarded: [u32; N],
}

impl<const N: usize> Room<N> {
    fn new(loudest: Option<u8>) -> Self {
        let mut floor = Floor::new(loudest);
        let people = people();
        let ids = people.map(|person| floor.add(person));
        let (now, ticks) = (Time::ZERO, u32::MAX - 48_000);
        Room { floor, people, ids, now, ticks, changes: Vec::new(), forwarded: [0; N] }
    }

    /// So many milliseconds in which each has a level; 127 is background that isn't sent.
    fn run(&mut self, ms: u64, levels: [u8; N]) {
        self.run_packets(ms, levels, FRAME);
    }

    fn run_packets(&mut self, ms: u64, levels: [u8; N], length: Duration) {
        let end = self.now + Duration::from_millis(ms);
        while self.now < end {
            self.now += length;
            self.ticks = self.ticks.wrapping_add((length.as_micros() * 48 / 1_000) as u32);
            for (index, level) in levels.into_iter().enumerate().filter(|(_, level)| *level < 127) {
                // A syllable is 160 ms and a dip of 20 dB between two is 40 ms.
                let dips = level < 50 && self.now.as_millis() % 200 >= 160;
                let level = if dips { level + 20 } else { level };
                let sound = Sound { timestamp: self.ticks, level: Some(level) };
                let heard = self.floor.on_packet(self.ids[index], self.now, sound);
                self.forwarded[index] += u32::from(heard.forward);
                if let Some(owner) = heard.dominant {
                    let who = self.people.iter().position(|person| *person == owner).expect("one of them");
                    self.changes.push((self.now.as_millis(), who));
                }
            }
        }
    }

    fn order(&self) -> Vec<usize> {
        self.changes.iter().map(|(_, who)| *who).collect()
    }
}

#[test]
fn t7_048_a_single_participant_becomes_dominant_once() {
    let mut room = Room::<1>::new(None);
    room.run(1_000, [80]);
    assert!(room.changes.is_empty(), "ours differs: nobody is nominated before they speak");
    for _ in 0..10 {
        room.run(2_000, [30]);
        room.run(3_000, [80]);
    }
    assert_eq!(room.order(), [0], "silence takes the floor from nobody: T7.049's time-out is not ours");
}

#[test]
fn turns_change_the_floor_within_a_second_and_noises_do_not() {
    let mut room = Room::<3>::new(None);
    room.run(2_000, [75, 75, 75]);
    room.run(5_000, [30, 75, 75]);
    // A cough of 240 ms, and a shorter remark, while another speaks.
    room.run(240, [30, 20, 75]);
    room.run(3_000, [30, 75, 75]);
    room.run(400, [30, 75, 35]);
    room.run(3_000, [30, 75, 75]);
    assert_eq!(room.order(), [0]);
    let turn = room.now.as_millis();
    room.run(5_000, [75, 35, 75]);
    // An interruption that goes on: the louder one is no reason, the end of the other's speech is.
    room.run(4_000, [75, 35, 25]);
    assert_eq!(room.order(), [0, 1]);
    room.run(3_000, [75, 75, 25]);
    assert_eq!(room.order(), [0, 1, 2]);
    let delay = room.changes[1].0 - turn;
    assert!((300..=1_200).contains(&delay), "{delay} ms");
    assert_eq!(room.floor.recent().iter().collect::<Vec<_>>(), [2, 1, 0].map(|at: usize| room.people[at]));
}

#[test]
fn t7_021_a_source_that_stops_sending_is_silent_after_40_ms() {
    let mut room = Room::<2>::new(None);
    room.run(1_000, [75, 75]);
    room.run(5_000, [30, 75]);
    let turn = room.now.as_millis();
    // The first one's encoder sends nothing at all: discontinuous transmission.
    room.run(3_000, [127, 30]);
    assert_eq!(room.order(), [0, 1]);
    assert!(room.changes[1].0 - turn <= 1_200);
    let mut speaker = room.floor.speakers[room.ids[1]].clone_activity();
    let at = room.now;
    speaker.record_gap(at + Duration::from_millis(40));
    assert!(speaker.activity.counts().immediate > 0 || speaker.activity.counts().medium > 0);
    let before = speaker.activity.counts().long;
    speaker.record_gap(at + Duration::from_millis(140));
    assert_eq!((speaker.activity.counts().immediate, speaker.activity.counts().medium), (0, 0));
    assert!(speaker.activity.counts().long <= before);
}

impl Speaker {
    fn clone_activity(&self) -> Speaker {
        let Speaker { owner, activity, meter, challenge, clock } = self;
        let (activity, meter) = (activity.clone(), meter.clone());
        Speaker { owner: *owner, activity, meter, challenge: *challenge, clock: *clock }
    }
}

#[test]
fn packets_of_any_length_count_by_their_length() {
    for length in [10, 20, 40, 60] {
        let mut room = Room::<2>::new(None);
        let length = Duration::from_millis(length);
        room.run_packets(1_200, [75, 75], length);
        room.run_packets(4_800, [30, 75], length);
        room.run_packets(4_800, [75, 30], length);
        assert_eq!(room.order(), [0, 1], "{length:?}");
        assert!(room.changes[1].0 <= 6_000 + 1_200, "{length:?}: {:?}", room.changes);
    }
}

#[test]
fn who_leaves_or_is_muted_gives_up_floor_and_place() {
    let mut room = Room::<2>::new(Some(1));
    room.run(1_000, [75, 75]);
    room.run(2_000, [30, 75]);
    assert_eq!((room.floor.dominant(), room.forwarded[0] > 90), (Some(room.people[0]), true));
    room.floor.mute(room.ids[0]);
    assert_eq!(room.floor.dominant(), Some(room.people[0]), "nobody else was announced");
    assert!(!room.floor.is_heard(room.ids[0]));
    let before = room.forwarded[1];
    room.run(1_000, [127, 30]);
    assert_eq!(room.forwarded[1] - before, 50, "the place is free at once");
    assert_eq!(room.order(), [0, 1]);
    room.floor.remove(room.people[1]);
    assert_eq!((room.floor.dominant(), room.floor.heard().count()), (None, 0));
    assert_eq!(room.floor.recent().iter().collect::<Vec<_>>(), [room.people[0]]);
}

#[test]
fn a_turn_in_an_orderly_room_loses_nothing() {
    let mut room = Room::<6>::new(Some(2));
    room.run(1_000, [75; 6]);
    for speaker in 0..6 {
        let levels: [u8; 6] = std::array::from_fn(|at| if at == speaker { 30 } else { 75 });
        let before = room.forwarded[speaker];
        room.run(4_000, levels);
        assert_eq!(room.forwarded[speaker] - before, 200, "{speaker}");
        room.run(700, [75; 6]);
        assert!(room.floor.heard().count() <= 2);
    }
}

#[test]
fn a_source_without_levels_is_heard_but_never_dominant() {
    let mut room = Room::<2>::new(Some(1));
    for n in 1..=100_u32 {
        let now = Time::from_millis(u64::from(n) * 20);
        let heard = room.floor.on_packet(room.ids[0], now, Sound { timestamp: n * 960, level: None });
        assert_eq!(heard, Heard { forward: true, dominant: None });
    }
}

#[test]
fn late_packets_and_clocks_that_jump_back_do_no_harm() {
    let mut room = Room::<1>::new(Some(1));
    room.run(1_000, [75]);
    room.run(1_000, [30]);
    let counts = room.floor.speakers[room.ids[0]].activity.counts();
    let late = Sound { timestamp: room.ticks.wrapping_sub(960), level: Some(0) };
    room.floor.on_packet(room.ids[0], room.now, late);
    assert_eq!(room.floor.speakers[room.ids[0]].activity.counts(), counts);
    room.ticks = room.ticks.wrapping_sub(48_000 * 3_600);
    room.now += Duration::from_secs(2);
    room.run(1_000, [75]);
    room.run(1_000, [30]);
    assert_eq!(
        room.floor.speakers[room.ids[0]].activity.counts().immediate > 0,
        room.now.as_millis() % 200 < 160
    );
}
