//! Streams of every codec and structure, with layers left out as an SFU leaves them out.

use proptest::prelude::*;

use super::*;
use crate::participant::media::encoder::InterLayer;
use crate::participant::media::packetizer::{EncodedFrame, StreamFormat, VideoIdentity, VideoPacketizer};
use crate::participant::media::structure::Scalability;
use crate::participant::receive::frame_buffer::LayerFrame;
use crate::participant::receive::reference::FrameFacts;

/// A codec and its layers.
#[derive(Clone, Copy, Debug)]
struct Kind {
    codec: Codec,
    scalability: Scalability,
    described: bool,
    encrypted: bool,
}

fn kind(codec: Codec, spatial: u8, temporal: u8, inter_layer: InterLayer) -> Kind {
    let scalability = Scalability { spatial, temporal, inter_layer };
    Kind { codec, scalability, described: codec == Codec::Av1, encrypted: false }
}

fn kinds() -> Vec<Kind> {
    use InterLayer::{Always, KeyPictures};
    let mut kinds = Vec::new();
    for temporal in 1..=3 {
        for codec in [Codec::Vp8, Codec::Vp9, Codec::Av1] {
            kinds.push(kind(codec, 1, temporal, Always));
            kinds.push(Kind { described: true, encrypted: true, ..kind(codec, 1, temporal, Always) });
        }
        kinds.push(Kind { described: true, ..kind(Codec::H264, 1, temporal, Always) });
        for spatial in 2..=3 {
            for inter_layer in [Always, KeyPictures] {
                kinds.push(kind(Codec::Vp9, spatial, temporal, inter_layer));
                kinds.push(kind(Codec::Av1, spatial, temporal, inter_layer));
            }
        }
    }
    kinds
}

/// A publisher's stream, picture by picture.
struct Stream {
    kind: Kind,
    packetizer: VideoPacketizer,
    pictures: u64,
    phase: usize,
    sequence: u16,
}

/// One spatial layer of a picture in packets.
type LayerPackets = Vec<Packet>;

impl Stream {
    fn new(kind: Kind) -> Stream {
        let sizes = (0..kind.scalability.spatial).map(|n| SIZES[usize::from(n)]).collect();
        let Kind { codec, scalability, described, encrypted } = kind;
        let format = StreamFormat { codec, scalability, sizes, described, encrypted };
        let identity = VideoIdentity { publisher: 1, source: 0, encoding: 0 };
        let packetizer = VideoPacketizer::new(identity, format, 0x7ffe, 254);
        Stream { kind, packetizer, pictures: 0, phase: 0, sequence: 65_530 }
    }

    /// The temporal layer of the next picture.
    fn next_temporal(&self) -> u8 {
        let pattern: &[u8] = match self.kind.scalability.temporal {
            1 => &[0],
            2 => &[0, 1],
            _ => &[0, 2, 1, 2],
        };
        pattern[self.phase % pattern.len()]
    }

    /// The next picture's layers.
    fn picture(&mut self, key: bool, packets: u32) -> Vec<LayerPackets> {
        if key {
            self.phase = 0;
        }
        let (temporal, captured) = (self.next_temporal(), ms(self.pictures * FRAME_MS));
        let active_layers = self.kind.scalability.spatial;
        let timestamp = (self.pictures * FRAME_MS * 90) as u32;
        self.phase += 1;
        self.pictures += 1;
        let layers = (0..active_layers).map(|spatial| {
            let (width, height) = SIZES[usize::from(spatial)];
            let frame = EncodedFrame {
                key: key && spatial == 0,
                spatial,
                temporal,
                bytes: packets * 900,
                width,
                height,
                captured,
                encode: Duration::from_millis(8),
                active_layers,
                ends_picture: spatial + 1 == active_layers,
            };
            let mut content = self.packetizer.start(&frame);
            let (mut out, mut descriptor) = ([0; 1_200], [0; 255]);
            std::iter::from_fn(|| {
                let len = content.next_descriptor(&mut descriptor);
                let payload = content.next_payload(&mut out)?;
                let (payload, marker) = (out[..payload.len].to_vec(), payload.marker);
                Some(Packet {
                    sequence: 0,
                    timestamp,
                    marker,
                    payload,
                    descriptor: descriptor[..len].to_vec(),
                })
            })
            .collect()
        });
        layers.collect()
    }

    /// Numbers the packets of a picture's layers that are sent, and marks the last.
    fn send(&mut self, layers: Vec<LayerPackets>) -> Vec<Packet> {
        let mut packets: Vec<Packet> = layers.into_iter().flatten().collect();
        let count = packets.len();
        for (n, packet) in packets.iter_mut().enumerate() {
            packet.sequence = self.sequence;
            packet.marker = n + 1 == count;
            self.sequence = self.sequence.wrapping_add(1);
        }
        packets
    }
}

