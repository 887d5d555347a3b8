use scenarios::Time;

use super::*;
use crate::metric;
use crate::observation::{JoinStep, Observation, ParticipantIndex};
use crate::recording::testing::AUDIO;

mod ledger;
mod long;
mod script;
mod worse;

use script::{Script, header, joins, ms, rich};

#[track_caller]
fn expect(summary: &Summary, stat: Stat, labels: &[&str], rows: &[(&str, u64, f64)]) {
    for (id, samples, value) in rows {
        let row = summary.row(id, labels).unwrap_or_else(|| panic!("{id} of {labels:?} is there"));
        assert_eq!(row.samples, *samples, "samples of {id}");
        assert!((row.stat(stat) - value).abs() < 1e-6, "{id}: {} is not {value}", row.stat(stat));
    }
}

const FLOW: [&str; 3] = ["bob", "alice", "cam"];
const SOUND: [&str; 3] = ["bob", "alice", "mic"];

#[test]
fn nothing_is_absent_from_a_run_that_has_everything() {
    assert_eq!(rich().absent, []);
}

#[test]
fn latency_and_frames() {
    let summary = rich();
    // 50 frames of 40 ms and one of 80 ms in the measured time.
    let mean = (50.0 * 40.0 + 80.0) / 51.0;
    expect(
        &summary,
        Stat::Mean,
        &FLOW,
        &[
            ("video.capture_to_render", 51, mean),
            ("video.capture_to_render.encode", 51, 10.0),
            ("video.capture_to_render.up_queue", 51, 4.0),
            ("video.capture_to_render.pacer", 51, 0.0),
            ("video.capture_to_render.jitter_buffer", 51, mean - 20.0),
            // 20, 11 and 20 frames in the three seconds.
            ("video.fps", 3, 17.0),
            ("video.quality", 3, 17.0 * 640.0 * 360.0),
            ("video.quality.ratio", 3, 0.85),
            // Σd = 50·0.05 + 0.5 = 3 s, Σd² = 50·0.0025 + 0.25 = 0.375 s².
            ("video.fps_harmonic", 51, 8.0),
            ("video.freeze_w3c.count", 51, 1.0),
            ("video.freeze_w3c.total", 51, 500.0),
            ("video.freeze_w3c.ratio", 51, 500.0 / 3000.0),
            ("video.pause.count", 51, 0.0),
            // 375 kB over three seconds, all reported at the end.
            ("video.bitrate", 3, 1000.0),
        ],
    );
    expect(
        &summary,
        Stat::Max,
        &FLOW,
        &[("video.capture_to_render", 51, 80.0), ("video.bitrate", 3, 3000.0)],
    );
    // The median is exact to three significant digits, from above.
    let median = summary.row("video.capture_to_render", &FLOW).expect("is there").stat(Stat::P50);
    assert!((40.0..40.04).contains(&median), "{median}");
}

#[test]
fn who_speaks() {
    let summary = rich();
    expect(
        &summary,
        Stat::Mean,
        &[],
        &[
            ("audio.dominant_speaker.changes", 3, 3.0),
            ("audio.dominant_speaker.wrong", 3, 1.0),
            // Bob's was noticed, Alice's second not; her first began in the warm-up.
            ("audio.dominant_speaker.missed", 2, 0.5),
            // Of 1.0 to 3.8 s: Alice to 1.1, Bob from 1.6 to 2.9.
            ("audio.dominant_speaker.true_share", 3, 1.4 / 2.8),
            // 1 s, 1.5 s and nothing in the three seconds.
            ("audio.forwarded_streams", 3, 2.5 / 3.0),
        ],
    );
    expect(&summary, Stat::Max, &[], &[("audio.forwarded_streams", 3, 1.5)]);
    expect(&summary, Stat::Mean, &["bob"], &[("audio.dominant_speaker.delay", 1, 600.0)]);
    expect(&summary, Stat::Max, &["alice", "mic"], &[("audio.spurt_clipped", 1, 0.0)]);
    // Bob's two spurts: the first withheld, the second not.
    expect(&summary, Stat::Max, &["bob", "mic"], &[("audio.spurt_clipped", 2, 60.0)]);
    expect(&summary, Stat::Mean, &["bob", "mic"], &[("audio.spurt_clipped", 2, 30.0)]);
}

