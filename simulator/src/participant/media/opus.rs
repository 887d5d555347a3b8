//! Opus as far as anybody without the sound can tell: a true TOC byte (RFC 6716 section 3.1), then what a stamp says
//! of the content, then filler.
//!
//! With in-band FEC a packet holds a low-rate copy of the frame before (LBRR, RFC 6716 section 2.1.7): that frame's
//! stamp follows the packet's own. In DTX a packet is its TOC byte and nothing else, as libopus makes it.

use super::stamp::{AudioStamp, StampError};

/// One frame of 20 ms, mono, in hybrid mode at full bandwidth: configuration 15 of RFC 6716 table 2, which is what
/// libopus takes for speech at these rates.
pub const TOC: u8 = 15 << 3;
/// A packet without sound.
pub const SILENCE: [u8; 1] = [TOC];
/// The shortest packet with sound, bytes: TOC and stamp.
pub const MIN_LEN: usize = 1 + AudioStamp::LEN;

/// What is in a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpusContent {
    /// 20 ms of sound.
    Sound {
        /// Whose, and when.
        stamp: AudioStamp,
        /// The frame before, if there is a copy of it.
        copy: Option<AudioStamp>,
    },
    /// Nothing: the decoder makes comfort noise.
    Silence,
}

impl OpusContent {
    /// Reads one packet.
    ///
    /// # Errors
    /// When its first byte is another TOC, or no sound stamp follows.
    pub fn read(payload: &[u8]) -> Result<OpusContent, StampError> {
        let (&toc, content) = payload.split_first().ok_or(StampError::Truncated)?;
        if toc != TOC {
            return Err(StampError::Kind);
        }
        if content.is_empty() {
            return Ok(OpusContent::Silence);
        }
        let stamp = AudioStamp::read(content)?;
        // Filler is no stamp.
        let copy = AudioStamp::read(&content[AudioStamp::LEN..]).ok();
        Ok(OpusContent::Sound { stamp, copy })
    }
}
