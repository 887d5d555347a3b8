//! What one participant publishes: its sources, and the streams that they arrive on.

use std::collections::VecDeque;
use std::time::Duration;

use super::describe::{PayloadTypes, SourceDescription};
use super::ingress::{IngressStream, StreamRole};
use super::source::Source;
use crate::codec::MediaKind;
use crate::core::is_payload_type_of;
use crate::drop_reason::DropReason;
use crate::receive::nack::NackGenerator;
use crate::rtcp::{ArrivalLog, FeedbackKind, ReceptionStats};
use crate::rtp::{Extensions, RtpHeader};
use crate::time::Time;

/// How late a packet may be before it is asked for: the uplinks that reorder do so by a few packets.
const REORDERING_GUARD: Duration = Duration::from_millis(5);

/// How many replaced SSRCs are remembered, 4 bytes each. An encoder restarts once in a while; whoever recorded its old
/// packets could play them again and take the stream back, if its SSRC were ever accepted again.
const RETIRED: usize = 1_024;

/// What a new SSRC was bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    /// A stream that is the first of its kind.
    New(usize),
    /// A stream that another SSRC was before.
    Restarted { index: usize, replaced: u32 },
}

/// The sending side of one participant.
pub(crate) struct Uplink {
    pub(crate) sources: Vec<Source>,
    pub(crate) streams: Vec<IngressStream>,
    /// Arrivals to be reported.
    pub(crate) arrivals: ArrivalLog,
    pub(crate) feedback_due: Time,
    max_streams: usize,
    /// The stream that the last packet belonged to: the next one mostly does too.
    last: usize,
    /// SSRCs that others have replaced, the latest last. Their stragglers must not take the place back.
    retired: VecDeque<u32>,
    /// The SSRC that our feedback and reports to this participant come from.
    pub(crate) local_ssrc: u32,
}

impl Uplink {
    pub(crate) fn new(sources: Vec<SourceDescription>, max_streams: usize, feedback: FeedbackKind) -> Self {
        Uplink {
            sources: sources.into_iter().map(Source::new).collect(),
            streams: Vec::new(),
            arrivals: ArrivalLog::new(feedback),
            feedback_due: Time::NEVER,
            max_streams,
            last: 0,
            retired: VecDeque::new(),
            local_ssrc: 1,
        }
    }

    /// The place of the stream that `ssrc` stands for, if it is known.
    pub(crate) fn find(&mut self, ssrc: u32) -> Option<usize> {
        if self.streams.get(self.last).is_none_or(|stream| stream.ssrc != ssrc) {
            self.last = self.streams.iter().position(|stream| stream.ssrc == ssrc)?;
        }
        Some(self.last)
    }

    /// How many replaced SSRCs are remembered.
    pub(crate) fn retired(&self) -> usize {
        self.retired.len()
    }

    /// Binds a new SSRC by mid, rid and payload type (RFC 8852, RFC 8843).
    pub(crate) fn bind(
        &mut self,
        header: &RtpHeader,
        extensions: &Extensions<'_>,
        types: &PayloadTypes,
        nack: bool,
    ) -> Result<Binding, DropReason> {
        if self.retired.contains(&header.ssrc) {
            return Err(DropReason::UnknownStream);
        }
        let place = self.identify(extensions, header.payload_type, types);
        let (source, encoding, role) = place.ok_or(DropReason::UnknownStream)?;
        let (codec, kind) = (self.sources[source].description.codec, self.sources[source].description.kind());
        if !is_payload_type_of(codec, role, types, header.payload_type) {
            return Err(DropReason::UnknownPayloadType);
        }
        let taken = |stream: &IngressStream| {
            (stream.source, stream.encoding, stream.role) == (source, encoding, role)
        };
        let stream = IngressStream {
            ssrc: header.ssrc,
            source,
            encoding,
            role,
            stats: ReceptionStats::new(header.ssrc, kind.clock_rate()),
            nack: (nack && kind == MediaKind::Video && role == StreamRole::Media)
                .then(|| NackGenerator::new(REORDERING_GUARD)),
            highest: 0,
            totals: Default::default(),
        };
        let place = self.streams.iter().position(taken);
        if place.is_none() && self.streams.len() >= self.max_streams {
            return Err(DropReason::TooManyStreams);
        }
        if role == StreamRole::Media {
            self.sources[source].restart(encoding, header.ssrc);
        }
        // A source that restarts with a new SSRC takes the place of its old stream.
        let Some(index) = place else {
            self.streams.push(stream);
            return Ok(Binding::New(self.streams.len() - 1));
        };
        let old = std::mem::replace(&mut self.streams[index], stream);
        if self.retired.len() == RETIRED {
            self.retired.pop_front();
        }
        self.retired.push_back(old.ssrc);
        Ok(Binding::Restarted { index, replaced: old.ssrc })
    }

    fn identify(
        &self,
        extensions: &Extensions<'_>,
        payload_type: u8,
        types: &PayloadTypes,
    ) -> Option<(usize, u8, StreamRole)> {
        let mid = extensions.mid?;
        let source = self.sources.iter().position(|source| source.description.mid == mid)?;
        let SourceDescription { encodings, codec, .. } = &self.sources[source].description;
        let is_rtx = types.rtx(*codec) == Some(payload_type);
        let role = if is_rtx { StreamRole::Rtx } else { StreamRole::Media };
        let place = |rid: &str| encodings.iter().position(|encoding| encoding.rid == rid);
        match (extensions.rid, extensions.repaired_rid) {
            (_, Some(repaired)) => Some((source, place(repaired)? as u8, StreamRole::Rtx)),
            (Some(rid), None) => Some((source, place(rid)? as u8, role)),
            // Audio, and a single encoding, may come without a rid.
            (None, None) if encodings.len() <= 1 => Some((source, 0, role)),
            (None, None) => None,
        }
    }
}
