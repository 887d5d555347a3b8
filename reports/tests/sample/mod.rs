//! A made-up run that looks like a real one: one participant's downlink breaks down for a while, another's uplink
//! loses packets, a third joins late.

use std::time::Duration;

use reports::html::ReportInput;
use reports::plot::Figure;
use reports::*;
use scenarios::Time;
use scenarios::model::{Bound, Stat};

const NAMES: [&str; 10] =
    ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy"];
const TICK: u64 = 40;
const CAM: SourceIndex = SourceIndex(0);
const MIC: SourceIndex = SourceIndex(1);

/// A finished run with what is known of it.
pub(crate) struct Sample {
    pub(crate) recording: Recording,
    pub(crate) summary: Summary,
    pub(crate) verdict: Verdict,
    pub(crate) manifest: Manifest,
}

impl Sample {
    /// `people` participants for `secs` seconds.
    pub(crate) fn new(people: u16, secs: u64) -> Self {
        Self::with_names(people, secs, |n| match NAMES.get(usize::from(n)) {
            Some(name) => (*name).to_owned(),
            None => format!("guest.{n}"),
        })
    }

    /// The same with other names.
    pub(crate) fn with_names(people: u16, secs: u64, name: impl Fn(u16) -> String) -> Self {
        let recording = Story::new(people, secs, name).told();
        let header = RunHeader {
            scenario: "ten-party".to_owned(),
            seeds: vec![7],
            digest: "9f3c51d2a7e80b64".to_owned(),
        };
        let summary = Summary::of(&recording, header);
        let bound = |value: f64| Bound { value, unit: None };
        let expect = |metric: &str, stat, min: Option<f64>, max: Option<f64>| Expectation {
            metric: metric.to_owned(),
            selection: Vec::new(),
            stat,
            min: min.map(bound),
            max: max.map(bound),
            samples_min: 1,
        };
        let expectations = [
            expect("video.capture_to_render", Stat::P95, Some(20.0), Some(400.0)),
            expect("video.freeze_w3c.ratio", Stat::Mean, None, Some(0.01)),
            expect("audio.mouth_to_ear", Stat::P95, None, Some(400.0)),
        ];
        let applied = [AppliedCheck {
            link: "*".to_owned(),
            dropped_min: Some(1),
            rate_changes_min: Some(1),
            ..AppliedCheck::default()
        }];
        let verdict =
            Verdict::of(&recording, &summary, &expectations, &applied).expect("checks that can be judged");
        let choice = |question: &str, answer: &str| files::Choice {
            question: question.to_owned(),
            answer: answer.to_owned(),
        };
        let manifest = Manifest {
            tool_version: "0.1.0".to_owned(),
            name: "ten-party".to_owned(),
            seed: 7,
            digest: "9f3c51d2a7e80b64".to_owned(),
            crypto: "real".to_owned(),
            choices: vec![
                choice("Which kilo?", "SI: 1 Mbit/s is 1,000,000 bit/s."),
                choice("What is the size of a packet?", "UDP payload plus 28 bytes of IPv4 and UDP headers."),
                choice(
                    "Depth of a queue in ms at which rate?",
                    "At the link's capacity at the moment of enqueueing.",
                ),
            ],
            scenario: serde_json::json!({"name": "ten-party", "duration": "60s", "participants": people}),
        };
        Sample { recording, summary, verdict, manifest }
    }

    /// What the page is made from.
    pub(crate) fn input<'a>(&'a self, figures: &'a [Figure]) -> ReportInput<'a> {
        ReportInput {
            recording: &self.recording,
            summary: &self.summary,
            verdict: &self.verdict,
            manifest: &self.manifest,
            figures,
            about: "Ten people at home and in offices, grid view, 60 s. One of them has a line that breaks down.",
            scenario_text: "name = \"ten-party\"\nduration = \"60s\"\n\n[link.home-up]\nrate = \"5Mbit/s\"\ndelay = \"20ms\"\n",
            replay: "plenum run ten-party --seed 7",
        }
    }
}

