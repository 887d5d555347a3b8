//! What a participant makes of the packets that reach it: repair, jitter buffers, decoding, rendering.
//!
//! Each receiver is a sans-IO machine for one stream: packets and time in; outputs through a sink, and the
//! next deadline. Nothing here is shared with the SFU's own receive side, so that a fault which both sides
//! of a protocol would agree on shows.

pub mod audio;
pub mod fec;
pub mod feedback;
pub mod feedback_timer;
mod frame_buffer;
mod key_request;
pub mod latency;
mod links;
pub mod lip_sync;
mod nack;
mod packet_history;
mod playout;
mod quantile;
mod reference;
pub mod statistics;
pub mod video;
pub use audio::{AudioOutput, AudioReceiver};
pub use feedback::Feedback;
pub use feedback_timer::FeedbackTimer;
pub use latency::{Arrival, UplinkLookup};
pub use video::{Content, VideoOutput, VideoReceiver};
