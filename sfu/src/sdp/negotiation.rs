//! The sections of one peer connection over its life, and whose turn it is to speak.

use super::candidate::Candidate;
use super::formats::{Format, Formats};
use super::offer::{Offer, Offered, Use};
use super::parse::{Description, MAX_SECTIONS, SdpError};
use super::write::Writer;
use crate::codec::MediaKind;
use crate::participant::{SourceDescription, StreamDescription};
use crate::rtp::ExtensionIds;
use crate::signalling::IceCredentials;
use crate::transport::certificate::Fingerprint;

/// Our side of the transport, as every description of ours says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// What tells this session from others in the `o=` line; below 2⁶³ (RFC 9429 section 5.2.1).
    pub session: u64,
    /// Our ICE user name fragment.
    pub ufrag: String,
    /// Our ICE password.
    pub pwd: String,
    /// Our candidates, the preferred ones first.
    pub candidates: Vec<Candidate>,
    /// Our certificate's fingerprint.
    pub fingerprint: Fingerprint,
}

/// Offer and answer with one peer: it offers first, we do from then on.
#[derive(Clone, Debug)]
pub struct Negotiation {
    local: Local,
    formats: Formats,
    extensions: ExtensionIds,
    lines: Vec<Line>,
    /// Of the description that we said last; it rises with each (RFC 9429 section 5.2.2).
    version: u64,
    /// Whether the peer owes us an answer.
    awaiting: bool,
    /// What is to be sent by now, learnt while the peer owed us an answer.
    later: Option<Vec<StreamDescription>>,
}

/// One media section. Its place is its index, for good.
#[derive(Clone, Debug)]
pub(super) enum Line {
    /// The peer publishes on it.
    Published { mid: String, format: Format, rids: Vec<String> },
    /// Nobody sends on it; it shows what the peer can decode.
    Idle { mid: String, format: Format },
    /// It can't be used.
    Refused { line: [String; 3] },
    /// We send on it.
    Sent(StreamDescription),
    /// We did; once the peer has answered to that, another stream may take the place.
    Ended { kind: MediaKind, free: bool },
}

impl Negotiation {
    /// Begins with the peer's offer, of which the core has accepted `sources`.
    pub fn new(offer: Offer, sources: &[SourceDescription], local: Local) -> Self {
        let known = |mid: &str, rids: Vec<String>| {
            let source = sources.iter().find(|source| source.mid == mid);
            let is_known = |rid: &String| source.is_some_and(|s| s.encodings.iter().any(|e| e.rid == *rid));
            rids.into_iter().filter(is_known).collect()
        };
        let lines = offer.sections.into_iter().map(|section| match section.use_as {
            Use::Publish { format, rids } => {
                let rids = known(&section.mid, rids);
                Line::Published { mid: section.mid, format, rids }
            }
            Use::Idle { format } => Line::Idle { mid: section.mid, format },
            Use::Refused { line } => Line::Refused { line },
        });
        Negotiation {
            local,
            formats: offer.formats,
            extensions: offer.media.extensions,
            lines: lines.collect(),
            version: 1,
            awaiting: false,
            later: None,
        }
    }

    /// Begins with the offer of a peer that only receives: `streams` go out on its sections, as far as there are any for
    /// them, and nothing else ever does. They go without mids (see [`Offer::without_mids`]), whatever the core calls
    /// them; gives those that found a place as well.
    pub fn viewing(
        offer: Offer,
        streams: &[StreamDescription],
        local: Local,
    ) -> (Self, Vec<StreamDescription>) {
        let mut left = streams.to_vec();
        let mut placed = Vec::new();
        let mut place = |section: Offered| {
            let format = match section.use_as {
                Use::Refused { line } => return Line::Refused { line },
                Use::Publish { format, .. } | Use::Idle { format } => format,
            };
            let fits = |stream: &StreamDescription| section.formats.get(stream.codec).is_some();
            match left.iter().position(fits) {
                None => Line::Idle { mid: section.mid, format },
                Some(at) => {
                    let stream = left.remove(at);
                    placed.push(stream.clone());
                    Line::Sent(StreamDescription { mid: section.mid, ..stream })
                }
            }
        };
        let lines = offer.sections.into_iter().map(&mut place).collect();
        let (formats, extensions) = (offer.formats, offer.media.extensions);
        let negotiation =
            Negotiation { local, formats, extensions, lines, version: 1, awaiting: false, later: None };
        (negotiation, placed)
    }

