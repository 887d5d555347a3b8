//! The full ICE agent (RFC 8445): one host candidate, one remote candidate.
//!
//! rtc-ice does the checks; when they go out is decided here, as a browser decides it, because the time to
//! the first frame is something that the simulation measures. The agent's own intervals are set so that it
//! acts whenever it is called.
//!
//! An ICE restart, or a new local address after a handover, replaces this object.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use rtc_crypto::RTCCryptoProvider;
use rtc_ice::candidate::candidate_host::CandidateHostConfig;
use rtc_ice::candidate::{Candidate, CandidateConfig};
use rtc_ice::mdns::MulticastDnsMode;
use rtc_ice::state::ConnectionState;
use rtc_ice::{Agent, AgentConfig, Event};
use rtc_shared::{TaggedBytesMut, TransportContext, TransportProtocol};
use sansio::Protocol;
use sfu::Time;
use sfu::transport::dtls::opaque_instant;

use super::{IceCredentials, Path, TransportError};

/// Between checks until a pair is selected: libwebrtc's 48 ms, rounded (RFC 8445 section 14.2 asks for at
/// least 5 ms).
const CHECK_PACING: Duration = Duration::from_millis(50);
/// Between looks at the selected pair.
const CONNECTED_PACING: Duration = Duration::from_millis(500);
/// Between checks on the selected pair; they renew consent (RFC 7675) as well. libwebrtc's interval on a
/// stable connection.
const KEEPALIVE: Duration = Duration::from_millis(2_500);
/// Silence until a connection counts as disconnected, and from there until it has failed: 30 s together,
/// the life of consent (RFC 7675 section 5.1).
const DISCONNECTED_AFTER: Duration = Duration::from_secs(5);
const FAILED_AFTER: Duration = Duration::from_secs(25);
/// The agent's own pace: whenever it is asked.
const AGENT_INTERVAL: Duration = Duration::from_nanos(1);
/// Success response to a Binding request (RFC 8489 section 5).
const BINDING_SUCCESS: [u8; 2] = [0x01, 0x01];
const TRANSACTION_ID: std::ops::Range<usize> = 8..20;
/// Checks whose answers still count for the round-trip time.
const MAX_PENDING: usize = 32;

/// What came of a STUN message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IceEvent {
    /// The first check was answered, after this long: the path works both ways.
    Writable(Duration),
    Connected,
    Disconnected,
    Failed,
    SelectedPair(Path),
}

pub(super) struct Ice {
    agent: Agent,
    path: Path,
    next_check: Option<Time>,
    /// Transaction and time of each check until the first answer.
    pending: Vec<(BytesMut, Time)>,
    writable: Option<Duration>,
}

impl Ice {
    pub(super) fn new(
        now: Time,
        path: Path,
        is_controlling: bool,
        ours: &IceCredentials,
        theirs: &IceCredentials,
        provider: Arc<dyn RTCCryptoProvider>,
    ) -> Result<Self, TransportError> {
        let config = AgentConfig {
            local_ufrag: ours.ufrag.clone(),
            local_pwd: ours.pwd.clone(),
            multicast_dns_mode: MulticastDnsMode::Disabled,
            // Unused, but the agent would draw a random one.
            multicast_dns_local_name: "participant.local".into(),
            disconnected_timeout: Some(DISCONNECTED_AFTER),
            failed_timeout: Some(FAILED_AFTER),
            keepalive_interval: Some(KEEPALIVE),
            check_interval: AGENT_INTERVAL,
            // A path of half a second must not fail after 8 checks: the time-outs above decide.
            max_binding_requests: Some(u16::MAX),
            is_controlling,
            ..AgentConfig::default()
        };
        let start = opaque_instant(now);
        let mut agent = Agent::new(start, Arc::new(config), provider).map_err(refused)?;
        agent.add_local_candidate(host_candidate("local", path.local)?).map_err(refused)?;
        agent.add_remote_candidate(host_candidate("remote", path.remote)?).map_err(refused)?;
        agent
            .start_connectivity_checks(start, is_controlling, theirs.ufrag.clone(), theirs.pwd.clone())
            .map_err(refused)?;
        let mut ice = Ice { agent, path, next_check: None, pending: Vec::new(), writable: None };
        ice.check(now);
        Ok(ice)
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        self.next_check
    }

