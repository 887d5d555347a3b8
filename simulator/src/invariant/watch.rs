//! The books of a run.

use std::net::SocketAddr;
use std::time::Duration;

use reports::observation::Observation;
use rustc_hash::FxHashMap;
use sfu::{DataRate, Occupancy};

use super::addressee::Addressee;
use super::budget::Budget;
use super::continuity::{Gaps, Numbers};
use super::key_frames::Requests;
use super::liveness::Liveness;
use super::{Breach, Breaches, Invariant, Moment};
use crate::network::TrafficClass;
use crate::participant::sender::MediaTag;

/// Clock rates of Opus (RFC 7587 section 4.1) and of all video (RFC 6184, 7741, 9628 and others), Hz.
const AUDIO_CLOCK: u32 = 48_000;
const VIDEO_CLOCK: u32 = 90_000;

/// Watches a run.
#[derive(Debug, Default)]
pub struct Watch {
    breaches: Breaches,
    receivers: Vec<Receiver>,
    /// By publisher and source; the encodings of one are told apart by place.
    uplinks: FxHashMap<(u16, u8), Vec<Gaps>>,
    /// Padding that was lost, by publisher: it has numbers of a stream, and nobody can tell what it was.
    padding: FxHashMap<u16, u64>,
    requests: FxHashMap<(u16, u8, u8), Requests>,
    liveness: Option<Liveness>,
}

#[derive(Debug, Default)]
struct Receiver {
    addressee: Addressee,
    budget: Budget,
    streams: FxHashMap<u32, Outgoing>,
}

#[derive(Debug)]
struct Outgoing {
    numbers: Numbers,
    /// Whether more was skipped than was missing: told once.
    astray: bool,
}

/// A datagram that leaves the SFU.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// Whose address it goes to, if anybody's.
    pub receiver: Option<u16>,
    /// That address.
    pub to: SocketAddr,
    /// What it is sent for.
    pub class: TrafficClass,
    /// Its bytes, protected.
    pub bytes: &'a [u8],
    /// Whose packet the SFU was given in the same turn, if it was one.
    pub because_of: Option<(u16, MediaTag)>,
    /// What [`Watch::missed`] says of that packet's stream.
    pub missed: u64,
}

impl Watch {
    /// A watch over a run with so many people. `liveness` asks that what is forwarded for that long before the end
    /// renders in it.
    pub fn new(people: usize, liveness: Option<Duration>) -> Self {
        let receivers = (0..people).map(|_| Receiver::default()).collect();
        Watch { receivers, liveness: liveness.map(Liveness::new), ..Watch::default() }
    }

    /// Something was observed.
    pub fn observed(&mut self, moment: Moment, observation: &Observation) {
        if let Some(liveness) = &mut self.liveness {
            liveness.observed(moment.at, observation);
        }
    }

    /// The run is at its end.
    pub fn ends(&mut self, moment: Moment) {
        if let Some(dead) = self.liveness.as_ref().and_then(|liveness| liveness.dead(moment.at)) {
            let (receiver, publisher, source) = (dead.receiver.0, dead.publisher.0, dead.source.0);
            self.breaches.add(Invariant::Liveness, moment, || {
                format!(
                    "source {source} of participant {publisher} is sent to {receiver}, and nothing renders"
                )
            });
        }
    }

    /// What was broken, the first event of each.
    pub fn breaches(&self) -> impl Iterator<Item = &Breach> {
        self.breaches.iter()
    }

    /// Something that another part of the run found.
    pub fn report(&mut self, invariant: Invariant, moment: Moment, what: String) {
        self.breaches.add(invariant, moment, || what);
    }

    /// The SFU is given a packet of `publisher`.
    pub fn given(&mut self, moment: Moment, publisher: u16, media: MediaTag) {
        if let Some(liveness) = &mut self.liveness {
            liveness.given(moment.at, publisher, media);
        }
        self.gaps(publisher, media).given(media.ordinal);
    }

    /// It refused the packet, which is missing then.
    pub fn refused(&mut self, publisher: u16, media: MediaTag) {
        self.gaps(publisher, media).refused();
    }

    /// Padding of a publisher was lost on its way.
    pub fn padding_lost(&mut self, publisher: u16) {
        *self.padding.entry(publisher).or_default() += 1;
    }

    /// How many packets of the source that the packet is of were missing so far, padding of its publisher included: the
    /// same for all that the SFU makes of it.
    pub fn missed(&self, because_of: Option<(u16, MediaTag)>) -> u64 {
        because_of.map_or(0, |(publisher, of)| {
            let encodings = self.uplinks.get(&(publisher, of.source));
            let missed: u64 = encodings.map_or(0, |encodings| encodings.iter().map(Gaps::missed).sum());
            missed + self.padding.get(&publisher).copied().unwrap_or(0)
        })
    }

    fn gaps(&mut self, publisher: u16, media: MediaTag) -> &mut Gaps {
        let encodings = self.uplinks.entry((publisher, media.source)).or_default();
        let place = usize::from(media.encoding);
        if encodings.len() <= place {
            encodings.resize(place + 1, Gaps::default());
        }
        &mut encodings[place]
    }

