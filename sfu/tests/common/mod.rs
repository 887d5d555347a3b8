//! A call in memory: the real core, and peers that check, shake hands, and send and receive media.
//!
//! Only the crate's public interface is used, so that tests, benchmarks and other crates can share it.

#![allow(dead_code, reason = "each user of this module needs another part of it")]

pub(crate) mod call;
pub(crate) mod media;
pub(crate) mod peer;
pub(crate) mod stun;
