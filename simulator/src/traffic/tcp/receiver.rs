//! The receiving end: acknowledgements, delayed and selective.

use std::time::Duration;

use sfu::Time;

use super::Segment;

/// How long an acknowledgement may wait for a second segment: RFC 9293 section 3.8.6.3 allows up to 500 ms, usual
/// stacks start from 40 ms.
pub const ACK_DELAY: Duration = Duration::from_millis(40);

/// Blocks per acknowledgement: three fit beside time stamps (RFC 2018 section 3).
const BLOCKS: usize = 3;

/// An acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    /// The first segment that is missing.
    pub next: u64,
    /// What has come beyond it, from and until; the block that changed last comes first.
    pub blocks: [Option<(u64, u64)>; BLOCKS],
    /// When the segment was sent that it answers (the time stamp that RFC 7323 section 4.3 echoes).
    pub echo: Time,
}

/// What has come, and what is to be acknowledged.
#[derive(Clone, Debug, Default)]
pub struct Receiver {
    next: u64,
    /// What came beyond `next`, in the order of the last change.
    beyond: Vec<(u64, u64)>,
    /// Since when a segment waits to be acknowledged, and its time stamp.
    waiting: Option<(Time, Time)>,
}

impl Receiver {
    /// Takes a segment in; the acknowledgement, if it is due at once (RFC 5681 section 4.2: every second segment,
    /// and whatever is out of order or fills a hole).
    pub fn arrived(&mut self, now: Time, segment: Segment) -> Option<Ack> {
        let Segment { number, sent } = segment;
        if number < self.next || self.beyond.iter().any(|&(from, until)| (from..until).contains(&number)) {
            return Some(self.acknowledge(sent));
        }
        if number > self.next {
            self.insert(number);
            return Some(self.acknowledge(sent));
        }
        self.next += 1;
        let had_holes = !self.beyond.is_empty();
        if let Some(place) = self.beyond.iter().position(|&(from, _)| from == self.next) {
            self.next = self.beyond.remove(place).1;
        }
        match self.waiting {
            _ if had_holes => Some(self.acknowledge(sent)),
            Some((_, first)) => Some(self.acknowledge(first)),
            None => {
                self.waiting = Some((now + ACK_DELAY, sent));
                None
            }
        }
    }

    fn insert(&mut self, number: u64) {
        let (mut from, mut until) = (number, number + 1);
        self.beyond.retain(|&(other, end)| {
            let touches = end == from || other == until;
            if touches {
                (from, until) = (from.min(other), until.max(end));
            }
            !touches
        });
        self.beyond.insert(0, (from, until));
    }

    fn acknowledge(&mut self, echo: Time) -> Ack {
        self.waiting = None;
        let mut blocks = [None; BLOCKS];
        self.beyond.iter().zip(&mut blocks).for_each(|(block, place)| *place = Some(*block));
        Ack { next: self.next, blocks, echo }
    }

    /// When a delayed acknowledgement is due.
    pub fn deadline(&self) -> Option<Time> {
        self.waiting.map(|(due, _)| due)
    }

    /// The delayed acknowledgement, if it is due.
    pub fn handle_timeout(&mut self, now: Time) -> Option<Ack> {
        let (_, first) = self.waiting.filter(|(due, _)| *due <= now)?;
        Some(self.acknowledge(first))
    }

    /// Segments received in order.
    pub fn received(&self) -> u64 {
        self.next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Time {
        Time::from_millis(millis)
    }

    fn arrive(receiver: &mut Receiver, at: u64, number: u64) -> Option<Ack> {
        receiver.arrived(ms(at), Segment { number, sent: ms(at - 10) })
    }

    #[test]
    fn every_second_segment_is_acknowledged_and_a_lone_one_late() {
        let mut receiver = Receiver::default();
        assert_eq!(arrive(&mut receiver, 10, 0), None);
        let ack = arrive(&mut receiver, 11, 1).expect("the second");
        assert_eq!((ack.next, ack.blocks, ack.echo), (2, [None; 3], ms(0)), "the first one's time stamp");
        assert_eq!(arrive(&mut receiver, 20, 2), None);
        assert_eq!(receiver.deadline(), Some(ms(60)));
        assert_eq!(receiver.handle_timeout(ms(59)), None);
        let ack = receiver.handle_timeout(ms(60)).expect("late");
        assert_eq!((ack.next, ack.echo, receiver.deadline()), (3, ms(10), None));
    }

    #[test]
    fn blocks_tell_what_is_beyond_a_hole_the_last_change_first() {
        let mut receiver = Receiver::default();
        let mut blocks = |at, number| arrive(&mut receiver, at, number).map(|ack| (ack.next, ack.blocks));
        assert_eq!(blocks(11, 1), Some((0, [Some((1, 2)), None, None])));
        assert_eq!(blocks(12, 3), Some((0, [Some((3, 4)), Some((1, 2)), None])));
        assert_eq!(blocks(13, 5), Some((0, [Some((5, 6)), Some((3, 4)), Some((1, 2))])));
        assert_eq!(blocks(14, 2), Some((0, [Some((1, 4)), Some((5, 6)), None])));
        assert_eq!(blocks(15, 2), Some((0, [Some((1, 4)), Some((5, 6)), None])), "a duplicate");
        assert_eq!(blocks(16, 0), Some((4, [Some((5, 6)), None, None])), "fills a hole");
        assert_eq!(blocks(17, 4), Some((6, [None, None, None])));
    }
}
