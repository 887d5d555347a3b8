//! Session descriptions (RFC 8866, JSEP as of RFC 9429) at the edge of the core: a browser's offer becomes a
//! [`crate::JoinRequest`], and what the core sends becomes offers of ours. The core itself knows none of it.
//!
//! The peer offers once, when it joins, with the sections that it publishes on. From then on only we offer: a section
//! for each stream to the peer, in a place that never moves. A section that has ended is written with port 0 once, and
//! may then be used again under another mid (RFC 9429 section 5.2.2).

mod candidate;
mod extensions;
mod formats;
mod fragment;
mod negotiation;
mod offer;
mod parse;
mod sources;
mod write;

pub use candidate::Candidate;
pub use formats::{Format, Formats};
pub use fragment::Fragment;
pub use negotiation::{Local, Negotiation};
pub use offer::{Offer, Offered, Use};
pub use parse::{Attribute, Description, MAX_LEN, MAX_SECTIONS, SdpError, Section};
pub use sources::SourceHint;

#[cfg(test)]
mod tests;
