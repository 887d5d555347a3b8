//! Which frames can be decoded: by what their packets say, and in truth.
//!
//! What packets say is judged in decode order, codec by codec, as libwebrtc's receiver does. The truth is in the stamp.
//! Where packets call a frame decodable whose true references are missing, a real decoder would show rubbish: the SFU
//! left out, or rewrote, what it must not have.

mod numbers;
mod truth;
mod vp8;
mod vp9;

use numbers::NumberState;
use truth::Truth;
use vp8::Vp8State;
use vp9::Vp9State;

use super::frame_buffer::LayerFrame;
use super::links::Links;

/// The newest numbers decoded, as bits below the highest.
#[derive(Clone, Copy, Debug, Default)]
struct Decoded {
    /// Bit n: the number `highest − n` was decoded.
    bits: u128,
}

impl Decoded {
    /// Begins with one number.
    const ONE: Decoded = Decoded { bits: 1 };

    /// The highest moves up by `step`, and is decoded.
    fn advance(&mut self, step: u32) {
        self.bits = self.bits.checked_shl(step).unwrap_or(0) | 1;
    }

    /// The highest moves up by `step`, and is not decoded.
    fn shift(&mut self, step: u32) {
        self.bits = self.bits.checked_shl(step).unwrap_or(0);
    }

    /// The highest is decoded.
    fn mark(&mut self) {
        self.bits |= 1;
    }

    /// Whether the number `back` below the highest was decoded.
    fn contains(&self, back: u32) -> bool {
        back < u128::BITS && self.bits >> back & 1 == 1
    }

    /// Whether the highest and all down to `back` below it were decoded.
    fn contains_all(&self, back: u32) -> bool {
        back < u128::BITS && self.bits.trailing_ones() > back
    }
}

/// What the packets of the frames decoded so far said.
#[derive(Clone, Debug)]
enum Described {
    Vp8(Vp8State),
    Vp9(Vp9State),
    Numbers(NumberState),
    /// Each frame depends on the one before it.
    Order,
}

#[derive(Clone, Debug)]
struct State {
    last_sequence: u64,
    described: Described,
    truth: Truth,
}

/// The decoder's state, as far as dependencies go.
#[derive(Clone, Debug, Default)]
pub(super) struct References {
    state: Option<State>,
}

/// What there is to know of one complete frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameFacts<'a> {
    pub(super) first_sequence: u64,
    pub(super) last_sequence: u64,
    /// Its spatial layers, lowest first.
    pub(super) layers: &'a [LayerFrame],
}

impl FrameFacts<'_> {
    /// Whether it begins like a key frame.
    pub(super) fn is_key(&self) -> bool {
        self.layers[0].links.is_key()
    }
}

impl Described {
    /// Begins with the lowest layer of a key frame; `None` when that can't be.
    fn key(links: &Links) -> Option<Described> {
        match links {
            // libwebrtc drops a key frame that claims a higher temporal layer.
            Links::Vp8(d) if d.temporal_id.is_some_and(|temporal| temporal > 0) => None,
            Links::Vp8(descriptor) => Some(Described::Vp8(Vp8State::key(descriptor))),
            Links::Vp9(links) => Vp9State::key(links).map(Described::Vp9),
            Links::Described(bytes) => NumberState::key(bytes).map(Described::Numbers),
            Links::Order { .. } => Some(Described::Order),
        }
    }

    fn allows(&self, links: &Links, follows: bool) -> bool {
        match (self, links) {
            (Described::Vp8(state), Links::Vp8(descriptor)) => state.allows(descriptor, follows),
            (Described::Vp9(state), Links::Vp9(links)) => state.allows(links),
            (Described::Numbers(state), Links::Described(bytes)) => state.allows(bytes),
            (Described::Order, Links::Order { .. }) => follows,
            _ => false,
        }
    }

    fn decoded(&mut self, links: &Links) {
        match (self, links) {
            (Described::Vp8(state), Links::Vp8(descriptor)) => state.decoded(descriptor),
            (Described::Vp9(state), Links::Vp9(links)) => state.decoded(links),
            (Described::Numbers(state), Links::Described(bytes)) => state.decoded(bytes),
            _ => {}
        }
    }

