//! What repair repairs and what it doesn't, and that layers follow the line, through the library.

#![allow(missing_docs, reason = "a test program has no readers of its documentation")]

use reports::metric::Stat;
use reports::summary::{RunHeader, Summary};
use scenarios::{Override, Scenario};
use simulator::world::{Settings, World};

/// One publisher and one viewer; the publisher's line loses packets.
const LOSSY: &str = r#"schema = 1
name = "lossy"
seed = 7
duration = "25s"
measure = { from = "5s" }

[link.lossy]
rate = "10Mbps"
loss = "3%"
delay = "20ms"

[link.clean]
rate = "20Mbps"
delay = "15ms"

[participant.alice]
up = "lossy"
down = "clean"

[participant.bob]
up = "clean"
down = "clean"
publish = "none"
"#;

/// Two publishers and two viewers, one on a line that has room for low layers only.
const NARROW: &str = r#"schema = 1
name = "narrow"
seed = 7
duration = "40s"
measure = { from = "20s" }

[link.clean]
rate = "20Mbps"
delay = "15ms"

[link.narrow]
rate = "600kbps"
queue = { kind = "droptail", depth = "300ms" }
delay = "25ms"

[participant.speaker]
count = 2
up = "clean"
down = "clean"

[participant.weak]
up = "clean"
down = "narrow"
publish = "none"

[participant.strong]
up = "clean"
down = "clean"
publish = "none"
"#;

fn run(text: &str, overrides: &[&str]) -> Summary {
    let overrides: Vec<Override> = overrides.iter().map(|text| Override::new(*text)).collect();
    let scenario: Scenario = scenarios::parse("test.toml", text, &overrides).expect("a valid scenario");
    let settings = Settings { seed: scenario.seed, null_crypto: true, ..Settings::default() };
    let outcome = World::new(&scenario, settings).and_then(|world| Ok(world.run(|_| ())?));
    let outcome = outcome.expect("nothing is written that could fail");
    assert_eq!(outcome.failures, [""; 0]);
    assert_eq!(outcome.recording.broken().count(), 0, "{:?}", outcome.recording.broken());
    Summary::of(&outcome.recording, RunHeader::default())
}

/// The mean of a metric's one row with these labels.
fn mean(summary: &Summary, id: &str, labels: &[&str]) -> f64 {
    let row = summary.row(id, labels);
    row.unwrap_or_else(|| panic!("no {id} of {labels:?}")).stat(Stat::Mean)
}

const CAM: [&str; 4] = ["bob", "alice", "cam", "video"];
const MIC: [&str; 4] = ["bob", "alice", "mic", "audio"];

#[test]
fn retransmissions_repair_video_and_leave_speech_alone() {
    let summary = run(LOSSY, &[]);
    let lost = mean(&summary, "loss.network", &["lossy@alice", "alice", "up", "random"]);
    assert!((0.025..0.035).contains(&lost), "the line lost {lost}");
    let missing = mean(&summary, "loss.after_repair", &CAM);
    assert!(missing < 0.001, "{missing} of the video is missing");
    // Of 1,000 packets 3 % within three standard deviations.
    let missing = mean(&summary, "loss.after_repair", &MIC);
    assert!((0.014..0.047).contains(&missing), "{missing} of the speech is missing");
    let frozen = mean(&summary, "video.freeze_w3c.ratio", &CAM[..3]);
    assert!(frozen < 0.01, "frozen {frozen} of the time");
}

#[test]
fn without_retransmissions_the_loss_stays() {
    let summary = run(LOSSY, &["sfu.main.config.rtx=false"]);
    let missing = mean(&summary, "loss.after_repair", &CAM);
    assert!((0.01..0.05).contains(&missing), "{missing} of the video is missing");
    let frozen = mean(&summary, "video.freeze_w3c.ratio", &CAM[..3]);
    assert!(frozen > 0.01, "frozen {frozen} of the time");
}

#[test]
fn a_line_without_loss_needs_no_repair() {
    let summary = run(LOSSY, &["link.lossy.loss=0%"]);
    for labels in [CAM, MIC] {
        assert_eq!(mean(&summary, "loss.before_repair", &labels), 0.0, "{labels:?}");
    }
    let asked: f64 = summary.of_metric("repair_cost.nack_packets").map(|row| row.stat(Stat::Max)).sum();
    assert_eq!(asked, 0.0, "nobody asks for what isn't lost");
}

#[test]
fn a_narrow_line_gets_low_layers_and_costs_nobody_else_anything() {
    let summary = run(NARROW, &[]);
    for speaker in ["speaker.1", "speaker.2"] {
        let of = |id, receiver| mean(&summary, id, &[receiver, speaker, "cam"]);
        assert!(of("layer_share.top", "weak") < 0.05, "{speaker}");
        assert!(of("layer_share.top", "strong") > 0.9, "{speaker}");
        assert!(of("video.freeze_w3c.ratio", "strong") < 0.01, "{speaker}");
    }
    let shown: f64 = summary
        .of_metric("layer_share.none")
        .filter(|row| row.label("receiver") == Some("weak"))
        .map(|row| 1.0 - row.stat(Stat::Mean))
        .sum();
    assert!(shown > 0.5, "the weak receiver sees somebody: {shown} pictures");
}
