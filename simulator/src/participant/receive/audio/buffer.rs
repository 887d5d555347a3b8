//! The packets that wait to be played, in order of sequence number.

use std::collections::VecDeque;

use sfu::Time;

/// 1.28 s of sound: more than twice the longest delay aimed at.
const CAPACITY: usize = 64;
/// Packets that there is room for at first: most of the time a few wait.
const FIRST_CAPACITY: usize = 8;

/// A packet that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AudioPacket {
    pub(super) sequence: u64,
    /// Unwrapped, in ticks.
    pub(super) timestamp: u64,
    pub(super) arrived: Time,
    pub(super) content: Content,
    /// Whether it came as redundancy of a later one (RFC 2198).
    pub(super) redundant: bool,
}

/// What is in a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Sound, captured when, and whether somebody speaks in it.
    Sound {
        captured: Time,
        voiced: bool,
        /// When the packet before was captured, if this one holds a copy of it (in-band FEC).
        copy: Option<Time>,
    },
    /// Nothing: comfort noise.
    Silence,
}

impl AudioPacket {
    /// Whether somebody speaks in it: then time can't be stretched much.
    pub(super) const fn is_voiced(&self) -> bool {
        matches!(self.content, Content::Sound { voiced: true, .. })
    }

    /// When the packet before was captured, if this one holds a copy of it.
    pub(super) const fn copy(&self) -> Option<Time> {
        match self.content {
            Content::Sound { copy, .. } => copy,
            Content::Silence => None,
        }
    }
}

/// The packets that wait.
#[derive(Clone, Debug)]
pub(super) struct AudioBuffer {
    packets: VecDeque<AudioPacket>,
}

impl AudioBuffer {
    pub(super) fn new() -> Self {
        AudioBuffer { packets: VecDeque::with_capacity(FIRST_CAPACITY) }
    }

    pub(super) fn clear(&mut self) {
        self.packets.clear();
    }

    /// Adds a packet; `false` when the oldest had to go for it.
    pub(super) fn insert(&mut self, packet: AudioPacket) -> bool {
        let room = self.packets.len() < CAPACITY;
        if !room {
            self.packets.pop_front();
        }
        let behind = self.packets.iter().rev().take_while(|other| other.sequence > packet.sequence).count();
        match behind {
            0 => self.packets.push_back(packet),
            _ => self.packets.insert(self.packets.len() - behind, packet),
        }
        room
    }

    pub(super) fn head(&self) -> Option<&AudioPacket> {
        self.packets.front()
    }

    /// Whether the packet right after the head is here, too.
    pub(super) fn has_successor(&self) -> bool {
        matches!((self.packets.front(), self.packets.get(1)), (Some(a), Some(b)) if a.sequence + 1 == b.sequence)
    }

    pub(super) fn pop(&mut self) -> Option<AudioPacket> {
        self.packets.pop_front()
    }
}
