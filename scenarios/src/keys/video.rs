//! Keys of published video, one table per codec.

use super::{Key, Section, Takes, default, implied, later, optional, required};

const MODEL: Key = default(
    "model",
    Takes::Choice(&["rfc8593-statistical", "screen"], &["rfc8593-trace", "rfc8593-hybrid"]),
    "\"rfc8593-statistical\"",
    "model of the encoder; `screen`: a shared screen, which takes two thirds of its rate at rest and 2.74 times it while a page is scrolled, a second in every six, by chance",
);
const LAYERS: Key = implied(
    "layers",
    Takes::Form("1 to 3 of `\"WIDTHxHEIGHT@FPS RATE\"`"),
    "`320x180@15 150kbps`, `640x360@30 500kbps`, `1280x720@30 1700kbps`",
    "simulcast encodings, lowest first; the rate is the most that each takes",
);
const SCALABLE_LAYERS: Key = implied(
    "layers",
    Takes::Form("1 to 3 of `\"WIDTHxHEIGHT@FPS RATE\"`"),
    "as for vp8; with spatial layers the highest of `320x180@30 150kbps`, `640x360@30 350kbps`, \
     `1280x720@30 1200kbps`",
    "lowest first; with spatial layers these, of the one stream, each twice as wide and high as the one before it, at \
     one frame rate, and with the rate of its own share; otherwise simulcast encodings",
);
const TEMPORAL_LAYERS: Key =
    default("temporal_layers", Takes::Whole, "1", "1 to 3 per encoding; short for `scalability = \"L1T…\"`");
const SCALABILITY: Key = optional(
    "scalability",
    Takes::Choice(&["L1T1", "L1T2", "L1T3"], &[]),
    "layers within each stream, by the names of W3C webrtc-svc",
);
const FULL_SCALABILITY: Key = optional(
    "scalability",
    Takes::Choice(&MODES, &["S2T1", "S2T2", "S2T3", "S3T1", "S3T2", "S3T3"]),
    "layers within each stream, by the names of W3C webrtc-svc; `_KEY`: a spatial layer refers to the one below it on \
     key pictures only",
);
static MODES: [&str; 15] = [
    "L1T1", "L1T2", "L1T3", "L2T1", "L2T2", "L2T3", "L3T1", "L3T2", "L3T3", "L2T1_KEY", "L2T2_KEY",
    "L2T3_KEY", "L3T1_KEY", "L3T2_KEY", "L3T3_KEY",
];
const MIN_RATE: Key =
    optional("min_rate", Takes::Rate, "least rate of the lowest layer, which never goes below it");
const DEPENDENCY_DESCRIPTOR: Key = default(
    "dependency_descriptor",
    Takes::Flag,
    "false",
    "sends AV1's dependency descriptor with this codec too",
);
const LAYERS_ALLOCATION: Key = default(
    "layers_allocation",
    Takes::Flag,
    "false",
    "tells the server which layers there are, and their rates, when that changes (video layers allocation)",
);
const ENCRYPTED: Key = default(
    "encrypted",
    Takes::Flag,
    "false",
    "the server can't read the payload, and goes by the dependency descriptor alone, which this implies",
);
const KEYFRAME_INTERVAL: Key = later("keyframe_interval", "regular key frames");

pub(crate) static VP8: Section = Section {
    path: "participant.<name>.publish.<source> (vp8)",
    about: "Simulcast video.",
    keys: &[
        required("codec", Takes::Choice(&["vp8"], &[]), "selects this table"),
        MODEL,
        LAYERS,
        TEMPORAL_LAYERS,
        SCALABILITY,
        MIN_RATE,
        DEPENDENCY_DESCRIPTOR,
        LAYERS_ALLOCATION,
        ENCRYPTED,
        KEYFRAME_INTERVAL,
    ],
};

pub(crate) static VP9: Section = Section {
    path: "participant.<name>.publish.<source> (vp9)",
    about: "Simulcast or scalable video, in non-flexible mode (RFC 9628).",
    keys: &[
        required("codec", Takes::Choice(&["vp9"], &[]), "selects this table"),
        MODEL,
        SCALABLE_LAYERS,
        TEMPORAL_LAYERS,
        FULL_SCALABILITY,
        MIN_RATE,
        DEPENDENCY_DESCRIPTOR,
        LAYERS_ALLOCATION,
        ENCRYPTED,
        KEYFRAME_INTERVAL,
    ],
};

pub(crate) static AV1: Section = Section {
    path: "participant.<name>.publish.<source> (av1)",
    about: "Simulcast or scalable video, with the dependency descriptor on every packet.",
    keys: &[
        required("codec", Takes::Choice(&["av1"], &[]), "selects this table"),
        MODEL,
        SCALABLE_LAYERS,
        TEMPORAL_LAYERS,
        FULL_SCALABILITY,
        MIN_RATE,
        LAYERS_ALLOCATION,
        ENCRYPTED,
        KEYFRAME_INTERVAL,
    ],
};

pub(crate) static H264: Section = Section {
    path: "participant.<name>.publish.<source> (h264)",
    about: "Simulcast video (RFC 6184).",
    keys: &[
        required("codec", Takes::Choice(&["h264"], &[]), "selects this table"),
        default(
            "packetization_mode",
            Takes::Whole,
            "1",
            "0: one NAL unit a packet, with slices that fit; 1: NAL units are aggregated and fragmented",
        ),
        MODEL,
        LAYERS,
        TEMPORAL_LAYERS,
        SCALABILITY,
        MIN_RATE,
        DEPENDENCY_DESCRIPTOR,
        LAYERS_ALLOCATION,
        ENCRYPTED,
        KEYFRAME_INTERVAL,
    ],
};
