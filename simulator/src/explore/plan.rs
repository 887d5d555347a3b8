//! A drawn scenario, and its file.

use std::fmt::{self, Write};

/// A span of the run, ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// From here …
    pub from: u32,
    /// … to here.
    pub until: u32,
}

/// A kind of line, both ways alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// kbit/s.
    pub rate: u32,
    /// One way, ms.
    pub delay: u32,
    /// Standard deviation of the delay, tenths of a millisecond.
    pub jitter: u32,
    /// Random loss, in 10,000.
    pub loss: u32,
    /// Depth of the queue, ms.
    pub queue: u32,
}

/// A camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Camera {
    /// As the format names it.
    pub codec: String,
    /// Simulcast encodings, or spatial layers, 1 to 3.
    pub spatial: u8,
    /// Temporal layers, 1 to 3.
    pub temporal: u8,
    /// Whether the spatial layers are those of one stream.
    pub svc: bool,
}

/// Somebody. The microphone is always there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Its name's number.
    pub number: u32,
    /// The line it sends on, by place.
    pub up: usize,
    /// The line it receives on, by place.
    pub down: usize,
    /// When it joins, ms.
    pub joins: u32,
    /// When it leaves, if it does, ms.
    pub leaves: Option<u32>,
    /// What it shows.
    pub camera: Option<Camera>,
}

/// What happens for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Somebody's microphone and camera are off.
    Mute(u32),
    /// A line of this rate, kbit/s.
    Rate(usize, u32),
    /// A line that loses so many in 10,000.
    Loss(usize, u32),
    /// Somebody looks at so few pictures.
    View(u32, u32),
    /// Somebody looks at somebody above all.
    Pin(u32, u32),
}

/// What happens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub span: Span,
    /// What.
    pub what: What,
}

/// A whole scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its name.
    pub name: String,
    /// The seed that it was drawn by, and runs by.
    pub seed: u64,
    /// How long it runs, ms.
    pub duration: u32,
    /// At its end every stream must have rendered within this time, ms; 0: not asked.
    pub liveness: u32,
    /// What controls congestion, everywhere.
    pub controller: String,
    /// How layers are chosen.
    pub allocation: &'static str,
    /// How many pictures a receiver gets.
    pub last_n: Option<u32>,
    /// Whether cameras stop what nobody watches.
    pub pause_unwatched: bool,
    /// The lines.
    pub lines: Vec<Line>,
    /// The people, at least one.
    pub people: Vec<Person>,
    /// What happens.
    pub events: Vec<Event>,
}

/// Sizes and rates of up to three layers.
const LAYERS: [&str; 3] = ["320x180@30 150kbps", "640x360@30 500kbps", "1280x720@30 1700kbps"];

impl Camera {
    fn toml(&self) -> String {
        let spatial = usize::from(self.spatial.clamp(1, 3));
        let layers: Vec<String> = LAYERS[..spatial].iter().map(|layer| format!("{layer:?}")).collect();
        let (codec, layers) = (&self.codec, layers.join(", "));
        let scalability = match (self.svc, codec.as_str()) {
            (true, _) => format!(", scalability = \"L{spatial}T{}\"", self.temporal),
            (false, "h264") => String::new(),
            (false, _) => format!(", temporal_layers = {}", self.temporal),
        };
        format!("{{ codec = \"{codec}\", layers = [{layers}]{scalability} }}")
    }
}

impl Line {
    fn toml(&self, place: usize) -> String {
        let Line { rate, delay, jitter, loss, queue } = *self;
        let mut text = format!("[link.line-{place}]\nrate = \"{rate}kbps\"\n");
        let _ = writeln!(text, "queue = {{ kind = \"droptail\", depth = \"{queue}ms\" }}");
        if loss > 0 {
            let _ = writeln!(text, "loss = {}", ratio(loss));
        }
        let jitter = if jitter > 0 {
            format!(", jitter = \"gauss\", std = \"{}us\"", jitter * 100)
        } else {
            String::new()
        };
        let _ = writeln!(text, "delay = {{ base = \"{delay}ms\"{jitter} }}\n");
        text
    }
}

/// A share in 10,000 as the format has it.
fn ratio(in_ten_thousand: u32) -> String {
    format!("\"{}.{:02}%\"", in_ten_thousand / 100, in_ten_thousand % 100)
}

