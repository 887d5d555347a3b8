//! Keys of everything but participants.

use super::link::LINK;
use super::participant::{LAST_N, LAYOUT, MAX_HEIGHT, PARTICIPANT, TILES};
use super::traffic::TRAFFIC;
use super::{Section, Takes, default, later, optional, required, section};

pub(crate) static ROOT: Section = section(
    "scenario",
    "The file itself.",
    &[
        required("schema", Takes::Form("`1`"), "version of this format"),
        required("name", Takes::Form("letters, digits, `-`, `_`"), "the scenario's name, as in reports"),
        default("doc", Takes::Text, "\"\"", "what it shows; its first line appears in `plenum list`"),
        required("seed", Takes::Whole, "the seed of every random draw"),
        required("duration", Takes::Duration, "virtual time that the run lasts"),
        optional(
            "liveness",
            Takes::Duration,
            "asks that every stream that is forwarded for that long before the end renders in that time; not asked when absent",
        ),
        optional("measure", Takes::Table(&MEASURE), "what enters the statistics"),
        optional("link", Takes::Named(&LINK), "kinds of one-way line"),
        optional("sfu", Takes::Named(&SFU), "the server; exactly one, `main` with its defaults when absent"),
        required("participant", Takes::Named(&PARTICIPANT), "people, or groups of alike people"),
        optional("traffic", Takes::List(&TRAFFIC), "traffic of others on the lines"),
        optional(
            "at",
            Takes::List(&AT),
            "what happens during the run; ordered by time, not by place in the file",
        ),
        optional(
            "expect",
            Takes::List(&EXPECT),
            "bounds on metrics; a broken one ends the run with exit code 3",
        ),
        optional(
            "applied",
            Takes::List(&APPLIED),
            "proof that an impairment took effect; judged like `expect`",
        ),
        optional("gate", Takes::List(&GATE), "how far from its baseline `plenum gate` lets it be"),
        optional("sweep", Takes::Table(&SWEEP), "variations for `plenum sweep`"),
        optional("explore", Takes::Table(&EXPLORE), "ranges for `plenum explore`"),
    ],
);

static MEASURE: Section = section(
    "measure",
    "What enters the statistics. The time before `from` stays in the series.",
    &[
        default("from", Takes::Duration, "\"0s\"", "end of the warm-up; before `duration`"),
        default("bin", Takes::Duration, "\"200ms\"", "width of a bin of the time series"),
    ],
);

static SFU: Section = section(
    "sfu.<name>",
    "The server.",
    &[
        optional("config", Takes::Table(&SFU_CONFIG), "how it forwards; its defaults when absent"),
        optional("cpu", Takes::Table(&CPU), "its speed in virtual time; free of cost when absent"),
    ],
);

static SFU_CONFIG: Section = section(
    "sfu.<name>.config",
    "How the server forwards.",
    &[
        default("rtx", Takes::Flag, "true", "offers retransmission (RFC 4588), both ways"),
        default(
            "nack",
            Takes::Flag,
            "true",
            "asks publishers for lost packets, and answers receivers who ask",
        ),
        optional("max_bitrate", Takes::Rate, "most that it sends to one receiver; unlimited when absent"),
        default(
            "congestion_control",
            CONTROLLER,
            "\"gcc\"",
            "what estimates each receiver's line; `fixed` always sends up to `max_bitrate`, or 20 Mbps",
        ),
        default(
            "feedback",
            Takes::Choice(&["transport-cc", "rfc8888"], &[]),
            "\"transport-cc\"",
            "how arrivals are told of, both ways: by transport-wide numbers, or by stream with ECN marks",
        ),
        default("ecn", ECN, "\"off\"", ECN_ABOUT),
        default("dominant_speaker", Takes::Flag, "true", "tells everybody who the dominant speaker is"),
        default(
            "loudest",
            Takes::Whole,
            "0",
            "forwards the sound of this many sources at a time, the loudest ones, to 50; all when 0",
        ),
        default(
            "allocation",
            Takes::Choice(&["fair", "stage", "max-min"], &[]),
            "\"fair\"",
            "how layers are chosen for a receiver. `fair`: everyone's picture first, then always the cheapest step; `stage`: who is on stage first, up to 360 lines, then everyone's lowest layer, then the rest in turns; `max-min`: always a step for who has least of what its tile could show",
        ),
        optional(
            "last_n",
            Takes::Whole,
            "video of so many sources is sent to a receiver at a time, 0 to 1000; those on stage first, then the pinned, then who spoke last (needs `dominant_speaker`)",
        ),
        default(
            "pause_unwatched",
            Takes::Flag,
            "false",
            "tells publishers which encodings nobody watches, and they stop sending them",
        ),
    ],
);

