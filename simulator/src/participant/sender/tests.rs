//! A sender alone in virtual time, on a tiny network that answers as an SFU does.

mod feedback;
mod log;
mod packets;
mod properties;
mod rates;
mod rig;
