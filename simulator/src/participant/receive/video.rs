//! The receiver of one video stream, from RTP packets to rendered frames.

mod payload;
mod release;

use std::time::Duration;

use reports::observation::{FlowCounters, LatencyParts};
use sfu::Time;
use sfu::rtp::{RtpHeader, Unwrapper};

use super::feedback::Feedback;
use super::frame_buffer::{FrameBuffer, FramePacket};
use super::key_request::KeyRequest;
use super::latency::{Arrival, Journey, UplinkLookup};
use super::nack::NackGenerator;
use super::packet_history::{Novelty, Origin, PacketHistory};
use super::playout::PlayoutDelay;
use super::reference::References;
use super::statistics::{ReceptionStatistics, ReportBlock, Verdict};

/// RTP clock of video (RFC 7741 section 4.1).
pub const CLOCK_HZ: u32 = 90_000;
/// Shortest and longest wait for a repair that decoding depends on, before a key frame is asked for instead.
/// libwebrtc always waits 3 s; four round trips are enough for two lost repairs.
const MAX_WAIT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(3));
const MAX_WAIT_ROUND_TRIPS: u32 = 4;

/// How long decoding takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeModel {
    /// Per frame, whatever its size.
    pub fixed: Duration,
    /// Per million pixels.
    pub per_megapixel: Duration,
}

impl Default for DecodeModel {
    /// 0.5 ms and 4 ms per megapixel: 4.2 ms for 1280×720, of the order of libvpx on one laptop core.
    fn default() -> Self {
        DecodeModel { fixed: Duration::from_micros(500), per_megapixel: Duration::from_millis(4) }
    }
}

impl DecodeModel {
    fn time(&self, width: u16, height: u16) -> Duration {
        let pixels = u64::from(width) * u64::from(height);
        let per_megapixel = u64::try_from(self.per_megapixel.as_nanos()).unwrap_or(u64::MAX);
        let span = u128::from(per_megapixel) * u128::from(pixels) / 1_000_000;
        self.fixed + Duration::from_nanos(u64::try_from(span).unwrap_or(u64::MAX))
    }
}

/// What a receiver is told of its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VideoConfig {
    /// The media SSRC.
    pub ssrc: u32,
    /// The SSRC of its retransmissions (RFC 4588), if there are any.
    pub rtx_ssrc: Option<u32>,
    /// Whether lost packets are asked for.
    pub nack: bool,
    /// Whose stream signalling says it is: a stamp that says otherwise is the SFU's fault.
    pub publisher: u16,
    /// Which of the publisher's sources.
    pub source: u8,
    /// How long decoding takes.
    pub decode: DecodeModel,
}

/// A frame that is shown now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Simulcast encoding.
    pub encoding: u8,
    /// Temporal layer.
    pub temporal: u8,
    /// Frame number within its encoding.
    pub frame: u32,
    /// Whether it is a key frame.
    pub key: bool,
    /// Picture width and height, px.
    pub size: (u32, u32),
    /// When it was captured.
    pub captured: Time,
    /// When it is shown; the time of the output, too, if the deadline was kept.
    pub rendered_at: Time,
    /// Where the time between went; sums exactly to it.
    pub parts: LatencyParts,
}

/// What a receiver has to say, in order of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VideoOutput<'a> {
    /// The first packet of the stream is here.
    FirstPacket,
    /// The first complete key frame is here.
    FirstKeyFrame,
    /// A frame is shown.
    Rendered(Rendered),
    /// A frame was complete but never decoded, for want of one that it depends on.
    Undecodable {
        /// Simulcast encoding.
        encoding: u8,
        /// Temporal layer.
        temporal: u8,
        /// When it was captured.
        captured: Time,
    },
    /// Feedback to send.
    Feedback(Feedback<'a>),
}

/// What went wrong beyond loss. All but the first two must stay zero, or the SFU has a fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VideoHealth {
    /// Frames complete only after they were due.
    pub late: u64,
    /// Frames decoded but not shown, since a newer one was due already.
    pub superseded: u64,
    /// Frames that the descriptor called decodable though a true reference was missing, or that were put
    /// together from packets of different frames.
    pub torn: u64,
    /// Base frames that the descriptor called undecodable though no packet was missing before them.
    pub broken_chain: u64,
    /// Packets whose payload could not be read.
    pub corrupt: u64,
    /// Packets of another publisher or source.
    pub foreign: u64,
    /// Frames not newer than the one shown before.
    pub replayed: u64,
}

