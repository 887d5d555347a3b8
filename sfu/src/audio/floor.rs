//! The floor of one conference: who has it, who had it, and whose sound is forwarded.

use std::time::Duration;

use slotmap::{SlotMap, new_key_type};

use super::activity::STEP;
use super::dominant_speaker::{DECISION_INTERVAL, DominantSpeaker};
use super::level::{ActivityMeter, MeterConfig};
use super::loudest::{Challenge, Loudest, Utterance};
use super::{Activity, FRAME, RecentSpeakers, SILENCE, SpeechActivity};
use crate::forward::OPUS_CLOCK_RATE;
use crate::participant::ParticipantId;
use crate::rtp::sequence::distance32;
use crate::time::Time;

/// How loudness is measured for the choice of the loudest: over windows of some syllables.
const METER: MeterConfig =
    MeterConfig { active: 50, least_share: 10, window: Duration::from_millis(200), smoothing: 2 };
/// Without a packet for so long, the source is taken as silent.
const LEVEL_TIMEOUT: Duration = Duration::from_millis(40);
/// After so long without a packet, nothing is left of a source's activity.
const FORGOTTEN: Duration = Duration::from_millis(1_200);
/// Louder than this is speech even where nothing quieter was ever heard: −40 dBov.
const CERTAIN_SPEECH: u8 = SILENCE - 40;
/// Quieter than this is none, however quiet the room: −50 dBov.
const LEAST_SPEECH: u8 = SILENCE - 50;
/// What a packet without a level is taken for, since it can't be ranked: the least speech there is.
const UNKNOWN_LEVEL: u8 = SILENCE - LEAST_SPEECH;
/// The longest packet of Opus (RFC 6716 section 2.1.4).
const LONGEST_PACKET: Duration = Duration::from_millis(120);
/// How many of those who spoke last are remembered: more than anybody has room for on a screen.
const RECENT: usize = 50;

new_key_type! {
    /// A source of sound, for as long as its participant is there.
    pub struct SpeakerId;
}

/// What the floor needs to know of one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sound {
    /// RTP timestamp, 48 kHz.
    pub timestamp: u32,
    /// RFC 6464 level, 0 (loudest) to 127; none if the sender tells none.
    pub level: Option<u8>,
}

/// What follows from one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Whether the packet is to be forwarded.
    pub forward: bool,
    /// Who has become the dominant speaker, if somebody else has.
    pub dominant: Option<ParticipantId>,
}

/// Who speaks in one conference. Decisions are made as sound comes in: while none does, nobody takes the floor.
#[derive(Debug)]
pub struct Floor {
    speakers: SlotMap<SpeakerId, Speaker>,
    dominant: DominantSpeaker<SpeakerId>,
    /// Whom the others were told of.
    announced: Option<ParticipantId>,
    recent: RecentSpeakers<ParticipantId>,
    loudest: Option<Loudest<SpeakerId>>,
    next_decision: Time,
}

#[derive(Debug)]
struct Speaker {
    owner: ParticipantId,
    activity: SpeechActivity,
    meter: ActivityMeter,
    challenge: Challenge,
    clock: Option<Clock>,
}

/// Where a source's time stands.
#[derive(Clone, Copy, Debug)]
struct Clock {
    timestamp: u32,
    arrived: Time,
    /// The length of a packet.
    length: Duration,
    /// Sound that doesn't make up a frame yet.
    pending: Duration,
    /// Up to when activity was recorded.
    recorded: Time,
}

impl Floor {
    /// A floor without sources. Of those to come, `loudest` are forwarded at a time; all without it.
    pub fn new(loudest: Option<u8>) -> Self {
        Floor {
            speakers: SlotMap::with_key(),
            dominant: DominantSpeaker::default(),
            announced: None,
            recent: RecentSpeakers::new(RECENT),
            loudest: loudest.filter(|most| *most > 0).map(Loudest::new),
            next_decision: Time::ZERO,
        }
    }

    /// A source of `owner`.
    pub fn add(&mut self, owner: ParticipantId) -> SpeakerId {
        self.speakers.insert(Speaker {
            owner,
            activity: SpeechActivity::default(),
            meter: ActivityMeter::new(METER),
            challenge: Challenge::default(),
            clock: None,
        })
    }

    /// All sources of `owner` are gone.
    pub fn remove(&mut self, owner: ParticipantId) {
        let Floor { speakers, dominant, loudest, .. } = self;
        speakers.retain(|id, speaker| {
            if speaker.owner == owner {
                dominant.remove(id);
                loudest.iter_mut().for_each(|loudest| loudest.remove(id));
            }
            speaker.owner != owner
        });
        self.announced.take_if(|announced| *announced == owner);
        self.recent.remove(owner);
    }

    /// A source was muted: it gives back its place and the floor, and what it said is forgotten.
    pub fn mute(&mut self, id: SpeakerId) {
        let Some(speaker) = self.speakers.get_mut(id) else { return };
        speaker.activity.push_silence(u64::MAX);
        speaker.meter.reset();
        (speaker.challenge, speaker.clock) = (Challenge::default(), None);
        self.dominant.remove(id);
        self.loudest.iter_mut().for_each(|loudest| loudest.remove(id));
    }

    /// The dominant speaker as the others were told; none before anybody spoke, and after it left.
    pub fn dominant(&self) -> Option<ParticipantId> {
        self.announced
    }

    /// Those who had the floor, the latest first.
    pub fn recent(&self) -> &RecentSpeakers<ParticipantId> {
        &self.recent
    }

