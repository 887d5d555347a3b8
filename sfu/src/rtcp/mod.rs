//! RTCP on byte slices: reports, feedback and statistics.
//!
//! [`packets`] checks a compound and walks it without an allocation; the `write_…` functions append whole
//! packets to a buffer, so that a compound is written by calling them one after the other.

pub mod arrival_log;
mod bytes;
pub mod compound;
pub mod congestion_feedback;
pub mod extended_report;
pub mod nack;
pub mod packet;
pub mod payload_feedback;
pub mod reception;
pub mod report;
pub mod source;
pub mod stream_arrivals;
pub mod transport_cc;

#[cfg(test)]
mod tests;

pub use arrival_log::{ArrivalLog, ArrivedPacket, FeedbackKind};
pub use compound::{Malformed, datagrams, packets};
pub use congestion_feedback::{CongestionFeedback, Ecn};
pub use extended_report::{
    DelaySinceLastReference, ExtendedReport, XrBlock, write_delays_since_last_reference,
    write_reference_times,
};
pub use nack::{Nack, write_nack};
pub use packet::Packet;
pub use payload_feedback::{Fir, FirEntry, Pli, Remb, write_fir, write_pli, write_remb};
pub use reception::ReceptionStats;
pub use report::{
    NtpTime, ReceiverReport, ReportBlock, SenderInfo, SenderReport, write_receiver_report,
    write_sender_report,
};
pub use source::{Bye, write_bye, write_sdes_cname};
pub use transport_cc::{ArrivalRecorder, TransportFeedback, write_transport_feedback};

/// A list that does not fit into the field that counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{got} {what} where one packet holds {limit}")]
pub struct TooMany {
    /// Of what.
    pub what: &'static str,
    /// How many were given.
    pub got: usize,
    /// How many one packet holds.
    pub limit: usize,
}

/// What the 5 bits of a header count to: report blocks, sources (RFC 3550 section 6.4).
pub const MAX_COUNT: usize = 31;

fn check_count(what: &'static str, got: usize) -> Result<u8, TooMany> {
    if got <= MAX_COUNT { Ok(got as u8) } else { Err(TooMany { what, got, limit: MAX_COUNT }) }
}
