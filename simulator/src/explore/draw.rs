//! Plans from ranges.

use scenarios::model::{Explore, Range};

use super::plan::{Camera, Event, Line, Person, Plan, Span, What};
use super::shrink::drop_unused_lines;
use crate::random::{Seed, Stream};

/// The least that an event lasts, ms: a shorter one is over before anything reacts.
const LEAST: u32 = 500;

/// How long before the end of a run every stream must have rendered, ms. A key frame that is asked for comes within one.
const LIVENESS: u32 = 5_000;

/// The plan that `seed` stands for. The same ranges and seed give the same plan, on every machine.
pub fn draw(explore: &Explore, seed: u64) -> Plan {
    let mut random = Seed(seed).stream("explore/plan");
    let random = &mut random;
    let shaken = ms(random, &explore.duration);
    let lines: Vec<Line> = (0..whole(random, &explore.links)).map(|_| line(random, explore)).collect();
    let count = whole(random, &explore.people);
    let people: Vec<Person> =
        (1..=count).map(|number| person(random, explore, number, lines.len(), shaken)).collect();
    let events = (0..whole(random, &explore.events)).map(|_| event(random, &lines, count, shaken)).collect();
    let allocation = ["fair", "stage", "max-min"][random.below(3) as usize];
    let last_n = one_in(random, 4).then(|| random.between(1, u64::from(count)) as u32);
    let mut plan = Plan {
        name: format!("explored-{seed}"),
        seed,
        duration: shaken + explore.settle.as_millis() as u32,
        liveness: LIVENESS.min(explore.settle.as_millis() as u32 / 2),
        controller: pick(random, &explore.controllers),
        allocation,
        last_n,
        pause_unwatched: one_in(random, 2),
        lines,
        people,
        events,
    };
    drop_unused_lines(&mut plan);
    plan
}

fn whole(random: &mut Stream, range: &Range<u32>) -> u32 {
    random.between(u64::from(range.least), u64::from(range.most)) as u32
}

fn ms(random: &mut Stream, range: &Range<std::time::Duration>) -> u32 {
    random.between(range.least.as_millis() as u64, range.most.as_millis() as u64) as u32
}

fn one_in(random: &mut Stream, n: u64) -> bool {
    random.below(n) == 0
}

fn pick(random: &mut Stream, words: &[String]) -> String {
    words[random.below(words.len() as u64) as usize].clone()
}

/// A rate, every factor alike: thin lines matter as much as fat ones.
fn rate(random: &mut Stream, explore: &Explore) -> u32 {
    let (low, high) = (explore.rate.least.as_bps() as f64, explore.rate.most.as_bps() as f64);
    let bps = low * libm::pow(high / low, random.unit());
    (bps / 1_000.0) as u32
}

fn line(random: &mut Stream, explore: &Explore) -> Line {
    let (least, most) = (explore.loss.least.get(), explore.loss.most.get());
    let loss = least + (most - least) * random.unit();
    let tenths = |span: std::time::Duration| (span.as_micros() / 100) as u64;
    let delay = ms(random, &explore.delay);
    // Nothing arrives before it is sent: a Gaussian is cut at three standard deviations.
    let jitter = random.between(tenths(explore.jitter.least), tenths(explore.jitter.most)) as u32;
    Line {
        rate: rate(random, explore),
        delay,
        jitter: jitter.min(steadiest(delay)),
        // Half of the lines lose nothing: what loss hides shows there.
        loss: if one_in(random, 2) { 0 } else { (loss * 10_000.0) as u32 },
        queue: ms(random, &explore.queue),
    }
}

/// The most jitter that a delay has room for, tenths of a millisecond.
pub(super) fn steadiest(delay: u32) -> u32 {
    delay * 10 / 3
}

fn person(random: &mut Stream, explore: &Explore, number: u32, lines: usize, shaken: u32) -> Person {
    let a_line = |random: &mut Stream| random.below(lines as u64) as usize;
    let (up, down) = (a_line(random), a_line(random));
    let joins = if one_in(random, 2) { 0 } else { random.below(u64::from(shaken)) as u32 };
    let leaves = one_in(random, 5).then(|| random.between(u64::from(joins) + 1, u64::from(shaken)) as u32);
    Person { number, up, down, joins, leaves, camera: (!one_in(random, 6)).then(|| camera(random, explore)) }
}

fn camera(random: &mut Stream, explore: &Explore) -> Camera {
    let codec = pick(random, &explore.codecs);
    let layered = matches!(codec.as_str(), "vp9" | "av1");
    let svc = layered && one_in(random, 2);
    let temporal = if codec == "h264" { 1 } else { random.between(1, 3) as u8 };
    Camera { codec, spatial: random.between(1, 3) as u8, temporal, svc }
}

fn event(random: &mut Stream, lines: &[Line], people: u32, shaken: u32) -> Event {
    let from = random.below(u64::from(shaken)) as u32;
    let until = random.between(u64::from(from + LEAST.min(shaken - from)), u64::from(shaken)) as u32;
    let place = random.below(lines.len() as u64) as usize;
    let mut somebody = || random.between(1, u64::from(people)) as u32;
    let (who, whom) = (somebody(), somebody());
    let what = match random.below(5) {
        0 => What::Mute(who),
        1 => What::Rate(place, (lines[place].rate / random.between(2, 20) as u32).max(30)),
        2 => What::Loss(place, random.between(500, 10_000) as u32),
        3 => What::View(who, random.between(1, u64::from(people)) as u32),
        _ if who == whom => What::Mute(who),
        _ => What::Pin(who, whom),
    };
    Event { span: Span { from, until }, what }
}
