//! From a scenario to a world.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use reports::recording::{Measure, Recorder};
use scenarios::model::{Opus, Publication, Speech, Turn, View};
use scenarios::{Member, PlannedAction, Scenario};
use sfu::congestion::Options;
use sfu::transport::certificate::Certificate;
use sfu::transport::dtls::Role;
use sfu::{DataRate, DataSize, Time};
use thiserror::Error;

use super::addresses::AddressBook;
use super::build_data::build_data;
use super::build_lines::link_config;
use super::build_sfu::{build_sfu, controller, ecn, feedback};
use super::calls::Held;
use super::cast::report_cast;
use super::cpu::Cpu;
use super::cross::build_flows;
use super::media;
use super::route::Crossed;
use super::server::Server;
use super::tags::Tags;
use super::{Event, Line, Person, SIGNALLING_ADDRESS, World};
use crate::capture::Capture;
use crate::crypto::SeededProvider;
use crate::digest::Digest;
use crate::event_queue::{EventClass, EventQueue, NodeId};
use crate::invariant::Watch;
use crate::network::{BufferPool, IP_UDP_OVERHEAD, Link, LinkStreams, TraceError, ipv4};
use crate::participant::client::{Client, ClientIdentity, UplinkLogs, view};
use crate::participant::media::speech::SpeechKind;
use crate::participant::sender::{MediaSender, MicrophoneSettings, SenderConfig, SourceConfig};
use crate::participant::transport::{ClientTransport, CryptoMode, IceCredentials, TransportConfig};
use crate::random::{Seed, Stream};
use crate::virtual_time::report_time;

/// The most buffers that are kept for reuse: more than are ever in flight in a large conference.
const POOL: usize = 1 << 16;

/// What AEAD_AES_128_GCM adds to a packet (RFC 7714 section 14.2), which both sides prefer, bytes.
const SRTP_TAG: u64 = 16;

/// How to run.
#[derive(Default)]
pub struct Settings {
    /// The seed; the scenario's own unless it is given.
    pub seed: u64,
    /// Packets of the same sizes without a cipher.
    pub null_crypto: bool,
    /// Where each event is written as a line, if anywhere.
    pub trace: Option<Box<dyn Write>>,
    /// Where the SFU's datagrams are written as pcap, if anywhere; and those of calls, halfway.
    pub pcap: Option<Box<dyn Write>>,
    /// Whether the SFU's state is told at the end.
    pub sfu_state: bool,
}

