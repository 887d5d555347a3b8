//! The bytes in flight: sent, and not told of.

use std::collections::VecDeque;
use std::time::Duration;

use crate::Time;
use crate::congestion::{PacketResult, SentPacket};

/// A packet that nobody tells of for so long isn't in flight any more (ours; RFC 6298, section 2.4 has a second).
const GIVEN_UP: Duration = Duration::from_secs(2);
/// Packets at most; older ones are given up. Two seconds of 20 Mbps.
const PACKETS: usize = 4_096;

#[derive(Clone, Debug, Default)]
pub(super) struct Flight {
    /// When each left, and its bytes.
    packets: VecDeque<(Time, u64)>,
    bytes: u64,
    /// The most of this round trip and of the one before.
    most: [u64; 2],
    turned: Option<Time>,
}

impl Flight {
    pub(super) fn on_sent(&mut self, packet: &SentPacket) {
        if self.packets.len() == PACKETS {
            self.pop();
        }
        let size = packet.size.as_bytes();
        self.packets.push_back((packet.at, size));
        self.bytes += size;
        self.most[0] = self.most[0].max(self.bytes);
    }

    /// Whatever was sent no later than a packet that is told of has arrived, or is lost, or its report is.
    pub(super) fn on_feedback(&mut self, now: Time, rtt: Duration, results: &[PacketResult]) {
        let Some(newest) = results.iter().map(|result| result.sent.at).max() else { return };
        while self.packets.front().is_some_and(|(at, _)| *at <= newest) {
            self.pop();
        }
        if self.turned.is_none_or(|at| now.since(at) >= rtt) {
            self.turned = Some(now);
            self.most = [self.bytes, self.most[0]];
        }
    }

    /// Gives up what nobody tells of; whether there was any.
    pub(super) fn give_up(&mut self, now: Time) -> bool {
        let before = self.packets.len();
        while self.packets.front().is_some_and(|(at, _)| now.since(*at) >= GIVEN_UP) {
            self.pop();
        }
        self.packets.len() < before
    }

    pub(super) fn bytes(&self) -> f64 {
        self.bytes as f64
    }

    pub(super) fn most(&self) -> f64 {
        self.most[0].max(self.most[1]) as f64
    }

    fn pop(&mut self) {
        if let Some((_, size)) = self.packets.pop_front() {
            self.bytes -= size;
        }
    }
}
