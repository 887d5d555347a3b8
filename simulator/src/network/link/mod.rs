//! One direction of a link: policer → queue → serialiser → loss → propagation with jitter → impairments → deliver.
//!
//! Departures are worked out when a packet comes in, so a packet costs one event: its arrival. Only
//! [`Link::next_event`] belongs in the event queue. (With jitter, a packet on an otherwise empty link may cost
//! a second wake-up, since jitter is drawn when it leaves the serialiser.)
//!
//! What a change at run time does:
//! - rate: the packet being serialised finishes its remaining bits at the new rate, those that wait follow,
//!   those in flight are not touched;
//! - queue limit: nothing queued is dropped, the next arrival sees the new limit (a managed queue has its own,
//!   which doesn't change);
//! - loss and propagation: packets that have left the serialiser keep what they drew, all others get the new;
//! - impairments don't change; a packet meets them at its arrival, so what was in flight meets them too.
//!
//! At the instant at which its serialisation ends a packet is in flight; at its arrival it is held until
//! [`Link::poll`] hands it over.

mod backlog;
mod managed;
mod standing;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use sfu::{DataRate, Time};

use self::backlog::{Backlog, Queued};
use self::standing::StandingQueue;
use super::counters::{ClassCounters, Count, LinkCounters, StageCounters};
use super::hop::{Delivered, DropCause, Dropped, Exit, HopRecord};
use super::impairment::{ImpairmentConfig, ImpairmentStreams, Impairments};
use super::loss::{Loss, LossStage};
use super::packet::Datagram;
use super::policer::{Policer, PolicerConfig};
use super::propagation::{Propagation, PropagationStage};
use super::queue::QueueLimit;
use super::queue::managed::{ManagedQueue, Management};
use super::rate_schedule::RateSchedule;
use crate::random::{Seed, Stream};

/// What a link is made of.
#[derive(Clone, Debug)]
pub struct LinkConfig {
    /// Rate over time.
    pub rate: RateSchedule,
    /// What exceeds it is dropped before the queue.
    pub policer: Option<PolicerConfig>,
    /// How much may wait, without management.
    pub queue: QueueLimit,
    /// Active queue management, which brings its own limit.
    pub management: Option<Management>,
    /// Random loss after the serialiser.
    pub loss: Loss,
    /// Delay and jitter.
    pub propagation: Propagation,
    /// What happens to packets at the far end.
    pub impairments: ImpairmentConfig,
}

impl Default for LinkConfig {
    /// A line without limits, delay or faults.
    fn default() -> Self {
        LinkConfig {
            rate: RateSchedule::constant(DataRate::INFINITE),
            policer: None,
            queue: QueueLimit::Infinite,
            management: None,
            loss: Loss::None,
            propagation: Propagation::default(),
            impairments: ImpairmentConfig::default(),
        }
    }
}

/// A link's own random streams.
#[derive(Clone, Debug)]
pub struct LinkStreams {
    loss: Stream,
    jitter: Stream,
    queue: Stream,
    impairments: ImpairmentStreams,
}

