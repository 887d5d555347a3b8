//! Ten people meet through the library, and what one more person changes for those who were there: nothing.

#![allow(missing_docs, reason = "a test program has no readers of its documentation")]

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use reports::metric::Stat;
use reports::summary::{RunHeader, Summary};
use scenarios::{Override, Scenario, shipped};
use simulator::world::{Outcome, Settings, World};

fn ten_party() -> Scenario {
    let shipped = shipped::find("ten-party").expect("it ships");
    let shorter = ["duration=12s", "measure.from=6s"].map(Override::new);
    scenarios::parse(shipped.path, shipped.text, &shorter).expect("a valid scenario")
}

fn run(scenario: &Scenario, settings: Settings) -> Outcome {
    let outcome = World::new(scenario, settings).and_then(|world| Ok(world.run(|_| ())?));
    outcome.expect("nothing is written that could fail")
}

#[test]
fn ten_people_meet() {
    let scenario = ten_party();
    let outcome = run(&scenario, Settings { seed: 7, ..Settings::default() });
    assert_eq!(outcome.failures, [""; 0], "nobody complains, and every line balances");
    assert_eq!(outcome.recording.broken().count(), 0, "{:?}", outcome.recording.broken());
    let connected = outcome.recording.participants().filter(|(_, person)| person.connected()).count();
    assert_eq!(connected, 10);
    let summary = Summary::of(&outcome.recording, RunHeader::default());
    let value = |id: &str| summary.row(id, &[]).expect("one row").stat(Stat::Mean);
    assert_eq!(value("flows.rendering.video"), 90.0);
    assert_eq!(value("flows.rendering.audio"), 90.0);
    // Ciphers change no size, no time and no decision; another seed changes all.
    let null = run(&scenario, Settings { seed: 7, null_crypto: true, ..Settings::default() });
    assert_eq!((null.digest.as_str(), null.events), (outcome.digest.as_str(), outcome.events));
    let other = run(&scenario, Settings { seed: 8, null_crypto: true, ..Settings::default() });
    assert_ne!(other.digest, outcome.digest);
}

/// A trace that the test reads when the run is over.
#[derive(Clone, Default)]
struct Trace(Rc<RefCell<Vec<u8>>>);

impl Write for Trace {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const THREE: &str = r#"schema = 1
name = "room"
seed = 5
duration = "8s"
measure = { from = "1s" }

[link.line]
rate = "10Mbps"
loss = "0.5%"
delay = { base = "10ms", jitter = "gauss", std = "3ms" }

[participant.person]
count = 3
join = { uniform = ["0s", "2s"] }
up = "line"
down = "line"
"#;

/// One more, who comes when the others have talked for some seconds.
const FOURTH: &str = r#"
[participant.late]
join = "6s"
up = "line"
down = "line"
"#;

/// What happened between participants and SFU, without the lines' rates, which are told for all at the start.
fn events(text: &str, seed: u64) -> Vec<String> {
    let scenario = scenarios::parse("test.toml", text, &[]).expect("a valid scenario");
    let trace = Trace::default();
    run(&scenario, Settings { seed, trace: Some(Box::new(trace.clone())), ..Settings::default() });
    let text = String::from_utf8(trace.0.take()).expect("a trace is text");
    text.lines().filter(|line| !line.contains(" link_capacity ")).map(str::to_owned).collect()
}

/// Nanoseconds at which an event happened.
fn time(line: &str) -> u64 {
    line.split(' ').next().and_then(|time| time.parse().ok()).expect("each line begins with its time")
}

#[test]
fn one_more_participant_leaves_the_draws_of_the_others_alone() {
    let before = |text: &str, seed| -> Vec<String> {
        events(text, seed).into_iter().filter(|line| time(line) < 6_000_000_000).collect()
    };
    let three = before(THREE, 5);
    let four = before(&format!("{THREE}{FOURTH}"), 5);
    // Joins, losses, jitter, and each frame's size and time.
    assert!(three.len() > 10_000, "{} events", three.len());
    let differing = three.iter().zip(&four).position(|(left, right)| left != right);
    assert_eq!(differing.map(|at| (&three[at], &four[at])), None);
    assert_eq!(three.len(), four.len());
    // The fourth does come, and another seed does change the draws: the comparison can fail.
    let whole = events(&format!("{THREE}{FOURTH}"), 5);
    assert!(whole.iter().any(|line| line.contains(" 10.0.0.4:50000 ")), "the fourth sends");
    assert_ne!(before(THREE, 6), three);
}
