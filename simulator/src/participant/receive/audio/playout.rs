//! The playout clock: what each step of 20 ms plays.

use std::time::Duration;

use reports::observation::SoundRecovery;
use sfu::Time;

use super::buffer::{AudioPacket, Content};
use super::{
    AudioOutput, AudioReceiver, CLOCK_HZ, MARGIN, MAX_DELAY, START_DELAY, STEP, STEP_TICKS, transit,
};
use crate::participant::receive::packet_history::Origin;
use crate::participant::receive::playout::media_nanos;

/// The delay may be this far below the target before a step is added, ns.
const TOO_SHORT: i64 = 5_000_000;
/// And this far above it before a packet is dropped: one step more than the above, so that adding and
/// dropping can't follow each other.
const TOO_LONG: i64 = 25_000_000;
/// While somebody speaks, the delay changes only when it is this much further off, ns.
const SPEECH_TOLERANCE: i64 = 35_000_000;
/// And only once in so many steps: speech that is a tenth faster or slower is still natural.
const SPEECH_STEPS: u8 = 10;
/// Further above the target than this (a stall that ended in a burst), old sound is skipped at once, ns.
const SKIP: i64 = 200_000_000;
/// A buffer that is dry for so long stops the clock until a packet comes.
const IDLE: Duration = Duration::from_secs(1);

/// Where playing stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Playing {
    /// The next step; [`Time::NEVER`] while the clock is stopped.
    pub(super) next: Time,
    /// The timestamp after the last sound played.
    position: u64,
    /// The sequence number after the last packet played, or concealed.
    sequence: u64,
    /// Since when the buffer has been dry.
    dry: Option<Time>,
    /// Steps until the delay may change again in speech.
    cooldown: u8,
    /// The last packet said that there is nothing to play.
    silent: bool,
}

/// How many whole steps fit into `span`.
fn steps(span: Duration) -> u64 {
    u64::try_from(span.as_nanos() / STEP.as_nanos()).unwrap_or(u64::MAX)
}

fn length(steps: u64) -> Duration {
    STEP * u32::try_from(steps).unwrap_or(u32::MAX)
}

/// The first step at `at` or later of a clock that has one at `grid`.
fn tick(grid: Time, at: Time) -> Time {
    let passed = (at - grid).as_nanos().div_ceil(STEP.as_nanos());
    grid + length(u64::try_from(passed).unwrap_or(u64::MAX))
}

impl AudioReceiver {
    /// Puts a packet into the buffer, and starts the clock if it stands still.
    pub(super) fn accept(&mut self, packet: AudioPacket) {
        let now = packet.arrived;
        if !self.buffer.insert(packet) {
            self.health.dropped += 1;
            self.skip_to_head();
        }
        let due = self.due(now, &packet);
        match &mut self.playing {
            None => {
                let start = now + START_DELAY;
                let next = self.config.device.map_or(start, |device| tick(device, start));
                let (position, sequence) = (packet.timestamp, packet.sequence);
                self.grid = Some(next);
                self.playing =
                    Some(Playing { next, position, sequence, dry: None, cooldown: 0, silent: false });
            }
            Some(playing) if playing.next == Time::NEVER => {
                let grid = self.grid.expect("the clock was started before");
                playing.next = tick(grid, due);
            }
            Some(_) => {}
        }
    }

    /// Goes on with the oldest packet of a buffer that overflowed. Concealing one step after another what fell out of it
    /// would never end: the buffer stays full, and loses a packet for each that comes.
    fn skip_to_head(&mut self) {
        if let (Some(playing), Some(head)) = (&mut self.playing, self.buffer.head())
            && head.sequence > playing.sequence
        {
            (playing.sequence, playing.position) = (head.sequence, head.timestamp);
        }
    }

    /// When a packet that begins after silence is to be played: at the delay aimed at, if that makes sense.
    fn due(&self, now: Time, packet: &AudioPacket) -> Time {
        let (target, wanted) = (self.target().unwrap_or(0), self.wanted().unwrap_or(0));
        let extra = Duration::from_nanos(u64::try_from(target.saturating_sub(wanted)).unwrap_or(0));
        let due = media_nanos(packet.timestamp, CLOCK_HZ).saturating_add(target);
        let due = Time::from_nanos(u64::try_from(due).unwrap_or(0)).max(now);
        // Further ahead than any delay aimed at: the timestamps jumped.
        if due - now > MAX_DELAY + MARGIN + extra { now } else { due }
    }

