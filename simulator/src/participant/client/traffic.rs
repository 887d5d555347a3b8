//! A client's datagrams: what leaves, and media that arrives.

use reports::observation::{EstimateOf, JoinStep, Observation, ParticipantIndex, SourceIndex};
use sfu::rtcp::{ArrivedPacket, Ecn};
use sfu::rtp::RtpHeader;
use sfu::rtp::extension::transport_sequence;
use sfu::{Time, rtcp};

use super::rtcp_out::REPORTER;
use super::{Client, Surroundings};
use crate::network::{Datagram, TrafficClass, ipv4};
use crate::participant::receive::Arrival;
use crate::participant::sender::Output;
use crate::participant::transport::TransportEvent;

impl Client {
    pub(super) fn flush_channel(&mut self, now: Time, around: &mut Surroundings<'_>) {
        loop {
            let mut bytes = around.pool.take();
            if !self.channel.poll_transmit(now, &mut bytes) {
                return around.pool.put(bytes);
            }
            let (from, to) = (ipv4(self.identity.address), ipv4(self.identity.signalling));
            let datagram =
                Datagram { from, to, bytes, class: TrafficClass::Signalling, tag: 0, ecn: Ecn::NotEct };
            around.outgoing.push((datagram, None));
        }
    }

    pub(super) fn flush_transport(&mut self, now: Time, around: &mut Surroundings<'_>) {
        while let Some(transmit) = self.transport.poll_transmit() {
            let bytes = around.pool.take_copy(&transmit.bytes);
            let class = match transmit.bytes.first() {
                Some(0..=3) => TrafficClass::Stun,
                // A DTLS record of application data (RFC 5246 section 6.2.1).
                Some(23) => TrafficClass::Data,
                _ => TrafficClass::Dtls,
            };
            let (from, to) = (ipv4(transmit.path.local), ipv4(transmit.path.remote));
            around.outgoing.push((Datagram { from, to, bytes, class, tag: 0, ecn: Ecn::NotEct }, None));
        }
        while let Some(event) = self.transport.poll_event() {
            match event {
                TransportEvent::IceConnected => self.step(JoinStep::Ice, around),
                TransportEvent::DtlsConnected(_) => {
                    self.step(JoinStep::Dtls, around);
                    self.sender.start(now);
                    self.send_media(now, around);
                    self.open_data(now, around);
                }
                TransportEvent::Data(packet) => self.on_data(now, &packet, around),
                TransportEvent::Failed(failure) if !self.left => self.failure = Some(failure.to_string()),
                _ => {}
            }
        }
    }

    pub(super) fn send_media(&mut self, now: Time, around: &mut Surroundings<'_>) {
        let Client { sender, sender_due, transport, identity, .. } = self;
        let Some(path) = transport.path() else { return };
        let (from, to) = (ipv4(path.local), ipv4(path.remote));
        let participant = ParticipantIndex(identity.index);
        let ecn = sender.ecn();
        sender.handle_timeout(now, &mut |output| match output {
            Output::Packet { class, packet, tag } => {
                if transport.send_rtp(packet).is_ok() {
                    // The sender writes its next packet into another buffer.
                    let bytes = std::mem::replace(packet, around.pool.take());
                    if let Some(tag) = tag {
                        around.logs.sent(identity.index, tag, now);
                    }
                    around.outgoing.push((Datagram { from, to, bytes, class, tag: 0, ecn }, tag));
                }
            }
            Output::Rtcp(packet) => {
                if transport.send_rtcp(packet).is_ok() {
                    let bytes = around.pool.take_copy(packet);
                    let class = TrafficClass::Rtcp;
                    let datagram = Datagram { from, to, bytes, class, tag: 0, ecn: Ecn::NotEct };
                    around.outgoing.push((datagram, None));
                }
            }
            Output::FrameEncoded { source, layer, key, bytes } => {
                let source = SourceIndex(source);
                let publisher = participant;
                around.observations.push(Observation::FrameEncoded { publisher, source, layer, key, bytes });
            }
            Output::Estimate(rate) => {
                let of = EstimateOf::Uplink(participant);
                around.observations.push(Observation::Estimate { of, bps: rate.as_bps() });
            }
        });
        *sender_due = sender.deadline();
    }

    pub(super) fn on_rtp(
        &mut self,
        now: Time,
        (packet, ecn): (&[u8], Ecn),
        arrival: &Arrival,
        around: &mut Surroundings<'_>,
    ) {
        let Ok(header) = RtpHeader::parse(packet) else { return };
        let id = self.identity.media.extensions.transport_cc;
        let arrived = ArrivedPacket {
            transport: transport_sequence(packet, &header, id),
            ssrc: header.ssrc,
            sequence: header.sequence,
            ecn,
        };
        if self.arrivals.record(now, arrived) {
            self.feedback.on_transport_packet(now);
        }
        let Some(place) = self.incoming.find(header.ssrc) else { return };
        let Client { incoming, transport, compound, .. } = self;
        let wants = incoming.receive(place, now, (&header, packet), arrival, around);
        if !wants.is_empty() {
            wants.send(transport, compound, around);
        }
    }

    pub(super) fn on_rtcp(&mut self, now: Time, compound: &[u8]) {
        let Ok(packets) = rtcp::packets(compound) else { return };
        for packet in packets {
            match &packet {
                rtcp::Packet::SenderReport(report) => {
                    if let Some(place) = self.incoming.find(report.info.ssrc) {
                        self.incoming.get_mut(place).on_sender_report(now, &report.info);
                        self.synchronise(place);
                    }
                }
                rtcp::Packet::ExtendedReport(report) => self.round_trips.on_report(now, REPORTER, *report),
                _ => {}
            }
            self.sender.on_rtcp(now, &packet);
        }
        self.sender_due = self.sender.deadline();
        if let Some(rtt) = self.sender.rtt().or(self.round_trips.rtt()) {
            self.incoming.iter_mut().for_each(|stream| stream.set_rtt(rtt));
        }
    }

    pub(super) fn advance(&mut self, now: Time, place: usize, around: &mut Surroundings<'_>) {
        let Client { incoming, transport, compound, .. } = self;
        let wants = incoming.handle_timeout(place, now, around);
        if !wants.is_empty() {
            wants.send(transport, compound, around);
        }
    }
}
