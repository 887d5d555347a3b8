//! Encoded sound to Opus packets.

use std::time::Duration;

use sfu::Time;

use super::opus::{MIN_LEN, SILENCE, TOC};
use super::packetizer::Payload;
use super::speech::FRAME;
use super::stamp::AudioStamp;

const FILLER: u8 = 0x5a;

/// The packetizer of one audio source: one payload per encoded packet.
#[derive(Clone, Debug)]
pub struct AudioPacketizer {
    publisher: u16,
    source: u8,
    ordinal: u32,
    fec: bool,
    previous: Option<AudioStamp>,
}

impl AudioPacketizer {
    /// For a publisher's source.
    pub const fn new(publisher: u16, source: u8) -> Self {
        AudioPacketizer { publisher, source, ordinal: 0, fec: false, previous: None }
    }

    /// With in-band FEC, or without: a packet of speech then holds the speech before as well, at a low rate.
    #[must_use]
    pub fn with_fec(mut self, fec: bool) -> Self {
        self.fec = fec;
        self
    }

    /// How many bytes a packet takes with a copy of the one before, if it would take `bytes` without: a third more.
    pub const fn with_copy(bytes: usize) -> usize {
        let with_copy = bytes + bytes.div_ceil(3);
        let least = MIN_LEN + AudioStamp::LEN;
        if with_copy < least { least } else { with_copy }
    }

    /// Appends one payload of `bytes` (24 at least), or a third more where it holds a copy.
    pub fn payload(
        &mut self,
        bytes: usize,
        voiced: bool,
        captured: Time,
        encode: Duration,
        out: &mut Vec<u8>,
    ) -> Payload {
        let (publisher, source, ordinal) = (self.publisher, self.source, self.ordinal);
        let stamp = AudioStamp { publisher, source, voiced, ordinal, captured, encode };
        // libopus copies what was worth it: active speech, right before.
        let before = self.previous.replace(stamp).filter(|_| self.fec && voiced);
        let copy = before.filter(|before| before.voiced && before.captured + FRAME == captured);
        let len = if copy.is_some() { Self::with_copy(bytes) } else { bytes.max(MIN_LEN) };
        let start = out.len();
        out.push(TOC);
        out.resize(start + len, FILLER);
        stamp.write(&mut out[start + 1..]);
        if let Some(copy) = copy {
            copy.write(&mut out[start + MIN_LEN..]);
        }
        self.finish(len)
    }

    /// Appends a payload without sound.
    pub fn silence(&mut self, out: &mut Vec<u8>) -> Payload {
        self.previous = None;
        out.extend_from_slice(&SILENCE);
        self.finish(SILENCE.len())
    }

    fn finish(&mut self, len: usize) -> Payload {
        let ordinal = self.ordinal;
        self.ordinal = ordinal.wrapping_add(1);
        // Whether it begins a talk spurt is for the sender to know.
        Payload { len, filler: 0, marker: false, ordinal }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::participant::media::opus::OpusContent;

    const ENCODE: Duration = Duration::from_millis(21);

    #[test]
    fn a_payload_has_the_size_asked_for_and_says_what_is_in_it() {
        // bytes, FEC, (voiced, ms) of the frame before, voiced; bytes on the wire, ms of the copy
        let rows = [
            (80, false, Some((true, 0)), true, 80, None),
            (3, false, None, true, MIN_LEN, None),
            (80, true, None, true, 80, None),
            (80, true, Some((true, 0)), true, 107, Some(0)),
            (3, true, Some((true, 0)), true, MIN_LEN + AudioStamp::LEN, Some(0)),
            (80, true, Some((false, 0)), true, 80, None),
            (80, true, Some((true, 0)), false, 80, None),
        ];
        for (n, (bytes, fec, before, voiced, len, copied)) in rows.into_iter().enumerate() {
            let mut packetizer = AudioPacketizer::new(9, 4).with_fec(fec);
            let mut out = Vec::new();
            if let Some((voiced, at)) = before {
                packetizer.payload(bytes, voiced, Time::from_millis(at), ENCODE, &mut out);
                out.clear();
            }
            let payload = packetizer.payload(bytes, voiced, Time::from_millis(20), ENCODE, &mut out);
            let ordinal = u32::from(before.is_some());
            assert_eq!(
                (payload, out.len()),
                (Payload { len, filler: 0, marker: false, ordinal }, len),
                "row {n}"
            );
            let Ok(OpusContent::Sound { stamp, copy }) = OpusContent::read(&out) else { panic!("row {n}") };
            assert_eq!((stamp.publisher, stamp.source, stamp.voiced, stamp.ordinal), (9, 4, voiced, ordinal));
            assert_eq!(stamp.encoded(), Time::from_millis(41));
            assert_eq!(copy.map(|copy| copy.captured.as_millis()), copied, "row {n}");
        }
    }

    #[test]
    fn what_lies_before_a_pause_is_not_copied() {
        let mut packetizer = AudioPacketizer::new(9, 0).with_fec(true);
        let mut out = Vec::new();
        packetizer.payload(80, true, Time::ZERO, ENCODE, &mut out);
        out.clear();
        assert_eq!(packetizer.silence(&mut out), Payload { len: 1, filler: 0, marker: false, ordinal: 1 });
        assert_eq!(OpusContent::read(&out), Ok(OpusContent::Silence));
        out.clear();
        packetizer.payload(80, true, Time::from_millis(20), ENCODE, &mut out);
        assert!(matches!(OpusContent::read(&out), Ok(OpusContent::Sound { copy: None, .. })));
    }

    #[test]
    fn what_is_no_opus_of_ours_is_refused() {
        let rows: [&[u8]; 4] = [&[], &[0x08], &[0x08; 40], &[TOC, 0xa6, 1]];
        for (n, payload) in rows.into_iter().enumerate() {
            assert!(OpusContent::read(payload).is_err(), "row {n}");
        }
    }
}
