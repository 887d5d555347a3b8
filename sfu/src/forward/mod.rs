//! One receiver's outgoing streams, made of what the publishers send. `PROJECTION.md` states the algorithm.

pub mod audio;
pub mod timestamp;
pub mod video;

mod frames;
mod gap;
mod history;
mod ingress;
mod limit;
mod source;

pub use audio::{AudioProjection, IngressAudio, OPUS_CLOCK_RATE, ProjectedAudio};
pub use ingress::IngressVideo;
pub use source::MAX_ENCODINGS;
pub use timestamp::ClockMap;
pub use video::{Layer, Origin, Projected, VideoProjection};
