//! The transport against a small server: an answerer of checks, the DTLS seam, and rtc-srtp.

mod call;
mod connecting;
mod media;
mod server;
mod world;
