//! Against the full agent of `rtc-ice`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rtc_ice::Event;
use rtc_ice::agent::Agent;
use rtc_ice::agent::agent_config::AgentConfig;
use rtc_ice::candidate::candidate_host::CandidateHostConfig;
use rtc_ice::candidate::{Candidate, CandidateConfig};
use rtc_ice::network_type::NetworkType;
use rtc_ice::state::ConnectionState;
use rtc_shared::{TransportContext, TransportMessage, TransportProtocol};
use sansio::Protocol;

use super::{PASSWORD, address, agent};
use crate::Time;

fn candidate(address: SocketAddr) -> Candidate {
    CandidateHostConfig {
        base_config: CandidateConfig {
            network: "udp".into(),
            address: address.ip().to_string(),
            port: address.port(),
            component: 1,
            ..CandidateConfig::default()
        },
        ..CandidateHostConfig::default()
    }
    .new_candidate_host()
    .unwrap()
}

/// The peer's clock needs some first instant; only differences from it matter.
#[allow(clippy::disallowed_methods)]
fn first_instant() -> Instant {
    Instant::now()
}

#[test]
fn a_full_agent_connects_and_keeps_its_consent() {
    let (ours, theirs) = (address("198.51.100.1:443"), address("192.0.2.7:5000"));
    let start = first_instant();
    let config = AgentConfig {
        local_ufrag: "peer".into(),
        local_pwd: "peerpasswordpeerpassword".into(),
        network_types: vec![NetworkType::Udp4],
        is_controlling: true,
        ..AgentConfig::default()
    };
    let mut peer = Agent::new(start, Arc::new(config), rtc_crypto::default_provider().unwrap()).unwrap();
    peer.add_local_candidate(candidate(theirs)).unwrap();
    peer.add_remote_candidate(candidate(ours)).unwrap();
    peer.start_connectivity_checks(start, true, "ours".into(), PASSWORD.into()).unwrap();

    let mut lite = agent();
    let mut states = Vec::new();
    let mut nominated_at = None;
    for step in 0..1_200u32 {
        let passed = Duration::from_millis(50) * step;
        let (instant, now) = (start + passed, Time::ZERO + passed);
        peer.handle_timeout(instant).unwrap();
        while let Some(message) = peer.poll_write() {
            assert_eq!(message.transport.peer_addr, ours);
            let mut response = Vec::new();
            let Ok(answer) = lite.handle(now, theirs, ours, &message.message, &mut response) else {
                // Its answers and indications are nothing to us, but a check must never be dropped.
                assert_ne!(message.message[..2], [0, 1], "a check of a full agent was dropped");
                continue;
            };
            if answer.nominated.is_some() {
                nominated_at.get_or_insert(now);
            }
            peer.handle_read(TransportMessage {
                now: instant,
                transport: TransportContext {
                    local_addr: theirs,
                    peer_addr: ours,
                    transport_protocol: TransportProtocol::UDP,
                    ecn: None,
                },
                message: BytesMut::from(&response[..]),
            })
            .unwrap();
        }
        while let Some(event) = peer.poll_event() {
            if let Event::ConnectionStateChange(state) = event.event {
                states.push(state);
            }
        }
        assert!(!lite.handle_timeout(now), "consent expired at {now}");
    }
    assert!(nominated_at.is_some_and(|at| at < Time::from_secs(3)), "nominated at {nominated_at:?}");
    assert_eq!(lite.path().map(|path| path.remote), Some(theirs.into()));
    assert!(states.contains(&ConnectionState::Connected), "{states:?}");
    assert!(!states.contains(&ConnectionState::Failed) && !states.contains(&ConnectionState::Disconnected));
}
