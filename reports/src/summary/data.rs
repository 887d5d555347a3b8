//! Rows of data messages.

use super::builder::Builder;
use crate::recording::data::DataRecord;

pub(super) fn add(rows: &mut Builder<'_>) {
    let recording = rows.recording;
    for (path, label, record) in recording.data().paths() {
        let labels = vec![
            ("receiver", rows.cast().name(path.receiver).to_owned()),
            ("sender", rows.cast().name(path.sender).to_owned()),
            ("label", label.to_owned()),
        ];
        rows.values("data.message.latency", &labels, record.latency.distribution());
        if record.received == 0 {
            rows.absent("data.message.latency", &labels, None);
        }
        let (arrived, expected) = (record.received as f64, record.expected as f64);
        rows.ratio("data.message.delivered_ratio", &labels, record.expected, arrived, expected);
        let kbits = record.bytes as f64 * 8.0 / 1e3;
        rows.ratio("data.throughput", &labels, record.received, kbits, seconds(record));
    }
    for (receiver, label, count) in recording.data().dropped() {
        let labels = vec![("receiver", rows.cast().name(receiver).to_owned()), ("label", label.to_owned())];
        rows.number("data.message.dropped", &labels, 1, count as f64);
    }
}

/// From the first message's being handed over to the last one's arrival.
fn seconds(record: &DataRecord) -> f64 {
    match (record.first_sent, record.last_received) {
        (Some(first), Some(last)) => last.since(first).as_secs_f64(),
        _ => 0.0,
    }
}
