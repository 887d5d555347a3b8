//! Probing: sending a short burst faster than the estimate to see what comes of it.

pub mod controller;
pub mod estimator;
pub mod limited;
pub mod pacing;

use std::time::Duration;

use serde::Serialize;

use crate::{DataRate, DataSize};

/// Names a probe cluster; unique within one controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ClusterId(pub u32);

/// Packets to be sent at a given rate so that their arrival shows whether the path carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeCluster {
    /// To be noted with each packet of the cluster ([`super::SentPacket::cluster`]).
    pub id: ClusterId,
    /// The rate to send at.
    pub rate: DataRate,
    /// Bytes to send at least.
    pub size: DataSize,
    /// Packets to send at least.
    pub packets: u32,
}

impl ProbeCluster {
    /// A cluster that lasts `duration` at `rate`, and `packets` packets at least.
    pub fn lasting(id: ClusterId, rate: DataRate, duration: Duration, packets: u32) -> Self {
        ProbeCluster { id, rate, size: rate.size_in(duration), packets }
    }
}
