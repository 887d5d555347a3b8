use std::time::Duration;

use super::testing::{ALICE, AUDIO, BOB, CAM, DOWN, UP, VIDEO, cast};
use super::*;
use crate::observation::*;

const MS: Duration = Duration::from_millis(1);

fn recorder() -> Recorder {
    Recorder::new(cast(), Measure::new(Time::from_secs(1), Time::from_secs(4)))
}

fn frame(captured: Time, parts: LatencyParts) -> Observation {
    Observation::FrameRendered {
        flow: VIDEO,
        layer: Layer { spatial: 1, temporal: 0 },
        size: (640, 360),
        captured,
        parts,
    }
}

fn parts(sfu: Duration) -> LatencyParts {
    LatencyParts { encode: 10 * MS, sfu, decode: 5 * MS, ..LatencyParts::default() }
}

#[test]
fn warm_up_is_in_the_series_and_not_in_the_statistics() {
    let mut recorder = recorder();
    recorder.observe(Time::ZERO, Observation::Subscribed(VIDEO));
    for millis in [500, 999, 1000, 1100] {
        let captured = Time::from_millis(millis - 45);
        recorder.observe(Time::from_millis(millis), frame(captured, parts(30 * MS)));
    }
    let recording = recorder.finish();
    let flow = recording.flow(VIDEO).expect("it was seen");
    assert_eq!(flow.video().expect("video").total.count(), 2);
    let presented: Vec<_> = flow.bins.iter().map(|bin| bin.presented).collect();
    assert_eq!(presented, [0, 0, 1, 0, 1, 2]);
    assert_eq!(flow.bins[5].pixels, 2 * 640 * 360);
    assert_eq!(flow.bins[5].delay_sum_us, 90_000);
    assert_eq!(recording.broken(), &Broken::default());
}

#[test]
fn parts_that_do_not_sum_are_counted_as_broken() {
    let mut recorder = recorder();
    recorder.observe(Time::from_millis(1045), frame(Time::from_secs(1), parts(30 * MS)));
    recorder.observe(Time::from_millis(1090), frame(Time::from_millis(1045), parts(31 * MS)));
    recorder.observe(Time::from_millis(1090), frame(Time::from_millis(1100), parts(30 * MS)));
    let recording = recorder.finish();
    assert_eq!(recording.broken().latency_sums, 2);
    assert_eq!(recording.broken().count(), 2);
    let first = recording.broken().first.as_deref().expect("the first is told");
    assert_eq!(
        first,
        "at 1.090000000s: alice/cam → bob: latency parts sum to 46ms, render minus capture is 45ms"
    );
}

#[test]
fn times_that_go_backward_and_counters_that_fall_are_broken() {
    let mut recorder = recorder();
    let counters = |expected| Observation::Counters {
        flow: VIDEO,
        counters: FlowCounters { expected, ..FlowCounters::default() },
    };
    recorder.observe(Time::from_secs(2), counters(5));
    recorder.observe(Time::from_millis(1999), counters(4));
    let recording = recorder.finish();
    assert_eq!((recording.broken().backward_times, recording.broken().fallen_counters), (1, 1));
}

