//! The conference protocol, without sockets: messages, and the server's side of each session.

pub mod browser;
pub mod messages;
mod server;

pub use messages::{ClientMessage, IceCredentials, Peer, ServerMessage};
pub use server::{MAX_MESSAGE, SessionId, SignallingServer};
