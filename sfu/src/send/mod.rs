//! What is kept of each outgoing stream, to send parts of it again.

pub mod cache;
pub(crate) mod fec;
pub(crate) mod redundancy;
pub mod rtx;
pub mod sent_log;

pub use cache::{CacheLimits, CachedPacket, PacketCache};
pub use sent_log::{Refusal, SentLog, SentPacket};
