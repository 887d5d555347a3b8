use std::collections::BTreeMap;
use std::time::Duration;

use sfu::Time;
use sfu::transport::dtls::Role;

use super::super::*;
use super::world::{CLIENT_ADDRESS, SERVER_ADDRESS};
use crate::crypto::SeededProvider;

const DELAY: Duration = Duration::from_millis(30);
const ADDRESSES: [SocketAddr; 2] = [CLIENT_ADDRESS, SERVER_ADDRESS];

/// Two full agents: the first calls, so it nominates, and the second begins DTLS. Each learns of the other at `told`.
fn call(told: [u64; 2], mut deliver: impl FnMut(usize) -> bool) -> [Vec<(u64, TransportEvent)>; 2] {
    let providers = [0, 1].map(|end| SeededProvider::new([end; 32]));
    let certificates = [0, 1].map(|end| Certificate::generate(&*providers[end]).expect("P-256 is there"));
    let credentials = ["alice", "robert"]
        .map(|name| IceCredentials { ufrag: name.into(), pwd: format!("{name}-0123456789abcdefghij") });
    let mut ends = [0, 1].map(|end| {
        ClientTransport::new(TransportConfig {
            local: ADDRESSES[end],
            credentials: credentials[end].clone(),
            certificate: certificates[end].clone(),
            provider: providers[end].clone(),
            crypto: CryptoMode::Real,
            dtls_role: if end == 0 { Role::Server } else { Role::Client },
            is_controlling: end == 0,
        })
    });
    let mut events = [Vec::new(), Vec::new()];
    let mut flying: BTreeMap<(Time, u64), (usize, Vec<u8>)> = BTreeMap::new();
    let mut order = 0;
    for millis in 0..4_000 {
        let now = Time::from_millis(millis);
        for end in [0, 1] {
            if told[end] == millis {
                let other = 1 - end;
                let remote = RemoteTransport {
                    candidate: ADDRESSES[other],
                    credentials: credentials[other].clone(),
                    fingerprint: certificates[other].fingerprint(),
                };
                ends[end].set_remote(now, remote).expect("good parameters");
            }
            ends[end].handle_timeout(now);
        }
        while flying.first_key_value().is_some_and(|((at, _), _)| *at <= now) {
            let (_, (end, mut bytes)) = flying.pop_first().expect("it was just looked at");
            let _ = ends[end].handle(now, ADDRESSES[1 - end], ADDRESSES[end], &mut bytes);
        }
        for end in [0, 1] {
            while let Some(transmit) = ends[end].poll_transmit() {
                order += 1;
                if deliver(order as usize) {
                    flying.insert((now + DELAY, order), (1 - end, transmit.bytes.to_vec()));
                }
            }
            while let Some(event) = ends[end].poll_event() {
                events[end].push((millis, event));
            }
        }
    }
    assert!(ends.iter().all(ClientTransport::is_connected), "{events:?}");
    events
}

fn when(events: &[(u64, TransportEvent)], matches: impl Fn(&TransportEvent) -> bool) -> u64 {
    events.iter().find(|(_, event)| matches(event)).expect("it comes").0
}

#[test]
fn two_full_agents_connect() {
    for told in [[0, 0], [0, 200], [200, 0]] {
        let events = call(told, |_| true);
        for end in &events {
            let dtls = when(end, |event| matches!(event, TransportEvent::DtlsConnected(_)));
            let ice = when(end, |event| *event == TransportEvent::IceConnected);
            assert!((60..500).contains(&ice) && (180..700).contains(&dtls), "{told:?}: {ice}, {dtls}");
            assert!(!end.iter().any(|(_, event)| matches!(event, TransportEvent::Failed(_))));
        }
    }
}

#[test]
fn two_full_agents_connect_over_a_lossy_path() {
    for every in [3, 4, 5, 7] {
        call([0, 100], |number| number % every != 0);
    }
}
