//! A minute whose rates can be told at a glance, for the metrics of how rates answer.
//!
//! Bob, behind a line of 1 Mbit/s that falls to 250 kbit/s after 30 s, and Alice share a backbone of 1 Mbit/s, and
//! each wants a picture of 500 kbit/s of the other.

use scenarios::Time;

use super::script::header;
use crate::Recorder;
use crate::observation::*;
use crate::recording::Measure;
use crate::recording::testing::{ALICE, BACKBONE, BOB, CAM, DOWN, UP, VIDEO, cast};
use crate::summary::Summary;

const HIGH: Layer = Layer { spatial: 1, temporal: 0 };
const BACK: Flow = Flow { receiver: ALICE, publisher: BOB, source: CAM };

/// When Bob's rate and the capacity of his line change, s, and to what, kbit/s.
struct Plan {
    bob: &'static [(u64, u64)],
    line: &'static [(u64, u64)],
    pictures: fn(u64) -> bool,
}

const GOOD: Plan = Plan { bob: &[(0, 200), (5, 500), (30, 100), (34, 240)], line: FALLS, pictures: |_| true };
/// Later at full rate, later back, two more swings; and a picture that stands still for 6 s.
const BAD: Plan = Plan {
    bob: &[(0, 200), (7, 500), (30, 100), (36, 240), (48, 200), (50, 240)],
    line: FALLS,
    pictures: |millis| millis <= 20_000 || millis >= 26_000,
};

const FALLS: &[(u64, u64)] = &[(30, 250)];
/// Bob's rate stays low when his line is as wide as before.
const WIDENED: Plan =
    Plan { bob: &[(0, 500), (30, 100)], line: &[(30, 250), (45, 1_000)], pictures: |_| true };

pub(super) fn widened() -> Summary {
    summary(&WIDENED)
}

/// Bob's rate never comes back.
const LASTING: Plan = Plan { bob: &[(0, 500), (30, 100)], line: FALLS, pictures: |_| true };

pub(super) fn lasting() -> Summary {
    summary(&LASTING)
}

pub(super) fn good() -> Summary {
    summary(&GOOD)
}

pub(super) fn bad() -> Summary {
    summary(&BAD)
}

fn summary(plan: &Plan) -> Summary {
    let mut recorder = Recorder::new(cast(), Measure::new(Time::from_secs(10), Time::from_secs(60)));
    starts(&mut recorder);
    let (mut bob, mut alice) = (0, 0);
    for millis in (200..=60_000).step_by(200) {
        let at = Time::from_millis(millis);
        for (_, kbps) in plan.line.iter().filter(|(secs, _)| secs * 1_000 == millis) {
            recorder.observe(at, Observation::LinkCapacity { link: DOWN, bps: Some(kbps * 1_000) });
        }
        let from = (millis - 200) / 1_000;
        let kbps = plan.bob.iter().rev().find(|(start, _)| *start <= from).map_or(0, |(_, kbps)| *kbps);
        // 1 kbit/s is 25 bytes in 200 ms.
        (bob, alice) = (bob + kbps * 25, alice + 500 * 25);
        for (flow, media_bytes) in [(VIDEO, bob), (BACK, alice)] {
            let counters = FlowCounters { media_bytes, ..FlowCounters::default() };
            recorder.observe(at, Observation::Counters { flow, counters });
        }
        if (plan.pictures)(millis) {
            let parts = LatencyParts::default();
            let (layer, size) = (HIGH, (640, 360));
            let frame = Observation::FrameRendered { flow: VIDEO, layer, size, captured: at, parts };
            recorder.observe(at, frame);
        }
    }
    let recording = recorder.finish();
    assert_eq!(recording.broken().first, None);
    Summary::of(&recording, header())
}

fn starts(recorder: &mut Recorder) {
    for (link, bps) in [(UP, 2_000_000), (DOWN, 1_000_000), (BACKBONE, 1_000_000)] {
        recorder.observe(Time::ZERO, Observation::LinkCapacity { link, bps: Some(bps) });
    }
    for participant in [ALICE, BOB] {
        for step in [JoinStep::Intent, JoinStep::Dtls] {
            recorder.observe(Time::ZERO, Observation::Join { participant, step });
        }
    }
    for flow in [VIDEO, BACK] {
        recorder.observe(Time::ZERO, Observation::Subscribed(flow));
        let chosen = Observation::LayerChosen {
            flow,
            layer: Some(HIGH),
            reason: "top".to_owned(),
            estimate_bps: 1_000_000,
            entitled: Some(HIGH),
            explanation: String::new(),
        };
        recorder.observe(Time::ZERO, chosen);
        recorder.observe(Time::ZERO, Observation::LayerForwarded { flow, layer: Some(HIGH) });
    }
}

/// Carol joins after 20 s; in the third second after it, what Bob receives of Alice falls from 1 Mbit/s to
/// `fallen_kbps`.
pub(super) fn join(fallen_kbps: u64) -> Summary {
    let mut cast = cast();
    cast.participants.push(CastMember { name: "carol".to_owned(), ..cast.participants[1].clone() });
    cast.paths.push([Vec::new(), Vec::new()]);
    let carol = ParticipantIndex(2);
    let mut recorder = Recorder::new(cast, Measure::new(Time::from_secs(10), Time::from_secs(40)));
    for participant in [ALICE, BOB] {
        recorder.observe(Time::ZERO, Observation::Join { participant, step: JoinStep::Dtls });
    }
    let hers = Flow { publisher: carol, ..VIDEO };
    let (mut of_alice, mut of_carol) = (0, 0);
    for millis in (200..=40_000).step_by(200) {
        let at = Time::from_millis(millis);
        if millis == 20_000 {
            recorder.observe(at, Observation::Join { participant: carol, step: JoinStep::Dtls });
        }
        of_alice += if (22_001..=23_000).contains(&millis) { fallen_kbps * 25 } else { 25_000 };
        // Her own picture doesn't make up for it.
        of_carol += if millis > 20_000 { 25_000 } else { 0 };
        for (flow, media_bytes) in [(VIDEO, of_alice), (hers, of_carol)] {
            let counters = FlowCounters { media_bytes, ..FlowCounters::default() };
            recorder.observe(at, Observation::Counters { flow, counters });
        }
    }
    Summary::of(&recorder.finish(), header())
}
