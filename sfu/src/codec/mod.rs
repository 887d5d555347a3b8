//! What the core reads of a payload: enough to forward it, never more.

pub mod frame;
pub mod dependency_descriptor;
mod kind;
pub mod vp8;
pub mod vp9;

pub use frame::FrameDescription;
pub use dependency_descriptor::DependencyDescriptor;
pub use kind::{Codec, MediaKind};
pub use vp8::Vp8Descriptor;
pub use vp9::Vp9Descriptor;
