//! What an SFU sends to a receiver on a thin line: voices and the lowest temporal layers of several cameras, each
//! packet when it comes.

use std::time::Duration;

use crate::{DataSize, Time};

/// Cameras of 3.75 frames per second (a quarter of 15).
const CAMERAS: usize = 4;
const FRAME: Duration = Duration::from_nanos(266_666_667);
/// 35 kbps each.
const FRAME_BYTES: u64 = 1_167;
/// Voices of 16 kbps with 72 bytes of headers.
const VOICES: usize = 3;
const VOICE_BYTES: u64 = 112;
const PACKET: Duration = Duration::from_millis(20);
const FULL: u64 = 1_200;

/// The sources; 140 kbps of video and 45 kbps of each voice that speaks.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    frames: [Time; CAMERAS],
    packets: [Time; VOICES],
    speaks: [bool; VOICES],
    turns: [Time; VOICES],
    random: u64,
}

impl Call {
    pub(crate) fn new(now: Time, seed: u64) -> Self {
        let random = 0x9E37_79B9_7F4A_7C15 ^ seed.wrapping_mul(0xD134_2543_DE82_EF95);
        let mut call = Call {
            frames: [now; CAMERAS],
            packets: [now; VOICES],
            speaks: [true; VOICES],
            turns: [now; VOICES],
            random,
        };
        let mut phases = [0; CAMERAS];
        phases.fill_with(|| call.below(266));
        call.frames = phases.map(|phase| now + Duration::from_millis(phase));
        call
    }

    /// Appends the sizes of the packets that come by `now`.
    pub(crate) fn due(&mut self, now: Time, packets: &mut Vec<DataSize>) {
        for voice in 0..VOICES {
            if now >= self.turns[voice] {
                self.speaks[voice] = !self.speaks[voice];
                self.turns[voice] = now + Duration::from_millis(500 + self.below(2_000));
            }
            if now >= self.packets[voice] {
                self.packets[voice] += PACKET;
                packets.extend(self.speaks[voice].then_some(DataSize::from_bytes(VOICE_BYTES)));
            }
        }
        for camera in 0..CAMERAS {
            if now >= self.frames[camera] {
                self.frames[camera] += FRAME;
                // From half to one and a half of the mean, and a key frame of four times that now and then.
                let factor = if self.below(60) == 0 { 4 } else { 1 };
                let mut bytes = factor * (FRAME_BYTES / 2 + self.below(FRAME_BYTES));
                while bytes > 0 {
                    packets.push(DataSize::from_bytes(bytes.min(FULL)));
                    bytes -= bytes.min(FULL);
                }
            }
        }
    }

    /// xorshift64* of Vigna (2016), as in the link.
    fn below(&mut self, limit: u64) -> u64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        (self.random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % limit
    }
}
