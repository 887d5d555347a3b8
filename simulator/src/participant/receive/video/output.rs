//! What a video receiver says and counts.

use reports::observation::LatencyParts;
use sfu::Time;

use crate::participant::receive::feedback::Feedback;

/// A frame that is shown now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Simulcast encoding, or spatial layer.
    pub layer: u8,
    /// Temporal layer.
    pub temporal: u8,
    /// Frame number within its encoding.
    pub frame: u32,
    /// Whether it is a key frame.
    pub key: bool,
    /// Picture width and height, px.
    pub size: (u32, u32),
    /// When it was captured.
    pub captured: Time,
    /// When it is shown; the time of the output, too, if the deadline was kept.
    pub rendered_at: Time,
    /// Where the time between went; sums exactly to it.
    pub parts: LatencyParts,
}

/// What a receiver has to say, in order of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VideoOutput<'a> {
    /// The first packet of the stream is here.
    FirstPacket,
    /// The first complete key frame is here.
    FirstKeyFrame,
    /// A frame is shown.
    Rendered(&'a Rendered),
    /// A frame was complete but never decoded, for want of one that it depends on.
    Undecodable {
        /// Simulcast encoding, or spatial layer.
        layer: u8,
        /// Temporal layer.
        temporal: u8,
        /// When it was captured.
        captured: Time,
    },
    /// Feedback to send.
    Feedback(Feedback<'a>),
}

/// What went wrong beyond loss. All but the first two must stay zero, or the SFU has a fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VideoHealth {
    /// Frames complete only after they were due.
    pub late: u64,
    /// Frames decoded but not shown, since a newer one was due already.
    pub superseded: u64,
    /// Frames that the descriptor called decodable though a true reference was missing, or that were put
    /// together from packets of different frames.
    pub torn: u64,
    /// Base frames that the descriptor called undecodable though no packet was missing before them.
    pub broken_chain: u64,
    /// Packets whose payload could not be read.
    pub corrupt: u64,
    /// Packets of another publisher or source.
    pub foreign: u64,
    /// Frames not newer than the one shown before.
    pub replayed: u64,
}
