//! From a scenario's sources to what participants negotiate and publish.

use indexmap::IndexMap;
use scenarios::Member;
use scenarios::model::{PacketizationMode, Participant, Publication, Video, VideoCodec, VideoModel};
use sfu::DataRate;
use sfu::participant::{Codec, MediaParameters, PayloadTypes, VideoFormat};
use sfu::rtp::ExtensionIds;

use crate::participant::media::encoder::InterLayer;
use crate::participant::media::structure::Scalability;
use crate::participant::sender::{CameraSettings, LayerSettings};

/// Chrome's usual numbers. VP8 is always offered; the other codecs and the dependency descriptor are when somebody in
/// the scenario publishes with them.
pub(super) fn parameters(
    participants: &IndexMap<String, Participant>,
    member: &Member,
    rtx: bool,
) -> MediaParameters {
    let published = participants.values().flat_map(|participant| participant.publish.values());
    let videos = published.filter_map(|publication| match publication {
        Publication::Video(video) => Some(video),
        Publication::Opus(_) => None,
    });
    let offered = |codec: Codec| videos.clone().any(|video| core_codec(video.codec) == codec);
    let format = |payload_type: u8| VideoFormat { payload_type, rtx: rtx.then_some(payload_type + 1) };
    let optional = |codec: Codec, payload_type: u8| offered(codec).then(|| format(payload_type));
    MediaParameters {
        payload_types: PayloadTypes {
            opus_red: member.red.then_some(63),
            vp8: Some(format(96)),
            vp9: optional(Codec::Vp9, 98),
            av1: optional(Codec::Av1, 45),
            h264: optional(Codec::H264, 102),
            h264_mode0: optional(Codec::H264Mode0, 104),
            flexfec: member.fec.then_some(49),
            ..PayloadTypes::audio(111)
        },
        extensions: ExtensionIds {
            mid: 4,
            rid: 10,
            repaired_rid: 11,
            audio_level: 1,
            transport_cc: 3,
            abs_send_time: 2,
            dependency_descriptor: if videos.clone().any(|video| video.is_described()) { 12 } else { 0 },
            video_layers_allocation: if videos.clone().any(|video| video.layers_allocation) { 13 } else { 0 },
            ..ExtensionIds::default()
        },
    }
}

/// The camera that publishes `video`.
pub(super) fn camera(name: String, mid: String, video: &Video) -> CameraSettings {
    let least = video.min_rate.map(|rate| DataRate::from_bps(rate.as_bps()));
    let layer = |layer: &scenarios::model::Layer| {
        let max = DataRate::from_bps(layer.rate.as_bps());
        LayerSettings {
            width: layer.width,
            height: layer.height,
            fps: u8::try_from(layer.fps).unwrap_or(u8::MAX),
            max,
            // libwebrtc's simulcast layers have minima of a fifth to a third of their maxima.
            min: least.unwrap_or(max.scale(0.3)).min(max),
        }
    };
    let key_only = video.scalability.key_only;
    CameraSettings {
        name,
        mid,
        codec: core_codec(video.codec),
        layers: video.layers.iter().map(layer).collect(),
        scalability: Scalability {
            spatial: video.scalability.spatial,
            temporal: video.scalability.temporal,
            inter_layer: if key_only { InterLayer::KeyPictures } else { InterLayer::Always },
        },
        described: video.is_described(),
        announced: video.layers_allocation,
        encrypted: video.encrypted,
        screen: video.model == VideoModel::Screen,
    }
}

const fn core_codec(codec: VideoCodec) -> Codec {
    match codec {
        VideoCodec::Vp8 => Codec::Vp8,
        VideoCodec::Vp9 => Codec::Vp9,
        VideoCodec::Av1 => Codec::Av1,
        VideoCodec::H264(PacketizationMode::NonInterleaved) => Codec::H264,
        VideoCodec::H264(PacketizationMode::SingleNal) => Codec::H264Mode0,
    }
}
