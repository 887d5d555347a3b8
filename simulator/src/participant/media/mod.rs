//! Media as a participant makes and plays it: sizes and times of frames, without pictures or sound.

pub mod encoder;
pub mod speech;
