//! What one participant receives: its subscriptions, and what its line carries.

use std::time::Duration;

use super::describe::{MediaParameters, ParticipantId};
use super::egress::Egress;
use super::packet_writer::OutgoingPacket;
use super::subscription::{Projection, Subscription};
use super::transport::PeerTransport;
use crate::allocation::LineMemory;
use crate::config::Config;
use crate::congestion::probe::pacing::ProbePacing;
use crate::congestion::sent_history::SentHistory;
use crate::congestion::stream_index::StreamIndex;
use crate::congestion::{self, CongestionController, EcnUse, Options, SentPacket};
use crate::drop_reason::DropReason;
use crate::forward::VideoProjection;
use crate::receive::rate::{RateMeter, SteadyRate};
use crate::rtcp::{Ecn, FeedbackKind};
use crate::send::fec::{FecStream, LossEstimate, Need};
use crate::send::redundancy::RedundancyControl;
use crate::sink::{ForwardTimes, PacketClass};
use crate::statistics::CopyTotals;
use crate::time::Time;
use crate::units::{DataRate, DataSize};

/// IPv4 and UDP headers: what a datagram adds to the line besides its bytes.
pub(crate) const HEADERS: u64 = 28;
/// Packets whose feedback is awaited: 4 s of 20 Mbit/s in packets of 1,200 bytes, rounded up.
pub(crate) const HISTORY: usize = 8_192;
/// Repairs of so long count for nothing in the long run: they are for what was sent before anybody knew the line.
const FIRST_REPAIRS: Duration = Duration::from_secs(3);
/// The round trip until one is measured.
const DEFAULT_RTT: Duration = Duration::from_millis(100);

/// The receiving side of one participant.
pub(crate) struct Downlink {
    slots: Vec<Option<Subscription>>,
    created: u32,
    pub(crate) sender: PacketSender,
    pub(crate) rtt: Option<Duration>,
    pub(crate) copies: CopyTotals,
    /// How much redundant audio the line asks for.
    pub(crate) redundancy: RedundancyControl,
    /// What is lost on the way to the participant, whatever was lost before.
    pub(crate) loss: LossEstimate,
    /// The estimate that was told last.
    pub(crate) told: DataRate,
    pub(crate) allocated: Time,
    /// What hysteresis needs to know of the line's past.
    pub(crate) line: LineMemory,
    /// What one voice takes, held through silences.
    pub(crate) voice: SteadyRate,
    /// How many sources of video the participant wants at most.
    pub(crate) last_n: Option<u16>,
    pub(crate) reported: Time,
    /// When streams whose timestamps no report explains are to be reported on, ahead of their turn.
    pub(crate) early_report: Time,
}

/// Numbers packets for transport-wide feedback and tells the controller of each.
pub(crate) struct PacketSender {
    pub(crate) controller: Box<dyn CongestionController>,
    pub(crate) history: SentHistory,
    /// Where receivers name packets by stream.
    pub(crate) index: Option<StreamIndex>,
    /// What packets leave as: receivers that name them by stream tell of marks as well.
    ecn: Ecn,
    pub(crate) probing: ProbePacing,
    next_sequence: u16,
    /// Bytes of media and padding that were sent, headers included.
    pub(crate) sent: u64,
    /// What repairs took of late: what was asked for again is no room for layers.
    repairs: RateMeter,
    sustained_repairs: SteadyRate,
    /// When the first repair was sent.
    repaired: Option<Time>,
    /// Whether there is video to find room for. Before, the controller sleeps: its first probes would find nothing
    /// to be sent on, and be spent.
    pub(crate) begun: bool,
}

