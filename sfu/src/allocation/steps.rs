//! The order of steps: which source's turn it is.

/// Bits of a level for the rate: up to 2 Tbit/s.
const RATE_BITS: u32 = 41;
/// Bits of a level for a share in millionths.
const SHARE_BITS: u32 = 20;

/// Where a step comes in the order of all steps, the lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Level(u64);

impl Level {
    /// By `later`, one after another, then by `share` in millionths, then by `rate` in bit/s.
    pub(super) fn new(later: [bool; 3], share: u64, rate: u64) -> Self {
        let flags = later.into_iter().fold(0, |flags, later| flags << 1 | u64::from(later));
        let share = share.min((1 << SHARE_BITS) - 2);
        let rate = rate.min((1 << RATE_BITS) - 1);
        Level((flags << SHARE_BITS | share) << RATE_BITS | rate)
    }
}

/// A tournament among the next steps of all sources, one of each: a winner tree, in which a source whose step was taken
/// plays again on the one path from its leaf to the root. Among equals the first source of the order wins.
#[derive(Debug, Default)]
pub(super) struct Steps {
    /// Of nodes 1 …: the children of node n are 2n and 2n + 1; the leaves are the upper half. Each is a level above
    /// the place of its source.
    nodes: Vec<u128>,
}

/// No step: after all others.
const NONE: u128 = u128::MAX;
const PLACE_BITS: u32 = 64;

fn node(place: usize, level: Option<Level>) -> u128 {
    level.map_or(NONE, |Level(level)| u128::from(level) << PLACE_BITS | place as u128)
}

fn place(node: u128) -> Option<usize> {
    // One half tells: both are all ones together, and a comparison of both would wait for them to be written.
    let place = node as u64;
    (place != u64::MAX).then_some(place as usize)
}

impl Steps {
    /// Starts with the next step of each source, in their order. Answers the place of the source whose step is the
    /// lowest, if any has one.
    pub(super) fn start(&mut self, levels: impl ExactSizeIterator<Item = Option<Level>>) -> Option<usize> {
        let leaves = levels.len().next_power_of_two();
        self.nodes.clear();
        self.nodes.resize(leaves, NONE);
        self.nodes.extend(levels.enumerate().map(|(place, level)| node(place, level)));
        self.nodes.resize(2 * leaves, NONE);
        for parent in (1..leaves).rev() {
            self.nodes[parent] = self.nodes[2 * parent].min(self.nodes[2 * parent + 1]);
        }
        place(self.nodes[1])
    }

    /// Goes on with `level` as the next step of the source at `of`. Answers as [`Self::start`] does.
    pub(super) fn next(&mut self, of: usize, level: Option<Level>) -> Option<usize> {
        let mut best = node(of, level);
        let mut at = self.nodes.len() / 2 + of;
        self.nodes[at] = best;
        while at > 1 {
            best = best.min(self.nodes[at ^ 1]);
            at /= 2;
            self.nodes[at] = best;
        }
        place(best)
    }
}
