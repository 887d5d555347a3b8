//! Forward error correction (RFC 8627) in front of a video receiver: packets that never came are put together from
//! those that did, and handed on.

mod store;

use std::time::Duration;

use reports::observation::FlowCounters;
use sfu::Time;
use sfu::rtp::RtpHeader;
use sfu::rtp::flexfec::{FecHeader, Parity};

use store::Store;

/// How long packets are kept: longer than a block of packets takes, and than reordering.
const KEPT: Duration = Duration::from_secs(1);
/// Repair packets that wait for more packets.
const MAX_WAITING: usize = 48;
/// For how long after a repair packet more of them are counted on.
const ACTIVE: Duration = Duration::from_secs(1);
/// What a repair may take while they come: the sender's blocks last up to 200 ms, and most is repaired by half of it.
/// Asking costs a round trip that is longer, or there would be no repair packets.
const PATIENCE: Duration = Duration::from_millis(150);
/// How long a missing packet is waited for without them.
const REORDERING: Duration = Duration::from_millis(5);
/// The fixed header of RTP (RFC 3550 section 5.1), bytes.
const FIXED_HEADER_LEN: usize = 12;

/// A repair packet of which at least two packets are missing.
#[derive(Clone, Debug)]
struct Waiting {
    at: Time,
    header: FecHeader,
    payload: Vec<u8>,
}

/// The repair of one media stream.
#[derive(Clone, Debug)]
pub struct FecReceiver {
    media_ssrc: u32,
    ssrc: u32,
    store: Store,
    waiting: Vec<Waiting>,
    /// Recovered and not handed on yet: their numbers.
    recovered: Vec<u16>,
    packet: Vec<u8>,
    parity: Parity,
    last_repair: Option<Time>,
    packets: u64,
    discarded: u64,
    bytes: u64,
}

impl FecReceiver {
    /// For the stream `media_ssrc`, which `ssrc` protects.
    pub fn new(media_ssrc: u32, ssrc: u32) -> Self {
        FecReceiver {
            media_ssrc,
            ssrc,
            store: Store::default(),
            waiting: Vec::new(),
            recovered: Vec::new(),
            packet: Vec::new(),
            parity: Parity::default(),
            last_repair: None,
            packets: 0,
            discarded: 0,
            bytes: 0,
        }
    }

    /// The SSRC of the repair packets.
    pub const fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// How long a missing packet may still come by itself.
    pub fn patience(&self, now: Time) -> Duration {
        let active = self.last_repair.is_some_and(|at| now.since(at) < ACTIVE);
        if active { PATIENCE } else { REORDERING }
    }

    /// `counters` with what was counted here.
    pub const fn add_to(&self, counters: FlowCounters) -> FlowCounters {
        let (fec_packets, fec_discarded, fec_bytes) = (self.packets, self.discarded, self.bytes);
        FlowCounters { fec_packets, fec_discarded, fec_bytes, ..counters }
    }

    /// Takes a packet of the media or of the repair stream, decrypted; any other is ignored.
    pub fn receive(&mut self, now: Time, header: &RtpHeader, packet: &[u8]) {
        if header.ssrc == self.media_ssrc {
            self.store.insert(now, header.sequence, packet);
            self.retry(now);
        } else if header.ssrc == self.ssrc {
            self.on_repair(now, header, packet);
        }
    }

    /// The next packet that was recovered, in order of recovery.
    pub fn recovered(&mut self) -> Option<(RtpHeader, &[u8])> {
        while !self.recovered.is_empty() {
            let sequence = self.recovered.remove(0);
            let Some(header) = self.store.get(sequence).and_then(|packet| RtpHeader::parse(packet).ok())
            else {
                continue;
            };
            return self.store.get(sequence).map(|packet| (header, packet));
        }
        None
    }

    fn on_repair(&mut self, now: Time, header: &RtpHeader, packet: &[u8]) {
        let payload = header.payload(packet);
        self.packets += 1;
        self.bytes += payload.len() as u64;
        self.last_repair = Some(now);
        let streams = usize::from(packet[0] & 0x0f);
        let protects_media = packet.get(FIXED_HEADER_LEN..FIXED_HEADER_LEN + 4)
            == Some(&self.media_ssrc.to_be_bytes())
            && streams == 1;
        let Ok(header) = FecHeader::parse(payload, streams) else {
            self.discarded += 1;
            return;
        };
        match if protects_media { self.missing(&header) } else { Missing::None } {
            Missing::None => self.discarded += 1,
            Missing::One(sequence) => {
                if self.repair(now, &header, payload, sequence) {
                    self.retry(now);
                } else {
                    self.discarded += 1;
                }
            }
            Missing::More => {
                if self.waiting.len() == MAX_WAITING {
                    self.waiting.remove(0);
                    self.discarded += 1;
                }
                self.waiting.push(Waiting { at: now, header, payload: payload.to_vec() });
            }
        }
    }

    /// Something new is here: repair packets that waited may be of use, or no longer.
    fn retry(&mut self, now: Time) {
        let before = self.waiting.len();
        self.waiting.retain(|waiting| now.since(waiting.at) < KEPT);
        self.discarded += (before - self.waiting.len()) as u64;
        let mut at = 0;
        while at < self.waiting.len() {
            match self.missing(&self.waiting[at].header) {
                Missing::More => at += 1,
                Missing::None => {
                    self.waiting.remove(at);
                    self.discarded += 1;
                }
                Missing::One(sequence) => {
                    let Waiting { header, payload, .. } = self.waiting.remove(at);
                    if self.repair(now, &header, &payload, sequence) {
                        // What came of it may help those before.
                        at = 0;
                    } else {
                        self.discarded += 1;
                    }
                }
            }
        }
    }

    fn missing(&self, header: &FecHeader) -> Missing {
        let mut missing =
            header.protections[0].sequences().filter(|sequence| !self.store.contains(*sequence));
        match (missing.next(), missing.next()) {
            (None, _) => Missing::None,
            (Some(sequence), None) => Missing::One(sequence),
            (Some(_), Some(_)) => Missing::More,
        }
    }

    /// Puts packet `sequence` together from all the others; `false` when they don't fit each other.
    fn repair(&mut self, now: Time, header: &FecHeader, payload: &[u8], sequence: u16) -> bool {
        self.parity.load(header, payload);
        for other in header.protections[0].sequences().filter(|other| *other != sequence) {
            self.parity.toggle(self.store.get(other).expect("only one is missing"));
        }
        let recovered = self.parity.recover(sequence, self.media_ssrc, &mut self.packet).is_ok();
        if recovered {
            self.store.insert(now, sequence, &self.packet);
            self.recovered.push(sequence);
        }
        recovered
    }
}

/// How many packets of a repair packet's are not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    None,
    One(u16),
    More,
}

#[cfg(test)]
mod tests;
