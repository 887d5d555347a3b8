//! What the core must be told, with the reason beside each default.

use std::net::SocketAddr;
use std::time::Duration;

use crate::DataRate;
use crate::allocation::AllocationConfig;
use crate::congestion::{ControllerKind, EcnUse};
use crate::rtcp::FeedbackKind;

/// Settings of one [`crate::Sfu`].
#[derive(Clone, Debug)]
pub struct Config {
    /// The one UDP address that all peers talk to, as they see it.
    pub address: SocketAddr,
    /// Whether NACKs are sent to publishers and answered for receivers.
    pub nack: bool,
    /// Whether retransmissions use RTX (RFC 4588); without it nothing is repaired.
    pub rtx: bool,
    /// What estimates each receiver's downlink.
    pub congestion_control: ControllerKind,
    /// How publishers are told of what arrives. Receivers may tell in either form; by stream only with this.
    pub feedback: FeedbackKind,
    /// Whether media to receivers leaves ECN-capable; only with [`Config::feedback`] by stream, which tells of marks, and
    /// a controller that reacts to them. Off: what a path does to ECN-capable packets is to be known first (RFC 6679,
    /// section 7.2).
    pub ecn: EcnUse,
    /// Where each receiver's downlink estimate starts.
    ///
    /// 1 Mbps: four thumbnails and everyone's audio, which nearly every line carries; initial probes lift it
    /// within a second, and a thinner line shows itself within a few hundred milliseconds.
    pub start_rate: DataRate,
    /// The estimate's lower bound: what audio alone needs.
    pub min_rate: DataRate,
    /// The estimate's upper bound. 20 Mbps: nine pictures of 720p and a share.
    pub max_rate: DataRate,
    /// Whether participants are told who the dominant speaker is. On: layouts follow it, and it costs a short message
    /// to each when somebody else takes the floor, and some nanoseconds for each packet of sound.
    pub dominant_speaker: bool,
    /// How many sources of sound are forwarded at a time in each conference, the loudest ones; all without it or with
    /// 0. Three are as many voices as people can follow, one of them an interruption. Includes
    /// [`Config::dominant_speaker`], who always is one of them.
    pub loudest: Option<u8>,
    /// How layers are chosen for each receiver.
    pub allocation: AllocationConfig,
    /// How many sources of video each receiver gets at most, whatever it wants; all without it.
    pub last_n: Option<u16>,
    /// Whether publishers are told which of their encodings nobody watches, so that they need not send them. Off: a
    /// client that doesn't know the message sends everything anyway.
    pub pause_unwatched: bool,
    /// How media is protected; `Null` only ever in simulation.
    pub crypto: MediaCrypto,
    /// Limits on what peers can make the core hold.
    pub limits: Limits,
}

/// How SRTP is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum MediaCrypto {
    /// As negotiated by DTLS.
    #[default]
    Real,
    /// Same sizes on the wire, no cipher: `plenum run --crypto null`.
    Null,
}

/// Caps: a peer can neither crash the core nor make it grow without bound.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Participants in all. 2,000: forty conferences of fifty.
    pub participants: usize,
    /// Participants in one conference.
    pub conference: usize,
    /// Sources that one participant may publish: camera, share, microphone and room for a few more.
    pub sources: usize,
    /// Incoming SSRCs of one participant: sources × three encodings × media and RTX, and some room.
    pub streams: usize,
    /// Streams that one participant may receive.
    pub subscriptions: usize,
    /// How long a participant may take from joining to DTLS.
    pub setup: Duration,
}

impl Config {
    /// The defaults, for a server at `address`.
    pub fn new(address: SocketAddr) -> Self {
        Config {
            address,
            nack: true,
            rtx: true,
            congestion_control: ControllerKind::Gcc,
            feedback: FeedbackKind::TransportWide,
            ecn: EcnUse::Off,
            start_rate: DataRate::from_kbps(1_000),
            min_rate: DataRate::from_kbps(50),
            max_rate: DataRate::from_kbps(20_000),
            dominant_speaker: true,
            loudest: None,
            allocation: AllocationConfig::default(),
            last_n: None,
            pause_unwatched: false,
            crypto: MediaCrypto::Real,
            limits: Limits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            participants: 2_000,
            conference: 500,
            sources: 8,
            streams: 64,
            subscriptions: 256,
            setup: Duration::from_secs(30),
        }
    }
}
