use super::*;

const fn layer(spatial: u8, temporal: u8) -> Option<Layer> {
    Some(Layer { spatial, temporal })
}

const fn secs(from: u64, until: u64) -> Span {
    Span { from: Time::from_secs(from), until: Time::from_secs(until) }
}

/// Subscribes at 0, forwards as told at whole seconds, ends at `end`.
fn timeline(changes: &[(u64, Option<Layer>)], end: u64) -> LayerTimeline {
    let mut timeline = LayerTimeline::default();
    timeline.subscribed(Time::ZERO);
    for (at, layer) in changes {
        timeline.forwarded(Time::from_secs(*at), *layer);
    }
    timeline.close(Time::from_secs(end));
    timeline
}

#[test]
fn shares_are_of_the_measured_time_with_none_as_a_state() {
    // 2 s nothing, 4 s low, 4 s high; measured from 1 s on: 1, 4 and 4 s.
    let usage = timeline(&[(2, layer(0, 0)), (6, layer(2, 1))], 10).usage(secs(1, 10));
    let seconds = |count| Duration::from_secs(count);
    assert_eq!(usage.times, [(None, seconds(1)), (layer(0, 0), seconds(4)), (layer(2, 1), seconds(4))]);
    assert_eq!(usage.total, seconds(9));
    assert_eq!((usage.switches, usage.oscillations), (1, 0));
}

#[test]
fn the_start_is_no_switch_and_a_stop_is_one() {
    for (changes, switches) in [
        (vec![], 0),
        (vec![(1, layer(0, 0))], 0),
        (vec![(1, layer(0, 0)), (2, layer(1, 0)), (3, layer(1, 2))], 2),
        (vec![(1, layer(0, 0)), (2, None), (3, layer(0, 0))], 2),
        (vec![(1, layer(0, 0)), (2, layer(0, 0))], 0),
    ] {
        assert_eq!(timeline(&changes, 10).usage(secs(0, 10)).switches, switches, "{changes:?}");
    }
}

#[test]
fn an_oscillation_is_down_within_ten_seconds_of_up() {
    let up_then_down = |down| timeline(&[(1, layer(0, 0)), (5, layer(1, 0)), (down, layer(0, 0))], 40);
    assert_eq!(up_then_down(15).usage(secs(0, 40)).oscillations, 1);
    assert_eq!(up_then_down(16).usage(secs(0, 40)).oscillations, 0);
    assert_eq!(up_then_down(15).usage(secs(20, 40)).oscillations, 0, "before the measured time");
}

#[test]
fn below_entitled_counts_lower_layers_and_none() {
    let mut timeline = LayerTimeline::default();
    timeline.subscribed(Time::ZERO);
    // 0 to 1 s: no entitlement known yet.
    assert!(timeline.chosen(Time::from_secs(1), layer(0, 0), layer(2, 2), "estimate"));
    assert!(!timeline.chosen(Time::from_secs(1), layer(0, 0), layer(2, 2), "estimate"), "said already");
    timeline.forwarded(Time::from_secs(2), layer(0, 0));
    timeline.forwarded(Time::from_secs(5), layer(2, 2));
    // Entitled to less than what still goes out: not below.
    timeline.chosen(Time::from_secs(7), layer(1, 0), layer(1, 0), "smaller tile");
    timeline.close(Time::from_secs(9));
    let usage = timeline.usage(secs(0, 10));
    assert_eq!(usage.below_entitled, Duration::from_secs(4), "1 to 5 s");
    assert_eq!(usage.total, Duration::from_secs(9));
    let reasons: Vec<_> = timeline.intervals().iter().map(|interval| interval.reason.as_str()).collect();
    assert_eq!(reasons, ["", "estimate", "estimate", "estimate", "smaller tile"]);
}

#[test]
fn a_new_subscription_starts_afresh() {
    let mut timeline = timeline(&[(1, layer(2, 0))], 4);
    timeline.subscribed(Time::from_secs(6));
    timeline.forwarded(Time::from_secs(8), layer(0, 0));
    timeline.close(Time::from_secs(10));
    let usage = timeline.usage(secs(0, 10));
    assert_eq!(usage.total, Duration::from_secs(8), "the gap belongs to nobody");
    assert_eq!(usage.switches, 0, "down across the gap is no switch");
    assert!(!timeline.forwarded(Time::from_secs(11), layer(1, 0)), "nobody wants it");
}
