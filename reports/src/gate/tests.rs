//! Gates on hand-made numbers.

use indexmap::IndexMap;
use scenarios::model::{Bound, Gate, Glob, Stat};
use scenarios::units::Ratio;

use super::*;

fn gate(metric: &str, stat: Stat, (rise, rise_share): (f64, f64), (fall, fall_share): (f64, f64)) -> Gate {
    let bound = |value| Some(Bound { value, unit: None });
    Gate {
        metric: metric.to_owned(),
        filter: IndexMap::new(),
        stat,
        rise: bound(rise),
        rise_share: Ratio::new(rise_share),
        fall: bound(fall),
        fall_share: Ratio::new(fall_share),
    }
}

fn delay() -> Gate {
    gate("queue.delay_added", Stat::P95, (0.5, 0.05), (0.5, 0.05))
}

fn freezes() -> Gate {
    gate("video.freeze_w3c.ratio", Stat::Mean, (0.002, 0.0), (0.002, 0.0))
}

/// Twenty seeds whose one gate reads `value`.
fn seeds(value: impl Fn(u64) -> f64) -> Vec<SeedReadings> {
    let reading = |seed| Reading { value: Some(value(seed)), label_sets: 3, never_seen: 0 };
    (1..=20).map(|seed| SeedReadings { seed, readings: vec![reading(seed)] }).collect()
}

/// Noise of a seed, −1 to 1, without a pattern and with a mean near zero.
fn noise(seed: u64) -> f64 {
    (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11) as f64 / (1_u64 << 53) as f64 * 2.0 - 1.0
}

fn update(reason: &str) -> Update {
    Update { version: "0.1.0".to_owned(), reason: reason.to_owned() }
}

fn baseline(gate: &Gate, measured: &[SeedReadings]) -> Baseline {
    let gates = std::slice::from_ref(gate);
    Baseline::of("x", gates, measured, update("first"), None).expect("every seed has a value")
}

fn judged(gate: &Gate, before: &[SeedReadings], now: &[SeedReadings]) -> Judged {
    let gates = std::slice::from_ref(gate);
    judge("x", gates, &baseline(gate, before), now).expect("they fit").remove(0)
}

#[test]
fn unchanged_numbers_hold() {
    let measured = seeds(|seed| 100.0 + 20.0 * noise(seed));
    for _ in 0..10 {
        let judged = judged(&delay(), &measured, &measured);
        assert!(judged.passed, "{judged:?}");
        assert_eq!((judged.median.difference, judged.median.interval), (0.0, Some((0.0, 0.0))));
    }
}

#[test]
fn a_rise_of_a_tenth_is_caught_through_the_scatter_of_seeds() {
    let before = seeds(|seed| 100.0 + 20.0 * noise(seed));
    // Beside the rise, every seed has other luck of up to 4 %.
    let now = seeds(|seed| (100.0 + 20.0 * noise(seed)) * (1.1 + 0.04 * noise(seed + 100)));
    let found = judged(&delay(), &before, &now);
    assert!(!found.passed && found.note.contains("rose by") && found.note.contains("worse"), "{found:?}");
    let back = judged(&delay(), &now, &before);
    assert!(!back.passed && back.note.contains("better: update the baseline"), "{back:?}");
}

#[test]
fn luck_alone_holds() {
    let before = seeds(|seed| 100.0 + 20.0 * noise(seed));
    let now = seeds(|seed| (100.0 + 20.0 * noise(seed)) * (1.0 + 0.08 * noise(seed + 100)));
    let found = judged(&delay(), &before, &now);
    assert!(found.passed, "{found:?}");
}

#[test]
fn freezes_from_none_to_one_per_cent_are_caught_in_all_seeds_and_in_few() {
    let before = seeds(|_| 0.0);
    let everywhere = judged(&freezes(), &before, &seeds(|_| 0.01));
    assert!(!everywhere.passed && everywhere.note.contains("median"), "{everywhere:?}");
    // Six of twenty seeds freeze: the median stays zero, the mean is 1 %.
    let here_and_there = judged(&freezes(), &before, &seeds(|seed| if seed % 3 == 0 { 0.0333 } else { 0.0 }));
    assert_eq!(here_and_there.median.difference, 0.0);
    assert!(!here_and_there.passed && here_and_there.note.contains("mean"), "{here_and_there:?}");
}

#[test]
fn exactly_what_is_allowed_is_allowed() {
    let before = seeds(|_| 100.0);
    for (now, passed) in [(105.0, true), (105.01, false), (95.0, true), (94.99, false)] {
        assert_eq!(judged(&delay(), &before, &seeds(|_| now)).passed, passed, "{now}");
    }
    // Near zero the absolute allowance counts, since a share of nothing is nothing.
    for (now, passed) in [(0.5, true), (0.51, false)] {
        assert_eq!(judged(&delay(), &seeds(|_| 0.0), &seeds(|_| now)).passed, passed, "{now}");
    }
}

