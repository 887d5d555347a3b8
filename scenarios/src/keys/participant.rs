//! Keys of participants.

use super::{Section, Takes, default, implied, later, optional, required};

pub(crate) static PARTICIPANT: Section = Section {
    path: "participant.<name>",
    about: "One person, or a group of alike people.",
    keys: &[
        default("count", Takes::Whole, "1", "1 to 1000; more than one gives `<name>.1`, `<name>.2`, …"),
        default("join", Takes::Short(&JOIN, "at"), "\"0s\"", "when to join; before `duration`"),
        optional("leave", Takes::Duration, "when to leave; at the end when absent"),
        optional(
            "up",
            Takes::Form("link name"),
            "line to the server; unlimited with 10 ms of delay when absent",
        ),
        optional(
            "down",
            Takes::Form("link name"),
            "line from the server; unlimited with 10 ms of delay when absent",
        ),
        implied(
            "publish",
            Takes::Sources(&[&OPUS, &VP8]),
            "a `mic` and a `cam` with their defaults",
            "what to publish, by source name",
        ),
        optional("view", Takes::Table(&VIEW), "what to watch; a grid of 9 tiles when absent"),
        default("rtx", Takes::Flag, "true", "offers retransmission (RFC 4588)"),
        default("nack", Takes::Flag, "true", "asks for lost packets, and answers who asks"),
        default(
            "red",
            Takes::Flag,
            "false",
            "offers redundant audio (RFC 2198), to send it and to receive it",
        ),
        later("nat", "address translation"),
        later("cpu", "speed of the computer"),
        later("clock", "clock skew"),
        later("share", "screen sharing"),
    ],
};

static JOIN: Section = Section {
    path: "participant.<name>.join",
    about: "When to join: a fixed moment, or one drawn for each member. `join = \"3s\"` is short for `at`.",
    keys: &[
        optional("at", Takes::Duration, "the moment"),
        optional("uniform", Takes::Form("`[earliest, latest]`"), "two durations; drawn evenly between them"),
    ],
};

static VIEW: Section = Section {
    path: "participant.<name>.view",
    about: "What to watch.",
    keys: &[
        default(
            "layout",
            Takes::Choice(&["grid", "stage", "none"], &[]),
            "\"grid\"",
            "`grid`: tiles of one size; `stage`: the first tile large, the others small; `none`: no video",
        ),
        default("tiles", Takes::Whole, "9", "1 to 100 videos at most"),
        optional("max_height", Takes::Whole, "no layer higher than this many pixels, 90 to 4320"),
    ],
};

pub(crate) static OPUS: Section = Section {
    path: "participant.<name>.publish.<source> (opus)",
    about: "Audio.",
    keys: &[
        required("codec", Takes::Choice(&["opus"], &[]), "selects this table"),
        default("rate", Takes::Rate, "\"32kbps\"", "rate while speaking, 6 to 510 kbps (RFC 6716)"),
        default(
            "speech",
            Takes::Choice(&["on-off", "constant", "silent"], &[]),
            "\"on-off\"",
            "talk spurts and pauses, always, or never",
        ),
        default("dtx", Takes::Flag, "false", "leaves out pauses, but for a packet in 400 ms"),
        default(
            "fec",
            Takes::Flag,
            "false",
            "in-band FEC: a packet of speech holds the one before at a low rate",
        ),
        default(
            "red",
            Takes::Whole,
            "0",
            "0 to 2 packets before it go along with each (RFC 2198); needs the participant's `red`",
        ),
    ],
};

pub(crate) static VP8: Section = Section {
    path: "participant.<name>.publish.<source> (vp8)",
    about: "Simulcast video.",
    keys: &[
        required("codec", Takes::Choice(&["vp8"], &["vp9", "av1", "h264"]), "selects this table"),
        default(
            "model",
            Takes::Choice(&["rfc8593-statistical"], &["rfc8593-trace", "rfc8593-hybrid", "screen"]),
            "\"rfc8593-statistical\"",
            "model of the encoder",
        ),
        implied(
            "layers",
            Takes::Form("1 to 3 of `\"WIDTHxHEIGHT@FPS RATE\"`"),
            "`320x180@15 150kbps`, `640x360@30 500kbps`, `1280x720@30 1700kbps`",
            "encodings, lowest first; the rate is the most that each takes",
        ),
        default("temporal_layers", Takes::Whole, "1", "1 to 3 per encoding"),
        optional("min_rate", Takes::Rate, "least rate of the lowest encoding, which never goes below it"),
        later("keyframe_interval", "regular key frames"),
        later("svc", "scalable encoding"),
    ],
};
