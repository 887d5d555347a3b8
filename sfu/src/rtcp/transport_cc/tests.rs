//! Captured and constructed reports, what is recorded and when it is told, and round trips.

mod reading;
mod recording;
mod writing;

use super::TransportFeedback;
use crate::rtcp::{Packet, packets};

/// The only report of a compound.
fn report(compound: &[u8]) -> TransportFeedback<'_> {
    let mut packets = packets(compound).unwrap_or_else(|e| panic!("{e}: {compound:02x?}"));
    match (packets.next(), packets.next()) {
        (Some(Packet::TransportFeedback(report)), None) => report,
        other => panic!("{other:?} is not one report"),
    }
}

/// Ticks from each arrival to the next, the first from the reference time.
fn deltas(report: TransportFeedback<'_>) -> Vec<i64> {
    let mut last = 0;
    report.arrivals().map(|arrival| arrival.ticks - std::mem::replace(&mut last, arrival.ticks)).collect()
}