impl Downlink {
    pub(crate) fn new(config: &Config) -> Self {
        let by_stream = config.feedback == FeedbackKind::ByStream;
        let ecn = if by_stream { config.ecn } else { EcnUse::Off };
        let options = Options { ecn, ..Options::default() };
        let controller = config.congestion_control;
        let controller = controller.build_with(config.min_rate, config.start_rate, config.max_rate, options);
        Downlink {
            slots: Vec::new(),
            created: 0,
            sender: PacketSender {
                ecn: controller.ecn(),
                controller,
                history: SentHistory::new(HISTORY),
                index: by_stream.then(StreamIndex::default),
                probing: ProbePacing::default(),
                next_sequence: 0,
                sent: 0,
                repairs: RateMeter::new(),
                sustained_repairs: SteadyRate::default(),
                repaired: None,
                begun: false,
            },
            rtt: None,
            copies: CopyTotals::default(),
            redundancy: RedundancyControl::default(),
            loss: LossEstimate::default(),
            told: DataRate::ZERO,
            allocated: Time::ZERO,
            line: LineMemory::default(),
            voice: SteadyRate::default(),
            last_n: None,
            reported: Time::ZERO,
            early_report: Time::NEVER,
        }
    }

    /// The round trip to the participant, or a sensible guess.
    pub(crate) fn rtt(&self) -> Duration {
        self.rtt.unwrap_or(DEFAULT_RTT)
    }

    /// What protection the participant's line calls for.
    pub(crate) fn need(&self) -> Need {
        Need { loss: self.loss.rate(), bursty: self.loss.is_bursty(), rtt: self.rtt() }
    }

    /// When repair packets are to be sent even if no media is.
    pub(crate) fn fec_due(&self) -> Time {
        let streams = self.slots.iter().flatten().filter_map(|subscription| subscription.fec.as_ref());
        streams.map(FecStream::deadline).min().unwrap_or(Time::NEVER)
    }

    /// The subscriptions with their places.
    pub(crate) fn subscriptions(&self) -> impl Iterator<Item = (u16, &Subscription)> {
        self.slots.iter().enumerate().filter_map(|(i, slot)| slot.as_ref().map(|s| (i as u16, s)))
    }

    /// The same, to change.
    pub(crate) fn subscriptions_mut(&mut self) -> impl Iterator<Item = (u16, &mut Subscription)> {
        self.slots.iter_mut().enumerate().filter_map(|(i, slot)| slot.as_mut().map(|s| (i as u16, s)))
    }

    /// One past the highest place of a subscription.
    pub(crate) fn slot_count(&self) -> u16 {
        self.slots.len() as u16
    }

    /// When layers are to be chosen anew.
    pub(crate) fn allocation_due(&self) -> Time {
        self.allocated + crate::core::ALLOCATION_INTERVAL
    }

    /// The subscription at `index`, with what sending on it needs.
    pub(crate) fn slot(&mut self, index: u16) -> Option<(&mut Subscription, &mut PacketSender)> {
        let slot = self.slots.get_mut(usize::from(index))?.as_mut()?;
        Some((slot, &mut self.sender))
    }

    /// The subscription to a source.
    pub(crate) fn find_mut(&mut self, publisher: ParticipantId, source: usize) -> Option<&mut Subscription> {
        self.slots.iter_mut().flatten().find(|s| s.publisher == publisher && s.source == source)
    }

    /// The subscription whose media goes out on `ssrc`. Reports on its retransmissions count other numbers, and
    /// nobody asks for those again.
    pub(crate) fn by_ssrc_mut(&mut self, ssrc: u32) -> Option<(u16, &mut Subscription)> {
        self.subscriptions_mut().find(|(_, subscription)| subscription.ssrc == ssrc)
    }

    /// The projection of the video subscription at `index`.
    pub(crate) fn projection(&self, index: u16) -> Option<&VideoProjection> {
        match &self.slots.get(usize::from(index))?.as_ref()?.media {
            Projection::Video(stream) => Some(&stream.projection),
            Projection::Audio(_) => None,
        }
    }