/// Google congestion control, SCReAM's second version and its first (RFC 8298), NADA (RFC 8698), or none.
pub(super) const CONTROLLER: Takes = Takes::Choice(CONTROLLERS, &[]);

/// Their names.
pub(crate) const CONTROLLERS: &[&str] = &["gcc", "scream", "scream-v1", "nada", "webrtc-rs", "fixed"];

/// Explicit congestion notification.
pub(super) const ECN: Takes = Takes::Choice(&["off", "classic", "l4s"], &[]);
pub(super) const ECN_ABOUT: &str = "whether the media that it sends is ECN-capable: `classic` as ECT(0) (RFC 3168), `l4s` as ECT(1) (RFC 9331); needs `feedback = \"rfc8888\"`, which tells of marks. Only controllers that answer marks send so: `scream`, and `scream-v1` and `nada` in the classic form in either case";

static CPU: Section = section(
    "sfu.<name>.cpu",
    "The cost of packets in virtual time. Each core has a worker, and each worker a socket; a conference lives on one worker, rooms in turn in the order in which the file names them. A packet occupies its worker for as long as it costs, and waits at the worker's socket before.",
    &[
        default("cores", Takes::Whole, "1", "1 to 256; more of them than rooms make no difference"),
        default("per_packet_in", Takes::Duration, "\"0s\"", "to receive one"),
        default("per_packet_out", Takes::Duration, "\"0s\"", "to send one"),
        default(
            "socket_buffer",
            Takes::Form("size"),
            "\"212992B\"",
            "what may wait at a worker's socket, as Linux counts it (2,304 bytes for a packet of 1,200); what finds it full is dropped",
        ),
    ],
);

static AT: Section = section(
    "at[]",
    "One event: a time and exactly one action. At the same moment a link's own rate schedule acts first, then events in the order of the file.",
    &[
        required("time", Takes::Duration, "when; before `duration`"),
        optional("mute", Takes::Short(&MUTE, "participant"), "stops publishing"),
        optional("unmute", Takes::Short(&MUTE, "participant"), "publishes again"),
        optional("leave", Takes::Short(&LEAVE, "participant"), "leaves for good"),
        optional("view", Takes::Table(&VIEW_EVENT), "looks at something else"),
        optional("pin", Takes::Table(&PIN), "looks at one above all others"),
        optional("unpin", Takes::Short(&UNPIN, "participant"), "looks at nobody above others"),
        optional("rate", Takes::Table(&RATE_EVENT), "sets a link's rate until its schedule's next step"),
        optional("loss", Takes::Table(&LOSS_EVENT), "sets a link's loss rate"),
        later("delay", "changes a link's delay"),
        later("partition", "cuts two parties off"),
        later("lasts", "end of a fault"),
        later("rebind", "NAT rebinding"),
        later("restart_ice", "address change with ICE restart"),
        later("crash", "participant or server crashes"),
        later("freeze", "participant stands still"),
        later("slow_cpu", "slower computer"),
        later("sleep", "computer sleeps"),
        later("drain", "server drains"),
        later("clock", "clock skew or step"),
        later("share", "screen sharing"),
        later("certificate", "wrong certificate"),
        later("malformed", "malformed packets"),
    ],
);

static MUTE: Section = section(
    "at[].mute",
    "Whom to mute or unmute. `mute = \"alice\"` is short for all sources of that participant.",
    &[
        required("participant", Takes::Glob, "who, by member name"),
        optional("source", Takes::Glob, "which of the published sources; all when absent"),
    ],
);

static LEAVE: Section = section(
    "at[].leave",
    "Who leaves. `leave = \"alice\"` is the usual form.",
    &[required("participant", Takes::Glob, "who, by member name")],
);

