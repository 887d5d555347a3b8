//! Comparisons of hand-made runs, with numbers worked out by hand.

use super::*;
use crate::metric::Better;

/// A run with one number of each of these.
fn run(seed: u64, values: &[(&str, Over, f64)]) -> RunValues {
    let mut values: Vec<(Quantity, f64)> = (values.iter())
        .map(|(id, over, value)| (Quantity::new(id, *over).expect("a metric"), *value))
        .collect();
    values.sort_by_key(|(quantity, _)| *quantity);
    let spread = vec![("queue.delay_added", values.iter().map(|(_, value)| *value).collect())];
    RunValues { scenario: "x".to_owned(), seed, spread, values, ..RunValues::default() }
}

fn side(name: &str, runs: Vec<RunValues>) -> Side {
    Side { name: name.to_owned(), runs, ..Side::default() }
}

const DELAY: (&str, Over) = ("queue.delay_added", Over::Worst);
const FPS: (&str, Over) = ("video.fps", Over::Mean);

fn compared(base: &[f64], other: &[f64], (id, over): (&str, Over)) -> Difference {
    let runs =
        |values: &[f64]| (1..).zip(values).map(|(seed, value)| run(seed, &[(id, over, *value)])).collect();
    let comparison = Comparison::of("t".to_owned(), side("a", runs(base)), vec![side("b", runs(other))])
        .expect("same seeds");
    comparison.others[0].differences[0].clone()
}

#[test]
fn differences_are_taken_pair_by_pair() {
    // Differences: 1, 10, -1, 2, 3; their median is 2, although the medians differ by 30 - 30 = 0.
    let found = compared(&[10.0, 20.0, 30.0, 40.0, 50.0], &[11.0, 30.0, 29.0, 42.0, 53.0], DELAY);
    assert_eq!((found.base, found.other, found.median), (30.0, 30.0, 2.0));
    assert_eq!((found.worse, found.better), (Some(0.8), Some(0.2)));
    assert_eq!(found.finding(), Finding::Unclear);
    let (low, high) = found.interval.expect("five pairs");
    assert!((-1.0..=2.0).contains(&low) && (2.0..=10.0).contains(&high), "{low} to {high}");
}

#[test]
fn the_better_direction_decides_what_is_worse() {
    let (few, many) = ([10.0; 8], [12.0; 8]);
    for (base, other, quantity, finding, worse) in [
        (few, many, DELAY, Finding::Worse, Some(1.0)),
        (many, few, DELAY, Finding::Better, Some(0.0)),
        (few, many, FPS, Finding::Better, Some(0.0)),
        (many, few, FPS, Finding::Worse, Some(1.0)),
        (few, few, FPS, Finding::Same, Some(0.0)),
    ] {
        let found = compared(&base, &other, quantity);
        assert_eq!((found.finding(), found.worse), (finding, worse), "{quantity:?}");
        assert_eq!(found.interval, Some((other[0] - base[0], other[0] - base[0])));
    }
    let neither = Quantity::new("link.rate", Over::Mean).expect("a metric");
    assert_eq!(neither.better(), Better::Neither);
}

#[test]
fn what_is_on_one_side_only_is_counted_and_is_not_zero() {
    let (id, over) = DELAY;
    let base = side("a", vec![run(1, &[(id, over, 5.0)]), run(2, &[(id, over, 5.0)])]);
    let other = side("b", vec![run(1, &[(id, over, 5.0)]), run(2, &[(id, Over::NeverSeen, 3.0)])]);
    let comparison = Comparison::of("t".to_owned(), base, vec![other]).expect("same seeds");
    let [delay, missing] = comparison.others[0].differences.as_slice() else { panic!("two quantities") };
    assert_eq!((delay.pairs.len(), delay.only_base, delay.only_other), (1, 1, 0));
    assert_eq!(delay.finding(), Finding::Unclear);
    assert_eq!((missing.base, missing.other, missing.pairs.len()), (0.0, 1.5, 2));
    assert_eq!(missing.worse, Some(0.5));
}

#[test]
fn seeds_pair_or_are_told() {
    let runs =
        |seeds: &[u64]| seeds.iter().map(|seed| run(*seed, &[("video.fps", Over::Mean, 1.0)])).collect();
    let compare = |left: &[u64], right: &[u64]| {
        Comparison::of("t".to_owned(), side("a", runs(left)), vec![side("b", runs(right))])
    };
    let some = compare(&[1, 2, 3], &[2, 3, 4]).expect("two in common");
    assert_eq!(
        (some.others[0].seeds.as_slice(), some.others[0].unpaired.as_slice()),
        (&[2, 3][..], &[1, 4][..])
    );
    assert!(some.notes().iter().any(|note| note.contains("left out: 1, 4")), "{:?}", some.notes());
    let none = compare(&[1], &[2]).expect_err("nothing in common").to_string();
    assert_eq!(none, "`a` and `b` have no seed in common");
    let twice = compare(&[1, 1], &[1]).expect_err("an ambiguous pair").to_string();
    assert_eq!(twice, "`a` has seed 1 twice");
}

#[test]
fn the_files_hold_the_numbers_and_are_equal_for_equal_runs() {
    let (id, over) = DELAY;
    let runs = |step: f64| (1..=8).map(|seed| run(seed, &[(id, over, 10.0 + step)])).collect();
    let comparison =
        Comparison::of("x".to_owned(), side("a", runs(0.0)), vec![side("b", runs(1.0))]).expect("same seeds");
    let parsed: serde_json::Value = serde_json::from_str(&json(&comparison)).expect("valid JSON");
    let found = &parsed["others"][0]["differences"][0];
    assert_eq!((found["difference"].as_f64(), found["share_worse"].as_f64()), (Some(1.0), Some(1.0)));
    assert_eq!((found["interval"][0].as_f64(), found["finding"].as_str()), (Some(1.0), Some("worse")));
    assert_eq!(found["pairs"].as_array().map(Vec::len), Some(8));
    let row =
        "queue.delay_added | worst participant | ms | 10 | 11 | +1 (+10.0 %) | +1 to +1 | 100 % | worse";
    assert!(markdown(&comparison).contains(row), "{}", markdown(&comparison));
    let shown = text(&comparison);
    assert!(shown.contains("worse: 1, better: 0") && shown.contains("+1 (+10.0 %)"), "{shown}");
    let pictures = figures(&comparison);
    let names: Vec<&str> = pictures.iter().map(|figure| figure.name.as_str()).collect();
    assert_eq!(names, ["moved", "spread"]);
    let html = page(&comparison, &pictures, "plenum compare a b");
    assert!(html.contains("plenum compare a b") && html.contains("<svg"));
    assert_eq!(html, page(&comparison, &figures(&comparison), "plenum compare a b"));
}
