//! The simulated network: datagrams as they are on the wire, links, and a reliable channel on top.
//!
//! A link is a pipeline, in this order: queue → serialiser → loss → propagation with jitter → deliver.

pub mod buffer_pool;
pub mod counters;
pub mod hop;
pub mod link;
pub mod loss;
pub mod packet;
pub mod propagation;
pub mod queue;
pub mod rate_schedule;
pub mod reliable;

pub use buffer_pool::BufferPool;
pub use hop::{Delivered, DropCause, Dropped, Exit, HopRecord};
pub use link::{Link, LinkConfig, LinkStreams};
pub use loss::Loss;
pub use packet::{Datagram, IP_UDP_OVERHEAD, TrafficClass};
pub use propagation::{Jitter, Propagation};
pub use queue::{QueueLimit, SizedAt};
pub use rate_schedule::RateSchedule;
