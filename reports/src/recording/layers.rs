//! Which layer of a video source went to a receiver, when, and why.

use std::time::Duration;

use scenarios::Time;

use super::measure::Span;
use crate::observation::Layer;

/// A switch down this soon after a switch up is an oscillation (★ our own choice).
const OSCILLATION: Duration = Duration::from_secs(10);

/// A stretch of time with one forwarded layer and one entitled layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerInterval {
    /// When.
    pub span: Span,
    /// What was forwarded; `None`: nothing.
    pub layer: Option<Layer>,
    /// What the receiver was entitled to, as of the SFU's last choice.
    pub entitled: Option<Layer>,
    /// The reason of the SFU's last choice when the stretch began, or of its first one after; empty before that.
    pub reason: String,
    /// Whether a subscription began with it.
    pub first: bool,
}

/// The stretches of one flow, in order of time; gaps are times without a subscription.
#[derive(Clone, Debug, Default)]
pub struct LayerTimeline {
    intervals: Vec<LayerInterval>,
    open: Option<LayerInterval>,
    chosen: Option<(Option<Layer>, String)>,
}

/// Shares and switches within the measured time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LayerUse {
    /// Time per layer in ascending order, "none" first; only what occurred.
    pub times: Vec<(Option<Layer>, Duration)>,
    /// Time below the entitled layer.
    pub below_entitled: Duration,
    /// Sum of all times.
    pub total: Duration,
    /// Changes of the forwarded layer.
    pub switches: u64,
    /// Switches down within 10 s of one up.
    pub oscillations: u64,
}

impl LayerTimeline {
    /// The flow is wanted from now on; nothing is forwarded yet.
    pub(crate) fn subscribed(&mut self, at: Time) {
        self.close(at);
        self.chosen = None;
        self.open = Some(interval(at, None, None, String::new(), true));
    }

    /// The flow is no longer wanted.
    pub(crate) fn close(&mut self, at: Time) {
        if let Some(mut open) = self.open.take() {
            open.span.until = at;
            if !open.span.length().is_zero() {
                self.intervals.push(open);
            }
        }
    }

    /// The SFU chose: remembers why, and answers whether the choice or its reason is new.
    pub(crate) fn chosen(
        &mut self,
        at: Time,
        layer: Option<Layer>,
        entitled: Option<Layer>,
        why: &str,
    ) -> bool {
        if self.open.as_ref().is_some_and(|open| open.entitled != entitled) {
            let forwarded = self.open.as_ref().and_then(|open| open.layer);
            self.turn(at, forwarded, entitled, why);
        }
        // The first choice explains why nothing comes from the beginning on.
        if let Some(open) = self.open.as_mut().filter(|open| open.layer.is_none() && open.reason.is_empty()) {
            why.clone_into(&mut open.reason);
        }
        let is_new = self.chosen.as_ref().is_none_or(|(last, reason)| *last != layer || reason != why);
        if is_new {
            self.chosen = Some((layer, why.to_owned()));
        }
        is_new
    }

    /// What is forwarded now; `None`: nothing, or the flow isn't wanted.
    pub(crate) fn current(&self) -> Option<Layer> {
        self.open.as_ref().and_then(|open| open.layer)
    }

    /// The SFU forwards `layer` from now on; answers whether that is a change.
    pub(crate) fn forwarded(&mut self, at: Time, layer: Option<Layer>) -> bool {
        let Some(open) = &self.open else { return false };
        if open.layer == layer {
            return false;
        }
        let reason = self.chosen.as_ref().map_or(String::new(), |(_, reason)| reason.clone());
        self.turn(at, layer, open.entitled, &reason);
        true
    }

    /// All stretches that have ended.
    pub fn intervals(&self) -> &[LayerInterval] {
        &self.intervals
    }

    /// Shares and switches inside `measured`.
    pub fn usage(&self, measured: Span) -> LayerUse {
        let mut usage = LayerUse::default();
        let mut switches = Switches::default();
        for interval in &self.intervals {
            let time = interval.span.overlap(measured).length();
            add_time(&mut usage.times, interval.layer, time);
            usage.total += time;
            if interval.entitled.is_some() && interval.layer < interval.entitled {
                usage.below_entitled += time;
            }
            let is_measured = measured.from <= interval.span.from && interval.span.from < measured.until;
            let (switched, oscillated) = switches.take(interval);
            usage.switches += u64::from(switched && is_measured);
            usage.oscillations += u64::from(oscillated && is_measured);
        }
        usage.times.sort_unstable_by_key(|(layer, _)| *layer);
        usage
    }

    fn turn(&mut self, at: Time, layer: Option<Layer>, entitled: Option<Layer>, reason: &str) {
        let Some(open) = &mut self.open else { return };
        if open.span.from == at {
            (open.layer, open.entitled, open.reason) = (layer, entitled, reason.to_owned());
            return;
        }
        let ended = std::mem::replace(open, interval(at, layer, entitled, reason.to_owned(), false));
        self.intervals.push(LayerInterval { span: Span { until: at, ..ended.span }, ..ended });
    }
}

fn interval(
    at: Time,
    layer: Option<Layer>,
    entitled: Option<Layer>,
    reason: String,
    first: bool,
) -> LayerInterval {
    LayerInterval { span: Span { from: at, until: at }, layer, entitled, reason, first }
}

fn add_time(times: &mut Vec<(Option<Layer>, Duration)>, layer: Option<Layer>, time: Duration) {
    if time.is_zero() {
        return;
    }
    match times.iter_mut().find(|(known, _)| *known == layer) {
        Some((_, sum)) => *sum += time,
        None => times.push((layer, time)),
    }
}

/// Counts switches along a timeline.
#[derive(Default)]
struct Switches {
    current: Option<Layer>,
    /// Whether anything was forwarded in this subscription: the start is not a switch.
    started: bool,
    last_up: Option<Time>,
}

impl Switches {
    fn take(&mut self, interval: &LayerInterval) -> (bool, bool) {
        if interval.first {
            *self = Switches::default();
        }
        let (before, at) = (self.current, interval.span.from);
        let switched = self.started && interval.layer != before;
        self.started |= interval.layer.is_some();
        self.current = interval.layer;
        if !switched {
            return (false, false);
        }
        // `None` sorts below every layer, which is what "nothing at all" is worth.
        if interval.layer > before {
            self.last_up = Some(at);
            return (true, false);
        }
        (true, self.last_up.take().is_some_and(|up| at.since(up) <= OSCILLATION))
    }
}

#[cfg(test)]
mod tests;
