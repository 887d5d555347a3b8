//! What a receiver of media notes of each packet for its sender's congestion control, in either form of feedback.

use super::congestion_feedback::Ecn;
use super::stream_arrivals::StreamArrivals;
use super::transport_cc::ArrivalRecorder;
use crate::Time;

/// How arrivals are told of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FeedbackKind {
    /// By transport-wide numbers (draft-holmer-rmcat-transport-wide-cc-extensions-01).
    #[default]
    TransportWide,
    /// By stream, with ECN marks (RFC 8888).
    ByStream,
}

/// One packet that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArrivedPacket {
    /// Its transport-wide number, if it carries one.
    pub transport: Option<u16>,
    /// Its stream.
    pub ssrc: u32,
    /// Its number there.
    pub sequence: u16,
    /// The mark that it arrived with.
    pub ecn: Ecn,
}

/// Arrivals until they are reported.
#[derive(Debug)]
pub enum ArrivalLog {
    /// See [`FeedbackKind::TransportWide`].
    TransportWide(ArrivalRecorder),
    /// See [`FeedbackKind::ByStream`].
    ByStream(StreamArrivals),
}

impl ArrivalLog {
    /// A log that has seen nothing.
    pub fn new(kind: FeedbackKind) -> Self {
        match kind {
            FeedbackKind::TransportWide => ArrivalLog::TransportWide(ArrivalRecorder::new()),
            FeedbackKind::ByStream => ArrivalLog::ByStream(StreamArrivals::default()),
        }
    }

    /// Notes a packet that arrived at `now`; false if it is one that isn't reported.
    pub fn record(&mut self, now: Time, packet: ArrivedPacket) -> bool {
        match self {
            ArrivalLog::TransportWide(log) => {
                packet.transport.map(|sequence| log.record(now, sequence)).is_some()
            }
            ArrivalLog::ByStream(log) => {
                log.record(now, packet.ssrc, packet.sequence, packet.ecn);
                true
            }
        }
    }

    /// Appends one report of at most `max_size` bytes and says whether there was anything to report. Call it until it
    /// says no. `media_ssrc` is what transport-wide feedback names as its stream.
    pub fn write_report(
        &mut self,
        out: &mut Vec<u8>,
        (sender_ssrc, media_ssrc): (u32, u32),
        now: Time,
        max_size: usize,
    ) -> bool {
        match self {
            ArrivalLog::TransportWide(log) => log.write_report(out, sender_ssrc, media_ssrc, max_size),
            ArrivalLog::ByStream(log) => log.write_report(out, sender_ssrc, now, max_size),
        }
    }
}
