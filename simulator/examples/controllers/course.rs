//! One run of one controller on one course, and what came of it.

use reports::metric::Stat;
use reports::observation::{Direction, LinkIndex, ParticipantIndex, TrafficClass};
use reports::recording::Recording;
use reports::summary::{RunHeader, Summary};
use reports::views;
use scenarios::{Override, shipped};
use simulator::world::{Settings, World};

/// The controllers, by the names that scenarios have for them.
pub(crate) const CONTROLLERS: [&str; 5] = ["gcc", "webrtc-rs", "scream", "nada", "fixed"];
/// The publisher whose uplink it is, and the line.
const PUBLISHER: &str = "alice";
const LINK: &str = "dipping-up@alice";
/// When the line rises to 2.5 Mbps, when it falls to 0.6, and when it rises again, s.
const RISE: f64 = 40.0;
const FALL: f64 = 60.0;
const END: f64 = 80.0;
/// The rise is followed when the estimate is at 80 % of the line.
const FOLLOWED_KBPS: f64 = 2_000.0;
/// The fall is followed when the queue stays below this, ms, for so long, s.
const SETTLED_MILLIS: f64 = 100.0;
const SETTLED_FOR: f64 = 2.0;

/// What it runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// A single flow of video (RFC 8867, section 5.1).
    SingleFlow,
    /// The shipped scenario: a voice and three encodings of video, on the same line.
    UplinkDip,
}

/// The numbers of a run; means over several.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Row {
    /// Carried over what the line could have carried, 0 to 1.
    pub(crate) utilisation: f64,
    /// Of that, sound and pictures sent for the first time.
    pub(crate) media: f64,
    /// Queueing delay that 95 % of the packets keep below, ms.
    pub(crate) queue_p95: f64,
    /// Packets lost, 0 to 1.
    pub(crate) loss: f64,
    /// From the rise until the estimate is at 80 % of the line, s; the whole phase if it doesn't get there.
    pub(crate) rise: f64,
    /// From the fall until the queue is short and stays so for two seconds, s; as above.
    pub(crate) fall: f64,
    /// Capture to render that 95 % of the frames keep below, ms.
    pub(crate) render_p95: f64,
}

/// A run with its courses over time.
pub(crate) struct Run {
    /// Its numbers.
    pub(crate) row: Row,
    /// kbit/s by bin.
    pub(crate) capacity: Vec<Option<f64>>,
    /// kbit/s by bin.
    pub(crate) estimate: Vec<Option<f64>>,
    /// ms by bin.
    pub(crate) queue: Vec<Option<f64>>,
    /// s.
    pub(crate) bin_secs: f64,
}

impl Course {
    /// Both.
    pub(crate) const ALL: [Course; 2] = [Course::SingleFlow, Course::UplinkDip];

    /// What it is called.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Course::SingleFlow => "RFC 8867 5.1",
            Course::UplinkDip => "uplink-dip",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Course::SingleFlow => include_str!("single-flow.toml"),
            Course::UplinkDip => shipped::find("uplink-dip").expect("it ships").text,
        }
    }

    /// Runs it. Keys are null: they cost time and change nothing.
    pub(crate) fn run(self, controller: &str, seed: u64) -> Run {
        let choice = Override::new(format!("participant.{PUBLISHER}.congestion_control={controller}"));
        let scenario =
            scenarios::parse(self.title(), self.text(), &[choice]).unwrap_or_else(|e| panic!("{e}"));
        let settings = Settings { seed, null_crypto: true, trace: None, pcap: None, sfu_state: false };
        let world = World::new(&scenario, settings).unwrap_or_else(|e| panic!("{e}"));
        let outcome = world.run(|_| {}).expect("no file is written");
        assert_eq!(outcome.failures, [] as [String; 0], "{controller} on {}, seed {seed}", self.title());
        let header = RunHeader { scenario: scenario.name, seeds: vec![seed], digest: outcome.digest };
        Run::of(&outcome.recording, &Summary::of(&outcome.recording, header))
    }
}

impl Run {
    fn of(recording: &Recording, summary: &Summary) -> Self {
        let cast = recording.cast();
        let (link, _) =
            recording.links().find(|(index, _)| cast.link(*index).name == LINK).expect("it is there");
        let (who, _) =
            recording.participants().find(|(index, _)| cast.name(*index) == PUBLISHER).expect("she is there");
        let mut run = Run::courses(recording, link, who);
        let stat = |metric: &str, stat: Stat| {
            let row = summary.of_metric(metric).find(|row| row.label("link").is_none_or(|link| link == LINK));
            row.map_or(0.0, |row| row.stat(stat))
        };
        let record = recording.links().find(|(index, _)| *index == link).map(|(_, record)| record);
        let counts = record.expect("it was found").whole;
        run.row.utilisation = stat("link.utilisation", Stat::Mean);
        run.row.queue_p95 = stat("queue.delay_added", Stat::P95);
        run.row.render_p95 = stat("video.capture_to_render", Stat::P95);
        run.row.loss = 1.0 - counts.sent as f64 / counts.offered().max(1) as f64;
        run
    }

    fn courses(recording: &Recording, link: LinkIndex, who: ParticipantIndex) -> Self {
        let series = views::link(recording, link);
        let bin_secs = recording.measure().bin.as_secs_f64();
        let estimate = views::estimate_kbps(recording, who, Direction::Up);
        let bins = |from: f64, until: f64| (from / bin_secs) as usize..(until / bin_secs) as usize;
        let after =
            |from: f64, bin: Option<usize>| bin.map_or(END - FALL, |bin| (bin + 1) as f64 * bin_secs - from);
        let followed = bins(RISE, FALL).find(|bin| estimate[*bin].is_some_and(|kbps| kbps >= FOLLOWED_KBPS));
        let is_short = |bin: usize| series.queue_ms[bin].is_none_or(|millis| millis < SETTLED_MILLIS);
        let settled = bins(FALL, END - SETTLED_FOR)
            .find(|bin| (*bin..*bin + (SETTLED_FOR / bin_secs) as usize).all(is_short));
        let is_media = |class: TrafficClass| matches!(class, TrafficClass::Audio | TrafficClass::Video);
        let media = series.class_kbps.iter().filter(|(class, _)| is_media(*class));
        let media: f64 = media.flat_map(|(_, kbps)| kbps).sum();
        let carried: f64 = series.capacity_kbps.iter().flatten().sum();
        let row = Row {
            rise: after(RISE, followed),
            fall: after(FALL, settled),
            media: media / carried.max(1.0),
            ..Row::default()
        };
        Run { row, capacity: series.capacity_kbps, estimate, queue: series.queue_ms, bin_secs }
    }
}

impl Row {
    /// The mean of several.
    pub(crate) fn mean(rows: &[Row]) -> Self {
        let of = |part: fn(&Row) -> f64| rows.iter().map(part).sum::<f64>() / rows.len().max(1) as f64;
        Row {
            utilisation: of(|row| row.utilisation),
            media: of(|row| row.media),
            queue_p95: of(|row| row.queue_p95),
            loss: of(|row| row.loss),
            rise: of(|row| row.rise),
            fall: of(|row| row.fall),
            render_p95: of(|row| row.render_p95),
        }
    }
}
