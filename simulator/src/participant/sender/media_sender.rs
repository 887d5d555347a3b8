//! The sender as its owner sees it.

use std::time::Duration;

use sfu::participant::{SourceDescription, StreamDescription, VideoFormat};
use sfu::rtcp::Ecn;
use sfu::{DataRate, DataSize, Time};

use super::allocation::{Bounds, share};
use super::camera::CameraSource;
use super::clock::WallClock;
use super::config::{SenderConfig, SourceConfig};
use super::encoding::Types;
use super::microphone::MicrophoneSource;
use super::queue::PacedQueue;
use super::rate_control::RateControl;
use super::repair_budget::RepairBudget;
use super::reports::Reports;
use super::source::Source;
use super::wire::Wire;
use crate::random::Seed;

/// The sending side of one participant.
///
/// It sends nothing before [`start`](Self::start). Afterwards call
/// [`handle_timeout`](Self::handle_timeout) at [`deadline`](Self::deadline), which every other call that takes
/// `now` may bring forward.
#[derive(Debug)]
pub struct MediaSender {
    pub(super) config: SenderConfig,
    pub(super) sources: Vec<Source>,
    pub(super) wire: Wire,
    pub(super) queue: PacedQueue,
    pub(super) repairs: RepairBudget,
    pub(super) reports: Reports,
    pub(super) started: bool,
    /// Source and encoding that sent video last: padding goes there.
    pub(super) carrier: Option<(u8, u8)>,
    /// The estimate told last, and when.
    pub(super) told: (DataRate, Time),
    /// Whether a turn has something to do even before the deadline.
    pub(super) unsettled: bool,
    /// What the encoders were set for.
    allocated: Option<DataRate>,
    seed: Seed,
    path: String,
    cameras: Vec<Bounds>,
    shares: Vec<DataRate>,
}

impl MediaSender {
    /// A sender that waits for its start. Its random streams are `<path>/…`: `<path>/<source>/rtp` for what
    /// RTP starts at random, others for the sources' clocks, encoders and speech.
    ///
    /// # Panics
    /// When there are more than 256 sources, or a camera with no encoding or more than three.
    pub fn new(config: SenderConfig, seed: Seed, path: &str) -> Self {
        let types = config.media.payload_types;
        let mut ssrcs = Vec::new();
        let mut sources = Vec::with_capacity(config.sources.len());
        for (index, source) in config.sources.iter().enumerate() {
            let place = (config.publisher, u8::try_from(index).expect("at most 256 sources"));
            let mut stream = seed.stream(&format!("{path}/{}/rtp", source.name()));
            sources.push(match source {
                SourceConfig::Camera(camera) => {
                    let format = types.video(camera.codec);
                    let format = format.unwrap_or(VideoFormat { payload_type: 96, rtx: None });
                    let video = Types { media: format.payload_type, rtx: format.rtx.filter(|_| config.rtx) };
                    Source::Camera(Box::new(CameraSource::new(place, camera, video, &mut stream, &mut ssrcs)))
                }
                SourceConfig::Microphone(microphone) => Source::Microphone(Box::new(MicrophoneSource::new(
                    place,
                    microphone,
                    (types.opus, types.opus_red),
                    &mut stream,
                    &mut ssrcs,
                ))),
            });
        }
        let mut stream = seed.stream(&format!("{path}/transport"));
        let rates = RateControl::new(
            (config.congestion_control, config.controller_options),
            config.feedback,
            stream.bits() as u16,
        );
        MediaSender {
            wire: Wire::new(rates, config.media.extensions, config.overhead),
            reports: Reports::new(WallClock::new(&mut stream)),
            config,
            sources,
            queue: PacedQueue::default(),
            repairs: RepairBudget::default(),
            started: false,
            carrier: None,
            told: (DataRate::ZERO, Time::ZERO),
            unsettled: false,
            allocated: None,
            seed,
            path: path.to_owned(),
            cameras: Vec::new(),
            shares: Vec::new(),
        }
    }

    /// What the conference protocol says of the sources, in their order.
    pub fn descriptions(&self) -> Vec<SourceDescription> {
        self.config.sources.iter().map(SourceConfig::describe).collect()
    }

    /// Its streams as the far end of a call has to know them: the first encoding of each source, by `publisher`.
    pub fn streams(&self, publisher: &str) -> Vec<StreamDescription> {
        let stream = |(source, config): (&Source, &SourceConfig)| {
            let SourceDescription { name, codec, mid, .. } = config.describe();
            let (ssrc, rtx_ssrc) = match source {
                Source::Camera(camera) => {
                    let encoding = camera.encodings.first().expect("a camera has an encoding");
                    (encoding.stream.ssrc, encoding.rtx.as_ref().map(|stream| stream.ssrc))
                }
                Source::Microphone(microphone) => (microphone.stream.ssrc, None),
            };
            let publisher = publisher.to_owned();
            StreamDescription { publisher, source: name, codec, mid, ssrc, rtx_ssrc, fec_ssrc: None }
        };
        self.sources.iter().zip(&self.config.sources).map(stream).collect()
    }

