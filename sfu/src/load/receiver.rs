//! What one person receives: whether all of it came, how long it took, and the reports about it.

use rustc_hash::FxHashMap;

use super::measure::Spans;
use super::stamp::Stamp;
use crate::Time;
use crate::codec::MediaKind;
use crate::rtcp::{self, ArrivalRecorder, NtpTime, ReceptionStats};

/// A stream of somebody's in the window that is measured.
#[derive(Clone, Debug)]
struct Seen {
    /// The first number that counts, and the first one that doesn't any more.
    base: u32,
    end: u32,
    /// One bit for each from there on.
    bits: Vec<u64>,
}

/// See the module.
#[derive(Default)]
pub(super) struct Receiver {
    arrivals: ArrivalRecorder,
    /// By SSRC.
    reception: Vec<(u32, ReceptionStats)>,
    seen: FxHashMap<(u16, MediaKind), Seen>,
    pub(super) audio: Spans,
    pub(super) video: Spans,
    /// Packets that came again, and packets without a stamp: retransmissions and padding.
    pub(super) repeated: u64,
    pub(super) padding: u64,
}

impl Receiver {
    /// Notes a decrypted packet.
    pub(super) fn note(&mut self, at: Time, header: &crate::rtp::RtpHeader, packet: &[u8], transport_cc: u8) {
        let extension = crate::rtp::extension::transport_sequence(packet, header, transport_cc);
        if let Some(sequence) = extension {
            self.arrivals.record(at, sequence);
        }
        let stats = match self.reception.iter_mut().find(|(ssrc, _)| *ssrc == header.ssrc) {
            Some((_, stats)) => stats,
            None => {
                let clock = if header.payload_type == super::description::OPUS { 48_000 } else { 90_000 };
                self.reception.push((header.ssrc, ReceptionStats::new(header.ssrc, clock)));
                &mut self.reception.last_mut().expect("pushed a line ago").1
            }
        };
        stats.note_packet(at, header.sequence, header.timestamp);
        let Some(stamp) = Stamp::of(header.payload(packet)) else {
            self.padding += 1;
            return;
        };
        let Some(seen) = self.seen.get_mut(&(stamp.publisher, stamp.kind)) else { return };
        if !(seen.base..seen.end).contains(&stamp.number) {
            return;
        }
        let place = stamp.number - seen.base;
        let (word, bit) = (place as usize / 64, 1 << (place % 64));
        if seen.bits.len() <= word {
            seen.bits.resize(word + 1, 0);
        }
        if seen.bits[word] & bit != 0 {
            self.repeated += 1;
            return;
        }
        seen.bits[word] |= bit;
        let spans = if stamp.kind == MediaKind::Audio { &mut self.audio } else { &mut self.video };
        spans.note(at.since(stamp.sent));
    }

    /// Somebody's next packet is `number`: a window begins.
    pub(super) fn expect(&mut self, publisher: u16, kind: MediaKind, number: u32) {
        self.seen.insert((publisher, kind), Seen { base: number, end: u32::MAX, bits: Vec::new() });
    }

    /// Somebody's next packet is `number`: the window ends before it.
    pub(super) fn end(&mut self, publisher: u16, kind: MediaKind, number: u32) {
        if let Some(seen) = self.seen.get_mut(&(publisher, kind)) {
            seen.end = number;
        }
    }

    pub(super) fn clear(&mut self) {
        self.audio.clear();
        self.video.clear();
        (self.repeated, self.padding) = (0, 0);
    }

    /// How many packets of the windows, which have ended, didn't come.
    pub(super) fn missing(&self) -> u64 {
        let of_one = |seen: &Seen| {
            let came: u32 = seen.bits.iter().map(|word| word.count_ones()).sum();
            u64::from(seen.end.saturating_sub(seen.base).saturating_sub(came))
        };
        self.seen.values().map(of_one).sum()
    }

    pub(super) fn note_sender_report(&mut self, now: Time, ssrc: u32, ntp: NtpTime) {
        if let Some((_, stats)) = self.reception.iter_mut().find(|(own, _)| *own == ssrc) {
            stats.note_sender_report(now, ntp);
        }
    }

    /// Appends when what came has come, if anything has; call it until it says no.
    pub(super) fn write_arrivals(&mut self, out: &mut Vec<u8>, reporter: u32) -> bool {
        self.arrivals.write_report(out, reporter, 0, 1_100)
    }

    /// Appends how well everything comes.
    pub(super) fn write_reports(&mut self, out: &mut Vec<u8>, reporter: u32, now: Time) {
        let blocks: Vec<_> =
            self.reception.iter_mut().filter_map(|(_, stats)| stats.report_block(now)).collect();
        for part in blocks.chunks(rtcp::MAX_COUNT) {
            rtcp::write_receiver_report(out, reporter, part).expect("cut to fit");
        }
    }
}
