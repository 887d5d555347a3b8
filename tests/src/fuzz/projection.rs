//! The video projection. Input: packets of three encodings, targets, pauses, restarts and reports.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use sfu::Time;
use sfu::codec::FrameDescription;
use sfu::codec::dependency_descriptor::{DependencyDescriptor, Structure};
use sfu::codec::frame::Targets;
use sfu::codec::vp8::{PictureId, Vp8Descriptor};
use sfu::forward::{IngressVideo, Layer, MAX_ENCODINGS, Origin, VideoProjection};

use super::input::Input;

pub(super) fn run(data: &[u8]) {
    play(data);
}

fn play(data: &[u8]) -> Run {
    let mut input = Input::new(data);
    let origin = Origin {
        sequence: input.u16(),
        timestamp: input.u32(),
        picture_id: input.u16(),
        tl0_picture_index: input.u8(),
    };
    let mut run = Run {
        projection: VideoProjection::new(origin),
        encodings: [Encoding::default(); MAX_ENCODINGS],
        out: BTreeMap::new(),
        now: Time::ZERO,
    };
    while !input.is_empty() {
        run.step(&mut input);
    }
    run
}

/// A structure of three spatial by three temporal layers, for dependency descriptors to refer to (captured from AV1 by
/// jitsi-videobridge).
const L3T3: [u8; 95] = [
    0xd0, 0x01, 0x34, 0x81, 0xe8, 0x14, 0x85, 0x21, 0x4e, 0xaf, 0xff, 0xaa, 0xaa, 0x86, 0x3c, 0xf0, 0x43,
    0x0c, 0x10, 0xc3, 0x02, 0xaf, 0xc0, 0xaa, 0xa0, 0x06, 0x3c, 0x00, 0x43, 0x00, 0x10, 0xc0, 0x02, 0xa0,
    0x00, 0xa8, 0x00, 0x06, 0x00, 0x00, 0x40, 0x00, 0x1d, 0x95, 0x49, 0x26, 0xe0, 0x82, 0xb0, 0x4a, 0x09,
    0x41, 0xb8, 0x20, 0xac, 0x12, 0x82, 0x50, 0x31, 0x57, 0xf9, 0x74, 0x00, 0x0c, 0xa8, 0x64, 0x33, 0x0e,
    0x22, 0x22, 0x22, 0xec, 0xa8, 0x65, 0x53, 0x04, 0x22, 0x42, 0x30, 0xec, 0xa8, 0x77, 0x53, 0x01, 0x3f,
    0x00, 0xb3, 0x02, 0x7f, 0x01, 0x67, 0x04, 0xff, 0x02, 0xcf,
];

/// The same packet with spatial layers, or by a dependency descriptor, as `shape` says.
fn layered(plain: FrameDescription, shape: u8, encoding: &Encoding) -> FrameDescription {
    static STRUCTURE: LazyLock<(Structure, Targets)> = LazyLock::new(|| {
        let (_, structure) = DependencyDescriptor::parse(&L3T3, None).expect("sound");
        let structure = structure.expect("it carries one");
        let targets = Targets::of(&structure);
        (structure, targets)
    });
    let bit = |bit: u8| shape & bit != 0;
    if !bit(0x80) {
        return FrameDescription {
            spatial: shape & 3,
            temporal: shape >> 2 & 3,
            layered: bit(0x10),
            frame_end: bit(0x20),
            inter_picture: !plain.key_frame_start && bit(0x40),
            inter_layer: bit(1),
            used_above: bit(8),
            switching_up: bit(4),
            layer_sync: bit(4),
            picture_id: Some(PictureId::Long(encoding.picture)),
            tl0_picture_index: Some(encoding.tl0),
            ids_are_references: true,
            ..plain
        };
    }
    let (structure, targets) = &*STRUCTURE;
    let template = structure.templates()[usize::from(shape & 0x1f) % structure.templates().len()];
    let described = DependencyDescriptor::of_frame(structure, &template, encoding.picture);
    let mut described = described.expect("it is a template's own");
    (described.start_of_frame, described.end_of_frame) = (plain.frame_start, plain.frame_end);
    described.has_structure = plain.key_frame_start;
    let active = if bit(0x20) { targets.all() } else { targets.all() >> (encoding.tl0 % 9) };
    FrameDescription::described(&described, *targets, active, if bit(0x40) { 3 } else { 1 })
}

/// Where one encoding's numbers stand.
#[derive(Clone, Copy, Default)]
struct Encoding {
    sequence: u64,
    timestamp: u32,
    picture: u16,
    tl0: u8,
    /// How often it has started anew.
    life: u32,
}

