//! A core with people in it, for bodies that need one.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use sfu::participant::{
    Codec, Content, EncodingDescription, MediaParameters, PayloadTypes, SourceDescription, VideoFormat,
};
use sfu::rtp::ExtensionIds;
use sfu::signalling::messages::VERSION;
use sfu::signalling::{ClientMessage, IceCredentials};
use sfu::transport::certificate::Fingerprint;
use sfu::{Config, Event, PacketClass, Sfu, Sink, Time, Transmit};
use simulator::crypto::SeededProvider;

pub(super) const SFU_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 1, 1)), 3478);

/// Of a certificate that nobody has.
pub(super) const SOME_FINGERPRINT: Fingerprint = Fingerprint::from_bytes([0xab; 32]);

/// The negotiated header extensions.
pub(super) const EXTENSIONS: ExtensionIds = ExtensionIds {
    mid: 1,
    rid: 2,
    repaired_rid: 3,
    audio_level: 4,
    transport_cc: 5,
    abs_send_time: 6,
    dependency_descriptor: 7,
    video_layers_allocation: 8,
    frame_marking: 9,
};

/// The negotiated payload types.
pub(super) const PAYLOAD_TYPES: PayloadTypes =
    PayloadTypes { vp8: Some(VideoFormat { payload_type: 96, rtx: Some(97) }), ..PayloadTypes::audio(111) };

/// A core without participants.
pub(super) fn core() -> Sfu {
    Sfu::new(Config::new(SFU_ADDRESS), SeededProvider::new([1; 32])).expect("the seeded provider has P-256")
}

/// Everything that a core handed out.
#[derive(Default)]
pub(super) struct Outputs {
    pub(super) datagrams: Vec<(SocketAddr, PacketClass, Vec<u8>)>,
    pub(super) events: Vec<Event>,
}

impl Sink for Outputs {
    fn transmit(&mut self, transmit: Transmit<'_>) {
        assert_eq!(transmit.from, SFU_ADDRESS);
        let len: usize = transmit.segments.iter().map(|segment| segment.len).sum();
        assert_eq!(len, transmit.bytes.len(), "segments that don't make up the batch");
        let own = transmit.datagrams().map(|(bytes, segment)| (transmit.to, segment.class, bytes.to_vec()));
        self.datagrams.extend(own);
    }

    fn event(&mut self, event: Event) {
        self.events.push(event);
    }
}

/// Lets time pass up to `now`, one deadline after the other.
pub(super) fn run_timers(core: &mut Sfu, outputs: &mut Outputs, now: Time) {
    for _ in 0..100_000 {
        let due = core.deadline();
        if due > now {
            return;
        }
        core.turn(due, outputs).timeout();
        assert!(core.deadline() > due, "the deadline {due} does not move on");
    }
    panic!("deadlines come too thick");
}

/// How a client called `name` joins the one conference, with a camera of three encodings and a microphone.
pub(super) fn join_message(name: &str, fingerprint: Fingerprint) -> String {
    let encoding = |rid: &str, height, max_kbps| EncodingDescription {
        rid: rid.into(),
        height,
        fps: 30,
        max_kbps,
        temporal_layers: 3,
        spatial_layers: 1,
    };
    let source = |name: &str, codec, mid: &str, encodings| SourceDescription {
        name: name.into(),
        codec,
        mid: mid.into(),
        content: Content::Camera,
        encodings,
    };
    let simulcast = vec![encoding("q", 180, 150), encoding("h", 360, 500), encoding("f", 720, 1_700)];
    let join = ClientMessage::Join {
        version: VERSION,
        conference: "room".into(),
        name: name.into(),
        ice: IceCredentials { ufrag: name.into(), pwd: format!("{name}/0123456789abcdefghij") },
        fingerprint: fingerprint.to_string(),
        media: MediaParameters { payload_types: PAYLOAD_TYPES, extensions: EXTENSIONS },
        sources: vec![source("cam", Codec::Vp8, "v", simulcast), source("mic", Codec::Opus, "a", Vec::new())],
    };
    serde_json::to_string(&join).expect("messages have string keys")
}
