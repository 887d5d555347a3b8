//! What comes out of the core: datagrams, batched per receiver, and events.

use std::net::SocketAddr;

use crate::allocation::{Explanation, Reason};
use crate::codec::Codec;
use crate::forward::Layer;
use crate::participant::{ParticipantId, SourceId};
use crate::rtcp::Ecn;
use crate::transport::Carrier;
use crate::{DataRate, Time};

/// Takes the outputs of one [`crate::Turn`].
pub trait Sink {
    /// Takes the datagrams of one turn for one peer; the bytes are the core's and go with the call.
    fn transmit(&mut self, transmit: Transmit<'_>);
    /// Takes one event.
    fn event(&mut self, event: Event);
}

/// Datagrams to one peer, back to back in one buffer: what generic segmentation offload takes.
#[derive(Clone, Copy, Debug)]
pub struct Transmit<'a> {
    /// Our address, the source.
    pub from: SocketAddr,
    /// The peer's address, the destination.
    pub to: SocketAddr,
    /// What carries them there.
    pub carrier: Carrier,
    /// All datagrams, one behind the other.
    pub bytes: &'a [u8],
    /// Where each ends, and what it is there for.
    pub segments: &'a [Segment],
}

impl<'a> Transmit<'a> {
    /// The datagrams, in order.
    pub fn datagrams(&self) -> impl Iterator<Item = (&'a [u8], &'a Segment)> {
        let (bytes, mut start) = (self.bytes, 0);
        self.segments.iter().map(move |segment| {
            let datagram = &bytes[start..start + segment.len];
            start += segment.len;
            (datagram, segment)
        })
    }
}

/// One datagram of a [`Transmit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Length, bytes.
    pub len: usize,
    /// What the datagram is there for.
    pub class: PacketClass,
    /// For forwarded media: when the packet came in, and when it first went out to this receiver.
    pub forwarded: Option<ForwardTimes>,
    /// The codepoint that its IP header is to carry (RFC 3168): ECN-capable when it is media whose controller reacts to
    /// marks and is told of them.
    pub ecn: Ecn,
}

/// When a forwarded packet passed the core: the raw material of forwarding delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForwardTimes {
    /// The first copy's arrival from the publisher.
    pub received: Time,
    /// The first hand-off to this receiver; earlier than now for a retransmission.
    pub first_sent: Time,
}

/// What an outgoing datagram is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PacketClass {
    /// Forwarded audio.
    Audio,
    /// Forwarded video.
    Video,
    /// A retransmission (RFC 4588).
    Retransmission,
    /// Forward error correction (RFC 8627).
    Fec,
    /// Padding of a bandwidth probe.
    Padding,
    /// RTCP.
    Rtcp,
    /// STUN or DTLS.
    Connectivity,
    /// Data channels: SCTP in DTLS.
    Data,
}

/// Something that the world outside may want to know.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A participant's address was nominated, or moved.
    Nominated {
        /// Who.
        participant: ParticipantId,
        /// The peer's address from now on.
        address: SocketAddr,
    },
    /// DTLS is done and media may flow.
    Connected {
        /// Who.
        participant: ParticipantId,
    },
    /// The participant's transport is gone; the participant was removed.
    Disconnected {
        /// Who.
        participant: ParticipantId,
        /// Why.
        reason: DisconnectReason,
    },
    /// A layer was chosen for a receiver.
    LayerChosen {
        /// Who receives.
        receiver: ParticipantId,
        /// Whose source.
        publisher: ParticipantId,
        /// Which source.
        source: SourceId,
        /// The choice; `None`: nothing is sent.
        layer: Option<Layer>,
        /// Why.
        reason: Reason,
        /// The downlink estimate that the choice was made from.
        estimate: DataRate,
        /// The best layer that the receiver's wishes allow.
        entitled: Option<Layer>,
        /// The same with all that it was made from.
        explanation: Box<Explanation>,
    },
    /// What goes out to a receiver changed.
    LayerForwarded {
        /// Who receives.
        receiver: ParticipantId,
        /// Whose source.
        publisher: ParticipantId,
        /// Which source.
        source: SourceId,
        /// What goes out from now on.
        layer: Option<Layer>,
    },
    /// Other encodings or spatial layers of a source are watched than before.
    Watched {
        /// Whose source.
        publisher: ParticipantId,
        /// Which source.
        source: SourceId,
        /// How many of its encodings, from the lowest, anybody has a use for; or of the spatial layers, if an encoding has
        /// several.
        encodings: u8,
    },
    /// A receiver doesn't speak the codec of a source that it wishes for: nothing of it is sent.
    CodecNotSpoken {
        /// Who wishes.
        receiver: ParticipantId,
        /// For whose source.
        publisher: ParticipantId,
        /// Which source.
        source: SourceId,
        /// The codec.
        codec: Codec,
    },
    /// The core asked a publisher for a key frame.
    KeyFrameRequested {
        /// Whom.
        publisher: ParticipantId,
        /// Which source.
        source: SourceId,
        /// Which encoding.
        encoding: u8,
    },
    /// A receiver asked for a key frame.
    KeyFrameWanted {
        /// Who.
        receiver: ParticipantId,
        /// Of whom.
        publisher: ParticipantId,
        /// Which source.
        source: SourceId,
    },
    /// Somebody else has become the dominant speaker of a conference.
    DominantSpeaker {
        /// Who.
        participant: ParticipantId,
    },
    /// The estimate of a participant's downlink changed.
    Estimate {
        /// Whose downlink.
        participant: ParticipantId,
        /// The estimate.
        rate: DataRate,
    },
}

/// Why a participant's transport ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DisconnectReason {
    /// It asked to leave.
    Left,
    /// No valid connectivity check for the consent time-out (RFC 7675).
    ConsentExpired,
    /// It never became connected in time.
    SetupTimedOut,
    /// The DTLS handshake failed, or its certificate was not the announced one.
    DtlsFailed,
    /// The peer closed its DTLS association.
    Closed,
}
