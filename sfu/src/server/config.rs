//! Settings of the server, with the reason beside each default.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

/// What the server must be told; nothing, on one's own machine.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Where the page and its WebSocket are. Port 8080 of this machine only: browsers give cameras to pages of
    /// `localhost` without HTTPS, and to no other page without it.
    pub http: SocketAddr,
    /// Where media is taken. UDP port 3478, which is STUN's (RFC 8489 section 12) and which firewalls that let
    /// anything through let through.
    pub media: SocketAddr,
    /// The address that peers are told in place of the one in `media`: for a server behind an address translator.
    pub advertised: Option<IpAddr>,
    /// Whether every decision of the core goes to standard error: who gets which layer and why, key frames, estimates.
    /// Off: it is for looking into one call, not for a day of them. Holds no address and no name.
    pub events: bool,
}

impl Default for ServerConfig {
    fn default() -> Self {
        ServerConfig {
            http: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            media: SocketAddr::new(reachable_address(), 3478),
            advertised: None,
            events: false,
        }
    }
}

/// The address of this machine that its default route leaves from, or else the loopback address. A browser on the same
/// machine reaches it as others do.
pub fn reachable_address() -> IpAddr {
    let routed = || {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
        // Sends nothing: it makes the system choose a route (to an address of RFC 5737).
        socket.connect((Ipv4Addr::new(198, 51, 100, 1), 9)).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    routed().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}
