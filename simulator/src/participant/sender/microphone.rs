//! A microphone, up to its packets.

use std::time::Duration;

use sfu::participant::MediaKind;
use sfu::{DataRate, DataSize, Time};

use super::config::MicrophoneSettings;
use super::header::{HEADER_LEN, Header, Name};
use super::output::{MediaTag, Output};
use super::stream::RtpStream;
use super::wire::Wire;
use crate::network::TrafficClass;
use crate::participant::media::packetizer::AudioPacketizer;
use crate::participant::media::speech::{AudioFrame, FRAME, Speech};
use crate::participant::media::stamp::AudioStamp;
use crate::random::{Seed, Stream};

/// The audio level's element, rounded up to a word.
const LEVEL_LEN: u64 = 4;

/// A microphone as a source.
#[derive(Debug)]
pub(super) struct MicrophoneSource {
    pub(super) stream: RtpStream,
    source: u8,
    settings: MicrophoneSettings,
    packetizer: AudioPacketizer,
    /// Once capturing has begun.
    speech: Option<Speech>,
    muted: bool,
    /// What was captured before was captured while muted.
    unmuted: Time,
}

impl MicrophoneSource {
    pub(super) fn new(
        (publisher, source): (u16, u8),
        settings: &MicrophoneSettings,
        payload_type: u8,
        stream: &mut Stream,
        ssrcs: &mut Vec<u32>,
    ) -> Self {
        MicrophoneSource {
            stream: RtpStream::new(MediaKind::Audio, payload_type, stream, ssrcs),
            source,
            settings: settings.clone(),
            packetizer: AudioPacketizer::new(publisher, source),
            speech: None,
            muted: false,
            unmuted: Time::ZERO,
        }
    }

    /// Begins to capture, within one frame at random.
    pub(super) fn start(&mut self, now: Time, seed: Seed, path: &str) {
        let phase = seed.stream(&format!("{path}/phase")).below(FRAME.as_nanos() as u64);
        let stream = seed.stream(&format!("{path}/speech"));
        let start = now + Duration::from_nanos(phase);
        self.speech = Some(Speech::new(self.settings.speech.clone(), self.settings.rate, start, stream));
    }

    /// Stops or resumes capturing.
    pub(super) fn set_muted(&mut self, now: Time, muted: bool) {
        if std::mem::replace(&mut self.muted, muted) == muted || muted {
            return;
        }
        self.unmuted = now;
        // People go on talking while they are muted: what they say is lost.
        if let Some(speech) = &mut self.speech {
            while speech.next(now).is_some() {}
        }
    }

    /// Whether it captures.
    pub(super) fn is_muted(&self) -> bool {
        self.muted
    }

    /// What the source uses, headers included: nothing while it is muted.
    pub(super) fn rate(&self, overhead: DataSize) -> DataRate {
        if self.muted {
            return DataRate::ZERO;
        }
        let payload = self.settings.rate.size_in(FRAME).max(DataSize::from_bytes(AudioStamp::LEN as u64));
        let headers = DataSize::from_bytes(HEADER_LEN as u64 + LEVEL_LEN);
        DataRate::of(payload + headers + overhead, FRAME)
    }

    /// When the next frame is encoded.
    pub(super) fn deadline(&self) -> Time {
        let speech = self.speech.as_ref().filter(|_| !self.muted);
        speech.map_or(Time::NEVER, Speech::next_frame)
    }

    /// Sends all that is encoded by `now`.
    pub(super) fn send(&mut self, now: Time, wire: &mut Wire, output: &mut dyn FnMut(Output<'_>)) {
        if self.muted {
            return;
        }
        while let Some(frame) = self.speech.as_mut().and_then(|speech| speech.next(now)) {
            if frame.captured >= self.unmuted {
                self.send_frame(now, &frame, wire, output);
            }
        }
    }

    fn send_frame(
        &mut self,
        now: Time,
        frame: &AudioFrame,
        wire: &mut Wire,
        output: &mut dyn FnMut(Output<'_>),
    ) {
        let stream = &mut self.stream;
        let header = Header {
            // Chrome sends Opus without talk-spurt markers.
            marker: false,
            payload_type: stream.payload_type,
            sequence: stream.take_sequence() as u16,
            timestamp: stream.clock.at(frame.captured),
            ssrc: stream.ssrc,
            name: stream.needs_name().then_some(Name::Section { mid: &self.settings.mid }),
            audio_level: Some((frame.level, frame.voice)),
        };
        let encode = frame.encoded_at.since(frame.captured);
        let bytes = (frame.size.as_bytes() as usize).max(AudioStamp::LEN);
        let (packetizer, source) = (&mut self.packetizer, self.source);
        let fill = |buffer: &mut Vec<u8>| {
            let start = buffer.len();
            buffer.resize(start + bytes, 0);
            let out = &mut buffer[start..];
            let payload = packetizer.payload(bytes, frame.voice, frame.captured, encode, out);
            Some(MediaTag { source, encoding: 0, ordinal: payload.ordinal, voiced: frame.voice })
        };
        wire.send(now, TrafficClass::Audio, &header, fill, output);
        stream.on_sent(now, bytes);
    }
}
