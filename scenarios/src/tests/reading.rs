//! What a good file gives, and that it survives being written out.

use std::time::Duration;

use super::{read, with_head};
use crate::model::{Action, Depth, Jitter, Loss, Publication, Queue, SizedAt, TcpWindow, TrafficKind};
use crate::{Rate, Scenario, Size, parse, shipped};

/// Every key that is supported, in its long form.
const FULL: &str = r#"
doc = "Everything."
schema = 1
name = "full"
seed = 18446744073709551615
duration = "90s"
measure = { from = "10s", bin = "500ms" }

[link.home-up]
rate = [["40s", "600kbps"], ["0s", "2500kbps"], ["60s", "2500kbps"]]
queue = { kind = "droptail", depth = "300ms", sized_at = "first-rate" }
loss = { kind = "bernoulli", rate = "0.5%" }
delay = { base = "25ms", jitter = "gauss", std = "5ms", cut = 2.5, reorder = true }

[link.home-down]
rate = "50Mbps"
queue = { kind = "droptail", depth = "64kB" }
loss = 0.001
delay = { base = "25ms", jitter = "uniform", std = "5ms" }
shared = true

[link.sized]
rate = "1Mbps"
queue = { depth = "100ms", sized_at = "2Mbps" }

[link.endless]
queue = { kind = "infinite" }

[link.bursty]
queue = { kind = "fq-codel", target = "10ms", interval = "200ms", limit = "500kB", ecn = true }
loss = { kind = "gilbert-elliott", mean = "1%", burst = 3 }
policer = { rate = "2Mbps", burst = "64kB" }
duplicate = "0.1%"
corrupt = "0.2%"
reorder = { rate = "1%", by = "20ms" }

[link.listed]
queue = { kind = "pie", ecn = true }
loss = { kind = "list", packets = [17, 3] }

[link.traced]
trace = { file = "traces/lte.down", format = "mahimahi" }

[link.low-latency]
queue = { kind = "dual-pi2" }

[sfu.main]
config = { rtx = false, nack = true, max_bitrate = "20Mbps", congestion_control = "scream", feedback = "rfc8888" }
cpu = { cores = 4, per_packet_in = "2us", per_packet_out = "1us" }

[participant.alice]
up = "home-up"
down = "home-down"
leave = "80s"
publish.mic = { codec = "opus", rate = "24kbps", speech = "constant" }
publish.cam = { codec = "vp8", model = "rfc8593-statistical", layers = ["320x180@15 150kbps", "640x360@30 500kbps"], temporal_layers = 3, min_rate = "100kbps" }
view = { layout = "stage", tiles = 4, max_height = 360 }
rtx = false
nack = false

[participant.guest]
count = 3
join = { uniform = ["0s", "5s"] }
up = "sized"
down = "endless"

[participant.viewer]
join = { at = "3s" }
publish = "none"
view = { layout = "none" }

[[traffic]]
kind = "tcp"
cc = "reno"
on = "home-up"
from = "20s"
to = "35s"
segment = "1000B"
back = "5ms"
files = { size = ["100kB", "1MB"], idle = "10s", start = "off" }

[[traffic]]
kind = "tcp"
on = "home-up@alice"

[[traffic]]
kind = "cbr"
on = "sized"
rate = [["10s", "500kbps"], ["20s", "1Mbps"]]

[[traffic]]
kind = "on-off"
on = "sized@guest.2"
count = 2
rate = "500kbps"
busy = "1s"
idle = "2s"
packet = "200B"

[[traffic]]
kind = "random-walk"
on = "home-down"
rate = "500kbps"
step = "100kbps"
every = "1s"
bounds = ["100kbps", "1Mbps"]

[[at]]
time = "70s"
unmute = "alice"

[[at]]
time = "20s"
mute = { participant = "alice", source = "cam" }

[[at]]
time = "30s"
rate = { link = "home-up@alice", to = "1Mbps" }

[[at]]
time = "31s"
loss = { link = "home-up", to = "2%" }

[[at]]
time = "75s"
leave = "guest.3"

[[expect]]
metric = "video.freeze_w3c.ratio"
where = { receiver = "guest.*", publisher = "alice", source = "cam", direction = "up", layer = "*", part = "x", cause = "y", class = "data", label = "chat", sender = "alice", link = "sized@guest.1", participant = "alice" }
stat = "p95"
min = 0
max = "2%"
samples_min = 9