    /// Spatial and temporal layer of a frame, as far as they can be known.
    fn layer(&self, links: &Links) -> (u8, u8) {
        match (self, links) {
            (Described::Numbers(state), Links::Described(bytes)) => {
                state.read(bytes).map_or((0, 0), |d| (d.frame.spatial_id, d.frame.temporal_id))
            }
            (_, Links::Vp8(descriptor)) => (0, descriptor.temporal_id.unwrap_or(0)),
            (_, Links::Vp9(links)) => (links.spatial, links.temporal),
            _ => (0, 0),
        }
    }
}

impl References {
    /// Whether its packets call the frame decodable, all its layers after each other.
    pub(super) fn allow(&self, frame: &FrameFacts<'_>) -> bool {
        if let ([layer], Some(state), false) = (frame.layers, &self.state, frame.is_key()) {
            return state.begins_whole(frame) && state.described.allows(&layer.links, state.precedes(frame));
        }
        let (mut described, rest) = match (&self.state, frame.is_key()) {
            (_, true) => match Described::key(&frame.layers[0].links) {
                Some(described) => (described, &frame.layers[1..]),
                None => return false,
            },
            (Some(state), false) if state.begins_whole(frame) => (state.described.clone(), frame.layers),
            _ => return false,
        };
        let follows = self.state.as_ref().is_some_and(|state| state.precedes(frame));
        rest.iter().all(|layer| {
            let allowed = described.allows(&layer.links, follows);
            described.decoded(&layer.links);
            allowed
        })
    }

    /// Whether all that the frame truly refers to was decoded.
    pub(super) fn truly_allow(&self, frame: &FrameFacts<'_>) -> bool {
        let mut truth = self.state.as_ref().map(|state| state.truth);
        frame.layers.iter().all(|layer| {
            let stamp = layer.stamp();
            let allowed = stamp.key || truth.is_some_and(|truth| truth.allows(stamp));
            match &mut truth {
                Some(truth) => truth.decoded(stamp),
                None => truth = Some(Truth::new(stamp)),
            }
            allowed
        })
    }

    /// Takes note that the frame was decoded.
    pub(super) fn decoded(&mut self, frame: &FrameFacts<'_>) {
        let (base, rest) = frame.layers.split_first().expect("a frame has a layer");
        let fresh = Truth::new(base.stamp());
        match (&mut self.state, frame.is_key().then(|| Described::key(&base.links)).flatten()) {
            (state, Some(described)) => {
                *state = Some(State { last_sequence: frame.last_sequence, described, truth: fresh });
            }
            (Some(state), None) => {
                state.described.decoded(&base.links);
                state.truth.decoded(base.stamp());
                state.last_sequence = frame.last_sequence;
            }
            (None, None) => return,
        }
        let state = self.state.as_mut().expect("set above");
        for layer in rest {
            state.described.decoded(&layer.links);
            state.truth.decoded(layer.stamp());
        }
    }

    /// The temporal layer of a frame that may not be complete, as far as it can be known.
    pub(super) fn temporal(&self, layers: &[LayerFrame]) -> u8 {
        let known = self.state.as_ref().zip(layers.first());
        known.map_or(0, |(state, layer)| state.described.layer(&layer.links).1)
    }

    /// The last sequence number of the last frame decoded.
    pub(super) fn last_sequence(&self) -> Option<u64> {
        self.state.as_ref().map(|state| state.last_sequence)
    }

    /// Nothing can be decoded but a key frame.
    pub(super) fn lose(&mut self) {
        self.state = None;
    }

    /// Whether only a key frame can be decoded.
    pub(super) const fn lost(&self) -> bool {
        self.state.is_none()
    }
}

impl State {
    /// Whether the frame's packets follow directly on those of the last one.
    fn precedes(&self, frame: &FrameFacts<'_>) -> bool {
        frame.first_sequence == self.last_sequence + 1
    }

    /// Whether no lower layer can be missing at the frame's front.
    fn begins_whole(&self, frame: &FrameFacts<'_>) -> bool {
        self.precedes(frame) || self.described.layer(&frame.layers[0].links).0 == 0
    }
}

#[cfg(test)]
mod tests;
