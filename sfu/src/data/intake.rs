//! How much of a peer's data is held that no message was made of yet: bounded, whatever the peer sends.
//!
//! rtc-sctp takes the next chunk in sequence even into a full buffer, so that a message without an end would
//! grow for ever; counts bytes only, so that a window full of one-byte chunks costs a hundred times its size;
//! and keeps empty chunks without counting anything. Transmission sequence numbers here are those inside the
//! seam, which begin at 1.

use std::collections::BTreeSet;

/// The receive buffer that is advertised, bytes: two of the largest messages.
pub(super) const BUFFER: u32 = 2 * super::MAX_MESSAGE as u32;
/// How many chunks may be held: an average of 128 bytes of a full buffer.
const MAX_CHUNKS: usize = 4_096;
/// How far beyond what is in sequence a number may lie.
const MAX_AHEAD: u32 = 8_192;
/// The last number: 2³¹ chunks are 2 TB of full packets.
const LAST: u32 = 1 << 31;

/// Why a chunk may not come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotTaken {
    /// Leave it out; the peer may send it again.
    Refused,
    /// Nothing good can come of this association any more.
    Hopeless,
}

/// What is known of the numbers received and of the bytes held.
#[derive(Debug, Default)]
pub(super) struct Intake {
    /// Every number up to here is there.
    in_sequence: u32,
    /// Those beyond that are there too.
    beyond: BTreeSet<u32>,
    bytes: usize,
    chunks: usize,
    /// Whole messages may stay unread: a full buffer is no sign of a message that is too long.
    patient: bool,
}

impl Intake {
    pub(super) fn be_patient(&mut self) {
        self.patient = true;
    }

    pub(super) fn forget(&mut self) {
        *self = Intake { patient: self.patient, ..Intake::default() };
    }

    /// Whether a chunk of `len` bytes may come in; if so it is counted.
    pub(super) fn data(&mut self, tsn: u32, len: usize) -> Result<(), NotTaken> {
        if tsn <= self.in_sequence || self.beyond.contains(&tsn) {
            // The library answers a repeat with an acknowledgement and keeps nothing.
            return Ok(());
        }
        if tsn >= LAST || self.chunks >= MAX_CHUNKS {
            return Err(NotTaken::Hopeless);
        }
        if len == 0 || tsn > self.in_sequence + MAX_AHEAD {
            return Err(NotTaken::Refused);
        }
        let fills_gap = self.beyond.last().is_some_and(|last| tsn < *last);
        if self.bytes + len > BUFFER as usize && !fills_gap {
            // In sequence without a gap, and yet no message of it: one larger than the whole buffer.
            let endless = !self.patient && self.beyond.is_empty() && tsn == self.in_sequence + 1;
            return Err(if endless { NotTaken::Hopeless } else { NotTaken::Refused });
        }
        self.bytes += len;
        self.chunks += 1;
        self.beyond.insert(tsn);
        self.advance();
        Ok(())
    }

    /// Whether the peer may give up everything up to `tsn` (RFC 3758 section 3.6).
    pub(super) fn forward(&mut self, tsn: u32) -> bool {
        if tsn > self.in_sequence + MAX_AHEAD || tsn >= LAST {
            return false;
        }
        if tsn > self.in_sequence {
            self.in_sequence = tsn;
            self.beyond = self.beyond.split_off(&(tsn + 1));
            self.advance();
        }
        true
    }

    /// A message of so many chunks and bytes was taken out.
    pub(super) fn taken(&mut self, chunks: usize, bytes: usize) {
        self.chunks = self.chunks.saturating_sub(chunks);
        self.bytes = self.bytes.saturating_sub(bytes);
    }

    /// The library advertised a window of `credit`: what it holds, exactly, also after it threw away what the
    /// peer gave up.
    pub(super) fn advertised(&mut self, credit: u32) {
        self.bytes = BUFFER.saturating_sub(credit) as usize;
        self.chunks = self.chunks.min(self.bytes);
    }

    /// Chunks held.
    #[cfg(test)]
    pub(super) fn chunks(&self) -> usize {
        self.chunks
    }

    fn advance(&mut self) {
        while self.beyond.first() == Some(&(self.in_sequence + 1)) {
            self.beyond.pop_first();
            self.in_sequence += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_without_an_end_is_hopeless_once_the_buffer_is_full() {
        let mut intake = Intake::default();
        let mut tsn = 0;
        let outcome = loop {
            tsn += 1;
            if let Err(outcome) = intake.data(tsn, 1_104) {
                break outcome;
            }
        };
        assert_eq!(outcome, NotTaken::Hopeless);
        assert_eq!(tsn, BUFFER / 1_104 + 1);
    }

    #[test]
    fn behind_a_gap_the_buffer_fills_and_the_gap_still_closes() {
        let mut intake = Intake::default();
        for tsn in 2..=1 + BUFFER / 1_024 {
            assert_eq!(intake.data(tsn, 1_024), Ok(()), "{tsn}");
        }
        assert_eq!(intake.data(2 + BUFFER / 1_024, 1_024), Err(NotTaken::Refused));
        assert_eq!(intake.data(1, 1_024), Ok(()));
        intake.taken(513, BUFFER as usize + 1_024);
        assert_eq!(intake.data(2 + BUFFER / 1_024, 1_024), Ok(()));
    }

    #[test]
    fn tiny_chunks_count_by_number() {
        let mut intake = Intake::default();
        for tsn in 0..MAX_CHUNKS as u32 {
            assert_eq!(intake.data(tsn + 2, 1), Ok(()));
        }
        assert_eq!(intake.data(MAX_CHUNKS as u32 + 2, 1), Err(NotTaken::Hopeless));
        intake.advertised(BUFFER);
        assert_eq!(intake.chunks(), 0);
        assert_eq!(intake.data(MAX_CHUNKS as u32 + 2, 1), Ok(()));
    }

    #[test]
    fn numbers_far_ahead_and_empty_chunks_are_refused() {
        let mut intake = Intake::default();
        assert_eq!(intake.data(MAX_AHEAD + 1, 1), Err(NotTaken::Refused));
        assert_eq!(intake.data(1, 0), Err(NotTaken::Refused));
        assert!(!intake.forward(MAX_AHEAD + 1));
        assert_eq!(intake.data(3, 10), Ok(()));
        assert!(intake.forward(2));
        assert_eq!(intake.in_sequence, 3, "what was there already counts");
        assert_eq!(intake.data(u32::MAX, 1), Err(NotTaken::Hopeless));
    }
}
