//! One incoming RTP stream of a publisher: what its SSRC stands for, and how it arrives.

use crate::receive::nack::NackGenerator;
use crate::rtcp::ReceptionStats;
use crate::rtp::sequence::distance16;
use crate::statistics::InboundTotals;

/// What an SSRC stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamRole {
    /// Media of one encoding (0 for audio).
    Media,
    /// Retransmissions of one encoding.
    Rtx,
}

/// An incoming stream.
pub(crate) struct IngressStream {
    pub(crate) ssrc: u32,
    /// The place in the publisher's sources.
    pub(crate) source: usize,
    pub(crate) encoding: u8,
    pub(crate) role: StreamRole,
    pub(crate) stats: ReceptionStats,
    /// What is missing and worth asking for; only of video media.
    pub(crate) nack: Option<NackGenerator>,
    /// The highest sequence number so far, extended.
    pub(crate) highest: u64,
    pub(crate) totals: InboundTotals,
}

impl IngressStream {
    /// The extended form of a sequence number near the newest; `None` when it would lie before the beginning.
    pub(crate) fn extend(&self, sequence: u16) -> Option<u64> {
        self.highest.checked_add_signed(i64::from(distance16(sequence, self.highest as u16)))
    }
}