/// A frame in the decoder.
#[derive(Clone, Copy, Debug)]
struct Decoding {
    until: Time,
    /// `None` when the frame is decoded for its successors' sake only.
    show: Option<Rendered>,
}

/// The receiver of one video stream.
#[derive(Clone, Debug)]
pub struct VideoReceiver {
    config: VideoConfig,
    statistics: ReceptionStatistics,
    history: Option<PacketHistory>,
    nack: NackGenerator,
    frames: FrameBuffer,
    references: References,
    playout: PlayoutDelay,
    key_request: KeyRequest,
    decoding: Option<Decoding>,
    timestamps: Unwrapper<32>,
    counters: FlowCounters,
    expected_before: u64,
    health: VideoHealth,
    seen_key: bool,
    last_captured: Option<Time>,
    max_wait: Duration,
    deadline: Time,
    /// Reused for each NACK.
    sequences: Vec<u16>,
}

impl VideoReceiver {
    /// A receiver that has seen nothing.
    pub fn new(config: VideoConfig) -> Self {
        VideoReceiver {
            statistics: ReceptionStatistics::new(config.ssrc, CLOCK_HZ),
            history: None,
            nack: NackGenerator::new(config.nack),
            config,
            frames: FrameBuffer::new(),
            references: References::default(),
            playout: PlayoutDelay::new(),
            key_request: KeyRequest::default(),
            decoding: None,
            timestamps: Unwrapper::new(),
            counters: FlowCounters::default(),
            expected_before: 0,
            health: VideoHealth::default(),
            seen_key: false,
            last_captured: None,
            max_wait: MAX_WAIT.0,
            deadline: Time::NEVER,
            sequences: Vec::with_capacity(64),
        }
    }

