//! Metrics of links, repair, estimates and the SFU.

use super::Better::{Higher, Lower, Neither};
use super::Unit::{Count, Kbps, Ms, Ratio};
use super::{Definition, FLOW_KIND, Stat, declare};

/// Labels of metrics of one link; `participant` is "shared" for a link without one owner.
const LINK: &[&str] = &["link", "participant", "direction"];
const LINK_CLASS: &[&str] = &["link", "participant", "direction", "class"];
const LINK_CAUSE: &[&str] = &["link", "participant", "direction", "cause"];

const fn repair(id: &'static str, definition: &'static str) -> Definition {
    declare(id, Count, Lower, FLOW_KIND, definition)
}

pub(super) const METRICS: &[Definition] = &[
    declare(
        "link.rate",
        Kbps,
        Neither,
        LINK,
        "bits that left the serialiser in each whole second, IP and UDP headers included",
    ),
    declare(
        "link.rate.class",
        Kbps,
        Neither,
        LINK_CLASS,
        "the same for one class of traffic, over the whole measured time",
    ),
    declare(
        "link.utilisation",
        Ratio,
        Neither,
        LINK,
        "bits that left the serialiser over the integral of capacity, per bin; a packet counts in the bin that its last bit leaves in, so a bin may pass 1",
    ),
    declare(
        "link.utilisation.class",
        Ratio,
        Neither,
        LINK_CLASS,
        "the share of capacity that one class of traffic took over the whole measured time",
    ),
    declare(
        "link.headers",
        Ratio,
        Neither,
        LINK,
        "bytes of IP and UDP headers over all bytes that left the serialiser: 28 of each packet, over IPv4",
    )
    .source("RFC 791 and RFC 768"),
    declare("queue.delay_added", Ms, Lower, LINK, "enqueued to first bit on the wire, exact per packet")
        .headline(Stat::P95),
    declare(
        "queue.standing",
        Ms,
        Lower,
        LINK,
        "smallest queueing delay in each whole second in which packets left",
    )
    .headline(Stat::P95),
    declare(
        "loss.network",
        Ratio,
        Lower,
        LINK_CAUSE,
        "packets that the link lost for this cause, over those offered to it",
    ),
    declare(
        "ecn.marked",
        Ratio,
        Neither,
        LINK,
        "packets that left the link with the mark of congestion (CE), over those that left it; of links that mark any",
    )
    .source("RFC 3168"),
    declare("loss.network.packets", Count, Lower, LINK_CAUSE, "packets that the link lost for this cause"),
    repair("repair_cost.nack_packets", "NACK packets that the receiver sent"),
    repair("repair_cost.nack_sequences", "sequence numbers asked for, first time and repeated"),
    repair("repair_cost.nack_repeats", "sequence numbers asked for again"),
    repair("repair_cost.pli", "picture loss indications that the receiver sent"),
    declare(
        "repair_cost.rtx_ratio",
        Ratio,
        Lower,
        FLOW_KIND,
        "bytes of RTX packets over media bytes, both as received",
    )
    .source("RFC 4588"),
    declare("repair_cost.rtx_useful", Count, Neither, FLOW_KIND, "RTX packets that filled a hole in time"),
    declare(
        "repair_cost.rtx_wasted",
        Ratio,
        Lower,
        FLOW_KIND,
        "RTX packets that came after the playout deadline or for something that was there already, over all that came",
    )
    .source("RFC 4588"),
    repair("repair_cost.rtx_late", "RTX packets after the playout deadline"),
    repair("repair_cost.rtx_duplicate", "RTX packets for something that was there already"),
    declare(
        "repair_cost.fec_ratio",
        Ratio,
        Lower,
        FLOW_KIND,
        "bytes of FlexFEC repair packets over media bytes, both as received; for flows that have any",
    )
    .source("RFC 8627"),
    declare(
        "repair_cost.fec_packets",
        Count,
        Neither,
        FLOW_KIND,
        "FlexFEC repair packets that arrived (W3C webrtc-stats fecPacketsReceived)",
    ),
    declare(
        "repair_cost.fec_discarded",
        Count,
        Neither,
        FLOW_KIND,
        "repair packets that nothing was missing for, or that came too late (fecPacketsDiscarded)",
    ),
    declare(
        "repair_cost.fec_recovered",
        Count,
        Neither,
        FLOW_KIND,
        "packets recovered from repair packets in time",
    ),
    declare(
        "repair_cost.feedback_share",
        Ratio,
        Lower,
        LINK,
        "RTCP bytes over all bytes that left the link's serialiser",
    ),
    declare(
        "bwe.estimate",
        Kbps,
        Neither,
        &["participant", "direction"],
        "the capacity estimate at the end of each bin: the SFU's of a downlink, the publisher's of its uplink",
    ),
    declare(
        "repair_cost.cache_hit",
        Ratio,
        Higher,
        &[],
        "sequence numbers that receivers asked for and the SFU had, over those asked for; those asked for again too soon are not counted",
    )
    .source("RFC 4588"),
    declare(
        "sfu.forward_delay",
        Ms,
        Lower,
        &["receiver"],
        "first hand-off towards the receiver minus when the SFU took the packet from its socket, per packet, in virtual \
         time",
    )
    .headline(Stat::P99),
    declare(
        "sfu.socket_dropped",
        Count,
        Lower,
        &["participant"],
        "packets of this participant that found the buffer of the SFU's socket full, and were lost; where the SFU's \
         processor has a cost",
    ),
    declare(
        "repair_cost.rtx_recovered",
        Ratio,
        Higher,
        FLOW_KIND,
        "of the packets lost before repair, the share that repair brought in time",
    ),
];
