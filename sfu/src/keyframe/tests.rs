//! Shared with Jitsi's KeyframeRequester: one PLI at once, a second one a second later. Ours differs in that
//! requests inside the guard are put off instead of dropped (a receiver that joins right after a key frame
//! still gets one), and in that repetitions go on while somebody waits, at doubling intervals; mediasoup's
//! manager repeats once and then falls silent, so that a second lost key frame leaves a receiver frozen.
//! There is no `force`: every caller is a receiver with the same right. PLI is always negotiated.

use super::*;

fn at(ms: u64) -> Time {
    Time::from_millis(ms)
}

#[test]
fn many_receivers_cost_one_request() {
    let mut requests = KeyFrameRequests::new();
    assert_eq!(requests.request(at(0), 2), KeyFrameRequest::Send);
    for ms in 1..10 {
        assert_eq!(requests.request(at(ms), 2), KeyFrameRequest::Coalesced);
    }
    assert_eq!(requests.request(at(5), 1), KeyFrameRequest::Send);
    requests.on_key_frame(2);
    assert_eq!(requests.pending().iter().collect::<Vec<_>>(), [1]);
    assert_eq!(requests.counters(), KeyFrameCounters { sent: 2, coalesced: 9, key_frames: 1 });
    // Answered: no repetition.
    assert!(requests.due(at(400)).is_empty());
    assert_eq!(requests.due(at(505)).iter().collect::<Vec<_>>(), [1]);
}

#[test]
fn a_second_later_another_one_goes_out() {
    let mut requests = KeyFrameRequests::new();
    assert_eq!(requests.request(at(0), 0), KeyFrameRequest::Send);
    assert_eq!(requests.request(at(1_000), 0), KeyFrameRequest::Send);
    requests.on_key_frame(0);
    assert_eq!(requests.request(at(2_000), 0), KeyFrameRequest::Send);
    requests.on_key_frame(0);
    assert_eq!(requests.counters().sent, 3);
    assert_eq!(requests.deadline(), None);
}

#[test]
fn within_the_guard_a_request_is_put_off() {
    // round trip, guard
    for (rtt, guard) in [(10, 350), (100, 350), (200, 400)] {
        let mut requests = KeyFrameRequests::new();
        requests.set_rtt(Duration::from_millis(rtt));
        assert_eq!(requests.request(at(0), 1), KeyFrameRequest::Send);
        requests.on_key_frame(1);
        assert_eq!(requests.request(at(60), 1), KeyFrameRequest::Coalesced);
        assert_eq!(requests.deadline(), Some(at(guard)));
        assert!(requests.due(at(guard - 1)).is_empty());
        assert!(requests.due(at(guard)).contains(1));
    }
}

#[test]
fn repeats_with_doubling_intervals_until_nobody_waits() {
    let mut requests = KeyFrameRequests::new();
    requests.request(at(0), 0);
    let mut times = Vec::new();
    while times.len() < 6 {
        let deadline = requests.deadline().expect("somebody waits");
        assert!(requests.due(deadline).contains(0));
        times.push(deadline.as_millis());
    }
    assert_eq!(times, [500, 1_500, 3_500, 7_500, 11_500, 15_500]);
    requests.withdraw(0);
    assert_eq!((requests.deadline(), requests.pending().is_empty()), (None, true));
    // A key frame in between ends the doubling.
    requests.on_key_frame(0);
    assert_eq!(requests.request(at(20_000), 0), KeyFrameRequest::Send);
    assert_eq!(requests.deadline(), Some(at(20_500)));
}

#[test]
fn an_encoding_out_of_range_is_nobodys() {
    let mut requests = KeyFrameRequests::new();
    assert_eq!(requests.request(at(0), 3), KeyFrameRequest::Coalesced);
    requests.on_key_frame(255);
    requests.withdraw(255);
    assert_eq!(requests.counters(), KeyFrameCounters::default());
    assert!(!requests.pending().contains(255));
}
