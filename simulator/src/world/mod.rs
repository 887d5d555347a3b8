//! One run: people, lines and the real SFU in one event loop.

mod addresses;
mod build;
mod build_data;
mod build_lines;
mod build_sfu;
mod calls;
mod cast;
mod cpu;
mod cross;
mod media;
mod people;
mod route;
mod sample;
mod script;
mod server;
mod tags;
mod teardown;
mod watched;
mod wire;

use std::net::SocketAddr;

use reports::observation::Observation;
use reports::recording::{Recorder, Recording};
use sfu::debug_state::Personal;
use sfu::{Sfu, Time};
use smallvec::SmallVec;

use crate::calibration::tape::{Given, Tape};
use crate::digest::Digest;
use crate::event_queue::{EventQueue, NodeId, TimerId};
use crate::invariant::{Breach, Watch};
use crate::network::{BufferPool, Datagram, Link};
use crate::participant::client::{Client, UplinkLogs};
use crate::participant::sender::MediaTag;
use crate::virtual_time::report_time;
use addresses::AddressBook;
use calls::Held;
use cpu::Cpu;
use cross::CrossFlow;
use route::Crossed;
use scenarios::Planned;
use server::Server;
use tags::Tags;

pub use build::{BuildError, Settings};
pub(crate) use build_sfu::build_sfu;
pub use cpu::WorkerUse;

/// The SFU's UDP address: what its one candidate says.
pub const SFU_ADDRESS: SocketAddr =
    SocketAddr::V4(std::net::SocketAddrV4::new(std::net::Ipv4Addr::new(10, 255, 0, 1), 3478));
/// Where the SFU takes the conference protocol.
pub const SIGNALLING_ADDRESS: SocketAddr =
    SocketAddr::V4(std::net::SocketAddrV4::new(std::net::Ipv4Addr::new(10, 255, 0, 1), 443));

/// What happens next, and to whom.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// Something comes out of a link.
    Link(u16),
    /// A participant's time-out.
    Person(u16),
    /// The time-out of the server's end of a participant's signalling channel.
    Channel(u16),
    /// The SFU's time-out.
    Sfu,
    /// The SFU's processor is done with a packet.
    Processor,
    /// A participant joins.
    Join(u16),
    /// A participant leaves.
    Leave(u16),
    /// An entry of the scenario's timeline.
    Script(u16),
    /// A participant's turn to speak begins or ends.
    Turn(u16, bool),
    /// A link's rate changes by its schedule: told to the report.
    Capacity(u16),
    /// The time-out of a flow of cross traffic.
    Flow(u16),
    /// The end of a bin: counters are told.
    Sample,
}

/// A participant with its lines and its timer.
struct Person {
    client: Client,
    /// Its lines, in the order in which packets pass them; never empty.
    up: SmallVec<[u16; 4]>,
    down: SmallVec<[u16; 4]>,
    /// With whom it talks without the SFU, if it does.
    peer: Option<u16>,
    timer: TimerId,
    leaves: Option<Time>,
}

/// A link with its timer.
struct Line {
    link: Link,
    timer: TimerId,
}

/// Everything of one run.
pub struct World {
    queue: EventQueue<Event>,
    now: Time,
    end: Time,
    bin: std::time::Duration,
    people: Vec<Person>,
    lines: Vec<Line>,
    line_names: Vec<String>,
    /// What packets met on lines before the one that they are on.
    crossed: Crossed,
    flows: Vec<CrossFlow>,
    timeline: Vec<Planned>,
    sfu: Sfu,
    /// Whether the SFU forwards the loudest only: then what becomes of each packet of sound is recorded.
    chooses_speakers: bool,
    sfu_timer: TimerId,
    server: Server,
    /// What ends of calls have said to who has not come yet.
    held: Held,
    cpu: Option<Cpu>,
    cpu_timer: TimerId,
    /// Whether the processor is at work: it says itself when it goes on.
    at_work: bool,
    by_address: AddressBook,
    pool: BufferPool,
    logs: UplinkLogs,
    tags: Tags,
    digest: Digest,
    recorder: Recorder,
    /// Reused between events.
    outgoing: Vec<(Datagram, Option<MediaTag>)>,
    observations: Vec<Observation>,
    capture: Option<crate::capture::Capture>,
    /// What the SFU is given, if it is kept.
    tape: Option<Tape>,
    /// Whether the SFU's state is told at the end.
    tells_state: bool,
    events: u64,
    watch: Watch,
    /// The run is over, and the people leave: nothing is recorded any more.
    over: bool,
    failures: Vec<String>,
}

