//! One bottleneck with a queue and a delay, and at its end what an SFU answers: feedback and reports.

use std::collections::VecDeque;
use std::time::Duration;

use sfu::congestion::{ControllerKind, Options};
use sfu::participant::{Codec, MediaKind, MediaParameters, PayloadTypes, VideoFormat};
use sfu::rtcp::{self, ArrivalRecorder, FeedbackKind, Packet, ReceptionStats};
use sfu::rtp::{ExtensionIds, Extensions, RtpHeader};
use sfu::{DataRate, DataSize, Time};

use super::log::{Frame, Log, Sent};
use crate::participant::media::speech::SpeechKind;
use crate::participant::media::structure::Scalability;
use crate::participant::sender::{
    CameraSettings, LayerSettings, MediaSender, MicrophoneSettings, Output, SenderConfig, SourceConfig,
};
use crate::random::Seed;

pub(super) const DELAY: Duration = Duration::from_millis(20);
pub(super) const OVERHEAD: DataSize = DataSize::from_bytes(28 + 16);
const FEEDBACK_INTERVAL: Duration = Duration::from_millis(50);
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// Drop-tail, by time.
const QUEUE: Duration = Duration::from_millis(300);
const LOCAL_SSRC: u32 = 1;

pub(super) const MEDIA: MediaParameters = MediaParameters {
    payload_types: PayloadTypes {
        vp8: Some(VideoFormat { payload_type: 96, rtx: Some(97) }),
        ..PayloadTypes::audio(111)
    },
    extensions: ExtensionIds {
        mid: 1,
        rid: 2,
        repaired_rid: 3,
        audio_level: 4,
        transport_cc: 5,
        abs_send_time: 6,
        dependency_descriptor: 7,
        video_layers_allocation: 0,
        frame_marking: 0,
    },
};

/// Maxima of the three encodings, kbit/s.
pub(super) const MAX_KBPS: [u64; 3] = [150, 500, 1_500];

pub(super) fn config() -> SenderConfig {
    let layer = |(n, min): (usize, u64)| LayerSettings {
        width: 320 << n,
        height: 180 << n,
        fps: 30,
        max: DataRate::from_kbps(MAX_KBPS[n]),
        min: DataRate::from_kbps(min),
    };
    SenderConfig {
        publisher: 3,
        congestion_control: ControllerKind::Gcc,
        controller_options: Options::default(),
        feedback: FeedbackKind::TransportWide,
        media: MEDIA,
        sources: vec![
            SourceConfig::Camera(CameraSettings {
                name: "cam".into(),
                mid: "v".into(),
                layers: [50, 150, 600].into_iter().enumerate().map(layer).collect(),
                codec: Codec::Vp8,
                scalability: Scalability::temporal(3),
                described: false,
                announced: false,
                encrypted: false,
                screen: false,
            }),
            SourceConfig::Microphone(MicrophoneSettings {
                name: "mic".into(),
                mid: "a".into(),
                rate: DataRate::from_kbps(32),
                speech: SpeechKind::CONVERSATION,
                dtx: false,
                fec: false,
                red: 0,
            }),
        ],
        rtx: true,
        overhead: OVERHEAD,
        cname: "p3".into(),
    }
}

/// A sender with its network.
pub(super) struct Rig {
    pub(super) sender: MediaSender,
    pub(super) now: Time,
    pub(super) log: Log,
    /// Whether the SFU reports at all (transport-wide feedback comes in any case).
    pub(super) reporting: bool,
    capacity: Vec<(Time, DataRate)>,
    free_at: Time,
    arriving: VecDeque<(Time, Vec<u8>)>,
    recorder: ArrivalRecorder,
    streams: Vec<(u32, ReceptionStats)>,
    next_feedback: Time,
    next_report: Time,
    returning: VecDeque<(Time, Vec<u8>)>,
}

impl Rig {
    /// A sender that starts at 1 s on a bottleneck of these capacities (from second, kbit/s).
    pub(super) fn new(config: SenderConfig, capacity: &[(u64, u64)]) -> Self {
        Rig::seeded(config, capacity, Seed(7))
    }

    pub(super) fn seeded(config: SenderConfig, capacity: &[(u64, u64)], seed: Seed) -> Self {
        let start = Time::from_secs(1);
        let mut sender = MediaSender::new(config, seed, "participant/alice");
        assert_eq!(sender.deadline(), Time::NEVER, "nothing happens before the start");
        sender.start(start);
        let step = |&(secs, kbps): &(u64, u64)| (Time::from_secs(secs), DataRate::from_kbps(kbps));
        Rig {
            sender,
            now: start,
            log: Log::default(),
            reporting: true,
            capacity: capacity.iter().map(step).collect(),
            free_at: start,
            arriving: VecDeque::new(),
            recorder: ArrivalRecorder::new(),
            streams: Vec::new(),
            next_feedback: start + FEEDBACK_INTERVAL,
            next_report: start + REPORT_INTERVAL,
            returning: VecDeque::new(),
        }
    }

    /// Lets time pass.
    pub(super) fn run_until(&mut self, end: Time) {
        loop {
            let next = self.next_event();
            if next > end {
                self.now = end;
                return;
            }
            assert!(next >= self.now || next == self.sender.deadline(), "time runs forward");
            self.now = self.now.max(next);
            self.step();
        }
    }

