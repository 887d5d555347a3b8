//! Streams that are forwarded by their dependency descriptors alone: what is in the payload is nobody's business.

use std::time::Duration;

use sfu::codec::Codec;
use sfu::codec::dependency_descriptor::{ChainDiffs, DependencyDescriptor, FrameDiffs, MAX_LEN, Structure};
use sfu::participant::SourceDescription;
use sfu::{DropReason, Event, PacketClass, rtcp};

use crate::common::call::{Call, config};
use crate::common::media::{AV1, VP8, camera};
use crate::common::peer::{Received, RtpOut};

/// A captured descriptor with a structure of three spatial by three temporal layers (jitsi-videobridge).
const L3T3: &str = "d0013481e81485214eafffaaaa863cf0430c10c302afc0aaa0063c00430010c002a000a80006000040001d954926e082b04a0941b820ac1282503157f974000ca864330e222222eca8655304224230eca87753013f00b3027f016704ff02cf";

/// A publisher of spatial layers at the base frame rate, whose payloads are noise.
struct Publisher {
    structure: Structure,
    payload_type: u8,
    /// Spatial layers.
    layers: u8,
    number: u16,
    sequence: u64,
    timestamp: u32,
    noise: u64,
}

impl Publisher {
    fn new(payload_type: u8, layers: u8) -> Self {
        let digits = (0..L3T3.len()).step_by(2);
        let bytes: Vec<u8> = digits.map(|at| u8::from_str_radix(&L3T3[at..at + 2], 16).unwrap()).collect();
        let (_, structure) = DependencyDescriptor::parse(&bytes, None).unwrap();
        let structure = structure.unwrap();
        Publisher {
            structure,
            payload_type,
            layers,
            number: 65_500,
            sequence: 30_000,
            timestamp: 7,
            noise: 1,
        }
    }

    /// A picture of the base temporal layer: two packets for each spatial layer.
    fn picture(&mut self, key: bool) -> Vec<RtpOut> {
        self.timestamp += 3_000;
        let mut out = Vec::new();
        for spatial in 0..self.layers {
            let descriptor = self.descriptor(spatial, key);
            for n in 0..2 {
                let mut written = descriptor;
                (written.start_of_frame, written.end_of_frame) = (n == 0, n == 1);
                written.has_structure = key && spatial == 0 && n == 0;
                let mut bytes = [0; MAX_LEN];
                let len = written.write(&self.structure, &mut bytes).unwrap();
                self.sequence += 1;
                out.push(RtpOut {
                    payload_type: self.payload_type,
                    marker: spatial + 1 == self.layers && n == 1,
                    sequence: self.sequence,
                    timestamp: self.timestamp,
                    ssrc: 0x1000,
                    mid: Some("0".into()),
                    rid: Some("s".into()),
                    descriptor: bytes[..len].to_vec(),
                    payload: self.noise(100 << spatial),
                    ..RtpOut::default()
                });
            }
            self.number = self.number.wrapping_add(1);
        }
        out
    }

    fn descriptor(&self, spatial: u8, key: bool) -> DependencyDescriptor {
        let is_key =
            |t: &sfu::codec::dependency_descriptor::FrameDependencies| !t.has_inter_picture_dependency();
        let of_layer = |t: &&sfu::codec::dependency_descriptor::FrameDependencies| {
            (t.spatial_id, t.temporal_id) == (spatial, 0) && is_key(t) == key
        };
        let mut frame = *self.structure.templates().iter().find(of_layer).unwrap();
        let (before, chains): (&[u16], [[u8; 3]; 3]) = match key {
            true => (&[], [[0, 0, 0], [1, 1, 1], [2, 1, 1]]),
            // One layer's frames are of every chain.
            false if self.layers == 1 => (&[1], [[1; 3]; 3]),
            false => (&[3], [[3, 2, 1], [1, 1, 1], [2, 1, 1]]),
        };
        let below: &[u16] = if spatial > 0 { &[1] } else { &[] };
        frame.frame_diffs = FrameDiffs::new(&[below, before].concat());
        frame.chain_diffs = ChainDiffs::new(&chains[usize::from(spatial)]);
        DependencyDescriptor::of_frame(&self.structure, &frame, self.number).unwrap()
    }

    fn noise(&mut self, len: usize) -> Vec<u8> {
        let mut next = || {
            self.noise = self.noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (self.noise >> 56) as u8
        };
        (0..len).map(|_| next()).collect()
    }
}

fn source(codec: Codec, layers: u8) -> SourceDescription {
    let mut source = SourceDescription { codec, ..camera() };
    source.encodings.truncate(1);
    let encoding = &mut source.encodings[0];
    (encoding.rid, encoding.height, encoding.max_kbps) = ("s".into(), 720, 1_500);
    (encoding.spatial_layers, encoding.temporal_layers) = (layers, 3);
    source
}

/// A publisher and viewers of these tiles.
fn call(codec: Codec, layers: u8, tiles: &[u16]) -> Call {
    let mut call = Call::new(config());
    call.join(vec![source(codec, layers)]);
    call.connect(0);
    for (index, max_height) in (1..).zip(tiles) {
        call.join(Vec::new());
        call.connect(index);
        let mut wish = call.wish(0, "cam");
        wish.max_height = *max_height;
        call.subscribe(index, &[wish]).unwrap();
    }
    call
}

