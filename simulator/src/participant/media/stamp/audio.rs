//! The stamp of an audio packet.

use std::time::Duration;

use sfu::Time;

use super::{Reader, StampError, Writer, check};

const KIND: u8 = 0xa6;
const VOICED: u8 = 1;

/// Who made an audio packet, and when: small enough for a quiet Opus packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioStamp {
    /// The publisher's place in the cast.
    pub publisher: u16,
    /// The publisher's source.
    pub source: u8,
    /// Whether somebody speaks in it; a jitter buffer may stretch or drop what is not voiced.
    pub voiced: bool,
    /// The packet's number within its source.
    pub ordinal: u32,
    /// When its first sample was captured.
    pub captured: Time,
    /// Capture of the first sample to the encoder's output: packetisation included; at most 4.29 s.
    pub encode: Duration,
}

impl AudioStamp {
    /// Length on the wire, bytes.
    pub const LEN: usize = 23;

    /// When the encoder gave the packet out.
    pub fn encoded(&self) -> Time {
        self.captured + self.encode
    }

    /// Writes the stamp to the start of `out`.
    ///
    /// # Panics
    /// When `out` is shorter than [`AudioStamp::LEN`].
    pub fn write(&self, out: &mut [u8]) {
        let out: &mut [u8; Self::LEN] = out.first_chunk_mut().expect("the caller made room for a stamp");
        let mut w = Writer { out, at: 0 };
        w.put([KIND]);
        w.put(self.publisher.to_be_bytes());
        w.put([self.source, u8::from(self.voiced) * VOICED]);
        w.put(self.ordinal.to_be_bytes());
        w.put(self.captured.as_nanos().to_be_bytes());
        w.put(u32::try_from(self.encode.as_nanos()).unwrap_or(u32::MAX).to_be_bytes());
        let body: &[u8; Self::LEN - 2] = w.out.first_chunk().expect("shorter than the stamp");
        let sum = check(body);
        w.put(sum.to_be_bytes());
        debug_assert_eq!(w.at, Self::LEN);
    }

    /// Reads the stamp at the start of `bytes`.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn read(bytes: &[u8]) -> Result<AudioStamp, StampError> {
        let bytes: &[u8; Self::LEN] = bytes.first_chunk().ok_or(StampError::Truncated)?;
        if bytes[0] != KIND {
            return Err(StampError::Kind);
        }
        let (body, sum): (&[u8; Self::LEN - 2], _) =
            bytes.split_first_chunk().expect("shorter than the stamp");
        if check(body).to_be_bytes() != sum {
            return Err(StampError::Damaged);
        }
        let mut r = Reader { bytes: &body[1..] };
        let publisher = u16::from_be_bytes(r.take());
        let [source, flags] = r.take();
        Ok(AudioStamp {
            publisher,
            source,
            voiced: flags & VOICED != 0,
            ordinal: u32::from_be_bytes(r.take()),
            captured: Time::from_nanos(u64::from_be_bytes(r.take())),
            encode: Duration::from_nanos(u64::from(u32::from_be_bytes(r.take()))),
        })
    }
}
