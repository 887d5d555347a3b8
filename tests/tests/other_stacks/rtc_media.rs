//! `rtc`'s packetisers and depacketisers, one set for each codec.

use std::sync::Arc;
use std::time::Instant;

use rtc::media::io::sample_builder::SampleBuilder;
use rtc::rtp;
use rtc::rtp::codec::{av1, h264, opus, vp8, vp9};
use rtc::rtp::packetizer::{Depacketizer, Payloader};
use sfu::participant::Codec;

/// How many packets it waits for one that is missing.
const PATIENCE: u16 = 400;

/// What splits a codec's frames.
pub(crate) fn payloader(codec: Codec) -> Box<dyn Payloader> {
    match codec {
        Codec::Opus => Box::new(opus::OpusPayloader),
        // Grows its picture ids from 7 to 15 bits at 128, in the middle of a stream.
        Codec::Vp8 => {
            let mut payloader = vp8::Vp8Payloader::default();
            payloader.enable_picture_id = true;
            Box::new(payloader)
        }
        // Flexible mode; it never sets the P bit, so that every picture of it claims to need no other.
        Codec::Vp9 => {
            let mut payloader = vp9::Vp9Payloader::default();
            // Random otherwise; these turn over in the middle of a stream.
            payloader.initial_picture_id_fn = Some(Arc::new(|| 0x7fc0));
            Box::new(payloader)
        }
        Codec::Av1 => Box::new(av1::Av1Payloader::default()),
        Codec::H264 | Codec::H264Mode0 => Box::new(h264::H264Payloader::default()),
    }
}

/// Puts frames together.
pub(crate) trait Assembler {
    fn push(&mut self, now: Instant, packet: rtp::Packet);
    fn pop(&mut self, now: Instant) -> Option<(u32, Vec<u8>)>;
    /// How many packets it had to do without.
    fn dropped(&self) -> usize;
}

/// `rtc`'s own, which says so.
struct Builder<T: Depacketizer> {
    samples: SampleBuilder<T>,
    dropped: usize,
}

impl<T: Depacketizer> Assembler for Builder<T> {
    fn push(&mut self, now: Instant, packet: rtp::Packet) {
        self.samples.push(now, packet);
    }

    fn pop(&mut self, now: Instant) -> Option<(u32, Vec<u8>)> {
        let sample = self.samples.pop(now)?;
        self.dropped += usize::from(sample.prev_dropped_packets);
        Some((sample.packet_timestamp, sample.data.to_vec()))
    }

    fn dropped(&self) -> usize {
        self.dropped
    }
}

/// What puts a codec's frames together.
pub(crate) fn assembler(codec: Codec) -> Box<dyn Assembler> {
    match codec {
        Codec::Opus => builder(codec, opus::OpusPacket),
        Codec::Vp8 => builder(codec, vp8::Vp8Packet::default()),
        Codec::Vp9 => builder(codec, vp9::Vp9Packet::default()),
        Codec::Av1 => builder(codec, av1::Av1Depacketizer::new()),
        Codec::H264 | Codec::H264Mode0 => builder(codec, h264::H264Packet::default()),
    }
}

fn builder<T: Depacketizer + 'static>(codec: Codec, depacketizer: T) -> Box<dyn Assembler> {
    let samples = SampleBuilder::new(PATIENCE, depacketizer, codec.kind().clock_rate());
    Box::new(Builder { samples, dropped: 0 })
}
