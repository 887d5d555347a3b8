//! What waits for one receiver: a queue for each of its channels, served in turn, and one bound for all.

use std::collections::VecDeque;

use bytes::Bytes;

use super::{MAX_QUEUED, MAX_QUEUED_MESSAGES, Payload};

/// A message that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) payload: Payload,
    pub(crate) data: Bytes,
}

#[derive(Debug)]
struct Queue {
    stream: u16,
    /// Whether its oldest messages may be dropped for newer ones.
    lossy: bool,
    bytes: usize,
    messages: VecDeque<Waiting>,
}

/// All queues of one receiver. Messages are shared with the other receivers, not copied.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queues: Vec<Queue>,
    /// Whose turn it is.
    turn: usize,
    bytes: usize,
    messages: usize,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Put {
    /// Whether it waits now.
    pub(crate) taken: bool,
    /// How many older ones made room for it.
    pub(crate) displaced: u32,
}

impl Outbox {
    pub(crate) fn add(&mut self, stream: u16, lossy: bool) {
        self.queues.push(Queue { stream, lossy, bytes: 0, messages: VecDeque::new() });
    }

    pub(crate) fn remove(&mut self, stream: u16) {
        let Some(place) = self.queues.iter().position(|queue| queue.stream == stream) else { return };
        let gone = self.queues.remove(place);
        self.messages -= gone.messages.len();
        self.bytes -= gone.bytes;
        self.turn = if self.turn > place { self.turn - 1 } else { self.turn };
    }

    /// Puts a message behind the others of its channel. In a full outbox the oldest messages of the same channel
    /// make room if it may lose some; otherwise the new one is not taken.
    pub(crate) fn put(&mut self, stream: u16, waiting: Waiting) -> Put {
        let refused = Put { taken: false, displaced: 0 };
        let Some(queue) = self.queues.iter_mut().find(|queue| queue.stream == stream) else { return refused };
        let len = waiting.data.len();
        let room = MAX_QUEUED - self.bytes.min(MAX_QUEUED);
        let crowded = self.messages >= MAX_QUEUED_MESSAGES;
        if !queue.lossy && (len > room || crowded) {
            return refused;
        }
        // Not even all of its own would make room.
        if len > room + queue.bytes || (crowded && queue.messages.is_empty()) {
            return refused;
        }
        let mut displaced = 0;
        while self.bytes + len > MAX_QUEUED || self.messages >= MAX_QUEUED_MESSAGES {
            let oldest = queue.messages.pop_front().expect("its own messages are enough, as checked above");
            self.bytes -= oldest.data.len();
            queue.bytes -= oldest.data.len();
            self.messages -= 1;
            displaced += 1;
        }
        self.bytes += len;
        queue.bytes += len;
        self.messages += 1;
        queue.messages.push_back(waiting);
        Put { taken: true, displaced }
    }

    /// The next message: the channels take turns, so that a file holds up no chat.
    pub(crate) fn take(&mut self) -> Option<(u16, Waiting)> {
        for _ in 0..self.queues.len() {
            self.turn %= self.queues.len();
            let queue = &mut self.queues[self.turn];
            self.turn += 1;
            if let Some(waiting) = queue.messages.pop_front() {
                self.bytes -= waiting.data.len();
                queue.bytes -= waiting.data.len();
                self.messages -= 1;
                return Some((queue.stream, waiting));
            }
        }
        None
    }

    /// Messages and bytes that wait for one channel.
    pub(crate) fn of(&self, stream: u16) -> (usize, usize) {
        let queue = self.queues.iter().find(|queue| queue.stream == stream);
        queue.map_or((0, 0), |queue| (queue.messages.len(), queue.bytes))
    }

    /// Messages that wait.
    pub(crate) fn messages(&self) -> usize {
        self.messages
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.messages == 0
    }

    /// Bytes that wait.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn clear(&mut self) {
        *self = Outbox::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn message(len: usize, mark: u8) -> Waiting {
        Waiting { payload: Payload::Binary, data: vec![mark; len].into() }
    }

    fn outbox() -> Outbox {
        let mut outbox = Outbox::default();
        outbox.add(0, false);
        outbox.add(2, true);
        outbox
    }

    #[test]
    fn channels_take_turns() {
        let mut outbox = outbox();
        for mark in 0..3 {
            outbox.put(0, message(10_000, mark));
        }
        outbox.put(2, message(10, 9));
        assert_eq!((outbox.of(0), outbox.of(2), outbox.of(4)), ((3, 30_000), (1, 10), (0, 0)));
        assert_eq!(outbox.messages(), 4);
        let order: Vec<_> = std::iter::from_fn(|| outbox.take()).map(|(s, w)| (s, w.data[0])).collect();
        assert_eq!(order, [(0, 0), (2, 9), (0, 1), (0, 2)]);
        assert!(outbox.is_empty() && outbox.bytes() == 0 && outbox.messages() == 0);
    }

    #[test]
    fn a_full_reliable_queue_takes_no_more_and_a_lossy_one_drops_its_oldest() {
        let mut outbox = outbox();
        let half = MAX_QUEUED / 2;
        assert_eq!(outbox.put(0, message(half, 1)), Put { taken: true, displaced: 0 });
        assert_eq!(outbox.put(2, message(half / 2, 2)), Put { taken: true, displaced: 0 });
        assert_eq!(outbox.put(2, message(half / 2, 3)), Put { taken: true, displaced: 0 });
        assert_eq!(outbox.put(0, message(1, 4)), Put { taken: false, displaced: 0 });
        assert_eq!(outbox.put(2, message(1, 5)), Put { taken: true, displaced: 1 });
        assert_eq!(outbox.put(2, message(half + 1, 6)), Put { taken: false, displaced: 0 });
        assert_eq!(outbox.put(4, message(1, 7)), Put { taken: false, displaced: 0 }, "no such channel");
        outbox.remove(0);
        assert_eq!(outbox.put(2, message(half + 1, 8)), Put { taken: true, displaced: 0 });
    }

    #[test]
    fn the_number_of_messages_is_bounded_too() {
        let mut outbox = outbox();
        for _ in 0..MAX_QUEUED_MESSAGES {
            assert!(outbox.put(0, message(1, 0)).taken);
        }
        assert!(!outbox.put(0, message(1, 0)).taken);
        assert!(!outbox.put(2, message(1, 0)).taken);
    }

    proptest! {
        #[test]
        fn never_more_than_the_bound(puts in proptest::collection::vec((0_u16..4, 1_usize..300_000), 0..64)) {
            let mut outbox = outbox();
            for (stream, len) in puts {
                if stream == 3 {
                    outbox.take();
                } else {
                    outbox.put(stream, message(len, 0));
                }
                prop_assert!(outbox.bytes() <= MAX_QUEUED);
                let counted: usize = outbox.queues.iter().flat_map(|q| &q.messages).map(|w| w.data.len()).sum();
                prop_assert_eq!(outbox.bytes(), counted);
            }
        }
    }
}
