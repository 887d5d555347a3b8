//! A camera with its encodings and their layers, up to the pacer's queue.

use std::time::Duration;

use reports::observation;
use sfu::{DataRate, DataSize, Time};

use super::allocation::{Bounds, LayerAllocator};
use super::announcement::Announcer;
use super::config::{CameraSettings, LayerSettings, RIDS};
use super::encoding::{Encoding, Types};
use super::output::Output;
use super::queue::PacedQueue;
use crate::participant::media::encoder::{Camera, CameraConfig, EncodedFrame, LayerConfig, TemporalLayers};
use crate::participant::media::packetizer::{self, VideoIdentity};
use crate::random::{Seed, Stream};

/// A camera as a source.
#[derive(Debug)]
pub(super) struct CameraSource {
    pub(super) mid: String,
    pub(super) encodings: Vec<Encoding>,
    pub(super) source: u8,
    settings: CameraSettings,
    muted: bool,
    /// How many of its encodings or spatial layers, from the lowest, anybody watches.
    watched: usize,
    /// Once capturing has begun.
    camera: Option<Camera>,
    /// No picture is taken before: the pacer is behind.
    resumes: Time,
    /// Frames that the encoders work on, in the order of their capture.
    encoding: Vec<EncodedFrame>,
    allocator: LayerAllocator,
    announcer: Announcer,
    bounds: Vec<Bounds>,
    rates: Vec<DataRate>,
}

impl CameraSource {
    pub(super) fn new(
        (publisher, source): (u16, u8),
        settings: &CameraSettings,
        types: Types,
        stream: &mut Stream,
        ssrcs: &mut Vec<u32>,
    ) -> Self {
        assert!((1..=RIDS.len()).contains(&settings.layers.len()), "a camera has 1 to 3 layers");
        let streams = (0..).zip(settings.streams().zip(RIDS));
        let encoding = |(number, (layers, rid)): (u8, (&[LayerSettings], _))| {
            let identity = VideoIdentity { publisher, source, encoding: number };
            Encoding::new(layers, (identity, rid), settings.format(layers), types, stream, ssrcs)
        };
        CameraSource {
            mid: settings.mid.clone(),
            encodings: streams.map(encoding).collect(),
            source,
            settings: settings.clone(),
            muted: false,
            watched: usize::MAX,
            camera: None,
            resumes: Time::ZERO,
            encoding: Vec::new(),
            allocator: LayerAllocator::default(),
            announcer: Announcer::default(),
            bounds: Vec::new(),
            rates: Vec::new(),
        }
    }

    /// Begins to capture: the first picture comes within one interval, at random, so that the cameras of a
    /// conference don't beat in time.
    pub(super) fn start(&mut self, now: Time, seed: Seed, path: &str) {
        let interval = self.interval();
        let phase = seed.stream(&format!("{path}/phase")).below(interval.as_nanos() as u64);
        let scalability = self.settings.scalability;
        let temporal_layers = match scalability.temporal {
            0 | 1 => TemporalLayers::One,
            2 => TemporalLayers::Two,
            _ => TemporalLayers::Three,
        };
        let fps = u32::from(self.settings.fps());
        let layer = |layer: &LayerSettings| LayerConfig {
            width: layer.width,
            height: layer.height,
            decimation: fps / u32::from(layer.fps.max(1)),
            least_rate: layer.min,
            largest_rate: layer.max,
            temporal_layers,
        };
        let layers = self.settings.layers.iter().map(layer).collect();
        let spatial = self.settings.is_scalable().then_some(scalability.inter_layer);
        let config = CameraConfig {
            start: now + Duration::from_nanos(phase),
            interval,
            layers,
            spatial,
            screen: self.settings.screen,
        };
        self.camera = Some(Camera::new(config, seed, path));
    }

    fn interval(&self) -> Duration {
        Duration::from_secs(1) / u32::from(self.settings.fps())
    }

    /// Stops or resumes capturing; resumes with a key frame of each encoding.
    pub(super) fn set_muted(&mut self, now: Time, muted: bool) {
        if std::mem::replace(&mut self.muted, muted) == muted {
            return;
        }
        let Some(camera) = &mut self.camera else { return };
        if muted {
            self.allocator.reset();
            return;
        }
        // Encoders that are off skip what the camera saw meanwhile.
        (0..self.settings.layers.len()).for_each(|layer| switch_off(camera, layer));
        let pending = self.encoding.len();
        camera.capture(now, &mut self.encoding);
        self.encoding.truncate(pending);
        for layer in 0..self.encodings.len() {
            self.request_key_frame(layer);
        }
    }

    /// So many of its encodings or spatial layers are watched, from the lowest.
    pub(super) fn set_watched(&mut self, encodings: u8) {
        self.watched = usize::from(encodings);
    }

    /// What the source can use, headers included: nothing while it is muted.
    pub(super) fn bounds(&self, overhead: DataSize) -> Bounds {
        if self.muted {
            return Bounds { min: DataRate::ZERO, max: DataRate::ZERO };
        }
        let bounds = self.encodings.iter().flat_map(|encoding| encoding.bounds(overhead)).take(self.watched);
        Bounds {
            min: bounds.clone().next().map_or(DataRate::ZERO, |lowest| lowest.min),
            max: bounds.map(|bounds| bounds.max).sum(),
        }
    }

