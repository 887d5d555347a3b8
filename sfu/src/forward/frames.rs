//! The last frames of a segment: what was decided about each, for the packets of it that come late.

use std::cmp::Ordering;

use super::ingress::IngressVideo;
use super::limit::Limit;
use crate::DropReason;
use crate::codec::vp8::PictureId;

/// How many frames are remembered: 2.8 s of three spatial layers at 30 pictures/s, and longer than the packet
/// history wherever frames have four packets on average.
const FRAMES: usize = 256;

/// A frame's picture id on both sides, extended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) source: u64,
    pub(super) out: u64,
}

/// One frame and the decision about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// The source's timestamp, which identifies the picture within its segment.
    pub(super) timestamp: u32,
    /// Which frame of the picture: its number or its spatial layer.
    pub(super) part: u16,
    pub(super) forwarded: bool,
    /// Its first packet was seen and starts a key frame.
    pub(super) key: bool,
    pub(super) picture: Option<Picture>,
    /// The outgoing picture id that the source's next picture takes.
    pub(super) next_picture: u64,
    pub(super) spatial: u8,
    pub(super) temporal: u8,
    pub(super) tl0: Option<u8>,
    /// The limit that it met, moved by itself already.
    pub(super) limit: Limit,
    /// The spatial layer that the picture ends with as it goes out, unless the source ends it before.
    pub(super) top: u8,
    /// Picture ids keep the source's distances.
    pub(super) keeps_distances: bool,
    /// The decode targets that the receiver is told of.
    pub(super) active_targets: Option<u32>,
}

impl Frame {
    /// Whether `packet` is part of it.
    pub(super) fn has(&self, packet: &IngressVideo) -> bool {
        self.is(packet.timestamp, packet.frame.part())
    }

    pub(super) const fn is(&self, timestamp: u32, part: u16) -> bool {
        self.timestamp == timestamp && self.part == part
    }

    /// Whether a higher spatial layer may begin with `packet`, which comes after it: not once its own last packet has
    /// ended the picture.
    pub(super) const fn lets_begin(&self, packet: &IngressVideo) -> bool {
        self.timestamp != packet.timestamp || !self.forwarded || self.top > self.limit.spatial
    }

    /// Whether `packet`, which is part of it, ends the picture as far as that goes out.
    pub(super) const fn is_ended_by(&self, packet: &IngressVideo) -> bool {
        packet.frame.layered && packet.frame.frame_end && self.spatial == self.top
    }

    /// Why it doesn't go out.
    pub(super) fn refusal(&self) -> DropReason {
        refusal(self.spatial, &self.limit)
    }

    /// Takes back `skipped` picture ids that were kept free for pictures now known to be dropped.
    pub(super) fn close_up(&mut self, skipped: u64) {
        if let Some(picture) = self.picture.as_mut().filter(|_| !self.keeps_distances) {
            picture.out -= skipped;
            self.next_picture -= skipped;
        }
    }
}

/// Why a frame of a spatial layer doesn't go out under `limit`.
pub(super) fn refusal(spatial: u8, limit: &Limit) -> DropReason {
    match spatial.cmp(&limit.spatial) {
        Ordering::Equal => DropReason::TemporalLayer,
        // A lower one that nothing needs, or a higher one.
        Ordering::Less | Ordering::Greater => DropReason::SpatialLayer,
    }
}

/// The newest frame, and a ring of those before it or found late.
#[derive(Clone, Debug)]
pub(super) struct Frames {
    newest: Option<Frame>,
    older: Box<[Option<Frame>]>,
    at: usize,
}

impl Frames {
    pub(super) fn new() -> Self {
        Frames { newest: None, older: vec![None; FRAMES].into_boxed_slice(), at: 0 }
    }

    pub(super) fn clear(&mut self) {
        self.newest = None;
        self.older.fill(None);
        self.at = 0;
    }

    pub(super) fn newest(&self) -> Option<&Frame> {
        self.newest.as_ref()
    }

    #[inline]
    pub(super) fn push_newest(&mut self, frame: Frame) {
        if let Some(before) = self.newest.replace(frame) {
            self.push_late(before);
        }
    }

    pub(super) fn push_late(&mut self, frame: Frame) {
        self.older[self.at] = Some(frame);
        self.at = (self.at + 1) % FRAMES;
    }

    /// The frame that `packet` is part of, and whether it is the newest.
    pub(super) fn find(&mut self, packet: &IngressVideo) -> Option<(&mut Frame, bool)> {
        if let Some(newest) = self.newest.as_mut()
            && newest.has(packet)
        {
            return Some((newest, true));
        }
        let found = self.older.iter_mut().flatten().find(|frame| frame.has(packet));
        found.map(|frame| (frame, false))
    }

    /// The limit that the highest known layer of the picture with this `timestamp` met.
    pub(super) fn limit_of_picture(&self, timestamp: u32) -> Option<Limit> {
        let of_picture = self.all().filter(|frame| frame.timestamp == timestamp);
        of_picture.max_by_key(|frame| frame.spatial).map(|frame| frame.limit)
    }

    /// Whether the frame with this number (of a dependency descriptor) went out.
    pub(super) fn sent(&self, number: u16) -> bool {
        self.all().any(|frame| frame.part == number && frame.forwarded)
    }

    /// Where a frame with picture id `id` belongs that comes before the newest: none when the pictures
    /// around it are forgotten.
    pub(super) fn place_late(&self, id: PictureId) -> Option<Picture> {
        let newest = self.newest?;
        let head = newest.picture?;
        let back = u64::from((head.source as u16).wrapping_sub(id.value()) & id.mask());
        let source = head.source.saturating_sub(back);
        if newest.keeps_distances {
            return Some(Picture { source, out: head.out.checked_sub(back)? });
        }
        let known = self.older.iter().flatten().filter_map(|f| Some((f.picture?, f.next_picture)));
        let (before, next) = known.filter(|(p, _)| p.source < source).max_by_key(|(p, _)| p.source)?;
        Some(Picture { source, out: next + (source - before.source - 1) })
    }

    fn all(&self) -> impl Iterator<Item = &Frame> {
        self.newest.iter().chain(self.older.iter().flatten())
    }
}
