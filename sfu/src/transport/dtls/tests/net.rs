//! Two connections and a simulated path between them.

use std::collections::BTreeMap;

use rtc_crypto::providers::AwsLcRsProvider;

use super::super::*;
use crate::Time;

pub(super) const DELAY: Duration = Duration::from_millis(20);

pub(super) struct Pair {
    pub(super) now: Time,
    pub(super) ends: [Dtls; 2],
    pub(super) events: [Vec<DtlsEvent>; 2],
    /// Every datagram that was sent: by whom, when, and its bytes.
    pub(super) sent: Vec<(usize, Time, Vec<u8>)>,
    in_flight: BTreeMap<(Time, u64), (usize, Vec<u8>)>,
    order: u64,
}

pub(super) const CLIENT: usize = 0;
pub(super) const SERVER: usize = 1;

pub(super) fn provider() -> Arc<dyn RTCCryptoProvider> {
    Arc::new(AwsLcRsProvider::new())
}

pub(super) fn certificate() -> Certificate {
    Certificate::generate(&AwsLcRsProvider::new()).expect("aws-lc-rs has ECDSA P-256")
}

pub(super) fn end(role: Role, certificate: &Certificate, remote_fingerprint: Fingerprint) -> Dtls {
    Dtls::new(DtlsConfig {
        role,
        certificate: certificate.clone(),
        remote_fingerprint,
        provider: provider(),
        rtt: Some(2 * DELAY),
    })
}

impl Pair {
    pub(super) fn new() -> Self {
        let (client, server) = (certificate(), certificate());
        Pair::of([
            end(Role::Client, &client, server.fingerprint()),
            end(Role::Server, &server, client.fingerprint()),
        ])
    }

    pub(super) fn of(ends: [Dtls; 2]) -> Self {
        Pair {
            now: Time::ZERO,
            ends,
            events: Default::default(),
            sent: Vec::new(),
            in_flight: BTreeMap::new(),
            order: 0,
        }
    }

    /// Starts the client and runs until nothing is left to do or `limit` has passed. `deliver` sees each
    /// datagram (by whom, bytes) and says whether it arrives.
    pub(super) fn run(&mut self, limit: Duration, mut deliver: impl FnMut(usize, &[u8]) -> bool) {
        let end = self.now + limit;
        self.ends[CLIENT].start(self.now).expect("aws-lc-rs has every algorithm");
        loop {
            self.drain(&mut deliver);
            let arrival = self.in_flight.keys().next().map(|(at, _)| *at);
            let timers = self.ends.iter().filter_map(Dtls::deadline);
            let Some(next) = timers.chain(arrival).min().filter(|next| *next <= end) else { break };
            self.now = self.now.max(next);
            if arrival == Some(next) {
                let (_, (to, bytes)) = self.in_flight.pop_first().expect("it was just peeked at");
                // A refused datagram is part of the game.
                let _ = self.ends[to].handle(self.now, &bytes);
            } else {
                self.ends.iter_mut().for_each(|dtls| dtls.handle_timeout(self.now));
            }
        }
    }

    pub(super) fn drain(&mut self, deliver: &mut impl FnMut(usize, &[u8]) -> bool) {
        for side in [CLIENT, SERVER] {
            while let Some(datagram) = self.ends[side].poll_transmit() {
                self.sent.push((side, self.now, datagram.to_vec()));
                if deliver(side, &datagram) {
                    self.order += 1;
                    self.in_flight.insert((self.now + DELAY, self.order), (1 - side, datagram.to_vec()));
                }
            }
            while let Some(event) = self.ends[side].poll_event() {
                self.events[side].push(event);
            }
        }
    }

    /// The keys that `side` got; panics unless there was exactly one `Connected`.
    pub(super) fn keys(&self, side: usize) -> &KeyingMaterial {
        let mut keys = self.events[side].iter().filter_map(|event| match event {
            DtlsEvent::Connected(material) => Some(material),
            _ => None,
        });
        let first = keys.next().unwrap_or_else(|| panic!("{side} isn't connected: {:?}", self.events[side]));
        assert!(keys.next().is_none(), "connected twice");
        first
    }
}
