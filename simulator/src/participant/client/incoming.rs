//! One stream that a client receives, audio or video, and what it asks for.

use std::time::Duration;

use indexmap::IndexMap;
use reports::observation::{Flow, FlowCounters, Layer, Observation};
use sfu::Time;
use sfu::participant::{MediaKind, MediaParameters, StreamDescription};
use sfu::rtcp::SenderInfo;
use sfu::rtp::RtpHeader;

use super::Surroundings;
use super::rtcp_out::Wants;
use crate::participant::receive::audio::AudioConfig;
use crate::participant::receive::fec::FecReceiver;
use crate::participant::receive::lip_sync::{Delay, LipSync};
use crate::participant::receive::statistics::ReportBlock;
use crate::participant::receive::video::VideoConfig;
use crate::participant::receive::{Arrival, AudioOutput, AudioReceiver, Content, VideoOutput, VideoReceiver};
use crate::virtual_time::report_time;

/// A stream from the SFU.
pub(super) struct Incoming {
    flow: Flow,
    ssrc: u32,
    rtx_ssrc: Option<u32>,
    fec: Option<Box<FecReceiver>>,
    muted: bool,
    /// The dependency descriptor's extension; 0 for none.
    descriptor_id: u8,
    receiver: Receiver,
    lip_sync: LipSync,
}

enum Receiver {
    Audio(Box<AudioReceiver>),
    Video(Box<VideoReceiver>),
}

impl Incoming {
    /// A stream of a client that negotiated `media`.
    pub(super) fn new(
        described: &StreamDescription,
        flow: Flow,
        nack: bool,
        media: &MediaParameters,
    ) -> Self {
        let red = media.payload_types.opus_red;
        let (publisher, source) = (flow.publisher.0, flow.source.0);
        let ssrc = described.ssrc;
        let receiver = match described.codec.kind() {
            MediaKind::Audio => {
                let device = Some(device_phase(flow));
                let config = AudioConfig { ssrc, publisher, source, red, device };
                Receiver::Audio(Box::new(AudioReceiver::new(config)))
            }
            MediaKind::Video => {
                let rtx_ssrc = described.rtx_ssrc;
                let codec = described.codec;
                let config =
                    VideoConfig { codec, nack, ..VideoConfig::new(ssrc, rtx_ssrc, publisher, source) };
                Receiver::Video(Box::new(VideoReceiver::new(config)))
            }
        };
        let fec = described.fec_ssrc.map(|fec_ssrc| Box::new(FecReceiver::new(ssrc, fec_ssrc)));
        let descriptor_id = media.extensions.dependency_descriptor;
        Incoming {
            flow,
            ssrc,
            rtx_ssrc: described.rtx_ssrc,
            fec,
            muted: false,
            descriptor_id,
            receiver,
            lip_sync: LipSync::default(),
        }
    }

    pub(super) const fn flow(&self) -> Flow {
        self.flow
    }

    pub(super) const fn is_muted(&self) -> bool {
        self.muted
    }

    /// Whether packets of `ssrc` are this stream's.
    pub(super) fn takes(&self, ssrc: u32) -> bool {
        self.ssrcs().contains(&ssrc)
    }

    /// The SSRCs that are this stream's; the same again when it has fewer.
    pub(super) fn ssrcs(&self) -> [u32; 3] {
        let fec_ssrc = self.fec.as_ref().map(|fec| fec.ssrc());
        [self.ssrc, self.rtx_ssrc.unwrap_or(self.ssrc), fec_ssrc.unwrap_or(self.ssrc)]
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
            Receiver::Video(video) => {
                let counted = video.counters();
                self.fec.as_ref().map_or(counted, |fec| fec.add_to(counted))
            }
        }
    }

    pub(super) fn on_sender_report(&mut self, now: Time, info: &SenderInfo) {
        match &mut self.receiver {
            Receiver::Audio(audio) => audio.on_sender_report(now, info),
            Receiver::Video(video) => video.on_sender_report(now, info),
        }
    }

    pub(super) const fn kind(&self) -> MediaKind {
        match &self.receiver {
            Receiver::Audio(_) => MediaKind::Audio,
            Receiver::Video(_) => MediaKind::Video,
        }
    }

    /// How long after its capture the stream is played.
    pub(super) fn delay(&self) -> Option<Delay> {
        match &self.receiver {
            Receiver::Audio(audio) => audio.delay(),
            Receiver::Video(video) => video.delay(),
        }
    }

    /// Of a picture: compares it with its sound, and says what the least delays of sound and picture are to be.
    pub(super) fn compare(&mut self, sound: Delay, picture: Delay) -> Option<(Option<i64>, Option<i64>)> {
        match self.kind() {
            MediaKind::Audio => None,
            MediaKind::Video => Some(self.lip_sync.compare(sound, picture)),
        }
    }

    /// The stream is to be played no sooner than this delay.
    pub(super) fn wait(&mut self, least: Option<i64>) {
        match &mut self.receiver {
            Receiver::Audio(audio) => audio.wait(least),
            Receiver::Video(video) => video.wait(least),
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
        packet: &[u8],
        arrival: &Arrival,
        around: &mut Surroundings<'_>,
        wants: &mut Wants,
    ) {
        let (flow, content) = (self.flow, Content::of(packet, header, self.descriptor_id));
        let Surroundings { logs, observations, .. } = around;
        match &mut self.receiver {
            Receiver::Audio(audio) => audio.receive(now, header, content.payload, &mut |output| {
                observations.push(heard(flow, output));
            }),
            Receiver::Video(video) => {
                let sink = &mut |output: VideoOutput<'_>| see(flow, &output, observations, wants);
                video.receive(now, header, content, arrival, &**logs, sink);
                if let Some(fec) = &mut self.fec {
                    fec.receive(now, header, packet);
                    video.await_fec(fec.patience(now));
                    let arrival = Arrival::recovered(arrival.down);
                    while let Some((header, packet)) = fec.recovered() {
                        let content = Content::of(packet, &header, self.descriptor_id);
                        video.recover(now, &header, content, &arrival, &**logs, sink);
                    }
                }
            }
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Time, around: &mut Surroundings<'_>, wants: &mut Wants) {
        let flow = self.flow;
        let observations = &mut *around.observations;
        match &mut self.receiver {
            Receiver::Audio(audio) => {
                audio.handle_timeout(now, &mut |output| observations.push(heard(flow, output)));
            }
            Receiver::Video(video) => {
                video.handle_timeout(now, &mut |output| see(flow, &output, observations, wants));
            }
        }
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

/// When the listener's sound device asks for sound first: everybody's has a phase of its own, and all that somebody
/// hears comes out of one device. (7.3 ms and the 20 ms of a step are back in step after 200 people only.)
fn device_phase(flow: Flow) -> Time {
    Time::from_micros(u64::from(flow.receiver.0) * 7_300 % 20_000)
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
            layer: Layer { spatial: frame.layer, temporal: frame.temporal },
            size: frame.size,
            captured: report_time(frame.captured),
            parts: frame.parts,
        }),
        // Counted by the receiver, and told with its counters.
        VideoOutput::Undecodable { .. } => {}
        VideoOutput::Feedback(feedback) => wants.take(*feedback),
    }
}
