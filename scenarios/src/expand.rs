//! From groups and kinds of line to single members and single lines.

mod rota;

use std::time::Duration;

use indexmap::IndexMap;
use serde::Serialize;

use crate::model::{
    Action, CongestionControl, Data, EcnUse, Glob, Link, Participant, Publication, Scenario, Traffic, View,
};
use crate::units::{Rate, Ratio};

/// Everyone and everything that a run consists of.
#[derive(Clone, Debug, PartialEq)]
pub struct Cast {
    /// The members, in the order of the file; a group's in the order of their numbers.
    pub members: Vec<Member>,
    /// The lines, in the order in which members name them, each member's `up` before its `down`.
    pub links: Vec<LinkInstance>,
    /// Flows of others, in the order of the file, then of lines.
    pub traffic: Vec<FlowInstance>,
    /// What happens, ordered by time; at the same moment in the order of the file, then of members or lines.
    pub timeline: Vec<Planned>,
}

/// Index into [`Cast::members`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberIndex(pub usize);

/// Index into [`Cast::links`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkIndex(pub usize);

/// One participant.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// `alice`, or `guest.3` of a group.
    pub name: String,
    /// The name of its table.
    pub group: String,
    /// When it joins.
    pub join: Duration,
    /// When it leaves, if before the end: the earlier of its own `leave` and of an event's.
    pub leave: Option<Duration>,
    /// Its lines to the server, its own end first; never empty.
    pub up: Vec<LinkIndex>,
    /// Its lines from the server, its own end last; never empty.
    pub down: Vec<LinkIndex>,
    /// Its conference; `None`: the one of all who name none.
    pub room: Option<String>,
    /// What it publishes, by source name.
    pub publish: IndexMap<String, Publication>,
    /// Its data channels, by label.
    pub data: IndexMap<String, Data>,
    /// How fast it reads what comes on them; `None`: at once.
    pub reads: Option<Rate>,
    /// What it watches.
    pub view: View,
    /// Offers retransmission.
    pub rtx: bool,
    /// Asks for lost packets, and answers who asks.
    pub nack: bool,
    /// Offers redundant audio.
    pub red: bool,
    /// Keeps sound and picture together.
    pub lip_sync: bool,
    /// What estimates the line to the server.
    pub congestion_control: CongestionControl,
    /// Whether what it sends is ECN-capable.
    pub ecn: EcnUse,
    /// The weight of what it sends.
    pub priority: f64,
    /// Takes forward error correction.
    pub fec: bool,
    /// With whom it talks directly, if it is in no conference.
    pub call: Option<Call>,
}

/// One end of a call of two, without the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// The other end.
    pub peer: MemberIndex,
    /// Whether this end is the one that calls.
    pub is_caller: bool,
}

/// Towards the server, or from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Towards the server.
    Up,
    /// From the server.
    Down,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkInstance {
    /// `home-up` when shared, else `home-up@alice`; `wired/up@alice` and `wired/down@alice` when one
    /// participant names the same link for both directions. Unique.
    pub name: String,
    /// The name of its table, or [`IDEAL`].
    pub link: String,
    /// Which way it carries.
    pub direction: Direction,
    /// Whose it is; `None` when shared.
    pub owner: Option<MemberIndex>,
    /// What it is like.
    pub definition: Link,
}

impl LinkInstance {
    /// Whether `pattern` selects it, by its table's name or by its own.
    pub fn is_selected_by(&self, pattern: &Glob) -> bool {
        pattern.matches(&self.link) || pattern.matches(&self.name)
    }
}

/// One flow of cross traffic.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowInstance {
    /// `traffic.1/home-up@alice`, or `traffic.1/home-up@alice/3` of several: entries count from 1. Unique.
    pub name: String,
    /// The line that it is on.
    pub line: LinkIndex,
    /// How it sends.
    pub definition: Traffic,
}

/// The name of the line of a participant that names none: unlimited, 10 ms.
pub const IDEAL: &str = "ideal";

