//! The one queue that drives a run: what happens next, in a total order that never depends on luck.
//!
//! Entries are ordered by (time, class, node, per-node sequence). A participant that is added takes a node
//! number of its own, so it never changes how two events of other nodes at the same instant are ordered.
//!
//! Every component owns one timer, which is armed in place. Timers are the leaves of a tournament, in the order in which
//! they go at the same instant: each inner node holds the earliest time of the eight below it, so arming one costs a
//! comparison per level as long as that changes anything, and the next time stands at the top. Eight times fill a cache
//! line, and a conference of twenty needs two levels. One-off events, which are few, lie in a heap beside it. Once both
//! have their size, nothing is allocated.

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use sfu::Time;

/// What kind of event comes first when several fall on the same instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum EventClass {
    /// Changes of the world (a link's rate, a fault, a join): in force for all else at that instant.
    World,
    /// Datagrams that arrive: a component sees its input before its own time-out.
    Arrival,
    /// Time-outs of components.
    Timer,
    /// Measurements: they see the instant's final state.
    Sample,
}

/// The component that an event is for. Relative order among the others doesn't change when one is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u16);

/// A timer of one component, made by [`EventQueue::add_timer`] and valid as long as the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimerId(u32);

/// What goes first at the same instant: class (8 bits), node (16 bits) and sequence (40 bits).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Tie(u64);

const SEQUENCE_BITS: u32 = 40;

/// Nodes below each inner node of the tree.
const WIDTH: usize = 8;

/// A timer, at the place of its leaf.
#[derive(Clone, Copy, Debug)]
struct Timer<E> {
    event: E,
    tie: Tie,
    id: TimerId,
}

#[derive(Clone, Copy, Debug)]
struct OneOff<E> {
    at: Time,
    tie: Tie,
    event: E,
}

impl<E> PartialEq for OneOff<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<E> Eq for OneOff<E> {}

impl<E> PartialOrd for OneOff<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for OneOff<E> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.tie).cmp(&(other.at, other.tie))
    }
}

/// The queue; `E` is what the integrator needs to know what to do, a small `Copy` enum.
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    /// The tree, level by level from the top, which is at 0: below the node at `n` are the [`WIDTH`] from `n WIDTH + 1`
    /// on. [`Time::NEVER`] where nothing is armed.
    tree: Vec<Time>,
    /// Where the leaves begin: the last level.
    first_leaf: usize,
    /// By leaf.
    timers: Vec<Timer<E>>,
    /// The leaf of each timer, by its number.
    leaves: Vec<u32>,
    one_offs: BinaryHeap<Reverse<OneOff<E>>>,
    sequences: Vec<u64>,
    /// The timer that fired last, as long as it isn't armed again. It keeps its time until the next event is asked
    /// for, since most timers are armed again at once.
    fired: Option<TimerId>,
    now: Time,
}

impl<E: Copy> Default for EventQueue<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: Copy> EventQueue<E> {
    /// An empty queue at [`Time::ZERO`].
    pub fn new() -> Self {
        EventQueue {
            tree: vec![Time::NEVER; 1],
            first_leaf: 0,
            timers: Vec::new(),
            leaves: Vec::new(),
            one_offs: BinaryHeap::new(),
            sequences: Vec::new(),
            fired: None,
            now: Time::ZERO,
        }
    }

    /// The time of the last event that was popped.
    pub fn now(&self) -> Time {
        self.now
    }

    /// How many events and armed timers are queued.
    pub fn len(&self) -> usize {
        let armed = self.tree[self.first_leaf..].iter().filter(|time| **time != Time::NEVER).count();
        armed + self.one_offs.len() - usize::from(self.fired.is_some())
    }

    /// Whether nothing is queued.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Queues a one-off event. A time before [`now`](Self::now) counts as now; at [`Time::NEVER`] nothing is
    /// queued.
    pub fn schedule(&mut self, at: Time, class: EventClass, node: NodeId, event: E) {
        if at == Time::NEVER {
            return;
        }
        let tie = self.next_tie(class, node);
        self.one_offs.push(Reverse(OneOff { at: at.max(self.now), tie, event }));
    }

    /// Makes a timer, disarmed. Its place among events of the same instant is fixed here and doesn't depend
    /// on how often it is armed.
    pub fn add_timer(&mut self, class: EventClass, node: NodeId, event: E) -> TimerId {
        let tie = self.next_tie(class, node);
        let id = TimerId(u32::try_from(self.timers.len()).expect("fewer than 2^32 components have timers"));
        let mut times: Vec<Time> = self.tree[self.first_leaf..][..self.timers.len()].to_vec();
        let leaf = self.timers.partition_point(|other| other.tie < tie);
        self.timers.insert(leaf, Timer { event, tie, id });
        times.insert(leaf, Time::NEVER);
        self.leaves.push(0);
        (0..).zip(&self.timers).for_each(|(leaf, timer)| self.leaves[timer.id.0 as usize] = leaf);
        self.plant(&times);
        id
    }

