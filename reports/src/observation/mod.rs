//! The vocabulary between the simulator and the reports: who takes part, and what was seen, when.

mod cast;
mod latency;
mod traffic;

use std::time::Duration;

use scenarios::Time;
use serde::Serialize;

pub use cast::{
    Cast, CastMember, CrossInfo, Direction, Flow, Layer, LayerInfo, LinkIndex, LinkInfo, MediaKind,
    ParticipantIndex, SourceIndex, SourceInfo,
};
pub use latency::LatencyParts;
pub use traffic::TrafficClass;

/// A step on a participant's way into the conference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinStep {
    /// The person decides to join.
    Intent,
    /// The signalling exchange is complete: both sides know credentials and streams.
    Signalled,
    /// ICE has a nominated pair.
    Ice,
    /// DTLS is done and SRTP has keys.
    Dtls,
    /// The participant left.
    Left,
}

/// Whose estimate of a path's capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case", tag = "of", content = "participant")]
pub enum EstimateOf {
    /// The SFU's, of a participant's downlink.
    Downlink(ParticipantIndex),
    /// A publisher's, of its own uplink.
    Uplink(ParticipantIndex),
}

/// Counters of one flow since its start; later values never fall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct FlowCounters {
    /// Media packets that the sequence numbers say were sent to this receiver.
    pub expected: u64,
    /// Of these, those that did not arrive as first sent in time (they arrived by repair, or never).
    pub lost_before_repair: u64,
    /// Of these, those still missing at their playout deadline.
    pub lost_after_repair: u64,
    /// Media payload bytes that arrived, RTP headers not counted.
    pub media_bytes: u64,
    /// Bytes of RTX packets that arrived.
    pub rtx_bytes: u64,
    /// RTX packets that filled a hole in time.
    pub rtx_useful: u64,
    /// RTX packets after the playout deadline.
    pub rtx_late: u64,
    /// RTX packets for something that was there already.
    pub rtx_duplicate: u64,
    /// FlexFEC repair packets that arrived (W3C webrtc-stats `fecPacketsReceived`).
    pub fec_packets: u64,
    /// Of these, those that nothing was missing for, or that came too late (`fecPacketsDiscarded`).
    pub fec_discarded: u64,
    /// Bytes of repair packets that arrived, RTP headers not counted (`fecBytesReceived`).
    pub fec_bytes: u64,
    /// Packets that were recovered from repair packets, in time.
    pub fec_recovered: u64,
    /// NACK packets sent.
    pub nack_packets: u64,
    /// Sequence numbers asked for, first time and repeated.
    pub nack_sequences: u64,
    /// Sequence numbers asked for again.
    pub nack_repeats: u64,
    /// Picture loss indications sent.
    pub pli: u64,
    /// Frames that arrived complete but could not be decoded, for want of a frame that they depend on.
    pub frames_undecodable: u64,
    /// Frames rendered.
    pub frames_rendered: u64,
}

