//! Which ingress packet each outgoing number stands for, so that a NACK can be answered.

use std::time::Duration;

use crate::Time;
use crate::codec::frame::PictureNumbers;
use crate::rtp::sequence::distance16;

/// How often one packet is sent again: as often as a receiver asks ([`crate::receive::nack::MAX_REQUESTS`]).
pub const MAX_RESENDS: u8 = 10;

/// The shortest hold-off, for round trips too short to measure.
const SHORTEST_HOLD_OFF: Duration = Duration::from_millis(5);

/// How many numbers are remembered: at 284 packets/s (2.5 Mbit/s in packets of 1,100 bytes) 1.8 s, longer
/// than the packet cache keeps the payloads.
pub const DEFAULT_PACKETS: usize = 512;

/// What is needed to build an outgoing packet again from the cached ingress packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentPacket {
    /// Outgoing sequence number, extended.
    pub sequence: u64,
    /// The encoding that it came from.
    pub encoding: u8,
    /// The ingress sequence number, extended.
    pub source_sequence: u64,
    /// Outgoing timestamp.
    pub timestamp: u32,
    /// Outgoing marker bit.
    pub marker: bool,
    /// The decode targets that it named as active, where it was told to.
    pub active_targets: Option<u32>,
    /// Outgoing numbers of the payload.
    pub numbers: PictureNumbers,
}

/// Why a number that a receiver asks for isn't sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It was never sent, or so long ago that it was forgotten.
    Unknown,
    /// It was sent so lately that this request can't be about that sending.
    TooSoon,
    /// It was sent again often enough.
    TooOften,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    packet: SentPacket,
    first_sent: Time,
    last_sent: Time,
    resends: u8,
}

/// One receiver's last outgoing numbers.
#[derive(Clone, Debug)]
pub struct SentLog {
    entries: Box<[Option<Entry>]>,
    highest: Option<u64>,
}

impl Default for SentLog {
    fn default() -> Self {
        SentLog::new(DEFAULT_PACKETS)
    }
}

impl SentLog {
    /// A log of the last `packets` numbers (rounded up to a power of two, at most 32,768).
    pub fn new(packets: usize) -> Self {
        let packets = packets.clamp(1, 1 << 15).next_power_of_two();
        SentLog { entries: vec![None; packets].into_boxed_slice(), highest: None }
    }

    /// Numbers in the log. It looks at every place: not for hot paths.
    pub fn held(&self) -> usize {
        self.entries.iter().flatten().count()
    }

    /// Takes note that `packet` is sent for the first time.
    pub fn record(&mut self, now: Time, packet: SentPacket) {
        if self.highest.is_none_or(|highest| packet.sequence > highest) {
            self.highest = Some(packet.sequence);
        }
        let slot = self.slot(packet.sequence);
        self.entries[slot] = Some(Entry { packet, first_sent: now, last_sent: now, resends: 0 });
    }

    /// Answers a request for the wire number `sequence`, and counts the packet as sent again.
    ///
    /// The hold-off after the first sending is half the round trip `rtt`: the receiver misses the packet
    /// when the next one arrives, so an earlier request is about something else. After a repetition it is
    /// seven eighths, since the answer and the next request cross, and receivers repeat after one round trip.
    ///
    /// # Errors
    /// Why it should not be sent.
    pub fn answer(&mut self, now: Time, rtt: Duration, sequence: u16) -> Result<SentPacket, Refusal> {
        let highest = self.highest.ok_or(Refusal::Unknown)?;
        let back = distance16(highest as u16, sequence);
        let back = u64::try_from(back).map_err(|_| Refusal::Unknown)?;
        let sequence = highest.checked_sub(back).ok_or(Refusal::Unknown)?;
        let slot = self.slot(sequence);
        let entry = self.entries[slot].as_mut().filter(|entry| entry.packet.sequence == sequence);
        let entry = entry.ok_or(Refusal::Unknown)?;
        if entry.resends >= MAX_RESENDS {
            return Err(Refusal::TooOften);
        }
        let hold_off = if entry.resends == 0 { rtt / 2 } else { rtt - rtt / 8 };
        if now.since(entry.last_sent) < hold_off.max(SHORTEST_HOLD_OFF) {
            return Err(Refusal::TooSoon);
        }
        entry.resends += 1;
        entry.last_sent = now;
        Ok(entry.packet)
    }

    /// When the packet with the extended number `sequence` was first and last sent, and how often in all.
    pub fn times(&self, sequence: u64) -> Option<(Time, Time, u8)> {
        let entry = self.entries[self.slot(sequence)].filter(|entry| entry.packet.sequence == sequence)?;
        Some((entry.first_sent, entry.last_sent, entry.resends + 1))
    }

    /// Forgets what came from `encoding`: its source numbers mean other packets from now on.
    pub fn forget_encoding(&mut self, encoding: u8) {
        for entry in &mut self.entries {
            entry.take_if(|entry| entry.packet.encoding == encoding);
        }
    }

    /// Forgets everything.
    pub fn flush(&mut self) {
        self.entries.fill(None);
    }

    fn slot(&self, sequence: u64) -> usize {
        sequence as usize & (self.entries.len() - 1)
    }
}

#[cfg(test)]
mod tests;
