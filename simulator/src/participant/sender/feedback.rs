//! What receivers say.

use std::time::Duration;

use sfu::Time;
use sfu::rtcp::{Nack, Packet, ReportBlock};

use super::media_sender::MediaSender;
use super::queue::Repair;
use super::source::Source;
use super::stream::RtpStream;

impl MediaSender {
    /// Takes one RTCP packet from the SFU.
    pub fn on_rtcp(&mut self, now: Time, packet: &Packet<'_>) {
        if !self.started {
            return;
        }
        self.unsettled = true;
        match packet {
            Packet::TransportFeedback(feedback) => {
                self.wire.rates.on_feedback(now, feedback);
                self.allocate(now);
            }
            Packet::CongestionFeedback(feedback) => {
                self.wire.rates.on_congestion_feedback(now, *feedback);
                self.allocate(now);
            }
            Packet::Remb(remb) => {
                self.wire.rates.on_remb(now, remb.bitrate);
                self.allocate(now);
            }
            Packet::Nack(nack) => self.on_nack(now, nack),
            Packet::Pli(pli) => self.on_key_frame_request(now, pli.media_ssrc, None),
            Packet::Fir(fir) => {
                for entry in fir.entries() {
                    self.on_key_frame_request(now, entry.ssrc, Some(entry.sequence));
                }
            }
            Packet::ReceiverReport(report) => {
                report.blocks.iter().for_each(|block| self.on_report_block(now, &block));
            }
            Packet::SenderReport(report) => {
                report.blocks.iter().for_each(|block| self.on_report_block(now, &block));
            }
            _ => {}
        }
    }

    fn on_nack(&mut self, now: Time, nack: &Nack<'_>) {
        let Some((source, encoding)) = self.find_encoding(nack.media_ssrc) else { return };
        let rtt = self.wire.rates.rtt().unwrap_or(Duration::ZERO);
        let Some(camera) = self.sources[source].camera_mut() else { return };
        let from = &mut camera.encodings[encoding];
        if from.rtx.is_none() || !from.is_active() {
            return;
        }
        for missing in nack.missing() {
            let sequence = from.stream.extend(missing);
            if self.queue.takes_repairs(now)
                && let Some(size) = from.repairs.request(now, sequence, rtt)
            {
                let repair = Repair { source: source as u8, encoding: encoding as u8, sequence };
                self.queue.push_repair(now, repair, size, self.wire.rates.target());
            }
        }
    }

    /// A PLI, or a FIR with its number.
    fn on_key_frame_request(&mut self, now: Time, ssrc: u32, fir: Option<u8>) {
        let Some((source, encoding)) = self.find_encoding(ssrc) else { return };
        let Some(camera) = self.sources[source].camera_mut() else { return };
        let requests = &mut camera.encodings[encoding].key_frames;
        let follow = match fir {
            Some(sequence) => requests.on_fir(now, sequence),
            None => requests.on_pli(now),
        };
        if follow {
            camera.request_key_frame(encoding);
        }
    }

    fn on_report_block(&mut self, now: Time, block: &ReportBlock) {
        let Some(stream) = self.find_stream(block.ssrc) else { return };
        let loss = stream.on_report_block(block);
        self.wire.rates.on_loss(now, &loss);
        if let Some(rtt) = self.reports.round_trip(now, block) {
            self.wire.rates.on_reported_rtt(now, rtt);
        }
        self.allocate(now);
    }

    /// Source and encoding of a video stream.
    fn find_encoding(&self, ssrc: u32) -> Option<(usize, usize)> {
        self.sources.iter().enumerate().find_map(|(index, source)| match source {
            Source::Camera(camera) => {
                let place = camera.encodings.iter().position(|encoding| encoding.stream.ssrc == ssrc);
                place.map(|place| (index, place))
            }
            Source::Microphone(_) => None,
        })
    }

    /// A stream of media or of retransmissions.
    fn find_stream(&mut self, ssrc: u32) -> Option<&mut RtpStream> {
        self.sources.iter_mut().find_map(|source| match source {
            Source::Camera(camera) => camera.encodings.iter_mut().find_map(|encoding| {
                let rtx = encoding.rtx.as_mut().filter(|stream| stream.ssrc == ssrc);
                if encoding.stream.ssrc == ssrc { Some(&mut encoding.stream) } else { rtx }
            }),
            Source::Microphone(microphone) => {
                Some(&mut microphone.stream).filter(|stream| stream.ssrc == ssrc)
            }
        })
    }
}