/// One thing that was seen at one moment.
#[derive(Clone, Debug, PartialEq, Hash)]
pub enum Observation {
    /// A step on a participant's way in or out.
    Join {
        /// Who.
        participant: ParticipantIndex,
        /// Which step.
        step: JoinStep,
    },
    /// A receiver begins to want a flow (it, or the publisher, joined or unmuted).
    Subscribed(Flow),
    /// A receiver no longer wants a flow, or its publisher left or muted.
    Unsubscribed(Flow),
    /// The first RTP packet of a flow arrived.
    FirstPacket(Flow),
    /// The first complete key frame of a video flow arrived.
    FirstKeyFrame(Flow),
    /// An encoder produced a frame.
    FrameEncoded {
        /// Who publishes.
        publisher: ParticipantIndex,
        /// Which source.
        source: SourceIndex,
        /// Which encoding and temporal layer.
        layer: Layer,
        /// Key frame or not.
        key: bool,
        /// Encoded size, bytes.
        bytes: u32,
    },
    /// A frame was rendered.
    FrameRendered {
        /// On which flow.
        flow: Flow,
        /// Which encoding and temporal layer.
        layer: Layer,
        /// Picture width and height, px.
        size: (u32, u32),
        /// When it was captured.
        captured: Time,
        /// Where the time went.
        parts: LatencyParts,
    },
    /// 20 ms (or one packet's worth) of audio began to play.
    AudioPlayed {
        /// On which flow.
        flow: Flow,
        /// When the first sample of it was captured.
        captured: Time,
        /// From arrival to playout.
        jitter_buffer: Duration,
        /// How much sound it is.
        length: Duration,
    },
    /// A gap in the audio was concealed.
    AudioConcealed {
        /// On which flow.
        flow: Flow,
        /// How much sound was missing.
        length: Duration,
    },
    /// The counters of a flow, as they stand now: once per bin and at the end.
    Counters {
        /// Which flow.
        flow: Flow,
        /// Since its start.
        counters: FlowCounters,
    },
    /// A participant's turn to speak, by the scenario, begins or ends.
    Turn {
        /// Whose.
        participant: ParticipantIndex,
        /// Begins or ends.
        begins: bool,
    },
    /// The SFU told everybody of a new dominant speaker.
    DominantSpeaker {
        /// Who.
        participant: ParticipantIndex,
    },
    /// A participant was told of a new dominant speaker.
    SpeakerHeard {
        /// Who was told.
        receiver: ParticipantIndex,
        /// Who speaks.
        speaker: ParticipantIndex,
    },
    /// A packet of sound reached an SFU that forwards only the loudest.
    SoundTaken {
        /// Who publishes.
        publisher: ParticipantIndex,
        /// Which source.
        source: SourceIndex,
        /// How much sound it is.
        length: Duration,
        /// Whether somebody speaks in it.
        speech: bool,
        /// Whether it was handed on.
        forwarded: bool,
    },
    /// The SFU chose a layer for a flow.
    LayerChosen {
        /// Which flow.
        flow: Flow,
        /// What it chose; `None`: nothing is sent.
        layer: Option<Layer>,
        /// Why, in machine-readable words.
        reason: String,
        /// The receiver's downlink estimate at that moment, bit/s.
        estimate_bps: u64,
        /// What the receiver is entitled to by its wishes and the layers on offer, were its line without limit.
        entitled: Option<Layer>,
        /// All that the choice was made from, as JSON; empty when nobody says.
        explanation: String,
    },
    /// The SFU told a publisher how many encodings of a source are watched.
    Watched {
        /// Whom.
        publisher: ParticipantIndex,
        /// Which source.
        source: SourceIndex,
        /// How many, from the lowest.
        encodings: u8,
    },
    /// The SFU began to forward another layer (the switch itself), or stopped.
    LayerForwarded {
        /// Which flow.
        flow: Flow,
        /// What goes out from now on.
        layer: Option<Layer>,
    },
    /// A key frame was asked for at the publisher by the SFU.
    KeyFrameRequested {
        /// Who publishes.
        publisher: ParticipantIndex,
        /// Which source.
        source: SourceIndex,
        /// Which encoding.
        spatial: u8,
    },
    /// A receiver asked the SFU for a key frame.
    KeyFrameWanted(Flow),
    /// A capacity estimate, when it changed and once per bin.
    Estimate {
        /// Of what.
        of: EstimateOf,
        /// The estimate, bit/s.
        bps: u64,
    },
    /// A packet was forwarded: from when the SFU took it from its socket to its first hand-off to this receiver.
    Forwarded {
        /// To whom.
        receiver: ParticipantIndex,
        /// Taken to handed off.
        delay: Duration,
    },
    /// A packet left a link's serialiser.
    LinkSent {
        /// Which link.
        link: LinkIndex,
        /// What it is there for.
        class: TrafficClass,
        /// Size on the wire, IP and UDP headers included, bytes.
        bytes: u32,
        /// Enqueued to first bit on the wire.
        queued: Duration,
    },
    /// A packet was dropped at a link.
    LinkDropped {
        /// Which link.
        link: LinkIndex,
        /// Why.
        cause: LossCause,
        /// Size on the wire, bytes.
        bytes: u32,
    },
    /// A link's capacity from now on, bit/s; `None`: without limit. First at time zero.
    LinkCapacity {
        /// Which link.
        link: LinkIndex,
        /// The capacity.
        bps: Option<u64>,
    },
    /// A scripted event of the scenario took effect.
    Script {
        /// In words: "mute alice", "rate home-up 600kbps".
        text: String,
    },
    /// Audio that begins to play had been lost, and was in a later packet; told besides [`Observation::AudioPlayed`].
    AudioRecovered {
        /// On which flow.
        flow: Flow,
        /// In which form.
        by: SoundRecovery,
        /// How much sound it is.
        length: Duration,
    },
    /// The sender left out a pause (DTX), and comfort noise was played instead.
    AudioSilent {
        /// On which flow.
        flow: Flow,
        /// How much.
        length: Duration,
    },
    /// A participant's data channel is open: what is sent on its label is for it too.
    DataOpened {
        /// Whose.
        participant: ParticipantIndex,
        /// The channel's label.
        label: String,
    },
    /// A participant handed a data message to its channel.
    DataSent {
        /// Who.
        sender: ParticipantIndex,
        /// On the channel of which label.
        label: String,
        /// For whom; `None`: everybody else with such a channel.
        to: Option<ParticipantIndex>,
        /// Its length, bytes.
        bytes: u32,
    },
    /// A data message arrived whole.
    DataReceived {
        /// At whom.
        receiver: ParticipantIndex,
        /// From whom.
        sender: ParticipantIndex,
        /// On the channel of which label.
        label: String,
        /// When it was handed over.
        sent: Time,
        /// Its length, bytes.
        bytes: u32,
    },
    /// The SFU told a receiver that it dropped data messages for it.
    DataDropped {
        /// Whom.
        receiver: ParticipantIndex,
        /// On the channel of which label.
        label: String,
        /// How many.
        count: u32,
    },
}

