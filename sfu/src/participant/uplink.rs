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
    ///
    /// Without a mid, a payload type that only one source has says as much (RFC 8843 section 9.2), and a retransmission
    /// belongs where `osn`, the number that it begins with, was asked for (RFC 4588 section 5.3): those of webrtc-rs carry
    /// no header extension at all. But what doesn't name its place takes it from nobody.
    pub(crate) fn bind(
        &mut self,
        header: &RtpHeader,
        extensions: &Extensions<'_>,
        osn: Option<u16>,
        types: &PayloadTypes,
        nack: bool,
    ) -> Result<Binding, DropReason> {
        if self.retired.contains(&header.ssrc) {
            return Err(DropReason::UnknownStream);
        }
        let place = self
            .identify(extensions, header.payload_type, types)
            .or_else(|| self.awaits(extensions, osn?, header.payload_type, types));
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
        if place.is_some() && extensions.mid.is_none() {
            return Err(DropReason::UnknownStream);
        }
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
        let source = match extensions.mid {
            Some(mid) => self.sources.iter().position(|source| source.description.mid == mid)?,
            None => self.only_source_with(payload_type, types)?,
        };
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

    /// The one stream that waits for a retransmission which says no more of its place than a mid, if that.
    fn awaits(
        &self,
        extensions: &Extensions<'_>,
        osn: u16,
        payload_type: u8,
        types: &PayloadTypes,
    ) -> Option<(usize, u8, StreamRole)> {
        if extensions.rid.is_some() || extensions.repaired_rid.is_some() {
            return None;
        }
        let is_free = |stream: &IngressStream| {
            let place = (stream.source, stream.encoding, StreamRole::Rtx);
            !self.streams.iter().any(|other| (other.source, other.encoding, other.role) == place)
        };
        let waits = |stream: &&IngressStream| {
            let SourceDescription { mid, codec, .. } = &self.sources[stream.source].description;
            extensions.mid.is_none_or(|named| named == mid)
                && is_payload_type_of(*codec, StreamRole::Rtx, types, payload_type)
                && stream.nack.as_ref().is_some_and(|nack| nack.is_awaited(osn))
                && is_free(stream)
        };
        let mut found = self.streams.iter().filter(waits);
        let stream = found.next()?;
        found.next().is_none().then_some((stream.source, stream.encoding, StreamRole::Rtx))
    }

    /// The one source that a payload type can be of; none when there are several, or none.
    fn only_source_with(&self, payload_type: u8, types: &PayloadTypes) -> Option<usize> {
        let fits = |source: &Source| {
            let roles = [StreamRole::Media, StreamRole::Rtx];
            roles.iter().any(|role| is_payload_type_of(source.description.codec, *role, types, payload_type))
        };
        let mut found = (0..self.sources.len()).filter(|index| fits(&self.sources[*index]));
        found.next().filter(|_| found.next().is_none())
    }
}

#[cfg(test)]
mod tests;
