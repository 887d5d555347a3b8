//! A camera with simulcast or scalable encoders after RFC 8593's statistical model (its section 5), with the parameters
//! that cisco/syncodecs, the code of the RFC's authors, and pion's port of it use.
//!
//! One clock captures; each layer encodes every picture, or every n-th, so that all layers have the same
//! capture instants. A layer's frame sizes follow its target rate:
//! - steady state: target × frame interval, with Laplace noise;
//! - key frames, and changes of the target by more than half: a transient of one large frame and
//!   [`BURST_FRAMES`] − 1 smaller ones that pay it back, so the mean stays at the target.

mod bursts;
mod layer;
mod spatial;
mod temporal;
#[cfg(test)]
mod tests;

use std::time::Duration;

use sfu::{DataRate, DataSize, Time};

use self::bursts::Bursts;
pub use self::layer::{Layer, LayerConfig};
use self::spatial::SpatialStream;
pub use self::temporal::TemporalLayers;
use crate::random::{Seed, Stream};

/// RFC 8593's tau_v: for this long after a change of the target the encoder makes no other one.
pub const REACTION_LATENCY: Duration = Duration::from_millis(200);
/// RFC 8593's K_d: frames in a transient.
pub const BURST_FRAMES: u32 = 8;
/// RFC 8593's K_B at the reference rate: bytes of the first frame of a transient.
pub const REFERENCE_BURST_BYTES: f64 = 13_500.0;
/// The rate that belongs to [`REFERENCE_BURST_BYTES`] (RFC 8593's B0 = 4.17 KB every t0 = 33 ms).
pub const REFERENCE_RATE: DataRate = DataRate::from_kbps(1_000);
/// RFC 8593's SCALE_t and SCALE_B: Laplace scale of frame intervals and sizes, relative to their mean.
pub const NOISE_SCALE: f64 = 0.15;
/// Noise beyond four scales (1.8 % of the draws) is cut, on both sides alike so that the mean stays: an
/// interval or a size is never below 0.4 nor above 1.6 of its mean. Our own choice.
const NOISE_LIMIT: f64 = 4.0 * NOISE_SCALE;

/// Noise to multiply with.
fn noise(stream: &mut Stream) -> f64 {
    1.0 + (NOISE_SCALE * stream.laplace()).clamp(-NOISE_LIMIT, NOISE_LIMIT)
}

/// One encoded picture of one layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodedFrame {
    /// Which layer, counted from 0 in the order of the configuration.
    pub layer: u8,
    /// Number within the layer, from 0 without gaps.
    pub frame_number: u32,
    /// Whether it can be decoded by itself.
    pub key: bool,
    /// 0 is the base.
    pub temporal_id: u8,
    /// Encoded bytes, without any header of a packet.
    pub size: DataSize,
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
    /// When the camera took the picture.
    pub captured: Time,
    /// When its bytes are ready to be sent.
    pub encoded_at: Time,
    /// How many spatial layers of its stream are on.
    pub active_layers: u8,
    /// Whether it is the last frame of its picture in its stream.
    pub ends_picture: bool,
}

/// What a camera is made of.
#[derive(Clone, Debug)]
pub struct CameraConfig {
    /// The first picture.
    pub start: Time,
    /// Mean time between pictures (RFC 8593's t0).
    pub interval: Duration,
    /// Encoders, lowest first; at most 256.
    pub layers: Vec<LayerConfig>,
    /// How the layers are the spatial layers of one stream, if they are: they share the first one's decimation and
    /// temporal layers.
    pub spatial: Option<InterLayer>,
    /// Whether it shows a screen: at rest, and in bursts.
    pub screen: bool,
}

/// When a spatial layer refers to the one below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InterLayer {
    /// In every picture.
    Always,
    /// In key pictures only ("k-SVC").
    KeyPictures,
}

/// A camera and its encoders.
#[derive(Clone, Debug)]
pub struct Camera {
    interval: Duration,
    next: Time,
    picture: u64,
    clock: Stream,
    layers: Vec<Layer>,
    spatial: Option<SpatialStream>,
}

impl Camera {
    /// A camera whose layers are all off, with the streams `<path>/clock` and `<path>/layer.<n>`.
    pub fn new(config: CameraConfig, seed: Seed, path: &str) -> Self {
        let layer = |(index, layer)| {
            let stream = seed.stream(&format!("{path}/layer.{index}"));
            let bursts = config.screen.then(|| Bursts::new(seed.stream(&format!("{path}/bursts"))));
            Layer::new(index as u8, layer, config.interval, stream).with_bursts(bursts)
        };
        let temporal = config.layers.first().map(|layer| layer.temporal_layers).unwrap_or_default();
        Camera {
            spatial: config.spatial.map(|inter_layer| SpatialStream::new(inter_layer, temporal)),
            interval: config.interval,
            next: config.start,
            picture: 0,
            clock: seed.stream(&format!("{path}/clock")),
            layers: config.layers.into_iter().enumerate().map(layer).collect(),
        }
    }

    /// When the next picture is taken.
    pub fn next_capture(&self) -> Time {
        self.next
    }

    /// Takes the picture that is due and adds a frame for each layer that encodes it. Pictures that were due
    /// earlier and not asked for are skipped, as a camera's are. Nothing is due before
    /// [`next_capture`](Self::next_capture).
    pub fn capture(&mut self, now: Time, frames: &mut Vec<EncodedFrame>) {
        let mut due = None;
        while self.next <= now {
            due = Some((self.next, self.picture));
            let interval = self.interval.as_nanos() as f64 * noise(&mut self.clock);
            self.next += Duration::from_nanos((interval as u64).max(1));
            self.picture += 1;
        }
        let Some((captured, picture)) = due else { return };
        match &mut self.spatial {
            Some(stream) => stream.encode(captured, picture, &mut self.layers, frames),
            None => frames.extend(self.layers.iter_mut().filter_map(|layer| layer.encode(captured, picture))),
        }
    }

    /// The encoder of one layer: its target and its key frames.
    pub fn layer_mut(&mut self, layer: usize) -> Option<&mut Layer> {
        self.layers.get_mut(layer)
    }

    /// The encoders, lowest layer first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }
}
