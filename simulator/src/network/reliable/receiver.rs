//! The receiving half: puts segments in order and cuts messages out.

use std::collections::BTreeMap;

use super::MESSAGE_LIMIT;
use super::segment::SegmentError;

/// How far ahead of the first missing byte a segment is kept, and how many bytes of them.
const WINDOW: u64 = 1 << 18;

#[derive(Clone, Debug, Default)]
pub(super) struct Receiver {
    /// The first byte that is missing.
    next: u64,
    /// Segments behind a gap, by sequence.
    early: BTreeMap<u64, Vec<u8>>,
    /// Bytes in order that are not cut into messages yet.
    stream: Vec<u8>,
    acknowledgement_due: bool,
}

impl Receiver {
    /// The first byte that is missing: what every segment acknowledges.
    pub(super) fn acknowledges(&self) -> u64 {
        self.next
    }

    pub(super) fn take_acknowledgement_due(&mut self) -> bool {
        std::mem::take(&mut self.acknowledgement_due)
    }

    pub(super) fn input(&mut self, sequence: u64, payload: &[u8]) -> Result<(), SegmentError> {
        if payload.is_empty() {
            return Ok(());
        }
        self.acknowledgement_due = true;
        if sequence > self.next {
            let kept: usize = self.early.values().map(Vec::len).sum();
            if sequence - self.next <= WINDOW && (kept + payload.len()) as u64 <= WINDOW {
                // A longer segment from the same place replaces a shorter one.
                let kept = self.early.entry(sequence).or_default();
                if kept.len() < payload.len() {
                    *kept = payload.to_vec();
                }
            }
            return Ok(());
        }
        self.append(sequence, payload);
        while let Some(entry) = self.early.first_entry().filter(|entry| *entry.key() <= self.next) {
            let (sequence, payload) = entry.remove_entry();
            self.append(sequence, &payload);
        }
        match self.length_of_first() {
            Some(length) if length > MESSAGE_LIMIT => {
                self.stream.clear();
                Err(SegmentError::MessageTooLong(length))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn next_message(&mut self) -> Option<Vec<u8>> {
        let length = self.length_of_first()?;
        if length > MESSAGE_LIMIT || self.stream.len() < 4 + length {
            return None;
        }
        let message = self.stream[4..4 + length].to_vec();
        self.stream.drain(..4 + length);
        Some(message)
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.stream.len() + self.early.values().map(Vec::len).sum::<usize>()
    }

    fn append(&mut self, sequence: u64, payload: &[u8]) {
        let known = (self.next - sequence) as usize;
        if let Some(new) = payload.get(known..) {
            self.stream.extend(new);
            self.next += new.len() as u64;
        }
    }

    fn length_of_first(&self) -> Option<usize> {
        let length = self.stream.first_chunk::<4>()?;
        Some(u32::from_be_bytes(*length) as usize)
    }
}
