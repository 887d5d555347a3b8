//! The transport against a small server: an answerer of checks, the DTLS seam, and rtc-srtp.

mod connecting;
mod media;
mod server;
mod world;
