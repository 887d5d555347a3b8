//! Data messages: what was sent to whom, and what of it arrived.

use indexmap::{IndexMap, IndexSet};
use scenarios::Time;

use crate::Histogram;
use crate::observation::ParticipantIndex;

/// One sender's messages on a label, on their way to one receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DataPath {
    /// Who receives.
    pub receiver: ParticipantIndex,
    /// Who sends.
    pub sender: ParticipantIndex,
    /// Place of the label among all labels.
    label: usize,
}

/// What is kept of one path, of messages that were sent in the measured time.
#[derive(Clone, Debug, Default)]
pub struct DataRecord {
    /// Messages for the receiver.
    pub expected: u64,
    /// Of these, those that arrived.
    pub received: u64,
    /// Bytes of those.
    pub bytes: u64,
    /// Handing over to whole arrival, ns.
    pub latency: Histogram,
    /// When the first was handed over.
    pub first_sent: Option<Time>,
    /// When the last arrived.
    pub last_received: Option<Time>,
}

/// All data messages of a run.
#[derive(Clone, Debug, Default)]
pub struct DataRecords {
    labels: IndexSet<String>,
    /// Every channel that ever was.
    opened: IndexSet<(ParticipantIndex, usize)>,
    open: IndexSet<(ParticipantIndex, usize)>,
    paths: IndexMap<DataPath, DataRecord>,
    dropped: IndexMap<(ParticipantIndex, usize), u64>,
}

impl DataRecords {
    /// The paths on which something was sent, with their labels, in the order of first use.
    pub fn paths(&self) -> impl Iterator<Item = (DataPath, &str, &DataRecord)> {
        self.paths.iter().map(|(path, record)| (*path, self.labels[path.label].as_str(), record))
    }

    /// Messages that the SFU said it dropped, by receiver and label; zero for channels without any.
    pub fn dropped(&self) -> impl Iterator<Item = (ParticipantIndex, &str, u64)> {
        self.opened.iter().map(|place| {
            let count = self.dropped.get(place).copied().unwrap_or(0);
            (place.0, self.labels[place.1].as_str(), count)
        })
    }

    pub(crate) fn opened(&mut self, who: ParticipantIndex, label: String) {
        let label = self.label(label);
        self.opened.insert((who, label));
        self.open.insert((who, label));
    }

    pub(crate) fn left(&mut self, who: ParticipantIndex) {
        self.open.retain(|(participant, _)| *participant != who);
    }

    pub(crate) fn sent(
        &mut self,
        at: Time,
        sender: ParticipantIndex,
        label: String,
        to: Option<ParticipantIndex>,
    ) {
        let label = self.label(label);
        let DataRecords { open, paths, .. } = self;
        let listening = open.iter().filter(|(who, on)| *on == label && *who != sender).map(|(who, _)| *who);
        let mut expect = |receiver| {
            let record = paths.entry(DataPath { receiver, sender, label }).or_default();
            record.expected += 1;
            record.first_sent = record.first_sent.or(Some(at));
        };
        match to {
            Some(receiver) => expect(receiver),
            None => listening.for_each(expect),
        }
    }

    pub(crate) fn received(
        &mut self,
        at: Time,
        (sender, receiver): (ParticipantIndex, ParticipantIndex),
        label: String,
        sent: Time,
        bytes: u32,
    ) {
        let label = self.label(label);
        let record = self.paths.entry(DataPath { receiver, sender, label }).or_default();
        record.received += 1;
        record.bytes += u64::from(bytes);
        record.latency.record_duration(at.since(sent));
        record.last_received = Some(at);
    }

    pub(crate) fn missed(&mut self, receiver: ParticipantIndex, label: String, count: u32) {
        let label = self.label(label);
        *self.dropped.entry((receiver, label)).or_default() += u64::from(count);
    }

    fn label(&mut self, label: String) -> usize {
        self.labels.insert_full(label).0
    }
}
