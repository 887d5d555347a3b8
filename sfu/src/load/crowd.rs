//! Everybody at once, in one thread around one epoll: who has something to read reads, who has something to say says it
//! when it is due.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::fd::OwnedFd;
use rustix::time::Timespec;

use super::measure::{Spans, Usage};
use super::person::{Gear, Person};
use super::publisher::{FRAME, SOUND};
use super::receiver::Receiver;
use super::server::ServerUnderLoad;
use super::{LoadError, Plan};
use crate::Time;
use crate::codec::MediaKind;
use crate::participant::Wish;
use crate::server::clock::Clock;

/// Between looks at checks, handshakes and reports.
const TICK: Duration = Duration::from_millis(5);
/// Between looks at the WebSockets.
const HEAR: Duration = Duration::from_millis(100);
/// What has to go well before anything is measured.
const TRIAL: Duration = Duration::from_secs(2);
/// What is on its way when a window ends has this long to come.
const TAIL: Duration = Duration::from_millis(500);
/// A wait that was no longer than this means that something had come before it.
const NO_WAIT: Duration = Duration::from_micros(20);

/// What was measured.
pub(super) struct Window {
    pub(super) span: Duration,
    pub(super) server: Usage,
    pub(super) own: Usage,
    /// Packets that people should have received and didn't.
    pub(super) missing: u64,
    pub(super) nacked: u64,
    pub(super) unsent: u64,
    pub(super) strange: u64,
}

/// See the module.
pub(super) struct Crowd {
    gear: Gear,
    pub(super) people: Vec<Person>,
    publishers_per_room: usize,
    people_per_room: usize,
    epoll: OwnedFd,
    due: BinaryHeap<Reverse<(Time, usize, bool)>>,
    next_tick: Time,
    next_hear: Time,
    /// For each packet, how long it may have waited for us to read it.
    pub(super) read_late: Spans,
    /// For each frame and packet of sound, how late it went out.
    pub(super) sent_late: Spans,
    buffer: Vec<u8>,
    /// Since when what comes may have waited.
    idle_at: Time,
    /// Who has answered the server's offer.
    answered: Vec<bool>,
}

impl Crowd {
    /// Joins everybody to the rooms.
    pub(super) fn gather(server: &ServerUnderLoad, plan: &Plan) -> Result<Self, LoadError> {
        let provider: std::sync::Arc<dyn rtc_crypto::RTCCryptoProvider> =
            std::sync::Arc::new(rtc_crypto::providers::AwsLcRsProvider::new());
        let certificate = crate::transport::certificate::Certificate::generate(provider.as_ref())
            .map_err(|error| LoadError::Protocol(error.to_string()))?;
        let gear = Gear { clock: Clock::start(), provider, certificate };
        let epoll = epoll::create(CreateFlags::CLOEXEC).map_err(std::io::Error::from)?;
        let (people_per_room, publishers_per_room) = (plan.shape.people(), plan.shape.publishers());
        let mut people = Vec::with_capacity(plan.rooms * people_per_room);
        for index in 0..plan.rooms * people_per_room {
            let number = u16::try_from(index)
                .map_err(|_| LoadError::Protocol("more than 65,536 people are too many".into()))?;
            let publishes = index % people_per_room < publishers_per_room;
            let person =
                Person::join(&gear, server.page(), number, index / people_per_room, publishes, plan.carrier)?;
            epoll::add(&epoll, &person.wire, EventData::new_u64(index as u64), EventFlags::IN)
                .map_err(std::io::Error::from)?;
            people.push(person);
        }
        let now = gear.clock.now();
        Ok(Crowd {
            gear,
            answered: vec![false; people.len()],
            people,
            publishers_per_room,
            people_per_room,
            epoll,
            due: BinaryHeap::new(),
            next_tick: now,
            next_hear: now,
            read_late: Spans::default(),
            sent_late: Spans::default(),
            buffer: vec![0; 2_048],
            idle_at: now,
        })
    }

    /// Waits until everybody has keys.
    pub(super) fn connect(&mut self, patience: Duration) -> Result<(), LoadError> {
        self.wait(patience, "not everybody is connected", |crowd| {
            crowd.people.iter().all(Person::is_connected)
        })
    }

    /// Everybody asks for everything of all others, and waits for the server's offer.
    pub(super) fn subscribe(&mut self, patience: Duration) -> Result<(), LoadError> {
        for index in 0..self.people.len() {
            let ids: Vec<String> =
                self.heard_by(index).map(|publisher| self.people[publisher].id.clone()).collect();
            let wish = |id: &String, source: &str| Wish::new(id.clone(), source.into());
            let wishes: Vec<Wish> = ids.iter().flat_map(|id| [wish(id, "mic"), wish(id, "cam")]).collect();
            if wishes.is_empty() {
                self.answered[index] = true;
            } else {
                self.people[index].session.subscribe(&wishes)?;
            }
        }
        self.wait(patience, "not everybody was offered what it wants", |crowd| {
            crowd.answered.iter().all(|answered| *answered)
        })
    }

