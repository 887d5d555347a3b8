//! Makes a failing plan simpler while the same check fails.

use super::draw::steadiest;
use super::plan::{Event, Person, Plan, What};
use super::trial::{Failure, NotAScenario, try_plan};

/// How long a run goes on after what it broke, ms.
const AFTER: u32 = 100;

/// What is left of a plan.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The simplest plan that was found.
    pub plan: Plan,
    /// What it breaks.
    pub failure: Failure,
    /// How many plans were tried on the way.
    pub tried: usize,
}

/// Tries simpler plans, at most `most` of them, until none of those that are one step simpler fails.
///
/// # Errors
/// When a plan makes no scenario.
pub fn shrink(plan: Plan, failure: Failure, null_crypto: bool, most: usize) -> Result<Shrunk, NotAScenario> {
    let mut best = Shrunk { plan, failure, tried: 0 };
    loop {
        let mut found = false;
        for simpler in steps(&best.plan, &best.failure) {
            if best.tried >= most {
                return Ok(best);
            }
            best.tried += 1;
            if let Some(failure) = try_plan(&simpler, null_crypto)?
                && failure.check == best.failure.check
            {
                (best.plan, best.failure, found) = (simpler, failure, true);
                break;
            }
        }
        if !found {
            return Ok(best);
        }
    }
}

/// Plans that are one step simpler, the greatest steps first.
fn steps(plan: &Plan, failure: &Failure) -> Vec<Plan> {
    let mut all = Vec::new();
    let mut with = |change: &dyn Fn(&mut Plan)| {
        let mut simpler = plan.clone();
        change(&mut simpler);
        drop_what_is_too_late(&mut simpler);
        drop_unused_lines(&mut simpler);
        leave_time_to_heal(&mut simpler);
        if simpler != *plan && !simpler.people.is_empty() {
            all.push(simpler);
        }
    };
    // What breaks at a moment doesn't need what comes after; what breaks at the end may not need what comes before.
    if let Some(at) = failure.at.filter(|_| plan.liveness == 0 || failure.check != "liveness") {
        with(&|plan| plan.duration = plan.duration.min(at + AFTER));
    }
    if failure.check != "liveness" {
        with(&|plan| plan.liveness = 0);
    }
    for person in &plan.people {
        with(&|plan| without(plan, person.number));
    }
    // Fewer people leave more room on every line: what only shows for want of it wants thinner lines then.
    for (person, thinner) in
        plan.people.iter().flat_map(|person| [2, 4, 8, 16, 32].map(|thinner| (person, thinner)))
    {
        with(&|plan| {
            without(plan, person.number);
            plan.lines.iter_mut().for_each(|line| line.rate = (line.rate / thinner).max(1));
        });
    }
    with(&|plan| plan.events.clear());
    for place in 0..plan.events.len() {
        with(&|plan| {
            plan.events.remove(place);
        });
    }
    for line in 1..plan.lines.len() {
        with(&|plan| replace_line(plan, line));
    }
    with(&|plan| plan.duration = (plan.duration / 2).max(plan.liveness + 1));
    with(&|plan| plan.people.iter_mut().for_each(|person| person.joins = 0));
    with(&|plan| plan.people.iter_mut().for_each(|person| person.leaves = None));
    for place in 0..plan.people.len() {
        person_steps(place, &mut with);
    }
    with(&|plan| plan.last_n = None);
    with(&|plan| plan.pause_unwatched = false);
    with(&|plan| plan.allocation = "fair");
    with(&|plan| plan.controller = "gcc".to_owned());
    for place in 0..plan.lines.len() {
        with(&|plan| plan.lines[place].loss = 0);
        with(&|plan| plan.lines[place].jitter = 0);
        with(&|plan| plan.lines[place].queue = 300);
        with(&|plan| {
            plan.lines[place].delay = 10;
            plan.lines[place].jitter = plan.lines[place].jitter.min(steadiest(10));
        });
        with(&|plan| plan.lines[place].rate = 20_000);
        with(&|plan| plan.lines[place].rate = rounded(plan.lines[place].rate));
    }
    for place in 0..plan.events.len() {
        with(&|plan| plan.events[place].span.from = rounded(plan.events[place].span.from));
        with(&|plan| plan.events[place].span.until = rounded(plan.events[place].span.until));
    }
    all
}

