//! The encoder of one layer.

use std::time::Duration;

use sfu::{DataRate, DataSize, Time};

use super::bursts::Bursts;
use super::temporal::{Structure, TemporalLayers};
use super::{BURST_FRAMES, EncodedFrame, REACTION_LATENCY, REFERENCE_BURST_BYTES, REFERENCE_RATE, noise};
use crate::random::Stream;

/// A change of the target by more than this share of it starts a transient (the "big change" of
/// cisco/syncodecs, the model's reference code).
const BIG_CHANGE: f64 = 0.5;
/// The first frame of a transient is this many times a steady one at least. It matters at low frame rates
/// only, where a steady frame comes close to RFC 8593's burst size. Our own choice.
const LEAST_BURST_RATIO: f64 = 1.5;
/// While a transient is paid back a frame keeps this share of its size at least. Our own choice.
const LEAST_PAYBACK_RATIO: f64 = 0.2;
/// No frame is smaller: a VP8 frame that says "nothing changed". Our own choice.
const LEAST_FRAME_BYTES: f64 = 64.0;
/// Encoding takes 1 ms and 8 ns per pixel (8.4 ms at 1280×720), about a real-time VP8 encoder on a laptop;
/// simulcast layers are encoded side by side, spatial ones one after the other. Our own choice.
const ENCODE_BASE: Duration = Duration::from_millis(1);
const ENCODE_NANOS_PER_PIXEL: u64 = 8;

/// What a layer is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerConfig {
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
    /// It encodes every n-th picture of the camera; 0 counts as 1.
    pub decimation: u32,
    /// RFC 8593's R_min: a target above zero is raised to it.
    pub least_rate: DataRate,
    /// RFC 8593's R_max: a target is lowered to it.
    pub largest_rate: DataRate,
    /// Temporal layers.
    pub temporal_layers: TemporalLayers,
}

/// The encoder of one layer.
#[derive(Clone, Debug)]
pub struct Layer {
    index: u8,
    config: LayerConfig,
    interval: Duration,
    stream: Stream,
    structure: Structure,
    requested: DataRate,
    /// In force; zero is off.
    target: DataRate,
    changed_at: Option<Time>,
    key_requested: bool,
    next_number: u32,
    /// Bytes of transients that smaller frames still have to pay back, over so many frames.
    debt: f64,
    payback_frames: u32,
    /// Of a screen.
    bursts: Option<Bursts>,
}

impl Layer {
    pub(super) fn new(index: u8, config: LayerConfig, capture_interval: Duration, stream: Stream) -> Self {
        let config = LayerConfig { decimation: config.decimation.max(1), ..config };
        Layer {
            index,
            config,
            interval: capture_interval * config.decimation,
            stream,
            structure: Structure::new(config.temporal_layers),
            requested: DataRate::ZERO,
            target: DataRate::ZERO,
            changed_at: None,
            key_requested: false,
            next_number: 0,
            debt: 0.0,
            payback_frames: 0,
            bursts: None,
        }
    }

    pub(super) fn with_bursts(self, bursts: Option<Bursts>) -> Self {
        Layer { bursts, ..self }
    }

    /// What the layer is made of.
    pub fn config(&self) -> &LayerConfig {
        &self.config
    }

    /// The target in force; zero when the layer is off.
    pub fn target(&self) -> DataRate {
        self.target
    }

    /// Asks for a rate; zero switches the layer off, and it comes back with a key frame. The next frame
    /// follows it, unless the target changed within [`REACTION_LATENCY`]: then the last request is taken when
    /// that has passed (where RFC 8593's encoder ignores it, this one forgets none).
    pub fn set_target(&mut self, rate: DataRate) {
        self.requested = match rate {
            DataRate::ZERO => DataRate::ZERO,
            // Not `clamp`: a range that is empty must not panic.
            rate => rate.max(self.config.least_rate).min(self.config.largest_rate),
        };
    }

