//! What a frame looks like in packets, codec by codec.

use sfu::codec::Vp8Descriptor;

use super::av1::Av1Frame;
use super::h264::{ARMOURED_LEN, H264Frame, SLICE_HEADER_LEN, write_armoured};
use super::vp8;
use super::vp9::Vp9Frame;
use crate::participant::media::stamp::VideoStamp;

/// A packet's part of its frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// Its place in the frame, packets of parameter sets apart.
    pub(super) number: u16,
    /// Whether it is the first of the frame.
    pub(super) first: bool,
    /// Whether it is the last of the frame.
    pub(super) last: bool,
    /// How many of the frame's bytes it takes.
    pub(super) content: usize,
    /// The frame's bytes that have not left, its own included.
    pub(super) left: usize,
}

/// A frame by codec.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    Vp8(Vp8Descriptor),
    Vp9(Vp9Frame),
    Av1(Av1Frame),
    H264(H264Frame),
    /// Nothing that anybody between the ends could read.
    Opaque,
}

impl Shape {
    /// The most bytes that a packet has beside the frame's.
    pub(super) fn overhead(&self) -> usize {
        match self {
            Shape::Vp8(_) => vp8::DESCRIPTOR_LEN,
            Shape::Vp9(frame) => frame.overhead(),
            Shape::Av1(frame) => frame.overhead(),
            Shape::H264(frame) => frame.overhead(),
            Shape::Opaque => 0,
        }
    }

    /// How many bytes of the frame stand before the stamp, at most.
    pub(super) fn head_len(&self) -> usize {
        match self {
            Shape::Vp8(descriptor) => vp8::head_len(descriptor.key_frame_start),
            Shape::Vp9(frame) => frame.head_len(),
            Shape::Av1(frame) => frame.head_len(),
            Shape::H264(_) => SLICE_HEADER_LEN,
            Shape::Opaque => 0,
        }
    }

    /// How long the stamp is.
    pub(super) fn stamp_len(&self) -> usize {
        match self {
            Shape::H264(_) => ARMOURED_LEN,
            _ => VideoStamp::LEN,
        }
    }

    /// Settles how many packets without any of the frame's bytes go first.
    pub(super) fn plan(&mut self, bytes: usize, limit: usize) -> usize {
        match self {
            Shape::H264(frame) => frame.plan(bytes, limit),
            _ => 0,
        }
    }

    /// Writes one of those and returns its length.
    pub(super) fn write_ahead(&self, index: u16, out: &mut [u8]) -> usize {
        match self {
            Shape::H264(frame) => frame.write_parameter_sets(index, out),
            _ => 0,
        }
    }

    /// Writes what stands before the stamp, and the stamp: the length of the packet's own bytes, then of the
    /// frame's.
    pub(super) fn write(&mut self, part: &Part, stamp: &VideoStamp, out: &mut [u8]) -> (usize, usize) {
        let size = (stamp.width, stamp.height);
        let (own, head) = match self {
            Shape::Vp8(descriptor) => vp8::write(descriptor, part, size, out),
            Shape::Vp9(frame) => frame.write(part, size, out),
            Shape::Av1(frame) => frame.write(part, out),
            Shape::H264(frame) => frame.write(part, out),
            Shape::Opaque => (0, 0),
        };
        match self {
            Shape::H264(_) => write_armoured(stamp, &mut out[own + head..]),
            _ => stamp.write(&mut out[own + head..]),
        }
        (own, head + self.stamp_len())
    }
}