struct Story {
    recorder: Recorder,
    people: u16,
    end: u64,
    state: u64,
    counters: Vec<FlowCounters>,
    layers: Vec<Option<Layer>>,
}

fn who(n: u16) -> ParticipantIndex {
    ParticipantIndex(n)
}

fn cast(people: u16, name: &impl Fn(u16) -> String) -> Cast {
    let layer = |width, height, bps| LayerInfo { width, height, fps: 25, bps };
    let cam = SourceInfo {
        name: "cam".to_owned(),
        layers: vec![layer(320, 180, 150_000), layer(640, 360, 500_000), layer(1280, 720, 1_500_000)],
        stacked: false,
        kind: MediaKind::Video,
    };
    let mic =
        SourceInfo { name: "mic".to_owned(), layers: Vec::new(), stacked: false, kind: MediaKind::Audio };
    let participants =
        (0..people).map(|n| CastMember { name: name(n), sources: vec![cam.clone(), mic.clone()] }).collect();
    let links = (0..people)
        .flat_map(|n| [(n, Direction::Up), (n, Direction::Down)])
        .map(|(n, direction)| LinkInfo {
            name: format!("home-{}@{}", direction.name(), name(n)),
            definition: format!("home-{}", direction.name()),
            owner: Some(who(n)),
            direction,
            leads_to_sfu: true,
        })
        .collect();
    Cast { participants, links, ..Cast::default() }
}

impl Story {
    fn new(people: u16, secs: u64, name: impl Fn(u16) -> String) -> Self {
        let end = secs * 1000;
        let measure = Measure::new(Time::from_millis(end / 12), Time::from_millis(end));
        Story {
            recorder: Recorder::new(cast(people, &name), measure),
            people,
            end,
            state: 0x9e37_79b9_7f4a_7c15,
            counters: vec![FlowCounters::default(); usize::from(people) * usize::from(people)],
            layers: vec![None; usize::from(people) * usize::from(people)],
        }
    }

    /// A number from 0 to 1 (xorshift64).
    fn chance(&mut self) -> f64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn see(&mut self, millis: u64, observation: Observation) {
        self.recorder.observe(Time::from_millis(millis), observation);
    }

    /// The weak participant's downlink is broken: from a third to six tenths of the run.
    fn broken(&self, receiver: u16, millis: u64) -> bool {
        receiver == 4 && millis > self.end / 3 && millis < self.end * 6 / 10
    }

    fn joined(&self, n: u16) -> u64 {
        if n == 9 { self.end / 4 } else { 200 + 60 * u64::from(n % 10) }
    }

    fn told(mut self) -> Recording {
        for link in 0..self.people * 2 {
            let bps = match (link / 2, link % 2) {
                (4, 1) => 12_000_000,
                (_, 0) => 5_000_000,
                _ => 50_000_000,
            };
            self.see(0, Observation::LinkCapacity { link: LinkIndex(link), bps: Some(bps) });
        }
        for millis in (TICK..=self.end).step_by(TICK as usize) {
            for receiver in 0..self.people {
                self.joins(receiver, millis);
            }
            self.capacity(millis);
            for receiver in 0..self.people {
                if self.joined(receiver) < millis {
                    self.receives(receiver, millis);
                    self.links(receiver, millis);
                }
            }
        }
        self.recorder.finish()
    }

    fn joins(&mut self, n: u16, millis: u64) {
        let at = self.joined(n);
        if millis < at || millis - TICK >= at {
            return;
        }
        for step in [JoinStep::Intent, JoinStep::Signalled, JoinStep::Ice, JoinStep::Dtls] {
            self.see(millis, Observation::Join { participant: who(n), step });
        }
        let others = 0..self.people;
        let there: Vec<u16> = others.filter(|other| *other != n && self.joined(*other) <= millis).collect();
        for other in there {
            for (receiver, publisher) in [(n, other), (other, n)] {
                for source in [CAM, MIC] {
                    let flow = Flow { receiver: who(receiver), publisher: who(publisher), source };
                    self.see(millis, Observation::Subscribed(flow));
                }
            }
        }
    }

