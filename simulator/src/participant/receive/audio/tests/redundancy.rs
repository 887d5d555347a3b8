//! Lost sound that is had from a later packet, and pauses that the sender left out.

use sfu::codec::red::{Block, Blocks, Red};

use super::*;
use crate::participant::media::opus::SILENCE;

impl Rig {
    /// Packet `n` with the sound from 20·`media` ms on, and with the `copies` before it.
    fn deliver_redundant(&mut self, at: u64, n: u64, media: u64, copies: u64) {
        let before: Vec<_> = (1..=copies).rev().map(|back| (back, sound(media - back, true))).collect();
        let mut redundant = Blocks::default();
        for (back, payload) in &before {
            assert!(redundant.push(Block { payload_type: OPUS, offset: *back as u16 * 960, payload }));
        }
        let mut payload = Vec::new();
        let red = Red { redundant, payload_type: OPUS, primary: &sound(media, true) };
        red.write(&mut payload).expect("it fits");
        self.deliver_as(RED, at, n, media, &payload);
    }

    fn recovered(&self) -> Vec<(SoundRecovery, u64)> {
        let recovered = |(at, output): &(Time, AudioOutput)| match output {
            AudioOutput::Recovered { by, length: STEP } => Some((*by, at.as_millis())),
            _ => None,
        };
        self.seen.iter().filter_map(recovered).collect()
    }

    fn silent_ms(&self) -> u64 {
        let silent = |(_, output): &(Time, AudioOutput)| match output {
            AudioOutput::Silent { length } => Some(length.as_millis() as u64),
            _ => None,
        };
        self.seen.iter().filter_map(silent).sum()
    }

    fn places(&self) -> Vec<u64> {
        self.played().iter().map(|played| played.0).collect()
    }
}

#[test]
fn lost_packets_are_taken_out_of_later_ones_and_play_in_their_places() {
    let mut rig = Rig::new();
    for n in 0..20 {
        // One, and two in a row, of which the second came with a packet that has one copy too few.
        if ![5, 10, 11].contains(&n) {
            rig.deliver_redundant(50 + 20 * n, n, n, if n == 12 { 1 } else { n.min(2) });
        }
    }
    rig.run(ms(460));
    let expected: Vec<u64> = (0..19).filter(|n| *n != 10).collect();
    assert_eq!(rig.places(), expected);
    // 5 was due at 190 ms and 11 at 310 ms.
    assert_eq!(rig.recovered(), [(SoundRecovery::Red, 190), (SoundRecovery::Red, 310)]);
    assert_eq!(rig.concealed(), [(290, 20)]);
    let counters = rig.receiver.counters();
    assert_eq!((counters.expected, counters.lost_before_repair, counters.lost_after_repair), (20, 3, 1));
    assert_eq!(rig.receiver.health(), AudioHealth::default());
}

#[test]
fn a_copy_of_what_is_here_or_was_given_up_changes_nothing() {
    let mut rig = Rig::new();
    for n in 0..10 {
        // Packet 3 comes twice as a copy, 8 only after its place was concealed.
        match n {
            3 | 8 => {}
            9 => rig.deliver_redundant(250, n, n, 1),
            _ => rig.deliver_redundant(50 + 20 * n, n, n, n.min(2)),
        }
    }
    rig.deliver_redundant(260, 10, 10, 2);
    rig.run(ms(330));
    let places = rig.places();
    assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "{places:?}");
    assert_eq!(rig.recovered().len(), 2, "{:?}", rig.recovered());
    assert_eq!(rig.receiver.health().late, 0, "a late copy is no late packet");
}

#[test]
fn the_delay_grows_until_redundancy_comes_in_time() {
    let mut rig = Rig::new();
    for n in 0..1_000 {
        // Every tenth is lost, and had 20 ms later; a path without jitter needs no delay otherwise.
        if n % 10 != 7 {
            rig.deliver_redundant(50 + 20 * n, n, n, n.min(1));
        }
    }
    rig.run(ms(20_000));
    let late: Vec<_> = rig.concealed().into_iter().filter(|gap| gap.0 > 2_000).collect();
    assert_eq!(late, [], "nothing is made up once the delay has settled");
    assert!(rig.recovered().len() > 95);
}

#[test]
fn in_band_fec_plays_the_frame_before_when_it_is_missing() {
    let mut rig = Rig::new();
    let mut packetizer = AudioPacketizer::new(1, 0).with_fec(true);
    for n in 0..20 {
        let mut payload = Vec::new();
        packetizer.payload(80, true, ms(20 * n), Duration::from_millis(21), &mut payload);
        assert_eq!(payload.len(), if n == 0 { 80 } else { 107 });
        // One is lost, then two in a row: of these only the second can be had.
        if ![5, 10, 11].contains(&n) {
            rig.deliver_bytes(50 + 20 * n, n, n, &payload);
        }
    }
    rig.run(ms(460));
    assert_eq!(rig.places(), (0..19).filter(|n| *n != 10).collect::<Vec<_>>());
    assert_eq!(rig.recovered(), [(SoundRecovery::InBandFec, 190), (SoundRecovery::InBandFec, 310)]);
    assert_eq!(rig.concealed(), [(290, 20)]);
    let counters = rig.receiver.counters();
    assert_eq!((counters.lost_before_repair, counters.lost_after_repair), (3, 1));
}

#[test]
fn a_pause_that_was_left_out_is_silence_however_long() {
    let mut rig = Rig::new();
    for n in 0..5 {
        rig.deliver(50 + 20 * n, n, n, true);
    }
    // Comfort noise at once, after 400 and after 800 ms; then the SFU cuts the rest of 10 s.
    for (n, media) in [(5, 5), (6, 25), (7, 45)] {
        rig.deliver_bytes(50 + 20 * media, n, media, &SILENCE);
    }
    for n in 8..13 {
        rig.deliver(50 + 20 * (n + 500), n, n + 500, true);
    }
    rig.run(ms(12_000));
    assert_eq!(rig.concealed(), []);
    assert_eq!(rig.places(), [0, 1, 2, 3, 4, 508, 509, 510, 511, 512]);
    let counters = rig.receiver.counters();
    assert_eq!((counters.expected, counters.lost_before_repair), (13, 0));
    // From packet 5 to the next spurt, give or take what the delay changed by.
    assert!(rig.silent_ms().abs_diff(20 * (508 - 5)) <= 40, "{} ms", rig.silent_ms());
}

#[test]
fn malformed_redundancy_is_counted_as_such() {
    let mut rig = Rig::new();
    rig.deliver(50, 0, 0, true);
    for (n, bytes) in (1..).zip([[0xef, 0, 0].as_slice(), &[0x6f], &[0x6f, 1, 2]]) {
        rig.deliver_as(RED, 50 + 20 * n, n, n, bytes);
    }
    assert_eq!(rig.receiver.health().corrupt, 3);
}
