//! Bugs that are planted on purpose, so that the search for bugs can be tested: does it find them, and how soon?
//!
//! Only with the feature `planted`, which no program of ours is built with; without it, every site is a constant `false`.

#[cfg(feature = "planted")]
use std::cell::Cell;

/// A bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    /// Forwarding: after a switch the first number is the last one's.
    NumberRepeatedAtSwitch,
    /// Forwarding: what is withheld from the middle of a stream leaves its number free.
    HoleAtWithheld,
    /// Allocation: three times the estimate is shared out.
    EstimateTripled,
    /// Repair: all retransmissions of a stream have one number, and so one nonce.
    RetransmissionNumberStuck,
    /// Who leaves leaves the name of its connectivity checks behind.
    UfragLeaked,
}

#[cfg(feature = "planted")]
thread_local! {
    static PLANTED: Cell<Option<Planted>> = const { Cell::new(None) };
}

#[cfg(feature = "planted")]
thread_local! {
    static WASTE: Cell<u32> = const { Cell::new(0) };
}

/// Makes every datagram that comes in on this thread cost so many turns of a loop more.
#[cfg(feature = "planted")]
pub fn plant_waste(turns: u32) {
    WASTE.with(|waste| waste.set(turns));
}

/// Wastes what was planted.
#[cfg(feature = "planted")]
pub(crate) fn waste() {
    for turn in 0..WASTE.with(Cell::get) {
        std::hint::black_box(turn);
    }
}

/// Wastes nothing.
#[cfg(not(feature = "planted"))]
pub(crate) const fn waste() {}

/// Plants a bug in all that this thread runs from now on, or takes it out.
#[cfg(feature = "planted")]
pub fn plant(bug: Option<Planted>) {
    PLANTED.with(|planted| planted.set(bug));
}

/// Whether this thread has the bug.
#[cfg(feature = "planted")]
pub(crate) fn is(bug: Planted) -> bool {
    PLANTED.with(Cell::get) == Some(bug)
}

/// Nobody has.
#[cfg(not(feature = "planted"))]
pub(crate) const fn is(_: Planted) -> bool {
    false
}
