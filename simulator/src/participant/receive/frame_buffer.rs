//! Frames put together from their packets: the start is known by the payload or the dependency descriptor, the end by
//! the marker.

use std::collections::VecDeque;

use sfu::Time;
use smallvec::SmallVec;

use super::latency::Journey;
use super::links::Links;
use super::reference::FrameFacts;
use crate::participant::media::stamp::VideoStamp;

/// Frames held at one time: 2 s at 30 frames per second, twice the longest playout delay.
const CAPACITY: usize = 64;
/// Frames that there is room for at first. A ring that is larger than it need be is walked through all the same,
/// and none of it is in a cache when its turn comes.
const FIRST_CAPACITY: usize = 4;

/// A packet of a frame, as far as its payload was understood.
#[derive(Clone, Debug)]
pub(super) struct FramePacket {
    pub(super) sequence: u64,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    /// Whether it is the first of its spatial layer's frame, and the last.
    pub(super) starts: bool,
    pub(super) ends: bool,
    pub(super) links: Links,
    pub(super) stamp: Option<VideoStamp>,
}

/// One spatial layer of a picture.
#[derive(Clone, Debug)]
pub(super) struct LayerFrame {
    /// The sequence number of one of its packets, with that packet's stamp.
    anchor: u64,
    stamp: Option<VideoStamp>,
    started: Option<u64>,
    ended: bool,
    received: u64,
    /// Those of the first packet once that is here, else of any.
    pub(super) links: Links,
}

impl LayerFrame {
    fn new(packet: &FramePacket) -> Self {
        let (anchor, stamp, links) = (packet.sequence, packet.stamp, packet.links.clone());
        LayerFrame { anchor, stamp, started: None, ended: false, received: 0, links }
    }

    #[cfg(test)]
    pub(super) fn whole(links: Links, stamp: VideoStamp) -> Self {
        LayerFrame { anchor: 0, stamp: Some(stamp), started: Some(0), ended: true, received: 1, links }
    }

    /// What its packets agree on.
    ///
    /// # Panics
    /// Before a packet with a stamp is here: a whole frame has one.
    pub(super) fn stamp(&self) -> &VideoStamp {
        self.stamp.as_ref().expect("a whole frame has packets with stamps")
    }

    /// Adds a packet; whether it is of another frame in truth, or the second to begin or end this one.
    fn add(&mut self, packet: &FramePacket) -> bool {
        let mut mixed = match (&self.stamp, &packet.stamp) {
            (Some(own), Some(new)) => {
                let start = |sequence: u64, stamp: &VideoStamp| sequence.wrapping_sub(u64::from(stamp.index));
                (own.encoding, own.spatial, own.frame, own.count)
                    != (new.encoding, new.spatial, new.frame, new.count)
                    || start(self.anchor, own) != start(packet.sequence, new)
            }
            (None, Some(_)) => {
                (self.anchor, self.stamp) = (packet.sequence, packet.stamp);
                false
            }
            (_, None) => false,
        };
        self.received += 1;
        if packet.starts {
            mixed |= self.started.is_some();
            self.started = Some(packet.sequence);
            self.links = packet.links.clone();
        }
        if packet.ends {
            mixed |= self.ended;
            self.ended = true;
        }
        mixed
    }

    fn is_counted(&self) -> bool {
        self.stamp.is_some_and(|stamp| self.received == u64::from(stamp.count))
    }
}

/// A picture, all its spatial layers in one, or what has come of it.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    timestamp: u32,
    /// The sequence number of one of its packets: frames don't overlap, so any orders them.
    anchor: u64,
    first: Option<u64>,
    last: Option<u64>,
    received: u64,
    /// Lowest first once it is whole.
    layers: SmallVec<[LayerFrame; 1]>,
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
            layers: SmallVec::new(),
            mixed: false,
            began: now,
            media,
            journey: None,
        }
    }

    fn add(&mut self, packet: &FramePacket) {
        let number = packet.links.frame();
        let known = self.layers.iter().position(|layer| layer.links.frame() == number);
        let place = known.unwrap_or_else(|| {
            self.layers.push(LayerFrame::new(packet));
            self.layers.len() - 1
        });
        self.mixed |= self.layers[place].add(packet);
        self.received += 1;
        if packet.starts {
            self.first = Some(self.first.map_or(packet.sequence, |first| first.min(packet.sequence)));
        }
        if packet.marker {
            self.mixed |= self.last.is_some();
            self.last = Some(packet.sequence);
        }
        if self.is_whole() {
            self.layers.sort_by_key(|layer| layer.started);
            self.mixed |= self.layers.iter().any(|layer| !layer.is_counted());
            let bottom = *self.layers[0].stamp();
            let of_one_picture = |layer: &LayerFrame| {
                (layer.stamp().encoding, layer.stamp().captured) == (bottom.encoding, bottom.captured)
            };
            self.mixed |= !self.layers.iter().all(of_one_picture);
        }
    }

    /// Whether first, last and all between are here, and each layer has its beginning and its end.
    fn is_whole(&self) -> bool {
        let (Some(first), Some(last)) = (self.first, self.last) else { return false };
        last.checked_sub(first).is_some_and(|span| span + 1 == self.received)
            && self.layers.iter().all(|l| l.started.is_some() && l.ended && l.stamp.is_some())
    }

    /// Whether the frame begins like a key frame.
    pub(super) fn starts_key(&self) -> bool {
        self.layers.iter().any(|layer| layer.started.is_some() && layer.links.is_key())
    }

    /// The layers here so far.
    pub(super) fn layers(&self) -> &[LayerFrame] {
        &self.layers
    }

    /// The stamp of the highest layer: what is shown.
    ///
    /// # Panics
    /// Before the frame is complete.
    pub(super) fn shown(&self) -> &VideoStamp {
        self.layers.last().expect("a frame has a packet").stamp()
    }

    /// What a packet of the frame is in truth: by its own stamp, or by that of another packet.
    fn stamp_of(&self, packet: &FramePacket) -> Option<VideoStamp> {
        let layer = self.layers.iter().find(|layer| layer.links.frame() == packet.links.frame())?;
        let ahead = packet.sequence.wrapping_sub(layer.anchor) as i64;
        packet.stamp.or_else(|| layer.stamp.map(|stamp| stamp.moved(ahead)))
    }

    /// What dependency checks want to know; `None` until the frame is complete.
    pub(super) fn facts(&self) -> Option<FrameFacts<'_>> {
        self.journey.as_ref()?;
        Some(FrameFacts { first_sequence: self.first?, last_sequence: self.last?, layers: &self.layers })
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

    /// Adds a packet that was not there before, and returns its frame, with what the packet is in truth, when that
    /// makes it complete.
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
    ) -> Option<(&mut Frame, VideoStamp)> {
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
        if !frame.is_whole() {
            // A lower layer may come late to one that looked complete without it: then it waits for the rest of that.
            frame.journey = None;
            return None;
        }
        let stamp = frame.stamp_of(packet)?;
        Some((frame, stamp))
    }
}
