//! RTCP compounds: every packet, and every list inside every packet. Input: a compound.

use sfu::rtcp::{self, Packet, XrBlock};

pub(super) fn run(data: &[u8]) {
    let cut: usize = rtcp::datagrams(data, 1_150).map(<[u8]>::len).sum();
    assert!(cut <= data.len());
    let Ok(packets) = rtcp::packets(data) else { return };
    let items: usize = packets.map(|packet| walk(&packet)).sum();
    // A status costs two bits at least but for runs, and a chunk of two bytes runs over 8,191 at most.
    assert!(items <= data.len().saturating_mul(4_096), "{items} items out of {} bytes", data.len());
}

/// Walks all that `packet` lists and says how much that was.
fn walk(packet: &Packet<'_>) -> usize {
    match *packet {
        Packet::SenderReport(report) => report.blocks.iter().count(),
        Packet::ReceiverReport(report) => report.blocks.iter().count(),
        Packet::Bye(bye) => bye.ssrcs().count() + bye.reason.map_or(0, <[u8]>::len),
        Packet::Nack(nack) => nack.missing().count(),
        Packet::Fir(fir) => fir.entries().count(),
        Packet::TransportFeedback(feedback) => {
            assert!(feedback.arrivals().count() <= usize::from(feedback.status_count));
            feedback.statuses().count()
        }
        Packet::CongestionFeedback(feedback) => {
            feedback.streams().map(|stream| stream.metrics().count()).sum()
        }
        Packet::Remb(remb) => remb.ssrcs().count(),
        Packet::ExtendedReport(report) => report
            .blocks()
            .map(|block| match block {
                XrBlock::Delays(delays) => delays.iter().count(),
                _ => 1,
            })
            .sum(),
        Packet::SourceDescription | Packet::Pli(_) | Packet::Unknown { .. } => 1,
    }
}
