//! Keys of lines.

use super::{Section, Takes, default, later, optional, required, section};

pub(crate) static LINK: Section = section(
    "link.<name>",
    "A kind of one-way line. Each participant that names it gets a line of its own, unless it is `shared`.",
    &[
        optional(
            "rate",
            Takes::Form("rate, or list of `[time, rate]`"),
            "capacity; unlimited when absent, and before a list's first step",
        ),
        optional("queue", Takes::Table(&QUEUE), "what waits for the line"),
        optional("loss", Takes::Short(&LOSS, "rate"), "packets lost after the queue; none when absent"),
        default("delay", Takes::Short(&DELAY, "base"), "\"0s\"", "propagation"),
        default("shared", Takes::Flag, "false", "one line for all who name it, in one direction"),
        later("trace", "delivery opportunities from a file"),
        later("policer", "token bucket before the queue"),
        later("filter", "rules before the queue"),
        later("duplicate", "duplicated packets"),
        later("corrupt", "corrupted packets"),
    ],
);

static QUEUE: Section = section(
    "link.<name>.queue",
    "What waits for the line. Bytes in flight don't count, and an empty queue takes any packet.",
    &[
        default(
            "kind",
            Takes::Choice(&["droptail", "infinite"], &["codel", "fq-codel", "pie"]),
            "\"droptail\"",
            "what happens when it is full",
        ),
        default("depth", Takes::Form("duration or size"), "\"300ms\"", "droptail: how much may wait"),
        default(
            "sized_at",
            Takes::Form("`\"current-rate\"`, `\"first-rate\"` or a rate"),
            "\"current-rate\"",
            "droptail with a duration: the rate that turns it into bytes",
        ),
        later("target", "CoDel and PIE"),
        later("interval", "CoDel"),
        later("limit", "AQM"),
        later("ecn", "marking"),
    ],
);

static LOSS: Section = section(
    "link.<name>.loss",
    "Packets lost after the queue. `loss = \"3%\"` is short for Bernoulli loss at that rate.",
    &[
        default(
            "kind",
            Takes::Choice(&["bernoulli"], &["gilbert-elliott", "list"]),
            "\"bernoulli\"",
            "how losses are drawn",
        ),
        required("rate", Takes::Ratio, "probability that a packet is lost, each on its own"),
        later("mean", "Gilbert-Elliott"),
        later("burst", "Gilbert-Elliott"),
        later("packets", "list of lost packets"),
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