    /// Begins to publish, and waits until a trial window passes without a gap: until then the server learns what each
    /// line carries.
    pub(super) fn warm_up(&mut self, patience: Duration) -> Result<(), LoadError> {
        let now = self.gear.clock.now();
        let publishes = |index: &usize| self.people[*index].publisher.is_some();
        for index in (0..self.people.len()).filter(publishes) {
            // Cameras don't keep time with each other: steps of the golden ratio.
            let phase = |interval: Duration| {
                let step = (interval.as_nanos() as u64).wrapping_mul(618_034) / 1_000_000;
                Duration::from_nanos(index as u64 * step % interval.as_nanos() as u64)
            };
            self.due.push(Reverse((now + phase(FRAME), index, true)));
            self.due.push(Reverse((now + phase(SOUND), index, false)));
        }
        let mut missing = 0;
        while self.gear.clock.now().since(now) < patience {
            self.begin_window();
            self.run_for(TRIAL)?;
            missing = self.end_window()?;
            if missing == 0 {
                return Ok(());
            }
        }
        Err(LoadError::Late(patience, format!("{missing} packets of the last two seconds did not come")))
    }

    /// Measures for `span`.
    pub(super) fn measure(&mut self, server: &ServerUnderLoad, span: Duration) -> Result<Window, LoadError> {
        self.begin_window();
        let begun = self.gear.clock.now();
        let (theirs, own) = (server.usage()?, Usage::of_this_thread()?);
        self.run_for(span)?;
        let span = self.gear.clock.now().since(begun);
        let (theirs, own) = (server.usage()?.since(theirs), Usage::of_this_thread()?.since(own));
        let missing = self.end_window()?;
        let sum = |count: fn(&Person) -> u64| self.people.iter().map(count).sum();
        Ok(Window {
            span,
            server: theirs,
            own,
            missing,
            nacked: sum(|person| person.nacked),
            unsent: sum(|person| person.unsent),
            strange: sum(|person| person.strange),
        })
    }

    /// The publishers that a person receives.
    fn heard_by(&self, index: usize) -> impl Iterator<Item = usize> + use<> {
        let first = index - index % self.people_per_room;
        (first..first + self.publishers_per_room).filter(move |publisher| *publisher != index)
    }

    fn begin_window(&mut self) {
        self.read_late.clear();
        self.sent_late.clear();
        self.each_stream(Receiver::expect);
        for person in &mut self.people {
            person.receiver.clear();
            (person.unsent, person.strange, person.nacked) = (0, 0, 0);
        }
    }

    /// How many packets of the window did not come, though they had some time more.
    fn end_window(&mut self) -> Result<u64, LoadError> {
        self.each_stream(Receiver::end);
        self.run_for(TAIL)?;
        Ok(self.people.iter().map(|person| person.receiver.missing()).sum())
    }

    /// Tells each receiver the next number of each stream that it gets.
    fn each_stream(&mut self, tell: fn(&mut Receiver, u16, MediaKind, u32)) {
        for index in 0..self.people.len() {
            for publisher in self.heard_by(index) {
                for kind in [MediaKind::Audio, MediaKind::Video] {
                    let next = self.people[publisher].publisher.as_ref().map_or(0, |own| own.sent(kind));
                    tell(&mut self.people[index].receiver, publisher as u16, kind, next);
                }
            }
        }
    }

    fn wait(
        &mut self,
        patience: Duration,
        what: &str,
        done: impl Fn(&Crowd) -> bool,
    ) -> Result<(), LoadError> {
        let until = self.gear.clock.now() + patience;
        while !done(self) {
            if self.gear.clock.now() >= until {
                return Err(LoadError::Late(patience, what.into()));
            }
            self.run_for(TICK)?;
        }
        Ok(())
    }

    fn run_for(&mut self, span: Duration) -> Result<(), LoadError> {
        let until = self.gear.clock.now() + span;
        let mut events = Vec::with_capacity(1_024);
        loop {
            let now = self.speak()?;
            if now >= until {
                return Ok(());
            }
            let next = self.due.peek().map_or(Time::NEVER, |Reverse((at, _, _))| *at);
            let wait = next.min(self.next_tick).min(until).since(now);
            let timeout = Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: i64::from(wait.subsec_nanos()) };
            match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut events), Some(&timeout)) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(std::io::Error::from(error).into()),
            }
            let woken = self.gear.clock.now();
            if woken.since(now) > NO_WAIT {
                self.idle_at = woken;
            }
            let Crowd { people, gear, buffer, read_late, idle_at, .. } = self;
            for event in events.drain(..) {
                let taken = |at: Time| read_late.note(at.since(*idle_at));
                people[event.data.u64() as usize].read(&gear.clock, buffer, taken);
            }
            // What comes from here on may wait for the next round.
            self.idle_at = woken;
        }
    }

    /// Does what is due, and says when it was done.
    fn speak(&mut self) -> Result<Time, LoadError> {
        let clock = self.gear.clock;
        let mut now = clock.now();
        while let Some(Reverse((at, index, video))) =
            self.due.peek().copied().filter(|Reverse((at, ..))| *at <= now)
        {
            self.due.pop();
            self.sent_late.note(now.since(at));
            self.people[index].publish(&clock, video);
            self.due.push(Reverse((at + if video { FRAME } else { SOUND }, index, video)));
            now = clock.now();
        }
        if self.next_tick <= now {
            self.next_tick = now + TICK;
            self.people.iter_mut().for_each(|person| person.timeout(now));
        }
        if self.next_hear <= now {
            self.next_hear = now + HEAR;
            self.hear()?;
        }
        Ok(clock.now())
    }

    fn hear(&mut self) -> Result<(), LoadError> {
        for (index, person) in self.people.iter_mut().enumerate() {
            while let Some(message) = person.session.hear()? {
                if message["type"] == "offer" {
                    person.answer(message["offer"].as_str().unwrap_or_default())?;
                    self.answered[index] = true;
                }
            }
        }
        Ok(())
    }
}
