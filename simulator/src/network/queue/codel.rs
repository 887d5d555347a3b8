//! CoDel (RFC 8289): drops at the head once the queue has not been below its target for an interval, then at
//! times that come closer by the square root of the number of drops.

use std::time::Duration;

use sfu::{DataSize, Time};

use super::packet::{Ecn, Fifo, Packet, Waiting};

/// The parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodelConfig {
    /// The queueing delay that may stand; 5 ms by RFC 8289 section 4.4.
    pub target: Duration,
    /// How long the delay may be above the target; 100 ms by RFC 8289 section 4.3.
    pub interval: Duration,
    /// The most that waits; what comes on top of it is dropped.
    pub limit: DataSize,
    /// Whether packets of ECN-capable senders are marked instead of dropped.
    pub ecn: bool,
}

/// The control law, without the packets: FQ-CoDel has one per flow.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Control {
    /// When the delay will have been above the target for an interval.
    first_above: Option<Time>,
    drop_next: Time,
    count: u32,
    last_count: u32,
    dropping: bool,
}

/// One queue under CoDel.
#[derive(Clone, Debug)]
pub struct Codel<P> {
    config: CodelConfig,
    fifo: Fifo<P>,
    control: Control,
    largest: DataSize,
}

impl<P: Packet> Codel<P> {
    /// An empty queue.
    pub fn new(config: CodelConfig) -> Self {
        Codel { config, fifo: Fifo::new(), control: Control::default(), largest: DataSize::ZERO }
    }

    /// Takes a packet in.
    ///
    /// # Errors
    /// Gives it back when the queue is full.
    pub fn enqueue(&mut self, now: Time, packet: P) -> Result<(), P> {
        let size = packet.wire_size();
        if self.fifo.bytes() + size > self.config.limit {
            return Err(packet);
        }
        self.largest = self.largest.max(size);
        self.fifo.push(now, packet);
        Ok(())
    }

    /// The next packet to send; what it drops on the way goes to `shed`.
    pub fn dequeue(&mut self, now: Time, shed: &mut impl FnMut(Waiting<P>)) -> Option<Waiting<P>> {
        self.control.dequeue(&self.config, self.largest, now, &mut self.fifo, shed)
    }

    /// Bytes and packets that wait.
    pub fn held(&self) -> (DataSize, usize) {
        (self.fifo.bytes(), self.fifo.len())
    }
}

impl Control {
    /// RFC 8289 section 5.5, with marks in the place of drops where the packet takes them (section 5.3).
    pub(super) fn dequeue<P: Packet>(
        &mut self,
        config: &CodelConfig,
        largest: DataSize,
        now: Time,
        fifo: &mut Fifo<P>,
        shed: &mut impl FnMut(Waiting<P>),
    ) -> Option<Waiting<P>> {
        let (mut head, mut may_drop) = self.take(config, largest, now, fifo);
        if self.dropping {
            self.dropping &= may_drop;
            while self.dropping && now >= self.drop_next {
                self.count += 1;
                match refuse(config, head?) {
                    Ok(marked) => {
                        self.drop_next = self.next_after(config, self.drop_next);
                        return Some(marked);
                    }
                    Err(dropped) => shed(dropped),
                }
                (head, may_drop) = self.take(config, largest, now, fifo);
                self.dropping = may_drop;
                if may_drop {
                    self.drop_next = self.next_after(config, self.drop_next);
                }
            }
            return head;
        }
        if !may_drop {
            return head;
        }
        let refused = refuse(config, head?);
        self.begin_dropping(config, now);
        match refused {
            Ok(marked) => Some(marked),
            Err(dropped) => {
                shed(dropped);
                self.take(config, largest, now, fifo).0
            }
        }
    }

    /// Starts near the rate of drops that held the queue last time, if that was not long ago.
    fn begin_dropping(&mut self, config: &CodelConfig, now: Time) {
        self.dropping = true;
        let delta = self.count.saturating_sub(self.last_count);
        let recent = now < self.drop_next + config.interval * 16;
        self.count = if delta > 1 && recent { delta } else { 1 };
        self.last_count = self.count;
        self.drop_next = self.next_after(config, now);
    }

    /// Takes the head, and says whether it may be dropped.
    fn take<P: Packet>(
        &mut self,
        config: &CodelConfig,
        largest: DataSize,
        now: Time,
        fifo: &mut Fifo<P>,
    ) -> (Option<Waiting<P>>, bool) {
        let Some(head) = fifo.pop() else {
            self.first_above = None;
            return (None, false);
        };
        if now.since(head.since) < config.target || fifo.bytes() <= largest {
            self.first_above = None;
            return (Some(head), false);
        }
        let first_above = *self.first_above.get_or_insert(now + config.interval);
        (Some(head), now >= first_above)
    }

    /// The control law: the next drop is interval / √count after `from`.
    fn next_after(&self, config: &CodelConfig, from: Time) -> Time {
        let interval = config.interval.as_nanos() as f64;
        from + Duration::from_nanos((interval / f64::from(self.count).sqrt()) as u64)
    }
}

/// Marks the packet if it may be marked.
fn refuse<P: Packet>(config: &CodelConfig, mut head: Waiting<P>) -> Result<Waiting<P>, Waiting<P>> {
    if !config.ecn || head.packet.ecn() == Ecn::NotEct {
        return Err(head);
    }
    head.packet.mark();
    Ok(head)
}
