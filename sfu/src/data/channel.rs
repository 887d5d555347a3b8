//! One data channel of a participant.

use super::PROTOCOL;
use super::dcep::{Delivery, Open, Reliability};

/// A channel that its peer opened.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) stream: u16,
    /// The topic.
    pub(crate) label: String,
    /// Whether messages carry an envelope.
    pub(crate) enveloped: bool,
    pub(crate) delivery: Delivery,
    /// Messages that were dropped since the peer was last told.
    pub(crate) untold: u32,
    /// We have closed it and wait for the peer to agree.
    pub(crate) closing: bool,
}

impl Channel {
    pub(crate) fn new(stream: u16, open: Open) -> Self {
        Channel {
            stream,
            label: open.label,
            enveloped: open.protocol == PROTOCOL,
            delivery: open.delivery,
            untold: 0,
            closing: false,
        }
    }

    /// Whether every message has to arrive.
    pub(crate) fn is_reliable(&self) -> bool {
        self.delivery.reliability == Reliability::Reliable
    }
}