    /// Whether what `id` says is forwarded.
    pub fn is_heard(&self, id: SpeakerId) -> bool {
        self.loudest.as_ref().is_none_or(|loudest| loudest.contains(id))
    }

    /// How many sources are forwarded at a time, where that is limited.
    pub fn places(&self) -> Option<usize> {
        self.loudest.as_ref().map(Loudest::most)
    }

    /// The sources that have a place, where places are limited.
    pub fn heard(&self) -> impl Iterator<Item = SpeakerId> {
        self.loudest.iter().flat_map(Loudest::iter)
    }

    /// The source that has the floor.
    pub fn dominant_source(&self) -> Option<SpeakerId> {
        self.dominant.current()
    }

    /// A packet of `id` came at `now`.
    pub fn on_packet(&mut self, id: SpeakerId, now: Time, sound: Sound) -> Heard {
        let Some(speaker) = self.speakers.get_mut(id) else { return Heard { forward: true, dominant: None } };
        let utterance = speaker.take(now, sound);
        let holder = self.dominant.current();
        let gate = self.loudest.as_mut();
        let mut forward = gate.is_none_or(|gate| gate.hear(id, utterance, &mut speaker.challenge, holder));
        let dominant = if now >= self.next_decision { self.decide(now) } else { None };
        if dominant.is_some() {
            forward = self.is_heard(id);
        }
        Heard { forward, dominant: dominant.flatten() }
    }

    /// Lets the sources compete for the floor. The outer answer: somebody won it; the inner: whom to tell of.
    fn decide(&mut self, now: Time) -> Option<Option<ParticipantId>> {
        // A fixed interval, but no decisions to catch up with after a silence.
        let next = self.next_decision + DECISION_INTERVAL;
        self.next_decision = if next > now { next } else { now + DECISION_INTERVAL };
        for speaker in self.speakers.values_mut() {
            speaker.record_gap(now);
        }
        let sources = self.speakers.iter().map(|(id, speaker)| (id, speaker.activity(now)));
        let winner = self.dominant.decide(sources)?;
        let speaker = &self.speakers[winner];
        if let Some(loudest) = &mut self.loudest {
            let loudness = speaker.meter.level(now);
            loudest.admit(winner, Utterance { now, speech: true, loudness });
        }
        let owner = speaker.owner;
        self.recent.promote(owner);
        Some((self.announced.replace(owner) != Some(owner)).then_some(owner))
    }
}

impl Speaker {
    /// Accounts for a packet, unless it is late.
    fn take(&mut self, now: Time, sound: Sound) -> Utterance {
        let level = sound.level.unwrap_or(UNKNOWN_LEVEL).min(SILENCE);
        let from_silence = SILENCE - level;
        let threshold = self.activity.background().saturating_add(STEP).clamp(LEAST_SPEECH, CERTAIN_SPEECH);
        let speech = match sound.level {
            Some(_) => from_silence >= threshold,
            None => true,
        };
        if let Some(length) = self.advance(now, sound.timestamp) {
            self.meter.observe(now, level, length);
            // A level that is made up says nothing about who has the floor.
            self.record(now, sound.level.map_or(0, |_| from_silence));
        }
        Utterance { now, speech, loudness: self.meter.level(now) }
    }

    /// Moves the clock on to a packet, and says how long that is; none for one that came late.
    fn advance(&mut self, now: Time, timestamp: u32) -> Option<Duration> {
        self.record_gap(now);
        let Some(clock) = &mut self.clock else {
            let (length, pending) = (FRAME, Duration::ZERO);
            self.clock = Some(Clock { timestamp, arrived: now, length, pending, recorded: now });
            return Some(length);
        };
        let ticks = distance32(timestamp, clock.timestamp);
        let restarted = now.since(clock.arrived) >= FORGOTTEN;
        if ticks <= 0 && !restarted {
            return None;
        }
        let span = Duration::from_secs(u64::try_from(ticks).unwrap_or(0)) / OPUS_CLOCK_RATE;
        // More than a packet's worth is a gap: of loss, or of silence that wasn't sent.
        if !span.is_zero() && span <= LONGEST_PACKET {
            clock.length = span;
        }
        (clock.timestamp, clock.arrived) = (timestamp, now);
        Some(clock.length)
    }

    /// Records the level of the packet that came at `now`, once for each frame of it.
    fn record(&mut self, now: Time, level: u8) {
        let clock = self.clock.as_mut().expect("the clock was moved on");
        clock.pending += clock.length;
        while clock.pending >= FRAME {
            clock.pending -= FRAME;
            self.activity.push(level);
        }
        clock.recorded = now;
    }

    /// Records silence for the time without a packet.
    fn record_gap(&mut self, now: Time) {
        let Some(clock) = &mut self.clock else { return };
        if now.since(clock.arrived) <= LEVEL_TIMEOUT.max(clock.length * 2) {
            return;
        }
        let from = clock.recorded.max(clock.arrived + clock.length);
        let frames = now.since(from).as_nanos() / FRAME.as_nanos();
        let frames = u64::try_from(frames).unwrap_or(u64::MAX);
        clock.recorded = from + Duration::from_nanos(FRAME.as_nanos() as u64 * frames);
        self.activity.push_silence(frames);
    }

    fn activity(&self, now: Time) -> Activity {
        let silent = self.clock.is_none_or(|clock| now.since(clock.arrived) >= FORGOTTEN);
        if silent { Activity::default() } else { self.activity.counts() }
    }
}

#[cfg(test)]
mod tests;
