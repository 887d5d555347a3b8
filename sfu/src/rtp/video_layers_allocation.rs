//! The video layers allocation extension (`video-layers-allocation00` of WebRTC's RTP header extensions): which
//! layers an encoder makes, at which rates and sizes.

mod write;

use thiserror::Error;

use crate::codec::av1::{Av1Error, read_leb128};
use crate::units::DataRate;

/// RTP streams (simulcast encodings) that an allocation can describe.
pub const MAX_STREAMS: usize = 4;
/// Spatial layers of a stream that an allocation can describe.
pub const MAX_SPATIAL_LAYERS: usize = 4;
/// Temporal layers of a spatial layer that an allocation can describe.
pub const MAX_TEMPORAL_LAYERS: usize = 4;

/// Why an extension is no sound allocation, or why one can't be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum VideoLayersAllocationError {
    /// The extension ends before the last target rate.
    #[error("video layers allocation is truncated")]
    Truncated,
    /// A rate is not below 2³² kbit/s.
    #[error("video layers allocation has a rate out of bounds")]
    Rate,
    /// An allocation to write has streams, layers or sizes out of range, or sizes for some layers only.
    #[error("video layers allocation to write is inconsistent")]
    Inconsistent,
    /// The buffer is shorter than what is to be written.
    #[error("no room for the video layers allocation")]
    NoRoom,
}

/// What one spatial layer of one stream is to have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LayerAllocation {
    temporal_layers: u8,
    rates: [DataRate; MAX_TEMPORAL_LAYERS],
    /// Size and frame rate, if the sender writes them; then it does for all layers.
    pub format: Option<LayerFormat>,
}

/// A layer's pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LayerFormat {
    /// Width, pixels, 1 to 65,536.
    pub width: u32,
    /// Height, pixels, 1 to 65,536.
    pub height: u32,
    /// Frames per second at most, 0 to 255.
    pub max_frame_rate: u8,
}

impl LayerAllocation {
    /// A layer with the target rate up to each of its temporal layers, whole kbit/s; without a format.
    ///
    /// # Panics
    /// With none or more than four.
    pub fn new(cumulative_rates: &[DataRate]) -> LayerAllocation {
        assert!((1..=MAX_TEMPORAL_LAYERS).contains(&cumulative_rates.len()), "one to four temporal layers");
        let mut layer = LayerAllocation { temporal_layers: cumulative_rates.len() as u8, ..Self::default() };
        layer.rates[..cumulative_rates.len()].copy_from_slice(cumulative_rates);
        layer
    }

    /// The target rate up to each temporal layer, all below included: so the last is the whole spatial layer's
    /// (without spatial layers below it).
    pub fn cumulative_rates(&self) -> &[DataRate] {
        &self.rates[..usize::from(self.temporal_layers)]
    }
}

/// What an encoder makes, at the moment of the packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VideoLayersAllocation {
    /// The index of the RTP stream that the packet belongs to, 0 to 3.
    pub current_stream: u8,
    /// How many streams there are, 0 to 4; with none, nothing is sent at all.
    pub streams: u8,
    /// By stream, then by spatial layer: the active ones.
    pub layers: [[Option<LayerAllocation>; MAX_SPATIAL_LAYERS]; MAX_STREAMS],
}

impl VideoLayersAllocation {
    /// Reads an extension's value.
    ///
    /// A format block that is too short for all layers is left out of account, as are bytes behind it: what counts is
    /// the rates.
    ///
    /// # Errors
    /// When the value ends before the last rate, or a rate is out of bounds.
    pub fn parse(bytes: &[u8]) -> Result<VideoLayersAllocation, VideoLayersAllocationError> {
        let (&head, rest) = bytes.split_first().ok_or(VideoLayersAllocationError::Truncated)?;
        if bytes == [0] {
            return Ok(VideoLayersAllocation::default());
        }
        let streams = ((head >> 4) & 3) + 1;
        let (masks, rest) = Masks::split(head & 0x0f, usize::from(streams), rest)?;
        let mut allocation =
            VideoLayersAllocation { current_stream: head >> 6, streams, layers: Default::default() };
        let (counts, mut rest) = rest
            .split_at_checked(masks.layers().count().div_ceil(4))
            .ok_or(VideoLayersAllocationError::Truncated)?;
        for (i, (stream, spatial)) in masks.layers().enumerate() {
            let temporal_layers = ((counts[i / 4] >> (6 - 2 * (i % 4))) & 3) + 1;
            let mut layer = LayerAllocation { temporal_layers, ..LayerAllocation::default() };
            for rate in &mut layer.rates[..usize::from(temporal_layers)] {
                let (kbps, tail) = read_leb128(rest).map_err(|error| match error {
                    Av1Error::Length => VideoLayersAllocationError::Rate,
                    _ => VideoLayersAllocationError::Truncated,
                })?;
                *rate = DataRate::from_kbps(u64::from(kbps));
                rest = tail;
            }
            allocation.layers[stream][spatial] = Some(layer);
        }
        allocation.take_formats(rest);
        Ok(allocation)
    }

    fn take_formats(&mut self, bytes: &[u8]) {
        let (formats, _) = bytes.as_chunks::<5>();
        if formats.len() < self.active_layers().count() {
            return;
        }
        for (layer, format) in self.layers.iter_mut().flatten().flatten().zip(formats) {
            let [w1, w0, h1, h0, max_frame_rate] = *format;
            layer.format = Some(LayerFormat {
                width: u32::from(u16::from_be_bytes([w1, w0])) + 1,
                height: u32::from(u16::from_be_bytes([h1, h0])) + 1,
                max_frame_rate,
            });
        }
    }

    /// The active layers as (stream, spatial layer, allocation), in order.
    pub fn active_layers(&self) -> impl Iterator<Item = (u8, u8, &LayerAllocation)> {
        self.layers.iter().zip(0_u8..).flat_map(|(layers, stream)| {
            layers
                .iter()
                .zip(0_u8..)
                .filter_map(move |(layer, spatial)| Some((stream, spatial, layer.as_ref()?)))
        })
    }
}

/// Which spatial layers of each stream are active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Masks([u8; MAX_STREAMS]);

impl Masks {
    /// One mask for all streams, or, where that is zero, one of four bits for each, padded to a byte.
    fn split(shared: u8, streams: usize, bytes: &[u8]) -> Result<(Masks, &[u8]), VideoLayersAllocationError> {
        let mut masks = [0; MAX_STREAMS];
        if shared != 0 {
            masks[..streams].fill(shared);
            return Ok((Masks(masks), bytes));
        }
        let (packed, rest) =
            bytes.split_at_checked(streams.div_ceil(2)).ok_or(VideoLayersAllocationError::Truncated)?;
        for (i, mask) in masks[..streams].iter_mut().enumerate() {
            *mask = if i % 2 == 0 { packed[i / 2] >> 4 } else { packed[i / 2] & 0x0f };
        }
        Ok((Masks(masks), rest))
    }

    /// The active (stream, spatial layer) pairs, in order.
    fn layers(self) -> impl Iterator<Item = (usize, usize)> {
        self.0.into_iter().enumerate().flat_map(|(stream, mask)| {
            (0..MAX_SPATIAL_LAYERS)
                .filter(move |spatial| mask & (1 << spatial) != 0)
                .map(move |s| (stream, s))
        })
    }
}

#[cfg(test)]
mod tests;