/// What the decoder knows of a layer in packets.
fn layer_frame(kind: Kind, packets: &[Packet]) -> LayerFrame {
    let content = |packet: &'_ Packet| {
        payload::read(
            kind.codec,
            Content { payload: &packet.payload, descriptor: &packet.descriptor },
            packet.marker,
        )
    };
    let readings: Vec<_> = packets.iter().map(|packet| content(packet).expect("ours")).collect();
    assert!(readings[0].starts && readings[1..].iter().all(|reading| !reading.starts));
    let stamp = readings.iter().find_map(|reading| reading.stamp).expect("one has it");
    LayerFrame::whole(readings[0].links.clone(), stamp)
}

/// What is said, and what is true, of each picture of which something is sent; it is decoded when it is said to be.
struct Decoder {
    references: References,
    next: u64,
}

impl Decoder {
    fn new() -> Decoder {
        Decoder { references: References::default(), next: 1 }
    }

    /// `hole` says that packets are missing before the picture, rather than left out.
    fn decide(&mut self, kind: Kind, layers: &[LayerPackets], hole: bool) -> (bool, bool) {
        let first_sequence = self.next + u64::from(hole);
        self.next = first_sequence + layers.iter().map(|layer| layer.len() as u64).sum::<u64>();
        let layers: Vec<LayerFrame> = layers.iter().map(|packets| layer_frame(kind, packets)).collect();
        let facts = FrameFacts { first_sequence, last_sequence: self.next - 1, layers: &layers };
        let decision = (self.references.allow(&facts), self.references.truly_allow(&facts));
        if decision.0 {
            self.references.decoded(&facts);
        }
        decision
    }
}

#[test]
fn any_target_of_the_structure_decodes_alone() {
    for kind in kinds() {
        let layers = kind.scalability;
        for (spatial, temporal) in (0..layers.spatial).flat_map(|s| (0..layers.temporal).map(move |t| (s, t)))
        {
            let (mut stream, mut decoder) = (Stream::new(kind), Decoder::new());
            for n in 0..40 {
                let key = n == 0 || n == 23;
                let own = if key { 0 } else { stream.next_temporal() };
                let mut picture = stream.picture(key, 2);
                if own > temporal {
                    continue;
                }
                picture.truncate(usize::from(spatial) + 1);
                let decision = decoder.decide(kind, &picture, false);
                assert_eq!(decision, (true, true), "{kind:?}, target {spatial}/{temporal}, picture {n}");
            }
        }
    }
}

#[test]
fn without_key_pictures_only_layers_below_one_are_needed_in_key_pictures_only() {
    let kind = kind(Codec::Av1, 3, 2, InterLayer::KeyPictures);
    let (mut stream, mut decoder) = (Stream::new(kind), Decoder::new());
    for n in 0..12 {
        let mut picture = stream.picture(n == 0, 1);
        if n > 0 {
            picture.drain(..2);
        }
        assert_eq!(decoder.decide(kind, &picture, false), (true, true), "picture {n}");
    }
}