#[test]
fn what_was_seen_and_no_longer_is_fails() {
    let before = seeds(|_| 100.0);
    let mut now = before.clone();
    now[4].readings[0] = Reading { value: None, label_sets: 0, never_seen: 2 };
    let found = judged(&delay(), &before, &now);
    assert!(!found.passed && found.note.contains("nothing was seen of it with seed 5"), "{found:?}");
    let mut now = before.clone();
    now[4].readings[0].never_seen = 2;
    let found = judged(&delay(), &before, &now);
    assert!(!found.passed && found.note.contains("2 label sets more"), "{found:?}");
}

#[test]
fn what_does_not_fit_is_an_error() {
    let (gate, measured) = (delay(), seeds(|_| 100.0));
    let baseline = baseline(&gate, &measured);
    let gates = [gate.clone()];
    let says = |error: GateError, part: &str| assert!(error.to_string().contains(part), "{error}");
    let seeds_now = |seed| vec![SeedReadings { seed, ..measured[0].clone() }];
    says(judge("y", &gates, &baseline, &measured).expect_err("another scenario"), "`x`, not of `y`");
    says(judge("x", &gates, &baseline, &seeds_now(77)).expect_err("a new seed"), "no seed 77");
    says(judge("x", &[freezes()], &baseline, &measured).expect_err("a new gate"), "doesn't have `mean video");
    let two = [gate.clone(), freezes()];
    let both =
        seeds(|_| 1.0).into_iter().map(|one| SeedReadings { readings: [one.readings[0]; 2].into(), ..one });
    let both: Vec<SeedReadings> = both.collect();
    let wider = Baseline::of("x", &two, &both, update("second"), Some(&baseline)).expect("fits");
    says(judge("x", &gates, &wider, &measured).expect_err("a lost gate"), "no longer holds");
    let text = baseline.text().replace("\"7\":100.0,", "");
    let damaged = Baseline::read(&text).expect("still a baseline");
    says(judge("x", &gates, &damaged, &measured).expect_err("a missing value"), "with seed 7");
    let nothing = seeds(|_| 0.0).into_iter();
    let nothing: Vec<SeedReadings> = nothing
        .map(|one| SeedReadings {
            readings: vec![Reading { value: None, label_sets: 0, never_seen: 0 }],
            ..one
        })
        .collect();
    says(judge("x", &gates, &baseline, &nothing).expect_err("an empty selection"), "selects nothing");
    let made = Baseline::of("x", &gates, &nothing, update("r"), None);
    says(made.expect_err("an empty selection"), "selects nothing");
    says(Baseline::read("{").expect_err("half a file"), "no baseline");
    says(
        Baseline::read(&baseline.text().replace("\"schema\": 1", "\"schema\": 9")).expect_err("new"),
        "schema 9",
    );
}

#[test]
fn gates_are_validated_without_a_run() {
    let says = |gates: &[Gate], part: &str| {
        let error = validate("x", gates).expect_err(part).to_string();
        assert!(error.contains(part), "{error}");
    };
    assert!(validate("x", &[delay(), freezes()]).is_ok());
    says(&[], "no [[gate]]");
    says(&[delay(), delay()], "two gates hold `p95 queue.delay_added`");
    says(&[Gate { metric: "queue.delay_aded".to_owned(), ..delay() }], "did you mean `queue.delay_added`?");
    let filter = IndexMap::from_iter([("receiver".to_owned(), Glob::new("bob"))]);
    says(&[Gate { filter, ..delay() }], "has no label `receiver`");
}

#[test]
fn the_file_keeps_every_reason_and_reads_back() {
    let (gate, measured) = (delay(), seeds(|seed| seed as f64 / 3.0));
    let first = baseline(&gate, &measured);
    let second =
        Baseline::of("x", &[gate], &measured, update("a \"better\" pacer"), Some(&first)).expect("fits");
    assert_eq!(Baseline::read(&second.text()).expect("reads back"), second);
    let reasons: Vec<&str> = second.updates.iter().map(|update| update.reason.as_str()).collect();
    assert_eq!(reasons, ["first", "a \"better\" pacer"]);
    assert!(second.text().lines().count() < 15, "a line per gate: {}", second.text());
    assert!(second.text().len() < 1500, "small: {}", second.text().len());
}

#[test]
fn the_files_tell_what_failed() {
    let folder = std::env::temp_dir().join(format!("plenum-gate-{}", std::process::id()));
    let directory = crate::RunDirectory::create(&folder).expect("can be made");
    let before = seeds(|_| 100.0);
    let judged = [judged(&delay(), &before, &seeds(|_| 110.0))];
    write(&directory, "x", &baseline(&delay(), &before), &judged, "plenum gate x").expect("can be written");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("is there");
    assert!(read("junit.xml").contains("failures=\"1\"") && read("junit.xml").contains("rose by 10 ms"));
    assert!(read("summary.md").contains("❌") && read("summary.md").contains("+10 (+10.0 %)"));
    let json: serde_json::Value = serde_json::from_str(&read("gate.json")).expect("valid JSON");
    assert_eq!(
        (json["passed"].as_bool(), json["gates"][0]["median"]["difference"].as_f64()),
        (Some(false), Some(10.0))
    );
    assert!(read("report.html").contains("1 of 1 gates failed"));
    assert!(folder.join("plots/gate.png").is_file());
    std::fs::remove_dir_all(folder).expect("cleans up");
}