/// An event on single members and lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// Since the start.
    pub at: Duration,
    /// What happens.
    pub what: PlannedAction,
}

/// What happens to one member or line.
#[derive(Clone, Debug, PartialEq)]
pub enum PlannedAction {
    /// The source stops.
    Mute(MemberIndex, String),
    /// The source goes on.
    Unmute(MemberIndex, String),
    /// Looks at something else.
    View(MemberIndex, View),
    /// Looks at the member of this name above all others, or at nobody.
    Pin(MemberIndex, Option<String>),
    /// The line's rate changes, until its schedule's next step.
    Rate(LinkIndex, Rate),
    /// The line's loss becomes Bernoulli loss at this rate.
    Loss(LinkIndex, Ratio),
}

impl Scenario {
    /// The run's members, lines and events.
    ///
    /// `draw` gives a number from 0 (included) to 1 (excluded) for a path such as `participant/guest.3/join`.
    /// It is asked once per path, and only for what is drawn: when each path has a random stream of its own,
    /// one more participant changes nobody else's draw.
    pub fn expand(&self, draw: &mut dyn FnMut(&str) -> f64) -> Cast {
        let mut cast = cast(&self.participants, &self.links, draw);
        rota::resolve(&mut cast.members, self.duration);
        flows(&mut cast, &self.traffic);
        for event in &self.events {
            apply(&mut cast, event.time, &event.action);
        }
        cast
    }
}

/// Members and lines, without events.
pub(crate) fn cast(
    participants: &IndexMap<String, Participant>,
    links: &IndexMap<String, Link>,
    draw: &mut dyn FnMut(&str) -> f64,
) -> Cast {
    let mut cast = Cast { members: Vec::new(), links: Vec::new(), traffic: Vec::new(), timeline: Vec::new() };
    for (group, participant) in participants {
        for number in 1..=participant.count {
            let name = if participant.count == 1 { group.clone() } else { format!("{group}.{number}") };
            let join = match participant.join {
                join @ crate::model::Join::Uniform { .. } => {
                    join.at(draw(&format!("participant/{name}/join")))
                }
                fixed => fixed.latest(),
            };
            let owner = MemberIndex(cast.members.len());
            let (up, down) = lines(&mut cast.links, links, participant, owner, &name);
            cast.members.push(Member {
                name,
                group: group.clone(),
                join,
                leave: participant.leave,
                up,
                down,
                room: participant.room.clone(),
                publish: participant.publish.clone(),
                data: participant.data.clone(),
                reads: participant.reads,
                view: participant.view,
                rtx: participant.rtx,
                nack: participant.nack,
                red: participant.red,
                fec: participant.fec,
                lip_sync: participant.lip_sync,
                congestion_control: participant.congestion_control,
                ecn: participant.ecn,
                priority: participant.priority,
                call: None,
            });
        }
    }
    connect_calls(&mut cast.members, participants);
    cast
}

/// Joins the members of groups that call each other, number by number.
fn connect_calls(members: &mut [Member], participants: &IndexMap<String, Participant>) {
    for (caller, participant) in participants {
        let Some(callee) = &participant.calls else { continue };
        let of = |group: &String| -> Vec<usize> {
            (0..members.len()).filter(|index| members[*index].group == *group).collect()
        };
        for (from, to) in of(caller).into_iter().zip(of(callee)) {
            members[from].call = Some(Call { peer: MemberIndex(to), is_caller: true });
            members[to].call = Some(Call { peer: MemberIndex(from), is_caller: false });
        }
    }
}

