//! What a reported packet costs each controller, in units of one bare in-place AES-128-GCM seal of 1,200 bytes.
//!
//! Reports of 50 packets come every 50 ms, as 1,000 packets a second make them: looked up in the history, judged by
//! the controller, which was told of each when it left. Rounds of both are interleaved, so that a busy machine slows
//! both alike; the result is the median of the rounds' ratios.
//!
//! The last line is for scripts: `feedback_gcc_ns=<ns> feedback_gcc_ratio=<ratio> …`.

use std::hint::black_box;
use std::time::Instant;

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use sfu::congestion::sent_history::SentHistory;
use sfu::congestion::{CongestionController, ControllerKind, PacketClass, PacketResult, SentPacket};
use sfu::{DataRate, DataSize, Time};

const PACKETS: u64 = 50;
const SPACING_MICROS: u64 = 1_000;
/// Reports of one round.
const REPORTS: u64 = 40;
const ROUNDS: usize = 201;
/// The same when `cargo test` only wants to know that it runs.
const TEST_ROUNDS: usize = 3;
const KINDS: [(&str, ControllerKind); 3] =
    [("gcc", ControllerKind::Gcc), ("scream", ControllerKind::Scream), ("nada", ControllerKind::Nada)];

/// A sender of 10 Mbps on a path of 20 ms that loses every hundredth packet.
struct Sender {
    controller: Box<dyn CongestionController>,
    history: SentHistory,
    results: Vec<PacketResult>,
    sent: u64,
}

impl Sender {
    fn new(kind: ControllerKind) -> Self {
        let kbps = DataRate::from_kbps;
        Sender {
            controller: kind.build(kbps(50), kbps(1_000), kbps(20_000)),
            history: SentHistory::new(SentHistory::DEFAULT_CAPACITY),
            results: Vec::new(),
            sent: 0,
        }
    }

    /// Nanoseconds per reported packet, the sending's share included.
    fn round(&mut self) -> f64 {
        let begun = now();
        for _ in 0..REPORTS {
            self.report();
        }
        begun.elapsed().as_nanos() as f64 / (REPORTS * PACKETS) as f64
    }

    fn report(&mut self) {
        let first = self.sent;
        for index in first..first + PACKETS {
            let packet = SentPacket {
                sequence: index as u16,
                size: DataSize::from_bytes(1_250),
                at: left(index),
                class: PacketClass::Media,
                cluster: None,
            };
            self.history.on_sent(packet);
            self.controller.on_sent(&packet);
        }
        self.sent += PACKETS;
        let at = left(self.sent) + std::time::Duration::from_millis(40);
        let entries = (first..self.sent).map(|index| {
            let arrival = left(index).as_micros() + 20_000 + index * 7 % 400;
            (index as u16, (!index.is_multiple_of(100)).then_some((arrival / 250) as i64))
        });
        self.results.clear();
        let rtt = self.history.on_feedback(at, 0, entries, &mut self.results);
        if let Some(rtt) = rtt {
            self.controller.on_rtt(at, rtt);
        }
        self.controller.on_feedback(at, &self.results);
        self.controller.on_tick(at);
        black_box(self.controller.target());
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark is about the real clock")]
fn now() -> Instant {
    Instant::now()
}

fn left(index: u64) -> Time {
    Time::from_micros(1_000_000 + index * SPACING_MICROS)
}

fn main() {
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let count = if is_bench { ROUNDS } else { TEST_ROUNDS };
    let mut senders = KINDS.map(|(_, kind)| Sender::new(kind));
    let mut sealer = Sealer::new();
    let mut rounds: Vec<([f64; 3], f64)> = Vec::new();
    for _ in 0..count {
        let seal = sealer.round();
        rounds.push((std::array::from_fn(|place| senders[place].round()), seal));
    }
    let rounds = &rounds[count / 10..];
    let seal = median(rounds.iter().map(|round| round.1).collect());
    println!("One AES-128-GCM seal of 1,200 bytes: {seal:.0} ns. Per reported packet:");
    let mut line = String::new();
    for (place, (name, _)) in KINDS.iter().enumerate() {
        let nanos = median(rounds.iter().map(|round| round.0[place]).collect());
        let ratio = median(rounds.iter().map(|round| round.0[place] / round.1).collect());
        println!("{name:8} {nanos:.0} ns, {ratio:.2} seals");
        line += &format!("feedback_{name}_ns={nanos:.1} feedback_{name}_ratio={ratio:.3} ");
        assert!(!is_bench || nanos < 1_000.0, "{name}: {nanos} ns");
    }
    println!("{}", line.trim_end());
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

struct Sealer {
    key: LessSafeKey,
    buffer: Vec<u8>,
}

impl Sealer {
    fn new() -> Self {
        let key = UnboundKey::new(&AES_128_GCM, &[7; 16]).expect("sixteen bytes");
        Sealer { key: LessSafeKey::new(key), buffer: vec![5; 1_200] }
    }

    /// Nanoseconds per seal.
    fn round(&mut self) -> f64 {
        const SEALS: u32 = 1_000;
        let begun = now();
        for n in 0..SEALS {
            let mut nonce = [0; 12];
            nonce[..4].copy_from_slice(&n.to_be_bytes());
            let nonce = Nonce::assume_unique_for_key(nonce);
            let tag = self.key.seal_in_place_separate_tag(nonce, Aad::empty(), &mut self.buffer);
            black_box(tag.expect("short").as_ref()[0]);
        }
        begun.elapsed().as_nanos() as f64 / f64::from(SEALS)
    }
}
