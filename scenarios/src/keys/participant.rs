//! Keys of participants.

use super::top::{CONTROLLER, ECN, ECN_ABOUT};
use super::video::{AV1, H264, VP8, VP9};
use super::{Key, Section, Takes, default, implied, later, optional, required};

pub(crate) static PARTICIPANT: Section = Section {
    path: "participant.<name>",
    about: "One person, or a group of alike people.",
    keys: &[
        default("count", Takes::Whole, "1", "1 to 1000; more than one gives `<name>.1`, `<name>.2`, …"),
        default("join", Takes::Short(&JOIN, "at"), "\"0s\"", "when to join; before `duration`"),
        optional("leave", Takes::Duration, "when to leave; at the end when absent"),
        optional(
            "up",
            Takes::Form("link name, or list of them"),
            "line to the server, or several one after the other; unlimited with 10 ms of delay when absent",
        ),
        optional(
            "down",
            Takes::Form("link name, or list of them"),
            "line from the server, or several in the order from there; unlimited with 10 ms of delay when absent",
        ),
        optional(
            "room",
            Takes::Form("name"),
            "which conference of the server's; all who name none are in one. People of different rooms neither see nor hear each other",
        ),
        implied(
            "publish",
            Takes::Sources(&[&OPUS, &VP8, &VP9, &AV1, &H264]),
            "a `mic` and a `cam` with their defaults",
            "what to publish, by source name",
        ),
        optional("data", Takes::Named(&DATA), "data channels, by label"),
        optional("reads", Takes::Rate, "how fast it reads what comes on data channels; at once when absent"),
        optional("view", Takes::Table(&VIEW), "what to watch; a grid of 9 tiles when absent"),
        default("rtx", Takes::Flag, "true", "offers retransmission (RFC 4588)"),
        default("nack", Takes::Flag, "true", "asks for lost packets, and answers who asks"),
        default(
            "red",
            Takes::Flag,
            "false",
            "offers redundant audio (RFC 2198), to send it and to receive it",
        ),
        default(
            "fec",
            Takes::Flag,
            "false",
            "offers FlexFEC (RFC 8627): where losses and a long round trip call for it, it gets repair packets beforehand",
        ),
        default(
            "congestion_control",
            CONTROLLER,
            "\"gcc\"",
            "what estimates the line to the server; `fixed` always sends up to 10 Mbps",
        ),
        default("ecn", ECN, "\"off\"", ECN_ABOUT),
        default(
            "priority",
            Takes::Number,
            "1",
            "weight of what it sends among flows that share a bottleneck, 0.1 to 10; only `nada` shares by it (RFC 8698)",
        ),
        default(
            "lip_sync",
            Takes::Flag,
            "true",
            "keeps sound and picture of one publisher together, by sender reports",
        ),
        optional(
            "calls",
            Takes::Form("participant's name"),
            "who it talks to directly, without the server; in a group, each member calls the one of its number",
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

static DATA: Section = Section {
    path: "participant.<name>.data.<label>",
    about: "A data channel, and what is sent on it. With neither `every` nor `at` it only receives.",
    keys: &[
        optional("every", Takes::Duration, "sends a message every so often from when the channel is open"),
        optional("at", Takes::Duration, "sends one transfer at this moment, or once the channel is open"),
        optional("until", Takes::Duration, "sends nothing from this moment on"),
        default(
            "size",
            Takes::Form("size"),
            "\"200B\"",
            "of each message, at least 32 bytes, or of the transfer",
        ),
        default("piece", Takes::Form("size"), "\"16kB\"", "message size of a transfer, 32 bytes to 256 kB"),
        optional(
            "rate",
            Takes::Rate,
            "how fast the application hands a transfer over; as fast as it is taken when absent",
        ),
        optional(
            "to",
            Takes::Text,
            "the one member that is to get it; everybody with such a channel when absent",
        ),
        default("ordered", Takes::Flag, "true", "messages arrive in the order of sending"),
        optional("max_retransmits", Takes::Whole, "a lost message is sent again at most so many times"),
        optional("lifetime", Takes::Duration, "a message is given up after so long"),
    ],
};

static VIEW: Section = Section {
    path: "participant.<name>.view",
    about: "What to watch.",
    keys: &[LAYOUT, TILES, MAX_HEIGHT, LAST_N],
};

pub(super) const LAYOUT: Key = default(
    "layout",
    Takes::Choice(&["grid", "stage", "none"], &[]),
    "\"grid\"",
    "`grid`: tiles of one size; `stage`: one large, who is pinned, or else shares a screen, or else speaks, or else came first, and the others small; `none`: no video",
);
pub(super) const TILES: Key = default("tiles", Takes::Whole, "9", "1 to 100 videos at most");
pub(super) const MAX_HEIGHT: Key =
    optional("max_height", Takes::Whole, "no layer higher than this many pixels, 90 to 4320");
pub(super) const LAST_N: Key = optional(
    "last_n",
    Takes::Whole,
    "videos that the server sends at a time, 0 to 100, of those that there are tiles for; all when absent",
);

pub(crate) static OPUS: Section = Section {
    path: "participant.<name>.publish.<source> (opus)",
    about: "Audio.",
    keys: &[
        required("codec", Takes::Choice(&["opus"], &[]), "selects this table"),
        default("rate", Takes::Rate, "\"32kbps\"", "rate while speaking, 6 to 510 kbps (RFC 6716)"),
        default(
            "speech",
            Takes::Short(&SPEECH, "kind"),
            "\"on-off\"",
            "when to speak: by chance, always, never, or in turns",
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

static SPEECH: Section = Section {
    path: "participant.<name>.publish.<source>.speech",
    about: "When to speak; one of the three. `speech = \"silent\"` is short for `kind`. In turns, one speaks in phrases with short pauses between them, and is heard otherwise by the noise of a room and now and then a cough or keys.",
    keys: &[
        optional(
            "kind",
            Takes::Choice(&["on-off", "constant", "silent"], &[]),
            "talk spurts and pauses by chance, always, or never",
        ),
        optional(
            "turns",
            Takes::Form("list of `[from, until]`"),
            "turns to speak, two durations each, one after the other",
        ),
        optional(
            "rota",
            Takes::Duration,
            "members of a group speak one after the other, each for so long less half a second, again and again; at least 1 s",
        ),
    ],
};