    /// How many encodings the video subscription at `index` has a use for.
    pub(crate) fn useful(&self, index: u16) -> Option<u8> {
        match &self.slots.get(usize::from(index))?.as_ref()?.media {
            Projection::Video(stream) => Some(stream.useful),
            Projection::Audio(_) => None,
        }
    }

    /// Whose source the subscription at `index` is for.
    pub(crate) fn source_of(&self, index: u16) -> Option<(ParticipantId, usize)> {
        self.slots.get(usize::from(index))?.as_ref().map(|s| (s.publisher, s.source))
    }

    /// Adds a subscription, gives it a mid of its own, and says its place.
    pub(crate) fn insert(&mut self, mut subscription: Subscription) -> u16 {
        subscription.mid = format!("r{}", self.created);
        self.created += 1;
        let free = self.slots.iter().position(Option::is_none);
        let index = free.unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        self.slots[index] = Some(subscription);
        u16::try_from(index).expect("limits keep subscriptions below 65,536")
    }

    /// A video subscription with a retransmission stream, to send padding on.
    pub(crate) fn padding_carrier(&mut self) -> Option<(&mut Subscription, &mut PacketSender)> {
        let carrier = self.slots.iter_mut().flatten().find(|subscription| subscription.rtx.is_some());
        carrier.map(|subscription| (subscription, &mut self.sender))
    }

    /// When the next packet of a probe is due.
    pub(crate) fn probe_due(&self) -> Time {
        let carried = self.slots.iter().flatten().any(|subscription| subscription.rtx.is_some());
        if carried { self.sender.probing.next_send_time() } else { Time::NEVER }
    }

    /// A round trip was measured.
    pub(crate) fn on_rtt(&mut self, now: Time, rtt: Duration) {
        // As TCP smooths it (RFC 6298 section 2): one outlier must not set the pace of repairs.
        self.rtt = Some(self.rtt.map_or(rtt, |smoothed| (smoothed * 7 + rtt) / 8));
        self.sender.controller.on_rtt(now, rtt);
    }

    /// Ends the subscription at `index`.
    pub(crate) fn remove(&mut self, index: u16) {
        let Some(ended) = self.slots.get_mut(usize::from(index)).and_then(Option::take) else { return };
        if let Some(index) = &mut self.sender.index {
            let repairs = ended.rtx.map(|rtx| rtx.ssrc);
            std::iter::once(ended.ssrc).chain(repairs).for_each(|ssrc| index.remove(ssrc));
        }
    }

    /// The source of the subscription at `index` was muted or unmuted.
    pub(crate) fn set_muted(&mut self, index: u16, muted: bool) {
        if let Some((subscription, _)) = self.slot(index) {
            subscription.muted = muted;
            // Packets may come while the source counts as muted: to nobody may they look like loss afterwards.
            if let (true, Projection::Audio(projection)) = (muted, &mut subscription.media) {
                projection.close_up();
            }
        }
    }
}

/// P, in the first byte of an RTP header (RFC 3550 section 5.1).
const PADDING_BIT: u8 = 0x20;

/// What a packet is sent for, besides its header.
pub(crate) struct Purpose {
    pub(crate) class: PacketClass,
    pub(crate) forwarded: Option<ForwardTimes>,
}

impl PacketSender {
    /// The transport-wide sequence number of the next packet.
    pub(crate) fn peek_sequence(&self) -> u16 {
        self.next_sequence
    }

    /// Writes, protects and queues one packet. `fill` appends the payload behind the header.
    pub(crate) fn send(
        &mut self,
        now: Time,
        (transport, egress): (&PeerTransport, &mut Egress),
        media: &MediaParameters,
        packet: &OutgoingPacket<'_>,
        purpose: Purpose,
        fill: impl FnOnce(&mut Vec<u8>),
    ) -> Result<usize, DropReason> {
        self.send_for(now, (transport, egress), media, (packet, None), purpose, fill)
    }

