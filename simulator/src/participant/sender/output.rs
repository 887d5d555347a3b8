//! What comes out of a sender.

use reports::observation::Layer;
use sfu::DataRate;

use crate::network::TrafficClass;

/// Which media a packet carries, for the record of its way to the SFU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaTag {
    /// The source, by its place in the configuration.
    pub source: u8,
    /// The simulcast encoding, 0 the lowest; 0 for audio.
    pub encoding: u8,
    /// The packet's number within its encoding; a retransmission has that of the original.
    pub ordinal: u32,
    /// Sound: whether somebody speaks in it.
    pub voiced: bool,
}

/// What a sender has to send, or to tell.
#[derive(Debug)]
pub enum Output<'a> {
    /// A plain RTP packet leaves now.
    Packet {
        /// What it is sent for.
        class: TrafficClass,
        /// Its bytes; may be protected in place. The buffer is used again, so leave it where it is.
        packet: &'a mut Vec<u8>,
        /// The media in it; `None` for padding.
        tag: Option<MediaTag>,
    },
    /// A compound of plain RTCP leaves now; the buffer as for packets.
    Rtcp(&'a mut Vec<u8>),
    /// An encoder gave out a frame.
    FrameEncoded {
        /// The source, by its place in the configuration.
        source: u8,
        /// Simulcast encoding and temporal layer.
        layer: Layer,
        /// Whether it is a key frame.
        key: bool,
        /// Encoded bytes, without any header of a packet.
        bytes: u32,
    },
    /// The estimate of what the uplink carries, headers included, changed markedly.
    Estimate(DataRate),
}