fn send(call: &mut Call, packets: &[RtpOut]) {
    call.send_all(0, packets);
    call.run(Duration::from_nanos(33_333_333));
}

fn read(publisher: &Publisher, received: &Received) -> DependencyDescriptor {
    let extensions = received.extensions();
    let bytes = extensions.dependency_descriptor.expect("every packet has one");
    DependencyDescriptor::parse(bytes, Some(&publisher.structure)).expect("it is sound").0
}

#[test]
fn noise_is_forwarded_by_its_descriptor() {
    // codec, spatial layers, and which of them viewers of three tiles get at most
    for (codec, payload_type, layers, highest) in
        [(Codec::Av1, AV1, 3, [0, 1, 2]), (Codec::Vp8, VP8, 1, [0, 0, 0])]
    {
        let mut call = call(codec, layers, &[180, 360, 720]);
        let mut publisher = Publisher::new(payload_type, layers);
        let mut sent = Vec::new();
        for n in 0..60 {
            let picture = publisher.picture(n == 0);
            send(&mut call, &picture);
            sent.extend(picture);
        }
        let asked = |event: &Event| matches!(event, Event::KeyFrameRequested { .. });
        assert!(!call.take_events().iter().any(asked), "the first key picture served everybody");
        for (index, spatial) in (1..).zip(highest) {
            let received: Vec<_> = call.peers[index].of(PacketClass::Video).collect();
            let wanted: Vec<_> = sent
                .chunks(2 * usize::from(layers))
                .flat_map(|p| &p[..2 * (usize::from(spatial) + 1)])
                .collect();
            assert_eq!(received.len(), wanted.len(), "{codec:?} S{spatial}");
            for (n, (got, wanted)) in received.iter().zip(&wanted).enumerate() {
                assert_eq!(got.payload(), wanted.payload, "untouched");
                let first = received[0].header().sequence;
                assert_eq!(got.header().sequence, first.wrapping_add(n as u16));
                let last = (n + 1) % (2 * (usize::from(spatial) + 1)) == 0;
                assert_eq!(got.header().marker, last, "{codec:?} S{spatial} packet {n}");
                let (descriptor, original) = (read(&publisher, got), {
                    DependencyDescriptor::parse(&wanted.descriptor, Some(&publisher.structure)).unwrap().0
                });
                assert_eq!(descriptor.frame_number, original.frame_number, "never rewritten");
                assert_eq!(
                    (descriptor.frame, descriptor.has_structure),
                    (original.frame, original.has_structure)
                );
                let target = publisher.structure.target_of_layer(spatial, 2).unwrap();
                let within = publisher.structure.targets_within(target);
                let told = (spatial + 1 < layers).then_some(within);
                assert_eq!(descriptor.active_decode_targets, told, "{codec:?} S{spatial}");
            }
        }
    }
}

#[test]
fn a_retransmission_has_the_descriptor_of_the_first_sending() {
    let mut call = call(Codec::Av1, 3, &[180]);
    let mut publisher = Publisher::new(AV1, 3);
    for n in 0..20 {
        let picture = publisher.picture(n == 0);
        send(&mut call, &picture);
    }
    let originals: Vec<_> = call.peers[1].of(PacketClass::Video).cloned().collect();
    let lost = [&originals[0], &originals[9]];
    let mut compound = Vec::new();
    let missing = lost.map(|packet| packet.header().sequence);
    rtcp::write_nack(&mut compound, 1, lost[0].header().ssrc, &missing);
    call.send_rtcp(1, &compound).unwrap();
    let answers: Vec<_> = call.peers[1].of(PacketClass::Retransmission).collect();
    assert_eq!(answers.len(), 2);
    for (answer, lost) in answers.iter().zip(lost) {
        let descriptor = lost.extensions().dependency_descriptor.map(<[u8]>::to_vec);
        assert_eq!(answer.extensions().dependency_descriptor.map(<[u8]>::to_vec), descriptor);
        assert_eq!(answer.header().marker, lost.header().marker);
        assert_eq!(answer.payload()[2..], *lost.payload());
    }
    assert!(read(&publisher, &originals[0]).has_structure, "even the structure");
}

#[test]
fn without_its_structure_a_packet_is_dropped_and_a_key_frame_asked_for() {
    let mut call = call(Codec::Av1, 3, &[720]);
    let mut publisher = Publisher::new(AV1, 3);
    let picture = publisher.picture(true);
    // The structure's packet is late.
    for packet in &picture[1..] {
        assert_eq!(call.send(0, packet), Err(DropReason::UnknownStructure));
    }
    assert_eq!(call.sfu.drops().of(DropReason::UnknownStructure), 5);
    let asked = call.take_events().iter().filter(|e| matches!(e, Event::KeyFrameRequested { .. })).count();
    assert_eq!(asked, 1);
    call.send(0, &picture[0]).unwrap();
    let received: Vec<_> = call.peers[1].of(PacketClass::Video).map(|r| r.payload().to_vec()).collect();
    assert_eq!(received, picture.iter().map(|packet| packet.payload.clone()).collect::<Vec<_>>());
}