/// How lost sound came after all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SoundRecovery {
    /// As a whole packet within a later one (RFC 2198).
    Red,
    /// As a low-rate copy in the next packet (Opus LBRR, RFC 6716 section 2.1.7).
    InBandFec,
}

impl Observation {
    /// Which kind of observation it is, in one word.
    pub const fn kind(&self) -> &'static str {
        match self {
            Observation::Join { .. } => "join",
            Observation::Subscribed { .. } => "subscribed",
            Observation::Unsubscribed { .. } => "unsubscribed",
            Observation::FirstPacket { .. } => "first_packet",
            Observation::FirstKeyFrame { .. } => "first_key_frame",
            Observation::FrameEncoded { .. } => "frame_encoded",
            Observation::FrameRendered { .. } => "frame_rendered",
            Observation::AudioPlayed { .. } => "audio_played",
            Observation::AudioConcealed { .. } => "audio_concealed",
            Observation::Counters { .. } => "counters",
            Observation::Turn { .. } => "turn",
            Observation::DominantSpeaker { .. } => "dominant_speaker",
            Observation::SpeakerHeard { .. } => "speaker_heard",
            Observation::SoundTaken { .. } => "sound_taken",
            Observation::LayerChosen { .. } => "layer_chosen",
            Observation::Watched { .. } => "watched",
            Observation::LayerForwarded { .. } => "layer_forwarded",
            Observation::KeyFrameRequested { .. } => "key_frame_requested",
            Observation::KeyFrameWanted { .. } => "key_frame_wanted",
            Observation::Estimate { .. } => "estimate",
            Observation::Forwarded { .. } => "forwarded",
            Observation::LinkSent { .. } => "link_sent",
            Observation::LinkDropped { .. } => "link_dropped",
            Observation::LinkCapacity { .. } => "link_capacity",
            Observation::DataOpened { .. } => "data_opened",
            Observation::DataSent { .. } => "data_sent",
            Observation::DataReceived { .. } => "data_received",
            Observation::DataDropped { .. } => "data_dropped",
            Observation::Script { .. } => "script",
            Observation::AudioRecovered { .. } => "audio_recovered",
            Observation::AudioSilent { .. } => "audio_silent",
        }
    }
}

/// Why the network lost a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LossCause {
    /// The queue was full.
    Queue,
    /// Active queue management.
    Aqm,
    /// The link's random loss.
    Random,
    /// A policer.
    Policer,
    /// A partition.
    Partition,
}

/// Takes observations in order of time.
pub trait Observer {
    /// Takes one observation made at `at`.
    fn observe(&mut self, at: Time, observation: Observation);
}

/// For tests: keeps everything.
impl Observer for Vec<(Time, Observation)> {
    fn observe(&mut self, at: Time, observation: Observation) {
        self.push((at, observation));
    }
}
