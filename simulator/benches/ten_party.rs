//! How many seconds of a ten-party conference one second of processor time simulates, with and without a cipher.
//!
//! Machines differ and are shared, so a floor is measured in the same rounds: the same number of events through
//! a bare binary heap, and every datagram of the conference sealed and opened once with AES-128-GCM. What can
//! be compared from machine to machine is the ratio of the run's time to the floor's.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rtc_crypto::{AeadAlgorithm, RTCCryptoProvider};
use scenarios::{Override, Scenario, shipped};
use simulator::crypto::SeededProvider;
use simulator::host::Stopwatch;
use simulator::world::{Settings, World};

/// What a conference is made of, for the floor.
#[derive(Clone, Copy)]
struct Work {
    events: u64,
    datagrams: u64,
    bytes: u64,
}

const SIMULATED: Duration = Duration::from_secs(10);
const ROUNDS: usize = 5;
/// Components of a conference of ten that have a timer each.
const TIMERS: u64 = 42;

fn scenario() -> Scenario {
    let ten = shipped::find("ten-party").expect("it ships");
    let overrides = ["duration=10s", "measure.from=2s"].map(Override::new);
    scenarios::parse_with(ten.path, ten.text, &overrides, &reports::metric::names()).expect("it is valid")
}

/// Runs the conference; answers processor seconds and events. The making of keys and people is not counted.
fn conference(scenario: &Scenario, null_crypto: bool, trace: Option<Box<dyn Write>>) -> (f64, u64) {
    let world = World::new(scenario, Settings { seed: 7, null_crypto, trace, pcap: None, sfu_state: false })
        .expect("it is valid");
    let watch = Stopwatch::start();
    let outcome = world.run(|_| ()).expect("nothing is written to disk");
    (watch.stop(SIMULATED, 1).cpu_s, outcome.events)
}

static DATAGRAMS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

/// Counts the datagrams in a run's trace.
struct Census;

impl Write for Census {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let mut words = text.split_whitespace();
        if words.nth(1) == Some("datagram") {
            let size = words.nth(2).and_then(|size| size.parse().ok()).unwrap_or(0);
            DATAGRAMS.fetch_add(1, Ordering::Relaxed);
            BYTES.fetch_add(size, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Processor seconds for the events of `work` in a heap, and for its datagrams sealed and opened.
fn floor(work: Work) -> (f64, f64) {
    let watch = Stopwatch::start();
    let mut heap: BinaryHeap<_> = (0..TIMERS).map(|timer| Reverse((timer, timer))).collect();
    for event in 0..work.events {
        let Some(Reverse((at, timer))) = heap.pop() else { break };
        heap.push(Reverse((at + 1 + (event.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 50), timer)));
    }
    black_box(heap.len());
    let events = watch.stop(SIMULATED, 1).cpu_s;

    let provider = SeededProvider::new([7; 32]);
    let mut cipher = provider.crypto().new_aead(AeadAlgorithm::Aes128Gcm, &[7; 16]).expect("16 bytes of key");
    let mut packet = vec![0x55; (work.bytes / work.datagrams) as usize];
    let mut tag = [0; 16];
    let watch = Stopwatch::start();
    for number in 0..work.datagrams {
        let mut nonce = [0; 12];
        nonce[..8].copy_from_slice(&number.to_le_bytes());
        let (header, payload) = packet.split_at_mut(24);
        cipher.seal_in_place(&nonce, header, payload, &mut tag).expect("a buffer of any size seals");
        cipher.open_in_place(&nonce, header, payload, &tag).expect("what was sealed opens");
    }
    black_box(&packet);
    (events, watch.stop(SIMULATED, 1).cpu_s)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let scenario = scenario();
    let (_, events) = conference(&scenario, true, Some(Box::new(Census)));
    let work =
        Work { events, datagrams: DATAGRAMS.load(Ordering::Relaxed), bytes: BYTES.load(Ordering::Relaxed) };
    let (mut real, mut null, mut real_ratio, mut null_ratio) = (vec![], vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        let (heap, cipher) = floor(work);
        let with = conference(&scenario, false, None).0;
        let without = conference(&scenario, true, None).0;
        real.push(SIMULATED.as_secs_f64() / with);
        null.push(SIMULATED.as_secs_f64() / without);
        real_ratio.push(with / (heap + cipher));
        null_ratio.push(without / heap);
    }
    let Work { events, datagrams, bytes } = work;
    println!("ten_party_events={events} ten_party_datagrams={datagrams} ten_party_bytes={bytes}");
    println!("ten_party_real={:.1} ten_party_null={:.1}", median(real), median(null));
    println!(
        "ten_party_real_to_floor={:.2} ten_party_null_to_heap={:.2}",
        median(real_ratio),
        median(null_ratio)
    );
}
