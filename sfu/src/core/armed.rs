//! When a participant's time-out is due, and which entries of the timer heap stand for it.

use crate::time::Time;

/// The entry that counts, and the one that it has overtaken.
///
/// What is due in a moment comes in between what is due a while later, again and again: the later entry is then still
/// in the heap, and must not be put there once more each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Armed {
    at: Time,
    /// Of an entry that is in the heap and counts no longer.
    overtaken: Time,
}

impl Armed {
    /// Nothing is due.
    pub(crate) const NEVER: Armed = Armed { at: Time::NEVER, overtaken: Time::NEVER };

    /// When the time-out is due.
    pub(crate) const fn at(self) -> Time {
        self.at
    }

    /// Makes sure that it comes no later than `at`; says whether that takes another entry in the heap.
    pub(super) fn bring_forward(&mut self, at: Time) -> bool {
        if at >= self.at {
            return false;
        }
        let is_there = self.overtaken == at;
        let before = std::mem::replace(&mut self.at, at);
        if before < Time::NEVER || is_there {
            self.overtaken = before;
        }
        !is_there
    }

    /// The entry for `at` has left the heap; says whether it was the one that counted.
    pub(super) fn left(&mut self, at: Time) -> bool {
        if self.at == at {
            self.at = Time::NEVER;
            return true;
        }
        if self.overtaken == at {
            self.overtaken = Time::NEVER;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    use proptest::prelude::*;

    use super::*;

    fn ms(at: u64) -> Time {
        Time::from_millis(at)
    }

    #[test]
    fn what_was_overtaken_is_not_entered_again() {
        let mut armed = Armed::NEVER;
        assert!(armed.bring_forward(ms(100)));
        for n in 1..50 {
            assert!(armed.bring_forward(ms(n)), "something sooner");
            assert!(armed.left(ms(n)));
            assert!(!armed.bring_forward(ms(100)), "it is still there");
            assert_eq!(armed.at(), ms(100));
        }
        assert!(armed.left(ms(100)) && !armed.left(ms(100)));
        assert_eq!(armed, Armed::NEVER);
        assert!(armed.bring_forward(ms(100)), "it has gone");
    }

    proptest! {
        /// Whatever is armed and passes: the entry that counts is in the heap.
        #[test]
        fn the_entry_that_counts_is_always_there(steps in prop::collection::vec((0_u64..40, any::<bool>()), 1..200)) {
            let (mut armed, mut heap, mut now) = (Armed::NEVER, BinaryHeap::new(), 0);
            for (span, passes) in steps {
                if passes {
                    now += span;
                    while let Some(&Reverse(at)) = heap.peek() {
                        if at > ms(now) {
                            break;
                        }
                        heap.pop();
                        armed.left(at);
                    }
                } else if armed.bring_forward(ms(now + 1 + span)) {
                    heap.push(Reverse(ms(now + 1 + span)));
                }
                let there = |at: Time| heap.iter().any(|Reverse(own)| *own == at);
                prop_assert!(armed.at == Time::NEVER || there(armed.at));
                prop_assert!(armed.overtaken == Time::NEVER || there(armed.overtaken));
            }
        }
    }
}
