//! A published source, as the core sees it: its encodings, who receives it, and whether it is muted.

use std::time::Duration;

use super::describe::{EncodingDescription, ParticipantId, SourceDescription};
use super::layer_rates::{LayerRates, SPATIAL_LAYERS};
use super::passed_over::PassedOver;
use super::structures::Structures;
use crate::audio::SpeakerId;
use crate::codec::MediaKind;
use crate::keyframe::KeyFrameRequests;
use crate::receive::audio_tail::AudioTail;
use crate::receive::cadence::Cadence;
use crate::receive::silence::SilenceGate;
use crate::rtp::VideoLayersAllocation;
use crate::send::cache::{CacheLimits, PacketCache};
use crate::time::Time;
use crate::units::DataRate;

/// A published source.
pub(crate) struct Source {
    pub(crate) description: SourceDescription,
    pub(crate) muted: bool,
    /// Video: one per simulcast encoding; audio: one.
    pub(crate) encodings: Vec<Encoding>,
    /// Key-frame requests, coalesced over all receivers.
    pub(crate) key_frames: KeyFrameRequests,
    /// H.264: parameter sets have come in the stream of one of its encodings, so they do in all.
    pub(crate) sets_in_band: bool,
    /// Who receives it, and the place in that receiver's subscriptions.
    pub(crate) subscribers: Vec<(ParticipantId, u16)>,
    /// When its first packet came, or the first after a silence of all encodings.
    pub(crate) begun: Option<Time>,
    /// Audio: the last few packets.
    pub(crate) tail: AudioTail,
    /// Audio: what of a pause goes further.
    pub(crate) silence: SilenceGate,
    /// Sound: its place on the conference's floor, if that has one.
    pub(crate) speaker: Option<SpeakerId>,
    /// Sound: whether the last packet was let through to those who subscribe.
    pub(crate) heard: bool,
    /// Video: who watches what of it.
    pub(crate) demand: Demand,
}

/// How many encodings of a source, or spatial layers of them, from the lowest, its publisher was told to be watched.
#[derive(Debug)]
pub(crate) struct Demand {
    pub(crate) told: u8,
    /// Since when fewer are.
    pub(crate) less_since: Option<Time>,
}

/// One simulcast encoding of a source, or the one stream of an audio source.
pub(crate) struct Encoding {
    /// The stream's SSRC, once a packet named it.
    pub(crate) ssrc: Option<u32>,
    /// What the sender announced each spatial layer to have, those below it included; none until it did.
    pub(crate) announced: Option<[DataRate; SPATIAL_LAYERS]>,
    /// Measured rate of the payload, by layer.
    pub(crate) rates: LayerRates,
    /// The last sender report: NTP time (32.32 s), RTP timestamp, and when it came.
    pub(crate) clock: Option<(u64, u32, Time)>,
    /// Since when packets have been coming: the first one after a silence has layers chosen anew at once.
    pub(crate) active_since: Option<Time>,
    /// How its pictures come, which shows when they no longer do.
    cadence: Cadence,
    /// The highest sequence number so far, extended.
    pub(crate) newest: u64,
    /// What its dependency descriptors are read by.
    pub(crate) structures: Structures,
    /// What can be sent again.
    pub(crate) cache: PacketCache,
    /// What no subscriber takes.
    pub(crate) passed_over: PassedOver,
}

impl Source {
    pub(crate) fn new(description: SourceDescription) -> Self {
        let layers = |at| {
            description.encodings.get(at).map_or(1, |encoding: &EncodingDescription| encoding.spatial_layers)
        };
        let count = description.encodings.len().max(1);
        let all = (0..count).map(|at| usize::from(layers(at))).sum::<usize>();
        Source {
            key_frames: KeyFrameRequests::new(),
            encodings: (0..count).map(|at| Encoding::new(description.kind(), layers(at))).collect(),
            description,
            muted: false,
            sets_in_band: false,
            subscribers: Vec::new(),
            begun: None,
            tail: AudioTail::default(),
            silence: SilenceGate::default(),
            speaker: None,
            heard: false,
            demand: Demand { told: u8::try_from(all).unwrap_or(u8::MAX), less_since: None },
        }
    }
}