/// Why there is no world for a scenario.
#[derive(Debug, Error)]
pub enum BuildError {
    /// More people, sources or lines than there are numbers for.
    #[error("{what}: {got} is more than {limit}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there are.
        got: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A data channel is for somebody who doesn't take part.
    #[error("data of {from}: nobody is called {to}")]
    NoRecipient {
        /// Whose channel.
        from: String,
        /// For whom.
        to: String,
    },
    /// Somebody's data or look goes to another room.
    #[error("{from} and {to} are in different rooms")]
    OtherRoom {
        /// Who sends or looks.
        from: String,
        /// Whom it is for.
        to: String,
    },
    /// The SFU could not be made.
    #[error("the SFU: {0}")]
    Sfu(#[from] sfu::CommandError),
    /// A certificate could not be made.
    #[error("certificate of {name}: {error}")]
    Certificate {
        /// Whose.
        name: String,
        /// Why.
        error: String,
    },
    /// A line's trace is none.
    #[error("trace of {name}: {error}")]
    Trace {
        /// The line's name.
        name: String,
        /// Why.
        error: TraceError,
    },
    /// The pcap file's head could not be written.
    #[error("packet capture: {0}")]
    Capture(#[from] std::io::Error),
}

impl World {
    /// The world of `scenario`, before its first event.
    ///
    /// # Errors
    /// When the scenario is larger than a world can be, or cryptography fails.
    pub fn new(scenario: &Scenario, settings: Settings) -> Result<World, BuildError> {
        let seed = Seed(settings.seed);
        let cast = scenario.expand(&mut |path| seed.stream(path).unit());
        check_size(&cast)?;
        check_rooms(&cast)?;
        let end = Time::ZERO + scenario.duration;
        let mut queue = EventQueue::new();
        let sfu_timer = queue.add_timer(EventClass::Timer, NodeId(0), Event::Sfu);
        let cpu_timer = queue.add_timer(EventClass::Timer, NodeId(0), Event::Processor);
        let lines = build_lines(&cast, seed, &mut queue)?;
        let flows = build_flows(&cast, seed, end, &mut queue);
        let measure = Measure {
            from: report_time(Time::ZERO + scenario.measure.from),
            until: report_time(end),
            bin: scenario.measure.bin,
        };
        let sources: Arc<IndexMap<String, Vec<String>>> = Arc::new(
            cast.members.iter().map(|m| (m.name.clone(), m.publish.keys().cloned().collect())).collect(),
        );
        let mut people = Vec::with_capacity(cast.members.len());
        for (index, member) in cast.members.iter().enumerate() {
            let client = build_client(scenario, member, index, seed, &sources, settings.null_crypto)?;
            let node = World::node(index as u16);
            let timer = queue.add_timer(EventClass::Timer, node, Event::Person(index as u16));
            let join = Time::ZERO + member.join;
            queue.schedule(join, EventClass::World, node, Event::Join(index as u16));
            let leaves = member.leave.map(|leave| Time::ZERO + leave);
            let way = |lines: &[scenarios::LinkIndex]| lines.iter().map(|line| line.0 as u16).collect();
            let (up, down) = (way(&member.up), way(&member.down));
            let peer = member.call.map(|call| call.peer.0 as u16);
            people.push(Person { client, up, down, peer, timer, leaves });
        }
        for (index, planned) in cast.timeline.iter().enumerate() {
            let at = Time::ZERO + planned.at;
            queue.schedule(at, EventClass::World, NodeId(0), Event::Script(index as u16));
        }
        for (at, person, begins) in turns(&cast) {
            queue.schedule(at, EventClass::World, World::node(person), Event::Turn(person, begins));
        }
        for index in 0..lines.len() {
            queue.schedule(Time::ZERO, EventClass::World, NodeId(0), Event::Capacity(index as u16));
        }
        let first_sample = Time::ZERO + scenario.measure.bin;
        queue.schedule(first_sample, EventClass::Sample, NodeId(0), Event::Sample);
        let (_, server) = scenario.sfu();
        let recorder = Recorder::new(report_cast(&cast), measure);
        let recorder = if server.cpu.is_some() { recorder.with_bounded_sockets() } else { recorder };
        Ok(World {
            now: Time::ZERO,
            end,
            bin: scenario.measure.bin,
            by_address: AddressBook::new(people.iter().map(|p| ipv4(p.client.address())).zip(0..)),
            crossed: Crossed::new(cast.members.iter().any(|member| member.up.len() + member.down.len() > 2)),
            held: Held::default(),
            server: Server::new(cast.members.iter().map(|member| member.name.clone())),
            line_names: cast.links.iter().map(|link| link.name.clone()).collect(),
            recorder,
            chooses_speakers: server.loudest > 0,
            sfu: build_sfu(server, seed, settings.null_crypto)?,
            cpu: server.cpu.map(|cpu| Cpu::new(cpu, &rooms(&cast), Time::ZERO + scenario.measure.from)),
            timeline: cast.timeline,
            people,
            lines,
            flows,
            queue,
            sfu_timer,
            cpu_timer,
            at_work: false,
            pool: BufferPool::new(POOL),
            logs: UplinkLogs::default(),
            tags: Tags::default(),
            digest: settings.trace.map_or_else(Digest::new, Digest::with_trace),
            outgoing: Vec::new(),
            observations: Vec::new(),
            tells_state: settings.sfu_state,
            capture: settings.pcap.map(Capture::new).transpose()?,
            tape: None,
            events: 0,
            watch: Watch::new(cast.members.len(), scenario.liveness),
            over: false,
            failures: Vec::new(),
        })
    }
}

impl World {
    /// The addresses of so many members of a cast, in its order.
    pub(crate) fn addresses(members: usize) -> impl Iterator<Item = SocketAddr> {
        (0..members).map(address_of)
    }

    /// What a member's cryptography starts from.
    pub(crate) fn crypto_key(seed: Seed, name: &str) -> [u8; 32] {
        seed.key(&format!("participant/{name}/crypto"))
    }
}

/// The room of each member, counted from 0 in order of appearance.
fn rooms(cast: &scenarios::Cast) -> Vec<u16> {
    let mut known: IndexSet<Option<&str>> = IndexSet::new();
    cast.members.iter().map(|member| known.insert_full(member.room.as_deref()).0 as u16).collect()
}

/// Nobody has anything to say to people of another room.
fn check_rooms(cast: &scenarios::Cast) -> Result<(), BuildError> {
    let find = |name: &str| cast.members.iter().find(|member| member.name == name);
    let apart = |from: &Member, to: &str| find(to).is_some_and(|to| to.room != from.room);
    let fault =
        |from: &Member, to: &str| Err(BuildError::OtherRoom { from: from.name.clone(), to: to.to_owned() });
    for member in &cast.members {
        if let Some(to) =
            member.data.values().filter_map(|data| data.to.as_ref()).find(|to| apart(member, to))
        {
            return fault(member, to);
        }
    }
    for planned in &cast.timeline {
        if let PlannedAction::Pin(who, Some(whom)) = &planned.what
            && apart(&cast.members[who.0], whom)
        {
            return fault(&cast.members[who.0], whom);
        }
    }
    Ok(())
}

fn check_size(cast: &scenarios::Cast) -> Result<(), BuildError> {
    let limit = |what, got: usize, limit: usize| {
        if got > limit { Err(BuildError::TooMany { what, got, limit }) } else { Ok(()) }
    };
    limit("participants", cast.members.len(), 20_000)?;
    limit("lines", cast.links.len(), usize::from(u16::MAX))?;
    limit("flows of cross traffic", cast.traffic.len(), 10_000)?;
    limit("timeline entries", cast.timeline.len(), usize::from(u16::MAX))?;
    cast.members.iter().try_for_each(|member| limit("sources", member.publish.len(), 255))
}

fn build_client(
    scenario: &Scenario,
    member: &Member,
    index: usize,
    seed: Seed,
    cast: &Arc<IndexMap<String, Vec<String>>>,
    null_crypto: bool,
) -> Result<Client, BuildError> {
    let path = format!("participant/{}", member.name);
    let provider = SeededProvider::new(World::crypto_key(seed, &member.name));
    let certificate = Certificate::generate(&*provider)
        .map_err(|error| BuildError::Certificate { name: member.name.clone(), error: error.to_string() })?;
    let credentials = credentials(&mut seed.stream(&format!("{path}/ice")));
    let address = address_of(index);
    let (_, server) = scenario.sfu();
    let media = media::parameters(&scenario.participants, member, member.rtx && server.rtx);
    let is_caller = member.call.map(|call| call.is_caller);
    let transport = ClientTransport::new(TransportConfig {
        local: address,
        credentials: credentials.clone(),
        certificate: certificate.clone(),
        provider,
        crypto: if null_crypto { CryptoMode::Null } else { CryptoMode::Real },
        // Who calls makes the offer: it nominates (RFC 8445 section 6.1.1), and the answer begins DTLS (RFC 8842
        // section 5.3). A server is ICE-lite, and waits for both.
        dtls_role: if is_caller == Some(true) { Role::Server } else { Role::Client },
        is_controlling: is_caller != Some(false),
    });
    let sources =
        member.publish.iter().enumerate().map(|(i, (name, publication))| source(name, i, publication));
    let config = SenderConfig {
        publisher: index as u16,
        cname: member.name.clone(),
        media,
        sources: sources.collect(),
        rtx: member.rtx && member.nack && server.rtx,
        congestion_control: controller(member.congestion_control),
        controller_options: Options { ecn: ecn(member.ecn), priority: member.priority },
        feedback: feedback(server),
        overhead: IP_UDP_OVERHEAD + DataSize::from_bytes(SRTP_TAG),
    };
    let sender = MediaSender::new(config, seed, &path);
    let identity = ClientIdentity {
        index: index as u16,
        name: member.name.clone(),
        conference: member.room.clone().unwrap_or_else(|| scenario.name.clone()),
        address,
        signalling: SIGNALLING_ADDRESS,
        credentials,
        certificate,
        media,
        cast: Arc::clone(cast),
        nack: member.nack && member.rtx,
        lip_sync: member.lip_sync,
        feedback: feedback(server),
        call: member.call.and_then(|call| cast.get_index(call.peer.0).map(|(name, _)| name.clone())),
    };
    let random = seed.stream(&format!("{path}/reports"));
    let client = Client::new(identity, transport, sender, random, watched(&member.view));
    Ok(match build_data(member, index, seed, cast)? {
        Some(data) => client.with_data(data),
        None => client,
    })
}

/// What is looked at.
pub(super) fn watched(view: &View) -> view::View {
    let number = |number: u32| u16::try_from(number).unwrap_or(u16::MAX);
    view::View {
        layout: match view.layout {
            scenarios::model::Layout::Stage => view::Layout::Stage,
            _ => view::Layout::Grid,
        },
        tiles: if view.layout == scenarios::model::Layout::None { 0 } else { number(view.tiles) },
        max_height: view.max_height.map(number),
        last_n: view.last_n.map(number),
    }
}

fn source(name: &str, index: usize, publication: &Publication) -> SourceConfig {
    let (name, mid) = (name.to_owned(), index.to_string());
    match publication {
        Publication::Opus(opus) => SourceConfig::Microphone(MicrophoneSettings {
            name,
            mid,
            rate: DataRate::from_bps(opus.rate.as_bps()),
            speech: speech_kind(&opus.speech),
            dtx: opus.dtx,
            fec: opus.fec,
            red: opus.red,
        }),
        Publication::Video(video) => SourceConfig::Camera(media::camera(name, mid, video)),
    }
}

fn speech_kind(speech: &Speech) -> SpeechKind {
    match speech {
        Speech::OnOff => SpeechKind::CONVERSATION,
        Speech::Constant => SpeechKind::Constant,
        Speech::Silent => SpeechKind::Silent,
        Speech::Turns(turns) => {
            let span = |turn: &Turn| (Time::ZERO + turn.from, Time::ZERO + turn.until);
            SpeechKind::Turns(turns.iter().map(span).collect())
        }
        Speech::Rota(_) => unreachable!("expansion puts turns in the place of a rota"),
    }
}

/// Who has a turn to speak, and from when to when.
fn turns(cast: &scenarios::Cast) -> Vec<(Time, u16, bool)> {
    let mut edges = Vec::new();
    for (person, member) in (0..).zip(&cast.members) {
        for publication in member.publish.values() {
            if let Publication::Opus(Opus { speech: Speech::Turns(turns), .. }) = publication {
                for turn in turns {
                    edges.push((Time::ZERO + turn.from, person, true));
                    edges.push((Time::ZERO + turn.until, person, false));
                }
            }
        }
    }
    edges
}

fn address_of(index: usize) -> SocketAddr {
    let [.., a, b] = (index as u32 + 1).to_be_bytes();
    SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::new(10, 0, a, b), 50_000))
}

fn credentials(random: &mut Stream) -> IceCredentials {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = |len: usize| -> String {
        (0..len).map(|_| char::from(ALPHABET[random.below(64) as usize])).collect()
    };
    IceCredentials { ufrag: text(8), pwd: text(24) }
}

fn build_lines(
    cast: &scenarios::Cast,
    seed: Seed,
    queue: &mut EventQueue<Event>,
) -> Result<Vec<Line>, BuildError> {
    let line = |(index, instance): (usize, &scenarios::LinkInstance)| {
        let streams = LinkStreams::new(seed, &format!("link/{}", instance.name));
        let config = link_config(&instance.definition)
            .map_err(|error| BuildError::Trace { name: instance.name.clone(), error })?;
        let timer = queue.add_timer(EventClass::Arrival, NodeId(0), Event::Link(index as u16));
        Ok(Line { link: Link::new(config, streams), timer })
    };
    cast.links.iter().enumerate().map(line).collect()
}
