//! What frames truly refer to, by their stamps.

use super::Decoded;
use crate::participant::media::stamp::VideoStamp;

/// What the frames decoded so far truly were.
#[derive(Clone, Copy, Debug)]
pub(super) struct Truth {
    encoding: u8,
    frame: u32,
    frames: Decoded,
}

impl Truth {
    /// Begins with one frame.
    pub(super) const fn new(stamp: &VideoStamp) -> Truth {
        Truth { encoding: stamp.encoding, frame: stamp.frame, frames: Decoded::ONE }
    }

    /// Whether all that the frame refers to was decoded.
    pub(super) fn allows(&self, stamp: &VideoStamp) -> bool {
        let step = stamp.frame.wrapping_sub(self.frame);
        stamp.encoding == self.encoding
            && step != 0
            && step <= u32::MAX / 2
            && stamp.references.iter().filter(|&&distance| distance != 0).all(|&distance| {
                u32::from(distance).checked_sub(step).is_some_and(|back| self.frames.contains(back))
            })
    }

    /// Takes note that the frame was decoded.
    pub(super) fn decoded(&mut self, stamp: &VideoStamp) {
        if stamp.key || stamp.encoding != self.encoding {
            *self = Truth::new(stamp);
        } else {
            self.frames.advance(stamp.frame.wrapping_sub(self.frame));
            self.frame = stamp.frame;
        }
    }
}
