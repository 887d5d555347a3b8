//! FlexFEC by bytes worked out by hand from RFC 8627, and by random packets.

mod properties;
mod vectors;
