//! Keys of cross traffic.

use super::{Section, Takes, default, implied, optional, required, section};

pub(crate) static TRAFFIC: Section = section(
    "traffic[]",
    "Traffic of others: one flow on each line that `on` names, through its queue like everything else. It counts as class `cross`.",
    &[
        required(
            "kind",
            Takes::Choice(&["cbr", "on-off", "random-walk", "tcp"], &[]),
            "`cbr`: UDP at `rate`; `on-off`: UDP at `rate` in exponential bursts; `random-walk`: UDP whose rate goes a step up or down by chance; `tcp`: as much as the line takes",
        ),
        required(
            "on",
            Takes::Glob,
            "a link's name for all its lines, or one line's, such as `home-up@alice`",
        ),
        default("count", Takes::Whole, "1", "flows on each line, 1 to 1000"),
        default("from", Takes::Duration, "\"0s\"", "when it begins"),
        implied("to", Takes::Duration, "the end of the run", "from when on it sends nothing"),
        optional(
            "rate",
            Takes::Form("rate; `cbr` also list of `[time, rate]`"),
            "not tcp: the rate, headers included: of a burst, or the first of a walk",
        ),
        default("packet", Takes::Form("size"), "\"1200B\"", "not tcp: size of a packet, headers included"),
        optional("busy", Takes::Duration, "on-off: mean length of a burst"),
        optional("idle", Takes::Duration, "on-off: mean length of silence"),
        optional("step", Takes::Rate, "random-walk: how much the rate changes"),
        optional("every", Takes::Duration, "random-walk: how often"),
        optional(
            "bounds",
            Takes::Form("list of two rates"),
            "random-walk: the lowest and the highest rate; a step beyond is not taken",
        ),
        default(
            "cc",
            Takes::Choice(&["reno", "cubic"], &[]),
            "\"cubic\"",
            "tcp: the congestion window (RFC 5681 or RFC 9438), with SACK (RFC 6675), a retransmission timer (RFC 6298) and delayed acknowledgements",
        ),
        default("segment", Takes::Form("size"), "\"1448B\"", "tcp: data in a segment; headers add 52 bytes"),
        implied(
            "back",
            Takes::Duration,
            "the line's base delay",
            "tcp: how long acknowledgements travel, on a path without limits",
        ),
        optional(
            "files",
            Takes::Table(&FILES),
            "tcp: one file after the other, each on a connection of its own; one without end when absent",
        ),
    ],
);

static FILES: Section = section(
    "traffic[].files",
    "Files with pauses between them, as of somebody who browses.",
    &[
        required("size", Takes::Form("size, or list of two"), "a file's, drawn evenly from least to most"),
        required("idle", Takes::Duration, "mean of the exponential pause after each file"),
        default("start", Takes::Choice(&["on", "off"], &[]), "\"on\"", "`off`: with a pause"),
    ],
);
