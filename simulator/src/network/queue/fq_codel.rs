//! FQ-CoDel (RFC 8290): a CoDel queue per flow, served by deficit round robin, flows that start first.

use std::collections::VecDeque;

use sfu::{DataSize, Time};

use super::codel::{CodelConfig, Control};
use super::packet::{Fifo, Packet, Waiting};

/// The parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FqCodelConfig {
    /// Of each flow's queue, except for the limit, which all share (RFC 8290 section 5.2.3 counts packets).
    pub codel: CodelConfig,
    /// What a flow may send per round; 1514 bytes by RFC 8290 section 5.2.4, an Ethernet frame.
    pub quantum: DataSize,
    /// Queues that flows are spread over by their hash; 1024 by RFC 8290 section 5.2.5.
    pub queues: usize,
}

/// The most that one overload drops: half of the longest queue, no more than this (RFC 8290 section 4.1.3).
const DROP_BATCH: usize = 64;

#[derive(Clone, Debug)]
struct Flow<P> {
    fifo: Fifo<P>,
    control: Control,
    /// Bytes that it may still send in this round.
    deficit: i64,
    listed: bool,
}

/// All queues.
#[derive(Clone, Debug)]
pub struct FqCodel<P> {
    config: FqCodelConfig,
    flows: Vec<Flow<P>>,
    new: VecDeque<usize>,
    old: VecDeque<usize>,
    bytes: DataSize,
    packets: usize,
    largest: DataSize,
}

impl<P: Packet> FqCodel<P> {
    /// Empty queues.
    ///
    /// # Panics
    /// When there are none, or the quantum is zero.
    pub fn new(config: FqCodelConfig) -> Self {
        assert!(config.queues > 0 && config.quantum > DataSize::ZERO, "a flow has a queue and a quantum");
        let flow = || Flow { fifo: Fifo::new(), control: Control::default(), deficit: 0, listed: false };
        FqCodel {
            config,
            flows: (0..config.queues).map(|_| flow()).collect(),
            new: VecDeque::new(),
            old: VecDeque::new(),
            bytes: DataSize::ZERO,
            packets: 0,
            largest: DataSize::ZERO,
        }
    }

    /// Takes a packet in. When that is too much, packets at the head of the longest queue go to `shed`, which
    /// may be this one.
    pub fn enqueue(&mut self, now: Time, packet: P, shed: &mut impl FnMut(Waiting<P>)) {
        let size = packet.wire_size();
        let index = (packet.flow() % self.flows.len() as u64) as usize;
        self.largest = self.largest.max(size);
        self.bytes += size;
        self.packets += 1;
        let flow = &mut self.flows[index];
        flow.fifo.push(now, packet);
        if !flow.listed {
            flow.listed = true;
            flow.deficit = quantum(&self.config);
            self.new.push_back(index);
        }
        if self.bytes > self.config.codel.limit {
            self.relieve(shed);
        }
    }

    fn relieve(&mut self, shed: &mut impl FnMut(Waiting<P>)) {
        // The last of equally long ones; which doesn't matter, as long as it is always the same.
        let Some(longest) = self.flows.iter_mut().max_by_key(|flow| flow.fifo.bytes()) else { return };
        let most = (longest.fifo.len() / 2).clamp(1, DROP_BATCH);
        for _ in 0..most {
            let Some(dropped) = longest.fifo.pop() else { break };
            self.bytes -= dropped.packet.wire_size();
            self.packets -= 1;
            shed(dropped);
        }
    }

    /// The next packet to send; what is dropped on the way goes to `shed`. RFC 8290 section 4.2.
    pub fn dequeue(&mut self, now: Time, shed: &mut impl FnMut(Waiting<P>)) -> Option<Waiting<P>> {
        loop {
            let is_new = !self.new.is_empty();
            let list = if is_new { &mut self.new } else { &mut self.old };
            let index = *list.front()?;
            let flow = &mut self.flows[index];
            if flow.deficit <= 0 {
                flow.deficit += quantum(&self.config);
                list.pop_front();
                self.old.push_back(index);
                continue;
            }
            let (bytes, packets) = (&mut self.bytes, &mut self.packets);
            let mut drop = |waiting: Waiting<P>| {
                *bytes -= waiting.packet.wire_size();
                *packets -= 1;
                shed(waiting);
            };
            let codel = &self.config.codel;
            let head = flow.control.dequeue(codel, self.largest, now, &mut flow.fifo, &mut drop);
            let Some(head) = head else {
                list.pop_front();
                // A new flow that empties goes behind the old ones, so that it can't stay new and starve them.
                if is_new {
                    self.old.push_back(index);
                } else {
                    flow.listed = false;
                }
                continue;
            };
            let size = head.packet.wire_size();
            flow.deficit -= size.as_bytes() as i64;
            self.bytes -= size;
            self.packets -= 1;
            return Some(head);
        }
    }

    /// Bytes and packets that wait.
    pub fn held(&self) -> (DataSize, usize) {
        (self.bytes, self.packets)
    }
}

fn quantum(config: &FqCodelConfig) -> i64 {
    config.quantum.as_bytes() as i64
}
