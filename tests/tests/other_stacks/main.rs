//! What other stacks make of the core's bytes: str0m 0.25 and webrtc-rs' sans-IO `rtc` 0.21.1 meet in a conference of
//! this core. Each packetises frames, protects them, and depacketises what the other one sent, with its own code.

mod channel;
mod codecs;
mod data;

mod feedback;
mod frames;
mod loss;
mod redundancy;

mod rtc_listener;
mod rtc_media;
mod rtc_peer;
mod rtc_sdp;
mod rtc_settings;
mod simulcast;
mod stack;
mod statistics;

mod str0m_peer;
mod world;
