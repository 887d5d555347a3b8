//! What the core reads of a payload: enough to forward it, never more.

pub mod vp8;

pub use vp8::Vp8Descriptor;
