//! A packet's way into the jitter buffer: taken apart, told from duplicates, put where it belongs.

use sfu::Time;
use sfu::codec::red::Red;
use sfu::rtp::RtpHeader;

use super::buffer::{AudioPacket, Content};
use super::{AudioOutput, AudioReceiver, STEP_TICKS, transit};
use crate::participant::media::opus::OpusContent;
use crate::participant::media::stamp::AudioStamp;
use crate::participant::receive::packet_history::{Novelty, Origin, PacketHistory};
use crate::participant::receive::statistics::Verdict;

impl AudioReceiver {
    /// Takes a packet of the stream; one of another SSRC is ignored.
    pub fn receive(
        &mut self,
        now: Time,
        header: &RtpHeader,
        payload: &[u8],
        sink: &mut dyn FnMut(AudioOutput),
    ) {
        if header.ssrc != self.config.ssrc {
            return;
        }
        let sequence = match self.statistics.on_packet(now, header.sequence, header.timestamp) {
            Verdict::Accept(sequence) => sequence,
            Verdict::Restart(sequence) => {
                self.restart(sequence);
                sequence
            }
            Verdict::Stray => return,
        };
        self.counters.media_bytes += payload.len() as u64;
        let history = self.history.get_or_insert_with(|| {
            sink(AudioOutput::FirstPacket);
            PacketHistory::new(sequence)
        });
        let novelty = history.insert(sequence, Origin::First, &mut self.counters);
        let red = match self.config.red == Some(header.payload_type) {
            true => match Red::parse(payload) {
                Ok(red) => Some(red),
                Err(_) => return self.health.corrupt += 1,
            },
            false => None,
        };
        let Some(content) = self.read(red.map_or(payload, |red| red.primary)) else { return };
        if novelty == Novelty::Duplicate {
            return;
        }
        let timestamp = self.timestamps.unwrap(u64::from(header.timestamp));
        if let Some(red) = red {
            self.recover(now, &red, (sequence, timestamp));
        }
        let packet = AudioPacket { sequence, timestamp, arrived: now, content, redundant: false };
        self.take(packet, novelty);
        // Whether the copy is needed shows when its place is played; but only if there is time to wait for it.
        let missing = |history: &PacketHistory| !history.contains(sequence.saturating_sub(1));
        if packet.copy().is_some() && self.history.as_ref().is_some_and(missing) {
            self.transits.push(transit(now, timestamp.saturating_sub(STEP_TICKS)));
        }
    }

    /// Takes what is missing out of a packet's redundancy: the newest block is the packet right before, and so on.
    fn recover(&mut self, now: Time, red: &Red<'_>, (sequence, timestamp): (u64, u64)) {
        for (back, block) in (1..).zip(red.redundant.as_slice().iter().rev()) {
            let Some(history) = &mut self.history else { return };
            let Some(sequence) = sequence.checked_sub(back) else { return };
            let Some(timestamp) = timestamp.checked_sub(u64::from(block.offset)) else { return };
            if history.contains(sequence) {
                continue;
            }
            let novelty = history.insert(sequence, Origin::Repair, &mut self.counters);
            let Some(content) = self.read(block.payload) else { continue };
            let packet = AudioPacket { sequence, timestamp, arrived: now, content, redundant: true };
            self.take(packet, novelty);
        }
    }

    fn take(&mut self, packet: AudioPacket, novelty: Novelty) {
        // A late packet counts here, too: the delay has to grow because of it. So does one that came with a later
        // one: it has to be worth the wait.
        self.transits.push(transit(packet.arrived, packet.timestamp));
        match novelty {
            Novelty::Late => self.health.late += u64::from(!packet.redundant),
            _ => self.accept(packet),
        }
    }

    fn read(&mut self, payload: &[u8]) -> Option<Content> {
        match OpusContent::read(payload) {
            // Padding alone has no payload and is no fault.
            Err(_) => {
                self.health.corrupt += u64::from(!payload.is_empty());
                None
            }
            Ok(OpusContent::Silence) => Some(Content::Silence),
            Ok(OpusContent::Sound { stamp, copy }) => {
                let own = |stamp: &AudioStamp| {
                    (stamp.publisher, stamp.source) == (self.config.publisher, self.config.source)
                };
                if !own(&stamp) || !copy.as_ref().is_none_or(own) {
                    self.health.foreign += 1;
                    return None;
                }
                let copy = copy.map(|copy| copy.captured);
                Some(Content::Sound { captured: stamp.captured, voiced: stamp.voiced, copy })
            }
        }
    }
}