#[test]
fn a_layer_without_the_one_below_it_is_found_out() {
    for (codec, inter_layer) in [(Codec::Vp9, InterLayer::Always), (Codec::Av1, InterLayer::Always)] {
        let kind = kind(codec, 2, 1, inter_layer);
        let (mut stream, mut decoder) = (Stream::new(kind), Decoder::new());
        assert_eq!(decoder.decide(kind, &stream.picture(true, 1), false), (true, true));
        let picture = stream.picture(false, 1);
        assert_eq!(decoder.decide(kind, &picture[1..], false), (false, false), "{codec:?}");
        // An upper layer may not come back without a point for it either.
        let (mut stream, mut decoder) = (Stream::new(kind), Decoder::new());
        assert_eq!(decoder.decide(kind, &stream.picture(true, 1)[..1], false), (true, true));
        assert_eq!(decoder.decide(kind, &stream.picture(false, 1), false), (false, false), "{codec:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever frames are missing: nothing is called decodable that is not, and by the dependency descriptor all that is.
    #[test]
    fn what_is_said_is_true(
        kind in prop::sample::select(kinds()),
        lost in prop::collection::vec((prop::bool::weighted(0.15), 0..3usize), 60),
    ) {
        let (mut stream, mut decoder) = (Stream::new(kind), Decoder::new());
        let mut hole = false;
        for (n, (lose, from)) in lost.into_iter().enumerate() {
            let key = n % 20 == 0;
            let mut picture = stream.picture(key, 1);
            if lose {
                // The upper layers, or all of it.
                picture.truncate(from);
                hole = true;
            }
            if picture.is_empty() {
                continue;
            }
            let (said, truth) = decoder.decide(kind, &picture, hole);
            hole = false;
            prop_assert!(truth || !said, "{kind:?}, picture {n}: said decodable");
            prop_assert!(said || !truth || !kind.described, "{kind:?}, picture {n}: said undecodable");
            prop_assert!(!key || (said && truth), "{kind:?}, picture {n}: key");
        }
    }
}

fn config_of(kind: Kind) -> VideoConfig {
    VideoConfig { codec: kind.codec, ..config() }
}

#[test]
fn pictures_are_shown_at_the_height_of_the_highest_layer_that_comes() {
    for kind in kinds() {
        let (mut stream, mut rig) = (Stream::new(kind), Rig::new(config_of(kind)));
        let highest = usize::from(kind.scalability.spatial);
        let mut expected = Vec::new();
        for n in 0..30 {
            // All layers; then one less; then, from a key picture on, all again.
            let on = if (10..20).contains(&n) { (highest - 1).max(1) } else { highest };
            let mut picture = stream.picture(n % 10 == 0, 2);
            picture.truncate(on);
            rig.deliver_all(arrival_of(n), &stream.send(picture));
            expected.push((u32::from(SIZES[on - 1].0), u32::from(SIZES[on - 1].1)));
        }
        rig.run(ms(3_000));
        let sizes: Vec<_> = rig.rendered().iter().map(|r| r.size).collect();
        assert_eq!(sizes, expected, "{kind:?}");
        assert_eq!(rig.shown(), (0..30).map(on_time).collect::<Vec<_>>(), "{kind:?}");
        assert_eq!(rig.receiver.health(), VideoHealth::default(), "{kind:?}");
        let counters = rig.receiver.counters();
        assert_eq!((counters.frames_undecodable, counters.nack_packets, counters.pli), (0, 0, 0), "{kind:?}");
    }
}

#[test]
fn every_single_loss_is_repaired_in_time() {
    for kind in kinds().into_iter().chain([kind(Codec::H264Mode0, 1, 1, InterLayer::Always)]) {
        // The very first packet of a stream is not known to be missing: a key frame is asked for.
        let mut which = 1;
        loop {
            let (mut stream, mut rig) = (Stream::new(kind), Rig::new(config_of(kind)));
            let mut count = 0;
            for n in 0..6 {
                let picture = stream.picture(n == 0, 2);
                for packet in stream.send(picture) {
                    if count == which {
                        rig.retransmit(ms(n * FRAME_MS + TRANSIT + 35), &packet);
                    } else {
                        rig.deliver(arrival_of(n), &packet);
                    }
                    count += 1;
                }
            }
            rig.run(ms(2_000));
            assert_eq!(
                rig.rendered().len() as u64 + rig.receiver.health().superseded,
                6,
                "{kind:?}, packet {which}"
            );
            let health = rig.receiver.health();
            let faults = (health.torn, health.broken_chain, health.corrupt, health.replayed);
            assert_eq!(faults, (0, 0, 0, 0), "{kind:?}, packet {which}");
            which += 1;
            if which == count {
                break;
            }
        }
    }
}

#[test]
fn an_sfu_that_forgets_the_marker_or_cuts_a_layer_is_found_out() {
    let kind = kind(Codec::Vp9, 2, 1, InterLayer::Always);
    for cut in [false, true] {
        let (mut stream, mut rig) = (Stream::new(kind), Rig::new(config_of(kind)));
        for n in 0..40 {
            let mut picture = stream.picture(n == 0, 2);
            if cut && n == 3 {
                // The end of the lower layer, with no hole in the sequence numbers.
                picture[0].pop();
            }
            let mut packets = stream.send(picture);
            if !cut && n == 3 {
                packets.last_mut().expect("there are some").marker = false;
            }
            rig.deliver_all(arrival_of(n), &packets);
        }
        rig.run(ms(6_000));
        assert_eq!(rig.rendered().len(), 3, "cut: {cut}");
        assert!(rig.receiver.health().broken_chain > 0, "cut: {cut}");
        assert!(!rig.times_of(|seen| *seen == Seen::Pli).is_empty(), "cut: {cut}");
    }
}

/// The upper layer alone looks like a picture until a packet of the lower one comes: that isn't a chain that broke.
#[test]
fn a_lower_layer_that_is_repaired_in_part_is_missed() {
    for kind in [kind(Codec::Vp9, 2, 1, InterLayer::Always), kind(Codec::Av1, 2, 1, InterLayer::Always)] {
        let (mut stream, mut rig) = (Stream::new(kind), Rig::new(config_of(kind)));
        for n in 0..40 {
            let picture = stream.picture(n == 0, 2);
            let packets = stream.send(picture);
            if n == 3 {
                rig.deliver_all(arrival_of(n), &packets[2..]);
                rig.retransmit(arrival_of(n) + Duration::from_millis(5), &packets[0]);
            } else {
                rig.deliver_all(arrival_of(n), &packets);
            }
        }
        rig.run(ms(6_000));
        assert_eq!(rig.receiver.health().broken_chain, 0, "{kind:?}");
        assert!(!rig.times_of(|seen| *seen == Seen::Pli).is_empty(), "{kind:?}");
    }
}