    fn capacity(&mut self, millis: u64) {
        for (share, bps) in [(self.end / 3, 600_000), (self.end * 6 / 10, 12_000_000)] {
            if self.people > 4 && (share..share + TICK).contains(&millis) {
                self.see(millis, Observation::LinkCapacity { link: LinkIndex(9), bps: Some(bps) });
            }
        }
    }

    fn receives(&mut self, receiver: u16, millis: u64) {
        for publisher in 0..self.people {
            if publisher == receiver || self.joined(publisher) + 300 >= millis {
                continue;
            }
            let flow = Flow { receiver: who(receiver), publisher: who(publisher), source: CAM };
            self.layer(flow, millis);
            self.frame(flow, millis);
            self.sound(Flow { source: MIC, ..flow }, millis);
            if millis.is_multiple_of(200) {
                self.count(flow, millis);
            }
        }
    }

    fn layer(&mut self, flow: Flow, millis: u64) {
        let place = usize::from(flow.receiver.0) * usize::from(self.people) + usize::from(flow.publisher.0);
        let now = self.layers[place];
        let layer = |spatial, temporal| Some(Layer { spatial, temporal });
        let start = self.end * 6 / 10;
        let (wanted, reason) = if self.broken(flow.receiver.0, millis) {
            if flow.publisher.0 % 4 == 3 {
                (None, "the estimate has no room for its lowest layer")
            } else {
                (layer(0, u8::from(flow.publisher.0.is_multiple_of(2))), "estimate below the next layer")
            }
        } else if flow.receiver.0 == 4
            && millis >= start
            && millis < start + u64::from(flow.publisher.0) * 900
        {
            (layer(1, 2), "estimate allows the next layer")
        } else if self.joined(flow.publisher.0) + 1500 > millis
            || self.joined(flow.receiver.0) + 1500 > millis
        {
            (layer(0, 2), "first key frame")
        } else {
            (layer(2, 2), "all that is offered")
        };
        if wanted == now {
            return;
        }
        self.layers[place] = wanted;
        self.see(
            millis,
            Observation::LayerChosen {
                flow,
                layer: wanted,
                reason: reason.to_owned(),
                estimate_bps: 500_000,
                entitled: layer(2, 2),
                explanation: String::new(),
            },
        );
        self.see(millis, Observation::LayerForwarded { flow, layer: wanted });
    }

    fn frame(&mut self, flow: Flow, millis: u64) {
        let receiver = flow.receiver.0;
        let place = usize::from(receiver) * usize::from(self.people) + usize::from(flow.publisher.0);
        let Some(layer) = self.layers[place] else { return };
        let third = self.end / 3;
        // A standstill when the line breaks down, and a short one on a lossy uplink now and then.
        let stuck =
            receiver == 4 && (third..third + 1400 + 150 * u64::from(flow.publisher.0)).contains(&millis);
        let lossy = flow.publisher.0 == 7 && millis % 9_000 < 400;
        if stuck || lossy || (layer.temporal < 2 && millis.is_multiple_of(80)) {
            return;
        }
        let jitter = self.chance();
        let ms = |value: f64| Duration::from_micros((value * 1000.0) as u64);
        let bad = f64::from(u8::from(self.broken(receiver, millis)));
        let repaired = flow.publisher.0 == 7 && self.chance() < 0.05;
        let parts = LatencyParts {
            encode: ms(6.0 + jitter),
            pacer: ms(2.0 + 6.0 * self.chance()),
            up_repair: ms(if repaired { 60.0 } else { 0.0 }),
            up_queue: ms(3.0 * self.chance()),
            up_serialise: ms(1.9),
            up_propagate: ms(12.0 + f64::from(flow.publisher.0)),
            sfu: ms(0.4),
            down_repair: ms(if bad > 0.0 && jitter > 0.9 { 90.0 } else { 0.0 }),
            down_queue: ms(1.0 + bad * 160.0 * self.chance()),
            down_serialise: ms(0.2 + bad * 9.0),
            down_propagate: ms(12.0 + f64::from(receiver)),
            jitter_buffer: ms(18.0 + 30.0 * jitter * (1.0 + bad)),
            decode: ms(4.0),
        };
        let at = Time::from_millis(millis);
        let size = [(320, 180), (640, 360), (1280, 720)][usize::from(layer.spatial)];
        let captured = at.saturating_sub(parts.total());
        self.recorder.observe(at, Observation::FrameRendered { flow, layer, size, captured, parts });
    }