    /// Writes, protects and queues one repair packet for the stream `protected`. `fill` appends the FEC payload.
    pub(crate) fn send_fec(
        &mut self,
        now: Time,
        path: (&PeerTransport, &mut Egress),
        media: &MediaParameters,
        packet: &OutgoingPacket<'_>,
        protected: u32,
        fill: impl FnOnce(&mut Vec<u8>),
    ) -> Result<usize, DropReason> {
        let purpose = Purpose { class: PacketClass::Fec, forwarded: None };
        self.send_for(now, path, media, (packet, Some(protected)), purpose, fill)
    }

    fn send_for(
        &mut self,
        now: Time,
        (transport, egress): (&PeerTransport, &mut Egress),
        media: &MediaParameters,
        (packet, protected): (&OutgoingPacket<'_>, Option<u32>),
        purpose: Purpose,
        fill: impl FnOnce(&mut Vec<u8>),
    ) -> Result<usize, DropReason> {
        let outbound = transport.outbound().ok_or(DropReason::ReceiverNotReady)?;
        let (buffer, start) = egress.begin().ok_or(DropReason::EgressFull)?;
        packet.write_header(buffer, media, now, protected);
        fill(buffer);
        if !packet.protect(buffer, start, outbound) {
            egress.abandon();
            return Err(DropReason::EgressFull);
        }
        let len = buffer.len() - start;
        egress.commit(purpose.class, purpose.forwarded, self.ecn);
        if let Some(index) = &mut self.index {
            index.on_sent(packet.ssrc, packet.sequence as u16, self.next_sequence);
        }
        self.note(now, len, purpose.class);
        Ok(len)
    }

    /// Writes, protects and queues one packet of `padding` bytes of padding and no payload.
    pub(crate) fn send_padding(
        &mut self,
        now: Time,
        path: (&PeerTransport, &mut Egress),
        media: &MediaParameters,
        packet: &OutgoingPacket<'_>,
        padding: u8,
    ) -> Result<usize, DropReason> {
        let purpose = Purpose { class: PacketClass::Padding, forwarded: None };
        let (_, egress) = &path;
        let start = egress.len();
        self.send(now, path, media, packet, purpose, |buffer| {
            buffer[start] |= PADDING_BIT;
            buffer.extend(std::iter::repeat_n(0, usize::from(padding) - 1));
            buffer.push(padding);
        })
    }

    /// Begins the probe that the controller wants next, once none is under way: one begun over another would spoil both.
    pub(crate) fn prepare_probe(&mut self, now: Time) -> bool {
        let next = if self.probing.cluster(now).is_none() { self.controller.probe(now) } else { None };
        next.map(|cluster| self.probing.begin(cluster)).is_some()
    }

    /// What repairs take in the long run: those of one burst are over when they are counted.
    pub(crate) fn repair_rate(&mut self, now: Time) -> DataRate {
        self.sustained_repairs.sustain(now, self.repairs.rate(now))
    }

    fn note(&mut self, now: Time, len: usize, class: PacketClass) {
        let (sequence, size) = (self.next_sequence, DataSize::from_bytes(len as u64 + HEADERS));
        let class = match class {
            PacketClass::Retransmission => congestion::PacketClass::Retransmission,
            PacketClass::Padding => congestion::PacketClass::Padding,
            _ => congestion::PacketClass::Media,
        };
        let cluster = self.probing.cluster(now);
        // Made twice: one that the controller has a reference to goes through memory.
        let sent = || SentPacket { sequence, size, at: now, class, cluster };
        self.next_sequence = sequence.wrapping_add(1);
        self.sent += size.as_bytes();
        if class == congestion::PacketClass::Retransmission {
            let first = *self.repaired.get_or_insert(now);
            if now.since(first) >= FIRST_REPAIRS {
                self.repairs.add(now, size);
            }
        }
        if cluster.is_some() {
            self.probing.on_sent(now, size);
        }
        self.history.on_sent(sent());
        if self.begun {
            self.controller.on_sent(&sent());
        }
    }
}
