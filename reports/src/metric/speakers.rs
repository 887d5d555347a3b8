//! Metrics of who speaks, and of whom the SFU takes for the speaker.

use super::Better::{Higher, Lower, Neither};
use super::Unit::{Count, Ms, Ratio};
use super::{Definition, SOURCE, Stat, declare};

const TURNS: &str = "turns shorter than 2 s are interjections, which need not take the floor";

pub(super) const METRICS: &[Definition] = &[
    declare(
        "audio.dominant_speaker.changes",
        Count,
        Neither,
        &[],
        "how often the SFU announced another dominant speaker",
    ),
    declare(
        "audio.dominant_speaker.wrong",
        Count,
        Lower,
        &[],
        "of these changes, those to somebody who had no scripted turn to speak then, nor just before",
    )
    .own_choice("just before: within 1 s"),
    declare(
        "audio.dominant_speaker.delay",
        Ms,
        Lower,
        &["participant"],
        "start of a scripted turn to the SFU's announcement of whoever has it; turns of who was dominant already are not counted",
    )
    .headline(Stat::P95)
    .source("what a receiver sees is later by the way of one message"),
    declare(
        "speaker.switch_delay",
        Ms,
        Lower,
        &["receiver"],
        "start of another's scripted turn to the receiver's being told that he is the dominant speaker, the first time in that turn; turns of who was dominant already are not counted",
    )
    .headline(Stat::P95),
    declare(
        "speaker.false_switches",
        Count,
        Lower,
        &[],
        "changes of the dominant speaker to somebody who had no scripted turn to speak then, nor just before, per minute",
    )
    .own_choice("just before: within 1 s"),
    declare(
        "audio.dominant_speaker.missed",
        Ratio,
        Lower,
        &[],
        "scripted turns in which whoever had it was never announced, over all but those of who was dominant already",
    )
    .own_choice(TURNS),
    declare(
        "audio.dominant_speaker.true_share",
        Ratio,
        Higher,
        &[],
        "of the time in which somebody has a scripted turn, the share in which the announced one has one",
    ),
    declare(
        "audio.forwarded_streams",
        Count,
        Neither,
        &[],
        "sound that an SFU which forwards only the loudest handed on to receivers in each whole second, over that second: how many sources were heard at a time",
    ),
    declare(
        "audio.spurt_clipped",
        Ms,
        Lower,
        SOURCE,
        "speech of each talk spurt that was not handed on because its source was not among the loudest",
    )
    .headline(Stat::P95)
    .own_choice("a spurt ends with 100 ms without speech"),
];
