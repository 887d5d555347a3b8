//! What a forwarded packet costs, in units of one bare in-place AES-128-GCM seal of as many bytes.
//!
//! One publisher, nine connected receivers, one video packet of 1,200 bytes of payload in, nine out: opened,
//! accounted for, projected, written, sealed, and handed to the sink. Rounds of both are interleaved in one
//! process, so that a busy machine slows both alike; the result is the median of the rounds' ratios.
//!
//! Then what the whole media plane adds to a packet: FEC, RED, loss feedback and congestion control, audio levels and
//! the choice of speakers, caches, statistics, beside forwarding with all that switched off; again interleaved. A
//! repair packet counts as a packet.
//!
//! The last lines are for scripts: `forward_ratio=<ratio> forward_ns=<ns> seal_ns=<ns>` and
//! `plane_clean_ratio=<ratio> plane_clean_control_ratio=<ratio> plane_clean_ns=<ns>`, and the same of `lossy`.

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "support/room.rs"]
mod room;

use std::hint::black_box;
use std::time::{Duration, Instant};

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use sfu::{Event, Sink, Transmit};

use common::call::{Call, config, peer_address};
use common::media::VideoEncoding;
use room::{Room, Spent};

const RECEIVERS: usize = 9;
const PAYLOAD: usize = 1_200;
/// Packets of one round: some milliseconds, longer than a timer's error and shorter than a time slice.
const BATCH: usize = 256;
const ROUNDS: usize = 301;
/// The same when `cargo test` only wants to know that it runs.
const TEST_ROUNDS: usize = 3;
/// Rounds of both rooms, and frames of each round: a second.
const PLANE_ROUNDS: usize = 61;
const FRAMES: u64 = 25;
/// Receivers report one packet in so many lost: protection is at its strongest.
const LOST: usize = 30;

/// Takes everything and keeps nothing.
#[derive(Default)]
struct Count {
    datagrams: usize,
}

impl Sink for Count {
    fn transmit(&mut self, transmit: Transmit<'_>) {
        self.datagrams += transmit.segments.len();
        black_box(transmit.bytes);
    }

    fn event(&mut self, _event: Event) {}
}

fn main() {
    let mut call = Call::connected(config(), RECEIVERS + 1);
    for receiver in 1..=RECEIVERS {
        let wish = call.wish(0, "cam");
        call.subscribe(receiver, &[wish]).expect("the source is there");
    }
    let mut encoding = VideoEncoding::new(0x4000, "q");
    let mut key = true;
    let mut sealer = Sealer::new();
    let mut rounds: Vec<(f64, f64)> = Vec::new();
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let count = if is_bench { ROUNDS } else { TEST_ROUNDS };
    for _ in 0..count {
        let seal = sealer.round();
        let forward = forward(&mut call, &mut encoding, key);
        key = false;
        rounds.push((forward, seal));
    }
    // The first rounds fill caches and rings.
    let rounds = &rounds[count / 10..];
    let ratio = median(rounds.iter().map(|(forward, seal)| forward / seal).collect());
    let forward = median(rounds.iter().map(|round| round.0).collect());
    let seal = median(rounds.iter().map(|round| round.1).collect());
    println!(
        "One packet of {PAYLOAD} bytes to each of {RECEIVERS} receivers: {forward:.0} ns per packet out,"
    );
    println!("of which the opening's share is a ninth; one bare AES-128-GCM seal: {seal:.0} ns.");
    println!("forward_ratio={ratio:.3} forward_ns={forward:.1} seal_ns={seal:.1}");
    plane(if is_bench { PLANE_ROUNDS } else { TEST_ROUNDS });
}

