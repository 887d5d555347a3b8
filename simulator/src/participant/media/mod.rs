//! Media as a participant makes it: sizes and times of frames, without pictures or sound; their packets, and
//! the record of their way to the SFU.

pub mod audio_packetizer;
mod bits;
pub mod encoder;
pub mod opus;
pub mod packetizer;
pub mod sender_log;
pub mod speech;
pub mod stamp;
pub mod structure;