impl Source {
    /// Takes the rates that the sender announces for its layers (video layers allocation); whatever can't be read
    /// announces nothing. Says whether that ended an encoding which was active: what still comes of it was sent before.
    pub(crate) fn take_allocation(&mut self, bytes: &[u8]) -> bool {
        let Ok(allocation) = VideoLayersAllocation::parse(bytes) else { return false };
        for encoding in &mut self.encodings {
            encoding.announced = Some([DataRate::ZERO; SPATIAL_LAYERS]);
        }
        for (stream, spatial, layer) in allocation.active_layers() {
            let encoding = self.encodings.get_mut(usize::from(stream));
            let Some(announced) = encoding.and_then(|encoding| encoding.announced.as_mut()) else { continue };
            let rate = layer.cumulative_rates().last().copied().unwrap_or(DataRate::ZERO);
            // Each receiver of a higher layer gets this one too.
            announced.iter_mut().skip(usize::from(spatial)).for_each(|total| *total += rate);
        }
        let off = |encoding: &&mut Encoding| encoding.announced == Some([DataRate::ZERO; SPATIAL_LAYERS]);
        self.encodings.iter_mut().filter(off).filter_map(|encoding| encoding.active_since.take()).count() > 0
    }

    /// An encoding arrives on another SSRC from now on.
    pub(crate) fn restart(&mut self, encoding: u8, ssrc: u32) {
        self.encodings[usize::from(encoding)].restart(ssrc);
        self.tail.clear();
        self.silence = SilenceGate::default();
    }

    /// A packet of `encoding` came, with its extended number and its timestamp; says whether it is the first, or the first
    /// after a silence, or shows that another encoding has stopped.
    pub(crate) fn on_packet(&mut self, now: Time, encoding: u8, (sequence, timestamp): (u64, u32)) -> bool {
        let own = &mut self.encodings[usize::from(encoding)];
        // What comes late, or again, was sent before the silence.
        let is_new = sequence > own.newest || own.newest == 0;
        let begins_picture = own.cadence.on_packet(now, timestamp);
        let resumes = is_new && self.resume(encoding, now);
        resumes | (begins_picture && self.find_stopped(encoding, now))
    }

    /// A picture of `encoding` begins: do others go on as well?
    fn find_stopped(&mut self, encoding: u8, now: Time) -> bool {
        let others = self.encodings.iter_mut().enumerate().filter(|(at, _)| *at != usize::from(encoding));
        let active = others.filter(|(_, other)| other.active_since.is_some());
        let stopped = active.filter_map(|(_, other)| other.cadence.has_stopped(now).then_some(other));
        stopped.map(|other| other.active_since = None).count() > 0
    }

    /// A new packet of `encoding`: says whether it was silent, or never heard of.
    fn resume(&mut self, encoding: u8, now: Time) -> bool {
        let at = usize::from(encoding);
        if self.encodings[at].active_since.is_some() {
            return false;
        }
        if self.encodings.iter().all(|encoding| encoding.active_since.is_none()) {
            self.begun = Some(now);
        }
        self.encodings[at].active_since = Some(now);
        true
    }
}

impl Encoding {
    fn new(kind: MediaKind, spatial_layers: u8) -> Self {
        // Sound is not sent again: by the time of a second round trip it has been concealed.
        let limits = match kind {
            MediaKind::Video => CacheLimits::default(),
            MediaKind::Audio => CacheLimits { packets: 0, bytes: 0, age: Duration::ZERO },
        };
        Encoding {
            ssrc: None,
            announced: None,
            rates: LayerRates::new(spatial_layers),
            clock: None,
            active_since: None,
            cadence: Cadence::default(),
            newest: 0,
            structures: Structures::default(),
            cache: PacketCache::new(limits),
            passed_over: PassedOver::default(),
        }
    }

    /// The encoding arrives on another SSRC from now on: its old numbers mean nothing any more.
    pub(crate) fn restart(&mut self, ssrc: u32) {
        if self.ssrc.replace(ssrc).is_some() {
            self.announced = None;
            self.rates.reset();
            self.cache.flush();
            self.clock = None;
            self.active_since = None;
            self.cadence = Cadence::default();
            self.newest = 0;
            self.structures.reset();
        }
    }
}