/// What came of a run.
pub struct Outcome {
    /// What was recorded.
    pub recording: Recording,
    /// The digest over everything that happened.
    pub digest: String,
    /// Events of the event loop.
    pub events: u64,
    /// What became of each of the SFU's workers; none without a declared cost.
    pub workers: Vec<WorkerUse>,
    /// What went wrong with a participant or with the SFU, as only a fault of ours explains it.
    pub failures: Vec<String>,
    /// What the SFU was given, if it was kept.
    pub tape: Option<Tape>,
    /// The state of the SFU at the end, as JSON, if it was asked for.
    pub sfu_state: Option<serde_json::Value>,
    /// Invariants that were broken, the first event of each, in order. They are among the failures too.
    pub breaches: Vec<Breach>,
}

impl World {
    /// Keeps what the SFU is given.
    pub fn with_tape(mut self) -> World {
        self.tape = Some(Tape { end: self.end, ..Tape::default() });
        self
    }

    fn keep(&mut self, given: impl FnOnce() -> Given) {
        if let Some(tape) = &mut self.tape {
            tape.inputs.push((self.now, given()));
        }
    }

    /// Runs to the end. `progress` is called now and then with the virtual time.
    ///
    /// # Errors
    /// When the digest's trace or the packet capture could not be written.
    pub fn run(mut self, mut progress: impl FnMut(Time)) -> std::io::Result<Outcome> {
        let mut next_progress = Time::ZERO;
        while let Some((now, event)) = self.queue.pop_until(self.end) {
            self.now = now;
            self.events += 1;
            if now >= next_progress {
                progress(now);
                next_progress = now + std::time::Duration::from_millis(250);
            }
            self.handle(event);
        }
        self.now = self.end;
        self.finish()
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Link(index) => self.link_due(index),
            Event::Person(index) => self.with_person(index, |client, now, around| {
                client.handle_timeout(now, around);
            }),
            Event::Channel(index) => self.channel_due(index),
            Event::Sfu => self.sfu_due(),
            Event::Processor => self.processor_due(),
            Event::Join(index) => self.join(index),
            Event::Leave(index) => self.with_person(index, |client, now, around| client.leave(now, around)),
            Event::Script(index) => self.script_due(index),
            Event::Turn(index, begins) => self.turn_due(index, begins),
            Event::Capacity(index) => self.tell_capacity(index),
            Event::Flow(index) => self.flow_due(index),
            Event::Sample => self.sample(),
        }
    }

    /// Records an observation made now, and takes it into the digest.
    fn observe(&mut self, observation: &Observation) {
        if self.over {
            return;
        }
        let moment = self.moment();
        self.watch.observed(moment, observation);
        // What is heard follows from the message that brought it, which the digest has.
        if !matches!(observation, Observation::SpeakerHeard { .. }) {
            wire::digest_observation(&mut self.digest, self.now, observation);
        }
        self.recorder.see(report_time(self.now), observation);
    }

    fn finish(mut self) -> std::io::Result<Outcome> {
        self.sample_counters();
        let mut failures = std::mem::take(&mut self.failures);
        for person in &self.people {
            failures.extend(person.client.failure().map(|why| format!("{}: {why}", person.client.name())));
            failures.extend(person.client.complaints());
        }
        if let Some(capture) = self.capture.take() {
            capture.finish()?;
        }
        let digest = std::mem::take(&mut self.digest).finish()?;
        // Nobody real has these names and addresses.
        let workers = self.cpu.as_ref().map(Cpu::used).unwrap_or_default();
        let sfu_state = self.tells_state.then(|| self.sfu.debug_state(self.end, Personal::Shown));
        let (events, tape) = (self.events, self.tape.take());
        self.watch.ends(self.moment());
        self.part();
        let breaches: Vec<Breach> = self.watch.breaches().cloned().collect();
        failures.extend(breaches.iter().map(ToString::to_string));
        let recording = self.recorder.finish();
        Ok(Outcome { recording, digest, events, workers, failures, tape, sfu_state, breaches })
    }

    /// The node number of a participant in the event order; the SFU is 0.
    fn node(index: u16) -> NodeId {
        NodeId(index + 1)
    }
}
