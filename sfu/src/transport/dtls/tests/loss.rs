use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use super::super::*;
use super::net::{CLIENT, Pair, SERVER};

const LONG: Duration = Duration::from_secs(120);

#[test]
fn every_kth_datagram_lost() {
    // With k = 2 all the answers get lost and none of the questions, or the reverse.
    for k in 3..=9 {
        for phase in 0..k {
            let mut pair = Pair::new();
            let mut count = phase;
            pair.run(LONG, |_, _| {
                count += 1;
                count % k != 0
            });
            assert_eq!(pair.keys(CLIENT), pair.keys(SERVER), "k = {k}, phase = {phase}");
        }
    }
}

/// Any one flight lost, in whole, the first time that it is sent: each must be repeated by somebody.
#[test]
fn any_one_or_two_datagrams_lost() {
    for first in 0..12 {
        for second in first..12 {
            let mut pair = Pair::new();
            let mut count = 0;
            pair.run(LONG, |_, _| {
                count += 1;
                count - 1 != first && count - 1 != second
            });
            assert_eq!(pair.keys(CLIENT), pair.keys(SERVER), "lost: {first} and {second}");
            assert!(
                pair.sent.len() < 40,
                "{} datagrams: the ends answer each other's repeats",
                pair.sent.len()
            );
        }
    }
}

#[test]
fn a_fifth_lost_at_random() {
    let mut slowest = 0;
    for seed in 0..60 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut pair = Pair::new();
        pair.run(LONG, |_, _| !random.next_u32().is_multiple_of(5));
        assert_eq!(pair.keys(CLIENT), pair.keys(SERVER), "seed {seed}");
        slowest = slowest.max(pair.now.as_millis());
    }
    assert!(slowest < 10_000, "the slowest of 60 took {slowest} ms");
}
