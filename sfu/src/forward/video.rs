//! One receiver's outgoing video stream, made of one publisher's simulcast encodings.

mod late;
mod layers;
mod newest;
mod segment;
mod targets;

pub(in crate::forward) use layers::LeftOut;
use serde::Serialize;

use super::frames::{Frames, Picture};
use super::history::{HISTORY, History};
use super::ingress::IngressVideo;
use super::source::{MAX_ENCODINGS, Source};
use super::timestamp::Timeline;
use crate::DropReason;
use crate::codec::frame::PictureNumbers;
use crate::codec::vp8::PictureId;
use crate::planted::{self, Planted};
use segment::Segment;
use targets::Choice;

/// What a receiver gets, or should get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Layer {
    /// Simulcast encoding, 0 the smallest.
    pub encoding: u8,
    /// Highest spatial layer within the encoding; 0 where it has but one.
    pub spatial: u8,
    /// Highest temporal layer, 0 the lowest.
    pub temporal: u8,
}

impl From<crate::allocation::Layer> for Layer {
    fn from(layer: crate::allocation::Layer) -> Self {
        let crate::allocation::Layer { encoding, spatial, temporal } = layer;
        Layer { encoding, spatial, temporal }
    }
}

impl From<Layer> for crate::allocation::Layer {
    fn from(layer: Layer) -> Self {
        let Layer { encoding, spatial, temporal } = layer;
        crate::allocation::Layer { encoding, spatial, temporal }
    }
}

/// The numbers that the outgoing stream starts with: random ones, drawn outside (RFC 3550 section 5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The first sequence number.
    pub sequence: u16,
    /// The first timestamp.
    pub timestamp: u32,
    /// The first picture id; only as many bits as the source's form has are used.
    pub picture_id: u16,
    /// The first TL0PICIDX.
    pub tl0_picture_index: u8,
}

/// How one packet goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Projected {
    /// Outgoing sequence number, extended (its low 16 bits go on the wire).
    pub sequence: u64,
    /// Outgoing timestamp.
    pub timestamp: u32,
    /// Marker bit.
    pub marker: bool,
    /// Fields of the payload descriptor.
    pub numbers: PictureNumbers,
    /// The decode targets that the packet's dependency descriptor has to name as active, target 0 lowest; none
    /// when it may stay as it is.
    pub active_targets: Option<u32>,
    /// The first packet after a switch, a pause or a source restart. Packets of the same encoding with
    /// higher numbers that arrived before (and were refused) should be projected again now, in order.
    pub switched: bool,
    /// The packet is known to belong to a key frame.
    pub key_frame: bool,
}

impl Projected {
    /// The sequence number on the wire.
    pub const fn sequence16(&self) -> u16 {
        self.sequence as u16
    }
}

/// Rewrites one publisher's encodings into one continuous stream. See `PROJECTION.md`.
#[derive(Clone, Debug)]
pub struct VideoProjection {
    target: Option<Layer>,
    paused: bool,
    segment: Option<Segment>,
    sources: [Source; MAX_ENCODINGS],
    history: History,
    frames: Frames,
    timeline: Timeline,
    next_sequence: u64,
    next_picture: u64,
    next_tl0: u8,
}

impl VideoProjection {
    /// A projection that forwards nothing until it has a target.
    pub fn new(origin: Origin) -> Self {
        VideoProjection {
            target: None,
            paused: false,
            segment: None,
            sources: [Source::default(); MAX_ENCODINGS],
            history: History::new(),
            frames: Frames::new(),
            timeline: Timeline::new(origin.timestamp),
            // One whole range up, as extended numbers begin elsewhere.
            next_sequence: (1 << 16) + u64::from(origin.sequence),
            next_picture: (1 << 15) + u64::from(origin.picture_id & 0x7fff),
            next_tl0: origin.tl0_picture_index,
        }
    }

    /// What the receiver should get; none stops the stream at once.
    ///
    /// Another encoding is taken up at its next key frame, and the newest target counts. Layers of the same
    /// encoding fall with the next picture (where only key pictures depend on lower spatial layers, the spatial
    /// one at the next of these), and rise at a key frame or wherever the source shows that they may.
    pub fn set_target(&mut self, target: Option<Layer>) {
        self.target = target.filter(|layer| usize::from(layer.encoding) < MAX_ENCODINGS);
        if self.target.is_none() {
            self.end_segment();
        }
    }

    /// What [`VideoProjection::set_target`] was given last.
    pub const fn target(&self) -> Option<Layer> {
        self.target
    }

    /// What is being forwarded; none before the first key frame and while stopped.
    pub fn current(&self) -> Option<Layer> {
        self.segment.as_ref().map(Segment::layer)
    }

    /// The encoding that has to send a key frame before the target's encoding and spatial layer are reached.
    pub fn wants_key_frame(&self) -> Option<u8> {
        let wanted = self.wanted()?;
        let on_the_way = self.segment.as_ref().filter(|segment| segment.encoding == wanted.encoding);
        on_the_way.is_none_or(|segment| segment.wants_key_frame(wanted)).then_some(wanted.encoding)
    }

    /// Stops at once; the target is kept.
    pub fn pause(&mut self) {
        self.paused = true;
        self.end_segment();
    }

    /// Goes on with the next key frame of the target.
    pub fn resume(&mut self) {
        self.paused = false;
    }

    /// Whether [`VideoProjection::pause`] holds.
    pub const fn is_paused(&self) -> bool {
        self.paused
    }

