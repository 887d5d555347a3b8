//! What waits for the pacer.

use std::collections::VecDeque;
use std::time::Duration;

use sfu::{DataRate, DataSize, Time};

use crate::participant::media::packetizer::{EncodedFrame, FramePackets};

/// Retransmissions waiting at most: a second of 2.5 Mbit/s, which is all that is kept.
const MAX_REPAIRS: usize = 512;
/// Retransmissions use no more than the target in this window (libwebrtc, `kRetransmitWindowSizeMs`), so that
/// requests can't displace media for good.
const REPAIR_WINDOW: Duration = Duration::from_millis(500);

/// A frame on its way out.
#[derive(Clone, Debug)]
pub(super) struct QueuedFrame {
    pub(super) source: u8,
    pub(super) encoding: u8,
    pub(super) timestamp: u32,
    /// When the encoder gave it out.
    pub(super) ready: Time,
    pub(super) packets: FramePackets,
    /// Encoded bytes that haven't left.
    bytes: u64,
}

impl QueuedFrame {
    /// A frame of the encoding, of which nothing has left yet.
    pub(super) fn new(
        (source, encoding): (u8, u8),
        timestamp: u32,
        frame: &EncodedFrame,
        packets: FramePackets,
    ) -> Self {
        let ready = frame.captured + frame.encode;
        QueuedFrame { source, encoding, timestamp, ready, packets, bytes: u64::from(frame.bytes) }
    }
}

/// A packet to be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Repair {
    pub(super) source: u8,
    pub(super) encoding: u8,
    /// The original's sequence number, extended.
    pub(super) sequence: u64,
}

/// Video and retransmissions, each in order.
#[derive(Clone, Debug, Default)]
pub(super) struct PacedQueue {
    frames: VecDeque<QueuedFrame>,
    repairs: VecDeque<Repair>,
    bytes: u64,
    /// When the retransmissions so far would have left at the target.
    repairs_paid: Time,
}

impl PacedQueue {
    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty() && self.repairs.is_empty()
    }

    /// Video that waits.
    pub(super) fn size(&self) -> DataSize {
        DataSize::from_bytes(self.bytes)
    }

    /// How long the first frame has waited.
    pub(super) fn waited(&self, now: Time) -> Duration {
        self.frames.front().map_or(Duration::ZERO, |frame| now.since(frame.ready))
    }

    pub(super) fn push_frame(&mut self, frame: QueuedFrame) {
        self.bytes += frame.bytes;
        self.frames.push_back(frame);
    }

    /// The frame whose packets leave next.
    pub(super) fn front(&mut self) -> Option<&mut QueuedFrame> {
        self.frames.front_mut()
    }

    /// A packet of the first frame left with so much payload.
    pub(super) fn on_sent(&mut self, payload: usize) {
        let Some(frame) = self.frames.front_mut() else { return };
        let done = frame.packets.remaining() == 0;
        let left = if done { frame.bytes } else { frame.bytes.min(payload as u64) };
        frame.bytes -= left;
        self.bytes -= left;
        if done {
            self.frames.pop_front();
        }
    }

    /// Takes out what waits of encodings that are `off`, by source and encoding.
    pub(super) fn withdraw(&mut self, off: impl Fn(u8, u8) -> bool) {
        self.frames.retain(|frame| !off(frame.source, frame.encoding));
        self.repairs.retain(|repair| !off(repair.source, repair.encoding));
        self.bytes = self.frames.iter().map(|frame| frame.bytes).sum();
    }

    /// Whether another retransmission is within bounds.
    pub(super) fn takes_repairs(&self, now: Time) -> bool {
        self.repairs.len() < MAX_REPAIRS && self.repairs_paid.since(now) < REPAIR_WINDOW
    }

    /// Takes a retransmission of so much payload while the target is `target`.
    pub(super) fn push_repair(&mut self, now: Time, repair: Repair, size: DataSize, target: DataRate) {
        self.repairs_paid = self.repairs_paid.max(now) + target.time_for(size).min(REPAIR_WINDOW);
        self.repairs.push_back(repair);
    }

    pub(super) fn pop_repair(&mut self) -> Option<Repair> {
        self.repairs.pop_front()
    }
}
