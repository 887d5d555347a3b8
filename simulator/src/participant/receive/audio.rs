//! The receiver of one audio stream: an adaptive jitter buffer that plays on a fixed clock.
//!
//! In NetEq's manner, but simple. Sound plays in steps of 20 ms, whenever the sound device asks for some. The
//! delay aimed at follows the 99 % quantile of the last packets' transits; the delay in force changes by
//! whole steps, by adding or dropping a packet that nobody speaks in. A missing packet is concealed and its
//! place in time is gone; a buffer that ran dry conceals, and what was late plays later.

mod buffer;
mod intake;
mod playout;

use std::time::Duration;

use reports::observation::{FlowCounters, SoundRecovery};
use sfu::Time;
use sfu::rtcp::SenderInfo;
use sfu::rtp::Unwrapper;

use self::buffer::AudioBuffer;
use self::playout::Playing;
use super::lip_sync::{Delay, StreamSync};
use super::packet_history::PacketHistory;
use super::playout::media_nanos;
use super::quantile::SlidingQuantile;
use super::statistics::{ReceptionStatistics, ReportBlock};

/// RTP clock of Opus (RFC 7587 section 4.1).
pub const CLOCK_HZ: u32 = 48_000;
/// One step of the playout clock, and the length of each packet.
pub const STEP: Duration = Duration::from_millis(20);
const STEP_TICKS: u64 = 960;
/// Packets whose transits are remembered: 5.1 s of speech.
const WINDOW: usize = 256;
/// One packet in a hundred may be too late. NetEq takes the 95 % quantile, but of the largest delay in each
/// half second (`DelayManager`), which is stricter than 95 % of all packets.
const QUANTILE_PERCENT: usize = 99;
/// Added to the quantile: half a packet, so that a packet that comes just in time is in time.
const MARGIN: Duration = Duration::from_millis(10);
/// The first packet waits this long, since nothing is known of the jitter yet.
const START_DELAY: Duration = Duration::from_millis(40);
/// Bound of the delay aimed at, over the shortest transit seen.
const MAX_DELAY: Duration = Duration::from_millis(500);

/// What a receiver is told of its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioConfig {
    /// The media SSRC.
    pub ssrc: u32,
    /// Whose stream signalling says it is.
    pub publisher: u16,
    /// Which of the publisher's sources.
    pub source: u8,
    /// The payload type of redundant audio (RFC 2198), if there may be any.
    pub red: Option<u8>,
    /// A moment at which the listener's sound device asks for sound, as it does every 20 ms for all streams together;
    /// `None` for a device of the stream's own, which starts with it.
    pub device: Option<Time>,
}

/// What a receiver has to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AudioOutput {
    /// The first packet of the stream is here.
    FirstPacket,
    /// A packet begins to play.
    Played {
        /// When its first sample was captured.
        captured: Time,
        /// From its arrival to now.
        jitter_buffer: Duration,
        /// How much sound it is.
        length: Duration,
    },
    /// Sound was missing and was made up.
    Concealed {
        /// When the gap began. Not now, when the buffer ran dry: that this was no silence shows later.
        began: Time,
        /// How much sound was missing.
        length: Duration,
    },
    /// What begins to play had been lost, and was in a later packet: told besides its playing.
    Recovered {
        /// In which form.
        by: SoundRecovery,
        /// How much sound it is.
        length: Duration,
    },
    /// The sender left out a pause (DTX), and comfort noise was played instead.
    Silent {
        /// How much.
        length: Duration,
    },
}

/// What the jitter buffer did, and what went wrong beyond loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AudioHealth {
    /// Packets that came after their place was concealed.
    pub late: u64,
    /// Packets dropped to shorten the delay.
    pub dropped: u64,
    /// Steps added to lengthen the delay.
    pub inserted: u64,
    /// Packets whose payload could not be read.
    pub corrupt: u64,
    /// Packets of another publisher or source: the SFU's fault.
    pub foreign: u64,
}

