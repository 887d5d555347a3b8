//! One stream that a client receives, audio or video, and what it asks for.

use std::time::Duration;

use indexmap::IndexMap;
use reports::observation::{Flow, FlowCounters, Layer, Observation};
use sfu::Time;
use sfu::participant::{MediaKind, StreamDescription};
use sfu::rtp::RtpHeader;
use smallvec::SmallVec;

use super::Surroundings;
use super::rtcp_out::Wants;
use crate::participant::receive::audio::AudioConfig;
use crate::participant::receive::statistics::ReportBlock;
use crate::participant::receive::video::VideoConfig;
use crate::participant::receive::{
    Arrival, AudioOutput, AudioReceiver, Feedback, VideoOutput, VideoReceiver,
};
use crate::virtual_time::report_time;

/// A stream from the SFU.
pub(super) struct Incoming {
    flow: Flow,
    ssrc: u32,
    rtx_ssrc: Option<u32>,
    muted: bool,
    receiver: Receiver,
}

enum Receiver {
    Audio(Box<AudioReceiver>),
    Video(Box<VideoReceiver>),
}

impl Incoming {
    /// `red` is the payload type of redundant audio, if the client speaks it.
    pub(super) fn new(described: &StreamDescription, flow: Flow, nack: bool, red: Option<u8>) -> Self {
        let (publisher, source) = (flow.publisher.0, flow.source.0);
        let ssrc = described.ssrc;
        let receiver = match described.codec.kind() {
            MediaKind::Audio => {
                Receiver::Audio(Box::new(AudioReceiver::new(AudioConfig { ssrc, publisher, source, red })))
            }
            MediaKind::Video => {
                let rtx_ssrc = described.rtx_ssrc;
                let config = VideoConfig { nack, ..VideoConfig::new(ssrc, rtx_ssrc, publisher, source) };
                Receiver::Video(Box::new(VideoReceiver::new(config)))
            }
        };
        Incoming { flow, ssrc, rtx_ssrc: described.rtx_ssrc, muted: false, receiver }
    }

    pub(super) const fn flow(&self) -> Flow {
        self.flow
    }

    pub(super) const fn is_muted(&self) -> bool {
        self.muted
    }

    /// Whether packets of `ssrc` are this stream's.
    pub(super) fn takes(&self, ssrc: u32) -> bool {
        self.ssrc == ssrc || self.rtx_ssrc == Some(ssrc)
    }

    /// The SSRCs that are this stream's; the same twice when it has only one.
    pub(super) fn ssrcs(&self) -> [u32; 2] {
        [self.ssrc, self.rtx_ssrc.unwrap_or(self.ssrc)]
    }

    /// Whether it is the source called `source` of the participant called `name`.
    pub(super) fn is_of(&self, cast: &IndexMap<String, Vec<String>>, name: &str, source: &str) -> bool {
        let Some((publisher, _, sources)) = cast.get_full(name) else { return false };
        usize::from(self.flow.publisher.0) == publisher
            && sources.get(usize::from(self.flow.source.0)).is_some_and(|own| own == source)
    }

    /// Notes that the publisher muted or unmuted; says whether that is news.
    pub(super) fn set_muted(&mut self, muted: bool) -> bool {
        std::mem::replace(&mut self.muted, muted) != muted
    }

    pub(super) fn deadline(&self) -> Time {
        match &self.receiver {
            Receiver::Audio(audio) => audio.deadline(),
            Receiver::Video(video) => video.deadline(),
        }
        .unwrap_or(Time::NEVER)
    }

    pub(super) fn counters(&self) -> FlowCounters {
        match &self.receiver {
            Receiver::Audio(audio) => audio.counters(),
            Receiver::Video(video) => video.counters(),
        }
    }

    pub(super) fn on_sender_report(&mut self, now: Time, ntp_middle: u32) {
        match &mut self.receiver {
            Receiver::Audio(audio) => audio.on_sender_report(now, ntp_middle),
            Receiver::Video(video) => video.on_sender_report(now, ntp_middle),
        }
    }

