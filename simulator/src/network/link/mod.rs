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
mod outcome;
mod standing;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use sfu::{DataRate, DataSize, Time};

use self::backlog::Backlog;
use self::standing::StandingQueue;
use super::counters::{ClassCounters, Count};
use super::hop::{DropCause, Dropped, Exit};
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

/// One direction of a link.
#[derive(Clone, Debug)]
pub struct Link {
    schedule: RateSchedule,
    first_rate: DataRate,
    policer: Option<Box<Policer>>,
    limit: QueueLimit,
    managed: Option<Box<ManagedQueue<Datagram>>>,
    backlog: Backlog,
    loss: LossStage,
    propagation: PropagationStage,
    impairments: Option<Box<Impairments>>,
    lost: VecDeque<Dropped>,
    standing: StandingQueue,
    entered: Count,
    dropped: Count,
    /// From the queue into the serialiser.
    begun: Count,
    /// Out of the serialiser.
    transmitted: ClassCounters,
    lost_count: Count,
    /// Into the pipe.
    launched: Count,
    /// Handed over.
    delivered: ClassCounters,
    now: Time,
}

impl Link {
    /// An idle link at [`Time::ZERO`].
    pub fn new(config: LinkConfig, streams: LinkStreams) -> Self {
        Link {
            first_rate: config.rate.sizing_rate_at(Time::ZERO),
            schedule: config.rate,
            policer: config.policer.map(|config| Box::new(Policer::new(config))),
            limit: config.queue,
            managed: config.management.map(|how| Box::new(ManagedQueue::new(how, streams.queue))),
            backlog: Backlog::default(),
            loss: LossStage::new(config.loss, streams.loss),
            propagation: PropagationStage::new(config.propagation, streams.jitter),
            impairments: Impairments::new(config.impairments, streams.impairments),
            lost: VecDeque::new(),
            standing: StandingQueue::default(),
            entered: Count::default(),
            dropped: Count::default(),
            begun: Count::default(),
            transmitted: ClassCounters::default(),
            lost_count: Count::default(),
            launched: Count::default(),
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
    pub fn enqueue(&mut self, now: Time, datagram: Datagram) -> Result<(), Dropped> {
        self.advance(now);
        let size = datagram.wire_size();
        if let Some(policer) = &mut self.policer
            && !policer.admits(now, size)
        {
            return Err(Dropped { datagram, cause: DropCause::Policer, at: now, queued: Duration::ZERO });
        }
        self.entered.add(size);
        if self.managed.is_some() {
            self.enqueue_managed(now, datagram);
            return Ok(());
        }
        let idle = self.backlog.is_idle();
        let limit = || self.limit.bytes_at(now, &self.schedule, self.first_rate);
        if !idle && limit().is_some_and(|limit| self.backlog.bytes() + size > limit) {
            self.dropped.add(size);
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
        let pipe = self.next_of_pipe();
        match &self.impairments {
            None => pipe,
            Some(stage) => stage.next_event().into_iter().chain(pipe).min(),
        }
    }

    fn next_of_pipe(&self) -> Option<Time> {
        if !self.lost.is_empty() {
            return Some(self.now);
        }
        let arrival = self.backlog.arriving().map(|packet| packet.record.arrived);
        if arrival.is_some() && !self.propagation.config.reorder {
            return arrival;
        }
        let base = self.propagation.config.base;
        let departure = self.backlog.front().map(|packet| packet.record.transmission_end + base);
        arrival.into_iter().chain(departure).min().filter(|&at| at != Time::NEVER)
    }

    /// What has come out by `now`, one at a time; call until `None`.
    pub fn poll(&mut self, now: Time) -> Option<Exit> {
        self.advance(now);
        if let Some(dropped) = self.lost.pop_front() {
            return Some(Exit::Lost(dropped));
        }
        let delivered = match self.impairments {
            None => self.backlog.pop_arrived(now)?,
            Some(_) => match self.next_impaired(now)? {
                Ok(delivered) => delivered,
                Err(refused) => return Some(Exit::Lost(refused)),
            },
        };
        self.delivered.add(delivered.datagram.class, delivered.datagram.wire_size());
        Some(Exit::Arrived(delivered))
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
        while let Some(packet) = self.backlog.departing(now) {
            let (size, end) = (packet.datagram.wire_size(), packet.record.transmission_end);
            self.transmitted.add(packet.datagram.class, size);
            if self.loss.loses_next() {
                self.lose(size);
            } else {
                let record = &packet.record;
                let arrived = self.propagation.arrival(record.transmission_start, record.transmission_end);
                self.launched.add(size);
                self.backlog.launch(arrived);
            }
            if self.managed.is_some() {
                self.refill(end, true);
            } else {
                self.begin_transmission();
            }
        }
    }

    fn begin_transmission(&mut self) {
        let Some(packet) = self.backlog.front() else { return };
        let record = &packet.record;
        self.standing.observe(record.transmission_start, record.queue());
        self.begun.add(packet.datagram.wire_size());
    }

    fn lose(&mut self, size: DataSize) {
        self.lost_count.add(size);
        let lost = self.backlog.lose().map(|packet| Dropped {
            datagram: packet.datagram,
            cause: DropCause::Random,
            at: packet.record.transmission_end,
            queued: packet.record.queue(),
        });
        self.lost.extend(lost);
    }
}
