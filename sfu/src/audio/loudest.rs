//! Which sources are heard when no more than N may be.
//!
//! A source gets a place with the first frame of a talk spurt, if a place is free or its holder has been quiet for
//! longer than people pause in a sentence: nothing of the first word is lost. Else it must be markedly louder than
//! the quietest holder for a while, and then waits for the end of that one's word. The dominant speaker always has
//! a place. A source keeps its place until another needs it, so its background is heard between two sentences.

use std::time::Duration;

use crate::Time;

/// A place is idle after so long without speech, which is longer than most pauses within a sentence, or after as long
/// as its holder has spoken if that is less: a cough is followed by nothing, and a click by less.
pub const IDLE: Duration = Duration::from_millis(500);
/// How long a challenger must be louder: longer than a cough.
pub const PATIENCE: Duration = Duration::from_millis(400);
/// How much louder, as a ratio of amplitudes: 6 dB, which is distinctly louder.
pub const MARGIN: f64 = 2.0;
/// A holder is between two words after so long without speech: three frames.
pub const WORD_GAP: Duration = Duration::from_millis(60);
/// A challenger waits no longer for the end of a word: what goes on without one for two seconds is none.
pub const LONGEST_WORD: Duration = Duration::from_secs(2);

/// The places, N at most.
#[derive(Clone, Debug)]
pub struct Loudest<K> {
    most: usize,
    places: Vec<Place<K>>,
}

#[derive(Clone, Copy, Debug)]
struct Place<K> {
    key: K,
    /// The first frame of its talk spurt, and the last one of speech.
    began: Time,
    spoke: Time,
    /// Its loudness at its last packet.
    loudness: f64,
}

/// What is kept of a source that wants a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Challenge {
    /// Since when it has been louder than the quietest holder.
    since: Option<Time>,
}

/// One packet of a source.
#[derive(Clone, Copy, Debug)]
pub struct Utterance {
    /// When it came.
    pub now: Time,
    /// Whether it is louder than background.
    pub speech: bool,
    /// The source's loudness, a linear amplitude.
    pub loudness: f64,
}

impl<K: Copy + PartialEq> Loudest<K> {
    /// `most` places, all free.
    pub fn new(most: u8) -> Self {
        let most = usize::from(most);
        Loudest { most, places: Vec::with_capacity(most) }
    }

    /// How many places there are.
    pub fn most(&self) -> usize {
        self.most
    }

    /// Who has a place, in no particular but fixed order.
    pub fn iter(&self) -> impl Iterator<Item = K> {
        self.places.iter().map(|place| place.key)
    }

    /// Whether `key` has a place.
    pub fn contains(&self, key: K) -> bool {
        self.places.iter().any(|place| place.key == key)
    }

    /// Takes a packet of `key` and says whether it is to be forwarded. `dominant` can't lose its place.
    pub fn hear(
        &mut self,
        key: K,
        utterance: Utterance,
        challenge: &mut Challenge,
        dominant: Option<K>,
    ) -> bool {
        let Utterance { now, speech, loudness } = utterance;
        if let Some(place) = self.places.iter_mut().find(|place| place.key == key) {
            place.loudness = loudness;
            if speech {
                place.began = if place.is_idle(now) { now } else { place.began };
                place.spoke = now;
            }
            return true;
        }
        if !speech {
            // A challenge outlives a pause between two words, not one between two sentences.
            challenge.since = challenge.since.filter(|since| now.since(*since) < LONGEST_WORD + IDLE);
            return false;
        }
        let place = Place { key, began: now, spoke: now, loudness };
        if self.places.len() < self.most {
            self.places.push(place);
        } else {
            let Some(lost) = self.place_for(utterance, challenge, dominant) else { return false };
            self.places[lost] = place;
        }
        *challenge = Challenge::default();
        true
    }

    /// Gives `key` a place whatever it takes: it has become the dominant speaker.
    pub fn admit(&mut self, key: K, utterance: Utterance) {
        if self.most == 0 || self.contains(key) {
            return;
        }
        let Utterance { now, loudness, .. } = utterance;
        let place = Place { key, began: now, spoke: now, loudness };
        if self.places.len() < self.most {
            return self.places.push(place);
        }
        let idlest = self.idlest(None, now);
        let lost = idlest.or_else(|| self.quietest(None)).expect("there is a place, and all are taken");
        self.places[lost] = place;
    }

    /// `key` is gone, or muted.
    pub fn remove(&mut self, key: K) {
        self.places.retain(|place| place.key != key);
    }

    /// The place that a source which speaks takes from another, if it may.
    fn place_for(
        &self,
        utterance: Utterance,
        challenge: &mut Challenge,
        dominant: Option<K>,
    ) -> Option<usize> {
        let Utterance { now, loudness, .. } = utterance;
        if let Some(idlest) = self.idlest(dominant, now) {
            return Some(idlest);
        }
        let quietest = self.quietest(dominant)?;
        if loudness < self.places[quietest].loudness * MARGIN {
            challenge.since = None;
            return None;
        }
        let since = *challenge.since.get_or_insert(now);
        let in_a_word = now.since(self.places[quietest].spoke) < WORD_GAP;
        let waited = now.since(since);
        let may = waited >= PATIENCE && (!in_a_word || waited >= PATIENCE + LONGEST_WORD);
        may.then_some(quietest)
    }

    /// Which of the idle places, but that of `dominant`, has been so for the longest.
    fn idlest(&self, dominant: Option<K>, now: Time) -> Option<usize> {
        self.others(dominant)
            .filter(|at| self.places[*at].is_idle(now))
            .min_by_key(|at| self.places[*at].spoke)
    }

    fn quietest(&self, dominant: Option<K>) -> Option<usize> {
        self.others(dominant).min_by(|a, b| self.places[*a].loudness.total_cmp(&self.places[*b].loudness))
    }

    fn others(&self, dominant: Option<K>) -> impl Iterator<Item = usize> {
        (0..self.places.len()).filter(move |at| Some(self.places[*at].key) != dominant)
    }
}

impl<K> Place<K> {
    fn is_idle(&self, now: Time) -> bool {
        now.since(self.spoke) >= self.spoke.since(self.began).clamp(WORD_GAP, IDLE)
    }
}

#[cfg(test)]
mod tests;
