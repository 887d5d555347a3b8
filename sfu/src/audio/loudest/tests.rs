use super::*;

/// Three sources of a room with some places, and frames of 20 ms.
struct Room {
    loudest: Loudest<char>,
    challenges: [Challenge; 4],
    dominant: Option<char>,
    now: Time,
}

impl Room {
    fn new(most: u8) -> Self {
        let (loudest, challenges) = (Loudest::new(most), Default::default());
        Room { loudest, challenges, dominant: None, now: Time::from_secs(1) }
    }

    /// A frame of each of `speakers`, with its loudness; 0 is background. Who was forwarded?
    fn frame(&mut self, speakers: &[(char, f64)]) -> String {
        self.now += Duration::from_millis(20);
        let mut heard = String::new();
        for (key, loudness) in speakers {
            let challenge = &mut self.challenges[usize::from(*key as u8 - b'a')];
            let utterance = Utterance { now: self.now, speech: *loudness > 0.0, loudness: *loudness };
            if self.loudest.hear(*key, utterance, challenge, self.dominant) {
                heard.push(*key);
            }
        }
        heard
    }

    /// Frames until `key` is forwarded, at most 500.
    fn frames_until(&mut self, key: char, speakers: &[(char, f64)]) -> usize {
        (1..=500).find(|_| self.frame(speakers).contains(key)).unwrap_or(usize::MAX)
    }
}

#[test]
fn free_places_go_to_who_speaks_first_and_background_gets_none() {
    let mut room = Room::new(2);
    assert_eq!(room.frame(&[('a', 0.0), ('b', 0.0)]), "");
    assert_eq!(room.frame(&[('a', 0.1), ('b', 0.0)]), "a");
    assert_eq!(room.frame(&[('a', 0.0), ('b', 0.1)]), "ab", "background of who has a place is heard");
    assert_eq!(room.frame(&[('c', 0.1), ('a', 0.1), ('b', 0.1)]), "ab", "no louder than they are");
}

#[test]
fn an_idle_place_goes_to_the_first_frame_of_another_spurt() {
    // How many frames the holder spoke, how many it has been quiet for when another begins, and who is heard.
    let rows = [
        (100, 10, "ab"),
        (100, 23, "ab"),
        (100, 24, "abc"),
        (100, 100, "abc"),
        // A cough of ten frames spans 180 ms from first to last.
        (10, 7, "ab"),
        (10, 8, "abc"),
        // A click.
        (1, 1, "ab"),
        (1, 2, "abc"),
    ];
    for (spoke, pause, heard) in rows {
        let mut room = Room::new(2);
        (0..spoke).for_each(|_| drop(room.frame(&[('a', 0.1), ('b', 0.1)])));
        for _ in 0..pause {
            assert_eq!(room.frame(&[('a', 0.1), ('b', 0.0), ('c', 0.0)]), "ab");
        }
        // In the frame in which it loses its place, the holder was heard before.
        let speak = [('a', if spoke > 24 { 0.1 } else { 0.5 }), ('b', 0.0), ('c', 0.1)];
        assert_eq!(room.frame(&speak), heard, "{spoke} frames, then {pause}");
        assert_eq!(room.loudest.contains('c'), heard == "abc");
    }
}

#[test]
fn who_is_louder_waits_a_while_and_for_the_end_of_the_word() {
    // Loudness of the challenger, of the holder, and after how many frames it gets the place.
    let rows = [
        ("twice as loud, against a word without end", 0.2, 0.1, Some(121)),
        ("not twice as loud", 0.19, 0.1, None),
    ];
    for (name, challenger, holder, frames) in rows {
        let mut room = Room::new(1);
        room.frame(&[('a', holder)]);
        let found = room.frames_until('b', &[('a', holder), ('b', challenger)]);
        assert_eq!(found, frames.unwrap_or(usize::MAX), "{name}");
    }
    // The holder ends a word now and then: three frames later, the place is the challenger's.
    let mut room = Room::new(1);
    room.frame(&[('a', 0.1)]);
    for _ in 0..30 {
        assert_eq!(room.frame(&[('a', 0.1), ('b', 0.3)]), "a");
    }
    assert_eq!(room.frames_until('b', &[('a', 0.0), ('b', 0.3)]), 3);
}

#[test]
fn a_cough_takes_no_place_from_who_speaks() {
    let mut room = Room::new(1);
    room.frame(&[('a', 0.01)]);
    for _ in 0..15 {
        assert_eq!(room.frame(&[('a', 0.01), ('b', 0.5)]), "a");
    }
    for n in 0..500 {
        let pause = if n % 20 > 15 { 0.0 } else { 0.01 };
        assert_eq!(room.frame(&[('a', pause), ('b', 0.0)]), "a");
    }
    // What is long past is no challenge any more.
    assert_eq!(room.frame(&[('a', 0.01), ('b', 0.5)]), "a");
    assert_eq!(room.challenges[1].since, Some(room.now));
}

#[test]
fn the_dominant_speaker_has_a_place_whatever_it_takes() {
    let mut room = Room::new(2);
    room.frame(&[('a', 0.3), ('b', 0.1), ('c', 0.1)]);
    let utterance = Utterance { now: room.now, speech: true, loudness: 0.1 };
    room.loudest.admit('c', utterance);
    assert!(!room.loudest.contains('b'), "the quietest went");
    assert!(room.loudest.contains('a') && room.loudest.contains('c'));
    // It keeps it in silence, too; the other place changes hands.
    room.dominant = Some('c');
    for _ in 0..25 {
        room.frame(&[('a', 0.0), ('c', 0.0)]);
    }
    assert_eq!(room.frame(&[('a', 0.0), ('b', 0.1), ('c', 0.0)]), "abc");
    assert_eq!(room.frame(&[('a', 0.1), ('b', 0.1), ('c', 0.0)]), "bc");
    room.loudest.remove('c');
    assert_eq!(room.frame(&[('a', 0.1), ('b', 0.1)]), "ab");
}

#[test]
fn no_places_at_all() {
    let mut room = Room::new(0);
    room.loudest.admit('a', Utterance { now: room.now, speech: true, loudness: 1.0 });
    assert_eq!(room.frame(&[('a', 0.5)]), "");
}