    pub(super) fn run_for(&mut self, millis: u64) {
        self.run_until(self.now + Duration::from_millis(millis));
    }

    /// Gives the sender RTCP that was written by `write`, without any delay.
    pub(super) fn tell(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = Vec::new();
        write(&mut bytes);
        for packet in rtcp::packets(&bytes).expect("the test writes RTCP") {
            self.sender.on_rtcp(self.now, &packet);
        }
    }

    /// The last packet of an encoding.
    pub(super) fn last_of(&self, encoding: u8) -> &Sent {
        let mut packets = self.log.packets.iter().rev();
        packets.find(|sent| sent.encoding() == Some(encoding)).expect("the encoding has sent")
    }

    fn next_event(&self) -> Time {
        let arrival = self.arriving.front().map_or(Time::NEVER, |(at, _)| *at);
        let answer = self.returning.front().map_or(Time::NEVER, |(at, _)| *at);
        [self.sender.deadline(), arrival, answer, self.next_feedback, self.next_report]
            .into_iter()
            .min()
            .expect("there are some")
    }

    fn step(&mut self) {
        let now = self.now;
        while let Some((_, bytes)) = self.arriving.pop_front_if(|(at, _)| *at <= now) {
            self.arrive(&bytes);
        }
        while let Some((_, bytes)) = self.returning.pop_front_if(|(at, _)| *at <= now) {
            for packet in rtcp::packets(&bytes).expect("the SFU writes RTCP") {
                self.sender.on_rtcp(now, &packet);
            }
        }
        self.answer();
        if self.sender.deadline() <= now {
            self.send();
            assert!(self.sender.deadline() > now, "a deadline that stays is an endless loop");
        }
    }

    fn send(&mut self) {
        let now = self.now;
        let Rig { sender, log, capacity, free_at, arriving, .. } = self;
        let rate = capacity.iter().rev().find(|(from, _)| *from <= now).expect("some capacity").1;
        let mut carry = |bytes: &[u8]| {
            let size = DataSize::from_bytes(bytes.len() as u64) + OVERHEAD;
            let queued = free_at.since(now);
            if queued > QUEUE {
                return None;
            }
            *free_at = now + queued + rate.time_for(size);
            arriving.push_back((*free_at + DELAY, bytes.to_vec()));
            Some(queued)
        };
        sender.handle_timeout(now, &mut |output| match output {
            Output::Packet { class, packet, tag } => {
                let queued = carry(packet);
                log.packets.push(Sent { at: now, class, tag, bytes: packet.clone(), queued });
                // As SRTP does.
                packet.extend_from_slice(&[0xee; 16]);
            }
            Output::Rtcp(compound) => {
                carry(compound);
                log.rtcp.push((now, compound.clone()));
            }
            Output::FrameEncoded { layer, key, .. } => log.frames.push(Frame { at: now, layer, key }),
            Output::Estimate(rate) => log.estimates.push((now, rate)),
        });
    }

    fn arrive(&mut self, bytes: &[u8]) {
        if (192..=223).contains(&bytes[1]) {
            for packet in rtcp::packets(bytes).expect("the sender writes RTCP") {
                if let Packet::SenderReport(report) = packet
                    && let Some((_, stats)) =
                        self.streams.iter_mut().find(|(ssrc, _)| *ssrc == report.info.ssrc)
                {
                    stats.note_sender_report(self.now, report.info.ntp);
                }
            }
            return;
        }
        let header = RtpHeader::parse(bytes).expect("the sender writes RTP");
        let extensions = Extensions::parse(bytes, &header, &MEDIA.extensions);
        self.recorder.record(self.now, extensions.transport_cc.expect("on every packet"));
        let known = self.streams.iter().position(|(ssrc, _)| *ssrc == header.ssrc);
        let index = known.unwrap_or_else(|| {
            assert!(extensions.mid.is_some(), "an unknown SSRC says what it is");
            let kind = if header.payload_type == 111 { MediaKind::Audio } else { MediaKind::Video };
            self.streams.push((header.ssrc, ReceptionStats::new(header.ssrc, kind.clock_rate())));
            self.streams.len() - 1
        });
        self.streams[index].1.note_packet(self.now, header.sequence, header.timestamp);
    }

    fn answer(&mut self) {
        if self.now >= self.next_feedback {
            self.next_feedback += FEEDBACK_INTERVAL;
            let mut bytes = Vec::new();
            while self.recorder.write_report(&mut bytes, LOCAL_SSRC, 0, 1_100) {}
            self.give_back(bytes);
        }
        if self.now >= self.next_report {
            self.next_report += REPORT_INTERVAL;
            let now = self.now;
            let blocks: Vec<_> = self.streams.iter_mut().filter_map(|(_, s)| s.report_block(now)).collect();
            let mut bytes = Vec::new();
            if self.reporting {
                rtcp::write_receiver_report(&mut bytes, LOCAL_SSRC, &blocks).expect("few streams");
            }
            self.give_back(bytes);
        }
    }

    fn give_back(&mut self, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.returning.push_back((self.now + DELAY, bytes));
        }
    }
}
