//! A publisher with camera and microphone, and receivers, of which the time that the core takes is kept.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sfu::participant::MediaParameters;
use sfu::rtcp::ArrivalRecorder;
use sfu::{Config, Event, PacketClass, Segment, Sink, Transmit};

use crate::common::call::{Call, config};
use crate::common::media::{Microphone, VideoEncoding, camera, fec_parameters, microphone, parameters};
use crate::common::peer::RtpOut;

const RED: u8 = 63;
/// Bytes of payload of a video packet and of one of sound.
const SIZES: (usize, usize) = (1_200, 80);
/// Packets of one frame of video. At 25 frames/s that makes 1 Mbit/s.
const PACKETS: usize = 4;
/// A key frame comes as often.
const KEY_INTERVAL: u64 = 125;

/// Nothing beyond forwarding: no NACK, RTX, RED, FEC, audio levels, choice of speakers, or transport-wide feedback.
/// Statistics and the packet cache can't be switched off.
pub(crate) fn plain() -> (Config, MediaParameters) {
    let mut media = parameters();
    let ids = &mut media.extensions;
    (ids.audio_level, ids.transport_cc, ids.abs_send_time, ids.dependency_descriptor) = (0, 0, 0, 0);
    media.payload_types.vp8.iter_mut().for_each(|vp8| vp8.rtx = None);
    (Config { nack: false, rtx: false, ..config() }, media)
}

/// All of it, on lines that call for it.
pub(crate) fn whole() -> (Config, MediaParameters) {
    let mut media = fec_parameters();
    media.payload_types.opus_red = Some(RED);
    (Config { dominant_speaker: true, loudest: Some(3), ..config() }, media)
}

/// Keeps what is sent, in memory taken beforehand.
#[derive(Default)]
struct Tape {
    bytes: Vec<u8>,
    entries: Vec<(SocketAddr, Segment)>,
}

impl Sink for Tape {
    fn transmit(&mut self, transmit: Transmit<'_>) {
        self.bytes.extend_from_slice(transmit.bytes);
        self.entries.extend(transmit.segments.iter().map(|segment| (transmit.to, *segment)));
    }

    fn event(&mut self, _event: Event) {}
}

/// What a room took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spent {
    /// In turns with media.
    pub(crate) media: Duration,
    /// In turns with feedback, and in time-outs.
    pub(crate) control: Duration,
    /// Packets of sound, video and repair that went out.
    pub(crate) packets: u64,
    /// Those of them that repair.
    pub(crate) repairs: u64,
}

impl Spent {
    /// Nanoseconds of media turns per packet out.
    pub(crate) fn per_packet(&self) -> f64 {
        self.media.as_nanos() as f64 / self.packets as f64
    }

    /// The same with what feedback and timers take.
    pub(crate) fn per_packet_with_control(&self) -> f64 {
        (self.media + self.control).as_nanos() as f64 / self.packets as f64
    }
}

pub(crate) struct Room {
    call: Call,
    tape: Tape,
    camera: VideoEncoding,
    microphone: Microphone,
    frames: u64,
    spent: Spent,
}

impl Room {
    /// Receivers with feedback say that they lose one packet in `denies`.
    pub(crate) fn new(
        (config, media): (Config, MediaParameters),
        receivers: usize,
        denies: Option<usize>,
    ) -> Self {
        let mut call = Call::new(config);
        for index in 0..=receivers {
            call.join_with(media, vec![camera(), microphone()]);
            call.connect(index);
        }
        for receiver in 1..=receivers {
            let wishes = [call.wish(0, "cam"), call.wish(0, "mic")];
            call.subscribe(receiver, &wishes).expect("the sources are there");
            if media.extensions.transport_cc != 0 {
                call.peers[receiver].arrivals = Some(ArrivalRecorder::new());
                call.peers[receiver].denies = denies;
            }
        }
        let camera = VideoEncoding::new(0x4000, "f");
        let tape = Tape { bytes: Vec::with_capacity(1 << 20), entries: Vec::with_capacity(1 << 10) };
        Room { call, tape, camera, microphone: Microphone::new(0), frames: 0, spent: Spent::default() }
    }

    /// A round of so many frames of 40 ms, with two packets of sound each.
    pub(crate) fn round(&mut self, frames: u64) -> Spent {
        self.spent = Spent::default();
        for _ in 0..frames {
            let key = self.frames.is_multiple_of(KEY_INTERVAL);
            self.frames += 1;
            let video = self.camera.frame(key, PACKETS, SIZES.0);
            for half in video.chunks(PACKETS / 2) {
                let sound = self.microphone.packet(SIZES.1);
                half.iter().chain([&sound]).for_each(|packet| self.publish(packet));
                self.pass(Duration::from_millis(20));
            }
        }
        self.spent
    }

    fn publish(&mut self, packet: &RtpOut) {
        let mut datagram = self.call.peers[0].rtp(packet);
        let from = self.call.peers[0].address;
        let begun = now();
        let mut turn = self.call.sfu.turn(self.call.now, &mut self.tape);
        turn.datagram(from, &mut datagram).expect("media of a connected peer");
        turn.finish();
        self.spent.media += now() - begun;
        self.deliver();
    }

    fn pass(&mut self, span: Duration) {
        let end = self.call.now + span;
        loop {
            let peers = self.call.peers.iter().map(|peer| peer.deadline()).min();
            let next = self.call.sfu.deadline().min(peers.expect("there are peers"));
            if next > end {
                break;
            }
            self.call.now = self.call.now.max(next);
            let begun = now();
            let mut turn = self.call.sfu.turn(self.call.now, &mut self.tape);
            turn.timeout();
            turn.finish();
            self.spent.control += now() - begun;
            for peer in 0..self.call.peers.len() {
                for mut answer in self.call.peers[peer].timeout(self.call.now) {
                    let from = self.call.peers[peer].address;
                    let begun = now();
                    let mut turn = self.call.sfu.turn(self.call.now, &mut self.tape);
                    turn.datagram(from, &mut answer).expect("proper feedback");
                    turn.finish();
                    self.spent.control += now() - begun;
                }
            }
            self.deliver();
        }
        self.call.now = end;
    }

    /// Hands what was sent to the peers.
    fn deliver(&mut self) {
        let mut start = 0;
        for (to, segment) in &self.tape.entries {
            let datagram = &self.tape.bytes[start..start + segment.len];
            start += segment.len;
            let repairs = segment.class == PacketClass::Fec;
            let counts = repairs || matches!(segment.class, PacketClass::Audio | PacketClass::Video);
            self.spent.packets += u64::from(counts);
            self.spent.repairs += u64::from(repairs);
            let peers = &mut self.call.peers;
            let peer = peers.iter_mut().find(|peer| peer.address == *to).expect("only peers are sent to");
            peer.take(self.call.now, datagram, segment);
            peer.received.clear();
        }
        self.tape.bytes.clear();
        self.tape.entries.clear();
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark is about the real clock")]
fn now() -> Instant {
    Instant::now()
}
