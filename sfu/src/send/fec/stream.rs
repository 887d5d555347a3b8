//! The FEC stream of one subscription.

use super::block::{Block, Weight};
use super::group::Group;
use super::policy::{Need, Policy};
use crate::Time;
use crate::send::rtx::RtxSequence;

/// Longer packets are not protected: their repair packet, some bytes longer, would not fit an Ethernet frame.
const LONGEST: usize = 1_380;

/// A packet that is being sent, as the FEC stream sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet<'a> {
    /// Extended.
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) starts_key_frame: bool,
    pub(crate) temporal: u8,
    pub(crate) ends_frame: bool,
    /// From the RTP header on, as it is before SRTP.
    pub(crate) bytes: &'a [u8],
}

/// Protects one media stream on a stream of its own.
#[derive(Debug)]
pub(crate) struct FecStream {
    pub(crate) ssrc: u32,
    pub(crate) payload_type: u8,
    sequence: RtxSequence,
    /// Whether the receiver can ask for what it misses.
    retransmits: bool,
    policy: Policy,
    /// There from the first packet that is protected.
    block: Option<Box<Block>>,
    /// Of the last packet: a repair packet's is when it is sent (RFC 8627 section 4.2.1), on the media's clock.
    timestamp: u32,
    /// The timestamp of the last key frame.
    key_frame: Option<u32>,
}

impl FecStream {
    pub(crate) fn new(ssrc: u32, payload_type: u8, first: u16, retransmits: bool) -> Self {
        FecStream {
            ssrc,
            payload_type,
            sequence: RtxSequence::new(first),
            retransmits,
            policy: Policy::default(),
            block: None,
            timestamp: 0,
            key_frame: None,
        }
    }

    /// Follows the downlink.
    pub(crate) fn follow(&mut self, now: Time, need: &Need) {
        self.policy.follow(now, need, self.retransmits);
        if let (None, Some(block)) = (self.policy.level().shape(), &mut self.block) {
            block.clear();
        }
    }

    /// The part of the media's bytes that repair packets may take.
    pub(crate) fn share(&self) -> f64 {
        self.policy.level().shape().map_or(0.0, |shape| shape.share)
    }

    /// How the stream is protected just now.
    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// When [`FecStream::next`] has something to do even if no packet is sent.
    pub(crate) fn deadline(&self) -> Time {
        self.block.as_ref().map_or(Time::NEVER, |block| block.deadline())
    }

    /// Takes in a packet that is being sent.
    pub(crate) fn protect(&mut self, now: Time, packet: &Packet<'_>) {
        if packet.starts_key_frame {
            self.key_frame = Some(packet.timestamp);
        }
        self.timestamp = packet.timestamp;
        let Some(shape) = self.policy.level().shape() else { return };
        if packet.bytes.len() > LONGEST {
            return;
        }
        let weight = match packet.temporal {
            _ if self.key_frame == Some(packet.timestamp) => Weight::KeyFrame,
            0 => Weight::BaseLayer,
            _ => Weight::UpperLayer,
        };
        let what = (packet.sequence, packet.bytes);
        let block = self.block.get_or_insert_default();
        block.add(now, &shape, self.policy.block(), what, (weight, packet.ends_frame));
    }

    /// The next group whose repair packet is to be sent now, with the packet's extended number and its timestamp; to
    /// be called until there is none.
    pub(crate) fn next(&mut self, now: Time) -> Option<(&Group, u64, u32)> {
        let shape = self.policy.level().shape()?;
        let group = self.block.as_mut()?.next(now, &shape)?;
        Some((group, self.sequence.take(), self.timestamp))
    }
}