    /// The transport is connected: capturing begins. Once is enough.
    pub fn start(&mut self, now: Time) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        for (source, config) in self.sources.iter_mut().zip(&self.config.sources) {
            let path = format!("{}/{}", self.path, config.name());
            match source {
                Source::Camera(camera) => camera.start(now, self.seed, &path),
                Source::Microphone(microphone) => microphone.start(now, self.seed, &path),
            }
        }
        self.unsettled = true;
        self.set_wanted(now);
        self.wire.rates.tick(now);
        self.allocate(now);
    }

    /// Mutes or unmutes a source; whether there is one of that name. A muted source sends nothing; a camera
    /// comes back with key frames.
    pub fn set_muted(&mut self, now: Time, source: &str, muted: bool) -> bool {
        let Some(index) = self.config.sources.iter().position(|config| config.name() == source) else {
            return false;
        };
        self.sources[index].set_muted(now, muted);
        self.unsettled = true;
        if self.started {
            self.set_wanted(now);
            self.allocated = None;
            self.allocate(now);
        }
        true
    }

    /// So many encodings of a camera are watched, from the lowest: the others need not be encoded.
    pub fn set_watched(&mut self, now: Time, source: &str, encodings: u8) {
        let index = self.config.sources.iter().position(|config| config.name() == source);
        let Some(camera) = index.and_then(|index| self.sources[index].camera_mut()) else { return };
        camera.set_watched(encodings);
        self.unsettled = true;
        if self.started {
            self.set_wanted(now);
            self.allocated = None;
            self.allocate(now);
        }
    }

    /// Whether a microphone of it captures.
    pub fn can_be_heard(&self) -> bool {
        let captures = |source: &Source| matches!(source, Source::Microphone(mic) if !mic.is_muted());
        self.started && self.sources.iter().any(captures)
    }

    /// What the uplink carries, headers included.
    pub fn estimate(&self) -> DataRate {
        self.wire.rates.target()
    }

    /// What its media leaves as.
    pub fn ecn(&self) -> Ecn {
        self.wire.rates.ecn()
    }

    /// Whether it has no source at all: it only watches and listens.
    pub fn publishes_nothing(&self) -> bool {
        self.sources.is_empty()
    }

    /// The smoothed round trip to the SFU, once known.
    pub fn rtt(&self) -> Option<Duration> {
        self.wire.rates.rtt()
    }

    /// Encoded video that waits for the pacer.
    pub fn queued(&self) -> DataSize {
        self.queue.size()
    }

    /// Tells the controller how much all sources together can use.
    fn set_wanted(&mut self, now: Time) {
        let overhead = self.config.overhead;
        let wanted = self.sources.iter().map(|source| match source {
            Source::Camera(camera) => camera.bounds(overhead).max,
            Source::Microphone(microphone) => microphone.rate(overhead),
        });
        self.wire.rates.set_wanted(now, wanted.sum());
    }

    /// Sets pacer and encoders to the controller's rates: audio first, then what is sent again, the rest to the cameras.
    pub(super) fn allocate(&mut self, now: Time) {
        let target = self.wire.rates.target();
        let repairs_changed = self.repairs.update(now);
        if self.allocated.replace(target) == Some(target) && !repairs_changed {
            return;
        }
        self.set_pacing(now);
        let overhead = self.config.overhead;
        self.cameras.clear();
        let mut audio = DataRate::ZERO;
        for source in &self.sources {
            match source {
                Source::Camera(camera) => self.cameras.push(camera.bounds(overhead)),
                Source::Microphone(microphone) => audio += microphone.rate(overhead),
            }
        }
        let video = target.saturating_sub(audio);
        let video = video.saturating_sub(self.repairs.of(video));
        share(video, &self.cameras, &mut self.shares);
        let cameras = self.sources.iter_mut().filter_map(Source::camera_mut);
        for (camera, rate) in cameras.zip(&self.shares) {
            if camera.set_rate(*rate, overhead) {
                let off = |encoding: u8| !camera.encodings[usize::from(encoding)].is_active();
                self.queue.withdraw(|source, encoding| source == camera.source && off(encoding));
                if self.carrier.is_some_and(|(source, encoding)| source == camera.source && off(encoding)) {
                    self.carrier = camera.carrier().or(self.carrier);
                }
            }
        }
    }
}
