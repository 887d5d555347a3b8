//! Sender and receiver reports to one participant (RFC 3550 section 6.4).

use super::subscription::{Projection, Subscription};
use super::uplink::Uplink;
use crate::rtcp::{self, MAX_COUNT, NtpTime, ReportBlock, SenderInfo};
use crate::time::Time;

/// Appends a receiver report on everything that the participant publishes; nothing when that is nothing.
pub(crate) fn write_receiver_reports(out: &mut Vec<u8>, uplink: &mut Uplink, now: Time) {
    let local = uplink.local_ssrc;
    let mut blocks = [ReportBlock::default(); MAX_COUNT];
    let mut count = 0;
    for stream in &mut uplink.streams {
        let Some(block) = stream.stats.report_block(now) else { continue };
        if count == MAX_COUNT {
            rtcp::write_receiver_report(out, local, &blocks).expect("not more than fit");
            count = 0;
        }
        blocks[count] = block;
        count += 1;
    }
    if count > 0 {
        rtcp::write_receiver_report(out, local, &blocks[..count]).expect("not more than fit");
    }
}

/// A publisher's clock for one encoding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// The encoding's SSRC.
    pub(crate) ssrc: u32,
    /// NTP time, RTP timestamp, and when the report came.
    pub(crate) report: Option<(u64, u32, Time)>,
}

/// Appends a sender report on one subscription, if it has sent and if the publisher's clock is known; says whether.
///
/// The time is the publisher's own wall clock, carried on to now: all streams of one publisher then share one
/// clock, and a receiver can synchronise lips.
pub(crate) fn write_sender_report(
    out: &mut Vec<u8>,
    subscription: &mut Subscription,
    clocks: &[Clock],
    now: Time,
) -> bool {
    if subscription.sent.packets == 0 {
        return false;
    }
    let rate = subscription.codec.kind().clock_rate();
    let mapped = clocks.iter().enumerate().find_map(|(encoding, clock)| {
        let (ntp, rtp, at) = clock.report?;
        let mapped = match &subscription.media {
            Projection::Audio(projection) => projection.map_timestamp(clock.ssrc, rtp),
            Projection::Video(stream) => stream.projection.map_timestamp(encoding as u8, rtp),
        };
        mapped.map(|mapped| (ntp, mapped, at))
    });
    let Some((ntp, rtp, at)) = mapped else { return false };
    let passed = now.since(at).as_nanos();
    let ntp = NtpTime(ntp.wrapping_add(((passed << 32) / 1_000_000_000) as u64));
    let ticks = (passed * u128::from(rate) / 1_000_000_000) as u32;
    let info = SenderInfo {
        ssrc: subscription.ssrc,
        ntp,
        rtp_timestamp: rtp.wrapping_add(ticks),
        packet_count: subscription.sent.packets,
        octet_count: subscription.sent.octets,
    };
    rtcp::write_sender_report(out, &info, &[]).expect("no blocks");
    subscription.sent.remember(ntp, now);
    true
}

/// How often reports go out: RFC 3550's five seconds are for large groups; one second keeps lips and round
/// trips current, at some 100 bytes a stream.
pub(crate) const INTERVAL: std::time::Duration = std::time::Duration::from_secs(1);

/// How soon a stream is reported on that began, or whose timestamps continue another clock: a receiver
/// synchronises lips from the first report on, and streams that begin together share a datagram. RFC 3550
/// section 6.2 lets a sender report at once on joining a unicast session.
pub(crate) const EARLY: std::time::Duration = std::time::Duration::from_millis(20);
