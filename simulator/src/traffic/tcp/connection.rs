//! Both ends of a connection: segments cross a link of the network, acknowledgements take a path without limits.

use std::collections::VecDeque;
use std::time::Duration;

use sfu::Time;

use super::receiver::{Ack, Receiver};
use super::sender::Sender;
use super::{CongestionWindow, Segment};

/// An established connection in one direction.
#[derive(Debug)]
pub struct Connection {
    sender: Sender,
    receiver: Receiver,
    /// How long an acknowledgement travels.
    back: Duration,
    returning: VecDeque<(Time, Ack)>,
}

impl Connection {
    /// A connection for `total` segments, or without end.
    pub fn new(window: Box<dyn CongestionWindow>, total: Option<u64>, back: Duration) -> Self {
        Connection {
            sender: Sender::new(window, total),
            receiver: Receiver::default(),
            back,
            returning: VecDeque::new(),
        }
    }

    /// The next segment to send; call until `None`.
    pub fn poll(&mut self, now: Time) -> Option<Segment> {
        self.sender.poll(now)
    }

    /// A segment is at the far end.
    pub fn arrived(&mut self, now: Time, segment: Segment) {
        let ack = self.receiver.arrived(now, segment);
        self.returning.extend(ack.map(|ack| (now + self.back, ack)));
    }

    /// When to call [`handle_timeout`](Self::handle_timeout).
    pub fn deadline(&self) -> Option<Time> {
        let returning = self.returning.front().map(|(at, _)| *at);
        [returning, self.receiver.deadline(), self.sender.deadline()].into_iter().flatten().min()
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Time) {
        while let Some((_, ack)) = self.returning.pop_front_if(|(at, _)| *at <= now) {
            self.sender.acknowledged(now, &ack);
        }
        if let Some(ack) = self.receiver.handle_timeout(now) {
            self.returning.push_back((now + self.back, ack));
        }
        self.sender.handle_timeout(now);
    }

    /// The sending end.
    pub fn sender(&self) -> &Sender {
        &self.sender
    }

    /// The receiving end.
    pub fn receiver(&self) -> &Receiver {
        &self.receiver
    }
}
