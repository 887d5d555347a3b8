//! Transport-wide feedback, both ways. Input: half of it the arrivals of a recorder, half a report's body.

use std::time::Duration;

use sfu::Time;
use sfu::rtcp::{self, ArrivalRecorder, Packet, TransportFeedback};

use super::input::Input;

pub(super) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    record(input.chunk());
    read(input.rest());
}

/// A body that a peer wrote: each status once, the arrivals among them in order.
fn read(body: &[u8]) {
    let words = body.len() / 4;
    let mut packet = vec![0x80 | 15, 205];
    packet.extend((words as u16).to_be_bytes());
    packet.extend(&body[..4 * words]);
    let Ok(packets) = rtcp::packets(&packet) else { return };
    packets.for_each(|packet| {
        let Packet::TransportFeedback(feedback) = packet else { return };
        check(feedback);
    });
}

fn check(feedback: TransportFeedback<'_>) {
    let statuses: Vec<(u16, Option<i64>)> = feedback.statuses().collect();
    assert_eq!(statuses.len(), usize::from(feedback.status_count));
    let received = statuses.iter().filter_map(|(sequence, ticks)| Some((*sequence, (*ticks)?)));
    let arrivals = feedback.arrivals().map(|arrival| (arrival.sequence, arrival.ticks));
    assert!(received.eq(arrivals), "statuses and arrivals differ");
}

/// Arrivals that our own recorder reports: every report reads back.
fn record(ops: &[u8]) {
    let mut input = Input::new(ops);
    let (mut recorder, mut now) = (ArrivalRecorder::new(), Time::ZERO);
    let mut sequence = 0_u16;
    while !input.is_empty() {
        let op = input.u8();
        now += Duration::from_micros(u64::from(input.u16()) << (op >> 4));
        match op & 3 {
            0 => {
                let mut report = Vec::new();
                while recorder.write_report(&mut report, 1, 2, 1_150) {}
                let mut reports = 0;
                for packet in rtcp::packets(&report).into_iter().flatten() {
                    let Packet::TransportFeedback(feedback) = packet else { panic!("{packet:?}") };
                    check(feedback);
                    reports += 1;
                }
                assert!(report.is_empty() || reports > 0, "our own report doesn't read");
            }
            1 => sequence = input.u16(),
            _ => sequence = sequence.wrapping_add(u16::from(op >> 2 & 3)),
        }
        recorder.record(now, sequence);
        assert!(recorder.kept() <= 1 << 16, "the recorder grows without bound");
    }
}
