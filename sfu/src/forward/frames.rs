//! The last frames of a segment: what was decided about each, for the packets of it that come late.

use crate::codec::vp8::PictureId;

/// How many frames are remembered: 4.3 s at 30 frames/s, a little longer than the packet history.
const FRAMES: usize = 128;

/// A frame's picture id on both sides, extended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) source: u64,
    pub(super) out: u64,
}

/// One frame and the decision about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// The source's timestamp, which identifies the frame within its segment.
    pub(super) timestamp: u32,
    pub(super) forwarded: bool,
    /// Its first packet was seen and starts a key frame.
    pub(super) key: bool,
    pub(super) picture: Option<Picture>,
    /// The outgoing picture id that the source's next picture takes.
    pub(super) next_picture: u64,
    pub(super) temporal: u8,
    pub(super) tl0: Option<u8>,
}

impl Frame {
    /// Takes back `skipped` picture ids that were kept free for pictures now known to be dropped.
    pub(super) fn close_up(&mut self, skipped: u64) {
        if let Some(picture) = &mut self.picture {
            picture.out -= skipped;
            self.next_picture -= skipped;
        }
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

    /// The frame with the source's `timestamp`, and whether it is the newest.
    pub(super) fn find(&mut self, timestamp: u32) -> Option<(&mut Frame, bool)> {
        if let Some(newest) = self.newest.as_mut()
            && newest.timestamp == timestamp
        {
            return Some((newest, true));
        }
        let found = self.older.iter_mut().flatten().find(|frame| frame.timestamp == timestamp);
        found.map(|frame| (frame, false))
    }

    /// Where a frame with picture id `id` belongs that comes before the newest: none when the pictures
    /// around it are forgotten.
    pub(super) fn place_late(&self, id: PictureId) -> Option<Picture> {
        let head = self.newest?.picture?;
        let back = u64::from((head.source as u16).wrapping_sub(id.value()) & id.mask());
        let source = head.source.saturating_sub(back);
        let known = self.older.iter().flatten().filter_map(|f| Some((f.picture?, f.next_picture)));
        let (before, next) = known.filter(|(p, _)| p.source < source).max_by_key(|(p, _)| p.source)?;
        Some(Picture { source, out: next + (source - before.source - 1) })
    }
}
