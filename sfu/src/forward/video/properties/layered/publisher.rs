//! A random run: a publisher, its uplink, and an SFU that fills holes from its cache.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use crate::Time;
use crate::forward::ingress::IngressVideo;
use crate::forward::video::layered::{Encoding, Frame, Mode, Sent, Start};
use crate::forward::video::{Layer, Origin, Projected, VideoProjection};

#[derive(Clone, Copy, Debug)]
pub(super) struct Conditions {
    pub(super) seed: u64,
    pub(super) mode: Mode,
    /// Per thousand packets; most of those lost come 80 ms later.
    pub(super) loss: u32,
    pub(super) jitter_ms: u64,
    /// Per thousand packets.
    pub(super) duplication: u32,
    pub(super) pauses: bool,
    /// The source turns spatial layers off and on.
    pub(super) switches_layers: bool,
    /// The target hardly ever changes.
    pub(super) steady: bool,
}

/// A packet that went out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Out {
    pub(super) out: Projected,
    pub(super) sent: Sent,
}

/// Encoding and number.
pub(super) type FrameId = (u8, u32);

pub(super) struct Run {
    pub(super) conditions: Conditions,
    pub(super) out: Vec<Out>,
    pub(super) frames: BTreeMap<FrameId, Frame>,
    /// Numbers that came while they were the highest of their encoding.
    pub(super) in_order: BTreeSet<(u8, u64)>,
}

struct World {
    random: ChaCha8Rng,
    run: Run,
    projection: VideoProjection,
    encodings: Vec<Encoding>,
    highest: [u64; 3],
    uplink: BTreeMap<(Time, u64), Sent>,
    cache: BTreeMap<(u8, u64), Sent>,
    count: u64,
    /// Where the target stays.
    fixed: Option<Layer>,
}

impl Run {
    pub(super) fn of(conditions: Conditions) -> Run {
        let mut world = World::new(conditions);
        world.projection.set_target(Some(Layer { encoding: 0, spatial: 2, temporal: 2 }));
        for tick in 0..300 {
            world.tick(tick);
        }
        world.run
    }

    /// A run in order, from the lowest layers to these after 100 pictures.
    pub(super) fn towards(mode: Mode, spatial: u8, temporal: u8) -> Run {
        let conditions = Conditions {
            seed: 1,
            mode,
            loss: 0,
            jitter_ms: 0,
            duplication: 0,
            pauses: false,
            switches_layers: false,
            steady: true,
        };
        let mut world = World::new(conditions);
        for tick in 0..300 {
            let layer = if tick < 100 {
                Layer { encoding: 0, spatial: 0, temporal: 0 }
            } else {
                Layer { encoding: 0, spatial, temporal }
            };
            world.fixed = Some(layer);
            world.projection.set_target(world.fixed);
            world.tick(tick);
        }
        world.run
    }

    /// The layers of the frames that went out of pictures from this one on.
    pub(super) fn forwarded_from(&self, picture: u32) -> Vec<(u8, u8)> {
        let frames = self.out.iter().map(|out| &self.frames[&(out.sent.packet.encoding, out.sent.frame)]);
        frames.filter(|frame| frame.picture >= picture).map(|frame| (frame.spatial, frame.temporal)).collect()
    }
}

impl World {
    fn new(conditions: Conditions) -> World {
        let mut random = ChaCha8Rng::seed_from_u64(conditions.seed);
        let count = if conditions.mode.spatial_layers() > 1 { 1 } else { 3 };
        let encodings = (0..count).map(|id| {
            let start = Start {
                sequence: (1 << 16) + 65_536 - u64::from(random.next_u32() % 300),
                timestamp: (random.next_u32() % 1_800_000).wrapping_sub(900_000),
                picture: 32_767 - random.next_u32() as u16 % 200,
                tl0: random.next_u32() as u8,
                frame: 65_535 - random.next_u32() % 300,
            };
            Encoding::new(conditions.mode, id, start)
        });
        let encodings = encodings.collect();
        let origin = Origin {
            sequence: (random.next_u32() % 200).wrapping_sub(100) as u16,
            timestamp: (random.next_u32() % 900_000).wrapping_sub(450_000),
            picture_id: random.next_u32() as u16 % 200 + 32_668,
            tl0_picture_index: random.next_u32() as u8,
        };
        let run = Run { conditions, out: Vec::new(), frames: BTreeMap::new(), in_order: BTreeSet::new() };
        World {
            random,
            run,
            projection: VideoProjection::new(origin),
            encodings,
            highest: [0; 3],
            uplink: BTreeMap::new(),
            cache: BTreeMap::new(),
            count: 0,
            fixed: None,
        }
    }

