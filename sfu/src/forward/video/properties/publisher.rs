//! A random run: a publisher, its uplink, and an SFU that fills holes from its cache.

use std::collections::BTreeMap;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use crate::Time;
use crate::forward::ingress::IngressVideo;
use crate::forward::video::fixture::{Encoding, Sent, Start};
use crate::forward::video::{Layer, Origin, Projected, VideoProjection};

#[derive(Clone, Copy, Debug)]
pub(super) struct Conditions {
    pub(super) seed: u64,
    /// Per thousand packets; most of those lost come 80 ms later.
    pub(super) loss: u32,
    pub(super) jitter_ms: u64,
    /// Per thousand packets.
    pub(super) duplication: u32,
    pub(super) padding: bool,
    pub(super) restarts: bool,
    pub(super) short_ids: bool,
    pub(super) pauses: bool,
}

/// A packet that went out. `life` counts the restarts of its encoding.
#[derive(Clone, Copy, Debug)]
pub(super) struct Out {
    pub(super) out: Projected,
    pub(super) sent: Sent,
    pub(super) life: u32,
}

/// A frame of the source.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) key: bool,
    pub(super) sync: bool,
    pub(super) temporal: u8,
    pub(super) first: u64,
    pub(super) packets: u64,
}

pub(super) type FrameId = (u8, u32, u32);

pub(super) struct Run {
    pub(super) conditions: Conditions,
    pub(super) out: Vec<Out>,
    pub(super) frames: BTreeMap<FrameId, Frame>,
    /// Numbers that came while they were the highest of their encoding (and life).
    pub(super) in_order: std::collections::BTreeSet<(u8, u32, u64)>,
}

struct World {
    random: ChaCha8Rng,
    run: Run,
    projection: VideoProjection,
    encodings: [Encoding; 3],
    lives: [u32; 3],
    highest: BTreeMap<(u8, u32), u64>,
    uplink: BTreeMap<(Time, u64), (Sent, u32)>,
    cache: BTreeMap<(u8, u64), (Sent, u32)>,
    count: u64,
}

impl Run {
    pub(super) fn of(conditions: Conditions) -> Run {
        let mut random = ChaCha8Rng::seed_from_u64(conditions.seed);
        let encodings = [0, 1, 2].map(|id| Encoding::new(id, random_start(&mut random, conditions, 1 << 16)));
        let origin = Origin {
            sequence: (random.next_u32() % 200).wrapping_sub(100) as u16,
            timestamp: (random.next_u32() % 900_000).wrapping_sub(450_000),
            picture_id: random.next_u32() as u16 % 200 + 32_668,
            tl0_picture_index: random.next_u32() as u8,
        };
        let run = Run {
            conditions,
            out: Vec::new(),
            frames: BTreeMap::new(),
            in_order: std::collections::BTreeSet::new(),
        };
        let mut world = World {
            random,
            run,
            projection: VideoProjection::new(origin),
            encodings,
            lives: [0; 3],
            highest: BTreeMap::new(),
            uplink: BTreeMap::new(),
            cache: BTreeMap::new(),
            count: 0,
        };
        world.projection.set_target(Some(Layer { encoding: 1, spatial: 0, temporal: 2 }));
        for tick in 0..400 {
            world.tick(tick);
        }
        world.run
    }
}

/// Numbers just below their wrap-around.
fn random_start(random: &mut ChaCha8Rng, conditions: Conditions, sequence: u64) -> Start {
    Start {
        sequence: sequence + 65_536 - u64::from(random.next_u32() % 300),
        timestamp: (random.next_u32() % 1_800_000).wrapping_sub(900_000),
        picture: 32_767 - random.next_u32() as u16 % 200,
        tl0: random.next_u32() as u8,
        short_ids: conditions.short_ids,
    }
}

impl World {
    fn chance(&mut self, permille: u32) -> bool {
        self.random.next_u32() % 1000 < permille
    }

    fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.random.next_u64() % bound }
    }

    fn tick(&mut self, tick: u64) {
        let now = Time::from_nanos(tick * 1_000_000_000 / 30);
        self.control();
        for id in 0..3u8 {
            let wanted = self.projection.wants_key_frame() == Some(id);
            let key = tick == 0 || self.chance(if wanted { 300 } else { 10 });
            let key = self.restart(id) || key;
            self.send_frame(id, key, now);
            if tick.is_multiple_of(30) {
                let rtp = self.encodings[usize::from(id)].timestamp.wrapping_sub(3000);
                self.projection.on_sender_report(id, (tick << 32) / 30, rtp);
            }
        }
        let until = now + Duration::from_nanos(1_000_000_000 / 30);
        while let Some(entry) = self.uplink.first_entry().filter(|entry| entry.key().0 < until) {
            let (sent, life) = entry.remove();
            self.deliver(sent, life);
        }
        self.fill_holes();
    }

    fn control(&mut self) {
        if self.chance(40) {
            let (encoding, temporal) = (self.below(3) as u8, self.below(3) as u8);
            self.projection.set_target(Some(Layer { encoding, spatial: 0, temporal }));
        }
        if self.run.conditions.pauses && self.chance(10) {
            self.projection.pause();
        } else if self.chance(300) {
            self.projection.resume();
        }
    }

    /// Now and then starts an encoding's numbers anew; tells whether it did.
    fn restart(&mut self, id: u8) -> bool {
        if !self.run.conditions.restarts || !self.chance(4) {
            return false;
        }
        let at = usize::from(id);
        let sequence = self.encodings[at].sequence + 5_000;
        let start = random_start(&mut self.random, self.run.conditions, sequence);
        let frames = self.encodings[at].frames;
        self.encodings[at] = Encoding::new(id, start);
        self.encodings[at].frames = frames;
        self.lives[at] += 1;
        true
    }

    fn send_frame(&mut self, id: u8, key: bool, now: Time) {
        let (packets, sync) = (1 + self.below(4), self.chance(150));
        let (at, life) = (usize::from(id), self.lives[usize::from(id)]);
        let sent = self.encodings[at].frame(packets, key, sync, now);
        let frame = Frame {
            key,
            sync: sent[0].sync,
            temporal: sent[0].packet.frame.temporal,
            first: sent[0].packet.sequence,
            packets,
        };
        self.run.frames.insert((id, life, sent[0].frame), frame);
        for sent in sent {
            self.transmit(sent, life, now);
        }
        if self.run.conditions.padding && self.chance(200) {
            let packet = self.encodings[at].padding(now);
            self.transmit(Sent { packet, frame: u32::MAX, key: false, sync: false }, life, now);
        }
    }

    fn transmit(&mut self, sent: Sent, life: u32, now: Time) {
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
            let delay = Duration::from_millis(extra + self.below(conditions.jitter_ms));
            let arrived = now + delay;
            let packet = IngressVideo { arrived, ..sent.packet };
            self.uplink.insert((arrived, self.count), (Sent { packet, ..sent }, life));
        }
    }

    fn deliver(&mut self, sent: Sent, life: u32) {
        let (id, sequence) = (sent.packet.encoding, sent.packet.sequence);
        let highest = self.highest.entry((id, life)).or_insert(0);
        if sequence > *highest {
            *highest = sequence;
            self.run.in_order.insert((id, life, sequence));
        }
        self.cache.entry((id, sequence)).or_insert((sent, life));
        if !self.project(sent, life) {
            return;
        }
        // A switch: what was refused before it follows.
        let after: Vec<_> =
            self.cache.range((id, sequence + 1)..(id, sequence + 200)).map(|(_, v)| *v).collect();
        for (sent, life) in after {
            self.project(sent, life);
        }
    }

    /// Answers the receiver's NACKs for packets that were never sent.
    fn fill_holes(&mut self) {
        let Some(highest) = self.run.out.iter().map(|out| out.out.sequence).max() else { return };
        for out in highest.saturating_sub(100)..highest {
            let cached = self.projection.hole(out as u16).and_then(|at| self.cache.get(&at)).copied();
            if let Some((sent, life)) = cached {
                self.project(sent, life);
            }
        }
    }

    /// Whether the packet went out and began a segment.
    fn project(&mut self, sent: Sent, life: u32) -> bool {
        let Ok(out) = self.projection.project(&sent.packet) else { return false };
        self.run.out.push(Out { out, sent, life });
        out.switched
    }
}