    /// Takes a packet of the media SSRC or the RTX SSRC; any other is ignored.
    ///
    /// `now` is when it arrived, `arrival` how it came, and `uplinks` is asked only for packets that
    /// complete a frame.
    pub fn receive(
        &mut self,
        now: Time,
        header: &RtpHeader,
        payload: &[u8],
        arrival: &Arrival,
        uplinks: &impl UplinkLookup,
        sink: &mut dyn FnMut(VideoOutput<'_>),
    ) {
        let news = if header.ssrc == self.config.ssrc {
            self.on_media(now, header, payload, sink)
        } else if Some(header.ssrc) == self.config.rtx_ssrc {
            self.on_retransmission(now, payload, sink)
        } else {
            return;
        };
        let mut completed = false;
        if let Some((sequence, payload)) = news {
            completed = self.on_new_payload(now, header, sequence, payload, arrival, uplinks, sink);
        }
        self.deadline = self.deadline.min(self.nack.due()).min(self.key_request.due());
        if completed || now >= self.deadline {
            self.advance(now, sink);
        }
    }

    /// When [`VideoReceiver::handle_timeout`] wants to be called; `None` when only a packet can change anything.
    pub fn deadline(&self) -> Option<Time> {
        (self.deadline < Time::NEVER).then_some(self.deadline)
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Time, sink: &mut dyn FnMut(VideoOutput<'_>)) {
        if now >= self.deadline {
            self.advance(now, sink);
        }
    }

    /// The round trip to the SFU, for the pace of repeated requests.
    pub fn set_rtt(&mut self, rtt: Duration) {
        self.nack.set_rtt(rtt);
        self.max_wait = (rtt * MAX_WAIT_ROUND_TRIPS).clamp(MAX_WAIT.0, MAX_WAIT.1);
    }

    /// The counters as they stand.
    ///
    /// A packet counts as lost when the receiver stops waiting for it: its frame was passed over for a later
    /// one, or given up for a key frame. One that comes late but is still used is not lost; the freeze that
    /// it causes shows in the rendered intervals.
    pub fn counters(&self) -> FlowCounters {
        let expected = self.history.as_ref().map_or(0, PacketHistory::expected);
        FlowCounters { expected: self.expected_before + expected, ..self.counters }
    }

    /// What went wrong beyond loss.
    pub const fn health(&self) -> VideoHealth {
        self.health
    }

    /// A sender report of the stream arrived; `ntp_middle` are the middle 32 bits of its NTP time.
    pub fn on_sender_report(&mut self, now: Time, ntp_middle: u32) {
        self.statistics.on_sender_report(now, ntp_middle);
    }

    /// The report block for a receiver report sent now; `None` before the first packet.
    pub fn report(&mut self, now: Time) -> Option<ReportBlock> {
        self.statistics.report(now)
    }

    /// A packet of the media SSRC: its number and payload when it is new.
    fn on_media<'p>(
        &mut self,
        now: Time,
        header: &RtpHeader,
        payload: &'p [u8],
        sink: &mut dyn FnMut(VideoOutput<'_>),
    ) -> Option<(u64, &'p [u8])> {
        let sequence = match self.statistics.on_packet(now, header.sequence, header.timestamp) {
            Verdict::Accept(sequence) => sequence,
            Verdict::Restart(sequence) => {
                self.restart(now, sequence, sink);
                sequence
            }
            Verdict::Stray => return None,
        };
        self.counters.media_bytes += payload.len() as u64;
        self.key_request.on_packet();
        let history = self.history.get_or_insert_with(|| {
            sink(VideoOutput::FirstPacket);
            self.key_request.begin(now);
            PacketHistory::new(sequence)
        });
        let novelty = history.insert(sequence, Origin::First, &mut self.counters);
        self.track_gaps(now, sequence, sink);
        (novelty == Novelty::New).then_some((sequence, payload))
    }

    /// A packet of the RTX SSRC (RFC 4588 section 4): the original's number and payload when it is new.
    fn on_retransmission<'p>(
        &mut self,
        now: Time,
        payload: &'p [u8],
        sink: &mut dyn FnMut(VideoOutput<'_>),
    ) -> Option<(u64, &'p [u8])> {
        // Padding alone on this SSRC is a bandwidth probe and carries no original number.
        let (original, payload) = payload.split_first_chunk::<2>()?;
        self.counters.rtx_bytes += 2 + payload.len() as u64;
        let sequence = self.statistics.extend(u16::from_be_bytes(*original));
        let (Some(history), Some(sequence)) = (&mut self.history, sequence) else {
            self.counters.rtx_late += 1;
            return None;
        };
        match history.insert(sequence, Origin::Repair, &mut self.counters) {
            Novelty::New => {
                self.counters.rtx_useful += 1;
                self.track_gaps(now, sequence, sink);
                Some((sequence, payload))
            }
            Novelty::Late => {
                self.counters.rtx_late += 1;
                None
            }
            Novelty::Duplicate => {
                self.counters.rtx_duplicate += 1;
                None
            }
        }
    }

    fn track_gaps(&mut self, now: Time, sequence: u64, sink: &mut dyn FnMut(VideoOutput<'_>)) {
        if !self.nack.on_packet(now, sequence) {
            self.give_up(now, sequence, sink);
        }
    }

    /// Adds a packet that was not there before to its frame; whether that completed the frame.
    #[expect(clippy::too_many_arguments, reason = "the parts of one arrival, taken apart by the caller")]
    fn on_new_payload(
        &mut self,
        now: Time,
        header: &RtpHeader,
        sequence: u64,
        payload: &[u8],
        arrival: &Arrival,
        uplinks: &impl UplinkLookup,
        sink: &mut dyn FnMut(VideoOutput<'_>),
    ) -> bool {
        if payload.is_empty() {
            return false;
        }
        let Ok((descriptor, stamp)) = payload::read(payload) else {
            self.health.corrupt += 1;
            return false;
        };
        if (stamp.publisher, stamp.source) != (self.config.publisher, self.config.source) {
            self.health.foreign += 1;
            return false;
        }
        if self.frames.is_full() {
            self.drop_oldest(sink);
        }
        let (timestamp, marker) = (header.timestamp, header.marker);
        let packet = FramePacket { sequence, timestamp, marker, descriptor, stamp };
        let media = || media_nanos(self.timestamps.unwrap(u64::from(timestamp)));
        let Some(frame) = self.frames.insert(&packet, now, media) else { return false };
        frame.journey = Some(Journey {
            captured: stamp.captured,
            encoded: stamp.encoded(),
            uplink: uplinks.uplink(&stamp),
            arrival: *arrival,
            completed: now,
        });
        self.health.late += u64::from(!self.references.lost() && self.playout.due(frame.media) < now);
        self.playout.sample(now, frame.media);
        if frame.starts_key() && !self.seen_key {
            self.seen_key = true;
            sink(VideoOutput::FirstKeyFrame);
        }
        true
    }
}

/// An unwrapped 90 kHz timestamp in nanoseconds.
fn media_nanos(timestamp: u64) -> i64 {
    let (seconds, ticks) = (timestamp / u64::from(CLOCK_HZ), timestamp % u64::from(CLOCK_HZ));
    let nanos = seconds.saturating_mul(1_000_000_000) + ticks * 1_000_000_000 / u64::from(CLOCK_HZ);
    i64::try_from(nanos).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
