//! What lies between a datagram and a packet: demultiplexing, ICE, DTLS and SRTP.

pub mod certificate;
pub mod demux;
pub mod dtls;
pub mod ice_lite;
pub mod srtp;
