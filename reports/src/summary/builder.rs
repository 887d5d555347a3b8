//! Collects rows and puts them in the table's order.

use std::time::Duration;

use super::{Absent, Labels, Row, RunHeader, Summary};
use crate::Distribution;
use crate::fair_share::whole_bins;
use crate::metric::{self, Definition, Unit};
use crate::observation::{Cast, Direction, Flow, LinkIndex, ParticipantIndex, SourceIndex};
use crate::recording::flow::FlowRecord;
use crate::recording::{Measure, Recording};

/// A flow wanted for less than this is not expected to show anything (★ our own choice).
const TOO_SHORT: Duration = Duration::from_secs(1);

/// Rows in the making.
pub(super) struct Builder<'a> {
    pub(super) recording: &'a Recording,
    rows: Vec<Row>,
    absent: Vec<Absent>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(recording: &'a Recording) -> Self {
        Builder { recording, rows: Vec::new(), absent: Vec::new() }
    }

    pub(super) fn cast(&self) -> &'a Cast {
        self.recording.cast()
    }

    pub(super) fn measure(&self) -> &'a Measure {
        self.recording.measure()
    }

    pub(super) fn finish(mut self, header: RunHeader) -> Summary {
        self.rows.sort_by_key(|row| row.place);
        self.absent.sort_by_key(|absent| absent.place);
        Summary { header, rows: self.rows, absent: self.absent }
    }

    /// A row of many values in raw units; none when there are no values.
    pub(super) fn values(&mut self, id: &str, labels: &Labels, distribution: Distribution) {
        let samples = distribution.count();
        self.push(id, labels, samples, distribution);
    }

    /// A row of one value in raw units that rests on `samples`.
    pub(super) fn value(&mut self, id: &str, labels: &Labels, samples: u64, raw: u64) {
        self.push(id, labels, samples, Distribution::single(raw));
    }

    /// A row of one number in the metric's unit.
    pub(super) fn number(&mut self, id: &str, labels: &Labels, samples: u64, value: f64) {
        let (_, definition) = declared(id);
        self.value(id, labels, samples, raw(definition.unit, value));
    }

    /// A row of `part` over `whole`, which rests on `samples`; none when the whole is zero.
    pub(super) fn ratio(&mut self, id: &str, labels: &Labels, samples: u64, part: f64, whole: f64) {
        if whole > 0.0 {
            self.number(id, labels, samples, part / whole);
        }
    }

    /// Something expected that has no samples.
    pub(super) fn absent(&mut self, id: &str, labels: &Labels, longer_than: Option<Duration>) {
        let (place, definition) = declared(id);
        let longer_than_ms = longer_than.map(|span| span.as_nanos() as f64 / 1e6);
        self.absent.push(Absent { definition, place, labels: labels.clone(), longer_than_ms });
    }

    /// Whether `flow` was wanted for long enough that it should have shown something.
    pub(super) fn is_expected(&self, flow: &FlowRecord) -> bool {
        flow.subscribed_time(self.measure().span()) >= TOO_SHORT
    }

    pub(super) fn flow_labels(&self, flow: Flow) -> Labels {
        let mut labels = vec![("receiver", self.cast().name(flow.receiver).to_owned())];
        labels.extend(self.source_labels(flow.publisher, flow.source));
        labels
    }

    pub(super) fn source_labels(&self, publisher: ParticipantIndex, source: SourceIndex) -> Labels {
        let source = self.cast().source(publisher, source).name.clone();
        vec![("publisher", self.cast().name(publisher).to_owned()), ("source", source)]
    }

    pub(super) fn link_labels(&self, link: LinkIndex) -> Labels {
        let info = self.cast().link(link);
        let owner = info.owner.map_or("shared", |owner| self.cast().name(owner));
        vec![
            ("link", info.name.clone()),
            ("participant", owner.to_owned()),
            ("direction", info.direction.name().to_owned()),
        ]
    }

    /// Adds values to the row of these labels, which may be there already.
    pub(super) fn add(&mut self, id: &str, labels: &Labels, distribution: Distribution) {
        let known = self.rows.iter_mut().find(|row| row.definition.id == id && row.labels == *labels);
        let Some(row) = known else { return self.values(id, labels, distribution) };
        row.samples += distribution.count();
        row.distribution.merge(&distribution);
    }

    /// Bins that lie wholly in the measured time.
    pub(super) fn whole_bins(&self) -> std::ops::Range<usize> {
        whole_bins(self.measure(), self.measure().span())
    }

    fn push(&mut self, id: &str, labels: &Labels, samples: u64, distribution: Distribution) {
        let (place, definition) = declared(id);
        debug_assert!(
            labels.iter().map(|(name, _)| *name).eq(definition.labels.iter().copied()),
            "{id} is declared with other labels than {labels:?}"
        );
        if !distribution.is_empty() {
            self.rows.push(Row { definition, place, labels: labels.clone(), samples, distribution });
        }
    }
}

/// `labels` with one more.
pub(super) fn with(labels: &Labels, name: &'static str, value: impl Into<String>) -> Labels {
    let mut labels = labels.clone();
    labels.push((name, value.into()));
    labels
}

/// Labels of a participant's line.
pub(super) fn line_labels(cast: &Cast, who: ParticipantIndex, direction: Direction) -> Labels {
    vec![("participant", cast.name(who).to_owned()), ("direction", direction.name().to_owned())]
}

/// A value in its metric's raw unit, rounded.
pub(super) fn raw(unit: Unit, value: f64) -> u64 {
    (value * unit.scale()).round() as u64
}

fn declared(id: &str) -> (usize, &'static Definition) {
    metric::find_with_place(id).unwrap_or_else(|| panic!("`{id}` is not in the table of metrics"))
}
