//! Topic 4: requests for key frames. Rows of Jitsi's KeyframeRequester and mediasoup's KeyFrameRequestManager.

use crate::Time;
use crate::keyframe::{KeyFrameRequest, KeyFrameRequests};

#[test]
fn t4_002_and_t4_005_a_request_and_another_a_second_later() {
    let mut requests = KeyFrameRequests::new();
    assert_eq!(requests.request(Time::ZERO, 0), KeyFrameRequest::Send, "T4.002");
    assert_eq!(requests.counters().sent, 1, "T4.002");
    assert_eq!(requests.request(Time::from_secs(1), 0), KeyFrameRequest::Send, "T4.005");
    assert_eq!(requests.counters().sent, 2, "T4.005");
}

#[test]
fn t4_010_an_answered_request_is_not_repeated() {
    let mut requests = KeyFrameRequests::new();
    requests.request(Time::ZERO, 0);
    requests.on_key_frame(0);
    assert!(requests.due(Time::from_secs(10)).is_empty());
    assert_eq!(requests.counters().sent, 1);
}
