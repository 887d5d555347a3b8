//! The receiver of one video stream, from RTP packets to rendered frames.

mod intake;
mod output;
mod payload;
mod release;

pub use output::{Rendered, VideoHealth, VideoOutput};

use std::time::Duration;

use reports::observation::FlowCounters;
use sfu::Time;
use sfu::codec::Codec;
use sfu::rtcp::SenderInfo;
use sfu::rtp::{RtpHeader, Unwrapper};

use super::frame_buffer::FrameBuffer;
use super::key_request::KeyRequest;
use super::latency::{Arrival, UplinkLookup};
use super::lip_sync::Delay;
use super::nack::NackGenerator;
use super::packet_history::PacketHistory;
use super::playout::{PlayoutDelay, media_nanos};
use super::reference::References;
use super::statistics::{ReceptionStatistics, ReportBlock};

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
        self.fixed + Duration::from_nanos(per_megapixel.saturating_mul(pixels) / 1_000_000)
    }
}

/// What a receiver is told of its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VideoConfig {
    /// The media SSRC.
    pub ssrc: u32,
    /// The SSRC of its retransmissions (RFC 4588), if there are any.
    pub rtx_ssrc: Option<u32>,
    /// What it is encoded with.
    pub codec: Codec,
    /// Whether lost packets are asked for.
    pub nack: bool,
    /// Whose stream signalling says it is: a stamp that says otherwise is the SFU's fault.
    pub publisher: u16,
    /// Which of the publisher's sources.
    pub source: u8,
    /// How long decoding takes.
    pub decode: DecodeModel,
}

impl VideoConfig {
    /// For a VP8 stream of `source` of `publisher` that asks for lost packets and decodes at the usual pace.
    pub fn new(ssrc: u32, rtx_ssrc: Option<u32>, publisher: u16, source: u8) -> Self {
        let (codec, decode) = (Codec::Vp8, DecodeModel::default());
        VideoConfig { ssrc, rtx_ssrc, codec, nack: true, publisher, source, decode }
    }
}

/// What a packet carries.
#[derive(Clone, Copy, Debug)]
pub struct Content<'p> {
    /// The RTP payload.
    pub payload: &'p [u8],
    /// The dependency descriptor from the header's extensions; empty for none.
    pub descriptor: &'p [u8],
}

impl<'p> Content<'p> {
    /// What `packet` carries, where `descriptor_id` is the dependency descriptor's extension; 0 for none.
    pub fn of(packet: &'p [u8], header: &RtpHeader, descriptor_id: u8) -> Self {
        let payload = header.payload(packet);
        if descriptor_id == 0 {
            return Content { payload, descriptor: &[] };
        }
        let mut elements = sfu::rtp::extension::elements(packet, header);
        let descriptor = elements.find(|(id, _)| *id == descriptor_id);
        Content { payload, descriptor: descriptor.map_or(&[][..], |(_, value)| value) }
    }
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
    /// Capture time and encoding of the last frame shown.
    last_captured: Option<(Time, u8)>,
    /// Everything of the newest frame that was dropped for want of room lies below this sequence number.
    made_room: u64,
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
            made_room: 0,
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
        content: Content<'_>,
        arrival: &Arrival,
        uplinks: &impl UplinkLookup,
        sink: &mut dyn FnMut(VideoOutput<'_>),
    ) {
        let payload = content.payload;
        let news = if header.ssrc == self.config.ssrc {
            self.on_media(now, header, payload, sink)
        } else if Some(header.ssrc) == self.config.rtx_ssrc {
            self.on_retransmission(now, payload, sink)
        } else {
            return;
        };
        let mut completed = false;
        if let Some((sequence, payload)) = news {
            let content = Content { payload, ..content };
            completed = self.on_new_payload(now, header, sequence, content, arrival, uplinks, sink);
        }
        self.deadline = self.deadline.min(self.nack.due()).min(self.key_request.due());
        if completed || now >= self.deadline {
            self.advance(now, sink);
        }
    }

    /// Takes a packet of the media SSRC that forward error correction recovered.
    pub fn recover(
        &mut self,
        now: Time,
        header: &RtpHeader,
        content: Content<'_>,
        arrival: &Arrival,
        uplinks: &impl UplinkLookup,
        sink: &mut dyn FnMut(VideoOutput<'_>),
    ) {
        let Some(sequence) = self.on_recovered(now, header, sink) else { return };
        let completed = self.on_new_payload(now, header, sequence, content, arrival, uplinks, sink);
        self.deadline = self.deadline.min(self.nack.due()).min(self.key_request.due());
        if completed || now >= self.deadline {
            self.advance(now, sink);
        }
    }

    /// Forward error correction is there to be waited for, for so long, before a packet is asked for.
    pub const fn await_fec(&mut self, patience: Duration) {
        self.nack.set_patience(patience);
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

    /// A sender report of the stream arrived.
    pub fn on_sender_report(&mut self, now: Time, info: &SenderInfo) {
        self.statistics.on_sender_report(now, info.ntp.middle());
        // Before the first frame there is nothing to tie to the clock.
        if self.timestamps.highest().is_some() {
            let timestamp = self.timestamps.peek(u64::from(info.rtp_timestamp));
            self.playout.on_sender_report(info.ntp, media_nanos(timestamp, CLOCK_HZ));
        }
    }

    /// How long after its capture the picture is shown; none before a report and a frame.
    pub fn delay(&self) -> Option<Delay> {
        self.playout.delay()
    }

    /// The picture is to be shown no sooner than this delay, in the sense of [`VideoReceiver::delay`].
    pub fn wait(&mut self, least: Option<i64>) {
        self.playout.wait(least);
    }

    /// The report block for a receiver report sent now; `None` before the first packet.
    pub fn report(&mut self, now: Time) -> Option<ReportBlock> {
        self.statistics.report(now)
    }
}

#[cfg(test)]
mod tests;
