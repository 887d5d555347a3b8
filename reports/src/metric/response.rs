//! Metrics of how rates answer to what a line can carry, and to who else is on it.

use super::Better::{Higher, Lower};
use super::Unit::{Bytes, Count, Ms, Ratio};
use super::{Definition, Stat, declare};

/// Labels of one participant's line in one direction.
const LINE: &[&str] = &["participant", "direction"];
const LINK_WINDOW: &[&str] = &["link", "window"];

const REFERENCE: &str = "the reference is the max-min fair share of the capacity that cross traffic leaves which doesn't make way; lines without limit have none";

pub(super) const METRICS: &[Definition] = &[
    declare("bwe.error", Ratio, Lower, LINE, "the absolute of estimate over reference minus 1, at the end of each bin")
        .headline(Stat::P50)
        .source(REFERENCE),
    declare("bwe.error.above", Ratio, Lower, LINE, "share of the bins in which the estimate was too far above the reference")
        .source(REFERENCE)
        .own_choice("more than 10 %"),
    declare("bwe.error.excess", Bytes, Lower, LINE, "what was estimated above the reference, added up over the measured time")
        .source(REFERENCE),
    declare(
        "bwe.error.overshoot",
        Ratio,
        Lower,
        LINE,
        "of each static period the most that the estimate was above the reference, over the reference; 0 when it never was",
    )
    .headline(Stat::Max)
    .source(REFERENCE)
    .own_choice("the first second of a period is left for the estimate to follow, and periods shorter than 2 s have none"),
    declare(
        "recovery_time",
        Ms,
        Lower,
        &["participant", "direction", "event"],
        "a change of a link's capacity, or of what the script makes it lose, to the first second in which media comes again at 0.9 times what came before it, or times what the participant is entitled to after it, if that is less; what is not back when the link changes again is censored",
    )
    .headline(Stat::Max)
    .own_choice("held for 5 s; before it: the mean of 10 s, of 2 s at least; changes of less than a fifth, and within 10 s of another, are no events"),
    declare(
        "convergence_time",
        Ms,
        Lower,
        LINE,
        "start of a static period, in which nothing changes on the links or in who is there, to the first moment from which the media of each second stays near its mean; counted wherever it falls in the run, warm-up included",
    )
    .headline(Stat::Max)
    .own_choice("for 10 s within 15 % of a mean of at least 80 % of what the participant is entitled to"),
    declare("oscillation", Count, Lower, LINE, "how often the media per second turned, per minute of the measured time that the participant was there")
        .own_choice("turns of more than 10 % of the mean"),
    declare(
        "fairness.jain",
        Ratio,
        Higher,
        LINK_WINDOW,
        "Jain's index, the square of the sum over n times the sum of squares, of rate over entitlement of all whose way leads over the link, in each window of 1 s, 5 s and 20 s of static periods; of links with at least two of them, where the flows of TCP are one together",
    ),
    declare("fairness.pairwise", Ratio, Higher, LINK_WINDOW, "the least of these rates over entitlement over the greatest, in each such window; below 0.333 it is unfair")
        .source("RFC 8868 section 4"),
    declare(
        "join_disturbance",
        Ratio,
        Lower,
        &["participant"],
        "by how much the media payload that others received in one second fell at worst in the 5 s after this participant's SRTP keys, against the mean of the 5 s before, over that mean; streams of the one who joins not counted",
    )
    .headline(Stat::Max),
];