#[test]
fn a_freeze_open_at_the_end_counts_and_is_told_at_its_start() {
    let mut recorder = recorder();
    recorder.observe(Time::ZERO, Observation::Subscribed(VIDEO));
    for millis in (100..=3000).step_by(50) {
        recorder.observe(Time::from_millis(millis), frame(Time::from_millis(millis - 45), parts(30 * MS)));
    }
    recorder
        .observe(Time::from_millis(3500), Observation::Script { text: "rate home-up 600kbps".to_owned() });
    let recording = recorder.finish();
    let freezes = &recording.flow(VIDEO).expect("seen").video().expect("video").freezes;
    assert_eq!((freezes.count, freezes.total), (1, Duration::from_secs(1)));
    let told: Vec<_> = recording.events().iter().map(|event| event.json(recording.cast())).collect();
    let flow = r#""receiver":"bob","publisher":"alice","source":"cam""#;
    assert_eq!(
        told,
        [
            format!(r#"{{"time_s":0.000000000,"event":"subscribed",{flow}}}"#),
            format!(r#"{{"time_s":0.100000000,"event":"first_frame",{flow},"after_ms":100.0}}"#),
            format!(r#"{{"time_s":3.000000000,"event":"freeze_start",{flow}}}"#),
            r#"{"time_s":3.500000000,"event":"script","text":"rate home-up 600kbps"}"#.to_owned(),
            format!(r#"{{"time_s":4.000000000,"event":"freeze_end",{flow},"lasted_ms":1000.0}}"#),
        ]
    );
}

/// 25 fps up to 2.0 s, nothing forwarded from 2.02 to 3.5 s, 25 fps from 3.6 s: no freeze, and 1.48 of the 3 s
/// measured under "none".
#[test]
fn a_flow_that_is_not_forwarded_does_not_freeze() {
    let mut recorder = recorder();
    let layer = Some(Layer { spatial: 0, temporal: 0 });
    recorder.observe(Time::ZERO, Observation::Subscribed(VIDEO));
    recorder.observe(Time::ZERO, Observation::LayerForwarded { flow: VIDEO, layer });
    let render = |recorder: &mut Recorder, millis: u64| {
        recorder.observe(Time::from_millis(millis), frame(Time::from_millis(millis - 45), parts(30 * MS)));
    };
    (80..=2_000).step_by(40).for_each(|millis| render(&mut recorder, millis));
    recorder.observe(Time::from_millis(2_020), Observation::LayerForwarded { flow: VIDEO, layer: None });
    render(&mut recorder, 2_040);
    recorder.observe(Time::from_millis(3_500), Observation::LayerForwarded { flow: VIDEO, layer });
    (3_600..=4_000).step_by(40).for_each(|millis| render(&mut recorder, millis));
    let recording = recorder.finish();
    let video = recording.flow(VIDEO).expect("seen").video().expect("video");
    assert_eq!((video.freezes.count, video.freezes.total), (0, Duration::ZERO));
    let usage = video.layers.usage(recording.measure.span());
    assert_eq!(usage.times, [(None, 1_480 * MS), (layer, 1_520 * MS)]);
}

#[test]
fn a_muted_flow_does_not_freeze() {
    let mut recorder = recorder();
    recorder.observe(Time::ZERO, Observation::Subscribed(VIDEO));
    for millis in [1000, 1050, 1100] {
        recorder.observe(Time::from_millis(millis), frame(Time::from_millis(millis - 45), parts(30 * MS)));
    }
    recorder.observe(Time::from_millis(1150), Observation::Unsubscribed(VIDEO));
    // One that was on its way already.
    recorder.observe(Time::from_millis(1160), frame(Time::from_millis(1115), parts(30 * MS)));
    recorder.observe(Time::from_millis(1200), frame(Time::from_millis(1155), parts(30 * MS)));
    recorder.observe(Time::from_millis(3000), Observation::Subscribed(VIDEO));
    recorder.observe(Time::from_millis(3100), frame(Time::from_millis(3055), parts(30 * MS)));
    let recording = recorder.finish();
    let flow = recording.flow(VIDEO).expect("seen");
    assert_eq!(flow.video().expect("video").freezes.count, 0);
    assert_eq!(flow.subscribed_time(recording.measure().span()), 1150 * MS, "0.15 s and 1 s");
}

#[test]
fn counters_are_booked_in_the_bin_that_they_end() {
    let mut recorder = recorder();
    for (millis, media_bytes) in [(200, 1000), (400, 3000), (4000, 3500)] {
        let counters = FlowCounters { media_bytes, ..FlowCounters::default() };
        recorder.observe(Time::from_millis(millis), Observation::Counters { flow: AUDIO, counters });
    }
    let recording = recorder.finish();
    let bytes: Vec<_> = recording.flow(AUDIO).expect("seen").bins.iter().map(|bin| bin.media_bytes).collect();
    assert_eq!((bytes.len(), bytes[0], bytes[1], bytes[19]), (20, 1000, 2000, 500));
}

#[test]
fn links_keep_series_counts_and_queues() {
    let mut recorder = recorder();
    let sent = |queued: u64| Observation::LinkSent {
        link: UP,
        class: TrafficClass::Video,
        bytes: 1250,
        queued: queued as u32 * MS,
    };
    recorder.observe(Time::from_millis(900), sent(80));
    recorder.observe(Time::from_millis(1500), sent(10));
    recorder.observe(Time::from_millis(1510), sent(30));
    let lost = Observation::LinkDropped { link: UP, cause: LossCause::Queue, bytes: 1250 };
    recorder.observe(Time::from_millis(1520), lost);
    let recording = recorder.finish();
    let (_, link) = recording.links().next().expect("three links");
    assert_eq!((link.whole.sent, link.measured.sent, link.measured.offered()), (3, 2, 3));
    assert_eq!(link.queued_most, 80 * MS);
    assert_eq!(link.queued.distribution().max(), Some(30_000_000));
    let bin = link.bins[7];
    assert_eq!((bin.total_bytes(), bin.packets, bin.dropped), (2500, 2, 1));
    assert_eq!((bin.queue_min, bin.queue_max), (10_000_000, 30_000_000));
    assert_eq!(recording.links().nth(usize::from(DOWN.0)).expect("three links").1.whole.sent, 0);
}

#[test]
fn estimates_are_told_when_they_move_by_a_tenth() {
    let mut recorder = recorder();
    for (millis, bps) in
        [(0, 1_000_000), (200, 1_090_000), (400, 1_110_000), (600, 1_110_000), (800, 900_000)]
    {
        let of = EstimateOf::Downlink(BOB);
        recorder.observe(Time::from_millis(millis), Observation::Estimate { of, bps });
    }
    let recording = recorder.finish();
    let told: Vec<_> = recording.events().iter().map(|event| event.at.as_millis()).collect();
    assert_eq!(told, [0, 400, 800]);
    let line = recording.events()[1].json(recording.cast());
    let expected = r#"{"time_s":0.400000000,"event":"estimate","participant":"bob","direction":"down","estimate_kbps":1110.0}"#;
    assert_eq!(line, expected);
}

#[test]
fn a_late_publisher_is_counted_from_its_own_intent() {
    let mut recorder = recorder();
    let join = |participant, step| Observation::Join { participant, step };
    for (millis, observation) in [
        (0, join(BOB, JoinStep::Intent)),
        (300, join(BOB, JoinStep::Dtls)),
        (2000, join(ALICE, JoinStep::Intent)),
        (2050, join(ALICE, JoinStep::Signalled)),
        (2050, Observation::Subscribed(VIDEO)),
        (2100, join(ALICE, JoinStep::Ice)),
        (2200, join(ALICE, JoinStep::Dtls)),
        (2240, Observation::FirstPacket(VIDEO)),
        (2250, Observation::FirstKeyFrame(VIDEO)),
        (2260, frame(Time::from_millis(2215), parts(30 * MS))),
    ] {
        recorder.observe(Time::from_millis(millis), observation);
    }
    let recording = recorder.finish();
    let way = recording.flow(VIDEO).expect("seen").first.done[0];
    assert_eq!(way.parts.map(|part| part / 1_000_000), [50, 50, 100, 40, 10, 10]);
    assert_eq!(recording.participants().filter(|(_, record)| record.connected()).count(), 2);
}

#[test]
fn key_frames_are_counted_per_source() {
    let mut recorder = recorder();
    let at = Time::from_secs(2);
    recorder.observe(at, Observation::KeyFrameWanted(VIDEO));
    recorder.observe(at, Observation::KeyFrameWanted(VIDEO));
    recorder.observe(at, Observation::KeyFrameRequested { publisher: ALICE, source: CAM, spatial: 1 });
    let layer = Layer { spatial: 1, temporal: 0 };
    for key in [true, false] {
        recorder
            .observe(at, Observation::FrameEncoded { publisher: ALICE, source: CAM, layer, key, bytes: 900 });
    }
    let recording = recorder.finish();
    let (_, _, source) = recording.sources().next().expect("four sources");
    assert_eq!((source.wanted, source.requests, source.key_frames), (2, 1, 1));
    assert_eq!(source.encodings[1], source::Encoded { frames: 2, bytes: 1800 });
    assert_eq!(recording.sources().count(), 4);
}

#[test]
fn ten_people_take_little_memory() {
    let sources = cast().participants[0].sources.clone();
    let member = |name: usize| CastMember { name: name.to_string(), sources: sources.clone() };
    let cast = Cast { participants: (0..10).map(member).collect(), ..Cast::default() };
    let mut recorder = Recorder::new(cast, Measure::new(Time::ZERO, Time::from_secs(60)));
    // 30 fps on each of 90 video flows for a minute, six parts scattered over up to 25 ms each.
    let mut random = 1_u64;
    let mut scatter = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Duration::from_nanos((random >> 33) % 25_000_000)
    };
    for frame in 0..1800_u64 {
        let at = Time::from_millis(200 + frame * 33);
        for pair in (0..100_u16).filter(|pair| pair / 10 != pair % 10) {
            let flow = Flow {
                receiver: ParticipantIndex(pair / 10),
                publisher: ParticipantIndex(pair % 10),
                source: CAM,
            };
            let parts = LatencyParts {
                encode: scatter(),
                up_queue: scatter(),
                up_propagate: scatter(),
                down_queue: scatter(),
                down_propagate: scatter(),
                jitter_buffer: scatter(),
                ..LatencyParts::default()
            };
            let captured = at.saturating_sub(parts.total());
            let layer = Layer { spatial: 1, temporal: 0 };
            recorder
                .observe(at, Observation::FrameRendered { flow, layer, size: (640, 360), captured, parts });
        }
    }
    let recording = recorder.finish();
    assert_eq!(recording.broken().count(), 0);
    let videos = recording.flows().map(|flow| flow.video().expect("cameras only"));
    let bytes: usize = videos
        .map(|video| {
            video.total.heap_bytes() + video.parts.iter().map(crate::Histogram::heap_bytes).sum::<usize>()
        })
        .sum();
    assert!(bytes < 30 << 20, "{bytes}");
}

#[test]
fn skew_is_the_true_distance_between_what_is_heard_and_seen() {
    let mut recorder = recorder();
    let heard = |captured| Observation::AudioPlayed {
        flow: AUDIO,
        captured: Time::from_millis(captured),
        jitter_buffer: 40 * MS,
        length: 20 * MS,
    };
    // At 2.000 s sound of 1.900 s begins to play: 10 ms later that of 1.910 s does.
    for (millis, captured) in [(2_000, 1_900), (2_040, 1_940)] {
        recorder.observe(Time::from_millis(millis), heard(captured));
        // A picture of 1.850 s is 60 ms behind the sound: frames at 2.030 s show nothing, as no sound plays.
        for late in [10, 30] {
            let (at, captured) = (millis + late, captured + 10 - 60);
            let total = Time::from_millis(at).since(Time::from_millis(captured));
            let parts = LatencyParts { sfu: total, ..LatencyParts::default() };
            recorder.observe(Time::from_millis(at), frame(Time::from_millis(captured), parts));
        }
    }
    // One picture ahead of its sound by 30 ms, which is nothing.
    recorder.observe(Time::from_millis(2_080), heard(1_980));
    let parts = LatencyParts { sfu: 70 * MS, ..LatencyParts::default() };
    recorder.observe(Time::from_millis(2_080), frame(Time::from_millis(2_010), parts));
    let recording = recorder.finish();
    assert_eq!(recording.broken().first, None);
    let skew = &recording.flow(VIDEO).expect("seen").video().expect("video").skew;
    assert_eq!((skew.ahead.count(), skew.detectable, skew.unacceptable), (3, 2, 0));
    let largest = |distribution: crate::Distribution| distribution.stats(1e6).expect("not empty").max.round();
    assert_eq!(largest(skew.ahead.distribution()), 60.0);
    assert_eq!(largest(skew.behind.distribution()), 30.0);
}
