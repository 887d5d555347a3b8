//! What came out of a sender.

use std::time::Duration;

use reports::observation::Layer;
use sfu::codec::Vp8Descriptor;
use sfu::rtp::{Extensions, RtpHeader};
use sfu::{DataRate, Time};

use super::rig::{MEDIA, OVERHEAD};
use crate::network::TrafficClass;
use crate::participant::media::packetizer::{INTER_HEADER_LEN, KEY_HEADER_LEN};
use crate::participant::media::stamp::VideoStamp;
use crate::participant::sender::MediaTag;

/// A packet as it left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) at: Time,
    pub(super) class: TrafficClass,
    pub(super) tag: Option<MediaTag>,
    pub(super) bytes: Vec<u8>,
    /// The queueing delay that it met; `None` when it was dropped.
    pub(super) queued: Option<Duration>,
}

impl Sent {
    pub(super) fn header(&self) -> RtpHeader {
        RtpHeader::parse(&self.bytes).expect("the sender writes RTP")
    }

    pub(super) fn payload(&self) -> &[u8] {
        self.header().payload(&self.bytes)
    }

    pub(super) fn extensions(&self) -> Extensions<'_> {
        Extensions::parse(&self.bytes, &self.header(), &MEDIA.extensions)
    }

    /// The stamp of a video packet, behind the descriptor and a frame's header.
    pub(super) fn stamp(&self) -> VideoStamp {
        let descriptor = Vp8Descriptor::parse(self.payload()).expect("a descriptor");
        let header = match (descriptor.frame_start(), descriptor.key_frame_start) {
            (false, _) => 0,
            (true, false) => INTER_HEADER_LEN,
            (true, true) => KEY_HEADER_LEN,
        };
        VideoStamp::read(&self.payload()[descriptor.len + header..]).expect("every packet has a stamp")
    }

    pub(super) fn encoding(&self) -> Option<u8> {
        self.tag.filter(|_| self.class == TrafficClass::Video).map(|tag| tag.encoding)
    }
}

/// A frame as it was encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) at: Time,
    pub(super) layer: Layer,
    pub(super) key: bool,
}

/// What came out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Log {
    pub(super) packets: Vec<Sent>,
    pub(super) rtcp: Vec<(Time, Vec<u8>)>,
    pub(super) frames: Vec<Frame>,
    pub(super) estimates: Vec<(Time, DataRate)>,
}

impl Log {
    /// What an encoding sent from one second to another: payload without descriptors, bit/s.
    pub(super) fn rate(&self, encoding: u8, from: u64, to: u64) -> f64 {
        let (from_time, to_time) = (Time::from_secs(from), Time::from_secs(to));
        let sent = self.packets.iter().filter(|sent| sent.encoding() == Some(encoding));
        let sent = sent.filter(|sent| (from_time..to_time).contains(&sent.at));
        sent.map(|sent| (sent.payload().len() - 6) as f64 * 8.0).sum::<f64>() / (to - from) as f64
    }

    /// All that was put on the wire, bit/s.
    pub(super) fn wire_rate(&self, from: Time, to: Time) -> f64 {
        let sent = self.packets.iter().filter(|sent| (from..to).contains(&sent.at));
        let bits = sent.map(|sent| (sent.bytes.len() as u64 + OVERHEAD.as_bytes()) as f64 * 8.0);
        bits.sum::<f64>() / to.since(from).as_secs_f64()
    }
}