#[test]
fn a_run_without_turns_and_choice_has_no_rows_of_them() {
    let mut script = Script::default();
    joins(&mut script);
    let summary = script.summary();
    for definition in metric::all().filter(|definition| {
        definition.id.starts_with("audio.dominant")
            || ["audio.forwarded_streams", "audio.spurt_clipped"].contains(&definition.id)
    }) {
        assert_eq!(summary.of_metric(definition.id).count(), 0, "{}", definition.id);
    }
}

#[test]
fn first_media_and_joins() {
    let summary = rich();
    expect(
        &summary,
        Stat::Mean,
        &FLOW,
        &[
            ("time_to_first_frame", 1, 250.0),
            ("time_to_first_frame.signalling", 1, 30.0),
            ("time_to_first_frame.ice", 1, 50.0),
            ("time_to_first_frame.dtls", 1, 80.0),
            ("time_to_first_frame.first_rtp", 1, 40.0),
            ("time_to_first_frame.first_key_frame", 1, 10.0),
            ("time_to_first_frame.decode", 1, 40.0),
        ],
    );
    expect(
        &summary,
        Stat::Mean,
        &SOUND,
        &[
            ("time_to_first_audio", 1, 220.0),
            ("time_to_first_audio.first_rtp", 1, 20.0),
            ("time_to_first_audio.playout", 1, 40.0),
        ],
    );
    expect(
        &summary,
        Stat::Mean,
        &["bob"],
        &[
            ("join.time", 1, 160.0),
            ("join.time.signalling", 1, 30.0),
            ("join.time.ice", 1, 50.0),
            ("join.time.dtls", 1, 80.0),
            ("sfu.forward_delay", 3, 1.0),
            ("sfu.socket_dropped", 3, 3.0),
        ],
    );
    expect(&summary, Stat::Mean, &["alice"], &[("sfu.socket_dropped", 0, 0.0)]);
    expect(
        &summary,
        Stat::Mean,
        &[],
        &[
            ("participants.connected", 2, 2.0),
            ("flows.subscribed.video", 1, 1.0),
            ("flows.rendering.video", 1, 1.0),
            ("flows.rendering.audio", 1, 1.0),
        ],
    );
}

#[test]
fn layers_and_key_frames() {
    let summary = rich();
    // Low from 1.0 to 1.5 s and from 2.5 to 3.4 s, high for the other 1.6 s of three.
    expect(
        &summary,
        Stat::Mean,
        &FLOW,
        &[
            ("layer_share.top", 15, 1.6 / 3.0),
            ("layer_share.none", 15, 0.0),
            ("layer_share.below_entitled", 15, 1.4 / 3.0),
            ("layer_switches", 15, 60.0),
            ("layer_switches.oscillation", 15, 1.0),
        ],
    );
    expect(&summary, Stat::Mean, &["bob", "alice", "cam", "s0t0"], &[("layer_share", 15, 1.4 / 3.0)]);
    expect(
        &summary,
        Stat::Mean,
        &["alice", "cam"],
        &[
            ("keyframe.requests", 3, 2.0),
            ("keyframe.wanted", 3, 3.0),
            ("keyframe.coalesced", 3, 1.0),
            ("keyframe.produced", 3, 1.0),
            ("keyframe.storm_index", 1, 2.0),
        ],
    );
    expect(&summary, Stat::Mean, &["alice", "cam", "s1"], &[("video.encoded_bitrate", 2, 32.0)]);
}

#[test]
fn sound() {
    let summary = rich();
    expect(
        &summary,
        Stat::Mean,
        &SOUND,
        &[
            ("audio.mouth_to_ear", 147, 60.0),
            ("audio.concealed_ratio", 147, 0.02),
            ("audio.longest_gap", 148, 60.0),
            ("audio.bitrate", 3, 1000.0),
        ],
    );
    expect(&summary, Stat::Mean, &["bob", "alice", "mic", "audio"], &[("jitter_buffer_delay", 147, 30.0)]);
}

