//! Lines that compete: whoever shares a link with one of them belongs to them too.

use scenarios::Time;

use super::demand::Series;
use super::fill::max_min;
use super::{LineShare, path};
use crate::observation::{Direction, LinkIndex, ParticipantIndex, TrafficClass};
use crate::recording::link::LinkBin;
use crate::recording::{EventKind, Recording, Span};

/// Who competes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// A participant.
    Person(ParticipantIndex),
    /// A flow that makes way, by its place in the cast's traffic.
    Flow(usize),
}

/// Links in one direction, with all who use them.
#[derive(Clone, Debug)]
pub struct Group {
    /// Which way.
    pub direction: Direction,
    /// The links.
    pub links: Vec<LinkIndex>,
    /// Who uses them.
    pub users: Vec<User>,
    /// By user, places in `links`.
    paths: Vec<Vec<usize>>,
    /// Stretches in which nothing changed.
    pub periods: Vec<Span>,
    /// The fair share of a flow that makes way, by user and bin, bit/s on the wire; 0 when it is silent. Empty for
    /// participants.
    pub flow_shares: Vec<Vec<f64>>,
}

/// The groups of one direction, in the order of their first participants.
pub(super) fn all(recording: &Recording, direction: Direction) -> Vec<Group> {
    let cast = recording.cast();
    let mut of_link: Vec<Option<usize>> = vec![None; cast.links.len()];
    let mut members: Vec<Vec<ParticipantIndex>> = Vec::new();
    for (who, _) in recording.participants() {
        let links = path(recording, who, direction);
        if links.is_empty()
            || (direction == Direction::Up && cast.participants[usize::from(who.0)].sources.is_empty())
        {
            continue;
        }
        let known: Vec<usize> = links.iter().filter_map(|link| of_link[usize::from(link.0)]).collect();
        let group = known.first().copied().unwrap_or_else(|| {
            members.push(Vec::new());
            members.len() - 1
        });
        // Groups that this one joins become one.
        for other in known.into_iter().filter(|other| *other != group) {
            let moved = std::mem::take(&mut members[other]);
            members[group].extend(moved);
            of_link.iter_mut().filter(|one| **one == Some(other)).for_each(|one| *one = Some(group));
        }
        members[group].push(who);
        links.iter().for_each(|link| of_link[usize::from(link.0)] = Some(group));
    }
    let built = members.into_iter().enumerate().filter(|(_, people)| !people.is_empty());
    built.map(|(number, people)| Group::new(recording, direction, &people, &of_link, number)).collect()
}

impl Group {
    fn new(
        recording: &Recording,
        direction: Direction,
        people: &[ParticipantIndex],
        of_link: &[Option<usize>],
        number: usize,
    ) -> Self {
        let own = (0_u16..).map(LinkIndex).zip(of_link).filter(|(_, group)| **group == Some(number));
        let links: Vec<LinkIndex> = own.map(|(link, _)| link).collect();
        let place = |link: LinkIndex| links.iter().position(|own| *own == link);
        let mut users: Vec<User> = people.iter().copied().map(User::Person).collect();
        let mut paths: Vec<Vec<usize>> = people
            .iter()
            .map(|who| path(recording, *who, direction).iter().filter_map(|link| place(*link)).collect())
            .collect();
        for (index, flow) in recording.cast().traffic.iter().enumerate() {
            if let (true, Some(link)) = (flow.responsive, place(flow.link)) {
                users.push(User::Flow(index));
                paths.push(vec![link]);
            }
        }
        let mut group =
            Group { direction, links, users, paths, periods: Vec::new(), flow_shares: Vec::new() };
        group.periods = group.static_periods(recording);
        group.flow_shares = group.shares_of_flows(recording);
        group
    }

    /// The shares of the group's participants.
    pub(super) fn shares(
        &self,
        recording: &Recording,
        demands: &Series,
        rates: &Series,
    ) -> Vec<(ParticipantIndex, LineShare)> {
        let (capacities, active) = (self.capacities(recording), self.active(recording));
        let payload = self.payload_share(recording, rates);
        let endless = |_: usize, _: usize| f64::INFINITY;
        let reference = self.fill(&capacities, &active, endless);
        let enough = |user: usize, bin: usize| match self.users[user] {
            User::Person(who) => demands[usize::from(who.0)][bin] / payload,
            User::Flow(_) => f64::INFINITY,
        };
        let entitled = self.fill(&capacities, &active, enough);
        let people = self.users.iter().enumerate().filter_map(|(user, one)| match one {
            User::Person(who) => Some((user, *who)),
            User::Flow(_) => None,
        });
        let share = |user: usize| LineShare {
            reference: (0..capacities.len())
                .map(|bin| Some(reference[bin][user]).filter(|share| active[bin][user] && share.is_finite()))
                .collect(),
            entitlement: entitled.iter().map(|shares| shares[user] * payload).collect(),
            ..LineShare::default()
        };
        people.map(|(user, who)| (who, share(user))).collect()
    }

