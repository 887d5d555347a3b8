//! One receiver's outgoing audio stream, made of one or, one after another, of several sources.

use super::timestamp::ticks;
use crate::rtp::sequence::distance32;
use crate::{DropReason, Time};

/// Opus's RTP clock runs at 48 kHz whatever the audio's sampling rate is (RFC 7587 section 4.1).
pub const OPUS_CLOCK_RATE: u32 = 48_000;

/// The least advance of the clock at a switch: one frame of 20 ms, which is what browsers send, so that the
/// new source's first frame doesn't overlap the old one's last.
const LEAST_ADVANCE: i64 = 20 * OPUS_CLOCK_RATE as i64 / 1_000;

/// How many numbers a late packet may be behind: the width of the window against duplicates. At 50
/// packets/s it is 2.5 s, longer than any jitter buffer waits.
const WINDOW: u64 = 128;

/// How many numbers may be missing before the source counts as restarted: RFC 3550 appendix A.1 has 3000
/// for all media, of which audio at 50 packets/s would need a minute.
const MAX_JUMP: u64 = 1_000;

/// How far a source's clock may run ahead of arrival before it counts as restarted: 10 s.
const MAX_TIMESTAMP_LEAD: i64 = 10 * OPUS_CLOCK_RATE as i64;

/// One audio packet as it came from a publisher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IngressAudio {
    /// Any number that differs between sources, such as the SSRC.
    pub source: u32,
    /// Sequence number, extended to 64 bits.
    pub sequence: u64,
    /// RTP timestamp, 48 kHz.
    pub timestamp: u32,
    /// Marker bit: the first packet of a talk spurt (RFC 7587 section 4.1, RFC 3551 section 4.1).
    pub marker: bool,
    /// When the packet arrived.
    pub arrived: Time,
    /// Nothing but padding follows the header, or nothing that is to go further: the number is closed up.
    pub padding_only: bool,
}

/// How one packet goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProjectedAudio {
    /// Outgoing sequence number, extended (its low 16 bits go on the wire).
    pub sequence: u64,
    /// Outgoing timestamp.
    pub timestamp: u32,
    /// Marker bit, set on the first packet of every run as well.
    pub marker: bool,
}

impl ProjectedAudio {
    /// The sequence number on the wire.
    pub const fn sequence16(&self) -> u16 {
        self.sequence as u16
    }
}

/// A stretch of one source without a break: both offsets hold still.
#[derive(Clone, Copy, Debug)]
struct Run {
    source: u32,
    /// Lower numbers have no place in the run.
    first: u64,
    highest: u64,
    /// Bit `i`: the number `highest - i` was seen.
    seen: u128,
    /// Outgoing number of `first`.
    base: u64,
    timestamp_offset: u32,
    /// The highest packet's timestamp, and when it arrived.
    newest: (u32, Time),
    suspect: Option<u64>,
}

/// Rewrites sources into one continuous stream: numbers never skip what wasn't sent, and the clock goes on
/// by arrival time over mute, pause and change of source. Nothing is sent again: audio that comes a round
/// trip late has been concealed already.
#[derive(Clone, Debug)]
pub struct AudioProjection {
    run: Option<Run>,
    paused: bool,
    /// What comes next of the run's source closes up to what went out last.
    closing: bool,
    next_sequence: u64,
    initial_timestamp: u32,
    /// The newest outgoing timestamp, and when its packet arrived.
    last: Option<(u32, Time)>,
}

impl AudioProjection {
    /// A projection whose first packet gets these numbers (random ones, RFC 3550 section 5.1).
    pub fn new(sequence: u16, timestamp: u32) -> Self {
        AudioProjection {
            run: None,
            paused: false,
            closing: false,
            next_sequence: (1 << 16) + u64::from(sequence),
            initial_timestamp: timestamp,
            last: None,
        }
    }

    /// Stops: mute, or the source isn't among those heard.
    pub fn pause(&mut self) {
        self.paused = true;
        self.run = None;
    }

    /// Goes on with the next packet of whichever source.
    pub fn resume(&mut self) {
        self.paused = false;
    }

    /// What the source sent since its last packet was left out on purpose: the numbers close up, and its clock goes on
    /// as if it had been silent.
    pub fn close_up(&mut self) {
        self.closing = self.run.is_some();
    }

    /// Whether [`AudioProjection::pause`] holds.
    pub const fn is_paused(&self) -> bool {
        self.paused
    }

    /// The outgoing timestamp of the source timestamp `rtp`, for sender reports to the receiver; none unless
    /// `source` is being forwarded.
    pub fn map_timestamp(&self, source: u32, rtp: u32) -> Option<u32> {
        self.run.filter(|run| run.source == source).map(|run| rtp.wrapping_add(run.timestamp_offset))
    }

    /// Whether the packet of this number went out, in the stretch that is going on.
    pub fn has_sent(&self, sequence: u64) -> bool {
        self.run.is_some_and(|run| {
            let behind = run.highest.checked_sub(sequence).filter(|behind| *behind < WINDOW);
            sequence >= run.first && behind.is_some_and(|behind| run.seen & (1 << behind) != 0)
        })
    }

