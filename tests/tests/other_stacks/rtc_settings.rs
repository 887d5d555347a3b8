//! What an `rtc` peer is built with: codecs, header extensions, encodings.

use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::MediaEngine;
use rtc::peer_connection::configuration::setting_engine::{
    SctpMaxMessageSize, SettingEngine, SettingEngineBuilder,
};
use rtc::rtp::packetizer::Payloader;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RTCRtpHeaderExtensionCapability, RTCRtpRtxParameters, RtpCodecKind,
};
use rtc::sdp;
use sfu::participant::{Codec, MediaKind};

use crate::rtc_media::payloader;
use crate::rtc_sdp::LONGEST_MESSAGE;
use crate::stack::Role;

pub(crate) const MEDIA: u8 = 96;
pub(crate) const RTX: u8 = 97;

/// One encoding that it sends.
pub(crate) struct Outgoing {
    pub(crate) ssrc: u32,
    pub(crate) sequence: u16,
    pub(crate) payloader: Box<dyn Payloader>,
}

pub(crate) fn kind(role: &Role) -> RtpCodecKind {
    match role.kind() {
        MediaKind::Audio => RtpCodecKind::Audio,
        MediaKind::Video => RtpCodecKind::Video,
    }
}

fn codec(role: &Role) -> RTCRtpCodec {
    let (mime_type, parameters) = match role.codec {
        Codec::Opus => ("audio/opus", "minptime=10;useinbandfec=1"),
        Codec::Vp8 => ("video/VP8", ""),
        Codec::Vp9 => ("video/VP9", "profile-id=0"),
        Codec::Av1 => ("video/AV1", ""),
        Codec::H264 => {
            ("video/H264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f")
        }
        Codec::H264Mode0 => {
            ("video/H264", "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f")
        }
    };
    RTCRtpCodec {
        mime_type: mime_type.into(),
        clock_rate: role.kind().clock_rate(),
        channels: if role.kind() == MediaKind::Audio { 2 } else { 0 },
        sdp_fmtp_line: parameters.into(),
        rtcp_feedback: Vec::new(),
    }
}

pub(crate) fn engine(role: &Role) -> MediaEngine {
    let mut engine = MediaEngine::default();
    let mut register = |rtp_codec, payload_type| {
        let parameters = RTCRtpCodecParameters { rtp_codec, payload_type };
        engine.register_codec(parameters, kind(role)).expect("a proper codec");
    };
    register(codec(role), MEDIA);
    if role.kind() == MediaKind::Video {
        let (mime_type, sdp_fmtp_line) = ("video/rtx".into(), format!("apt={MEDIA}"));
        register(RTCRtpCodec { mime_type, sdp_fmtp_line, ..codec(role) }, RTX);
    }
    for uri in [
        sdp::extmap::SDES_MID_URI,
        sdp::extmap::SDES_RTP_STREAM_ID_URI,
        sdp::extmap::SDES_REPAIR_RTP_STREAM_ID_URI,
    ] {
        let capability = RTCRtpHeaderExtensionCapability { uri: uri.into() };
        engine.register_header_extension(capability, kind(role), None).expect("there is room for it");
    }
    engine
}

/// It neither sends nor takes longer messages than this, 64 KiB if it isn't told.
pub(crate) fn settings() -> SettingEngine {
    let longest = SctpMaxMessageSize::Bounded(LONGEST_MESSAGE);
    SettingEngineBuilder::new().with_sctp_max_message_size(longest).build()
}

pub(crate) fn track(role: &Role) -> (MediaStreamTrack, Vec<Outgoing>) {
    let count = role.rids.len().max(1);
    let ssrcs: Vec<u32> = (1_000..).take(count).collect();
    let coding = |(index, ssrc): (usize, &u32)| RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            rid: if role.is_simulcast() { role.rids[index].into() } else { String::new() },
            ssrc: Some(*ssrc),
            rtx: (role.kind() == MediaKind::Video).then(|| RTCRtpRtxParameters { ssrc: ssrc + 1_000 }),
            fec: None,
        },
        codec: codec(role),
        ..RTCRtpEncodingParameters::default()
    };
    let codings = ssrcs.iter().enumerate().map(coding).collect();
    let track = MediaStreamTrack::new("stream".into(), "track".into(), "track".into(), kind(role), codings);
    // Begins shortly before the sequence numbers turn over, and elsewhere in each encoding: by a number that was asked for
    // the core tells whose a retransmission is.
    let outgoing = |ssrc: u32| {
        let sequence = u16::MAX - 30 - 5_000 * (ssrc - 1_000) as u16;
        Outgoing { ssrc, sequence, payloader: payloader(role.codec) }
    };
    (track, ssrcs.into_iter().map(outgoing).collect())
}
