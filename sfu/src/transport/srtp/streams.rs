//! What a receiver remembers per SSRC: a short list, searched by eye rather than by hash.

use super::{ReplayWindow, SrtpError};

/// How many SSRCs of one sender are remembered unless said otherwise. Camera and screen as three encodings
/// with their retransmissions, and audio, are 13; the rest is room for streams that come and go.
pub const DEFAULT_MAX_STREAMS: usize = 128;

/// Replay windows by SSRC. An entry is made for an authenticated packet only.
pub(super) struct Streams {
    limit: usize,
    /// Where the last packet was found: most packets come in runs of one SSRC.
    last: usize,
    ssrcs: Vec<u32>,
    windows: Vec<ReplayWindow>,
}

impl Streams {
    pub(super) fn new(limit: usize) -> Self {
        Streams { limit, last: 0, ssrcs: Vec::new(), windows: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.ssrcs.len()
    }

    #[inline]
    pub(super) fn find(&mut self, ssrc: u32) -> Option<usize> {
        if self.ssrcs.get(self.last) == Some(&ssrc) {
            return Some(self.last);
        }
        self.last = self.ssrcs.iter().position(|known| *known == ssrc)?;
        Some(self.last)
    }

    pub(super) fn window(&self, slot: usize) -> &ReplayWindow {
        &self.windows[slot]
    }

    /// Whether one more SSRC may be remembered.
    pub(super) fn check_room(&self) -> Result<(), SrtpError> {
        if self.ssrcs.len() < self.limit { Ok(()) } else { Err(SrtpError::TooManyStreams) }
    }

    /// Notes an authenticated packet, of a stream found before or of a new one.
    #[inline]
    pub(super) fn note(&mut self, slot: Option<usize>, ssrc: u32, index: u64) {
        match slot {
            Some(slot) => self.windows[slot].insert(index),
            None => {
                self.ssrcs.push(ssrc);
                self.windows.push(ReplayWindow::starting_at(index));
            }
        }
    }

    pub(super) fn forget(&mut self, ssrc: u32) {
        if let Some(slot) = self.find(ssrc) {
            self.ssrcs.swap_remove(slot);
            self.windows.swap_remove(slot);
        }
    }
}