[[applied]]
link = "home-*"
dropped_min = 1
dropped_max = 1000
lost_min = 2
lost_max = 2000
queued_min = "50ms"
utilisation_min = "60%"
cross_min = "1MB"

[sweep]
seeds = 20
grid."link.home-up.queue.depth" = ["70ms", "300ms"]
grid."participant.*.rtx" = [true, false]
"#;

#[test]
fn ten_people_in_one_room_are_a_short_file() {
    let text =
        "schema = 1\nname = \"room\"\nseed = 7\nduration = \"60s\"\n[participant.person]\ncount = 10\n";
    let scenario = read(text, &[]).expect("valid");
    let cast = scenario.expand(&mut |_| 0.0);
    assert_eq!(cast.members.len(), 10);
    let publish = &cast.members[0].publish;
    let Publication::Opus(mic) = &publish["mic"] else { panic!("mic is audio") };
    let Publication::Video(cam) = &publish["cam"] else { panic!("cam is video") };
    assert_eq!(mic.rate, Rate::from_kbps(32));
    let layers: Vec<String> = cam.layers.iter().map(ToString::to_string).collect();
    assert_eq!(layers, ["320x180@15 150kbps", "640x360@30 500kbps", "1280x720@30 1700kbps"]);
    assert_eq!(scenario.sfu().0, "main");
    assert!(scenario.sfu().1.rtx && cast.members[0].rtx);
}

#[test]
fn reads_links() {
    let scenario = read(FULL, &[]).expect("valid");
    let up = &scenario.links["home-up"];
    let at = |secs| up.rate.at(Duration::from_secs(secs));
    let (high, low) = (Some(Rate::from_kbps(2_500)), Some(Rate::from_kbps(600)));
    assert_eq!([at(0), at(39), at(40), at(59), at(60)], [high, high, low, low, high], "ordered by time");
    let span = Duration::from_millis(300);
    assert_eq!(up.queue, Queue::DropTail(Depth::Time { span, sized_at: SizedAt::FirstRate }));
    assert_eq!(up.delay.jitter, Jitter::Gauss { std: Duration::from_millis(5), cut: 2.5 });
    assert!(up.delay.reorder);
    let Some(Loss::Bernoulli { rate }) = &up.loss else { panic!("has loss") };
    assert_eq!(rate.get(), 0.005);
    let down = &scenario.links["home-down"];
    assert_eq!(down.queue, Queue::DropTail(Depth::Bytes(Size::from_bytes(64_000))));
    assert!(down.shared && !up.shared);
    assert_eq!(scenario.links["endless"].rate.at(Duration::ZERO), None);
}

#[test]
fn traffic_is_a_flow_on_every_line_that_it_names() {
    let cast = read(FULL, &[]).expect("valid").expand(&mut |_| 0.5);
    let flows: Vec<(&str, &str)> =
        cast.traffic.iter().map(|flow| (flow.name.as_str(), cast.links[flow.line.0].name.as_str())).collect();
    let expected = [
        ("traffic.1/home-up@alice", "home-up@alice"),
        ("traffic.2/home-up@alice", "home-up@alice"),
        ("traffic.3/sized@guest.1", "sized@guest.1"),
        ("traffic.3/sized@guest.2", "sized@guest.2"),
        ("traffic.3/sized@guest.3", "sized@guest.3"),
        ("traffic.4/sized@guest.2/1", "sized@guest.2"),
        ("traffic.4/sized@guest.2/2", "sized@guest.2"),
        ("traffic.5/home-down", "home-down"),
    ];
    assert_eq!(flows, expected);
    let TrafficKind::Tcp { cc, segment, back, files } = &cast.traffic[1].definition.kind else {
        panic!("the second is TCP");
    };
    assert_eq!((*cc, *segment, *back, *files), (TcpWindow::Cubic, Size::from_bytes(1_448), None, None));
}

#[test]
fn reads_events_in_order_of_time() {
    let scenario = read(FULL, &[]).expect("valid");
    let times: Vec<u64> = scenario.events.iter().map(|event| event.time.as_secs()).collect();
    assert_eq!(times, [20, 30, 31, 70, 75]);
    assert!(
        matches!(&scenario.events[0].action, Action::Mute { source: Some(source), .. } if source.as_str() == "cam")
    );
}