    /// Arms `timer` for `at` in place of what it was armed for; `None` or [`Time::NEVER`] disarms it. A time
    /// before [`now`](Self::now) counts as now. After it fired it is disarmed.
    #[inline]
    pub fn arm(&mut self, timer: TimerId, at: Option<Time>) {
        if self.fired == Some(timer) {
            self.fired = None;
        }
        let at = at.map_or(Time::NEVER, |at| at.max(self.now));
        // Most of what is armed is armed for that time already.
        if self.tree[self.first_leaf + self.leaves[timer.0 as usize] as usize] != at {
            self.set(timer, at);
        }
    }

    /// What `timer` is armed for.
    pub fn armed_for(&self, timer: TimerId) -> Option<Time> {
        let at = self.tree[self.first_leaf + self.leaves[timer.0 as usize] as usize];
        (at != Time::NEVER && self.fired != Some(timer)).then_some(at)
    }

    /// Takes the next event unless it is later than `end`.
    pub fn pop_until(&mut self, end: Time) -> Option<(Time, E)> {
        let due = self.next_time().is_some_and(|next| next <= end);
        if due { self.pop() } else { None }
    }

    /// When the next event is due.
    pub fn next_time(&mut self) -> Option<Time> {
        self.settle();
        let next = self.one_offs.peek().map_or(Time::NEVER, |Reverse(one_off)| one_off.at).min(self.tree[0]);
        (next != Time::NEVER).then_some(next)
    }

    /// Lets time pass to `to`, for who does something there that is not in the queue, unless an event is due by then:
    /// whether it did.
    pub fn advance(&mut self, to: Time) -> bool {
        let passes = self.next_time().is_none_or(|next| next > to);
        if passes {
            self.now = self.now.max(to);
        }
        passes
    }

    /// Takes the next event and advances [`now`](Self::now) to it.
    pub fn pop(&mut self) -> Option<(Time, E)> {
        self.settle();
        let first = self.tree[0];
        // The first leaf of those with the least time goes first.
        let mut node = 0;
        while node < self.first_leaf {
            let below = node * WIDTH + 1;
            let winner = self.tree[below..][..WIDTH].iter().position(|time| *time == first);
            node = below + winner.expect("a node holds the earliest time of those below it");
        }
        let timer = self.timers.get(node - self.first_leaf).filter(|_| first != Time::NEVER);
        if let Some(Reverse(one_off)) = self.one_offs.peek()
            && timer.is_none_or(|timer| (one_off.at, one_off.tie) < (first, timer.tie))
        {
            let OneOff { at, event, .. } = *one_off;
            self.one_offs.pop();
            self.now = at;
            return Some((at, event));
        }
        let Timer { event, id, .. } = *timer?;
        self.fired = Some(id);
        self.now = first;
        Some((first, event))
    }

    /// Disarms the timer that fired when it was not armed again.
    fn settle(&mut self) {
        if let Some(fired) = self.fired.take() {
            self.set(fired, Time::NEVER);
        }
    }

    fn next_tie(&mut self, class: EventClass, node: NodeId) -> Tie {
        let index = usize::from(node.0);
        if index >= self.sequences.len() {
            self.sequences.resize(index + 1, 0);
        }
        let sequence = self.sequences[index];
        assert!(sequence < 1 << SEQUENCE_BITS, "a node has fewer than 2^40 events in one run");
        self.sequences[index] += 1;
        Tie((class as u64) << 56 | u64::from(node.0) << SEQUENCE_BITS | sequence)
    }

    /// Makes the tree anew, with the leaves `times`.
    fn plant(&mut self, times: &[Time]) {
        let (mut leaves, mut first_leaf) = (1, 0);
        while leaves < times.len() {
            first_leaf += leaves;
            leaves *= WIDTH;
        }
        self.first_leaf = first_leaf;
        self.tree.clear();
        self.tree.resize(first_leaf + leaves, Time::NEVER);
        self.tree[first_leaf..][..times.len()].copy_from_slice(times);
        for node in (0..first_leaf).rev() {
            self.tree[node] = earliest_below(&self.tree, node);
        }
    }

    /// Puts `time` at the leaf of `timer`, and the winners above it in order.
    fn set(&mut self, timer: TimerId, time: Time) {
        let tree = &mut self.tree[..];
        let mut node = self.first_leaf + self.leaves[timer.0 as usize] as usize;
        let mut before = std::mem::replace(&mut tree[node], time);
        let mut winner = time;
        while winner != before && node > 0 {
            node = (node - 1) / WIDTH;
            let above = tree[node];
            if winner > above {
                if before != above {
                    return;
                }
                winner = earliest_below(tree, node);
            }
            tree[node] = winner;
            before = above;
        }
    }
}

/// The earliest time right below an inner node.
fn earliest_below(tree: &[Time], node: usize) -> Time {
    let below = &tree[node * WIDTH + 1..][..WIDTH];
    below.iter().fold(Time::NEVER, |earliest, time| earliest.min(*time))
}
