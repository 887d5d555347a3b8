//! A run whose every statistic can be computed by hand.

use std::time::Duration;

use scenarios::Time;

use crate::Recorder;
use crate::observation::*;
use crate::recording::Measure;
use crate::recording::testing::{ALICE, AUDIO, BOB, CAM, DOWN, MIC, UP, VIDEO, cast};
use crate::summary::{RunHeader, Summary};

const LOW: Layer = Layer { spatial: 0, temporal: 0 };
const HIGH: Layer = Layer { spatial: 1, temporal: 0 };

/// Observations with their times in ms, in any order.
#[derive(Default)]
pub(super) struct Script(Vec<(u64, Observation)>);

impl Script {
    pub(super) fn summary(self) -> Summary {
        self.summary_with(18)
    }

    pub(super) fn at(&mut self, millis: u64, observation: Observation) {
        self.0.push((millis, observation));
    }

    /// Every observation replaced by what `change` makes of it and its time.
    pub(super) fn changed(
        self,
        change: impl FnMut((u64, Observation)) -> Option<(u64, Observation)>,
    ) -> Self {
        Script(self.0.into_iter().filter_map(change).collect())
    }

    /// The statistics, when of 20 packets that were asked for again so many were there; when fewer than
    /// in the run, one more finds the SFU's socket full.
    pub(super) fn summary_with(mut self, answered: u64) -> Summary {
        self.0.sort_by_key(|(millis, _)| *millis);
        let recorder = Recorder::new(cast(), Measure::new(Time::from_secs(1), Time::from_secs(4)));
        let mut recorder = recorder.with_bounded_sockets();
        // Bob finds the SFU's socket full, before the measure and three times in it.
        let mut full = vec![999, 1_000, 2_000, 3_999];
        full.extend((answered < 18).then_some(3_999));
        for (millis, observation) in self.0 {
            for early in full.extract_if(.., |early| *early <= millis) {
                recorder.socket_full(Time::from_millis(early), BOB);
            }
            let at = Time::from_millis(millis);
            // A packet that waited so long leaves with a mark.
            let marked = match observation {
                Observation::LinkSent { link, queued, .. } => (queued >= ms(50)).then_some(link),
                _ => None,
            };
            recorder.observe(at, observation);
            if let Some(link) = marked {
                recorder.link_marked(at, link);
            }
        }
        full.into_iter().for_each(|late| recorder.socket_full(Time::from_millis(late), BOB));
        recorder.repairs(Time::from_secs(1), 10, 9);
        recorder.repairs(Time::from_secs(4), 30, 9 + answered);
        let recording = recorder.finish();
        assert_eq!(recording.broken().first, None);
        Summary::of(&recording, header())
    }
}

pub(super) fn header() -> RunHeader {
    RunHeader { scenario: "demo".to_owned(), seeds: vec![7], digest: "00ff".to_owned() }
}

pub(super) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(super) fn joins(script: &mut Script) {
    for (participant, times) in [(ALICE, [0, 20, 50, 100]), (BOB, [100, 130, 180, 260])] {
        let steps = [JoinStep::Intent, JoinStep::Signalled, JoinStep::Ice, JoinStep::Dtls];
        for (millis, step) in times.into_iter().zip(steps) {
            script.at(millis, Observation::Join { participant, step });
        }
    }
    for flow in [VIDEO, AUDIO] {
        script.at(130, Observation::Subscribed(flow));
    }
    script.at(300, Observation::FirstPacket(VIDEO));
    script.at(310, Observation::FirstKeyFrame(VIDEO));
    script.at(280, Observation::FirstPacket(AUDIO));
}

/// 20 frames a second of 40 ms latency from 350 ms on; none between 2000 and 2500 ms, and the one then has 80 ms.
fn video(script: &mut Script) {
    for millis in (350..4000).step_by(50).filter(|millis| *millis <= 2000 || *millis >= 2500) {
        let jitter_buffer = ms(if millis == 2500 { 60 } else { 20 });
        let parts = LatencyParts {
            encode: ms(10),
            up_queue: ms(4),
            sfu: ms(1),
            jitter_buffer,
            decode: ms(5),
            ..LatencyParts::default()
        };
        let captured = Time::from_millis(millis).saturating_sub(parts.total());
        let frame =
            Observation::FrameRendered { flow: VIDEO, layer: HIGH, size: (640, 360), captured, parts };
        script.at(millis, frame);
    }
    for (millis, layer) in [(300, LOW), (1500, HIGH), (2500, LOW), (3400, HIGH)] {
        script.at(
            millis,
            Observation::LayerChosen {
                flow: VIDEO,
                layer: Some(layer),
                reason: "estimate".to_owned(),
                estimate_bps: 700_000,
                entitled: Some(HIGH),
                explanation: String::new(),
            },
        );
        script.at(millis, Observation::LayerForwarded { flow: VIDEO, layer: Some(layer) });
    }
    let encoded =
        |layer, key, bytes| Observation::FrameEncoded { publisher: ALICE, source: CAM, layer, key, bytes };
    script.at(1500, encoded(LOW, true, 3000));
    script.at(1500, encoded(HIGH, false, 6000));
    script.at(1600, encoded(HIGH, false, 6000));
    script.at(500, encoded(HIGH, true, 60_000));
    for _ in 0..3 {
        script.at(1490, Observation::KeyFrameWanted(VIDEO));
    }
    for _ in 0..2 {
        script.at(1490, Observation::KeyFrameRequested { publisher: ALICE, source: CAM, spatial: 0 });
    }
}

