//! Feedback that a receiver wants sent; somebody else puts it into RTCP.

/// One feedback message about a media stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feedback<'a> {
    /// Generic NACK (RFC 4585 section 6.2.1).
    Nack {
        /// The media stream.
        ssrc: u32,
        /// The sequence numbers missed, in their order; never empty.
        sequences: &'a [u16],
    },
    /// Picture loss indication (RFC 4585 section 6.3.1).
    Pli {
        /// The media stream.
        ssrc: u32,
    },
}