    pub(super) fn handle_timeout(&mut self, now: Time) {
        if self.next_check.is_some_and(|at| now >= at) {
            self.check(now);
        }
    }

    /// Takes a STUN message from the peer; `Writable` when it is the first answer.
    pub(super) fn handle(&mut self, now: Time, message: &[u8]) -> Result<Option<IceEvent>, TransportError> {
        self.agent
            .handle_read(TaggedBytesMut {
                now: opaque_instant(now),
                transport: TransportContext {
                    local_addr: self.path.local,
                    peer_addr: self.path.remote,
                    transport_protocol: TransportProtocol::UDP,
                    ecn: None,
                },
                message: BytesMut::from(message),
            })
            .map_err(refused)?;
        if self.writable.is_some() || !message.starts_with(&BINDING_SUCCESS) {
            return Ok(None);
        }
        let Some(asked) = self.asked_at(message) else { return Ok(None) };
        self.pending = Vec::new();
        self.writable = Some(now - asked);
        // Nominate at once rather than at the next tick; media is waiting.
        self.check(now);
        Ok(self.writable.map(IceEvent::Writable))
    }

    pub(super) fn poll_transmit(&mut self, now: Time) -> Option<BytesMut> {
        let message = self.agent.poll_write()?.message;
        if self.writable.is_none() && self.pending.len() < MAX_PENDING && message.len() >= TRANSACTION_ID.end
        {
            self.pending.push((BytesMut::from(&message[TRANSACTION_ID]), now));
        }
        Some(message)
    }

    pub(super) fn poll_event(&mut self) -> Option<IceEvent> {
        loop {
            match self.agent.poll_event()?.event {
                Event::ConnectionStateChange(ConnectionState::Connected) => return Some(IceEvent::Connected),
                Event::ConnectionStateChange(ConnectionState::Disconnected) => {
                    return Some(IceEvent::Disconnected);
                }
                Event::ConnectionStateChange(ConnectionState::Failed) => {
                    self.next_check = None;
                    return Some(IceEvent::Failed);
                }
                Event::SelectedCandidatePairChange(local, remote) => {
                    self.path = Path { local: local.addr(), remote: remote.addr() };
                    return Some(IceEvent::SelectedPair(self.path));
                }
                _ => {}
            }
        }
    }

    fn check(&mut self, now: Time) {
        // The agent's time-out handler has no error to give without mDNS.
        let _ = self.agent.handle_timeout(opaque_instant(now));
        self.next_check = match self.agent.state() {
            ConnectionState::Failed | ConnectionState::Closed => None,
            ConnectionState::Connected | ConnectionState::Disconnected => Some(now + CONNECTED_PACING),
            _ => Some(now + CHECK_PACING),
        };
    }

    fn asked_at(&self, message: &[u8]) -> Option<Time> {
        let transaction = message.get(TRANSACTION_ID)?;
        self.pending.iter().find(|(pending, _)| pending == transaction).map(|(_, at)| *at)
    }
}

fn host_candidate(id: &str, address: SocketAddr) -> Result<Candidate, TransportError> {
    let base_config = CandidateConfig {
        // Given, or the library would draw a random one.
        candidate_id: id.into(),
        network: "udp".into(),
        address: address.ip().to_string(),
        port: address.port(),
        component: 1,
        ..CandidateConfig::default()
    };
    CandidateHostConfig { base_config, ..CandidateHostConfig::default() }
        .new_candidate_host()
        .map_err(refused)
}

fn refused(error: rtc_shared::error::Error) -> TransportError {
    TransportError::Ice(error.to_string())
}
