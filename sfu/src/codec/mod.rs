//! What the core reads of a payload: enough to forward it, never more.

pub mod av1;
pub mod dependency_descriptor;
pub mod frame;
pub mod h264;
mod kind;
pub mod opus;
pub mod red;
pub mod vp8;
pub mod vp9;

pub use av1::Av1Descriptor;
pub use dependency_descriptor::DependencyDescriptor;
pub use frame::FrameDescription;
pub use h264::H264Descriptor;
pub use kind::{Codec, MediaKind};
pub use vp8::Vp8Descriptor;
pub use vp9::Vp9Descriptor;
