use super::keys::troubles;
use crate::*;
use recording::testing::{ALICE, AUDIO, BOB, DOWN, VIDEO, cast};
use scenarios::Time;
use std::time::Duration;

fn run(render_ms: u64, lost: u32) -> (Recording, Summary) {
    let mut recorder = Recorder::new(cast(), Measure::new(Time::ZERO, Time::from_secs(10)));
    recorder.observe(Time::ZERO, Observation::LinkCapacity { link: DOWN, bps: Some(1_000_000) });
    for participant in [ALICE, BOB] {
        for step in [JoinStep::Intent, JoinStep::Signalled, JoinStep::Ice, JoinStep::Dtls] {
            recorder.observe(Time::ZERO, Observation::Join { participant, step });
        }
    }
    recorder.observe(Time::ZERO, Observation::Subscribed(VIDEO));
    recorder.observe(Time::ZERO, Observation::Subscribed(AUDIO));
    for frame in 20..200 {
        let at = Time::from_millis(frame * 50);
        let parts = LatencyParts { down_queue: Duration::from_millis(render_ms), ..LatencyParts::default() };
        let layer = Layer { spatial: 0, temporal: 0 };
        let captured = at.saturating_sub(parts.total());
        recorder.observe(
            at,
            Observation::FrameRendered { flow: VIDEO, layer, size: (320, 180), captured, parts },
        );
        let class = TrafficClass::Video;
        let queued = Duration::from_millis(render_ms);
        recorder.observe(at, Observation::LinkSent { link: DOWN, class, bytes: 1000, queued });
    }
    for _ in 0..lost {
        let dropped = Observation::LinkDropped { link: DOWN, cause: LossCause::Queue, bytes: 1000 };
        recorder.observe(Time::from_secs(10), dropped);
    }
    let recording = recorder.finish();
    let summary = Summary::of(&recording, RunHeader::default());
    (recording, summary)
}

#[test]
fn nobody_within_the_limits_is_in_trouble() {
    let (recording, summary) = run(399, 0);
    assert_eq!(troubles(&recording, &summary), []);
}

#[test]
fn trouble_names_what_was_met_and_what_was_seen_on_the_way() {
    let (recording, summary) = run(450, 20);
    let found = troubles(&recording, &summary);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].name, "bob");
    assert_eq!(found[0].signs, ["p95 from capture to render: 450 ms (limit 400 ms)"]);
    let causes = found[0].causes.join("; ");
    for part in [
        "home-down@bob lost 20 packets (10 %): its queue was full",
        "up to 450 ms",
        "down queue: 450 of 450 ms",
    ] {
        assert!(causes.contains(part), "{part} in {causes}");
    }
}