/// The receiver of one audio stream.
#[derive(Clone, Debug)]
pub struct AudioReceiver {
    config: AudioConfig,
    statistics: ReceptionStatistics,
    history: Option<PacketHistory>,
    timestamps: Unwrapper<32>,
    transits: SlidingQuantile<WINDOW>,
    buffer: AudioBuffer,
    playing: Option<Playing>,
    counters: FlowCounters,
    expected_before: u64,
    health: AudioHealth,
    /// The phase of the playout clock, once something played.
    grid: Option<Time>,
    sync: StreamSync,
    /// The transit of the packet that played last.
    in_force: Option<i64>,
}

impl AudioReceiver {
    /// A receiver that has seen nothing.
    pub fn new(config: AudioConfig) -> Self {
        AudioReceiver {
            statistics: ReceptionStatistics::new(config.ssrc, CLOCK_HZ),
            config,
            history: None,
            timestamps: Unwrapper::new(),
            transits: SlidingQuantile::new(),
            buffer: AudioBuffer::new(),
            playing: None,
            counters: FlowCounters::default(),
            expected_before: 0,
            health: AudioHealth::default(),
            grid: None,
            sync: StreamSync::default(),
            in_force: None,
        }
    }

    /// When [`AudioReceiver::handle_timeout`] wants to be called: the next step, unless the stream is silent.
    pub fn deadline(&self) -> Option<Time> {
        self.playing.map(|playing| playing.next).filter(|&next| next < Time::NEVER)
    }

    /// Plays what is due at `now`.
    pub fn handle_timeout(&mut self, now: Time, sink: &mut dyn FnMut(AudioOutput)) {
        while self.deadline().is_some_and(|deadline| deadline <= now) {
            self.step(sink);
        }
    }

    /// The counters as they stand; a packet that has not come when its place is played is lost.
    pub fn counters(&self) -> FlowCounters {
        let expected = self.history.as_ref().map_or(0, PacketHistory::expected);
        FlowCounters { expected: self.expected_before + expected, ..self.counters }
    }

    /// What the jitter buffer did.
    pub const fn health(&self) -> AudioHealth {
        self.health
    }

    /// A sender report of the stream arrived.
    pub fn on_sender_report(&mut self, now: Time, info: &SenderInfo) {
        self.statistics.on_sender_report(now, info.ntp.middle());
        // Before the first packet there is nothing to tie to the clock.
        if self.timestamps.highest().is_some() {
            let timestamp = self.timestamps.peek(u64::from(info.rtp_timestamp));
            self.sync.on_sender_report(info.ntp, media_nanos(timestamp, CLOCK_HZ));
        }
    }

    /// How long after its capture the sound is played; none before a report and a packet.
    pub fn delay(&self) -> Option<Delay> {
        self.sync.delay(self.in_force, self.wanted())
    }

    /// The sound is to be played no sooner than this delay, in the sense of [`AudioReceiver::delay`].
    pub fn wait(&mut self, least: Option<i64>) {
        self.sync.wait(least);
    }

    /// The report block for a receiver report sent now; `None` before the first packet.
    pub fn report(&mut self, now: Time) -> Option<ReportBlock> {
        self.statistics.report(now)
    }

    fn restart(&mut self, first: u64) {
        self.buffer.clear();
        self.transits.clear();
        self.playing = None;
        self.sync.reset();
        self.in_force = None;
        if let Some(history) = &mut self.history {
            history.settle(u64::MAX, &mut self.counters);
            self.expected_before += history.expected();
            history.restart(first);
        }
    }

    /// The delay aimed at, as a transit in nanoseconds; `None` before the first packet.
    fn target(&self) -> Option<i64> {
        self.wanted().map(|wanted| self.sync.at_least(wanted))
    }

    /// The delay that the jitter alone asks for.
    fn wanted(&self) -> Option<i64> {
        let longest = self.transits.min()?.saturating_add(MAX_DELAY.as_nanos() as i64);
        Some(self.transits.quantile(QUANTILE_PERCENT)?.min(longest).saturating_add(MARGIN.as_nanos() as i64))
    }
}

/// How long after its media time something happens, ns; only differences mean anything.
fn transit(at: Time, timestamp: u64) -> i64 {
    i64::try_from(at.as_nanos()).unwrap_or(i64::MAX).saturating_sub(media_nanos(timestamp, CLOCK_HZ))
}

#[cfg(test)]
mod tests;