    fn sound(&mut self, flow: Flow, millis: u64) {
        let bad = self.broken(flow.receiver.0, millis);
        let length = Duration::from_millis(TICK);
        if self.chance() < if bad { 0.06 } else { 0.0005 } {
            return self.see(millis, Observation::AudioConcealed { flow, length });
        }
        let delay = 70.0
            + 4.0 * f64::from(flow.receiver.0 % 10)
            + 30.0 * self.chance()
            + if bad { 190.0 } else { 0.0 };
        let captured =
            Time::from_millis(millis).saturating_sub(Duration::from_micros((delay * 1000.0) as u64));
        let jitter_buffer = Duration::from_millis(25);
        self.see(millis, Observation::AudioPlayed { flow, captured, jitter_buffer, length });
    }

    fn count(&mut self, flow: Flow, millis: u64) {
        let bad = self.broken(flow.receiver.0, millis);
        let lossy = flow.publisher.0 == 7;
        let draws = [self.chance(), self.chance()];
        let place = usize::from(flow.receiver.0) * usize::from(self.people) + usize::from(flow.publisher.0);
        let counters = &mut self.counters[place];
        counters.expected += 25;
        counters.lost_before_repair += u64::from(bad || lossy && draws[0] < 0.6);
        counters.lost_after_repair += u64::from(bad && draws[1] < 0.2);
        counters.media_bytes += 25_000;
        let counters = *counters;
        self.see(millis, Observation::Counters { flow, counters });
    }

    fn links(&mut self, n: u16, millis: u64) {
        let bad = self.broken(n, millis);
        let others = u32::from(self.people) - 1;
        let wobble = 0.8 + 0.4 * self.chance();
        let down = match bad {
            true => 2_300.0,
            false => (f64::from(others) * 1_000_000.0 * 0.04 / 8.0) * wobble,
        };
        let up = 1_900_000.0 * 0.04 / 8.0 * wobble;
        for (side, bytes) in [(0, up), (1, down)] {
            let link = LinkIndex(n * 2 + side);
            let wait = match (bad && side == 1, side) {
                (true, _) => 120.0 + 80.0 * self.chance(),
                (_, 0) => 4.0 * self.chance(),
                _ => 0.5 * self.chance(),
            };
            let queued = Duration::from_micros((wait * 1000.0) as u64);
            let repair = if n == 7 && side == 0 || bad { 0.06 } else { 0.004 };
            for (class, share) in [
                (TrafficClass::Audio, 0.03),
                (TrafficClass::Video, 0.93 - repair),
                (TrafficClass::Retransmission, repair),
                (TrafficClass::Padding, if self.chance() < 0.05 { 0.2 } else { 0.0 }),
                (TrafficClass::Rtcp, 0.02),
                (TrafficClass::Connectivity, 0.001),
            ] {
                let bytes = (bytes * share) as u32;
                if bytes > 0 {
                    self.see(millis, Observation::LinkSent { link, class, bytes, queued });
                }
            }
            if bad && side == 1 && self.chance() < 0.5 {
                self.see(millis, Observation::LinkDropped { link, cause: LossCause::Queue, bytes: 1200 });
            }
            if n == 7 && side == 0 && self.chance() < 0.3 {
                self.see(millis, Observation::LinkDropped { link, cause: LossCause::Random, bytes: 1200 });
            }
        }
        if millis.is_multiple_of(200) {
            let bps =
                if bad { 480_000.0 + 60_000.0 * self.chance() } else { f64::from(others) * 1_150_000.0 };
            self.see(millis, Observation::Estimate { of: EstimateOf::Downlink(who(n)), bps: bps as u64 });
            self.see(millis, Observation::Estimate { of: EstimateOf::Uplink(who(n)), bps: 2_600_000 });
        }
    }
}
