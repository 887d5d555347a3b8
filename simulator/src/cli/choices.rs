//! Where a definition leaves a choice: what we chose, for the manifest and the report.

use reports::files::Choice;
use scenarios::Scenario;
use scenarios::model::{Depth, Queue};

/// The choices that the results of `scenario` depend on.
pub(super) fn choices(scenario: &Scenario) -> Vec<Choice> {
    let mut choices = vec![
        choice("units", "SI: 1 kbps is 1,000 bit/s, 1 MB is 1,000,000 bytes"),
        choice("size of a packet on a line", "payload and 28 bytes of IPv4 and UDP headers; no link layer"),
        choice(
            "drop-tail queue",
            "counts the waiting packets and the whole packet in the serialiser; an idle line takes any packet",
        ),
        choice(
            "jitter",
            "gauss: |max(min(N(0, std²), cut·std), −cut·std)| added to the base delay, as RFC 8868 words it; \
             no reordering unless asked for",
        ),
        choice("latency parts of a frame", "those of the packet whose arrival completed the frame"),
        choice(
            "loss after repair",
            "a packet counts when its receiver stops waiting for it: its frame was passed over or given up",
        ),
        choice("pacing and estimates", "sizes on the wire count, headers included"),
        choice(
            "the SFU's processor",
            "a conference lives on one worker: one packet at a time, at the declared cost per packet; \
             without a declared cost it takes no time",
        ),
    ];
    let timed = scenario.links.values().any(|link| matches!(link.queue, Queue::DropTail(Depth::Time { .. })));
    if timed {
        choices.push(choice(
            "queue depth in time",
            "bytes = seconds × rate / 8, at the current rate unless `sized_at` says otherwise",
        ));
    }
    choices
}

fn choice(question: &str, answer: &str) -> Choice {
    Choice { question: question.to_owned(), answer: answer.to_owned() }
}
