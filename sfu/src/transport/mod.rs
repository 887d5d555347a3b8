//! What lies between a datagram and a packet: demultiplexing, ICE, DTLS and SRTP.

pub mod certificate;
pub mod demux;
pub mod dtls;
pub mod framing;
pub mod ice_lite;
pub mod remote;
pub mod srtp;

pub use remote::{Carrier, Remote};
