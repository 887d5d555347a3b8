//! Where a segment begins and ends: key frames, pauses, restarts.

use super::*;

#[test]
fn a_pause_ends_the_stream_until_a_key_frame() {
    let mut e = encoding(0);
    let mut p = projection(layer(0, 2));
    let mut at = 0;
    let mut step = |p: &mut VideoProjection, e: &mut Encoding, key| {
        at += 33;
        p.project(&e.frame(1, key, false, Time::from_millis(at))[0].packet)
    };
    assert_eq!(step(&mut p, &mut e, true).expect("key frame").sequence16(), 101);
    p.pause();
    assert_eq!((p.current(), p.wants_key_frame()), (None, None));
    assert_eq!(step(&mut p, &mut e, true), Err(DropReason::NotSelected));
    p.resume();
    assert_eq!(p.wants_key_frame(), Some(0));
    assert_eq!(step(&mut p, &mut e, false), Err(DropReason::WaitingForKeyFrame));
    let back = step(&mut p, &mut e, true).expect("key frame");
    assert_eq!((back.sequence16(), back.switched), (102, true));
    assert_eq!(back.timestamp, ORIGIN.timestamp + 3 * 3000);
    p.set_target(None);
    assert_eq!(step(&mut p, &mut e, true), Err(DropReason::NotSelected));
}

#[test]
fn a_restarted_source_goes_on_at_its_key_frame_without_a_hole() {
    // next sequence number and timestamp after the restart, packets refused before the key frame is taken
    let rows = [(5_000u64, 4_000u32, 0), (105, 4_000_000_000, 0), (105, 700_000_000, 0), (69_999, 9, 0)];
    for (sequence, timestamp, refused) in rows {
        let mut e = Encoding::new(0, Start { sequence: 100, timestamp: 1_000, ..Start::default() });
        let mut p = projection(layer(0, 2));
        for i in 0..5 {
            p.project(&e.frame(1, i == 0, false, Time::ZERO)[0].packet).expect("all go out");
        }
        let mut e = Encoding::new(0, Start { sequence, timestamp, picture: 9, ..Start::default() });
        let mut numbers = Vec::new();
        for i in 0..4 {
            let at = Time::from_millis(100 + 33 * i);
            numbers.extend(p.project(&e.frame(1, i == 0, false, at)[0].packet).map(|out| {
                (out.sequence16(), out.numbers.picture_id.expect("it has"), out.timestamp - ORIGIN.timestamp)
            }));
        }
        let expected: Vec<_> =
            (refused..4).map(|i| (106 + i as u16, 5 + i as u16, 12_000 + 9_000 + 3_000 * i)).collect();
        assert_eq!(numbers, expected, "{sequence} {timestamp}");
    }
}

#[test]
fn a_source_that_falls_back_is_believed_at_the_second_packet() {
    let mut p = projection(layer(0, 2));
    let mut e = Encoding::new(0, Start { sequence: 90_000, ..Start::default() });
    p.project(&e.frame(1, true, false, Time::ZERO)[0].packet).expect("key frame");
    let mut e = Encoding::new(0, Start { sequence: 70_000, ..Start::default() });
    let outcomes: Vec<_> = [true, false, false, true]
        .map(|key| p.project(&e.frame(1, key, false, Time::ZERO)[0].packet).map(|out| out.sequence16()))
        .into();
    let waiting = Err(DropReason::WaitingForKeyFrame);
    assert_eq!(outcomes, [Err(DropReason::TooOld), waiting, waiting, Ok(102)]);
}

#[test]
fn stragglers_from_before_a_restart_are_no_restart() {
    let mut p = projection(layer(0, 2));
    let mut old = Encoding::new(0, Start { sequence: 70_000, ..Start::default() });
    p.project(&old.frame(1, true, false, Time::ZERO)[0].packet).expect("key frame");
    let late = old.frame(3, false, false, Time::ZERO);
    let mut e = Encoding::new(0, Start { sequence: 90_000, ..Start::default() });
    p.project(&e.frame(1, true, false, Time::ZERO)[0].packet).expect("key frame");
    for sent in late {
        assert_eq!(p.project(&sent.packet), Err(DropReason::TooOld));
    }
    assert_eq!(p.project(&e.frame(1, false, false, Time::ZERO)[0].packet).map(|o| o.sequence16()), Ok(103));
}

#[test]
fn an_old_key_frame_that_comes_again_starts_nothing() {
    let mut p = projection(layer(0, 2));
    let mut e = encoding(0);
    let key = e.frame(1, true, false, Time::ZERO)[0];
    p.project(&key.packet).expect("key frame");
    p.pause();
    p.resume();
    assert_eq!(p.project(&key.packet), Err(DropReason::WaitingForKeyFrame));
    assert!(p.project(&e.frame(1, true, false, Time::ZERO)[0].packet).is_ok());
}

/// T2.063; T2.064 and T2.065 differ.
#[test]
fn packets_before_the_key_frame_wait_and_can_be_fetched_again() {
    // packets that come before the key frame's first, and whether that is taken then
    for (early, taken) in [(0..=4, true), (0..=120, true), (0..=140, false)] {
        let mut e = encoding(0);
        let mut packets = e.frame(3, true, false, Time::ZERO);
        for _ in 0..160 {
            packets.extend(e.frame(1, false, false, Time::ZERO));
        }
        let mut p = projection(layer(0, 2));
        for i in early.clone().skip(1) {
            assert_eq!(p.project(&packets[i].packet), Err(DropReason::WaitingForKeyFrame));
        }
        let first = p.project(&packets[0].packet);
        assert_eq!(first.is_ok(), taken, "{early:?}");
        if taken {
            assert!(first.expect("taken").switched && p.wants_key_frame().is_none());
            for (i, sent) in packets.iter().enumerate().skip(1) {
                let out = p.project(&sent.packet).expect("all follow");
                assert_eq!((out.sequence16(), out.switched), (101 + i as u16, false));
            }
        } else {
            assert_eq!(p.wants_key_frame(), Some(0));
            assert!(p.project(&e.frame(1, true, false, Time::ZERO)[0].packet).expect("a new one").switched);
        }
    }
}
