//! Keys of lines.

use super::{Section, Takes, default, implied, later, optional, required, section};

pub(crate) static LINK: Section = section(
    "link.<name>",
    "A kind of one-way line. Each participant that names it gets a line of its own, unless it is `shared`.",
    &[
        optional(
            "rate",
            Takes::Form("rate, or list of `[time, rate]`"),
            "capacity; unlimited when absent, and before a list's first step",
        ),
        optional("trace", Takes::Short(&TRACE, "file"), "delivery opportunities in the place of `rate`"),
        optional("queue", Takes::Table(&QUEUE), "what waits for the line"),
        optional("loss", Takes::Short(&LOSS, "rate"), "packets lost after the queue; none when absent"),
        default("delay", Takes::Short(&DELAY, "base"), "\"0s\"", "propagation"),
        default("shared", Takes::Flag, "false", "one line for all who name it, in one direction"),
        optional("policer", Takes::Table(&POLICER), "token bucket before the queue; none when absent"),
        default("duplicate", Takes::Ratio, "\"0%\"", "packets of which a second copy arrives"),
        default("corrupt", Takes::Ratio, "\"0%\"", "packets that arrive with a flipped bit"),
        optional("reorder", Takes::Table(&REORDER), "packets held back at the far end; none when absent"),
        later("filter", "rules before the queue"),
    ],
);

static TRACE: Section = section(
    "link.<name>.trace",
    "Delivery opportunities from a file. `trace = \"lte.down\"` is short for that file.",
    &[
        required("file", Takes::Text, "path, seen from the folder of the scenario"),
        default(
            "format",
            Takes::Choice(&["mahimahi"], &[]),
            "\"mahimahi\"",
            "a line per opportunity of 1500 bytes, its time in ms; starts over when it is through",
        ),
    ],
);

static QUEUE: Section = section(
    "link.<name>.queue",
    "What waits for the line. Bytes in flight don't count, and an empty queue takes any packet.",
    &[
        default(
            "kind",
            Takes::Choice(&["droptail", "infinite", "codel", "fq-codel", "pie", "dual-pi2"], &[]),
            "\"droptail\"",
            "who waits, and who is dropped: CoDel (RFC 8289), FQ-CoDel (RFC 8290), PIE (RFC 8033) or the dual queue of L4S (RFC 9332)",
        ),
        default("depth", Takes::Form("duration or size"), "\"300ms\"", "droptail: how much may wait"),
        default(
            "sized_at",
            Takes::Form("`\"current-rate\"`, `\"first-rate\"` or a rate"),
            "\"current-rate\"",
            "droptail with a duration: the rate that turns it into bytes",
        ),
        implied(
            "target",
            Takes::Duration,
            "5 ms for CoDel, 15 ms for the others",
            "managed queues: the delay that may stand",
        ),
        default("interval", Takes::Duration, "\"100ms\"", "codel, fq-codel: for how long it may be longer"),
        default("limit", Takes::Form("size"), "\"1MB\"", "managed queues: the most that waits"),
        default("ecn", Takes::Flag, "false", "codel, fq-codel, pie: mark packets of ECN-capable senders"),
    ],
);

static LOSS: Section = section(
    "link.<name>.loss",
    "Packets lost after the queue. `loss = \"3%\"` is short for Bernoulli loss at that rate.",
    &[
        default(
            "kind",
            Takes::Choice(&["bernoulli", "gilbert-elliott", "list"], &[]),
            "\"bernoulli\"",
            "how losses are drawn",
        ),
        optional("rate", Takes::Ratio, "bernoulli: probability that a packet is lost, each on its own"),
        optional("mean", Takes::Ratio, "gilbert-elliott: share of packets lost in the long run"),
        optional("burst", Takes::Number, "gilbert-elliott: packets lost in a row on average, at least 1"),
        optional(
            "packets",
            Takes::Form("list of whole numbers"),
            "list: the packets lost; the first that leaves the line is 1",
        ),
    ],
);

static POLICER: Section = section(
    "link.<name>.policer",
    "A token bucket before the queue: what exceeds it is dropped, nothing is delayed.",
    &[
        required("rate", Takes::Rate, "tokens that come in, for bytes on the wire"),
        required("burst", Takes::Form("size"), "the most that the bucket holds, as it does at the start"),
    ],
);

static REORDER: Section = section(
    "link.<name>.reorder",
    "Packets held back at the far end, so that those behind overtake them.",
    &[
        required("rate", Takes::Ratio, "probability that a packet is held back, each on its own"),
        required("by", Takes::Duration, "for how long"),
    ],
);

static DELAY: Section = section(
    "link.<name>.delay",
    "Propagation. `delay = \"25ms\"` is short for that base without jitter.",
    &[
        required("base", Takes::Duration, "one-way delay"),
        default(
            "jitter",
            Takes::Choice(&["none", "gauss", "uniform"], &[]),
            "\"none\"",
            "how each packet's delay varies around the base",
        ),
        optional("std", Takes::Duration, "standard deviation of the jitter; needed with it"),
        default("cut", Takes::Number, "3", "gauss: no further from the base than this many `std`"),
        default("reorder", Takes::Flag, "false", "whether jitter may change the order of packets"),
    ],
);
