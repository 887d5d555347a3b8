//! DTLS, seen from a server in the middle of a handshake. Input: whose datagrams pass, are lost, repeated or
//! damaged, and what strangers put in between.

use std::sync::Arc;
use std::time::Duration;

use sfu::Time;
use sfu::transport::certificate::Certificate;
use sfu::transport::dtls::{Dtls, DtlsConfig, DtlsEvent, Role};
use simulator::crypto::SeededProvider;

use super::input::Input;

const MOST_STEPS: usize = 64;

pub(super) fn run(data: &[u8]) {
    play(data);
}

fn play(data: &[u8]) -> Pair {
    let mut pair = Pair::new();
    let mut input = Input::new(data);
    for _ in 0..MOST_STEPS {
        if input.is_empty() {
            break;
        }
        pair.step(&mut input);
    }
    pair.finish();
    pair
}

struct Pair {
    /// Client and server.
    ends: [Dtls; 2],
    /// What each end has sent and nobody has delivered yet.
    waiting: [Vec<Vec<u8>>; 2],
    keys: [Option<Vec<u8>>; 2],
    now: Time,
}

impl Pair {
    fn new() -> Self {
        let providers = [1_u8, 2].map(|seed| SeededProvider::new([seed; 32]));
        let certificates = providers
            .each_ref()
            .map(|provider| Certificate::generate(provider.as_ref()).expect("P-256 is there"));
        let end = |side: usize, role| {
            Dtls::new(DtlsConfig {
                role,
                certificate: certificates[side].clone(),
                remote_fingerprint: certificates[1 - side].fingerprint(),
                provider: Arc::clone(&providers[side]) as _,
                rtt: Some(Duration::from_millis(40)),
            })
        };
        let mut ends = [end(0, Role::Client), end(1, Role::Server)];
        ends[0].start(Time::ZERO).expect("every algorithm is there");
        let mut pair = Pair { ends, waiting: Default::default(), keys: [None, None], now: Time::ZERO };
        pair.collect();
        pair
    }

    fn step(&mut self, input: &mut Input<'_>) {
        let op = input.u8();
        let from = usize::from(op >> 3 & 1);
        match op & 7 {
            0 => {
                let raw = input.chunk();
                let _ = self.ends[1 - from].handle(self.now, raw);
            }
            1 => {
                self.waiting[from].pop();
            }
            2 => {
                self.now += Duration::from_millis(u64::from(input.u16()));
                let now = self.now;
                self.ends.iter_mut().for_each(|end| end.handle_timeout(now));
            }
            3 | 4 => {
                let (at, value) = (usize::from(input.u16()), input.u8());
                if let Some(datagram) = self.waiting[from].first() {
                    let mut damaged = datagram.clone();
                    let at = at % damaged.len();
                    damaged[at] = value;
                    damaged.truncate(if op & 0x80 != 0 { at } else { damaged.len() });
                    let _ = self.ends[1 - from].handle(self.now, &damaged);
                }
            }
            _ => self.deliver(from),
        }
        self.collect();
    }

    fn deliver(&mut self, from: usize) {
        if !self.waiting[from].is_empty() {
            let datagram = self.waiting[from].remove(0);
            let _ = self.ends[1 - from].handle(self.now, &datagram);
        }
    }

    fn collect(&mut self) {
        for (side, end) in self.ends.iter_mut().enumerate() {
            while let Some(datagram) = end.poll_transmit() {
                assert!(datagram.len() <= 1_200);
                self.waiting[side].push(datagram.to_vec());
            }
            while let Some(event) = end.poll_event() {
                if let DtlsEvent::Connected(material) = event {
                    let (client, server) = (material.bytes.clone(), self.keys[side].replace(material.bytes));
                    assert!(server.is_none(), "connected twice: {client:?}");
                }
            }
            assert!(self.waiting[side].len() <= 512, "an end that never stops talking");
        }
        if let [Some(client), Some(server)] = &self.keys {
            assert!(client == server, "the two ends have different keys");
        }
    }

    /// Without further disturbance both ends come to rest: connected, or given up.
    fn finish(&mut self) {
        for _ in 0..200 {
            while self.waiting.iter().any(|waiting| !waiting.is_empty()) {
                self.deliver(0);
                self.deliver(1);
                self.collect();
            }
            let Some(due) = self.ends.iter().filter_map(Dtls::deadline).min() else { return };
            self.now = self.now.max(due);
            let now = self.now;
            self.ends.iter_mut().for_each(|end| end.handle_timeout(now));
            self.collect();
        }
        panic!("the handshake comes to no end");
    }
}

/// A body whose seeds all bounced off would find nothing.
#[test]
fn seeds_reach_the_end_of_a_handshake() {
    for seed in [
        &include_bytes!("../../fuzz/seeds/dtls/undisturbed")[..],
        include_bytes!("../../fuzz/seeds/dtls/lost-and-repeated"),
    ] {
        assert!(play(seed).keys.iter().all(Option::is_some));
    }
}