    pub(super) fn set_rtt(&mut self, rtt: Duration) {
        if let Receiver::Video(video) = &mut self.receiver {
            video.set_rtt(rtt);
        }
    }

    pub(super) fn report(&mut self, now: Time) -> Option<ReportBlock> {
        match &mut self.receiver {
            Receiver::Audio(audio) => audio.report(now),
            Receiver::Video(video) => video.report(now),
        }
    }

    pub(super) fn receive(
        &mut self,
        now: Time,
        header: &RtpHeader,
        payload: &[u8],
        arrival: &Arrival,
        around: &mut Surroundings<'_>,
    ) -> Wants {
        let flow = self.flow;
        let mut wants = Wants::default();
        let Surroundings { logs, observations, .. } = around;
        match &mut self.receiver {
            Receiver::Audio(audio) => audio.receive(now, header, payload, &mut |output| {
                observations.push(heard(flow, output));
            }),
            Receiver::Video(video) => video.receive(now, header, payload, arrival, &**logs, &mut |output| {
                see(flow, &output, observations, &mut wants);
            }),
        }
        wants
    }

    pub(super) fn handle_timeout(&mut self, now: Time, around: &mut Surroundings<'_>) -> Wants {
        let flow = self.flow;
        let mut wants = Wants::default();
        let observations = &mut *around.observations;
        match &mut self.receiver {
            Receiver::Audio(audio) => {
                audio.handle_timeout(now, &mut |output| observations.push(heard(flow, output)));
            }
            Receiver::Video(video) => {
                video.handle_timeout(now, &mut |output| see(flow, &output, observations, &mut wants));
            }
        }
        wants
    }

    /// What only a fault of the SFU explains.
    pub(super) fn complaint(&self) -> Option<String> {
        let (publisher, source) = (self.flow.publisher.0, self.flow.source.0);
        match &self.receiver {
            Receiver::Audio(audio) => {
                let health = audio.health();
                (health.corrupt + health.foreign > 0)
                    .then(|| format!("audio of {publisher}/{source}: {health:?}"))
            }
            Receiver::Video(video) => {
                let health = video.health();
                let faults =
                    health.torn + health.broken_chain + health.corrupt + health.foreign + health.replayed;
                (faults > 0).then(|| format!("video of {publisher}/{source}: {health:?}"))
            }
        }
    }
}

fn heard(flow: Flow, output: AudioOutput) -> Observation {
    match output {
        AudioOutput::FirstPacket => Observation::FirstPacket(flow),
        AudioOutput::Played { captured, jitter_buffer, length } => {
            Observation::AudioPlayed { flow, captured: report_time(captured), jitter_buffer, length }
        }
        AudioOutput::Concealed { length, .. } => Observation::AudioConcealed { flow, length },
        AudioOutput::Recovered { by, length } => Observation::AudioRecovered { flow, by, length },
        AudioOutput::Silent { length } => Observation::AudioSilent { flow, length },
    }
}

fn see(flow: Flow, output: &VideoOutput<'_>, observations: &mut Vec<Observation>, wants: &mut Wants) {
    match output {
        VideoOutput::FirstPacket => observations.push(Observation::FirstPacket(flow)),
        VideoOutput::FirstKeyFrame => observations.push(Observation::FirstKeyFrame(flow)),
        VideoOutput::Rendered(frame) => observations.push(Observation::FrameRendered {
            flow,
            layer: Layer { spatial: frame.encoding, temporal: frame.temporal },
            size: frame.size,
            captured: report_time(frame.captured),
            parts: frame.parts,
        }),
        // Counted by the receiver, and told with its counters.
        VideoOutput::Undecodable { .. } => {}
        VideoOutput::Feedback(Feedback::Nack { ssrc, sequences }) => {
            wants.nack = Some((*ssrc, SmallVec::from_slice(sequences)));
        }
        VideoOutput::Feedback(Feedback::Pli { ssrc }) => wants.pli = Some(*ssrc),
    }
}
