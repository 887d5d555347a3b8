//! Rows of links and their queues.

use super::Labels;
use super::builder::{Builder, raw, with};
use crate::Distribution;
use crate::metric::Unit;
use crate::observation::{LossCause, TrafficClass};
use crate::recording::link::{LinkBin, LinkRecord};

const BITS: f64 = 8.0;
/// Bytes of the IPv4 and UDP headers of a packet.
const HEADERS: u64 = 28;

pub(super) fn add(rows: &mut Builder<'_>) {
    for (index, link) in rows.recording.links() {
        let labels = rows.link_labels(index);
        rates(rows, link, &labels);
        utilisation(rows, link, &labels);
        queue(rows, link, &labels);
        losses(rows, link, &labels);
    }
}

fn rates(rows: &mut Builder<'_>, link: &LinkRecord, labels: &Labels) {
    let (measure, seconds) = (*rows.measure(), whole_seconds(rows, link));
    let rates = seconds.iter().map(|bins| {
        let bytes: u64 = bins.iter().map(LinkBin::total_bytes).sum();
        raw(Unit::Kbps, bytes as f64 * BITS / 1e3 / measure.window_secs())
    });
    rows.values("link.rate", labels, Distribution::of(rates));
    let measured_secs = measure.span().length().as_secs_f64();
    for (class, bytes) in measured_bytes(rows, link) {
        let labels = with(labels, "class", class.name());
        let kbits = bytes as f64 * BITS / 1e3;
        rows.ratio("link.rate.class", &labels, link.measured.sent, kbits, measured_secs);
    }
    let classes = measured_bytes(rows, link);
    let all: u64 = classes.iter().map(|(_, bytes)| bytes).sum();
    let rtcp = classes.iter().find(|(class, _)| *class == TrafficClass::Rtcp).map_or(0, |(_, bytes)| *bytes);
    let packets: u64 =
        rows.whole_bins().filter_map(|bin| link.bins.get(bin)).map(|bin| u64::from(bin.packets)).sum();
    rows.ratio("link.headers", labels, link.measured.sent, (packets * HEADERS) as f64, all as f64);
    rows.ratio("repair_cost.feedback_share", labels, link.measured.sent, rtcp as f64, all as f64);
}

fn utilisation(rows: &mut Builder<'_>, link: &LinkRecord, labels: &Labels) {
    let measure = *rows.measure();
    let bins = rows.whole_bins();
    let capacity = link.capacity_bits(bins.clone().map(|bin| measure.bin_span(bin)));
    let shares: Vec<u64> = bins
        .clone()
        .zip(&capacity)
        .filter_map(|(bin, capacity)| {
            let capacity = capacity.filter(|bits| *bits > 0.0)?;
            let bytes = link.bins.get(bin).map_or(0, LinkBin::total_bytes);
            Some(raw(Unit::Ratio, bytes as f64 * BITS / capacity))
        })
        .collect();
    rows.values("link.utilisation", labels, Distribution::of(shares));
    let Some(whole) = capacity.iter().copied().sum::<Option<f64>>().filter(|bits| *bits > 0.0) else {
        return;
    };
    for (class, bytes) in measured_bytes(rows, link) {
        let labels = with(labels, "class", class.name());
        rows.ratio("link.utilisation.class", &labels, link.measured.sent, bytes as f64 * BITS, whole);
    }
}

fn queue(rows: &mut Builder<'_>, link: &LinkRecord, labels: &Labels) {
    rows.values("queue.delay_added", labels, link.queued.distribution());
    let least = whole_seconds(rows, link).into_iter().filter_map(|bins| {
        let least = bins.iter().map(|bin| bin.queue_min).min()?;
        (least != u64::MAX).then_some(least)
    });
    rows.values("queue.standing", labels, Distribution::of(least));
}

fn losses(rows: &mut Builder<'_>, link: &LinkRecord, labels: &Labels) {
    let offered = link.measured.offered();
    if offered == 0 {
        return;
    }
    // Of lines that never mark there is nothing to tell.
    if link.whole.marked > 0 {
        rows.ratio(
            "ecn.marked",
            labels,
            offered,
            link.measured.marked as f64,
            link.measured.sent.max(1) as f64,
        );
    }
    for cause in LossCause::ALL {
        let labels = with(labels, "cause", cause.name());
        let lost = link.measured.of(cause) as f64;
        rows.ratio("loss.network", &labels, offered, lost, offered as f64);
        rows.number("loss.network.packets", &labels, offered, lost);
    }
}

fn whole_seconds<'a>(rows: &Builder<'_>, link: &'a LinkRecord) -> Vec<&'a [LinkBin]> {
    let seconds = rows.measure().seconds(rows.measure().span());
    let bins = |range: std::ops::Range<usize>| {
        let end = range.end.min(link.bins.len());
        &link.bins[range.start.min(end)..end]
    };
    seconds.map(bins).collect()
}

/// Bytes by class in the whole bins of the measured time; only classes that occur.
fn measured_bytes(rows: &Builder<'_>, link: &LinkRecord) -> Vec<(TrafficClass, u64)> {
    let bins = rows.whole_bins().filter_map(|bin| link.bins.get(bin));
    let mut sums = [0_u64; TrafficClass::COUNT];
    for bin in bins {
        for (sum, bytes) in sums.iter_mut().zip(bin.bytes) {
            *sum += u64::from(bytes);
        }
    }
    TrafficClass::ALL.into_iter().zip(sums).filter(|(_, bytes)| *bytes > 0).collect()
}
