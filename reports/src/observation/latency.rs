//! Where a frame's latency comes from.

use std::time::Duration;

use serde::Serialize;

/// Where the time from capture to render went; the parts sum exactly to the total.
///
/// All parts are those of the packet whose arrival completed the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct LatencyParts {
    /// Capture to the encoder's output.
    pub encode: Duration,
    /// The encoder's output to the packet's first hand-off to the network.
    pub pacer: Duration,
    /// First hand-off to the hand-off of the copy that reached the SFU: zero without uplink loss.
    pub up_repair: Duration,
    /// Waiting in the uplink's queue.
    pub up_queue: Duration,
    /// Being serialised on the uplink.
    pub up_serialise: Duration,
    /// Propagation and jitter of the uplink.
    pub up_propagate: Duration,
    /// Arrival at the SFU to the first hand-off towards this receiver.
    pub sfu: Duration,
    /// First hand-off by the SFU to the hand-off of the copy that arrived: zero without downlink loss.
    pub down_repair: Duration,
    /// Waiting in the downlink's queue.
    pub down_queue: Duration,
    /// Being serialised on the downlink.
    pub down_serialise: Duration,
    /// Propagation and jitter of the downlink.
    pub down_propagate: Duration,
    /// Completion of the frame to its release for decoding.
    pub jitter_buffer: Duration,
    /// Decoding, up to the render.
    pub decode: Duration,
}

impl LatencyParts {
    /// The names of the parts, in order, as `metrics.json` and the plots spell them.
    pub const NAMES: [&'static str; 13] = [
        "encode",
        "pacer",
        "up_repair",
        "up_queue",
        "up_serialise",
        "up_propagate",
        "sfu",
        "down_repair",
        "down_queue",
        "down_serialise",
        "down_propagate",
        "jitter_buffer",
        "decode",
    ];

    /// The parts in the order of [`LatencyParts::NAMES`].
    pub fn values(&self) -> [Duration; 13] {
        [
            self.encode,
            self.pacer,
            self.up_repair,
            self.up_queue,
            self.up_serialise,
            self.up_propagate,
            self.sfu,
            self.down_repair,
            self.down_queue,
            self.down_serialise,
            self.down_propagate,
            self.jitter_buffer,
            self.decode,
        ]
    }

    /// The parts in the same order, ns; over 584 years count as that.
    pub fn nanos(&self) -> [u64; 13] {
        let nanos = |part: Duration| {
            part.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(part.subsec_nanos()))
        };
        self.values().map(nanos)
    }

    /// The sum of the parts.
    pub fn total(&self) -> Duration {
        Duration::from_nanos(self.nanos().into_iter().fold(0, u64::saturating_add))
    }
}
