//! The core's port, as strangers see it. Input: datagrams from four addresses, checks that know a password,
//! messages and time, in any order.

use std::collections::BTreeSet;
use std::time::Duration;

use sfu::signalling::{ServerMessage, SessionId, SignallingServer};
use sfu::{Sfu, Time};

use super::conference::{Outputs, SOME_FINGERPRINT, core, join_message, run_timers};
use super::input::Input;
use super::stun::{address, check};

/// Longer inputs only repeat what shorter ones show.
const MOST_STEPS: usize = 256;

pub(super) fn run(data: &[u8]) {
    play(data);
}

fn play(data: &[u8]) -> Port {
    let mut port = Port::new();
    let mut input = Input::new(data);
    for _ in 0..MOST_STEPS {
        if input.is_empty() {
            break;
        }
        port.step(&mut input);
    }
    port
}

struct Port {
    core: Sfu,
    signalling: SignallingServer,
    clients: [Client; 2],
    outputs: Outputs,
    now: Time,
    /// The addresses that showed a password.
    proven: BTreeSet<u8>,
    taken: u64,
    refused: u64,
}

struct Client {
    name: &'static str,
    session: SessionId,
    ufrag: String,
    pwd: String,
}

impl Port {
    fn new() -> Self {
        let (mut core, mut signalling, mut outputs) = (core(), SignallingServer::new(), Outputs::default());
        let clients = ["alice", "bobby"].map(|name| {
            let session = signalling.open();
            let mut turn = core.turn(Time::ZERO, &mut outputs);
            signalling.message(session, &join_message(name, SOME_FINGERPRINT), &mut turn);
            let mut answers = std::iter::from_fn(|| signalling.poll()).filter(|(to, _)| *to == session);
            let (_, answer) = answers.next().expect("a join is answered");
            let Ok(ServerMessage::Joined { ice, .. }) = serde_json::from_str(&answer) else {
                panic!("refused: {answer}")
            };
            Client { name, session, ufrag: ice.ufrag, pwd: ice.pwd }
        });
        Port {
            core,
            signalling,
            clients,
            outputs,
            now: Time::ZERO,
            proven: BTreeSet::new(),
            taken: 0,
            refused: 0,
        }
    }

    fn step(&mut self, input: &mut Input<'_>) {
        let op = input.u8();
        let from = op >> 3 & 3;
        match op & 7 {
            0 | 1 => self.datagram(from, input.chunk().to_vec()),
            2 => {
                let (kind, body) = (20 + input.u8() % 6, input.chunk());
                let mut record = vec![kind, 0xfe, 0xfd, 0, op >> 5, 0, 0, 0, 0, 0, input.u8()];
                record.extend((body.len() as u16).to_be_bytes());
                record.extend(body);
                self.datagram(from, record);
            }
            3 | 4 => {
                let client = &self.clients[usize::from(op >> 5 & 1)];
                // USE-CANDIDATE, or attributes of the input's.
                let attributes = if op & 0x80 != 0 { &[0, 0x25, 0, 0] } else { input.chunk() };
                let stun = check(&client.ufrag, client.name, &client.pwd, input.u8(), attributes);
                self.proven.insert(from);
                self.datagram(from, stun);
            }
            5 => {
                self.now += Duration::from_millis(u64::from(input.u16()));
                run_timers(&mut self.core, &mut self.outputs, self.now);
            }
            6 => {
                let session = self.clients[usize::from(op >> 5 & 1)].session;
                let text = String::from_utf8_lossy(input.chunk());
                let mut turn = self.core.turn(self.now, &mut self.outputs);
                self.signalling.message(session, &text, &mut turn);
            }
            _ => {
                if let Some((_, _, reflected)) = self.outputs.datagrams.last() {
                    self.datagram(from, reflected.clone());
                }
            }
        }
        self.check();
    }

    fn datagram(&mut self, from: u8, mut datagram: Vec<u8>) {
        let mut turn = self.core.turn(self.now, &mut self.outputs);
        match turn.datagram(address(from), &mut datagram) {
            Ok(()) => self.taken += 1,
            Err(_) => self.refused += 1,
        }
    }

    fn check(&mut self) {
        let strangers = |to| !self.proven.iter().any(|host| address(*host) == to);
        let sent = self.outputs.datagrams.iter().find(|(to, ..)| strangers(*to));
        assert!(sent.is_none(), "sent to an address that proved nothing: {sent:?}");
        assert!(self.outputs.datagrams.iter().all(|(_, _, bytes)| bytes.len() <= 1_200));
        assert!(self.core.drops().total() >= self.refused, "a drop that nothing counts");
        assert!(self.core.participant_count() <= 2);
        for event in self.outputs.events.drain(..) {
            self.signalling.event(&event);
        }
        while self.signalling.poll().is_some() {}
        let kept = self.outputs.datagrams.len().saturating_sub(8);
        self.outputs.datagrams.drain(..kept);
    }
}

/// A body whose seeds all bounced off would find nothing.
#[test]
fn seeds_get_checks_answered_and_strangers_refused() {
    let port = play(include_bytes!("../../fuzz/seeds/sfu_port/nominate-and-strangers"));
    assert!(port.taken >= 2 && port.refused >= 3, "{} taken, {} refused", port.taken, port.refused);
    let gone = play(include_bytes!("../../fuzz/seeds/sfu_port/consent-expires"));
    assert_eq!(gone.core.participant_count(), 0, "nobody completed a handshake in time");
}
