//! RTCP that a client sends as a receiver: requests at once, reports and arrival times on a timer.

use sfu::Time;
use sfu::rtcp::{self, Pli, ReportBlock};
use smallvec::SmallVec;

use super::{Client, Surroundings};
use crate::network::{Datagram, Ecn, TrafficClass, ipv4};
use crate::participant::receive::{Feedback, statistics};
use crate::participant::transport::ClientTransport;

/// The SSRC that a client's reports come from; it sends no media on it.
pub(super) const REPORTER: u32 = 1;
/// The longest compound, bytes: with SRTCP's trailer it stays below 1,200.
const MAX_COMPOUND: usize = 1_150;

/// What a receiver asks the SFU for, until it is sent.
#[derive(Debug, Default)]
pub(super) struct Wants {
    nack: Option<u32>,
    /// What is missing of the stream in `nack`; reused.
    sequences: Vec<u16>,
    pli: Option<u32>,
}

impl Wants {
    pub(super) const fn is_empty(&self) -> bool {
        self.nack.is_none() && self.pli.is_none()
    }

    pub(super) fn take(&mut self, feedback: Feedback<'_>) {
        match feedback {
            Feedback::Nack { ssrc, sequences } => {
                self.nack = Some(ssrc);
                self.sequences.clear();
                self.sequences.extend_from_slice(sequences);
            }
            Feedback::Pli { ssrc } => self.pli = Some(ssrc),
        }
    }

    /// Sends what is wanted as reduced-size RTCP (RFC 5506).
    pub(super) fn send(
        &mut self,
        transport: &mut ClientTransport,
        compound: &mut Vec<u8>,
        around: &mut Surroundings<'_>,
    ) {
        compound.clear();
        if let Some(ssrc) = self.nack.take() {
            rtcp::write_nack(compound, REPORTER, ssrc, &self.sequences);
        }
        if let Some(media_ssrc) = self.pli.take() {
            rtcp::write_pli(compound, Pli { sender_ssrc: REPORTER, media_ssrc });
        }
        send(transport, compound, around);
    }
}

fn send(transport: &mut ClientTransport, compound: &mut Vec<u8>, around: &mut Surroundings<'_>) {
    let Some(path) = transport.path() else { return };
    if transport.send_rtcp(compound).is_ok() {
        let bytes = around.pool.take_copy(compound);
        let (from, to) = (ipv4(path.local), ipv4(path.remote));
        around
            .outgoing
            .push((Datagram { from, to, bytes, class: TrafficClass::Rtcp, tag: 0, ecn: Ecn::NotEct }, None));
    }
}

impl Client {
    pub(super) fn send_due_feedback(&mut self, now: Time, around: &mut Surroundings<'_>) {
        if self.feedback.deadline() > now {
            return;
        }
        let random = &mut self.random;
        let due = self.feedback.take_due(now, || random.bits() as u32);
        self.scratch.clear();
        if due.report {
            self.write_reports(now);
        }
        if due.transport {
            while self.arrivals.write_report(&mut self.scratch, (REPORTER, 0), now, MAX_COMPOUND) {}
        }
        let Client { scratch, compound, transport, .. } = self;
        for packets in rtcp::datagrams(scratch, MAX_COMPOUND) {
            compound.clear();
            compound.extend_from_slice(packets);
            send(transport, compound, around);
        }
    }

    fn write_reports(&mut self, now: Time) {
        let blocks = self.incoming.iter_mut().filter_map(|stream| stream.report(now));
        let blocks: SmallVec<[ReportBlock; 32]> = blocks.map(as_rtcp).collect();
        if blocks.is_empty() {
            rtcp::write_receiver_report(&mut self.scratch, REPORTER, &[]).expect("no blocks");
        }
        for part in blocks.chunks(rtcp::MAX_COUNT) {
            rtcp::write_receiver_report(&mut self.scratch, REPORTER, part).expect("cut to fit");
        }
        // Who publishes something is told its round trip by the reports on that.
        let asks = self.sender.publishes_nothing();
        self.round_trips.write(&mut self.scratch, REPORTER, now, asks);
        rtcp::write_sdes_cname(&mut self.scratch, REPORTER, &self.identity.name).expect("names are short");
    }
}

fn as_rtcp(block: statistics::ReportBlock) -> ReportBlock {
    ReportBlock {
        ssrc: block.ssrc,
        fraction_lost: block.fraction_lost,
        cumulative_lost: block.cumulative_lost,
        highest_sequence: block.extended_highest,
        jitter: block.jitter,
        last_sr: block.last_sender_report,
        delay_since_last_sr: block.delay_since_last_sender_report,
    }
}
