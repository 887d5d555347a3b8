//! Takes observations as they happen and keeps what the report needs of them.
//!
//! Memory does not grow with simulated time but for the bins of the series and the events. An index outside the cast is a broken invariant of the
//! simulator and panics.

pub mod av_skew;
pub mod data;
pub mod events;
pub mod first_media;
pub mod flow;
pub mod freeze;
pub mod key_frame_wait;
pub mod layers;
pub mod link;
pub mod measure;
pub mod participant;
mod pending;
mod recorder;
mod source;
pub mod speakers;

use scenarios::Time;

pub use events::{Event, EventKind};
pub use measure::{Measure, Span};
pub use recorder::Recorder;
pub use source::SourceRecord;

use crate::observation::{Cast, Flow, LinkIndex, ParticipantIndex, SourceIndex};
use data::DataRecords;
use flow::FlowRecord;
use link::LinkRecord;
use participant::ParticipantRecord;
use speakers::SpeakerRecord;

/// Everything that was kept of a run: what statistics, series, plots and files are made from.
#[derive(Clone, Debug)]
pub struct Recording {
    cast: Cast,
    measure: Measure,
    /// By receiver, then publisher, then source; `None` where nothing was ever seen.
    flows: Vec<Option<Box<FlowRecord>>>,
    links: Vec<LinkRecord>,
    participants: Vec<ParticipantRecord>,
    /// By publisher, then source.
    sources: Vec<SourceRecord>,
    /// Place in `sources` of each publisher's first.
    first_source: Vec<usize>,
    speakers: SpeakerRecord,
    data: DataRecords,
    repairs: Repairs,
    events: Vec<Event>,
    broken: Broken,
}

/// Sequence numbers that receivers asked the SFU for again, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repairs {
    /// Asked for, but for those that were asked for again too soon.
    pub asked: u64,
    /// Of these, those that the SFU had.
    pub answered: u64,
}

/// Contradictions in what was observed: each is a fault of the simulator or of what it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Broken {
    /// Rendered frames whose latency parts don't sum to render minus capture.
    pub latency_sums: u64,
    /// Counter reports with a value smaller than before.
    pub fallen_counters: u64,
    /// Observations from before the one observed last.
    pub backward_times: u64,
    /// The first contradiction, in words.
    pub first: Option<String>,
}

impl Broken {
    /// How many there are of all kinds.
    pub fn count(&self) -> u64 {
        self.latency_sums + self.fallen_counters + self.backward_times
    }
}

impl Recording {
    fn new(cast: Cast, measure: Measure) -> Self {
        let mut first_source = Vec::with_capacity(cast.participants.len());
        let mut sources = Vec::new();
        for member in &cast.participants {
            first_source.push(sources.len());
            sources.extend(member.sources.iter().map(|_| SourceRecord::default()));
        }
        Recording {
            flows: vec![None; cast.participants.len() * sources.len()],
            links: vec![LinkRecord::default(); cast.links.len()],
            participants: vec![ParticipantRecord::default(); cast.participants.len()],
            sources,
            first_source,
            speakers: SpeakerRecord::new(&cast),
            data: DataRecords::default(),
            repairs: Repairs::default(),
            events: Vec::new(),
            broken: Broken::default(),
            cast,
            measure,
        }
    }

    /// Who and what took part.
    pub fn cast(&self) -> &Cast {
        &self.cast
    }

    /// The measured time and the bins.
    pub fn measure(&self) -> &Measure {
        &self.measure
    }

    /// The flows that were seen, by receiver, publisher and source.
    pub fn flows(&self) -> impl Iterator<Item = &FlowRecord> {
        self.flows.iter().filter_map(|flow| flow.as_deref())
    }

    /// One flow, if it was seen.
    pub fn flow(&self, flow: Flow) -> Option<&FlowRecord> {
        self.flows.get(self.flow_place(flow))?.as_deref()
    }

    /// The links, in the cast's order.
    pub fn links(&self) -> impl Iterator<Item = (LinkIndex, &LinkRecord)> {
        (0_u16..).map(LinkIndex).zip(&self.links)
    }

    /// One link.
    ///
    /// # Panics
    /// When the cast has no such link.
    pub fn link(&self, link: LinkIndex) -> &LinkRecord {
        &self.links[usize::from(link.0)]
    }

    /// One participant.
    ///
    /// # Panics
    /// When the cast has no such participant.
    pub fn participant(&self, who: ParticipantIndex) -> &ParticipantRecord {
        &self.participants[usize::from(who.0)]
    }

    /// The participants, in the cast's order.
    pub fn participants(&self) -> impl Iterator<Item = (ParticipantIndex, &ParticipantRecord)> {
        (0_u16..).map(ParticipantIndex).zip(&self.participants)
    }

    /// The published sources, by publisher and source.
    pub fn sources(&self) -> impl Iterator<Item = (ParticipantIndex, SourceIndex, &SourceRecord)> {
        let sources = (0_u16..).map(ParticipantIndex).zip(&self.first_source).zip(&self.cast.participants);
        sources.flat_map(|((publisher, first), member)| {
            let records = self.sources[*first..*first + member.sources.len()].iter();
            (0_u8..).map(SourceIndex).zip(records).map(move |(source, record)| (publisher, source, record))
        })
    }

    /// Who spoke, and whom the SFU took for the speaker.
    pub fn speakers(&self) -> &SpeakerRecord {
        &self.speakers
    }

    /// Data messages.
    pub fn data(&self) -> &DataRecords {
        &self.data
    }

    /// What receivers asked the SFU for again in the measured time.
    pub fn repairs(&self) -> Repairs {
        self.repairs
    }

    /// The decisions, in order of time.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Contradictions in what was observed; the run is broken when there is any.
    pub fn broken(&self) -> &Broken {
        &self.broken
    }

    fn flow_place(&self, flow: Flow) -> usize {
        usize::from(flow.receiver.0) * self.sources.len() + self.source_place(flow.publisher, flow.source)
    }

    pub(crate) fn source_place(&self, publisher: ParticipantIndex, source: SourceIndex) -> usize {
        self.first_source[usize::from(publisher.0)] + usize::from(source.0)
    }

    fn break_at(&mut self, at: Time, count: fn(&mut Broken) -> &mut u64, what: impl FnOnce(&Cast) -> String) {
        *count(&mut self.broken) += 1;
        if self.broken.first.is_none() {
            self.broken.first = Some(format!("at {at}: {}", what(&self.cast)));
        }
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
