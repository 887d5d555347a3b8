//! What the projection reads of one video packet.

use crate::Time;
use crate::codec::FrameDescription;

/// One video packet as it came from the publisher (or was recovered later, or came out of the cache).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IngressVideo {
    /// Which simulcast encoding, 0 the smallest; below [`super::MAX_ENCODINGS`].
    pub encoding: u8,
    /// Sequence number, extended to 64 bits over the life of the encoding.
    pub sequence: u64,
    /// RTP timestamp, 90 kHz.
    pub timestamp: u32,
    /// Marker bit: the last packet of a picture.
    pub marker: bool,
    /// What it carries; ignored when the packet is padding only.
    pub frame: FrameDescription,
    /// When the packet arrived.
    pub arrived: Time,
    /// Nothing but padding follows the header.
    pub padding_only: bool,
}
