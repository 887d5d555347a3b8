//! Frames put together from their packets: the start is known by the descriptor, the end by the marker.

use std::collections::VecDeque;

use sfu::Time;
use sfu::codec::Vp8Descriptor;

use super::latency::Journey;
use super::reference::FrameFacts;
use crate::participant::media::stamp::VideoStamp;

/// Frames held at one time: 2 s at 30 frames per second, twice the longest playout delay.
const CAPACITY: usize = 64;
/// Frames that there is room for at first. A ring that is larger than it need be is walked through all the same,
/// and none of it is in a cache when its turn comes.
const FIRST_CAPACITY: usize = 8;

/// A packet of a frame, as far as its payload was understood.
#[derive(Clone, Copy, Debug)]
pub(super) struct FramePacket {
    pub(super) sequence: u64,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    pub(super) descriptor: Vp8Descriptor,
    pub(super) stamp: VideoStamp,
}

/// A frame, or what has come of it.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    timestamp: u32,
    /// The sequence number of one of its packets: frames don't overlap, so any orders them.
    anchor: u64,
    first: Option<u64>,
    last: Option<u64>,
    received: u64,
    /// The descriptor of the first packet once that is here, else of any.
    descriptor: Vp8Descriptor,
    pub(super) stamp: VideoStamp,
    /// Whether the packets disagree on what frame they belong to.
    pub(super) mixed: bool,
    /// When its first packet arrived.
    pub(super) began: Time,
    /// Media time, ns.
    pub(super) media: i64,
    /// Filled in when the frame is complete.
    pub(super) journey: Option<Journey>,
}

impl Frame {
    fn new(packet: &FramePacket, now: Time, media: i64) -> Self {
        Frame {
            timestamp: packet.timestamp,
            anchor: packet.sequence,
            first: None,
            last: None,
            received: 0,
            descriptor: packet.descriptor,
            stamp: packet.stamp,
            mixed: false,
            began: now,
            media,
            journey: None,
        }
    }

    fn add(&mut self, packet: &FramePacket) {
        let (own, new) = (&self.stamp, &packet.stamp);
        let start = |sequence: u64, stamp: &VideoStamp| sequence.wrapping_sub(u64::from(stamp.index));
        self.mixed |= own.encoding != new.encoding
            || own.frame != new.frame
            || own.count != new.count
            || start(self.anchor, own) != start(packet.sequence, new);
        self.received += 1;
        if packet.descriptor.frame_start() {
            self.mixed |= self.first.is_some();
            self.first = Some(packet.sequence);
            self.descriptor = packet.descriptor;
        }
        if packet.marker {
            self.mixed |= self.last.is_some();
            self.last = Some(packet.sequence);
        }
        if self.is_whole() {
            self.mixed |= self.received != u64::from(self.stamp.count);
        }
    }

    /// Whether first, last and all between are here.
    fn is_whole(&self) -> bool {
        let (Some(first), Some(last)) = (self.first, self.last) else { return false };
        last.checked_sub(first).is_some_and(|span| span + 1 == self.received)
    }

    /// Whether the frame begins like a key frame.
    pub(super) fn starts_key(&self) -> bool {
        self.first.is_some() && self.descriptor.key_frame_start
    }

    /// The temporal layer by the descriptor; the base when it says nothing.
    pub(super) fn temporal(&self) -> u8 {
        self.descriptor.temporal_id.unwrap_or(0)
    }

    /// What dependency checks want to know; `None` until the frame is complete.
    pub(super) fn facts(&self) -> Option<FrameFacts<'_>> {
        self.journey.as_ref()?;
        Some(FrameFacts {
            first_sequence: self.first?,
            last_sequence: self.last?,
            descriptor: &self.descriptor,
            stamp: &self.stamp,
        })
    }

    /// The lowest sequence number known to belong to the frame.
    pub(super) fn start(&self) -> u64 {
        self.first.unwrap_or(self.anchor)
    }

    /// The number after the highest known to belong to the frame.
    pub(super) fn end(&self) -> u64 {
        self.last.unwrap_or(self.anchor) + 1
    }
}

/// The frames between the last one released and the newest packet, in decode order.
#[derive(Clone, Debug)]
pub(super) struct FrameBuffer {
    frames: VecDeque<Frame>,
}

impl FrameBuffer {
    pub(super) fn new() -> Self {
        FrameBuffer { frames: VecDeque::with_capacity(FIRST_CAPACITY) }
    }

    pub(super) fn is_full(&self) -> bool {
        self.frames.len() == CAPACITY
    }

    pub(super) fn get(&self, index: usize) -> Option<&Frame> {
        self.frames.get(index)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Frame> {
        self.frames.iter()
    }

    pub(super) fn pop(&mut self) -> Option<Frame> {
        self.frames.pop_front()
    }

    /// Takes the oldest frame if it lies before `sequence`.
    pub(super) fn pop_before(&mut self, sequence: u64) -> Option<Frame> {
        self.frames.pop_front_if(|frame| frame.anchor < sequence)
    }

    /// Adds a packet that was not there before, and returns its frame when that makes it complete.
    ///
    /// `media` is asked for the frame's media time when the packet is its first.
    ///
    /// # Panics
    /// Never in fact: the caller makes room first, by [`FrameBuffer::is_full`].
    pub(super) fn insert(
        &mut self,
        packet: &FramePacket,
        now: Time,
        media: impl FnOnce() -> i64,
    ) -> Option<&mut Frame> {
        debug_assert!(!self.is_full(), "room was made before");
        let mut at = self.frames.len();
        while let Some(frame) = at.checked_sub(1).map(|before| &self.frames[before]) {
            if frame.timestamp == packet.timestamp || frame.anchor < packet.sequence {
                break;
            }
            at -= 1;
        }
        let known = at.checked_sub(1).filter(|&before| self.frames[before].timestamp == packet.timestamp);
        let index = known.unwrap_or_else(|| {
            let frame = Frame::new(packet, now, media());
            if at == self.frames.len() {
                self.frames.push_back(frame);
            } else {
                self.frames.insert(at, frame);
            }
            at
        });
        let frame = &mut self.frames[index];
        frame.add(packet);
        (frame.journey.is_none() && frame.is_whole()).then_some(frame)
    }
}