static VIEW_EVENT: Section = section(
    "at[].view",
    "Another view, in the place of all that was said of it.",
    &[required("participant", Takes::Glob, "who, by member name"), LAYOUT, TILES, MAX_HEIGHT, LAST_N],
);

static PIN: Section = section(
    "at[].pin",
    "Who pins whom: shown large on a stage, first in a grid, and served first.",
    &[
        required("participant", Takes::Glob, "who, by member name"),
        required("whom", Takes::Form("member name"), "who is looked at"),
    ],
);

static UNPIN: Section = section(
    "at[].unpin",
    "Who unpins. `unpin = \"alice\"` is the usual form.",
    &[required("participant", Takes::Glob, "who, by member name")],
);

static RATE_EVENT: Section = section(
    "at[].rate",
    "A link's new rate.",
    &[
        required(
            "link",
            Takes::Glob,
            "a link's name for all its lines, or one line's, such as `home-up@alice`",
        ),
        required("to", Takes::Rate, "the new rate"),
    ],
);

static LOSS_EVENT: Section = section(
    "at[].loss",
    "A link's new loss rate, Bernoulli.",
    &[
        required(
            "link",
            Takes::Glob,
            "a link's name for all its lines, or one line's, such as `home-up@alice`",
        ),
        required("to", Takes::Ratio, "the new loss rate"),
    ],
);

static EXPECT: Section = section(
    "expect[]",
    "A bound on a metric over everything that `where` selects, after the warm-up.",
    &[
        required("metric", Takes::Text, "its id, as `plenum metrics` lists them"),
        optional("where", Takes::Table(&WHERE), "selects by label; everything when absent"),
        required(
            "stat",
            Takes::Choice(&["mean", "min", "p50", "p95", "p99", "max", "count", "total", "value"], &[]),
            "statistic over the samples of all that is selected; `count` is how many samples there are",
        ),
        optional(
            "min",
            Takes::Form("number in the metric's unit, or value with unit"),
            "least allowed; `min` or `max` is needed, both are better",
        ),
        optional("max", Takes::Form("number in the metric's unit, or value with unit"), "most allowed"),
        default("samples_min", Takes::Whole, "1", "fewer samples than this are a failure"),
    ],
);

static WHERE: Section = section(
    "expect[].where",
    "Labels with wildcards. A selection that nothing can match is an error.",
    &[
        optional("receiver", Takes::Glob, "member that receives"),
        optional("publisher", Takes::Glob, "member that publishes"),
        optional("sender", Takes::Glob, "member that sends data"),
        optional("participant", Takes::Glob, "member, whatever its part"),
        optional("source", Takes::Glob, "published source, such as `cam`"),
        optional("link", Takes::Glob, "link or line"),
        optional("direction", Takes::Choice(&["up", "down"], &[]), "towards the server, or from it"),
        optional("layer", Takes::Glob, "simulcast layer"),
        optional("part", Takes::Glob, "part of a total"),
        optional("cause", Takes::Glob, "cause of a loss"),
        optional("class", Takes::Glob, "class of traffic, such as `video` or `data`"),
        optional("label", Takes::Glob, "label of a data channel"),
    ],
);

static APPLIED: Section = section(
    "applied[]",
    "Proof that an impairment took effect, over the whole run, warm-up included. Needs at least one bound.",
    &[
        required(
            "link",
            Takes::Glob,
            "a link's name for all its lines, or one line's, such as `home-up@alice`",
        ),
        optional(
            "dropped_min",
            Takes::Whole,
            "packets dropped by the queues of all these lines together, at least",
        ),
        optional("dropped_max", Takes::Whole, "and at most"),
        optional(
            "lost_min",
            Takes::Whole,
            "packets lost after the queues of all these lines together, at least",
        ),
        optional("lost_max", Takes::Whole, "and at most"),
        optional("queued_min", Takes::Duration, "the longest wait in any of these queues, at least"),
        optional(
            "utilisation_min",
            Takes::Ratio,
            "delivered bits over capacity of the busiest of these lines in its busiest second, at least",
        ),
        optional(
            "cross_min",
            Takes::Form("size"),
            "bytes of cross traffic that left the queues of all these lines together, at least",
        ),
        optional(
            "marked_min",
            Takes::Whole,
            "packets that left all these lines together with the mark of congestion (ECN), at least",
        ),
    ],
);

