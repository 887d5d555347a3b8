use crate::congestion::{PacketClass, PacketResult, SentPacket};
use crate::rtcp::Ecn;
use crate::send::fec::LossEstimate;
use crate::{DataSize, Time};

fn result(sequence: u16, received: bool, was_lost: bool) -> PacketResult {
    let sent = SentPacket {
        sequence,
        size: DataSize::from_bytes(1_000),
        at: Time::ZERO,
        class: PacketClass::Media,
        cluster: None,
    };
    PacketResult { sent, received: received.then_some(Time::ZERO), was_lost, ecn: Ecn::NotEct }
}

/// The estimate after `packets`, of which those are lost that `lost` says.
fn after(packets: u32, lost: impl Fn(u32) -> bool) -> LossEstimate {
    let mut estimate = LossEstimate::default();
    (0..packets).for_each(|n| estimate.add(&result(n as u16, !lost(n), false)));
    estimate
}

#[test]
fn it_is_the_mean_of_the_last_thousand_or_so() {
    assert!(after(199, |_| true).rate() == 0.0, "too few");
    let steady = after(70_000, |n| n % 50 == 0).rate();
    assert!((0.019..0.022).contains(&steady), "{steady}");
    let ended = after(10_000, |n| n < 5_000 && n % 50 == 0).rate();
    assert!(ended < 0.000_2, "{ended}");
}

#[test]
fn what_comes_late_was_not_lost() {
    let mut estimate = after(1_000, |n| n % 50 == 0);
    (0..1_000).step_by(50).for_each(|n| estimate.add(&result(n, true, true)));
    assert!(estimate.rate() < 0.003, "{}", estimate.rate());
}

#[test]
fn bursts_are_told_from_single_losses() {
    // every so many packets, so many in a row; bursty
    for (every, run, bursty) in [(50, 1, false), (20, 1, false), (100, 2, true), (100, 3, true)] {
        let estimate = after(5_000, |n| n % every < run);
        assert_eq!(estimate.is_bursty(), bursty, "{run} of {every}");
    }
    assert!(!after(300, |n| n % 100 < 2).is_bursty(), "too few losses to say");
}