/// 20 ms pieces from 320 ms on, 60 ms from mouth to ear; three concealed from 2000 ms on.
fn audio(script: &mut Script) {
    for millis in (320..4000).step_by(20) {
        let length = ms(20);
        script.at(
            millis,
            if (2000..2060).contains(&millis) {
                Observation::AudioConcealed { flow: AUDIO, length }
            } else {
                let captured = Time::from_millis(millis - 60);
                Observation::AudioPlayed { flow: AUDIO, captured, jitter_buffer: ms(30), length }
            },
        );
    }
}

fn counters(script: &mut Script) {
    let warm_up = FlowCounters {
        expected: 100,
        lost_before_repair: 50,
        lost_after_repair: 40,
        media_bytes: 10_000,
        pli: 1,
        ..FlowCounters::default()
    };
    let last = FlowCounters {
        expected: 1100,
        lost_before_repair: 80,
        lost_after_repair: 43,
        media_bytes: 385_000,
        rtx_bytes: 37_500,
        rtx_useful: 27,
        rtx_late: 2,
        rtx_duplicate: 1,
        fec_packets: 20,
        fec_discarded: 15,
        fec_bytes: 18_750,
        fec_recovered: 5,
        nack_packets: 10,
        nack_sequences: 33,
        nack_repeats: 3,
        pli: 3,
        frames_undecodable: 1,
        frames_rendered: 49,
    };
    for flow in [VIDEO, AUDIO] {
        script.at(1000, Observation::Counters { flow, counters: warm_up });
        script.at(4000, Observation::Counters { flow, counters: last });
    }
}

fn network(script: &mut Script) {
    let sent = |link, class, bytes, queued| Observation::LinkSent { link, class, bytes, queued: ms(queued) };
    for link in [UP, DOWN] {
        script.at(0, Observation::LinkCapacity { link, bps: Some(1_000_000) });
    }
    for millis in (50..4000).step_by(100) {
        let queued = if millis == 2050 { 50 } else { 10 };
        script.at(millis, sent(UP, TrafficClass::Video, 2500, queued));
        script.at(millis, sent(DOWN, TrafficClass::Video, 900, 0));
        script.at(millis, sent(DOWN, TrafficClass::Rtcp, 100, 2));
    }
    for millis in [500, 1500, 1500, 2500, 2500, 2500, 3500, 3500, 3500, 3500, 3500] {
        script.at(millis, Observation::LinkDropped { link: UP, cause: LossCause::Queue, bytes: 2500 });
    }
    for (millis, bps) in [(0, 1_000_000), (2000, 2_000_000)] {
        script.at(millis, Observation::Estimate { of: EstimateOf::Downlink(BOB), bps });
    }
    for micros in [500, 500, 2000] {
        let delay = Duration::from_micros(micros);
        script.at(1200, Observation::Forwarded { receiver: BOB, delay });
    }
}

/// Three turns, of which one began in the warm-up and one was missed, and sound that isn't all handed on.
fn speakers(script: &mut Script) {
    for (participant, from, until) in [(ALICE, 400, 1_100), (BOB, 1_000, 2_900), (ALICE, 1_700, 3_800)] {
        script.at(from, Observation::Turn { participant, begins: true });
        script.at(until, Observation::Turn { participant, begins: false });
    }
    // The last one is wrong: Bob ended more than a second before.
    for (millis, participant) in [(900, ALICE), (1_600, BOB), (3_900, ALICE), (3_960, BOB)] {
        script.at(millis, Observation::DominantSpeaker { participant });
    }
    // Alice learns of it 20 ms later.
    script.at(1_620, Observation::SpeakerHeard { receiver: ALICE, speaker: BOB });
    let mut sound = |publisher, from: u64, until, forwarded| {
        for millis in (from..until).step_by(20) {
            let (source, length, speech) = (MIC, ms(20), true);
            script.at(millis, Observation::SoundTaken { publisher, source, length, speech, forwarded });
        }
    };
    sound(ALICE, 500, 600, false);
    sound(ALICE, 1_000, 3_000, true);
    sound(BOB, 1_500, 1_560, false);
    sound(BOB, 2_000, 2_500, true);
    let (publisher, source, length, speech, forwarded) = (BOB, MIC, ms(20), false, false);
    script.at(2_700, Observation::SoundTaken { publisher, source, length, speech, forwarded });
}

/// Alice and Bob chat, and Bob's queue is full once.
fn data(script: &mut Script) {
    let label = || "chat".to_owned();
    for participant in [ALICE, BOB] {
        script.at(500, Observation::DataOpened { participant, label: label() });
    }
    let sent = |to| Observation::DataSent { sender: ALICE, label: label(), to, bytes: 1_000 };
    let received = |millis| Observation::DataReceived {
        receiver: BOB,
        sender: ALICE,
        label: label(),
        sent: Time::from_millis(millis),
        bytes: 1_000,
    };
    // Before the measured time, then three for all and one for Bob; the third is lost.
    script.at(800, sent(None));
    script.at(1_050, received(800));
    for millis in [1_000, 1_500, 2_000] {
        script.at(millis, sent(None));
    }
    script.at(2_500, sent(Some(BOB)));
    script.at(1_040, received(1_000));
    script.at(1_560, received(1_500));
    script.at(3_000, received(2_500));
    script.at(3_000, Observation::DataDropped { receiver: BOB, label: label(), count: 2 });
}

pub(super) fn rich() -> Summary {
    rich_script().summary()
}

pub(super) fn rich_script() -> Script {
    let mut script = Script::default();
    joins(&mut script);
    video(&mut script);
    audio(&mut script);
    counters(&mut script);
    network(&mut script);
    speakers(&mut script);
    data(&mut script);
    script
}
