//! Every metric of the table with a value computed by hand, and shown to move.

use super::script::rich;
use super::{long, worse};
use crate::metric::{self, Stat};
use crate::summary::Summary;

/// The run that a value is of; each has one to compare with, in which everything is a little different.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    Rich,
    Long,
    Join,
}

/// Which way a metric moves from the run to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moves {
    Up,
    Down,
}

use Moves::{Down, Up};
use Run::{Join, Long, Rich};

/// Run, metric, labels, statistic, value, and where it goes.
struct Row(Run, &'static str, &'static [&'static str], Stat, f64, Moves);

const FLOW: &[&str] = &["bob", "alice", "cam"];
const SOUND: &[&str] = &["bob", "alice", "mic"];
/// 60 ms of delay, 2 % of loss.
const R: f64 = 93.2 - 0.024 * 60.0 - 95.0 * 2.0 / (2.0 / (3.0 * 0.98) + 25.1);

#[rustfmt::skip]
const LEDGER: &[Row] = &[
    // 50 frames of 40 ms and one of 80 ms; each part gets 1 ms longer.

    Row(Rich, "video.capture_to_render", FLOW, Stat::Mean, (50.0 * 40.0 + 80.0) / 51.0, Up),
    Row(Rich, "video.capture_to_render.encode", FLOW, Stat::Mean, 10.0, Up),
    Row(Rich, "video.capture_to_render.pacer", FLOW, Stat::Mean, 0.0, Up),
    Row(Rich, "video.capture_to_render.up_repair", FLOW, Stat::Mean, 0.0, Up),
    Row(Rich, "video.capture_to_render.up_queue", FLOW, Stat::Mean, 4.0, Up),
    Row(Rich, "video.capture_to_render.up_serialise", FLOW, Stat::Mean, 0.0, Up),
    Row(Rich, "video.capture_to_render.up_propagate", FLOW, Stat::Mean, 0.0, Up),
    Row(Rich, "video.capture_to_render.sfu", FLOW, Stat::Mean, 1.0, Up),
    Row(Rich, "video.capture_to_render.down_repair", FLOW, Stat::Mean, 0.0, Up),
    Row(Rich, "video.capture_to_render.down_queue", FLOW, Stat::Mean, 0.0, Up),
    Row(Rich, "video.capture_to_render.down_serialise", FLOW, Stat::Mean, 0.0, Up),
    Row(Rich, "video.capture_to_render.down_propagate", FLOW, Stat::Mean, 0.0, Up),
    Row(Rich, "video.capture_to_render.jitter_buffer", FLOW, Stat::Mean, (50.0 * 20.0 + 60.0) / 51.0, Up),
    Row(Rich, "video.capture_to_render.decode", FLOW, Stat::Mean, 5.0, Up),
    // One freeze of 500 ms in three seconds.

    Row(Rich, "video.freeze_w3c.ratio", FLOW, Stat::Mean, 0.5 / 3.0, Up),
    Row(Rich, "video.freeze_w3c.count", FLOW, Stat::Mean, 1.0, Up),
    Row(Rich, "video.freeze_w3c.at_switch", FLOW, Stat::Mean, 0.0, Up),
    Row(Rich, "video.freeze_w3c.total", FLOW, Stat::Mean, 500.0, Up),
    // None, then one of 6 s.

    Row(Long, "video.pause.count", FLOW, Stat::Mean, 0.0, Up),
    Row(Long, "video.pause.total", FLOW, Stat::Mean, 0.0, Up),
    // 20, 11 and 20 frames in the three seconds; the sum of d is 3 s, of d squared 50 * 0.0025 + 0.25 = 0.375.

    Row(Rich, "video.fps", FLOW, Stat::Mean, 17.0, Down),
    Row(Rich, "video.fps_harmonic", FLOW, Stat::Mean, 8.0, Down),
    // Sound 60 ms after its capture, pictures 40 ms; where sound ends with the moment of a picture there is none.

    Row(Rich, "av_skew.ahead", FLOW, Stat::Mean, 0.0, Up),
    Row(Rich, "av_skew.behind", FLOW, Stat::Mean, 20.0, Up),
    Row(Rich, "av_skew.detectable", FLOW, Stat::Mean, 0.0, Up),
    Row(Rich, "av_skew.unacceptable", FLOW, Stat::Mean, 0.0, Up),
    // From Bob's intent at 100 ms: 130, 180, 260, 300, 310, 350.

    Row(Rich, "time_to_first_frame", FLOW, Stat::Mean, 250.0, Up),
    Row(Rich, "time_to_first_frame.signalling", FLOW, Stat::Mean, 30.0, Up),
    Row(Rich, "time_to_first_frame.ice", FLOW, Stat::Mean, 50.0, Up),
    Row(Rich, "time_to_first_frame.dtls", FLOW, Stat::Mean, 80.0, Up),
    Row(Rich, "time_to_first_frame.first_rtp", FLOW, Stat::Mean, 40.0, Up),
    Row(Rich, "time_to_first_frame.first_key_frame", FLOW, Stat::Mean, 10.0, Up),
    Row(Rich, "time_to_first_frame.decode", FLOW, Stat::Mean, 40.0, Down),
    // Low from 1.0 to 1.5 s and from 2.5 to 3.4 s, high for the other 1.6 s of three.

    Row(Rich, "layer_share", &["bob", "alice", "cam", "s0t0"], Stat::Mean, 1.4 / 3.0, Up),

    Row(Rich, "layer_share.top", FLOW, Stat::Mean, 1.6 / 3.0, Down),
    Row(Rich, "layer_share.none", FLOW, Stat::Mean, 0.0, Up),
    Row(Rich, "layer_share.below_entitled", FLOW, Stat::Mean, 1.4 / 3.0, Up),
    Row(Rich, "layer_switches", FLOW, Stat::Mean, 3.0 * 20.0, Up),
    Row(Rich, "layer_switches.oscillation", FLOW, Stat::Mean, 1.0, Up),
    Row(Rich, "video.quality", FLOW, Stat::Mean, 17.0 * 640.0 * 360.0, Down),
    Row(Rich, "video.quality.ratio", FLOW, Stat::Mean, 17.0 / 20.0, Down),
    Row(Rich, "video.bitrate", FLOW, Stat::Mean, 375.0 * 8.0 / 3.0, Up),
    // 12,000 bytes in three seconds.

    Row(Rich, "video.encoded_bitrate", &["alice", "cam", "s1"], Stat::Mean, 32.0, Up),
    // Asked at 1490 ms; the frame of 1550 ms is the first that was captured after it.

    Row(Rich, "keyframe_wait", FLOW, Stat::Mean, 60.0, Up),

    Row(Rich, "keyframe.requests", &["alice", "cam"], Stat::Mean, 2.0, Up),
    Row(Rich, "keyframe.wanted", &["alice", "cam"], Stat::Mean, 3.0, Up),
    Row(Rich, "keyframe.coalesced", &["alice", "cam"], Stat::Mean, 1.0, Up),
    Row(Rich, "keyframe.produced", &["alice", "cam"], Stat::Mean, 1.0, Up),
    Row(Rich, "keyframe.storm_index", &["alice", "cam"], Stat::Mean, 2.0, Up),

    Row(Rich, "keyframe.requests_per_answer", &[], Stat::Mean, 2.0, Up),
    // 147 pieces of 20 ms played, three concealed in one run.

    Row(Rich, "audio.mouth_to_ear", SOUND, Stat::Mean, 60.0, Up),
    Row(Rich, "time_to_first_audio", SOUND, Stat::Mean, 220.0, Up),
    Row(Rich, "time_to_first_audio.signalling", SOUND, Stat::Mean, 30.0, Up),
    Row(Rich, "time_to_first_audio.ice", SOUND, Stat::Mean, 50.0, Up),
    Row(Rich, "time_to_first_audio.dtls", SOUND, Stat::Mean, 80.0, Up),
    Row(Rich, "time_to_first_audio.first_rtp", SOUND, Stat::Mean, 20.0, Up),
    Row(Rich, "time_to_first_audio.playout", SOUND, Stat::Mean, 40.0, Down),
    Row(Rich, "audio.bitrate", SOUND, Stat::Mean, 1000.0, Up),
    Row(Rich, "audio.concealed_ratio", SOUND, Stat::Mean, 3.0 / 150.0, Up),
    Row(Rich, "audio.recovered_ratio.red", SOUND, Stat::Mean, 0.0, Up),
    Row(Rich, "audio.recovered_ratio.fec", SOUND, Stat::Mean, 0.0, Up),
    Row(Rich, "audio.silent_ratio", SOUND, Stat::Mean, 0.0, Up),
    // 2 % in a run of three, where random loss has runs of 1 / 0.98.

    Row(Rich, "audio.e_model.r", SOUND, Stat::Mean, R, Down),
    Row(Rich, "audio.e_model.mos", SOUND, Stat::Mean, 1.0 + 0.035 * R + 7e-6 * R * (R - 60.0) * (100.0 - R), Down),
    Row(Rich, "audio.longest_gap", SOUND, Stat::Mean, 60.0, Up),

    Row(Rich, "jitter_buffer_delay", &["bob", "alice", "mic", "audio"], Stat::Mean, 30.0, Up),
    // Of 1000: 30 before repair, 3 after; 375 kB of media.

    Row(Rich, "loss.before_repair", &["bob", "alice", "cam", "video"], Stat::Mean, 0.03, Up),
    Row(Rich, "loss.after_repair", &["bob", "alice", "cam", "video"], Stat::Mean, 0.003, Up),

    Row(Rich, "loss.undecodable", FLOW, Stat::Mean, 1.0 / 50.0, Up),

    Row(Rich, "repair_cost.nack_packets", &["bob", "alice", "cam", "video"], Stat::Mean, 10.0, Up),
    Row(Rich, "repair_cost.nack_sequences", &["bob", "alice", "cam", "video"], Stat::Mean, 33.0, Up),
    Row(Rich, "repair_cost.nack_repeats", &["bob", "alice", "cam", "video"], Stat::Mean, 3.0, Up),
    Row(Rich, "repair_cost.pli", &["bob", "alice", "cam", "video"], Stat::Mean, 2.0, Up),
    Row(Rich, "repair_cost.rtx_ratio", &["bob", "alice", "cam", "video"], Stat::Mean, 37.5 / 375.0, Up),
    Row(Rich, "repair_cost.rtx_useful", &["bob", "alice", "cam", "video"], Stat::Mean, 27.0, Up),
    Row(Rich, "repair_cost.rtx_wasted", &["bob", "alice", "cam", "video"], Stat::Mean, 3.0 / 30.0, Up),
    Row(Rich, "repair_cost.rtx_late", &["bob", "alice", "cam", "video"], Stat::Mean, 2.0, Up),
    Row(Rich, "repair_cost.rtx_duplicate", &["bob", "alice", "cam", "video"], Stat::Mean, 1.0, Up),
    Row(Rich, "repair_cost.fec_ratio", &["bob", "alice", "cam", "video"], Stat::Mean, 18.75 / 375.0, Up),
    Row(Rich, "repair_cost.fec_packets", &["bob", "alice", "cam", "video"], Stat::Mean, 20.0, Up),
    Row(Rich, "repair_cost.fec_discarded", &["bob", "alice", "cam", "video"], Stat::Mean, 15.0, Up),
    Row(Rich, "repair_cost.fec_recovered", &["bob", "alice", "cam", "video"], Stat::Mean, 5.0, Up),
    Row(Rich, "repair_cost.rtx_recovered", &["bob", "alice", "cam", "video"], Stat::Mean, 27.0 / 30.0, Down),
    // Of 20 that were asked for.

    Row(Rich, "repair_cost.cache_hit", &[], Stat::Mean, 18.0 / 20.0, Down),

    Row(Rich, "repair_cost.feedback_share", &["home-down@bob", "bob", "down"], Stat::Mean, 0.1, Up),
    // Who speaks: see the script.

    Row(Rich, "audio.dominant_speaker.changes", &[], Stat::Mean, 3.0, Up),
    Row(Rich, "audio.dominant_speaker.wrong", &[], Stat::Mean, 1.0, Up),
    Row(Rich, "speaker.false_switches", &[], Stat::Mean, 20.0, Up),
    Row(Rich, "audio.dominant_speaker.missed", &[], Stat::Mean, 0.5, Down),
    Row(Rich, "audio.dominant_speaker.true_share", &[], Stat::Mean, 1.4 / 2.8, Up),
    Row(Rich, "audio.forwarded_streams", &[], Stat::Mean, 2.5 / 3.0, Down),

    Row(Rich, "audio.dominant_speaker.delay", &["bob"], Stat::Mean, 600.0, Up),

    Row(Rich, "speaker.switch_delay", &["alice"], Stat::Mean, 620.0, Up),

    Row(Rich, "audio.spurt_clipped", &["alice", "mic"], Stat::Max, 0.0, Up),
    // Two packets of 2500 bytes in each bin of 200 ms on 1 Mbit/s; one of the 30 waited for 50 ms, and has a mark.

    Row(Rich, "link.rate", &["home-up@alice", "alice", "up"], Stat::Mean, 200.0, Up),
    Row(Rich, "link.utilisation", &["home-up@alice", "alice", "up"], Stat::Mean, 0.2, Up),
    Row(Rich, "link.headers", &["home-up@alice", "alice", "up"], Stat::Mean, 28.0 / 2500.0, Down),
    Row(Rich, "queue.delay_added", &["home-up@alice", "alice", "up"], Stat::Mean, (29.0 * 10.0 + 50.0) / 30.0, Up),
    Row(Rich, "queue.standing", &["home-up@alice", "alice", "up"], Stat::Mean, 10.0, Up),
    Row(Rich, "ecn.marked", &["home-up@alice", "alice", "up"], Stat::Mean, 1.0 / 30.0, Up),

    Row(Rich, "link.rate.class", &["home-down@bob", "bob", "down", "rtcp"], Stat::Mean, 8.0, Up),
    Row(Rich, "link.utilisation.class", &["home-down@bob", "bob", "down", "rtcp"], Stat::Mean, 0.008, Up),

    Row(Rich, "loss.network", &["home-up@alice", "alice", "up", "queue"], Stat::Mean, 10.0 / 40.0, Up),
    Row(Rich, "loss.network.packets", &["home-up@alice", "alice", "up", "queue"], Stat::Mean, 10.0, Up),
    // On 1 Mbit/s five bins of 1 Mbit/s and ten of 2 Mbit/s.

    Row(Rich, "bwe.estimate", &["bob", "down"], Stat::Mean, 25_000.0 / 15.0, Up),
    Row(Rich, "bwe.error", &["bob", "down"], Stat::Mean, 10.0 / 15.0, Up),
    Row(Rich, "bwe.error.above", &["bob", "down"], Stat::Mean, 10.0 / 15.0, Up),
    Row(Rich, "bwe.error.excess", &["bob", "down"], Stat::Mean, 2.0 * 1_000_000.0 / 8.0, Up),

    Row(Rich, "bwe.error.overshoot", &["bob", "down"], Stat::Max, 1.0, Up),
    // Back at 34 s. At first 5 s to the full rate of 500 kbit/s; the second that begins at 4.8 s has 440.

    Row(Long, "recovery_time", &["bob", "down", "home-down@bob: 1000 kbit/s to 250 kbit/s"], Stat::Mean, 4_000.0, Up),

    Row(Long, "convergence_time", &["bob", "down"], Stat::Max, 4_800.0, Up),
    // One turn in 50 s.

    Row(Long, "oscillation", &["bob", "down"], Stat::Mean, 60.0 / 50.0, Up),
    // 128 of 250 kbit/s for Bob in five seconds and 212 in twenty, all that she is entitled to for Alice.

    Row(Long, "fairness.jain", &["backbone", "20s"], Stat::Min, 1.848 * 1.848 / (2.0 * (1.0 + 0.848 * 0.848)), Down),

    Row(Long, "fairness.pairwise", &["backbone", "5s"], Stat::Min, 128.0 / 250.0, Down),
    // From 1 Mbit/s to 400 kbit/s, then to 100.

    Row(Join, "join_disturbance", &["carol"], Stat::Max, 0.6, Up),

    Row(Rich, "sfu.forward_delay", &["bob"], Stat::Mean, 1.0, Up),
    Row(Rich, "sfu.socket_dropped", &["bob"], Stat::Mean, 3.0, Up),

    Row(Rich, "participants.connected", &[], Stat::Mean, 2.0, Down),

    Row(Rich, "join.time", &["bob"], Stat::Mean, 160.0, Up),
    Row(Rich, "join.time.signalling", &["bob"], Stat::Mean, 30.0, Up),
    Row(Rich, "join.time.ice", &["bob"], Stat::Mean, 50.0, Up),
    Row(Rich, "join.time.dtls", &["bob"], Stat::Mean, 80.0, Up),

    Row(Rich, "flows.subscribed.video", &[], Stat::Mean, 1.0, Up),
    Row(Rich, "flows.subscribed.audio", &[], Stat::Mean, 1.0, Up),
    Row(Rich, "flows.rendering.video", &[], Stat::Mean, 1.0, Up),
    Row(Rich, "flows.rendering.audio", &[], Stat::Mean, 1.0, Up),
    // 40, 60 and 500 ms; three times 8 kbit from 1 s to 3 s.

    Row(Rich, "data.message.latency", &["bob", "alice", "chat"], Stat::Mean, 200.0, Up),
    Row(Rich, "data.message.delivered_ratio", &["bob", "alice", "chat"], Stat::Mean, 0.75, Down),
    Row(Rich, "data.throughput", &["bob", "alice", "chat"], Stat::Mean, 12.0, Down),

    Row(Rich, "data.message.dropped", &["bob", "chat"], Stat::Mean, 2.0, Up),
];

fn find(summary: &Summary, id: &str, labels: &[&str], stat: Stat) -> f64 {
    summary.row(id, labels).unwrap_or_else(|| panic!("{id} of {labels:?} is not there")).stat(stat)
}

#[test]
fn every_metric_has_a_value_computed_by_hand_and_moves() {
    let runs = [
        (Rich, rich(), worse::worse()),
        (Long, long::good(), long::bad()),
        (Join, long::join(400), long::join(100)),
    ];
    let mut faults = Vec::new();
    for Row(run, id, labels, stat, value, moves) in LEDGER {
        let (_, base, other) = runs.iter().find(|(known, ..)| known == run).expect("every run is there");
        let (found, moved) = (find(base, id, labels, *stat), find(other, id, labels, *stat));
        if (found - value).abs() > 1e-6 * value.abs().max(1.0) {
            faults.push(format!("{id}: {found} is not {value}"));
        }
        if !matches!((moves, moved > found, moved < found), (Up, true, _) | (Down, _, true)) {
            faults.push(format!("{id} goes from {found} to {moved}, not {moves:?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_metric_is_missing_here() {
    let listed: Vec<&str> = LEDGER.iter().map(|row| row.1).collect();
    for definition in metric::all() {
        assert!(listed.contains(&definition.id), "{} has no value computed by hand", definition.id);
    }
    for id in &listed {
        assert!(metric::find(id).is_some(), "{id} is not in the table of metrics");
        assert_eq!(listed.iter().filter(|other| other == &id).count(), 1, "{id} is here twice");
    }
}

#[test]
fn what_never_settles_or_recovers_is_censored() {
    let waited = |summary: &Summary, id: &str, who: &str| {
        let mut absent = summary.absent.iter().filter(|absent| absent.definition.id == id);
        absent.find(|absent| absent.labels[0].1 == who).and_then(|absent| absent.longer_than_ms)
    };
    let (good, lasting) = (long::good(), long::lasting());
    // Alice's encoder puts out nothing of what Bob wants.
    assert_eq!(waited(&good, "convergence_time", "alice"), Some(60_000.0));
    assert_eq!(waited(&good, "recovery_time", "bob"), None);
    assert_eq!(waited(&lasting, "recovery_time", "bob"), Some(30_000.0));
    assert_eq!(waited(&lasting, "convergence_time", "bob"), Some(30_000.0));
    assert_eq!(lasting.of_metric("recovery_time").count(), 0);
    // It is watched until the line changes again, which takes nothing from him.
    let widened = long::widened();
    assert_eq!(waited(&widened, "recovery_time", "bob"), Some(15_000.0));
    let times: Vec<f64> = widened.of_metric("recovery_time").map(|row| row.stat(Stat::Max)).collect();
    assert_eq!(times, [0.0]);
}
