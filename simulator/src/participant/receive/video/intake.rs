//! What a video receiver does with a packet: place it, account for it, add it to its frame.

use sfu::Time;
use sfu::rtp::RtpHeader;

use super::{CLOCK_HZ, Content, VideoOutput, VideoReceiver, payload};
use crate::participant::receive::frame_buffer::FramePacket;
use crate::participant::receive::latency::{Arrival, Journey, UplinkLookup};
use crate::participant::receive::packet_history::{Novelty, Origin, PacketHistory};
use crate::participant::receive::playout::media_nanos;
use crate::participant::receive::statistics::Verdict;

impl VideoReceiver {
    /// A packet of the media SSRC: its number and payload when it is new.
    pub(super) fn on_media<'p>(
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
    pub(super) fn on_retransmission<'p>(
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

    /// A packet of the media SSRC that was put together from others: its number when it is new. It never arrived, so
    /// the reports to the sender leave it out.
    pub(super) fn on_recovered(
        &mut self,
        now: Time,
        header: &RtpHeader,
        sink: &mut dyn FnMut(VideoOutput<'_>),
    ) -> Option<u64> {
        let sequence = self.statistics.extend(header.sequence)?;
        let novelty = self.history.as_mut()?.insert(sequence, Origin::Repair, &mut self.counters);
        if novelty != Novelty::New {
            return None;
        }
        self.counters.fec_recovered += 1;
        self.track_gaps(now, sequence, sink);
        Some(sequence)
    }

    fn track_gaps(&mut self, now: Time, sequence: u64, sink: &mut dyn FnMut(VideoOutput<'_>)) {
        if !self.nack.on_packet(now, sequence) {
            self.give_up(now, sequence, sink);
        }
    }

    /// Adds a packet that was not there before to its frame; whether that completed the frame.
    #[expect(clippy::too_many_arguments, reason = "the parts of one arrival, taken apart by the caller")]
    pub(super) fn on_new_payload(
        &mut self,
        now: Time,
        header: &RtpHeader,
        sequence: u64,
        content: Content<'_>,
        arrival: &Arrival,
        uplinks: &impl UplinkLookup,
        sink: &mut dyn FnMut(VideoOutput<'_>),
    ) -> bool {
        if content.payload.is_empty() {
            return false;
        }
        let (timestamp, marker) = (header.timestamp, header.marker);
        let Ok(reading) = payload::read(self.config.codec, content, marker) else {
            self.health.corrupt += 1;
            return false;
        };
        let own = (self.config.publisher, self.config.source);
        if reading.stamp.is_some_and(|stamp| (stamp.publisher, stamp.source) != own) {
            self.health.foreign += 1;
            return false;
        }
        if self.frames.is_full() {
            self.drop_oldest(sink);
        }
        let payload::Reading { starts, ends, links, stamp } = reading;
        let packet = FramePacket { sequence, timestamp, marker, starts, ends, links, stamp };
        let media = || media_nanos(self.timestamps.unwrap(u64::from(timestamp)), CLOCK_HZ);
        let Some((frame, stamp)) = self.frames.insert(&packet, now, media) else { return false };
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