    /// The transport goes on under new credentials of ours: the fragment that tells the peer so (RFC 9725
    /// section 4.3.3).
    pub fn restarted(&mut self, ice: IceCredentials) -> String {
        let IceCredentials { ufrag, pwd } = ice;
        (self.local.ufrag, self.local.pwd) = (ufrag, pwd);
        let mut writer = Writer::answer(self.local.clone(), self.extensions, self.version);
        writer.bundle(self.mids());
        // All sections share the transport of the first (RFC 9143 section 7.3.1).
        if let Some((format, mid)) = self.lines.iter().find_map(|line| line.first_of_bundle(&self.formats)) {
            writer.transport(format, mid);
        }
        writer.finish()
    }

    /// Our ICE user name fragment.
    pub fn ufrag(&self) -> &str {
        &self.local.ufrag
    }

    /// Our ICE password, which only the peer was told.
    pub fn password(&self) -> &str {
        &self.local.pwd
    }

    /// The answer to the peer's offer.
    pub fn answer(&self) -> String {
        self.write(Writer::answer)
    }

    /// The core sends `streams` from now on: an offer that says so, unless the last one did, or the peer still owes
    /// an answer to that; then the offer follows from [`Negotiation::answered`].
    pub fn update(&mut self, streams: &[StreamDescription]) -> Option<String> {
        if self.awaiting {
            self.later = Some(streams.to_vec());
            return None;
        }
        if !self.arrange(streams) {
            return None;
        }
        self.awaiting = true;
        self.version += 1;
        Some(self.write(Writer::offer))
    }

    /// The peer answered. Gives the next offer, if what is to be sent has changed since the last.
    ///
    /// # Errors
    /// When there was no offer, or the answer has other sections than it.
    pub fn answered(&mut self, text: &str) -> Result<Option<String>, SdpError> {
        if !self.awaiting {
            return Err(SdpError::Unusable("there is no offer to answer"));
        }
        let answer = Description::parse(text)?;
        if answer.sections.len() != self.lines.len() {
            return Err(SdpError::Unusable("the answer has another number of sections than the offer"));
        }
        self.awaiting = false;
        for line in &mut self.lines {
            if let Line::Ended { free, .. } = line {
                *free = true;
            }
        }
        let later = self.later.take();
        Ok(later.and_then(|streams| self.update(&streams)))
    }

    /// How many sections there are, used or not.
    pub fn sections(&self) -> usize {
        self.lines.len()
    }

    /// Gives each stream a section, and says whether anything changed. A stream that finds no room, or whose codec
    /// the peer can't decode, has none.
    fn arrange(&mut self, streams: &[StreamDescription]) -> bool {
        let mut changed = false;
        for line in &mut self.lines {
            if let Line::Sent(own) = line
                && !streams.contains(own)
            {
                *line = Line::Ended { kind: own.codec.kind(), free: false };
                changed = true;
            }
        }
        for stream in streams {
            let is_there = |line: &Line| matches!(line, Line::Sent(own) if own == stream);
            if self.formats.get(stream.codec).is_none() || self.lines.iter().any(is_there) {
                continue;
            }
            // Of the same kind, though others are allowed: a browser then uses its receiver again.
            let kind = stream.codec.kind();
            let is_free =
                |line: &&mut Line| matches!(line, Line::Ended { kind: own, free: true } if *own == kind);
            if let Some(line) = self.lines.iter_mut().find(is_free) {
                *line = Line::Sent(stream.clone());
            } else if self.lines.len() < MAX_SECTIONS {
                self.lines.push(Line::Sent(stream.clone()));
            } else {
                continue;
            }
            changed = true;
        }
        changed
    }

    fn write(&self, begin: fn(Local, ExtensionIds, u64) -> Writer) -> String {
        let mut writer = begin(self.local.clone(), self.extensions, self.version);
        writer.session(self.mids());
        for line in &self.lines {
            writer.line(line, &self.formats);
        }
        writer.finish()
    }

    fn mids(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().filter_map(Line::mid)
    }
}

impl Line {
    /// What a fragment says of the section, if it is in use.
    fn first_of_bundle<'a>(&'a self, formats: &'a Formats) -> Option<(&'a Format, &'a str)> {
        match self {
            Line::Published { mid, format, .. } | Line::Idle { mid, format } => Some((format, mid)),
            Line::Sent(stream) => Some((formats.get(stream.codec)?, &stream.mid)),
            Line::Refused { .. } | Line::Ended { .. } => None,
        }
    }

    /// The mid of a section that is in use.
    fn mid(&self) -> Option<&str> {
        match self {
            Line::Published { mid, .. } | Line::Idle { mid, .. } => Some(mid),
            Line::Sent(stream) => Some(&stream.mid),
            Line::Refused { .. } | Line::Ended { .. } => None,
        }
    }
}
