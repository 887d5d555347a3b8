//! `rtc`'s packetisers and depacketisers, one set for each codec.

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
        Codec::Vp9 => Box::new(vp9::Vp9Payloader::default()),
        Codec::Av1 => Box::new(av1::Av1Payloader::default()),
        Codec::H264 | Codec::H264Mode0 => Box::new(h264::H264Payloader::default()),
    }
}

/// Puts frames together.
pub(crate) trait Assembler {
    fn push(&mut self, now: Instant, packet: rtp::Packet);
    fn pop(&mut self, now: Instant) -> Option<(u32, Vec<u8>)>;
}

impl<T: Depacketizer> Assembler for SampleBuilder<T> {
    fn push(&mut self, now: Instant, packet: rtp::Packet) {
        SampleBuilder::push(self, now, packet);
    }

    fn pop(&mut self, now: Instant) -> Option<(u32, Vec<u8>)> {
        let sample = SampleBuilder::pop(self, now)?;
        assert_eq!(sample.prev_dropped_packets, 0, "rtc had to drop packets before a frame");
        Some((sample.packet_timestamp, sample.data.to_vec()))
    }
}

/// What puts a codec's frames together.
pub(crate) fn assembler(codec: Codec) -> Box<dyn Assembler> {
    let rate = codec.kind().clock_rate();
    match codec {
        Codec::Opus => Box::new(SampleBuilder::new(PATIENCE, opus::OpusPacket, rate)),
        Codec::Vp8 => Box::new(SampleBuilder::new(PATIENCE, vp8::Vp8Packet::default(), rate)),
        Codec::Vp9 => Box::new(SampleBuilder::new(PATIENCE, vp9::Vp9Packet::default(), rate)),
        Codec::Av1 => Box::new(SampleBuilder::new(PATIENCE, av1::Av1Depacketizer::new(), rate)),
        Codec::H264 | Codec::H264Mode0 => {
            Box::new(SampleBuilder::new(PATIENCE, h264::H264Packet::default(), rate))
        }
    }
}
