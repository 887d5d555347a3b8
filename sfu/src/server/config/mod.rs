//! Settings of the server, with the reason beside each default.
//!
//! The same keys come from a TOML file, from the environment and from flags; see [`load`].

mod lists;
mod load;

pub use load::{ConfigError, ENVIRONMENT_PREFIX, Override, load};

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;

use serde::Deserialize;

/// What the server must be told; nothing, on one's own machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// The page and its WebSocket.
    pub page: Page,
    /// Where media goes.
    pub media: Media,
    /// Metrics, state and commands for whoever runs the server.
    pub admin: Admin,
    /// Who may enter.
    pub access: Access,
    /// What one address, and everybody together, may take.
    pub limits: Limits,
    /// What is written to standard error.
    pub log: Log,
}

/// `[page]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Page {
    /// Where the page and its WebSocket are. Port 8080 of this machine only: browsers give cameras to pages of
    /// `localhost` without HTTPS, and to no other page without it.
    pub listen: SocketAddr,
    /// How the page is protected; without it [`Tls::Files`] where there is a certificate, else [`Tls::Off`] on a
    /// loopback address and [`Tls::SelfMade`] on any other, since browsers give no camera to a page without HTTPS.
    pub tls: Option<Tls>,
    /// The certificate chain, PEM, the server's own first.
    pub certificate: Option<PathBuf>,
    /// Its private key, PEM.
    pub key: Option<PathBuf>,
    /// Names and addresses for which a certificate is made. The address of the default route and `localhost` always
    /// are among them.
    pub names: Vec<String>,
    /// Origins besides the server's own whose pages may open the WebSocket, as in `https://meet.example.org`. None: a
    /// page of somebody else's could speak with the cookies and the network of whoever looks at it.
    pub origins: Vec<String>,
}

/// How the page is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tls {
    /// Plain HTTP: on one's own machine, or behind a proxy that does TLS.
    Off,
    /// With a certificate that is made anew at each start, and that browsers warn of.
    SelfMade,
    /// With `certificate` and `key`.
    Files,
}

/// `[media]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Media {
    /// Where media is taken: an address, or one of IPv4 and one of IPv6. UDP port 3478, which is STUN's (RFC 8489
    /// section 12) and which firewalls that let anything through let through.
    #[serde(deserialize_with = "lists::one_or_several")]
    pub listen: Vec<SocketAddr>,
    /// The addresses that peers are told in place of those in `listen`, of the same family each: for a server behind
    /// an address translator that maps ports one to one.
    #[serde(deserialize_with = "lists::one_or_several")]
    pub advertise: Vec<IpAddr>,
    /// Whether media is taken over TCP as well, on the same port numbers: for networks that block UDP. Browsers use it
    /// only where UDP doesn't work.
    pub tcp: bool,
    /// How many rooms' worth of work is done side by side: a room is forwarded by one worker, and each worker has its
    /// thread and its port, the first that of `listen` and the others those that follow. As many as the machine has
    /// cores: nothing is gained by more, and each takes a few megabytes.
    pub workers: Option<usize>,
}

/// `[access]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Access {
    /// Those that sign tokens (JWT, RFC 7519). None: everybody who knows a room's name may enter it, which is what one
    /// wants on one's own machine. With one, nobody enters without a token. Several are for the time in which one
    /// follows another: a token names its key by `kid`, or is tried with each.
    pub keys: Vec<AccessKey>,
}

/// `[[access.keys]]`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessKey {
    /// What tokens call it, `kid`.
    #[serde(default)]
    pub id: Option<String>,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// The secret, for HS256.
    #[serde(default)]
    pub secret: Option<String>,
    /// The file of the public key, PEM, for the others.
    #[serde(default)]
    pub file: Option<PathBuf>,
}

impl std::fmt::Debug for AccessKey {
    /// Without the secret, so that no message or log shows it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let AccessKey { id, algorithm, secret, file } = self;
        let secret = secret.as_ref().map(|_| "…");
        f.debug_struct("AccessKey")
            .field("id", id)
            .field("algorithm", algorithm)
            .field("secret", &secret)
            .field("file", file)
            .finish()
    }
}