    fn shares_of_flows(&self, recording: &Recording) -> Vec<Vec<f64>> {
        if !self.users.iter().any(|user| matches!(user, User::Flow(_))) {
            return Vec::new();
        }
        let (capacities, active) = (self.capacities(recording), self.active(recording));
        let shares = self.fill(&capacities, &active, |_, _| f64::INFINITY);
        let of = |user: usize| match self.users[user] {
            User::Person(_) => Vec::new(),
            User::Flow(_) => shares.iter().map(|shares| shares[user]).collect(),
        };
        (0..self.users.len()).map(of).collect()
    }

    /// Max-min shares by bin and user; who isn't there needs nothing.
    fn fill(
        &self,
        capacities: &[Vec<Option<f64>>],
        active: &[Vec<bool>],
        enough: impl Fn(usize, usize) -> f64,
    ) -> Vec<Vec<f64>> {
        let mut shares: Vec<Vec<f64>> = Vec::with_capacity(capacities.len());
        let mut last: Option<(&Vec<Option<f64>>, Vec<f64>)> = None;
        for (bin, capacity) in capacities.iter().enumerate() {
            let need = |user: usize| if active[bin][user] { enough(user, bin) } else { 0.0 };
            let needs: Vec<f64> = (0..self.users.len()).map(need).collect();
            let known = last.as_ref().filter(|(before, needed)| *before == capacity && *needed == needs);
            let filled = match (known, shares.last()) {
                (Some(_), Some(same)) => same.clone(),
                _ => max_min(capacity, &self.paths, &needs),
            };
            shares.push(filled);
            last = Some((capacity, needs));
        }
        shares
    }

    /// By bin and link, what is left by traffic that doesn't make way, bit/s.
    fn capacities(&self, recording: &Recording) -> Vec<Vec<Option<f64>>> {
        let measure = recording.measure();
        let bins = measure.bins();
        let secs = measure.bin.as_secs_f64();
        let of_link = |link: &LinkIndex| {
            let record = recording.link(*link);
            let bits = record.capacity_bits((0..bins).map(|bin| measure.bin_span(bin)));
            let taken = |bin: usize| f64::from(record.bins.get(bin).map_or(0, |bin| bin.unresponsive)) * 8.0;
            let left =
                |(bin, bits): (usize, Option<f64>)| bits.map(|bits| (bits - taken(bin)).max(0.0) / secs);
            bits.into_iter().enumerate().map(left).collect::<Vec<_>>()
        };
        let links: Vec<Vec<Option<f64>>> = self.links.iter().map(of_link).collect();
        (0..bins).map(|bin| links.iter().map(|link| link[bin]).collect()).collect()
    }

    /// By bin and user, whether it is there when the bin begins.
    fn active(&self, recording: &Recording) -> Vec<Vec<bool>> {
        let starts = (0..recording.measure().bins()).map(|bin| recording.measure().bin_span(bin).from);
        let is_there = |at: Time, user: &User| {
            self.presence(recording, user).iter().any(|span| span.from <= at && at < span.until)
        };
        starts.map(|at| self.users.iter().map(|user| is_there(at, user)).collect()).collect()
    }

    fn presence(&self, recording: &Recording, user: &User) -> Vec<Span> {
        match user {
            User::Person(who) => recording.participant(*who).present.clone(),
            User::Flow(flow) => {
                let flow = recording.cast().traffic[*flow];
                vec![Span { from: flow.from, until: flow.until }]
            }
        }
    }

    /// Payload over all bits of the conference on the first links of the ways: what headers, feedback and repair leave.
    fn payload_share(&self, recording: &Recording, rates: &Series) -> f64 {
        let mut firsts: Vec<usize> = self.paths.iter().filter_map(|path| path.first().copied()).collect();
        firsts.sort_unstable();
        firsts.dedup();
        let ours = |bin: &LinkBin| bin.total_bytes() - u64::from(bin.bytes[TrafficClass::Cross as usize]);
        let wire: u64 =
            firsts.iter().flat_map(|link| &recording.link(self.links[*link]).bins).map(ours).sum();
        let people = self.users.iter().filter_map(|user| match user {
            User::Person(who) => Some(usize::from(who.0)),
            User::Flow(_) => None,
        });
        let bits: f64 = people.map(|who| rates[who].iter().sum::<f64>()).sum();
        let payload = bits * recording.measure().bin.as_secs_f64() / 8.0;
        if wire == 0 { 1.0 } else { (payload / wire as f64).clamp(0.1, 1.0) }
    }

    fn static_periods(&self, recording: &Recording) -> Vec<Span> {
        let end = recording.measure().until;
        let mut changes = vec![Time::ZERO, end];
        for link in &self.links {
            let record = recording.link(*link);
            changes.extend(record.capacity.iter().map(|(at, _)| *at));
            changes.extend(&record.disturbed);
        }
        let traffic = recording.cast().traffic.iter().filter(|flow| self.links.contains(&flow.link));
        changes.extend(traffic.flat_map(|flow| [flow.from, flow.until]));
        for user in &self.users {
            changes.extend(self.presence(recording, user).iter().flat_map(|span| [span.from, span.until]));
        }
        let scripted = recording.events().iter().filter(|event| matches!(event.kind, EventKind::Script(_)));
        changes.extend(scripted.map(|event| event.at));
        changes.sort_unstable();
        changes.dedup();
        changes.retain(|at| *at <= end);
        changes.windows(2).map(|pair| Span { from: pair[0], until: pair[1] }).collect()
    }
}