#[test]
fn losses_and_repair_leave_the_warm_up_out() {
    let summary = rich();
    expect(
        &summary,
        Stat::Mean,
        &["bob", "alice", "cam", "video"],
        &[
            ("loss.before_repair", 1000, 0.03),
            ("loss.after_repair", 1000, 0.003),
            ("repair_cost.rtx_recovered", 30, 0.9),
            ("repair_cost.rtx_ratio", 1000, 0.1),
            ("repair_cost.rtx_useful", 1000, 27.0),
            ("repair_cost.rtx_late", 1000, 2.0),
            ("repair_cost.rtx_duplicate", 1000, 1.0),
            ("repair_cost.fec_ratio", 1000, 0.05),
            ("repair_cost.fec_packets", 1000, 20.0),
            ("repair_cost.fec_discarded", 1000, 15.0),
            ("repair_cost.fec_recovered", 1000, 5.0),
            ("repair_cost.nack_packets", 1000, 10.0),
            ("repair_cost.nack_sequences", 1000, 33.0),
            ("repair_cost.nack_repeats", 1000, 3.0),
            ("repair_cost.pli", 1000, 2.0),
        ],
    );
    expect(&summary, Stat::Mean, &FLOW, &[("loss.undecodable", 50, 0.02)]);
}

#[test]
fn links_and_estimates() {
    let summary = rich();
    let up = ["home-up@alice", "alice", "up"];
    // Two packets of 20 kbit in each bin of 200 ms on 1 Mbit/s; 30 packets, one of which waited for 50 ms.
    expect(
        &summary,
        Stat::Mean,
        &up,
        &[
            ("link.rate", 3, 200.0),
            ("link.utilisation", 15, 0.2),
            ("queue.delay_added", 30, (29.0 * 10.0 + 50.0) / 30.0),
            ("queue.standing", 3, 10.0),
            ("repair_cost.feedback_share", 30, 0.0),
        ],
    );
    expect(&summary, Stat::Max, &up, &[("queue.delay_added", 30, 50.0)]);
    expect(&summary, Stat::Mean, &up, &[("ecn.marked", 40, 1.0 / 30.0)]);
    expect(
        &summary,
        Stat::Mean,
        &["home-up@alice", "alice", "up", "queue"],
        &[("loss.network", 40, 0.25), ("loss.network.packets", 40, 10.0)],
    );
    expect(&summary, Stat::Mean, &["home-up@alice", "alice", "up", "random"], &[("loss.network", 40, 0.0)]);
    let down = ["home-down@bob", "bob", "down"];
    expect(
        &summary,
        Stat::Mean,
        &down,
        &[("repair_cost.feedback_share", 60, 0.1), ("queue.standing", 3, 0.0)],
    );
    expect(
        &summary,
        Stat::Mean,
        &["home-down@bob", "bob", "down", "rtcp"],
        &[("link.rate.class", 60, 8.0), ("link.utilisation.class", 60, 0.008)],
    );
    // Five bins of 1 Mbit/s, ten of 2 Mbit/s.
    expect(&summary, Stat::Mean, &["bob", "down"], &[("bwe.estimate", 15, 25_000.0 / 15.0)]);
    assert!(
        summary
            .row("link.rate", &["backbone", "shared", "down"])
            .is_some_and(|row| row.stat(Stat::Max) == 0.0)
    );
    assert!(summary.row("queue.standing", &["backbone", "shared", "down"]).is_none(), "absent is not zero");
}

#[test]
fn a_flow_that_stopped_no_longer_renders() {
    let mut script = Script::default();
    joins(&mut script);
    script.at(
        350,
        Observation::AudioPlayed { flow: AUDIO, captured: Time::ZERO, jitter_buffer: ms(1), length: ms(20) },
    );
    let summary = script.summary();
    expect(
        &summary,
        Stat::Mean,
        &[],
        &[("flows.rendering.audio", 1, 0.0), ("flows.rendering.video", 1, 0.0)],
    );
    let absent: Vec<_> = summary.absent.iter().map(|absent| absent.definition.id).collect();
    let expected =
        ["video.capture_to_render", "video.freeze_w3c.ratio", "time_to_first_frame", "audio.mouth_to_ear"];
    assert_eq!(absent, expected);
    assert_eq!(summary.absent[2].longer_than_ms, Some(3900.0));
}

#[test]
fn merging_runs_adds_their_samples() {
    let (one, other) = (rich(), rich());
    let both = Summary::merged([&one, &other], RunHeader { seeds: vec![1, 2], ..header() });
    assert_eq!(both.rows.len(), one.rows.len());
    for (merged, single) in both.rows.iter().zip(&one.rows) {
        assert_eq!((merged.definition, &merged.labels), (single.definition, &single.labels));
        assert_eq!(merged.samples, 2 * single.samples);
        for stat in Stat::ALL {
            assert_eq!(merged.stat(stat), single.stat(stat), "{} {stat}", single.definition.id);
        }
    }
}