    /// Sets the encoders so that all together use `available`, headers included. Says whether that switched a stream off.
    pub(super) fn set_rate(&mut self, available: DataRate, overhead: DataSize) -> bool {
        let Some(camera) = self.camera.as_mut().filter(|_| !self.muted) else { return false };
        self.bounds.clear();
        let layers = self.encodings.iter().flat_map(|encoding| encoding.bounds(overhead));
        self.bounds.extend(layers.take(self.watched));
        self.allocator.allocate(available, &self.bounds, &mut self.rates);
        // What nobody watches is off, and comes back with a key frame.
        self.rates.resize(self.settings.layers.len(), DataRate::ZERO);
        let scalable = self.settings.is_scalable();
        for (layer, rate) in self.rates.iter().enumerate() {
            let encoding = &self.encodings[if scalable { 0 } else { layer }];
            let encoder = camera.layer_mut(layer).expect("one encoder per layer");
            encoder.set_target(encoding.payload_rate(*rate, overhead));
        }
        self.switch_streams()
    }

    /// Switches streams on and off as their layers are; says whether one went off.
    fn switch_streams(&mut self) -> bool {
        let spatial = self.rates.len().div_ceil(self.encodings.len().max(1));
        if self.settings.announced {
            let streams = self.encodings.iter_mut().map(|encoding| &mut encoding.announcement);
            self.announcer.update(&self.rates, spatial, streams);
        }
        let mut stopped = false;
        for stream in 0..self.encodings.len() {
            let mut rates = self.rates.iter().skip(stream * spatial).take(spatial);
            let active = rates.any(|rate| *rate > DataRate::ZERO);
            if self.encodings[stream].set_active(active) {
                stopped |= !active;
                // What waited was given up, even where the encoder was off for less than a picture.
                if active {
                    self.request_key_frame(stream);
                }
            }
        }
        stopped
    }

    /// The stream that padding goes on while this one is off: the lowest that has sent and is on.
    pub(super) fn carrier(&self) -> Option<(u8, u8)> {
        let place =
            self.encodings.iter().position(|encoding| encoding.is_active() && encoding.takes_padding());
        place.map(|place| (self.source, place as u8))
    }

    /// Asks an encoding for a key frame: its next frame will be one, with all its spatial layers.
    pub(super) fn request_key_frame(&mut self, encoding: usize) {
        if let Some(encoder) = self.camera.as_mut().and_then(|camera| camera.layer_mut(encoding)) {
            encoder.request_key_frame();
        }
    }

    /// When a picture is to be taken, or an encoder is done.
    pub(super) fn deadline(&self) -> Time {
        let encoded = self.encoding.iter().map(|frame| frame.encoded_at).min();
        encoded.unwrap_or(Time::NEVER).min(self.next_capture())
    }

    fn next_capture(&self) -> Time {
        let camera = self.camera.as_ref().filter(|_| !self.muted);
        camera.map_or(Time::NEVER, |camera| camera.next_capture().max(self.resumes))
    }

    /// Takes the picture that is due, unless the pacer is `behind`: then this one is skipped (as libwebrtc's
    /// encoder drops pictures while the pacer's queue is too long).
    pub(super) fn capture(&mut self, now: Time, behind: bool) {
        if now < self.next_capture() {
            return;
        }
        if behind {
            self.resumes = now + self.interval();
        } else if let Some(camera) = &mut self.camera {
            camera.capture(now, &mut self.encoding);
        }
    }

    /// Moves what encoders have finished to the pacer's queue.
    pub(super) fn take_encoded(
        &mut self,
        now: Time,
        queue: &mut PacedQueue,
        output: &mut dyn FnMut(Output<'_>),
    ) {
        while let Some(place) = self.encoding.iter().position(|frame| frame.encoded_at <= now) {
            let frame = self.encoding.remove(place);
            let bytes = u32::try_from(frame.size.as_bytes()).unwrap_or(u32::MAX);
            output(Output::FrameEncoded {
                source: self.source,
                layer: observation::Layer { spatial: frame.layer, temporal: frame.temporal_id },
                key: frame.key,
                bytes,
            });
            let (encoding, spatial) =
                if self.settings.is_scalable() { (0, frame.layer) } else { (frame.layer, 0) };
            let frame_to_send = packetizer::EncodedFrame {
                key: frame.key,
                spatial,
                temporal: frame.temporal_id,
                bytes,
                width: frame.width,
                height: frame.height,
                captured: frame.captured,
                encode: frame.encoded_at.since(frame.captured),
                active_layers: frame.active_layers,
                ends_picture: frame.ends_picture,
            };
            let encoding = &mut self.encodings[usize::from(encoding)];
            if encoding.is_active() {
                queue.push_frame(encoding.packetize(&frame_to_send));
            }
        }
    }
}

fn switch_off(camera: &mut Camera, layer: usize) {
    camera.layer_mut(layer).expect("one encoder per layer").set_target(DataRate::ZERO);
}
