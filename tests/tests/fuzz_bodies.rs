//! The fuzz bodies, over their seeds and over generated inputs, without a fuzzer.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngSeed, TestError, TestRunner};
use tests::fuzz::{BODIES, Body};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name)
}

/// The seeds of one body, by file name.
fn seeds(body: &Body) -> Vec<(String, Vec<u8>)> {
    let mut seeds: Vec<(String, Vec<u8>)> = Vec::new();
    for entry in fs::read_dir(folder("seeds").join(body.name)).expect("every body has a folder of seeds") {
        let entry = entry.expect("a readable folder");
        let bytes = fs::read(entry.path()).expect("a readable seed");
        seeds.push((entry.file_name().to_string_lossy().into_owned(), bytes));
    }
    if body.name == "scenario" {
        seeds.extend(scenarios::shipped::list().iter().map(|s| (s.name.into(), s.text.into())));
    }
    seeds.sort();
    assert!(!seeds.is_empty(), "{} has no seed", body.name);
    seeds
}

/// One change to a seed.
#[derive(Clone, Debug)]
enum Change {
    Set(Index, u8),
    Flip(Index, u8),
    Cut(Index),
    Insert(Index, Vec<u8>),
    Repeat(Index, Index),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, value)| Change::Set(at, value)),
        (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        any::<Index>().prop_map(Change::Cut),
        (any::<Index>(), prop::collection::vec(any::<u8>(), 1..16))
            .prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Change::Repeat(from, to)),
    ]
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            _ if bytes.is_empty() => {}
            Change::Set(at, value) => {
                let at = at.index(bytes.len());
                bytes[at] = *value;
            }
            Change::Flip(at, bit) => {
                let at = at.index(bytes.len());
                bytes[at] ^= 1 << bit;
            }
            Change::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Change::Insert(at, new) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, new.iter().copied());
            }
            Change::Repeat(from, to) => {
                let (a, b) = (from.index(bytes.len()), to.index(bytes.len()));
                bytes.extend_from_within(a.min(b)..=a.max(b));
            }
        }
    }
}

fn inputs(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let changed = (prop::sample::select(seeds), prop::collection::vec(change(), 1..6)).prop_map(
        |(mut bytes, changes)| {
            changes.iter().for_each(|change| change.apply(&mut bytes));
            bytes
        },
    );
    prop_oneof![3 => changed, 1 => prop::collection::vec(any::<u8>(), 0..512)]
}

/// Seeds first, then as many generated inputs as the body takes: the same ones in every run, since the
/// search for new faults is the fuzzer's. With `FUZZ_SECONDS`, others after that for so long, from
/// `FUZZ_SEED` on.
fn exercise(name: &str) {
    let body = tests::fuzz::find(name).expect("a body of that name");
    let seeds = seeds(body);
    for (file, bytes) in &seeds {
        eprintln!("{name}: {file}");
        (body.run)(bytes);
    }
    let strategy = inputs(seeds.into_iter().map(|(_, bytes)| bytes).collect());
    let run = |seed| {
        let config = Config {
            cases: body.cases,
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(seed),
            max_shrink_iters: 2_000,
            ..Config::default()
        };
        let result = TestRunner::new(config).run(&strategy, |bytes| {
            (body.run)(&bytes);
            Ok(())
        });
        match result {
            Ok(()) => {}
            Err(TestError::Fail(reason, bytes)) => panic!("{name}: {reason}, with {bytes:02x?}"),
            Err(TestError::Abort(reason)) => panic!("{name}: {reason}"),
        }
    };
    run(7);
    let Some(seconds) = std::env::var("FUZZ_SECONDS").ok() else { return };
    let span = Duration::from_secs(seconds.parse().expect("FUZZ_SECONDS is a whole number"));
    let first: u64 = std::env::var("FUZZ_SEED").map_or(1_000, |seed| seed.parse().expect("a whole number"));
    let begun = now();
    let mut rounds = 0;
    while now() - begun < span {
        run(first.wrapping_add(rounds));
        rounds += 1;
    }
    eprintln!("{name}: {} executions", rounds * u64::from(body.cases));
}

#[expect(clippy::disallowed_methods, reason = "how long to search is a matter of the real clock")]
fn now() -> Instant {
    Instant::now()
}

macro_rules! bodies {
    ($($name:ident),* $(,)?) => {
        /// The bodies that have a test here.
        const TESTED: &[&str] = &[$(stringify!($name)),*];

        $(#[test]
        fn $name() {
            exercise(stringify!($name));
        })*
    };
}

bodies!(
    rtp,
    vp8,
    flexfec,
    vp9,
    h264,
    av1,
    dependency_descriptor,
    video_layers_allocation,
    frame_marking,
    framing,
    red,
    rtcp,
    transport_cc,
    stun,
    srtp_gcm,
    srtp_cm,
    dtls,
    dcep,
    envelope,
    sctp,
    signalling,
    sdp,
    browser,
    scenario,
    projection,
    nack,
    sfu_port,
    sfu_connected,
);

/// A body without a test, a fuzz target or seeds would look as if it were exercised.
#[test]
fn every_body_has_a_test_a_target_and_seeds() {
    let names = |folder_name: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(folder(folder_name)).expect("a folder");
        let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("readable").file_name();
        entries.map(|entry| name(entry).to_string_lossy().trim_end_matches(".rs").to_owned()).collect()
    };
    let bodies: BTreeSet<String> = BODIES.iter().map(|body| body.name.to_owned()).collect();
    assert_eq!(bodies, TESTED.iter().map(|name| (*name).to_owned()).collect());
    assert_eq!(bodies, names("fuzz_targets"));
    assert_eq!(bodies, names("seeds"));
    let manifest = fs::read_to_string(folder("Cargo.toml")).expect("the fuzz crate's manifest");
    for body in &bodies {
        assert!(manifest.contains(&format!("name = \"{body}\"")), "{body} is no target of the manifest");
    }
}
