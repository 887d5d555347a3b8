//! What lies between a datagram and a packet: demultiplexing, ICE, DTLS and SRTP.

pub mod demux;
pub mod srtp;