    /// Takes a publisher's sender report: `ntp` in 32.32 seconds and the RTP timestamp of the same moment.
    pub fn on_sender_report(&mut self, encoding: u8, ntp: u64, rtp: u32) {
        self.timeline.on_sender_report(encoding, ntp, rtp);
    }

    /// The source of `encoding` starts anew (another SSRC, say): its numbers mean nothing any more.
    pub fn on_source_restart(&mut self, encoding: u8) {
        if self.current().is_some_and(|layer| layer.encoding == encoding) {
            self.end_segment();
        }
        if let Some(source) = self.sources.get_mut(usize::from(encoding)) {
            source.restart(0);
        }
        self.timeline.restart(encoding);
    }

    /// The outgoing timestamp of the source timestamp `rtp`, for sender reports to the receiver; none unless
    /// `encoding` is being forwarded.
    pub fn map_timestamp(&self, encoding: u8, rtp: u32) -> Option<u32> {
        self.segment.as_ref().filter(|s| s.encoding == encoding).map(|s| s.map_timestamp(rtp))
    }

    /// The ingress packet that an outgoing number, as the receiver reports it missing, is kept free for.
    ///
    /// When the packet has been recovered (or was refused before the switch), projecting it fills the hole.
    pub fn hole(&self, sequence: u16) -> Option<(u8, u64)> {
        let segment = self.segment.as_ref()?;
        let back = (self.next_sequence as u16).wrapping_sub(sequence);
        let out = self.next_sequence.checked_sub(u64::from(back))?;
        let found = self.history.missing_at(out, segment.oldest(), segment.highest)?;
        Some((segment.encoding, found))
    }

    /// The outgoing form of one packet.
    ///
    /// # Errors
    /// Why the packet isn't forwarded; it then leaves no trace, or the hole that it left before.
    pub fn project(&mut self, packet: &IngressVideo) -> Result<Projected, DropReason> {
        let encoding = usize::from(packet.encoding);
        self.sources.get_mut(encoding).ok_or(DropReason::NotSelected)?.on_packet(packet.sequence);
        let wanted = self.wanted().ok_or(DropReason::NotSelected)?;
        let Some(segment) = self.segment.as_mut().filter(|segment| segment.encoding == packet.encoding)
        else {
            return self.try_switch(packet, wanted);
        };
        if segment.is_restart(packet, self.frames.newest()) {
            let retired = segment.highest;
            self.sources[encoding].restart_after(retired, packet.sequence);
            self.segment = None;
            self.timeline.restart(packet.encoding);
            return self.try_switch(packet, wanted);
        }
        self.follow(packet, wanted)
    }

    /// Takes note of a packet of an encoding that is neither forwarded nor wanted, and tells the encoding's highest number
    /// if it is one: what [`VideoProjection::project`] comes to for most packets of a simulcast, in less time.
    #[inline]
    pub(crate) fn passes_over(&mut self, encoding: u8, sequence: u64) -> Option<u64> {
        let forwarded = self.segment.as_ref().is_some_and(|segment| segment.encoding == encoding);
        let wanted = self.wanted().is_some_and(|wanted| wanted.encoding == encoding);
        if forwarded || wanted {
            return None;
        }
        let source = self.sources.get_mut(usize::from(encoding));
        Some(source.map_or(0, |source| {
            source.on_packet(sequence);
            source.highest()
        }))
    }

    /// How far the numbers of an encoding's packets may be apart for [`passed`](Self::passed) to speak of all at once.
    pub(crate) const REACH: u64 = HISTORY;

    /// Takes note of packets of an encoding that is neither forwarded nor wanted, of which `highest` is the last, and that
    /// followed each other by less than [`REACH`](Self::REACH).
    pub(crate) fn passed(&mut self, encoding: u8, highest: u64) {
        if let Some(source) = self.sources.get_mut(usize::from(encoding)) {
            source.on_packets(highest);
        }
    }

    fn wanted(&self) -> Option<Layer> {
        self.target.filter(|_| !self.paused)
    }

    fn end_segment(&mut self) {
        if let Some(segment) = self.segment.take() {
            self.sources[usize::from(segment.encoding)].on_segment_end(segment.highest);
        }
    }

    /// Starts a segment if the packet is where one may start.
    fn try_switch(&mut self, packet: &IngressVideo, wanted: Layer) -> Result<Projected, DropReason> {
        if packet.encoding != wanted.encoding {
            return Err(DropReason::NotSelected);
        }
        if packet.padding_only {
            return Err(DropReason::PaddingOnly);
        }
        if let Some(dependency) = &packet.frame.dependency {
            let best = Choice::of(dependency).best(wanted, packet.frame.layered);
            best.filter(|best| best.admits(&packet.frame)).ok_or(DropReason::WaitingForKeyFrame)?;
        }
        let source = &mut self.sources[usize::from(packet.encoding)];
        if !packet.frame.key_frame_start || !source.may_start(packet.sequence) {
            return Err(DropReason::WaitingForKeyFrame);
        }
        let retired = source.retired();
        self.end_segment();
        self.frames.clear();
        let timestamp = self.timeline.start(packet.encoding, packet.timestamp, packet.arrived);
        let mut segment = Segment::start(packet, timestamp, self.next_tl0, retired);
        segment.lift(wanted, packet.timestamp);
        self.segment = Some(segment);
        self.next_sequence -= u64::from(planted::is(Planted::NumberRepeatedAtSwitch));
        self.begin(packet)
    }
}

/// The picture id on the wire, in the width of the packet's own.
fn narrowed(picture: Option<Picture>, form: Option<PictureId>) -> Option<u16> {
    Some(picture?.out as u16 & form?.mask())
}

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod layered;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
