//! The one queue that drives a run: what happens next, in a total order that never depends on luck.
//!
//! Entries are ordered by (time, class, node, per-node sequence). A participant that is added takes a node
//! number of its own, so it never changes how two events of other nodes at the same instant are ordered.
//!
//! Every component owns one timer, which is armed in place. Timers are the leaves of a tournament, in the order in which
//! they go at the same instant: each inner node holds the earlier time of the two below it, so arming one costs a
//! comparison per level as long as that changes anything, and the next time stands at the top. One-off events, which are
//! few, lie in a heap beside it. Once both have their size, nothing is allocated.

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
    /// The tree, level by level from the top, which is at 1: below the node at `n` are those at `2 n` and `2 n + 1`.
    /// The second half are the leaves; [`Time::NEVER`] where nothing is armed.
    tree: Vec<Time>,
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
            tree: vec![Time::NEVER; 2],
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
        let armed = self.tree[self.tree.len() / 2..].iter().filter(|time| **time != Time::NEVER).count();
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
        let mut times: Vec<Time> = self.tree[self.tree.len() / 2..][..self.timers.len()].to_vec();
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
    pub fn arm(&mut self, timer: TimerId, at: Option<Time>) {
        self.fired.take_if(|fired| *fired == timer);
        let at = at.map_or(Time::NEVER, |at| at.max(self.now));
        self.set(timer, at);
    }

    /// What `timer` is armed for.
    pub fn armed_for(&self, timer: TimerId) -> Option<Time> {
        let at = self.tree[self.tree.len() / 2 + self.leaves[timer.0 as usize] as usize];
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
        let next = self.one_offs.peek().map_or(Time::NEVER, |Reverse(one_off)| one_off.at).min(self.tree[1]);
        (next != Time::NEVER).then_some(next)
    }

    /// Lets time pass to `to`, for who does something there that is not in the queue.
    ///
    /// # Panics
    /// When an event is due before.
    pub fn advance(&mut self, to: Time) {
        assert!(self.next_time().is_none_or(|next| next >= to), "no event is passed over");
        self.now = self.now.max(to);
    }

    /// Takes the next event and advances [`now`](Self::now) to it.
    pub fn pop(&mut self) -> Option<(Time, E)> {
        self.settle();
        let first = self.tree[1];
        // The first leaf of those with the least time goes first.
        let (mut node, leaves) = (1, self.tree.len() / 2);
        while node < leaves {
            node = 2 * node + usize::from(self.tree[2 * node] != first);
        }
        let timer = self.timers.get(node - leaves).filter(|_| first != Time::NEVER);
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
        let leaves = times.len().next_power_of_two();
        self.tree.clear();
        self.tree.resize(2 * leaves, Time::NEVER);
        self.tree[leaves..][..times.len()].copy_from_slice(times);
        for node in (1..leaves).rev() {
            self.tree[node] = self.tree[2 * node].min(self.tree[2 * node + 1]);
        }
    }

    /// Puts `time` at the leaf of `timer`, and the winners above it in order.
    fn set(&mut self, timer: TimerId, time: Time) {
        let tree = &mut self.tree[..];
        let mut node = tree.len() / 2 + self.leaves[timer.0 as usize] as usize;
        let mut winner = time;
        while tree[node] != winner {
            tree[node] = winner;
            if node == 1 {
                return;
            }
            winner = winner.min(tree[node ^ 1]);
            node /= 2;
        }
    }
}