#[test]
fn the_json_is_the_contract() {
    let summary = rich();
    let parsed: serde_json::Value = serde_json::from_str(&summary.json()).expect("valid JSON");
    assert_eq!((&parsed["schema"], &parsed["scenario"]), (&1.into(), &"demo".into()));
    assert_eq!((&parsed["seed"], &parsed["digest"]), (&7.into(), &"00ff".into()));
    let metrics = parsed["metrics"].as_array().expect("a list");
    assert_eq!(metrics.len(), summary.rows.len());
    let line = r#"{"id":"video.freeze_w3c.ratio","unit":"ratio","better":"lower","labels":{"receiver":"bob","publisher":"alice","source":"cam"},"n":51,"stats":{"mean":0.166667,"min":0.166667,"p50":0.166667,"p95":0.166667,"p99":0.166667,"max":0.166667}}"#;
    assert!(summary.json().lines().any(|found| found.trim_end_matches(',') == line));
    let merged = Summary { header: RunHeader { seeds: vec![1, 2], ..header() }, ..summary };
    let parsed: serde_json::Value = serde_json::from_str(&merged.json()).expect("valid JSON");
    assert_eq!(parsed["seeds"], serde_json::json!([1, 2]));
    assert!(parsed.get("seed").is_none());
    let aggregate =
        parsed["aggregates"].as_array().expect("a list").iter().find(|one| one["id"] == "join.time");
    assert_eq!(
        *aggregate.expect("is there"),
        serde_json::json!({
            "id": "join.time", "unit": "ms", "better": "lower", "stat": "max", "participants": 2,
            "worst": 160.0, "worst_participant": "bob", "p95": 160.0, "mean": 130.0,
        })
    );
}

#[test]
fn data_messages() {
    let summary = rich();
    let path = ["bob", "alice", "chat"];
    expect(
        &summary,
        Stat::Mean,
        &path,
        &[
            // 40, 60 and 500 ms.
            ("data.message.latency", 3, 200.0),
            ("data.message.delivered_ratio", 4, 0.75),
            // Three times 8 kbit from 1 s to 3 s.
            ("data.throughput", 3, 12.0),
        ],
    );
    expect(&summary, Stat::Max, &path, &[("data.message.latency", 3, 500.0)]);
    expect(&summary, Stat::Max, &["bob", "chat"], &[("data.message.dropped", 1, 2.0)]);
    expect(&summary, Stat::Max, &["alice", "chat"], &[("data.message.dropped", 1, 0.0)]);
}

#[test]
fn nobody_expects_pictures_that_were_chosen_a_moment_before_the_end() {
    for (millis, absent) in [(39_990, false), (39_001, false), (39_000, true), (5_000, true)] {
        let summary = long::withheld_until(Time::from_millis(millis));
        let ids: Vec<_> = summary.absent.iter().map(|absent| absent.definition.id).collect();
        assert_eq!(ids.contains(&"video.freeze_w3c.ratio"), absent, "{millis} ms: {ids:?}");
    }
}

#[test]
fn nobody_expects_what_was_sent_before_a_channel_was_open_or_after_its_owner_left() {
    let mut script = Script::default();
    let label = || "chat".to_owned();
    let (alice, bob) = (ParticipantIndex(0), ParticipantIndex(1));
    for millis in [1_000, 2_000, 3_000] {
        script.at(millis, Observation::DataSent { sender: alice, label: label(), to: None, bytes: 100 });
    }
    script.at(1_500, Observation::DataOpened { participant: bob, label: label() });
    script.at(2_500, Observation::Join { participant: bob, step: JoinStep::Left });
    let summary = script.summary();
    let row =
        summary.row("data.message.delivered_ratio", &["bob", "alice", "chat"]).expect("one was for Bob");
    assert_eq!((row.samples, row.stat(Stat::Mean)), (1, 0.0));
    let absent: Vec<_> = summary.absent.iter().map(|absent| absent.definition.id).collect();
    assert_eq!(absent, ["data.message.latency"]);
}