    /// One step of the clock.
    pub(super) fn step(&mut self, sink: &mut dyn FnMut(AudioOutput)) {
        let Some(mut playing) = self.playing else { return };
        let now = playing.next;
        playing.next += STEP;
        playing.cooldown = playing.cooldown.saturating_sub(1);
        match self.buffer.head().copied() {
            None => {
                let since = *playing.dry.get_or_insert(now);
                if now - since >= IDLE {
                    playing.next = Time::NEVER;
                }
            }
            Some(head) => {
                self.resolve_dry(now, &mut playing, &head, sink);
                self.play_or_wait(now, &mut playing, head, sink);
                if let Some(history) = &mut self.history {
                    history.settle(playing.sequence, &mut self.counters);
                }
            }
        }
        self.playing = Some(playing);
    }

    /// A packet ended a dry spell: only now it shows whether that was loss, lateness or silence.
    fn resolve_dry(
        &self,
        now: Time,
        playing: &mut Playing,
        head: &AudioPacket,
        sink: &mut dyn FnMut(AudioOutput),
    ) {
        let Some(since) = playing.dry.take() else { return };
        let dry = steps(now - since);
        let lost = head.sequence.saturating_sub(playing.sequence).min(dry);
        playing.sequence += lost;
        playing.position = playing.position.saturating_add(lost * STEP_TICKS);
        let late = head.sequence == playing.sequence && head.timestamp <= playing.position;
        let concealed = if late { dry } else { lost };
        if concealed > 0 {
            sink(AudioOutput::Concealed { began: since, length: length(concealed) });
        }
        if playing.silent && dry > concealed {
            sink(AudioOutput::Silent { length: length(dry - concealed) });
        }
    }

    fn play_or_wait(
        &mut self,
        now: Time,
        playing: &mut Playing,
        head: AudioPacket,
        sink: &mut dyn FnMut(AudioOutput),
    ) {
        if head.sequence > playing.sequence {
            let place = playing.sequence;
            playing.sequence += 1;
            playing.position = playing.position.saturating_add(STEP_TICKS);
            return match head.copy().filter(|_| head.sequence == playing.sequence) {
                Some(captured) => self.play_copy(now, place, captured, head.arrived, sink),
                None => sink(AudioOutput::Concealed { began: now, length: STEP }),
            };
        }
        let after_silence = head.timestamp > playing.position;
        if after_silence && self.due(now, &head) > now {
            return;
        }
        if !after_silence && self.adapt(now, playing, head) {
            return;
        }
        let packet = self.buffer.pop().expect("there is a head");
        playing.sequence = packet.sequence + 1;
        playing.position = packet.timestamp.saturating_add(STEP_TICKS);
        self.in_force = Some(transit(now, packet.timestamp));
        playing.silent = packet.content == Content::Silence;
        let Content::Sound { captured, .. } = packet.content else {
            return sink(AudioOutput::Silent { length: STEP });
        };
        sink(AudioOutput::Played { captured, jitter_buffer: now - packet.arrived, length: STEP });
        if packet.redundant {
            sink(AudioOutput::Recovered { by: SoundRecovery::Red, length: STEP });
        }
    }

    /// Plays a lost packet from the copy in the next one.
    fn play_copy(
        &mut self,
        now: Time,
        sequence: u64,
        captured: Time,
        arrived: Time,
        sink: &mut dyn FnMut(AudioOutput),
    ) {
        if let Some(history) = &mut self.history {
            history.insert(sequence, Origin::Repair, &mut self.counters);
        }
        sink(AudioOutput::Played { captured, jitter_buffer: now - arrived, length: STEP });
        sink(AudioOutput::Recovered { by: SoundRecovery::InBandFec, length: STEP });
    }

    /// Brings the delay closer to the target; whether this step is one that was added.
    fn adapt(&mut self, now: Time, playing: &mut Playing, mut head: AudioPacket) -> bool {
        let Some(target) = self.target() else { return false };
        let excess = |head: &AudioPacket| transit(now, head.timestamp).saturating_sub(target);
        while excess(&head) > SKIP && self.buffer.has_successor() {
            head = self.drop_head().expect("there is a successor");
        }
        let (may, tolerance) = match head.is_voiced() {
            true => (playing.cooldown == 0, SPEECH_TOLERANCE),
            false => (true, 0),
        };
        let excess = excess(&head);
        if may && excess < -TOO_SHORT - tolerance {
            self.health.inserted += 1;
            playing.cooldown = SPEECH_STEPS;
            return true;
        }
        if may && excess > TOO_LONG + tolerance && self.buffer.has_successor() {
            playing.cooldown = SPEECH_STEPS;
            self.drop_head();
        }
        false
    }

    fn drop_head(&mut self) -> Option<AudioPacket> {
        self.health.dropped += 1;
        self.buffer.pop();
        self.buffer.head().copied()
    }
}
