//! The NACK generator. Input: packets, requests and resets in any order.

use std::collections::BTreeSet;
use std::time::Duration;

use sfu::Time;
use sfu::receive::nack::{Arrival, MAX_MISSING, NackGenerator};

use super::input::Input;

pub(super) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut nack = NackGenerator::new(Duration::from_millis(u64::from(input.u8() % 32)));
    let (mut now, mut sequence) = (Time::ZERO, u64::from(input.u16()));
    let mut seen = BTreeSet::new();
    while !input.is_empty() {
        let op = input.u8();
        match op & 7 {
            0 => now += Duration::from_millis(u64::from(input.u16() % 2_048)),
            1 => request(&mut nack, now, Duration::from_millis(u64::from(input.u16()))),
            2 => sequence = sequence.wrapping_add(u64::from(input.u32()) << (op >> 3)),
            3 => sequence = sequence.saturating_sub(u64::from(input.u16())),
            4 if op >= 0xf0 => {
                nack.reset();
                seen.clear();
            }
            4 => nack.forget_before(sequence.saturating_sub(u64::from(op))),
            5 if op >= 0xc0 => nack.set_enabled(op & 8 != 0),
            _ => {
                sequence = sequence.saturating_add(u64::from(op >> 3));
                let arrival = nack.on_packet(now, sequence);
                let fresh = seen.insert(sequence);
                assert!(arrival != Arrival::Duplicate || !fresh, "{sequence} is new, not a duplicate");
            }
        }
        assert!(nack.missing() <= MAX_MISSING);
        assert!(nack.missing() == 0 || nack.deadline().is_some(), "numbers that nobody will ask for");
    }
}

fn request(nack: &mut NackGenerator, now: Time, rtt: Duration) {
    let (missing, mut asked) = (nack.missing(), 0);
    nack.collect_due(now, rtt, |_| asked += 1);
    assert!(asked <= missing, "{asked} requests for {missing} numbers");
    assert!(nack.deadline().is_none_or(|due| due > now), "the deadline does not move on");
}