static GATE: Section = section(
    "gate[]",
    "How much a statistic may change against the same seeds of a committed baseline. A change is a regression when the median or the mean of the differences goes beyond what is allowed, and its 95 % interval doesn't hold zero.",
    &[
        required("metric", Takes::Text, "its id, as `plenum metrics` lists them"),
        optional("where", Takes::Table(&WHERE), "selects by label; everything when absent"),
        required(
            "stat",
            Takes::Choice(&["mean", "min", "p50", "p95", "p99", "max", "count", "total"], &[]),
            "statistic over the samples of all that is selected, per seed",
        ),
        optional(
            "rise",
            Takes::Form("number in the metric's unit, or value with unit"),
            "how much it may rise; this or `rise_share` is needed, and of both the greater counts",
        ),
        optional("rise_share", Takes::Ratio, "how much it may rise, as a share of the baseline's median"),
        optional(
            "fall",
            Takes::Form("number in the metric's unit, or value with unit"),
            "how much it may fall; this or `fall_share` is needed, and of both the greater counts",
        ),
        optional("fall_share", Takes::Ratio, "how much it may fall, as a share of the baseline's median"),
    ],
);

/// A range of a sweep's grid; it stands in the place of a list of values.
pub(crate) static RANGE: Section = section(
    "sweep.grid.<path>",
    "Values from end to end, both included.",
    &[
        required("from", Takes::Form("number, or value with unit"), "the first value"),
        required("to", Takes::Form("number, or value with unit"), "the last value, of the same kind"),
        required("steps", Takes::Whole, "how many values, 2 to 10000"),
        default(
            "scale",
            Takes::Choice(&["linear", "log"], &[]),
            "\"linear\"",
            "whether steps are equal as differences or as factors",
        ),
    ],
);

static SWEEP: Section = section(
    "sweep",
    "Variations for `plenum sweep`: the product of all grid values and seeds.",
    &[
        default("seeds", Takes::Whole, "1", "runs per grid point, from `seed` upwards"),
        optional(
            "grid",
            Takes::Form("table of path to list of values, or to a range"),
            "paths as `--set` takes them, quoted: `grid.\"link.home.rate\" = [\"1Mbps\", \"2Mbps\"]`, or `{ from = \"100kbps\", to = \"10Mbps\", steps = 5, scale = \"log\" }`",
        ),
    ],
);

const ENDS: Takes = Takes::Form("`[least, most]`");

static EXPLORE: Section = section(
    "explore",
    "Ranges for `plenum explore`, which draws whole scenarios: people, lines and events take the place of the file's own.",
    &[
        default("people", ENDS, "[2, 6]", "how many people, 2 to 50"),
        default("links", ENDS, "[1, 4]", "how many kinds of line, 1 to 50"),
        default("events", ENDS, "[0, 8]", "how many events, to 1000"),
        default("duration", ENDS, "[\"4s\", \"15s\"]", "how long people come and things happen"),
        default(
            "settle",
            Takes::Duration,
            "\"12s\"",
            "a time without events after that, at whose end every stream must render",
        ),
        default("rate", ENDS, "[\"300kbps\", \"20Mbps\"]", "rates of lines, drawn by their logarithm"),
        default("delay", ENDS, "[\"1ms\", \"150ms\"]", "their delays, one way"),
        default("jitter", ENDS, "[\"0s\", \"15ms\"]", "standard deviations of their delays"),
        default("loss", ENDS, "[0, \"5%\"]", "their random losses"),
        default("queue", ENDS, "[\"50ms\", \"1s\"]", "depths of their queues"),
        default(
            "codecs",
            Takes::Form("list of words"),
            "[\"vp8\", \"vp9\", \"av1\", \"h264\"]",
            "codecs of cameras",
        ),
        default(
            "controllers",
            Takes::Form("list of words"),
            "[\"gcc\", \"scream\", \"nada\"]",
            "what controls congestion, as in `congestion_control`",
        ),
    ],
);
