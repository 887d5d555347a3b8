//! What a participant sends: cameras and microphones as plain RTP, paced, at the rate that the uplink carries.
//!
//! ```text
//! camera ─ encoders ─ packetizers ─┐
//! retransmissions ─────────────────┼─ pacer ─┐
//! probe padding ───────────────────┘         ├─ transport-wide numbers ─ out
//! microphone ─ encoder ─ packetizer ─────────┘
//! ```
//!
//! A frame waits for the pacer as a whole, and its packets are written one by one when they leave: so the
//! queue holds no packet buffers, and sequence numbers are given out in the order of sending.
//!
//! [`MediaSender`] puts it together. It follows Chrome (libwebrtc) where that is visible from outside; each
//! constant names its source.

mod allocation;
mod announcement;
mod camera;
mod clock;
mod config;
mod dtx;
mod encoding;
mod feedback;
mod header;
mod key_frame_requests;
mod media_sender;
mod microphone;
mod output;
mod queue;
mod rate_control;
mod redundancy;
mod repair;
mod repair_budget;
mod reports;
mod source;
mod stream;
#[cfg(test)]
mod tests;
mod timeout;
mod wire;

pub use config::{CameraSettings, LayerSettings, MicrophoneSettings, SenderConfig, SourceConfig};
pub use media_sender::MediaSender;
pub use output::{MediaTag, Output};
