//! What one participant publishes: its sources, and the streams that they arrive on.

use std::time::Duration;

use super::describe::{MediaKind, SourceDescription};
use super::ingress::{IngressStream, StreamRole};
use super::source::Source;
use crate::drop_reason::DropReason;
use crate::receive::nack::NackGenerator;
use crate::rtcp::{ArrivalRecorder, ReceptionStats};
use crate::rtp::{Extensions, RtpHeader};
use crate::time::Time;

/// How late a packet may be before it is asked for: the uplinks that reorder do so by a few packets.
const REORDERING_GUARD: Duration = Duration::from_millis(5);

/// The sending side of one participant.
pub(crate) struct Uplink {
    pub(crate) sources: Vec<Source>,
    pub(crate) streams: Vec<IngressStream>,
    /// Arrivals for transport-wide feedback.
    pub(crate) arrivals: ArrivalRecorder,
    pub(crate) feedback_due: Time,
    max_streams: usize,
    /// The stream that the last packet belonged to: the next one mostly does too.
    last: usize,
    /// The SSRC that a newly bound one has replaced: nothing more needs to be kept of it.
    pub(crate) displaced: Option<u32>,
    /// The SSRC that our feedback and reports to this participant come from.
    pub(crate) local_ssrc: u32,
}

impl Uplink {
    pub(crate) fn new(sources: Vec<SourceDescription>, max_streams: usize) -> Self {
        Uplink {
            sources: sources.into_iter().map(Source::new).collect(),
            streams: Vec::new(),
            arrivals: ArrivalRecorder::new(),
            feedback_due: Time::NEVER,
            max_streams,
            last: 0,
            displaced: None,
            local_ssrc: 1,
        }
    }

    /// The stream that `header.ssrc` stands for, bound by mid and rid when it is new (RFC 8852, RFC 8843).
    pub(crate) fn stream(
        &mut self,
        header: &RtpHeader,
        extensions: &Extensions<'_>,
        nack: bool,
    ) -> Result<usize, DropReason> {
        if self.streams.get(self.last).is_some_and(|stream| stream.ssrc == header.ssrc) {
            return Ok(self.last);
        }
        let known = self.streams.iter().position(|stream| stream.ssrc == header.ssrc);
        self.last = match known {
            Some(index) => index,
            None => self.bind(header, extensions, nack)?,
        };
        Ok(self.last)
    }

    fn bind(
        &mut self,
        header: &RtpHeader,
        extensions: &Extensions<'_>,
        nack: bool,
    ) -> Result<usize, DropReason> {
        let (source, encoding, role) = self.identify(extensions).ok_or(DropReason::UnknownStream)?;
        let kind = self.sources[source].description.kind;
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
        };
        if role == StreamRole::Media {
            self.sources[source].encodings[usize::from(encoding)].restart(header.ssrc);
        }
        // A source that restarts with a new SSRC takes the place of its old stream.
        if let Some(index) = self.streams.iter().position(taken) {
            let old = std::mem::replace(&mut self.streams[index], stream);
            self.displaced = Some(old.ssrc);
            return Ok(index);
        }
        if self.streams.len() >= self.max_streams {
            return Err(DropReason::TooManyStreams);
        }
        self.streams.push(stream);
        Ok(self.streams.len() - 1)
    }

    fn identify(&self, extensions: &Extensions<'_>) -> Option<(usize, u8, StreamRole)> {
        let mid = extensions.mid?;
        let source = self.sources.iter().position(|source| source.description.mid == mid)?;
        let encodings = &self.sources[source].description.encodings;
        let place = |rid: &str| encodings.iter().position(|encoding| encoding.rid == rid);
        match (extensions.rid, extensions.repaired_rid) {
            (_, Some(repaired)) => Some((source, place(repaired)? as u8, StreamRole::Rtx)),
            (Some(rid), None) => Some((source, place(rid)? as u8, StreamRole::Media)),
            // Audio, and a single encoding, may come without a rid.
            (None, None) if encodings.len() <= 1 => Some((source, 0, StreamRole::Media)),
            (None, None) => None,
        }
    }
}
