//! The simulated network: datagrams as they are on the wire, links, and a reliable channel on top.
//!
//! A link is a pipeline, in this order: policer → queue → serialiser → loss → propagation with jitter →
//! impairments (corruption, copies, reordering) → deliver.

pub mod buffer_pool;
pub mod counters;
pub mod hop;
pub mod impairment;
pub mod link;
pub mod loss;
pub mod packet;
pub mod policer;
pub mod propagation;
pub mod queue;
pub mod rate_schedule;
pub mod reliable;
pub mod trace;

pub use buffer_pool::BufferPool;
pub use hop::{Delivered, DropCause, Dropped, Exit, HopRecord};
pub use impairment::{HoldBack, ImpairmentConfig};
pub use link::{Link, LinkConfig, LinkStreams};
pub use loss::Loss;
pub use loss::gilbert_elliott::GilbertElliott;
pub use packet::{Datagram, IP_UDP_OVERHEAD, TrafficClass, ipv4};
pub use policer::PolicerConfig;
pub use propagation::{Jitter, Propagation};
pub use queue::managed::Management;
pub use queue::packet::Ecn;
pub use queue::{QueueLimit, SizedAt};
pub use rate_schedule::RateSchedule;
pub use trace::{Trace, TraceError};