impl LinkStreams {
    /// The streams `<path>/loss`, `<path>/jitter` and so on; give each direction a path of its own.
    pub fn new(seed: Seed, path: &str) -> Self {
        LinkStreams {
            loss: seed.stream(&format!("{path}/loss")),
            jitter: seed.stream(&format!("{path}/jitter")),
            queue: seed.stream(&format!("{path}/queue")),
            impairments: ImpairmentStreams::new(seed, path),
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Flow {
    entered: Count,
    left: Count,
    dropped: Count,
}

impl Flow {
    fn with_held(self, held: Count) -> StageCounters {
        StageCounters { entered: self.entered, left: self.left, dropped: self.dropped, held }
    }
}

/// One direction of a link.
#[derive(Clone, Debug)]
pub struct Link {
    schedule: RateSchedule,
    first_rate: DataRate,
    policer: Option<Policer>,
    limit: QueueLimit,
    managed: Option<Box<ManagedQueue<Datagram>>>,
    backlog: Backlog,
    loss: LossStage,
    propagation: PropagationStage,
    impairments: Option<Box<Impairments>>,
    /// In the order of arrival.
    in_flight: VecDeque<Delivered>,
    lost: VecDeque<Dropped>,
    standing: StandingQueue,
    policer_flow: Flow,
    queue_flow: Flow,
    serialiser_flow: Flow,
    loss_flow: Flow,
    propagation_flow: Flow,
    transmitted: ClassCounters,
    delivered: ClassCounters,
    now: Time,
}

impl Link {
    /// An idle link at [`Time::ZERO`].
    pub fn new(config: LinkConfig, streams: LinkStreams) -> Self {
        Link {
            first_rate: config.rate.sizing_rate_at(Time::ZERO),
            schedule: config.rate,
            policer: config.policer.map(Policer::new),
            limit: config.queue,
            managed: config.management.map(|how| Box::new(ManagedQueue::new(how, streams.queue))),
            backlog: Backlog::default(),
            loss: LossStage::new(config.loss, streams.loss),
            propagation: PropagationStage::new(config.propagation, streams.jitter),
            impairments: Impairments::new(config.impairments, streams.impairments),
            in_flight: VecDeque::new(),
            lost: VecDeque::new(),
            standing: StandingQueue::default(),
            policer_flow: Flow::default(),
            queue_flow: Flow::default(),
            serialiser_flow: Flow::default(),
            loss_flow: Flow::default(),
            propagation_flow: Flow::default(),
            transmitted: ClassCounters::default(),
            delivered: ClassCounters::default(),
            now: Time::ZERO,
        }
    }

    /// Sends a datagram; then ask for [`next_event`](Self::next_event) again.
    ///
    /// # Errors
    /// Gives the datagram back when the policer or a full queue drops it. What a managed queue drops comes out
    /// of [`poll`](Self::poll).
    ///
    /// # Panics
    /// When `now` is before that of an earlier call, as all methods that take the time.
    #[expect(
        clippy::result_large_err,
        reason = "a drop is rare, and its datagram goes back whole, without a box"
    )]
    pub fn enqueue(&mut self, now: Time, datagram: Datagram) -> Result<(), Dropped> {
        self.advance(now);
        let size = datagram.wire_size();
        if let Some(policer) = &mut self.policer {
            self.policer_flow.entered.add(size);
            if !policer.admits(now, size) {
                self.policer_flow.dropped.add(size);
                let cause = DropCause::Policer;
                return Err(Dropped { datagram, cause, at: now, queued: Duration::ZERO });
            }
            self.policer_flow.left.add(size);
        }
        self.queue_flow.entered.add(size);
        if self.managed.is_some() {
            self.enqueue_managed(now, datagram);
            return Ok(());
        }
        let idle = self.backlog.front().is_none();
        let limit = self.limit.bytes_at(now, &self.schedule, self.first_rate);
        if !idle && limit.is_some_and(|limit| self.backlog.bytes() + size > limit) {
            self.queue_flow.dropped.add(size);
            return Err(Dropped { datagram, cause: DropCause::Queue, at: now, queued: Duration::ZERO });
        }
        self.backlog.push(now, datagram, &self.schedule);
        if idle {
            self.begin_transmission();
        }
        Ok(())
    }

    /// When to call [`poll`](Self::poll) next; changes with every other call that takes the time.
    pub fn next_event(&self) -> Option<Time> {
        let held_back = self.impairments.as_ref().and_then(|stage| stage.next_event());
        let pipe = self.next_of_pipe();
        held_back.into_iter().chain(pipe).min()
    }

    fn next_of_pipe(&self) -> Option<Time> {
        if !self.lost.is_empty() {
            return Some(self.now);
        }
        let arrival = self.in_flight.front().map(|packet| packet.record.arrived);
        if arrival.is_some() && !self.propagation.config.reorder {
            return arrival;
        }
        let departure = self.backlog.front().map(|packet| packet.end + self.propagation.config.base);
        arrival.into_iter().chain(departure).min().filter(|&at| at != Time::NEVER)
    }

    /// What has come out by `now`, one at a time; call until `None`.
    pub fn poll(&mut self, now: Time) -> Option<Exit> {
        self.advance(now);
        if let Some(dropped) = self.lost.pop_front() {
            return Some(Exit::Lost(dropped));
        }
        let delivered = if self.impairments.is_some() {
            match self.next_impaired(now)? {
                Ok(delivered) => delivered,
                Err(refused) => return Some(Exit::Lost(refused)),
            }
        } else {
            self.next_arrived(now)?
        };
        self.delivered.add(delivered.datagram.class, delivered.datagram.wire_size());
        Some(Exit::Arrived(delivered))
    }

    /// The next out of the pipe.
    fn next_arrived(&mut self, now: Time) -> Option<Delivered> {
        if self.in_flight.front()?.record.arrived > now {
            return None;
        }
        let delivered = self.in_flight.pop_front()?;
        self.propagation_flow.left.add(delivered.datagram.wire_size());
        Some(delivered)
    }

    /// The next out of the impairments, into which all that has come out of the pipe goes.
    fn next_impaired(&mut self, now: Time) -> Option<Result<Delivered, Dropped>> {
        while let Some(delivered) = self.next_arrived(now) {
            if let Some(refused) = self.impairments.as_mut()?.push(delivered) {
                return Some(Err(refused));
            }
        }
        self.impairments.as_mut()?.pop(now).map(Ok)
    }

    /// Changes the rate from now on, for ever: later steps of the schedule are gone.
    pub fn set_rate(&mut self, now: Time, rate: DataRate) {
        self.set_schedule(now, &RateSchedule::constant(rate));
    }

    /// Takes over what `schedule` says about now and later.
    pub fn set_schedule(&mut self, now: Time, schedule: &RateSchedule) {
        self.advance(now);
        self.schedule.replace_from(now, schedule);
        self.backlog.reschedule(&self.schedule);
    }

    /// Changes how much may wait.
    pub fn set_queue_limit(&mut self, now: Time, limit: QueueLimit) {
        self.advance(now);
        self.limit = limit;
    }

    /// Changes random loss.
    pub fn set_loss(&mut self, now: Time, loss: Loss) {
        self.advance(now);
        self.loss.loss = loss;
    }

    /// Changes delay and jitter.
    pub fn set_propagation(&mut self, now: Time, propagation: Propagation) {
        self.advance(now);
        self.propagation.config = propagation;
    }

    /// Rate over time, with all changes so far: for [`RateSchedule::capacity_between`].
    pub fn schedule(&self) -> &RateSchedule {
        &self.schedule
    }

    /// The wait of a packet that came now (behind all others, whatever the queue's order is); `None` in an
    /// outage without a known end.
    pub fn queue_delay(&mut self, now: Time) -> Option<Duration> {
        self.advance(now);
        let front = self.backlog.delay_at(now)?;
        match &self.managed {
            None => Some(front),
            Some(queue) => self.drain_time(now + front, queue.held().0).map(|drain| front + drain),
        }
    }

    /// The least queueing delay among the packets of the last complete second; `None` without packets.
    pub fn standing_queue(&mut self, now: Time) -> Option<Duration> {
        self.advance(now);
        self.standing.at(now)
    }

    /// What went through each stage by `now`.
    pub fn counters(&mut self, now: Time) -> LinkCounters {
        self.advance(now);
        let (mut waiting, serialising) = self.backlog.held();
        waiting += self.held_by_management();
        let mut in_flight = Count::default();
        self.in_flight.iter().for_each(|packet| in_flight.add(packet.datagram.wire_size()));
        let impairments = self.impairments.as_ref();
        LinkCounters {
            policer: self.policer_flow.with_held(Count::default()),
            queue: self.queue_flow.with_held(waiting),
            serialiser: self.serialiser_flow.with_held(serialising),
            loss: self.loss_flow.with_held(Count::default()),
            propagation: self.propagation_flow.with_held(in_flight),
            impairment: impairments.map(|stage| stage.flow()).unwrap_or_default(),
            impaired: impairments.map(|stage| stage.counters()).unwrap_or_default(),
        }
    }

    /// What has left the serialiser by `now`, by class: the capacity that was used, lost packets included.
    pub fn transmitted(&mut self, now: Time) -> ClassCounters {
        self.advance(now);
        self.transmitted
    }

    /// What [`poll`](Self::poll) has handed over, by class.
    pub fn delivered(&self) -> ClassCounters {
        self.delivered
    }

    /// Moves packets that have left the serialiser on.
    fn advance(&mut self, now: Time) {
        assert!(now >= self.now, "time runs forward: {now} after {}", self.now);
        self.now = now;
        while let Some(packet) = self.backlog.pop_departed(now) {
            let end = packet.end;
            self.depart(packet);
            if self.managed.is_some() { self.refill(end) } else { self.begin_transmission() }
        }
    }

    fn begin_transmission(&mut self) {
        let Some(packet) = self.backlog.front() else { return };
        let size = packet.datagram.wire_size();
        self.standing.observe(packet.start, packet.start.since(packet.enqueued));
        self.queue_flow.left.add(size);
        self.serialiser_flow.entered.add(size);
    }

    fn depart(&mut self, packet: Queued) {
        let size = packet.datagram.wire_size();
        self.serialiser_flow.left.add(size);
        self.transmitted.add(packet.datagram.class, size);
        self.loss_flow.entered.add(size);
        if self.loss.loses_next() {
            self.loss_flow.dropped.add(size);
            let datagram = packet.datagram;
            let queued = packet.start.since(packet.enqueued);
            self.lost.push_back(Dropped { datagram, cause: DropCause::Random, at: packet.end, queued });
            return;
        }
        self.loss_flow.left.add(size);
        self.propagation_flow.entered.add(size);
        let record = HopRecord {
            enqueued: packet.enqueued,
            transmission_start: packet.start,
            transmission_end: packet.end,
            arrived: self.propagation.arrival(packet.start, packet.end),
        };
        let delivered = Delivered { datagram: packet.datagram, record };
        let behind = |other: &Delivered| other.record.arrived <= record.arrived;
        if self.in_flight.back().is_none_or(behind) {
            return self.in_flight.push_back(delivered);
        }
        let place = self.in_flight.iter().rposition(behind).map_or(0, |last| last + 1);
        self.in_flight.insert(place, delivered);
    }
}
