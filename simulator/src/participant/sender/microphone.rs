//! A microphone, up to its packets.

use std::time::Duration;

use sfu::codec::red;
use sfu::participant::MediaKind;
use sfu::{DataRate, DataSize, Time};

use super::config::MicrophoneSettings;
use super::dtx::{Dtx, Transmission};
use super::header::{HEADER_LEN, Header, Name};
use super::output::{MediaTag, Output};
use super::redundancy::Redundancy;
use super::stream::RtpStream;
use super::wire::Wire;
use crate::network::TrafficClass;
use crate::participant::media::audio_packetizer::AudioPacketizer;
use crate::participant::media::opus::MIN_LEN;
use crate::participant::media::speech::{AudioFrame, FRAME, Speech};
use crate::random::{Seed, Stream};

/// The audio level's element, rounded up to a word.
const LEVEL_LEN: u64 = 4;

/// Louder than this is no pause to the encoder, whatever it is: −50 dBov.
const LOUD: u8 = 50;

/// A microphone as a source.
#[derive(Debug)]
pub(super) struct MicrophoneSource {
    pub(super) stream: RtpStream,
    source: u8,
    settings: MicrophoneSettings,
    packetizer: AudioPacketizer,
    dtx: Dtx,
    redundancy: Option<Redundancy>,
    /// The packet that is being made, without redundancy.
    payload: Vec<u8>,
    /// Once capturing has begun.
    speech: Option<Speech>,
    muted: bool,
    /// What was captured before was captured while muted.
    unmuted: Time,
}

impl MicrophoneSource {
    /// `opus` and `red` are payload types; without the latter there is no redundancy.
    pub(super) fn new(
        (publisher, source): (u16, u8),
        settings: &MicrophoneSettings,
        (opus, red): (u8, Option<u8>),
        stream: &mut Stream,
        ssrcs: &mut Vec<u32>,
    ) -> Self {
        let red = red.filter(|_| settings.red > 0);
        MicrophoneSource {
            stream: RtpStream::new(MediaKind::Audio, red.unwrap_or(opus), stream, ssrcs),
            source,
            settings: settings.clone(),
            packetizer: AudioPacketizer::new(publisher, source).with_fec(settings.fec),
            dtx: Dtx::new(settings.dtx),
            redundancy: red.map(|_| Redundancy::new(opus, settings.red)),
            payload: Vec::new(),
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

    /// What the source uses at most, headers included: nothing while it is muted.
    pub(super) fn rate(&self, overhead: DataSize) -> DataRate {
        if self.muted {
            return DataRate::ZERO;
        }
        let alone = (self.settings.rate.size_in(FRAME).as_bytes() as usize).max(MIN_LEN);
        let encoded = if self.settings.fec { AudioPacketizer::with_copy(alone) } else { alone };
        let copies = usize::from(self.redundancy.as_ref().map_or(0, |_| self.settings.red));
        let around = if copies > 0 { red::PRIMARY_HEADER_LEN } else { 0 };
        let payload = (encoded + (red::HEADER_LEN + encoded) * copies + around) as u64;
        let headers = HEADER_LEN as u64 + LEVEL_LEN;
        DataRate::of(DataSize::from_bytes(payload + headers) + overhead, FRAME)
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
        self.payload.clear();
        let bytes = frame.size.as_bytes() as usize;
        let encode = frame.encoded_at.since(frame.captured);
        // libwebrtc marks the first packet after one that was DTX (`RTPSenderAudio::MarkerBit`), as RFC 7587 section
        // 4.2 asks; without DTX there are no talk spurts, and no markers.
        // A cough is no speech, but it is sound: the encoder leaves out what is quiet.
        let sounds = frame.voice || frame.level < LOUD;
        let (written, marker) = match self.dtx.next(sounds) {
            Transmission::Nothing => return,
            Transmission::Silence => (self.packetizer.silence(&mut self.payload), false),
            Transmission::Sound { begins } => {
                let (voiced, captured) = (frame.voice, frame.captured);
                (self.packetizer.payload(bytes, voiced, captured, encode, &mut self.payload), begins)
            }
        };
        let stream = &mut self.stream;
        let header = Header {
            descriptor: &[],
            allocation: &[],
            marker,
            payload_type: stream.payload_type,
            sequence: stream.take_sequence() as u16,
            timestamp: stream.clock.at(frame.captured),
            ssrc: stream.ssrc,
            name: stream.needs_name().then_some(Name::Section { mid: &self.settings.mid }),
            audio_level: Some((frame.level, frame.voice)),
        };
        let tag =
            MediaTag { source: self.source, encoding: 0, ordinal: written.ordinal, voiced: frame.voice };
        let (payload, redundancy) = (&self.payload, &mut self.redundancy);
        let mut len = 0;
        let fill = |buffer: &mut Vec<u8>| {
            let start = buffer.len();
            match redundancy {
                Some(redundancy) => redundancy.wrap(header.timestamp, payload, buffer),
                None => buffer.extend_from_slice(payload),
            }
            len = buffer.len() - start;
            Some(tag)
        };
        wire.send(now, TrafficClass::Audio, &header, fill, output);
        stream.on_sent(now, len);
    }
}