/// What signs a token (RFC 7518 section 3.1, RFC 8037 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Algorithm {
    /// HMAC with SHA-256: who checks could sign as well.
    #[serde(rename = "HS256")]
    Hs256,
    /// RSA (PKCS #1 v1.5) with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// `[admin]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Admin {
    /// Where `/metrics`, `/ready`, `/rooms` and the commands are. Nowhere: who needs them says where, and the page's
    /// address is open to everybody.
    pub listen: Option<SocketAddr>,
    /// What a command must carry as `Authorization: Bearer …`. Without one there are no commands, since any page that
    /// is open on this machine could send them.
    pub token: Option<String>,
}

/// `[limits]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Participants in all.
    pub participants: usize,
    /// Participants in one room.
    pub participants_per_room: usize,
    /// HTTP connections and WebSockets at a time. 4,096: twice the participants, and still four times below what
    /// systems let a process open.
    pub connections: usize,
    /// Those of one address (of one /64 in IPv6). 256: an office of two hundred behind one address translator.
    pub connections_per_address: usize,
    /// New connections per second of one address, in the long run; ten seconds' worth may come at once.
    pub connections_per_second: u32,
    /// Messages per second of one WebSocket, in the long run; ten seconds' worth may come at once. 20: a page that is
    /// resized sends one per frame for a moment.
    pub messages_per_second: u32,
}

/// `[log]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Whether every decision of the core is told: who gets which layer and why, key frames, estimates. Off: it is for
    /// looking into one call, not for a day of them. Holds no address and no name.
    pub events: bool,
}

impl Default for Page {
    fn default() -> Self {
        Page {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            tls: None,
            certificate: None,
            key: None,
            names: Vec::new(),
            origins: Vec::new(),
        }
    }
}

impl Page {
    /// See [`Page::tls`].
    pub fn tls(&self) -> Tls {
        self.tls.unwrap_or(match (&self.certificate, self.listen.ip().is_loopback()) {
            (Some(_), _) => Tls::Files,
            (None, true) => Tls::Off,
            (None, false) => Tls::SelfMade,
        })
    }
}

impl Default for Media {
    fn default() -> Self {
        let listen = reachable_addresses().into_iter().map(|ip| SocketAddr::new(ip, 3478)).collect();
        Media { listen, advertise: Vec::new(), tcp: true, workers: None }
    }
}

impl Media {
    /// See [`Media::workers`].
    pub fn workers(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.workers.unwrap_or_else(cores)
    }
}

/// Where a worker listens, of which the first does so on `first`; port 0, any that is free, is so for all.
pub(super) fn of_worker(first: SocketAddr, index: usize) -> SocketAddr {
    let step = if first.port() == 0 { 0 } else { index };
    let port = usize::from(first.port()) + step;
    SocketAddr::new(first.ip(), u16::try_from(port).expect("settings with ports beyond the last are refused"))
}

impl Default for Limits {
    fn default() -> Self {
        let core = crate::config::Limits::default();
        Limits {
            participants: core.participants,
            participants_per_room: core.conference,
            connections: 4_096,
            connections_per_address: 256,
            connections_per_second: 20,
            messages_per_second: 20,
        }
    }
}

/// Where peers reach a socket on `listen`: under the advertised address of its family, if there is one.
pub(super) fn advertised(listen: SocketAddr, advertise: &[IpAddr]) -> SocketAddr {
    let same = advertise.iter().find(|ip| ip.is_ipv4() == listen.is_ipv4());
    SocketAddr::new(same.copied().unwrap_or(listen.ip()), listen.port())
}

/// The addresses of this machine that its default routes leave from, IPv4 before IPv6, or else the loopback address. A
/// browser on the same machine reaches them as others do.
pub fn reachable_addresses() -> Vec<IpAddr> {
    // Addresses for documentation (RFC 5737, RFC 3849): nothing is sent, but the system chooses a route.
    let routes = [
        (IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1))),
        (IpAddr::V6(Ipv6Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))),
    ];
    let routed = |(any, to): (IpAddr, IpAddr)| {
        let socket = UdpSocket::bind((any, 0)).ok()?;
        socket.connect((to, 9)).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    let mut addresses: Vec<IpAddr> = routes.into_iter().filter_map(routed).collect();
    if addresses.is_empty() {
        addresses.push(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    addresses
}

#[cfg(test)]
mod tests;