    fn chance(&mut self, permille: u32) -> bool {
        self.random.next_u32() % 1000 < permille
    }

    fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.random.next_u64() % bound }
    }

    fn tick(&mut self, tick: u64) {
        let now = Time::from_nanos(tick * 1_000_000_000 / 30);
        if self.fixed.is_none() {
            self.control();
        }
        for at in 0..self.encodings.len() {
            let wanted = self.projection.wants_key_frame() == Some(at as u8);
            let mut key = tick == 0 || self.chance(if wanted { 200 } else { 5 });
            key |= self.switch_layers(at);
            let sizes: Vec<u64> = (0..3).map(|_| 1 + self.below(4)).collect();
            let mut sizes = sizes.into_iter();
            let picture = self.encodings[at].picture(key, now, || sizes.next().unwrap_or(1));
            let frames = picture.frames.into_iter().map(|(number, frame)| ((at as u8, number), frame));
            self.run.frames.extend(frames);
            for sent in picture.packets {
                self.transmit(sent, now);
            }
        }
        let until = now + Duration::from_nanos(1_000_000_000 / 30);
        while let Some(entry) = self.uplink.first_entry().filter(|entry| entry.key().0 < until) {
            let sent = entry.remove();
            self.deliver(sent);
        }
        self.fill_holes();
    }

    fn control(&mut self) {
        if self.chance(if self.run.conditions.steady { 4 } else { 40 }) {
            let encoding = self.below(self.encodings.len() as u64) as u8;
            let (spatial, temporal) = (self.below(3) as u8, self.below(3) as u8);
            self.projection.set_target(Some(Layer { encoding, spatial, temporal }));
        }
        if self.run.conditions.pauses && self.chance(10) {
            self.projection.pause();
        } else if self.chance(300) {
            self.projection.resume();
        }
    }

    /// Now and then turns spatial layers on or off, at a base picture; tells whether that takes a key picture.
    fn switch_layers(&mut self, at: usize) -> bool {
        let layers = self.run.conditions.mode.spatial_layers();
        let possible = self.run.conditions.switches_layers && layers > 1 && self.encodings[at].is_at_base();
        if !possible || !self.chance(80) {
            return false;
        }
        let active = 1 + self.below(u64::from(layers)) as u8;
        self.encodings[at].set_active(active)
    }

    fn transmit(&mut self, sent: Sent, now: Time) {
        let conditions = self.run.conditions;
        let mut copies = vec![0];
        if self.chance(conditions.loss) {
            copies = if self.chance(700) { vec![80] } else { Vec::new() };
        }
        if self.chance(conditions.duplication) {
            copies.push(3);
        }
        for extra in copies {
            self.count += 1;
            let arrived = now + Duration::from_millis(extra + self.below(conditions.jitter_ms));
            let packet = IngressVideo { arrived, ..sent.packet };
            self.uplink.insert((arrived, self.count), Sent { packet, ..sent });
        }
    }

    fn deliver(&mut self, sent: Sent) {
        let (id, sequence) = (sent.packet.encoding, sent.packet.sequence);
        let highest = &mut self.highest[usize::from(id)];
        if sequence > *highest {
            *highest = sequence;
            self.run.in_order.insert((id, sequence));
        }
        self.cache.entry((id, sequence)).or_insert(sent);
        if !self.project(sent) {
            return;
        }
        // A switch: what was refused before it follows.
        let after: Vec<_> =
            self.cache.range((id, sequence + 1)..(id, sequence + 200)).map(|(_, v)| *v).collect();
        for sent in after {
            self.project(sent);
        }
    }

    /// Answers the receiver's NACKs for packets that were never sent.
    fn fill_holes(&mut self) {
        let Some(highest) = self.run.out.iter().map(|out| out.out.sequence).max() else { return };
        for out in highest.saturating_sub(100)..highest {
            let cached = self.projection.hole(out as u16).and_then(|at| self.cache.get(&at)).copied();
            if let Some(sent) = cached {
                self.project(sent);
            }
        }
    }

    /// Whether the packet went out and began a segment.
    fn project(&mut self, sent: Sent) -> bool {
        let Ok(out) = self.projection.project(&sent.packet) else { return false };
        self.run.out.push(Out { out, sent });
        out.switched
    }
}
