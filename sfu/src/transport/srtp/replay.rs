//! Which indices have been seen, and which index a 16-bit sequence number stands for.

/// How many indices behind the highest a packet may come. RFC 3711 section 3.3.2 asks for 64 at least; at
/// 1,000 packets per second this is one second of reordering.
const WINDOW: u64 = 1024;
const WORDS: usize = (WINDOW / 64) as usize;

/// A sliding window over packet indices (RFC 3711 section 3.3.2).
#[derive(Clone, Debug)]
pub struct ReplayWindow {
    highest: u64,
    /// Bit `index % WINDOW` says whether `index` was seen, for the indices from `highest` downwards.
    seen: [u64; WORDS],
}

impl ReplayWindow {
    /// A window that has seen `first` only.
    pub fn starting_at(first: u64) -> Self {
        let mut window = ReplayWindow { highest: first, seen: [0; WORDS] };
        window.mark(first);
        window
    }

    /// The highest index seen.
    pub fn highest(&self) -> u64 {
        self.highest
    }

    /// Whether `index` is neither seen nor too old to tell.
    pub fn is_fresh(&self, index: u64) -> bool {
        index > self.highest || (self.highest - index < WINDOW && !self.is_marked(index))
    }

    /// Takes note of `index`; one that is too old changes nothing.
    pub fn insert(&mut self, index: u64) {
        if index > self.highest {
            self.forget_between(self.highest, index);
            self.highest = index;
        } else if self.highest - index >= WINDOW {
            return;
        }
        self.mark(index);
    }

    /// Clears the places that the indices above `old` and up to `new` will use.
    fn forget_between(&mut self, old: u64, new: u64) {
        if new - old >= WINDOW {
            self.seen = [0; WORDS];
            return;
        }
        for index in old + 1..=new {
            let (word, bit) = place(index);
            self.seen[word] &= !bit;
        }
    }

    fn mark(&mut self, index: u64) {
        let (word, bit) = place(index);
        self.seen[word] |= bit;
    }

    fn is_marked(&self, index: u64) -> bool {
        let (word, bit) = place(index);
        self.seen[word] & bit != 0
    }
}

fn place(index: u64) -> (usize, u64) {
    let slot = index % WINDOW;
    ((slot / 64) as usize, 1 << (slot % 64))
}

/// The index nearest to `highest` that ends in `sequence` (RFC 3711 section 3.3.1 and appendix A).
///
/// There is nothing before index 0: a number that would lie there is taken to lie ahead.
pub fn estimate_index(highest: u64, sequence: u16) -> u64 {
    let forward = sequence.wrapping_sub(highest as u16);
    if forward < 0x8000 {
        highest + u64::from(forward)
    } else {
        let backward = u64::from(forward.wrapping_neg());
        highest.checked_sub(backward).unwrap_or(u64::from(sequence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn indices_near_the_highest() {
        let rows: &[(u64, u16, u64)] = &[
            (0, 1, 1),
            (10, 9, 9),
            (65535, 0, 65536),
            (65536, 65535, 65535),
            (65530, 5, 65541),
            (65541, 65530, 65530),
            (3 << 16, 0x7fff, (3 << 16) + 0x7fff),
            (3 << 16, 0x8000, (3 << 16) - 0x8000),
            (3 << 16 | 0xffff, 0, 4 << 16),
            // There is no roll-over counter below 0.
            (10, 65530, 65530),
            (0, 0x8000, 0x8000),
        ];
        for &(highest, sequence, expected) in rows {
            assert_eq!(estimate_index(highest, sequence), expected, "{highest} {sequence}");
        }
    }

    #[test]
    fn window_edges() {
        let mut window = ReplayWindow::starting_at(5000);
        assert!(!window.is_fresh(5000));
        assert!(window.is_fresh(5001));
        assert!(window.is_fresh(5000 - 1023));
        assert!(!window.is_fresh(5000 - 1024));
        window.insert(5000 - 1023);
        assert!(!window.is_fresh(5000 - 1023));
        window.insert(5001);
        assert!(!window.is_fresh(5000 - 1023), "fell out of the window");
        assert!(window.is_fresh(5000 - 1022));
        window.insert(9000);
        assert!(window.is_fresh(8999) && !window.is_fresh(9000) && !window.is_fresh(5001));
    }

    proptest! {
        #[test]
        fn agrees_with_a_list(start in 0u64..5000, steps in prop::collection::vec(0u64..6000, 1..300)) {
            let mut window = ReplayWindow::starting_at(start);
            let mut seen = vec![start];
            for index in steps {
                let highest = *seen.iter().max().unwrap();
                let fresh = index + WINDOW > highest && !seen.contains(&index);
                prop_assert_eq!(window.is_fresh(index), fresh);
                window.insert(index);
                if index + WINDOW > highest {
                    seen.push(index);
                }
            }
        }
    }
}
