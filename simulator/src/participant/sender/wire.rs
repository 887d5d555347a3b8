//! The last step of every packet: its transport-wide number, the pacer's and the controller's accounts, out.

use sfu::congestion::PacketClass;
use sfu::congestion::pacer::{Pacer, PacerClass};
use sfu::rtp::ExtensionIds;
use sfu::{DataSize, Time};

use super::header::Header;
use super::output::{MediaTag, Output};
use super::rate_control::RateControl;
use crate::network::TrafficClass;

/// The largest packet with its protection, bytes.
const BUFFER: usize = 1_500;

/// Where packets leave.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) rates: RateControl,
    pub(super) pacer: Pacer,
    extensions: ExtensionIds,
    overhead: DataSize,
    buffer: Vec<u8>,
}

impl Wire {
    pub(super) fn new(rates: RateControl, extensions: ExtensionIds, overhead: DataSize) -> Self {
        let pacer = Pacer::new(rates.pacing_rate());
        Wire { rates, pacer, extensions, overhead, buffer: Vec::with_capacity(BUFFER) }
    }

    /// Sends one packet, whose payload `fill` appends to the header and tells the media of.
    pub(super) fn send(
        &mut self,
        now: Time,
        class: TrafficClass,
        header: &Header<'_>,
        fill: impl FnOnce(&mut Vec<u8>) -> Option<MediaTag>,
        output: &mut dyn FnMut(Output<'_>),
    ) {
        self.buffer.clear();
        header.write(&mut self.buffer, &self.extensions, now, self.rates.next_sequence());
        let tag = fill(&mut self.buffer);
        let size = DataSize::from_bytes(self.buffer.len() as u64) + self.overhead;
        let (purpose, paced_as) = match class {
            TrafficClass::Audio => (PacketClass::Media, PacerClass::Audio),
            TrafficClass::Retransmission => (PacketClass::Retransmission, PacerClass::Retransmission),
            TrafficClass::Padding => (PacketClass::Padding, PacerClass::Padding),
            _ => (PacketClass::Media, PacerClass::Video),
        };
        self.rates.on_sent(now, size, purpose, (header.ssrc, header.sequence));
        self.pacer.on_sent(now, size, paced_as);
        output(Output::Packet { class, packet: &mut self.buffer, tag });
    }
}