    /// The outgoing form of one packet. A packet of another source than before starts a new run.
    ///
    /// # Errors
    /// Why the packet isn't forwarded.
    pub fn project(&mut self, packet: &IngressAudio) -> Result<ProjectedAudio, DropReason> {
        if self.paused {
            return Err(DropReason::Muted);
        }
        let Some(run) = self.run.as_mut().filter(|run| run.source == packet.source) else {
            return self.start(packet);
        };
        if packet.sequence > run.highest {
            let ahead = packet.sequence - run.highest;
            let advance = i64::from(distance32(packet.timestamp, run.newest.0));
            let elapsed = ticks(packet.arrived.since(run.newest.1), OPUS_CLOCK_RATE);
            let jumped = advance < 0 || advance > elapsed + MAX_TIMESTAMP_LEAD;
            if self.closing && packet.padding_only {
                // Its number is one of those that close up.
                return Err(DropReason::PaddingOnly);
            }
            if self.closing && !jumped {
                return Ok(self.rejoin(packet));
            }
            if ahead > MAX_JUMP || (jumped && !packet.padding_only) {
                return self.start(packet);
            }
            return self.advance(packet, ahead);
        }
        let behind = run.highest - packet.sequence;
        if behind >= WINDOW {
            let follows = run.suspect.is_some_and(|suspect| suspect.checked_add(1) == Some(packet.sequence));
            run.suspect = Some(packet.sequence);
            return if follows { self.start(packet) } else { Err(DropReason::TooOld) };
        }
        if packet.sequence < run.first {
            return Err(DropReason::TooOld);
        }
        if run.seen & (1 << behind) != 0 {
            return Err(DropReason::Duplicate);
        }
        run.seen |= 1 << behind;
        if packet.padding_only {
            return Err(DropReason::PaddingOnly);
        }
        Ok(ProjectedAudio {
            sequence: run.base + (packet.sequence - run.first),
            timestamp: packet.timestamp.wrapping_add(run.timestamp_offset),
            marker: packet.marker,
        })
    }

    /// The first packet of the run's source after some that were left out.
    fn rejoin(&mut self, packet: &IngressAudio) -> ProjectedAudio {
        let run = self.run.as_mut().expect("the caller found the packet's run");
        let sequence = self.next_sequence;
        let timestamp = packet.timestamp.wrapping_add(run.timestamp_offset);
        *run = Run {
            first: packet.sequence,
            highest: packet.sequence,
            seen: 1,
            base: sequence,
            newest: (packet.timestamp, packet.arrived),
            suspect: None,
            ..*run
        };
        (self.closing, self.next_sequence) = (false, sequence + 1);
        self.last = Some((timestamp, packet.arrived));
        ProjectedAudio { sequence, timestamp, marker: true }
    }

    fn start(&mut self, packet: &IngressAudio) -> Result<ProjectedAudio, DropReason> {
        if packet.padding_only {
            return Err(DropReason::PaddingOnly);
        }
        let timestamp = match self.last {
            None => self.initial_timestamp,
            Some((out, at)) => {
                let elapsed = ticks(packet.arrived.since(at), OPUS_CLOCK_RATE);
                out.wrapping_add(elapsed.max(LEAST_ADVANCE) as u32)
            }
        };
        let sequence = self.next_sequence;
        (self.closing, self.next_sequence) = (false, sequence + 1);
        self.last = Some((timestamp, packet.arrived));
        self.run = Some(Run {
            source: packet.source,
            first: packet.sequence,
            highest: packet.sequence,
            seen: 1,
            base: sequence,
            timestamp_offset: timestamp.wrapping_sub(packet.timestamp),
            newest: (packet.timestamp, packet.arrived),
            suspect: None,
        });
        Ok(ProjectedAudio { sequence, timestamp, marker: true })
    }

    /// A packet `ahead` numbers beyond the highest of its run.
    fn advance(&mut self, packet: &IngressAudio, ahead: u64) -> Result<ProjectedAudio, DropReason> {
        let run = self.run.as_mut().expect("the caller found the packet's run");
        run.highest = packet.sequence;
        run.seen = if ahead < WINDOW { run.seen << ahead } else { 0 } | 1;
        let sequence = run.base + (packet.sequence - run.first);
        self.next_sequence = sequence;
        if packet.padding_only {
            // Its number is closed up; what came before it has no place any more.
            run.first = packet.sequence + 1;
            run.base = sequence;
            return Err(DropReason::PaddingOnly);
        }
        let timestamp = packet.timestamp.wrapping_add(run.timestamp_offset);
        run.newest = (packet.timestamp, packet.arrived);
        self.last = Some((timestamp, packet.arrived));
        self.next_sequence += 1;
        Ok(ProjectedAudio { sequence, timestamp, marker: packet.marker })
    }
}

#[cfg(test)]
mod tests;
