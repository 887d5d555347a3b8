//! Notes the RTCP that `rtc` took in. 0.21.1 counts none of it: what would (`process_read_rtcp_for_stats`) is never
//! called, and its interceptors keep RTCP from the application.
//!
//! It also sets the time in sender reports: what makes them reads the wall clock, which virtual time knows nothing of.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rtc::interceptor::{Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::receiver_report::ReceiverReport;
use rtc::rtcp::sender_report::SenderReport;
use rtc::rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;
use rtc::rtcp::transport_feedbacks::transport_layer_nack::TransportLayerNack;
use rtc::sansio::Protocol;
use rtc::shared::error::Error;
use rtc::shared::time::SystemInstant;
use sfu::Time;
use sfu::transport::dtls::opaque_instant;

/// What was taken in so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    /// Datagrams.
    pub(crate) compounds: usize,
    pub(crate) sender_reports: Vec<SenderReport>,
    pub(crate) receiver_reports: Vec<ReceiverReport>,
    /// For each NACK, whose packets it asks for.
    pub(crate) nacks: Vec<u32>,
    /// For each PLI, which stream's key frame it asks for.
    pub(crate) key_frame_requests: Vec<u32>,
    /// Packets that transport-wide feedback told of.
    pub(crate) fed_back: usize,
}

#[derive(Default)]
pub(crate) struct Listener {
    heard: Arc<Mutex<Heard>>,
    reads: VecDeque<TaggedPacket>,
    writes: VecDeque<TaggedPacket>,
}

impl Listener {
    /// What it hears, from now on.
    pub(crate) fn heard(&self) -> Arc<Mutex<Heard>> {
        Arc::clone(&self.heard)
    }
}

impl Heard {
    fn take(&mut self, packet: &dyn rtc::rtcp::Packet) {
        let any = packet.as_any();
        if let Some(report) = any.downcast_ref::<SenderReport>() {
            self.sender_reports.push(report.clone());
        } else if let Some(report) = any.downcast_ref::<ReceiverReport>() {
            self.receiver_reports.push(report.clone());
        } else if let Some(nack) = any.downcast_ref::<TransportLayerNack>() {
            self.nacks.push(nack.media_ssrc);
        } else if let Some(request) = any.downcast_ref::<PictureLossIndication>() {
            self.key_frame_requests.push(request.media_ssrc);
        } else if let Some(feedback) = any.downcast_ref::<TransportLayerCc>() {
            self.fed_back += usize::from(feedback.packet_status_count);
        }
    }
}

fn set_time(packet: &mut Box<dyn rtc::rtcp::Packet>, now: Instant) {
    if let Some(report) = packet.as_any().downcast_ref::<SenderReport>() {
        let elapsed = now.duration_since(opaque_instant(Time::ZERO));
        *packet = Box::new(SenderReport { ntp_time: SystemInstant::unix2ntp(elapsed), ..report.clone() });
    }
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Listener {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, message: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtcp(packets) = &message.message.packet {
            let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
            heard.compounds += 1;
            packets.iter().for_each(|packet| heard.take(&**packet));
        }
        self.reads.push_back(message);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.reads.pop_front()
    }

    fn handle_write(&mut self, mut message: TaggedPacket) -> Result<(), Error> {
        let now = message.now;
        if let Packet::Rtcp(packets) = &mut message.message.packet {
            packets.iter_mut().for_each(|packet| set_time(packet, now));
        }
        self.writes.push_back(message);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.writes.pop_front()
    }

    fn handle_timeout(&mut self, _now: Instant) -> Result<(), Error> {
        Ok(())
    }
}

impl Interceptor for Listener {
    fn bind_local_stream(&mut self, _info: &StreamInfo) {}

    fn unbind_local_stream(&mut self, _info: &StreamInfo) {}

    fn bind_remote_stream(&mut self, _info: &StreamInfo) {}

    fn unbind_remote_stream(&mut self, _info: &StreamInfo) {}
}
