//! What a webrtc-rs peer is built with: two codecs, header extensions, a track of each kind.

use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::MediaEngine;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RTCRtpHeaderExtensionCapability, RTCRtpRtxParameters, RtpCodecKind,
};
use rtc::sdp::extmap::{SDES_MID_URI, TRANSPORT_CC_URI};
use sfu::participant::Codec;

pub(crate) const OPUS: u8 = 111;
pub(crate) const VP8: u8 = 96;
const RTX: u8 = 97;

pub(crate) const fn kind(codec: Codec) -> RtpCodecKind {
    if matches!(codec, Codec::Opus) { RtpCodecKind::Audio } else { RtpCodecKind::Video }
}

fn named(mime_type: &str, clock_rate: u32, channels: u16, parameters: &str) -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: mime_type.into(),
        clock_rate,
        channels,
        sdp_fmtp_line: parameters.into(),
        rtcp_feedback: Vec::new(),
    }
}

fn codec(codec: Codec) -> RTCRtpCodec {
    if codec == Codec::Opus {
        named("audio/opus", 48_000, 2, "minptime=10;useinbandfec=1")
    } else {
        named("video/VP8", 90_000, 0, "")
    }
}

pub(crate) fn engine() -> MediaEngine {
    let mut engine = MediaEngine::default();
    let rows = [
        (Codec::Opus, codec(Codec::Opus), OPUS),
        (Codec::Vp8, codec(Codec::Vp8), VP8),
        (Codec::Vp8, named("video/rtx", 90_000, 0, "apt=96"), RTX),
    ];
    for (of, rtp_codec, payload_type) in rows {
        let parameters = RTCRtpCodecParameters { rtp_codec, payload_type };
        engine.register_codec(parameters, kind(of)).expect("a proper codec");
    }
    for uri in [SDES_MID_URI, TRANSPORT_CC_URI] {
        for of in [Codec::Opus, Codec::Vp8] {
            let capability = RTCRtpHeaderExtensionCapability { uri: uri.into() };
            engine.register_header_extension(capability, kind(of), None).expect("there is room for it");
        }
    }
    engine
}

pub(crate) fn track(of: Codec, ssrc: u32) -> MediaStreamTrack {
    let coding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            rid: String::new(),
            ssrc: Some(ssrc),
            rtx: (of == Codec::Vp8).then(|| RTCRtpRtxParameters { ssrc: ssrc + 1_000 }),
            fec: None,
        },
        codec: codec(of),
        ..RTCRtpEncodingParameters::default()
    };
    let name = if of == Codec::Opus { "sound" } else { "picture" };
    MediaStreamTrack::new("stream".into(), name.into(), name.into(), kind(of), vec![coding])
}