    /// Makes the next frame a key frame (on PLI or FIR); requests until then count once.
    pub fn request_key_frame(&mut self) {
        self.key_requested = true;
    }

    /// Encodes the picture with this number, when it is one of this layer's and the layer is on.
    pub(super) fn encode(&mut self, captured: Time, picture: u64) -> Option<EncodedFrame> {
        if !picture.is_multiple_of(u64::from(self.config.decimation)) {
            return None;
        }
        let big_change = self.follow_request(captured);
        if self.target == DataRate::ZERO {
            return None;
        }
        let key = self.take_key_request();
        let temporal_id = self.structure.place(key);
        Some(self.frame(captured, (key, temporal_id), key || big_change))
    }

    /// Whether a key frame was asked for since the last time.
    pub(super) fn take_key_request(&mut self) -> bool {
        std::mem::take(&mut self.key_requested)
    }

    /// A frame of this layer, at the start of a transient or not.
    pub(super) fn frame(
        &mut self,
        captured: Time,
        (key, temporal_id): (bool, u8),
        starts_transient: bool,
    ) -> EncodedFrame {
        let frame_number = self.next_number;
        self.next_number = frame_number.wrapping_add(1);
        EncodedFrame {
            layer: self.index,
            frame_number,
            key,
            temporal_id,
            size: self.size_of_next(captured, starts_transient, temporal_id),
            width: self.config.width,
            height: self.config.height,
            captured,
            encoded_at: captured + ENCODE_BASE + self.encoding_time(),
            active_layers: 1,
            ends_picture: true,
        }
    }

    /// How long its pixels take.
    pub(super) fn encoding_time(&self) -> Duration {
        let pixels = u64::from(self.config.width) * u64::from(self.config.height);
        Duration::from_nanos(pixels * ENCODE_NANOS_PER_PIXEL)
    }

    /// Takes over the requested target when it is time; whether that is a big change.
    pub(super) fn follow_request(&mut self, now: Time) -> bool {
        let (before, after) = (self.target, self.requested);
        let settled = self.changed_at.is_none_or(|changed| now.since(changed) >= REACTION_LATENCY);
        let switched = (before == DataRate::ZERO) != (after == DataRate::ZERO);
        if before == after || !(settled || switched) {
            return false;
        }
        self.target = after;
        self.changed_at = Some(now);
        if before == DataRate::ZERO {
            self.key_requested = true;
            self.debt = 0.0;
            self.payback_frames = 0;
        }
        let change = before.as_bps().abs_diff(after.as_bps());
        change as f64 > before.as_bps() as f64 * BIG_CHANGE
    }

    fn size_of_next(&mut self, captured: Time, starts_transient: bool, temporal_id: u8) -> DataSize {
        let factor = self.bursts.as_mut().map_or(1.0, |bursts| bursts.factor(captured));
        let rate = self.target.as_bps() as f64 * factor;
        let steady = rate / 8.0 * self.interval.as_nanos() as f64 / 1e9;
        let weighted = steady * self.config.temporal_layers.weight(temporal_id);
        let mean = if starts_transient {
            let burst = REFERENCE_BURST_BYTES * (rate / REFERENCE_RATE.as_bps() as f64);
            let burst = burst.max(steady * LEAST_BURST_RATIO).max(weighted);
            self.debt += burst - weighted;
            self.payback_frames = BURST_FRAMES - 1;
            burst
        } else if self.payback_frames > 0 {
            let payback =
                (self.debt / f64::from(self.payback_frames)).min(weighted * (1.0 - LEAST_PAYBACK_RATIO));
            self.debt -= payback;
            // What the least size leaves unpaid is for the frames after.
            self.payback_frames = (self.payback_frames - 1).max(u32::from(self.debt > 1.0));
            weighted - payback
        } else {
            weighted
        };
        let bytes = (mean * noise(&mut self.stream)).max(LEAST_FRAME_BYTES);
        DataSize::from_bytes(bytes as u64)
    }
}
