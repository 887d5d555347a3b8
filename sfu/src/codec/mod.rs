//! What the core reads of a payload: enough to forward it, never more.

mod kind;
pub mod opus;
pub mod red;
pub mod vp8;

pub use kind::{Codec, MediaKind};
pub use vp8::Vp8Descriptor;
