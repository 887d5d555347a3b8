//! A client, a server and the path between them.

use std::collections::BTreeMap;
use std::time::Duration;

use sfu::Time;
use sfu::transport::dtls::{Dtls, DtlsConfig, Role};

use super::super::*;
use super::server::Server;
use crate::crypto::SeededProvider;

pub(super) const CLIENT_ADDRESS: SocketAddr = address(1, 50_000);
pub(super) const SERVER_ADDRESS: SocketAddr = address(2, 3478);

const fn address(host: u8, port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, host)), port)
}

/// What varies between tests.
#[derive(Clone, Copy)]
pub(super) struct Options {
    pub(super) seed: u8,
    pub(super) delay: Duration,
    pub(super) client_role: Role,
    pub(super) crypto: CryptoMode,
    /// Who is told a wrong fingerprint: (client, server).
    pub(super) wrong_fingerprint: (bool, bool),
}

impl Default for Options {
    fn default() -> Self {
        Options {
            seed: 1,
            delay: Duration::from_millis(30),
            client_role: Role::Client,
            crypto: CryptoMode::Real,
            wrong_fingerprint: (false, false),
        }
    }
}

pub(super) struct World {
    pub(super) now: Time,
    pub(super) client: ClientTransport,
    pub(super) server: Server,
    pub(super) events: Vec<(Time, TransportEvent)>,
    /// (To the server?, time, size) of everything that was sent.
    pub(super) trace: Vec<(bool, Time, usize)>,
    delay: Duration,
    in_flight: BTreeMap<(Time, u64), (bool, Vec<u8>)>,
    order: u64,
}

impl World {
    pub(super) fn new(options: Options) -> Self {
        let provider = |side: u8| SeededProvider::new([options.seed.wrapping_mul(2).wrapping_add(side); 32]);
        let (ours, theirs, other) = (provider(0), provider(1), provider(77));
        let certificate =
            |provider: &SeededProvider| Certificate::generate(provider).expect("P-256 is there");
        let certificates = [certificate(&ours), certificate(&theirs)];
        let wrong = certificate(&other).fingerprint();
        let told = |side: usize, lie: bool| if lie { wrong } else { certificates[side].fingerprint() };
        let credentials =
            |name: &str| IceCredentials { ufrag: name.into(), pwd: format!("{name}-0123456789abcdefghij") };
        let server_role = if options.client_role == Role::Client { Role::Server } else { Role::Client };

        let mut client = ClientTransport::new(TransportConfig {
            local: CLIENT_ADDRESS,
            credentials: credentials("alice"),
            certificate: certificates[0].clone(),
            provider: ours,
            crypto: options.crypto,
            dtls_role: options.client_role,
            is_controlling: true,
        });
        let remote = RemoteTransport {
            candidate: SERVER_ADDRESS,
            credentials: credentials("server"),
            fingerprint: told(1, options.wrong_fingerprint.0),
        };
        client.set_remote(Time::ZERO, remote).expect("good parameters");
        let dtls = Dtls::new(DtlsConfig {
            role: server_role,
            certificate: certificates[1].clone(),
            remote_fingerprint: told(0, options.wrong_fingerprint.1),
            provider: theirs.clone(),
            rtt: None,
        });
        let server = Server {
            credentials: credentials("server"),
            client_ufrag: "alice".into(),
            provider: theirs,
            crypto: options.crypto,
            dtls,
            nominated: None,
            srtp: None,
            events: Vec::new(),
            checks: Vec::new(),
            out: Vec::new(),
        };
        World {
            now: Time::ZERO,
            client,
            server,
            events: Vec::new(),
            trace: Vec::new(),
            delay: options.delay,
            in_flight: BTreeMap::new(),
            order: 0,
        }
    }

    /// Runs until `until`; `deliver` sees (to the server?, bytes) and says whether a datagram arrives.
    pub(super) fn run_until(&mut self, until: Time, mut deliver: impl FnMut(bool, &[u8]) -> bool) {
        loop {
            self.drain(&mut deliver);
            let arrival = self.in_flight.keys().next().map(|(at, _)| *at);
            let timers = self.client.deadline().into_iter().chain(self.server.dtls.deadline());
            let Some(next) = timers.chain(arrival).min().filter(|next| *next <= until) else { break };
            self.now = self.now.max(next);
            if arrival == Some(next) {
                let (_, (to_server, mut bytes)) = self.in_flight.pop_first().expect("it was just looked at");
                if to_server {
                    self.server.handle(self.now, CLIENT_ADDRESS, &bytes);
                } else {
                    let _ = self.client.handle(self.now, SERVER_ADDRESS, CLIENT_ADDRESS, &mut bytes);
                }
            } else {
                self.client.handle_timeout(self.now);
                self.server.dtls.handle_timeout(self.now);
            }
        }
        self.now = until;
    }

    fn drain(&mut self, deliver: &mut impl FnMut(bool, &[u8]) -> bool) {
        self.server.collect();
        let mut sent: Vec<(bool, Vec<u8>)> = Vec::new();
        while let Some(transmit) = self.client.poll_transmit() {
            assert_eq!(transmit.path, Path { local: CLIENT_ADDRESS, remote: SERVER_ADDRESS });
            sent.push((true, transmit.bytes.to_vec()));
        }
        sent.extend(self.server.out.drain(..).map(|(to, bytes)| {
            assert_eq!(to, CLIENT_ADDRESS);
            (false, bytes)
        }));
        for (to_server, bytes) in sent {
            self.trace.push((to_server, self.now, bytes.len()));
            if deliver(to_server, &bytes) {
                self.order += 1;
                self.in_flight.insert((self.now + self.delay, self.order), (to_server, bytes));
            }
        }
        while let Some(event) = self.client.poll_event() {
            self.events.push((self.now, event));
        }
    }

    /// When `event` first came, in milliseconds.
    pub(super) fn when(&self, matches: impl Fn(&TransportEvent) -> bool) -> Option<u64> {
        self.events.iter().find(|(_, event)| matches(event)).map(|(at, _)| at.as_millis())
    }
}