#[test]
fn bounds_with_units_become_numbers_of_the_metric() {
    for (text, value) in
        [("\"1.5s\"", 1_500.0), ("\"2Mbps\"", 2_000.0), ("\"2%\"", 0.02), ("\"1kB\"", 1_000.0), ("7", 7.0)]
    {
        let file = with_head(&format!("[[expect]]\nmetric = \"m\"\nstat = \"max\"\nmax = {text}\n"));
        let scenario = read(&file, &[]).expect("valid");
        assert_eq!(scenario.expect[0].max.map(|bound| bound.value), Some(value), "{text}");
    }
}

/// The effective scenario has the shape of the format: written as TOML it reads back as itself.
fn survives(scenario: &Scenario) {
    let mut small = scenario.clone();
    // TOML integers end at 2^63 − 1; JSON, which the manifest uses, has them all.
    small.seed = 7;
    let text = toml::to_string(&small).expect("the shape of the format is TOML");
    let again = parse("again.toml", &text, &[]).map_err(|faults| faults.to_string());
    let again = again.unwrap_or_else(|faults| panic!("{text}\n{faults}"));
    assert_eq!(again.to_json(), small.to_json());
}

#[test]
fn the_effective_scenario_reads_back() {
    survives(&read(FULL, &[]).expect("valid"));
    for shipped in shipped::list() {
        survives(&parse(shipped.path, shipped.text, &[]).expect("valid"));
    }
}

#[test]
fn json_is_canonical_and_deterministic() {
    let json = read(FULL, &[]).expect("valid").to_json();
    assert_eq!(json, read(FULL, &[]).expect("valid").to_json());
    for (pointer, value) in [
        ("/seed", "18446744073709551615"),
        ("/duration", "\"90s\""),
        ("/link/home-up/rate/1", "[\"40s\",\"600kbps\"]"),
        ("/link/home-up/queue/sized_at", "\"first-rate\""),
        ("/link/home-up/loss/rate", "\"0.5%\""),
        ("/link/home-down/rate", "\"50Mbps\""),
        ("/sfu/main/cpu/per_packet_in", "\"2us\""),
        ("/participant/guest/join/uniform", "[\"0s\",\"5s\"]"),
        ("/participant/alice/publish/cam/layers/0", "\"320x180@15 150kbps\""),
        ("/participant/viewer/join", "\"3s\""),
        ("/at/1/rate", "{\"link\":\"home-up@alice\",\"to\":\"1Mbps\"}"),
        ("/expect/0/max", "0.02"),
        ("/applied/0/queued_min", "\"50ms\""),
        ("/sweep/grid/participant.*.rtx", "[true,false]"),
    ] {
        assert_eq!(json.pointer(pointer).map(ToString::to_string).as_deref(), Some(value), "{pointer}");
    }
}

#[test]
fn data_channels_say_what_they_cannot_be() {
    let rows = [
        ("{ every = \"5s\", at = \"1s\" }", "both messages and a transfer"),
        ("{ every = \"1us\" }", "too often"),
        ("{ every = \"5s\", size = \"31B\" }", "a size out of range"),
        ("{ every = \"5s\", size = \"300kB\" }", "a size out of range"),
        ("{ at = \"5s\", size = \"300kB\", piece = \"300kB\" }", "a size out of range"),
        ("{ every = \"5s\", max_retransmits = 1, lifetime = \"1s\" }", "two limits on repeats"),
        ("{ size = \"5\" }", "unit"),
        ("{ evry = \"5s\" }", "unknown key"),
    ];
    let read = |data: &str| {
        let head = "schema = 1\nname = \"x\"\ndoc = \"x\"\nseed = 1\nduration = \"10s\"\n";
        parse("x.toml", &format!("{head}[participant.a]\ndata.chat = {data}\n"), &[])
    };
    for (data, expected) in rows {
        let faults = read(data).expect_err(data).to_string();
        assert!(faults.contains(expected), "{data}: {faults}");
    }
    let good = read("{ at = \"5s\", size = \"2MB\", to = \"b\", ordered = false, lifetime = \"1s\" }")
        .expect("good");
    let channel = &good.participants["a"].data["chat"];
    assert_eq!((channel.size.as_bytes(), channel.piece.as_bytes()), (2_000_000, 16_000));
    assert!(!channel.ordered && channel.to.as_deref() == Some("b"));
}