struct Run {
    projection: VideoProjection,
    encodings: [Encoding; MAX_ENCODINGS],
    /// Outgoing number by what it was given to: encoding, life and ingress number.
    out: BTreeMap<u64, (usize, u32, u64)>,
    now: Time,
}

impl Run {
    fn step(&mut self, input: &mut Input<'_>) {
        let op = input.u8();
        let id = usize::from(op >> 3) % MAX_ENCODINGS;
        match op & 7 {
            0 => {
                let layer = Layer { encoding: op >> 3 & 3, spatial: op >> 6 & 1, temporal: op >> 5 & 3 };
                self.projection.set_target((op & 0x80 == 0).then_some(layer));
            }
            1 if op & 0x80 != 0 => self.projection.pause(),
            1 => self.projection.resume(),
            2 if op & 0x80 != 0 => {
                self.projection.on_source_restart(id as u8);
                self.encodings[id].life += 1;
                self.encodings[id].sequence = u64::from(input.u16());
            }
            2 => {
                let ntp = u64::from(input.u32()) << 16;
                self.projection.on_sender_report(id as u8, ntp, input.u32());
            }
            3 => {
                let _ = self.projection.map_timestamp(id as u8, input.u32());
                if let Some((encoding, _)) = self.projection.hole(input.u16()) {
                    assert!(usize::from(encoding) < MAX_ENCODINGS);
                }
            }
            _ => self.packet(id, op, input),
        }
        let (target, current) = (self.projection.target(), self.projection.current());
        assert!(self.projection.wants_key_frame().is_none() || target.is_some());
        assert!(current.is_none() || (target.is_some() && !self.projection.is_paused()));
    }

    fn packet(&mut self, id: usize, op: u8, input: &mut Input<'_>) {
        let flags = input.u16();
        self.now += Duration::from_millis(u64::from(flags >> 12));
        let encoding = &mut self.encodings[id];
        let step = input.u8() as i8;
        // A step of zero sends a number again; large ones come by the top bits of the operation.
        let step = i64::from(step) << if op >= 0xe0 { 12 } else { 0 };
        encoding.sequence = encoding.sequence.saturating_add_signed(step);
        if flags & 1 != 0 {
            encoding.timestamp = encoding.timestamp.wrapping_add(u32::from(input.u8()) * 750);
            encoding.picture = encoding.picture.wrapping_add(1) & 0x7fff;
            encoding.tl0 = encoding.tl0.wrapping_add((flags >> 10) as u8 & 1);
        }
        let bit = |bit: u16| flags & bit != 0;
        let vp8 = Vp8Descriptor {
            non_reference: false,
            start_of_partition: bit(2),
            partition: 0,
            picture_id: bit(4).then_some(if bit(8) {
                PictureId::Short((encoding.picture & 0x7f) as u8)
            } else {
                PictureId::Long(encoding.picture)
            }),
            tl0_picture_index: bit(16).then_some(encoding.tl0),
            temporal_id: bit(16).then_some((flags >> 10) as u8 & 3),
            layer_sync: bit(32),
            key_index: None,
            key_frame_start: bit(2) && bit(64),
            len: 1,
        };
        let opaque = FrameDescription::plain(bit(2), bit(64), bit(128));
        let packet = IngressVideo {
            encoding: id as u8,
            sequence: encoding.sequence,
            timestamp: encoding.timestamp,
            marker: bit(128),
            frame: if bit(512) {
                layered(opaque, input.u8(), encoding)
            } else {
                FrameDescription::vp8(&vp8, bit(128))
            },
            arrived: self.now,
            padding_only: bit(256),
        };
        let identity = (id, encoding.life, encoding.sequence);
        let Ok(projected) = self.projection.project(&packet) else { return };
        assert!(!packet.padding_only, "padding was forwarded");
        // A publisher that contradicts itself within a frame keeps its own numbers, but absent stays absent.
        let (picture, tl0) = (packet.frame.picture_id, packet.frame.tl0_picture_index);
        assert!(projected.numbers.picture_id.is_none() || picture.is_some(), "a picture id for none");
        assert!(projected.numbers.tl0_picture_index.is_none() || tl0.is_some(), "a TL0PICIDX for none");
        let before = self.out.insert(projected.sequence, identity);
        assert!(before.is_none_or(|other| other == identity), "{before:?} and {identity:?}: one number");
        if self.out.len() > 4_096 {
            self.out.pop_first();
        }
    }
}

/// A body whose seeds all bounced off would find nothing.
#[test]
fn seeds_get_packets_out_of_several_encodings() {
    let run = play(include_bytes!("../../fuzz/seeds/projection/switch-up-and-down"));
    let encodings: std::collections::BTreeSet<usize> = run.out.values().map(|(id, ..)| *id).collect();
    assert_eq!((run.out.len(), encodings.len()), (16, 2));
}