type With<'a> = dyn FnMut(&dyn Fn(&mut Plan)) + 'a;

fn person_steps(place: usize, with: &mut With<'_>) {
    with(&|plan| plan.people[place].camera = None);
    with(&|plan| camera(plan, place, |camera| camera.spatial = 1));
    with(&|plan| camera(plan, place, |camera| camera.temporal = 1));
    with(&|plan| camera(plan, place, |camera| (camera.codec, camera.svc) = ("vp8".to_owned(), false)));
    with(&|plan| plan.people[place].leaves = None);
    with(&|plan| plan.people[place].joins = 0);
    with(&|plan| plan.people[place].joins = rounded(plan.people[place].joins));
}

fn camera(plan: &mut Plan, place: usize, change: impl Fn(&mut super::plan::Camera)) {
    plan.people[place].camera.iter_mut().for_each(change);
}

/// Two digits that count.
fn rounded(number: u32) -> u32 {
    let mut unit = 1;
    while number / unit >= 100 {
        unit *= 10;
    }
    number / unit * unit
}

fn without(plan: &mut Plan, number: u32) {
    plan.people.retain(|person| person.number != number);
    let touches = |event: &Event| match event.what {
        What::Mute(who) | What::View(who, _) => who == number,
        What::Pin(who, whom) => who == number || whom == number,
        What::Rate(..) | What::Loss(..) => false,
    };
    plan.events.retain(|event| !touches(event));
}

/// Everybody on `line` takes the first one.
fn replace_line(plan: &mut Plan, line: usize) {
    for Person { up, down, .. } in &mut plan.people {
        *up = if *up == line { 0 } else { *up };
        *down = if *down == line { 0 } else { *down };
    }
}

/// What is asked for at the end is asked of a world that has healed: whoever renders nothing in the middle of an outage
/// has another fault, or none.
fn leave_time_to_heal(plan: &mut Plan) {
    if plan.liveness > 0 {
        let heals = plan.events.iter().map(|event| event.span.until);
        let moves = plan.people.iter().flat_map(|person| [person.joins, person.leaves.unwrap_or(0)]);
        let healed = heals.chain(moves).max().unwrap_or(0);
        plan.duration = plan.duration.max(healed + 2 * plan.liveness);
    }
}

/// Takes out who joins and what happens after the end.
fn drop_what_is_too_late(plan: &mut Plan) {
    let late: Vec<u32> = plan
        .people
        .iter()
        .filter(|person| person.joins >= plan.duration)
        .map(|person| person.number)
        .collect();
    late.into_iter().for_each(|number| without(plan, number));
    plan.events.retain(|event| event.span.from < plan.duration);
}

/// Takes lines out that nobody has, with what happens to them.
pub(super) fn drop_unused_lines(plan: &mut Plan) {
    let mut place = plan.lines.len();
    while place > 0 {
        place -= 1;
        if plan.people.iter().any(|person| person.up == place || person.down == place) {
            continue;
        }
        plan.lines.remove(place);
        plan.events.retain(
            |event| !matches!(event.what, What::Rate(line, _) | What::Loss(line, _) if line == place),
        );
        let lower = |line: &mut usize| *line -= usize::from(*line > place);
        for person in &mut plan.people {
            lower(&mut person.up);
            lower(&mut person.down);
        }
        for event in &mut plan.events {
            if let What::Rate(line, _) | What::Loss(line, _) = &mut event.what {
                lower(line);
            }
        }
    }
}
