//! After the last fault, every stream that is subscribed to renders again.

use std::time::Duration;

use reports::observation::{Flow, JoinStep, Observation, ParticipantIndex};
use rustc_hash::{FxHashMap, FxHashSet};
use sfu::Time;

use crate::participant::sender::MediaTag;

/// What comes out of streams, and what goes in.
#[derive(Debug)]
pub struct Liveness {
    /// The span before the end in which there must be something.
    window: Duration,
    flows: FxHashMap<Flow, State>,
    left: FxHashSet<ParticipantIndex>,
    /// When something of a publisher's source first came, and last, since it last was silent for a window.
    given: FxHashMap<(u16, u8), (Time, Time)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// Since when a layer of it is forwarded; sound always is.
    forwarded: Option<Time>,
    /// When it rendered last.
    rendered: Option<Time>,
}

impl Liveness {
    /// Asks that whatever is forwarded for all of `window` before the end renders in it.
    pub fn new(window: Duration) -> Self {
        Liveness {
            window,
            flows: FxHashMap::default(),
            left: FxHashSet::default(),
            given: FxHashMap::default(),
        }
    }

    /// A packet of a source came to the SFU.
    pub fn given(&mut self, now: Time, publisher: u16, media: MediaTag) {
        let (first, last) = self.given.entry((publisher, media.source)).or_insert((now, now));
        if now.since(*last) > self.window {
            *first = now;
        }
        *last = now;
    }

    /// Something was observed.
    pub fn observed(&mut self, now: Time, observation: &Observation) {
        match observation {
            Observation::LayerForwarded { flow, layer } => {
                let state = self.flows.entry(*flow).or_default();
                state.forwarded = layer.and(state.forwarded.or(Some(now)));
            }
            Observation::FrameRendered { flow, .. } => {
                self.flows.entry(*flow).or_default().rendered = Some(now)
            }
            Observation::AudioPlayed { flow, .. } => {
                let state = self.flows.entry(*flow).or_default();
                state.forwarded = state.forwarded.or(Some(now));
                state.rendered = Some(now);
            }
            Observation::Unsubscribed(flow) => drop(self.flows.remove(flow)),
            // What is on its way to whoever has left is lost.
            Observation::Join { participant, step: JoinStep::Left } => {
                self.left.insert(*participant);
            }
            _ => {}
        }
    }

    /// The first stream, by number, that should have rendered before `end` and has not.
    pub fn dead(&self, end: Time) -> Option<Flow> {
        let began = |since: Time| end.since(since) >= self.window;
        let dead = self.flows.iter().filter(|(flow, state)| {
            let given = self.given.get(&(flow.publisher.0, flow.source.0));
            let comes =
                given.is_some_and(|(first, last)| began(*first) && end.since(*last) < self.window / 2);
            let rendered = state.rendered.is_some_and(|at| end.since(at) < self.window);
            let listens = !self.left.contains(&flow.receiver);
            listens && comes && state.forwarded.is_some_and(began) && !rendered
        });
        dead.map(|(flow, _)| *flow).min_by_key(|flow| (flow.receiver.0, flow.publisher.0, flow.source.0))
    }
}