fn lines(
    instances: &mut Vec<LinkInstance>,
    links: &IndexMap<String, Link>,
    participant: &Participant,
    owner: MemberIndex,
    member: &str,
) -> (Vec<LinkIndex>, Vec<LinkIndex>) {
    let ideal = [IDEAL.to_owned()];
    let or_ideal = |route: &'_ [String]| if route.is_empty() { ideal.to_vec() } else { route.to_vec() };
    let (up, down) = (or_ideal(&participant.up), or_ideal(&participant.down));
    let mut line = |link: &String, direction: Direction| {
        let both = up.contains(link) && down.contains(link);
        let definition = links.get(link).cloned().unwrap_or_else(Link::ideal);
        let (shared, way) = (definition.shared, if direction == Direction::Up { "up" } else { "down" });
        let instance = match (shared, both) {
            (true, _) => link.to_owned(),
            (false, true) => format!("{link}/{way}@{member}"),
            (false, false) => format!("{link}@{member}"),
        };
        if let Some(known) = instances.iter().position(|known| shared && known.name == instance) {
            return LinkIndex(known);
        }
        let owner = (!shared).then_some(owner);
        instances.push(LinkInstance { name: instance, link: link.to_owned(), direction, owner, definition });
        LinkIndex(instances.len() - 1)
    };
    let up_lines = up.iter().map(|link| line(link, Direction::Up)).collect();
    (up_lines, down.iter().map(|link| line(link, Direction::Down)).collect())
}

fn flows(cast: &mut Cast, traffic: &[Traffic]) {
    for (entry, definition) in (1..).zip(traffic) {
        for (index, line) in cast.links.iter().enumerate() {
            if !line.is_selected_by(&definition.on) {
                continue;
            }
            for number in 1..=definition.count {
                let name = format!("traffic.{entry}/{}", line.name);
                let name = if definition.count == 1 { name } else { format!("{name}/{number}") };
                let (line, definition) = (LinkIndex(index), definition.clone());
                cast.traffic.push(FlowInstance { name, line, definition });
            }
        }
    }
}

fn apply(cast: &mut Cast, at: Duration, action: &Action) {
    let planned: Vec<PlannedAction> = match action {
        Action::Mute { participant, source } => {
            sources(cast, participant, source.as_ref(), PlannedAction::Mute)
        }
        Action::Unmute { participant, source } => {
            sources(cast, participant, source.as_ref(), PlannedAction::Unmute)
        }
        Action::Leave { participant } => {
            for member in cast.members.iter_mut().filter(|member| participant.matches(&member.name)) {
                member.leave = Some(member.leave.map_or(at, |earlier| earlier.min(at)));
            }
            Vec::new()
        }
        Action::View { participant, view } => {
            members(cast, participant).map(|member| PlannedAction::View(member, *view)).collect()
        }
        Action::Pin { participant, whom } => {
            members(cast, participant).map(|member| PlannedAction::Pin(member, Some(whom.clone()))).collect()
        }
        Action::Unpin { participant } => {
            members(cast, participant).map(|member| PlannedAction::Pin(member, None)).collect()
        }
        Action::Rate { link, to } => {
            selected(cast, link).map(|line| PlannedAction::Rate(line, *to)).collect()
        }
        Action::Loss { link, to } => {
            selected(cast, link).map(|line| PlannedAction::Loss(line, *to)).collect()
        }
    };
    cast.timeline.extend(planned.into_iter().map(|what| Planned { at, what }));
}

fn members<'a>(cast: &'a Cast, who: &'a Glob) -> impl Iterator<Item = MemberIndex> + 'a {
    let all = cast.members.iter().enumerate();
    all.filter(|(_, member)| who.matches(&member.name)).map(|(index, _)| MemberIndex(index))
}

fn selected<'a>(cast: &'a Cast, pattern: &'a Glob) -> impl Iterator<Item = LinkIndex> + 'a {
    let all = cast.links.iter().enumerate();
    all.filter(|(_, line)| line.is_selected_by(pattern)).map(|(index, _)| LinkIndex(index))
}

fn sources(
    cast: &Cast,
    who: &Glob,
    which: Option<&Glob>,
    action: fn(MemberIndex, String) -> PlannedAction,
) -> Vec<PlannedAction> {
    let mut actions = Vec::new();
    for (index, member) in cast.members.iter().enumerate().filter(|(_, member)| who.matches(&member.name)) {
        for source in member.publish.keys().filter(|source| which.is_none_or(|which| which.matches(source))) {
            actions.push(action(MemberIndex(index), source.clone()));
        }
    }
    actions
}
