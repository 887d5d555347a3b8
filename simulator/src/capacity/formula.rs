//! What a conference takes of a line and of a processor, in closed form.
//!
//! Media and its headers only: RTCP, probes and repair, a hundredth or so, are left out.

use scenarios::Rate;

use super::Profile;
use crate::participant::media::packetizer::MAX_PAYLOAD;

/// Headers of a media packet, bytes: IPv4 and UDP 28, RTP 12, its extensions 16 (transport-wide number, send time and
/// MID, in one-byte form, RFC 8285) and the tag of AEAD_AES_128_GCM 16 (RFC 7714).
const HEADERS: f64 = 28.0 + 12.0 + 16.0 + 16.0;
/// VP8's payload descriptor with a long picture id, TL0PICIDX and a temporal layer, bytes (RFC 7741, 4.2).
const VP8: f64 = 6.0;
/// Payload of a packet of video at most, bytes.
const PAYLOAD: f64 = MAX_PAYLOAD as f64;
/// Packets of sound a second: one in 20 ms.
const SOUND_PACKETS: f64 = 50.0;
/// What the microphone of a scenario sends when it says nothing else, bit/s.
const SOUND: f64 = 32_000.0;
/// The layers that the camera of a scenario sends when it says nothing else: bit/s, frames a second.
const LAYERS: [(f64, f64); 3] = [(150_000.0, 15.0), (500_000.0, 30.0), (1_700_000.0, 30.0)];
/// Tiles of the grid that everybody looks at.
const TILES: u32 = 9;

/// Bits and packets a second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Flow {
    /// On the wire, headers included.
    pub bps: f64,
    /// Packets a second.
    pub packets: f64,
}

impl Flow {
    fn times(self, factor: f64) -> Flow {
        Flow { bps: self.bps * factor, packets: self.packets * factor }
    }

    fn plus(self, other: Flow) -> Flow {
        Flow { bps: self.bps + other.bps, packets: self.packets + other.packets }
    }
}

/// What one conference takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand {
    /// What the server sends.
    pub uplink: Flow,
    /// What people send to the server.
    pub downlink: Flow,
    /// The share of one core; 1 is all of it.
    pub core: f64,
    /// What a receiver's pictures come to without headers, each, bit/s.
    pub picture_bps: f64,
}

/// How many conferences each resource carries, not rounded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// What the server sends.
    pub uplink: f64,
    /// What it is sent.
    pub downlink: f64,
    /// Conferences on all cores, each core's whole.
    pub cpu: f64,
}

fn sound() -> Flow {
    Flow { bps: SOUND + SOUND_PACKETS * HEADERS * 8.0, packets: SOUND_PACKETS }
}

fn layer((bps, fps): (f64, f64)) -> Flow {
    let packets = (bps / 8.0 / fps / PAYLOAD).ceil() * fps;
    Flow { bps: bps + packets * (HEADERS + VP8) * 8.0, packets }
}

/// The layer that fills a tile when everybody sees `others`: the highest up to four tiles, else the middle one. A
/// screen of 2560 × 1440 has tiles of 720 lines or more for up to four, and of 480 for up to nine.
fn tile_layer(others: u32) -> usize {
    if others <= 4 { 2 } else { 1 }
}

/// What a conference of `people` takes: each publishes sound and a camera of three layers, of which nobody sends what
/// nobody watches, and looks at the others in a grid.
pub fn demand(people: u32, profile: &Profile) -> Demand {
    let (people, others) = (f64::from(people), people.saturating_sub(1));
    let top = tile_layer(others);
    let pictures = f64::from(others.min(TILES));
    let received = sound().times(f64::from(others)).plus(layer(LAYERS[top]).times(pictures));
    let sent = LAYERS[..=top].iter().fold(sound(), |sum, each| sum.plus(layer(*each)));
    let (uplink, downlink) = (received.times(people), sent.times(people));
    let core = downlink.packets * profile.per_packet_in_ns + uplink.packets * profile.per_packet_out_ns;
    Demand { uplink, downlink, core: core / 1e9, picture_bps: LAYERS[top].0 }
}

impl Demand {
    /// How many of it a server carries.
    pub fn bounds(&self, uplink: Rate, downlink: Rate, cores: u32) -> Bounds {
        Bounds {
            uplink: uplink.as_bps() as f64 / self.uplink.bps,
            downlink: downlink.as_bps() as f64 / self.downlink.bps,
            cpu: (1.0 / self.core).floor() * f64::from(cores),
        }
    }
}

impl Bounds {
    /// The line's: the smaller of both directions.
    pub fn bandwidth(&self) -> f64 {
        self.uplink.min(self.downlink)
    }

    /// The smallest.
    pub fn least(&self) -> f64 {
        self.bandwidth().min(self.cpu)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(left: f64, right: f64) {
        assert!((left - right).abs() < 0.5, "{left} is not {right}");
    }

    #[test]
    fn flows_are_media_and_the_headers_of_their_packets() {
        // 80 bytes of sound and 72 of headers, fifty times a second.
        assert_eq!(sound(), Flow { bps: 60_800.0, packets: 50.0 });
        // Frames of 1,250 bytes are two packets, of 2,083 two, of 7,083 seven; 78 bytes of headers each.
        assert_eq!(layer(LAYERS[0]), Flow { bps: 150_000.0 + 30.0 * 624.0, packets: 30.0 });
        assert_eq!(layer(LAYERS[1]), Flow { bps: 500_000.0 + 60.0 * 624.0, packets: 60.0 });
        assert_eq!(layer(LAYERS[2]), Flow { bps: 1_700_000.0 + 210.0 * 624.0, packets: 210.0 });
    }

    #[test]
    fn ten_people_see_nine_middle_layers_and_send_two() {
        let profile = Profile { per_packet_in_ns: 2_000.0, per_packet_out_ns: 1_000.0, ..Profile::usual() };
        let ten = demand(10, &profile);
        near(ten.uplink.bps, 90.0 * (60_800.0 + 537_440.0));
        near(ten.downlink.bps, 10.0 * (60_800.0 + 168_720.0 + 537_440.0));
        near(ten.uplink.packets, 90.0 * 110.0);
        near(ten.downlink.packets, 10.0 * 140.0);
        // 1,400 packets of 2 us in and 9,900 of 1 us out are 12.7 ms of each second.
        assert!((ten.core - 0.0127).abs() < 1e-9);
        let bounds = ten.bounds(Rate::from_kbps(100_000), Rate::from_kbps(10_000), 2);
        assert!((bounds.uplink - 100.0 / 53.8416).abs() < 1e-3);
        assert!((bounds.downlink - 10.0 / 7.6696).abs() < 1e-3);
        near(bounds.cpu, 2.0 * 78.0);
        assert_eq!(bounds.least(), bounds.downlink);
    }

    #[test]
    fn few_see_the_highest_layer_and_many_nine_pictures_at_most() {
        let usual = Profile::usual();
        near(demand(2, &usual).uplink.bps, 2.0 * (60_800.0 + 1_831_040.0));
        near(demand(5, &usual).picture_bps, 1_700_000.0);
        near(demand(6, &usual).picture_bps, 500_000.0);
        near(demand(50, &usual).uplink.bps, 50.0 * (49.0 * 60_800.0 + 9.0 * 537_440.0));
    }
}