    /// The SFU says that an address was proved to be a participant's.
    pub fn nominated(&mut self, receiver: u16, address: SocketAddr) {
        self.receivers[usize::from(receiver)].addressee.nominated(address);
    }

    /// The SFU says that a handshake is over: a new connection, with keys of its own.
    pub fn connected(&mut self, receiver: u16) {
        let receiver = &mut self.receivers[usize::from(receiver)];
        receiver.addressee.connected();
        receiver.streams.clear();
    }

    /// The SFU says that a participant is gone.
    pub fn gone(&mut self, receiver: u16) {
        let receiver = &mut self.receivers[usize::from(receiver)];
        receiver.addressee.gone();
        receiver.streams.clear();
        receiver.budget = Budget::default();
    }

    /// A receiver's estimate.
    pub fn estimate(&mut self, moment: Moment, receiver: u16, rate: DataRate) {
        self.receivers[usize::from(receiver)].budget.estimate(moment.at, rate);
    }

    /// The SFU asks for a key frame.
    pub fn key_frame_requested(&mut self, moment: Moment, publisher: u16, source: u8, encoding: u8) {
        let requests = self.requests.entry((publisher, source, encoding)).or_default();
        if let Some(since) = requests.sent(moment.at) {
            self.breaches.add(Invariant::KeyFrameRequests, moment, || {
                format!(
                    "encoding {encoding} of source {source} of participant {publisher} is asked for again after {} ms",
                    since.as_millis()
                )
            });
        }
    }

    /// How full the SFU is.
    pub fn occupancy(&mut self, moment: Moment, occupancy: &[Occupancy]) {
        for one in occupancy.iter().filter(|one| one.is_exceeded()) {
            self.breaches
                .add(Invariant::Occupancy, moment, || format!("{}: {} of {}", one.what, one.held, one.limit));
        }
    }

    /// A datagram leaves the SFU.
    pub fn sent(&mut self, moment: Moment, sent: &Sent<'_>) {
        let Some(index) = sent.receiver else {
            if sent.class != TrafficClass::Stun {
                let what = || format!("{:?} for {}, whom nobody knows", sent.class, sent.to);
                self.breaches.add(Invariant::Stranger, moment, what);
            }
            return;
        };
        let receiver = &mut self.receivers[usize::from(index)];
        if let Some(invariant) = receiver.addressee.objection(sent.class, sent.to) {
            let what = || format!("{:?} for participant {index} at {}", sent.class, sent.to);
            self.breaches.add(invariant, moment, what);
        }
        let media = matches!(sent.class, TrafficClass::Audio | TrafficClass::Video);
        if media && sent.because_of.is_some_and(|(publisher, _)| publisher == index) {
            let what = || format!("{:?} of participant {index} for itself", sent.class);
            self.breaches.add(Invariant::OwnSender, moment, what);
        }
        if sent.class == TrafficClass::Video
            && let Some(ahead) = receiver.budget.sent(moment.at, sent.bytes.len())
        {
            let what =
                || format!("what is sent to participant {index} is {ahead:.2} s ahead of its estimate");
            self.breaches.add(Invariant::Budget, moment, what);
        }
        let rtp = media
            || matches!(sent.class, TrafficClass::Retransmission | TrafficClass::Fec | TrafficClass::Padding);
        if rtp {
            self.rtp(moment, index, media, sent);
        }
    }

    fn rtp(&mut self, moment: Moment, index: u16, media: bool, sent: &Sent<'_>) {
        let Some(header) = sent.bytes.first_chunk::<12>() else { return };
        let number = u16::from_be_bytes([header[2], header[3]]);
        let timestamp = u32::from_be_bytes([header[4], header[5], header[6], header[7]]);
        let ssrc = u32::from_be_bytes([header[8], header[9], header[10], header[11]]);
        let streams = &mut self.receivers[usize::from(index)].streams;
        let breaches = &mut self.breaches;
        let mut begins = false;
        let outgoing = streams.entry(ssrc).or_insert_with(|| {
            begins = true;
            Outgoing { numbers: Numbers::beginning(number), astray: false }
        });
        if !begins && let Err(repeated) = outgoing.numbers.add(number) {
            breaches.add(Invariant::NumberOnce, moment, || {
                let behind = repeated.behind;
                format!("{number} of {ssrc:08x} for participant {index} again, {behind} behind the highest")
            });
        }
        if !media {
            return;
        }
        let (holes, missed) = (outgoing.numbers.holes(), sent.missed);
        if sent.because_of.is_some() && holes > missed && !outgoing.astray {
            outgoing.astray = true;
            breaches.add(Invariant::NoHoles, moment, || {
                format!(
                    "{ssrc:08x} for participant {index} skipped {holes} numbers, {missed} packets were missing"
                )
            });
        }
        let clock = if sent.class == TrafficClass::Audio { AUDIO_CLOCK } else { VIDEO_CLOCK };
        if let Some(astray) = outgoing.numbers.timestamp(timestamp, clock, moment.at) {
            breaches.add(Invariant::Timestamps, moment, || {
                format!("{ssrc:08x} for participant {index} is {astray:.1} s astray from the clock")
            });
        }
    }
}