impl Plan {
    /// As a scenario file.
    pub fn toml(&self) -> String {
        let Plan { name, seed, duration, liveness, controller, allocation, .. } = self;
        let mut text = format!("schema = 1\nname = \"{name}\"\nseed = {seed}\nduration = \"{duration}ms\"\n");
        if *liveness > 0 {
            let _ = writeln!(text, "liveness = \"{liveness}ms\"");
        }
        let _ = write!(
            text,
            "\n[sfu.main.config]\ncongestion_control = \"{controller}\"\nallocation = \"{allocation}\"\n"
        );
        if let Some(most) = self.last_n {
            let _ = writeln!(text, "last_n = {most}");
        }
        if self.pause_unwatched {
            text.push_str("pause_unwatched = true\n");
        }
        text.push('\n');
        self.lines.iter().enumerate().for_each(|(place, line)| text.push_str(&line.toml(place)));
        self.people.iter().for_each(|person| text.push_str(&self.person(person)));
        self.events.iter().for_each(|event| self.event(event, &mut text));
        text
    }

    fn person(&self, person: &Person) -> String {
        let Person { number, up, down, joins, leaves, camera } = person;
        let mut text = format!("[participant.p{number}]\nup = \"line-{up}\"\ndown = \"line-{down}\"\n");
        if *joins > 0 {
            let _ = writeln!(text, "join = \"{joins}ms\"");
        }
        if self.controller != "gcc" {
            let _ = writeln!(text, "congestion_control = \"{}\"", self.controller);
        }
        text.push_str("publish.mic = { codec = \"opus\" }\n");
        if let Some(camera) = camera {
            let _ = writeln!(text, "publish.cam = {}", camera.toml());
        }
        text.push('\n');
        if let Some(leaves) = leaves.filter(|at| *at < self.duration) {
            at(&mut text, leaves, &format!("leave = \"p{number}\""));
        }
        text
    }

    /// What lies beyond the end of a run that was cut short is left out.
    fn event(&self, event: &Event, text: &mut String) {
        let Span { from, until } = event.span;
        let (begins, ends) = match event.what {
            What::Mute(who) => (format!("mute = \"p{who}\""), format!("unmute = \"p{who}\"")),
            What::Rate(place, rate) => {
                let to = |rate: u32| format!("rate = {{ link = \"line-{place}\", to = \"{rate}kbps\" }}");
                (to(rate), to(self.lines[place].rate))
            }
            What::Loss(place, loss) => {
                let to = |loss: u32| format!("loss = {{ link = \"line-{place}\", to = {} }}", ratio(loss));
                (to(loss), to(self.lines[place].loss))
            }
            What::View(who, tiles) => {
                let view = |tiles: u32| {
                    format!("view = {{ participant = \"p{who}\", layout = \"grid\", tiles = {tiles} }}")
                };
                (view(tiles), view(9))
            }
            What::Pin(who, whom) => (
                format!("pin = {{ participant = \"p{who}\", whom = \"p{whom}\" }}"),
                format!("unpin = \"p{who}\""),
            ),
        };
        if from < self.duration {
            at(text, from, &begins);
        }
        if until < self.duration {
            at(text, until, &ends);
        }
    }
}

fn at(text: &mut String, time: u32, what: &str) {
    let _ = write!(text, "[[at]]\ntime = \"{time}ms\"\n{what}\n\n");
}

/// On one line with everything that was drawn, for the log of a search.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { duration, controller, allocation, last_n, pause_unwatched, .. } = self;
        write!(f, "{duration} ms, {controller}, {allocation}")?;
        last_n.map_or(Ok(()), |most| write!(f, ", last-n {most}"))?;
        f.write_str(if *pause_unwatched { ", pauses" } else { "" })?;
        for (place, line) in self.lines.iter().enumerate() {
            let Line { rate, delay, jitter, loss, queue } = line;
            write!(f, "; line-{place} {rate} kbps {delay} ms")?;
            write!(
                f,
                " ±{}.{} ms {}.{:02} % queue {queue} ms",
                jitter / 10,
                jitter % 10,
                loss / 100,
                loss % 100
            )?;
        }
        for Person { number, up, down, joins, leaves, camera } in &self.people {
            write!(f, "; p{number} {up}/{down} from {joins}")?;
            leaves.map_or(Ok(()), |at| write!(f, " to {at}"))?;
            if let Some(Camera { codec, spatial, temporal, svc }) = camera {
                write!(f, " {codec} {}{spatial}T{temporal}", if *svc { "L" } else { "S" })?;
            }
        }
        for Event { span: Span { from, until }, what } in &self.events {
            write!(f, "; {from} to {until} {what:?}")?;
        }
        Ok(())
    }
}
