//! Each invariant is broken on purpose, and each is kept where it must not fire.

use std::net::SocketAddr;
use std::time::Duration;

use proptest::prelude::*;
use reports::observation::{Flow, Layer, Observation, ParticipantIndex, SourceIndex};
use sfu::{DataRate, Occupancy, Time};

use super::continuity::{Gaps, Numbers};
use super::{Invariant, Moment, Sent, Watch};
use crate::network::TrafficClass;
use crate::participant::sender::MediaTag;

const HOME: &str = "10.0.0.1:50000";

fn moment(ms: u64) -> Moment {
    Moment { at: Time::from_millis(ms), event: ms }
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

fn media(ordinal: u32) -> MediaTag {
    MediaTag { source: 0, encoding: 0, ordinal, voiced: false }
}

fn packet(number: u16, timestamp: u32) -> Vec<u8> {
    let mut bytes = vec![0x80, 96];
    bytes.extend_from_slice(&number.to_be_bytes());
    bytes.extend_from_slice(&timestamp.to_be_bytes());
    bytes.extend_from_slice(&7_u32.to_be_bytes());
    bytes.resize(1_000, 0);
    bytes
}

/// A watch over two, of whom the first is connected from [`HOME`].
fn watch() -> Watch {
    let mut watch = Watch::new(2, None);
    watch.nominated(0, address(HOME));
    watch.connected(0);
    watch
}

fn send(watch: &mut Watch, at: u64, bytes: &[u8]) {
    let to = address(HOME);
    let because_of = Some((1, media(0)));
    let (class, missed) = (TrafficClass::Video, watch.missed(because_of));
    watch.sent(moment(at), &Sent { receiver: Some(0), to, class, bytes, because_of, missed });
}

fn broken(watch: &Watch) -> Vec<Invariant> {
    watch.breaches().map(|breach| breach.invariant).collect()
}

#[test]
fn what_is_as_it_should_be_breaks_nothing() {
    let mut watch = watch();
    watch.estimate(moment(0), 0, DataRate::from_bps(1_000_000));
    for number in 0..1_000_u16 {
        watch.given(moment(0), 1, media(u32::from(number)));
        send(
            &mut watch,
            u64::from(number) * 20,
            &packet(number.wrapping_add(65_000), u32::from(number) * 1_800),
        );
    }
    assert_eq!(broken(&watch), []);
}

#[test]
fn a_number_that_is_used_twice_is_told_with_its_first_event() {
    let mut watch = watch();
    for (at, number) in [(0, 5), (20, 6), (40, 6), (60, 6)] {
        send(&mut watch, at, &packet(number, at as u32 * 90));
    }
    assert_eq!(broken(&watch), [Invariant::NumberOnce]);
    let first = watch.breaches().next().expect("one");
    assert_eq!(first.moment, moment(40));
    let text =
        "number-once at 0.040000 s, event 40: 6 of 00000007 for participant 0 again, 0 behind the highest";
    assert_eq!(first.to_string(), text);
}

#[test]
fn a_skipped_number_needs_a_missing_packet() {
    for (missing, expected) in [(true, vec![]), (false, vec![Invariant::NoHoles])] {
        let mut watch = watch();
        watch.given(moment(0), 1, media(0));
        send(&mut watch, 0, &packet(5, 0));
        watch.given(moment(0), 1, media(if missing { 2 } else { 1 }));
        send(&mut watch, 20, &packet(7, 1_800));
        assert_eq!(broken(&watch), expected);
    }
}

#[test]
fn a_refused_packet_is_missing() {
    let mut watch = watch();
    watch.given(moment(0), 1, media(0));
    send(&mut watch, 0, &packet(5, 0));
    watch.given(moment(0), 1, media(1));
    watch.refused(1, media(1));
    watch.given(moment(0), 1, media(2));
    send(&mut watch, 20, &packet(7, 1_800));
    assert_eq!(broken(&watch), []);
}

/// Lost padding leaves a hole as well: nobody can tell what it was.
#[test]
fn lost_padding_is_missing() {
    let mut watch = watch();
    watch.given(moment(0), 1, media(0));
    send(&mut watch, 0, &packet(5, 0));
    watch.padding_lost(1);
    watch.given(moment(0), 1, media(1));
    send(&mut watch, 20, &packet(7, 1_800));
    assert_eq!(broken(&watch), []);
}

#[test]
fn timestamps_go_with_the_clock() {
    let mut watch = watch();
    send(&mut watch, 0, &packet(5, u32::MAX - 100));
    send(&mut watch, 20, &packet(6, 1_699));
    assert_eq!(broken(&watch), []);
    send(&mut watch, 40, &packet(7, 1_699 + 90_000 * 11));
    assert_eq!(broken(&watch), [Invariant::Timestamps]);
}

#[test]
fn keys_first_and_nothing_to_strangers() {
    let classes = [
        TrafficClass::Stun,
        TrafficClass::Dtls,
        TrafficClass::Audio,
        TrafficClass::Video,
        TrafficClass::Rtcp,
        TrafficClass::Data,
    ];
    let bytes = packet(1, 1);
    for class in classes {
        let told = |prepare: fn(&mut Watch), receiver, to: &str| {
            let mut watch = Watch::new(2, None);
            prepare(&mut watch);
            let sent = Sent { receiver, to: address(to), class, bytes: &bytes, because_of: None, missed: 0 };
            watch.sent(moment(1), &sent);
            broken(&watch)
        };
        let harmless = class == TrafficClass::Stun;
        let stranger = if harmless { vec![] } else { vec![Invariant::Stranger] };
        assert_eq!(told(|_| {}, None, "192.0.2.1:9"), stranger, "{class:?} to nobody's address");
        assert_eq!(told(|_| {}, Some(0), HOME), stranger, "{class:?} before a check");
        let moved = |watch: &mut Watch| watch.nominated(0, address("10.0.0.2:1"));
        assert_eq!(told(moved, Some(0), HOME), stranger, "{class:?} to another address");
        let early = if harmless || class == TrafficClass::Dtls { vec![] } else { vec![Invariant::Keys] };
        assert_eq!(told(|watch| watch.nominated(0, address(HOME)), Some(0), HOME), early, "{class:?} early");
        let gone = |watch: &mut Watch| {
            watch.nominated(0, address(HOME));
            watch.connected(0);
            watch.gone(0);
        };
        assert_eq!(told(gone, Some(0), HOME), stranger, "{class:?} to somebody who has gone");
    }
}

#[test]
fn nobody_hears_himself() {
    let mut watch = watch();
    let (to, bytes) = (address(HOME), packet(1, 1));
    let because_of = Some((0, media(0)));
    watch.sent(
        moment(1),
        &Sent { receiver: Some(0), to, class: TrafficClass::Audio, bytes: &bytes, because_of, missed: 0 },
    );
    assert_eq!(broken(&watch), [Invariant::OwnSender]);
}

#[test]
fn video_beyond_the_estimate_is_told_and_a_burst_is_not() {
    let mut watch = watch();
    watch.estimate(moment(0), 0, DataRate::from_bps(500_000));
    // 400 kbit/s for 20 s, with a burst of 500 kbit in the middle.
    let mut number = 0;
    let mut frame = |watch: &mut Watch, at: u64| {
        watch.given(moment(0), 1, media(u32::from(number)));
        send(watch, at, &packet(number, at as u32 * 90));
        number += 1;
    };
    (0..1_000).for_each(|n| frame(&mut watch, n * 20));
    (0..62).for_each(|_| frame(&mut watch, 20_000));
    assert_eq!(broken(&watch), []);
    // Twice the estimate, for as long as it takes.
    (0..1_500).for_each(|n| frame(&mut watch, 30_000 + n * 8));
    assert_eq!(broken(&watch), [Invariant::Budget]);
}

#[test]
fn key_frame_requests_keep_their_distance() {
    let mut watch = watch();
    for (at, encoding) in [(0, 0), (100, 1), (300, 0), (400, 1)] {
        watch.key_frame_requested(moment(at), 1, 0, encoding);
    }
    assert_eq!(broken(&watch), []);
    watch.key_frame_requested(moment(599), 1, 0, 0);
    assert_eq!(broken(&watch), [Invariant::KeyFrameRequests]);
}

#[test]
fn more_than_there_may_be_is_told() {
    let mut watch = watch();
    let full = Occupancy { what: "streams", held: 64, limit: 64 };
    watch.occupancy(moment(1), &[full]);
    assert_eq!(broken(&watch), []);
    watch.occupancy(moment(2), &[full, Occupancy { held: 65, ..full }]);
    assert_eq!(broken(&watch), [Invariant::Occupancy]);
}

/// What is forwarded for all of the window must render in it, if something of it comes.
#[test]
fn a_stream_that_is_forwarded_and_does_not_render_is_dead() {
    let flow = Flow { receiver: ParticipantIndex(0), publisher: ParticipantIndex(1), source: SourceIndex(0) };
    let layer = Some(Layer { spatial: 0, temporal: 0 });
    let forwarded = Observation::LayerForwarded { flow, layer };
    // Since when it is forwarded, when packets of it come, and whether it is dead at 20 s.
    let rows = [
        (Some(1), 2..20, true),
        (Some(17), 2..20, false),
        (Some(1), 17..20, false),
        (Some(1), 2..10, false),
        (None, 2..20, false),
    ];
    for (since, comes, dead) in rows {
        let mut watch = Watch::new(2, Some(Duration::from_secs(5)));
        if let Some(since) = since {
            watch.observed(moment(since * 1_000), &forwarded);
        }
        for second in comes.clone() {
            watch.given(moment(second * 1_000), 1, media(second as u32));
        }
        watch.ends(moment(20_000));
        let expected = if dead { vec![Invariant::Liveness] } else { vec![] };
        assert_eq!(broken(&watch), expected, "{since:?}, {comes:?}");
    }
}

#[test]
fn every_invariant_has_a_name_of_its_own() {
    let names: std::collections::BTreeSet<&str> = Invariant::ALL.iter().map(|one| one.name()).collect();
    assert_eq!(names.len(), Invariant::ALL.len());
}

proptest! {
    /// Against a set of all numbers: reordered within the window, each once.
    #[test]
    fn numbers_know_holes_and_repetitions(
        start in any::<u16>(),
        steps in prop::collection::vec((0_u64..40, 0_u64..60), 1..200),
    ) {
        let first = u64::from(start) + (1 << 16);
        let mut numbers = Numbers::beginning(start);
        let mut seen = std::collections::BTreeSet::from([first]);
        let mut highest = first;
        for (ahead, back) in steps {
            let number = (highest + ahead).saturating_sub(back).max(first);
            let fresh = seen.insert(number);
            highest = highest.max(number);
            prop_assert_eq!(numbers.add(number as u16).is_ok(), fresh);
            prop_assert_eq!(numbers.holes(), highest - first + 1 - seen.len() as u64);
        }
    }

    /// What was ever passed over, whatever came late.
    #[test]
    fn gaps_count_what_was_passed_over(ordinals in prop::collection::vec(0_u32..50, 1..100)) {
        let mut gaps = Gaps::default();
        // Nobody knows what was before the first.
        let (mut next, mut missed) = (ordinals[0], 0);
        for ordinal in ordinals {
            gaps.given(ordinal);
            missed += u64::from(ordinal.saturating_sub(next));
            next = next.max(ordinal + 1);
            prop_assert_eq!(gaps.missed(), missed);
        }
    }
}

#[test]
fn a_long_jump_forgets_what_was_before() {
    let mut numbers = Numbers::beginning(0);
    for number in [1, 2, 3_000, 2_999] {
        assert_eq!(numbers.add(number), Ok(()), "{number}");
    }
    assert_eq!(numbers.add(2).map_err(|repeated| repeated.behind), Err(2_998), "too old to tell");
    let astray = numbers.timestamp(0, 48_000, Time::ZERO);
    assert_eq!(astray, None);
    let late = Time::ZERO + Duration::from_secs(12);
    assert_eq!(numbers.timestamp(48_000, 48_000, late), Some(-11.0));
}