/// The whole media plane beside plain forwarding: where receivers lose packets, and where they lose none.
fn plane(count: usize) {
    let mut plain = Room::new(room::plain(), RECEIVERS, None);
    let mut clean = Room::new(room::whole(), RECEIVERS, None);
    let mut lossy = Room::new(room::whole(), RECEIVERS, Some(LOST));
    let rounds: Vec<[Spent; 3]> =
        (0..count).map(|_| [plain.round(FRAMES), clean.round(FRAMES), lossy.round(FRAMES)]).collect();
    // Until the losses are known, nothing is protected.
    let rounds = &rounds[count / 3..];
    let of = |value: &dyn Fn(&[Spent; 3]) -> f64| median(rounds.iter().map(value).collect());
    let plain = of(&|[plain, ..]| plain.per_packet());
    println!("Plain forwarding: {plain:.0} ns per packet out. With the whole media plane:");
    for (name, which) in [("clean", 1), ("lossy", 2)] {
        let ratio = of(&|spent| spent[which].per_packet() / spent[0].per_packet());
        let control =
            of(&|spent| spent[which].per_packet_with_control() / spent[0].per_packet_with_control());
        let ns = of(&|spent| spent[which].per_packet());
        let repairs = of(&|spent| spent[which].repairs as f64 / spent[which].packets as f64);
        println!("{name} lines, {:.0} % of the packets repair packets: {ns:.0} ns;", repairs * 100.0);
        println!("{name} with feedback and timers, beside none at all: {control:.3} times as much.");
        println!(
            "plane_{name}_ratio={ratio:.3} plane_{name}_control_ratio={control:.3} plane_{name}_ns={ns:.1}"
        );
    }
}

/// Forwards one batch; nanoseconds per packet out.
fn forward(call: &mut Call, encoding: &mut VideoEncoding, key: bool) -> f64 {
    let packets: Vec<_> = (0..BATCH).flat_map(|n| encoding.frame(key && n == 0, 1, PAYLOAD)).collect();
    let mut datagrams: Vec<Vec<u8>> = packets.iter().map(|packet| call.peers[0].rtp(packet)).collect();
    let from = peer_address(0);
    let mut count = Count::default();
    let mut spent = Duration::ZERO;
    for chunk in datagrams.chunks_mut(8) {
        let begun = now();
        for datagram in chunk {
            let mut turn = call.sfu.turn(call.now, &mut count);
            turn.datagram(from, datagram).expect("media of a connected peer");
            turn.finish();
        }
        spent += now() - begun;
        // Checks and reports go their way between the packets, and are not counted.
        call.run(Duration::from_millis(8));
    }
    assert_eq!(count.datagrams, BATCH * RECEIVERS, "every packet went to every receiver");
    for peer in &mut call.peers {
        peer.received.clear();
    }
    spent.as_nanos() as f64 / (BATCH * RECEIVERS) as f64
}

/// The bare cipher.
struct Sealer {
    key: LessSafeKey,
    buffer: Vec<u8>,
    nonce: u64,
}

impl Sealer {
    fn new() -> Self {
        let key = UnboundKey::new(&AES_128_GCM, &[7; 16]).expect("AES-128 takes 16 bytes");
        Sealer { key: LessSafeKey::new(key), buffer: vec![3; PAYLOAD], nonce: 0 }
    }

    /// As many seals as a batch has packets out; nanoseconds per seal.
    fn round(&mut self) -> f64 {
        let begun = now();
        for _ in 0..BATCH * RECEIVERS {
            self.nonce += 1;
            let mut nonce = [0; 12];
            nonce[4..].copy_from_slice(&self.nonce.to_be_bytes());
            let nonce = Nonce::assume_unique_for_key(nonce);
            let tag = self.key.seal_in_place_separate_tag(nonce, Aad::from([0; 12]), &mut self.buffer);
            black_box(tag.expect("far below the limit").as_ref());
        }
        (now() - begun).as_nanos() as f64 / (BATCH * RECEIVERS) as f64
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

#[expect(clippy::disallowed_methods, reason = "a benchmark is about the real clock")]
fn now() -> Instant {
    Instant::now()
}
