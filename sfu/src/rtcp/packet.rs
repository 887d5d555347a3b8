//! One RTCP packet of a compound.

use super::compound::{Frame, Malformed};
use super::payload_feedback::{parse_fir, parse_pli, parse_remb};
use super::{
    Bye, CongestionFeedback, ExtendedReport, Fir, Nack, Pli, ReceiverReport, Remb, SenderReport,
    TransportFeedback,
};

/// RTCP packet types (RFC 3550 section 12.1, RFC 4585 section 6.1, RFC 3611 section 2).
pub(super) mod packet_type {
    pub(in crate::rtcp) const SENDER_REPORT: u8 = 200;
    pub(in crate::rtcp) const RECEIVER_REPORT: u8 = 201;
    pub(in crate::rtcp) const SOURCE_DESCRIPTION: u8 = 202;
    pub(in crate::rtcp) const BYE: u8 = 203;
    pub(in crate::rtcp) const TRANSPORT_FEEDBACK: u8 = 205;
    pub(in crate::rtcp) const PAYLOAD_FEEDBACK: u8 = 206;
    pub(in crate::rtcp) const EXTENDED_REPORT: u8 = 207;
}

/// Feedback formats (RFC 4585 section 6, RFC 5104 section 4.3, RFC 8888 section 3.1, and the drafts
/// draft-holmer-rmcat-transport-wide-cc-extensions-01 and draft-alvestrand-rmcat-remb-03).
pub(super) mod format {
    pub(in crate::rtcp) const NACK: u8 = 1;
    pub(in crate::rtcp) const CONGESTION_FEEDBACK: u8 = 11;
    pub(in crate::rtcp) const TRANSPORT_CC: u8 = 15;
    pub(in crate::rtcp) const PLI: u8 = 1;
    pub(in crate::rtcp) const FIR: u8 = 4;
    pub(in crate::rtcp) const APPLICATION: u8 = 15;
}

/// A packet, as far as this SFU takes an interest in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Packet<'a> {
    /// What a sender has sent, and how well it receives (RFC 3550 section 6.4.1).
    SenderReport(SenderReport<'a>),
    /// How well a receiver receives (RFC 3550 section 6.4.2).
    ReceiverReport(ReceiverReport<'a>),
    /// Names and notes (RFC 3550 section 6.5); the signalling knows them already.
    SourceDescription,
    /// Streams that end (RFC 3550 section 6.6).
    Bye(Bye<'a>),
    /// RTP packets to send again (RFC 4585 section 6.2.1).
    Nack(Nack<'a>),
    /// A decoder that lost the picture (RFC 4585 section 6.3.1).
    Pli(Pli),
    /// A demand for a key frame (RFC 5104 section 4.3.1).
    Fir(Fir<'a>),
    /// Arrival times by transport-wide sequence number.
    TransportFeedback(TransportFeedback<'a>),
    /// Arrival times and ECN marks by SSRC (RFC 8888).
    CongestionFeedback(CongestionFeedback<'a>),
    /// A receiver's estimate of what it can take.
    Remb(Remb<'a>),
    /// Reference times and delays for round trips of receivers (RFC 3611).
    ExtendedReport(ExtendedReport<'a>),
    /// Something else.
    Unknown {
        /// Its packet type.
        packet_type: u8,
        /// Its count or feedback format, 0 to 31.
        count: u8,
    },
}

impl<'a> Packet<'a> {
    pub(super) fn parse(frame: Frame<'a>) -> Result<Self, Malformed> {
        let Frame { count, packet_type, body } = frame;
        Ok(match (packet_type, count) {
            (packet_type::SENDER_REPORT, _) => Packet::SenderReport(SenderReport::parse(count, body)?),
            (packet_type::RECEIVER_REPORT, _) => Packet::ReceiverReport(ReceiverReport::parse(count, body)?),
            (packet_type::SOURCE_DESCRIPTION, _) => Packet::SourceDescription,
            (packet_type::BYE, _) => Packet::Bye(Bye::parse(count, body)?),
            (packet_type::EXTENDED_REPORT, _) => Packet::ExtendedReport(ExtendedReport::parse(body)?),
            (packet_type::TRANSPORT_FEEDBACK, format::NACK) => Packet::Nack(Nack::parse(body)?),
            (packet_type::TRANSPORT_FEEDBACK, format::TRANSPORT_CC) => {
                Packet::TransportFeedback(TransportFeedback::parse(body)?)
            }
            (packet_type::TRANSPORT_FEEDBACK, format::CONGESTION_FEEDBACK) => {
                Packet::CongestionFeedback(CongestionFeedback::parse(body)?)
            }
            (packet_type::PAYLOAD_FEEDBACK, format::PLI) => Packet::Pli(parse_pli(body)?),
            (packet_type::PAYLOAD_FEEDBACK, format::FIR) => Packet::Fir(parse_fir(body)?),
            (packet_type::PAYLOAD_FEEDBACK, format::APPLICATION) => match parse_remb(body)? {
                Some(remb) => Packet::Remb(remb),
                None => Packet::Unknown { packet_type, count },
            },
            _ => Packet::Unknown { packet_type, count },
        })
    }
}
