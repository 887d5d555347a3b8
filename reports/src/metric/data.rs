//! Metrics of data channels.

use super::Better::{Higher, Lower};
use super::Unit::{Count, Kbps, Ms, Ratio};
use super::{Definition, Stat, declare};

/// Labels of one sender's messages on a channel's label, at one receiver.
const PATH: &[&str] = &["receiver", "sender", "label"];

pub(super) const METRICS: &[Definition] = &[
    declare(
        "data.message.latency",
        Ms,
        Lower,
        PATH,
        "from the application's handing a message to its channel to its whole arrival at the receiver, of messages sent in the measured time",
    )
    .headline(Stat::P95),
    declare(
        "data.message.delivered_ratio",
        Ratio,
        Higher,
        PATH,
        "messages that arrived by the end of the run over those sent in the measured time while the receiver had a channel of that label",
    ),
    declare(
        "data.throughput",
        Kbps,
        Higher,
        PATH,
        "bits of the messages that arrived over the time from the first one's being handed over to the last one's arrival",
    ),
    declare(
        "data.message.dropped",
        Count,
        Lower,
        &["receiver", "label"],
        "messages that the SFU told the receiver it had dropped, because its queue was full",
    ),
];
