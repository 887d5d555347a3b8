//! A publisher to test with whose frames say what they truly refer to: VP9 and AV1 with spatial layers, AV1 and H.264
//! without.

use std::sync::LazyLock;

use crate::Time;
use crate::codec::dependency_descriptor::{
    ChainDiffs, DependencyDescriptor, FrameDependencies, FrameDiffs, Indication, Indications, Structure,
};
use crate::codec::frame::Targets;
use crate::codec::vp8::PictureId;
use crate::codec::vp9::{LayerIndices, Vp9Descriptor};
use crate::codec::{FrameDescription, h264::H264Descriptor};
use crate::forward::ingress::IngressVideo;

/// Temporal ids of the pictures of one cycle.
const CYCLE: [u8; 4] = [0, 2, 1, 2];

/// What the publisher sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// VP9 in non-flexible mode, each layer always referring to the one below.
    Vp9,
    /// The same, only key pictures doing so.
    Vp9Key,
    /// AV1, as both of these.
    Av1,
    Av1Key,
    /// AV1 without spatial layers.
    L1T3,
    H264,
}

impl Mode {
    pub(super) const ALL: [Mode; 6] =
        [Mode::Vp9, Mode::Vp9Key, Mode::Av1, Mode::Av1Key, Mode::L1T3, Mode::H264];

    pub(super) const fn spatial_layers(self) -> u8 {
        match self {
            Mode::L1T3 | Mode::H264 => 1,
            Mode::Vp9 | Mode::Vp9Key | Mode::Av1 | Mode::Av1Key => 3,
        }
    }

    const fn temporal_layers(self) -> u8 {
        if matches!(self, Mode::H264) { 1 } else { 3 }
    }

    pub(super) const fn is_described(self) -> bool {
        matches!(self, Mode::Av1 | Mode::Av1Key | Mode::L1T3)
    }

    pub(super) const fn is_vp9(self) -> bool {
        matches!(self, Mode::Vp9 | Mode::Vp9Key)
    }

    const fn through(self, key: bool) -> bool {
        key || matches!(self, Mode::Vp9 | Mode::Av1)
    }
}

/// One packet, and which frame of its encoding it belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) packet: IngressVideo,
    /// The frame's number in its encoding.
    pub(super) frame: u32,
}

/// One frame of the source.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) references: Vec<u32>,
    pub(super) first: u64,
    pub(super) packets: u64,
    pub(super) picture: u32,
    pub(super) spatial: u8,
    pub(super) temporal: u8,
}

/// Where one encoding's numbers start.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Start {
    pub(super) sequence: u64,
    pub(super) timestamp: u32,
    pub(super) picture: u16,
    pub(super) tl0: u8,
    pub(super) frame: u32,
}

/// One encoding.
#[derive(Clone, Debug)]
pub(super) struct Encoding {
    mode: Mode,
    id: u8,
    pub(super) at: Start,
    position: usize,
    pictures: u32,
    /// How many spatial layers are on.
    pub(super) active: u8,
    /// The last frame of each spatial and temporal layer since the key picture, and of each chain.
    last: [[Option<u32>; 3]; 3],
    chains: [Option<u32>; 3],
}

/// The packets and frames of one picture.
#[derive(Clone, Debug, Default)]
pub(super) struct Picture {
    pub(super) packets: Vec<Sent>,
    pub(super) frames: Vec<(u32, Frame)>,
}

impl Encoding {
    pub(super) fn new(mode: Mode, id: u8, at: Start) -> Self {
        let active = mode.spatial_layers();
        Encoding { mode, id, at, position: 0, pictures: 0, active, last: [[None; 3]; 3], chains: [None; 3] }
    }

    /// Whether the next picture is of the base layer.
    pub(super) fn is_at_base(&self) -> bool {
        self.position.is_multiple_of(CYCLE.len())
    }

    /// Turns spatial layers on or off from the next picture on, which must be of the base layer; tells whether that has
    /// to be a key picture: where layers don't depend on each other otherwise, a new one has nothing to begin from.
    pub(super) fn set_active(&mut self, active: u8) -> bool {
        let more = active > self.active;
        self.active = active;
        for last in &mut self.last[usize::from(active)..] {
            *last = [None; 3];
        }
        more && matches!(self.mode, Mode::Vp9Key | Mode::Av1Key)
    }

    /// The next picture, each frame in as many packets as `packets` says.
    pub(super) fn picture(&mut self, key: bool, arrived: Time, mut packets: impl FnMut() -> u64) -> Picture {
        if key {
            (self.position, self.last, self.chains) = (0, [[None; 3]; 3], [None; 3]);
        }
        let temporal = CYCLE[self.position % CYCLE.len()].min(self.mode.temporal_layers() - 1);
        self.position += 1;
        if temporal == 0 {
            self.at.tl0 = self.at.tl0.wrapping_add(1);
        }
        let mut picture = Picture::default();
        for spatial in 0..self.active {
            self.frame(&mut picture, key, (spatial, temporal), arrived, packets());
        }
        self.pictures += 1;
        self.at.timestamp = self.at.timestamp.wrapping_add(3000);
        self.at.picture = (self.at.picture + 1) & 0x7fff;
        picture
    }

    fn frame(
        &mut self,
        picture: &mut Picture,
        key: bool,
        (spatial, temporal): (u8, u8),
        arrived: Time,
        packets: u64,
    ) {
        let number = self.at.frame;
        let below = picture.frames.last().map(|(number, _)| *number).filter(|_| self.mode.through(key));
        // As libwebrtc's encoders do: the newest frame of this layer or a lower temporal one.
        let own = self.last[usize::from(spatial)];
        let within = if temporal == 0 { &own[..1] } else { &own[..usize::from(temporal)] };
        let before = within.iter().flatten().max().copied();
        let references: Vec<u32> = below.into_iter().chain(before).collect();
        let facts = Facts { number, key, spatial, temporal, inter_picture: before.is_some(), below };
        let dependency = self.mode.is_described().then(|| self.dependency(&facts, &references));
        for i in 0..packets {
            let ends = (i == 0, i + 1 == packets);
            let marker = ends.1 && spatial + 1 == self.active;
            let frame = match dependency {
                Some(frame) => self.described(frame, &facts, ends),
                None if self.mode == Mode::H264 => h264(key, ends),
                None => FrameDescription::vp9(&self.vp9(&facts, ends), self.mode.spatial_layers()),
            };
            let packet = IngressVideo {
                encoding: self.id,
                sequence: self.at.sequence + i,
                timestamp: self.at.timestamp,
                marker,
                frame,
                arrived,
                padding_only: false,
            };
            picture.packets.push(Sent { packet, frame: number });
        }
        let (first, number_of_picture) = (self.at.sequence, self.pictures);
        picture.frames.push((
            number,
            Frame { references, first, packets, picture: number_of_picture, spatial, temporal },
        ));
        self.last[usize::from(spatial)][usize::from(temporal)] = Some(number);
        self.at.sequence += packets;
        self.at.frame += 1;
    }

    fn vp9(&self, facts: &Facts, (frame_start, frame_end): (bool, bool)) -> Vp9Descriptor {
        let layer = LayerIndices {
            temporal_id: facts.temporal,
            // In this pattern no picture needs one of a higher layer from before a base picture, and none of T1 needs
            // anything above the base layer.
            switching_up: true,
            spatial_id: facts.spatial,
            inter_layer_predicted: facts.below.is_some(),
        };
        Vp9Descriptor {
            picture_id: Some(PictureId::Long(self.at.picture)),
            inter_picture_predicted: facts.inter_picture,
            flexible: false,
            frame_start,
            frame_end,
            not_reference_for_upper: !self.mode.through(facts.key) || facts.spatial + 1 == self.active,
            layer: Some(layer),
            tl0_picture_index: Some(self.at.tl0),
            references: Default::default(),
            structure_start: None,
            len: 5,
        }
    }

    /// The frame's place among others, with chains moved on.
    fn dependency(&mut self, facts: &Facts, references: &[u32]) -> FrameDependencies {
        let diffs: Vec<u16> = references.iter().map(|r| (facts.number - r) as u16).collect();
        let through = self.mode.through(facts.key);
        let mut chain_diffs = Vec::new();
        for (chain, last) in (0..self.mode.spatial_layers()).zip(&mut self.chains) {
            chain_diffs.push(last.map_or(0, |last| (facts.number - last) as u8));
            let belongs = chain == facts.spatial || (through && chain > facts.spatial);
            if facts.temporal == 0 && belongs {
                *last = Some(facts.number);
            }
        }
        template(self.mode, (facts.spatial, facts.temporal), facts.key, &diffs, &chain_diffs)
    }

    fn described(
        &self,
        frame: FrameDependencies,
        facts: &Facts,
        (start_of_frame, end_of_frame): (bool, bool),
    ) -> FrameDescription {
        let (structure, targets) = structure(self.mode);
        let has_structure = facts.key && facts.spatial == 0 && start_of_frame;
        let whole = DependencyDescriptor::of_frame(structure, &frame, facts.number as u16);
        let mut described = whole.expect("every layer has a template");
        described.start_of_frame = start_of_frame;
        described.end_of_frame = end_of_frame;
        described.has_structure = has_structure;
        let active = targets
            .iter()
            .filter(|(_, target)| target.spatial < self.active)
            .fold(0, |mask, (index, _)| mask | 1 << index);
        FrameDescription::described(&described, *targets, active, self.mode.spatial_layers())
    }
}

/// What there is to know of a frame.
struct Facts {
    number: u32,
    key: bool,
    spatial: u8,
    temporal: u8,
    inter_picture: bool,
    below: Option<u32>,
}

fn h264(key: bool, (frame_start, _): (bool, bool)) -> FrameDescription {
    let payload: &[u8] = match (key, frame_start) {
        (true, true) => &[0x67, 0x42],
        (false, true) => &[0x41, 0x80],
        (true, false) => &[0x65, 0x80],
        (false, false) => &[0x5c, 0x41, 0],
    };
    let descriptor = H264Descriptor::parse(payload).expect("sound");
    FrameDescription::h264(&descriptor, false, true)
}

/// libwebrtc's indications of L3T3, L3T3_KEY and L1T3.
fn template(
    mode: Mode,
    (spatial, temporal): (u8, u8),
    key: bool,
    diffs: &[u16],
    chain_diffs: &[u8],
) -> FrameDependencies {
    let layers = (0..mode.spatial_layers()).flat_map(|s| (0..3).map(move |t| (s, t)));
    let indications: Vec<_> = layers
        .map(|(s, t)| match (s.cmp(&spatial), t.cmp(&temporal)) {
            (std::cmp::Ordering::Less, _) | (_, std::cmp::Ordering::Less) => Indication::NotPresent,
            (std::cmp::Ordering::Greater, _) if !mode.through(key) => Indication::NotPresent,
            _ if key => Indication::Switch,
            (std::cmp::Ordering::Greater, _) => Indication::Required,
            (_, std::cmp::Ordering::Greater) => Indication::Switch,
            _ if temporal == 0 => Indication::Switch,
            _ => Indication::Discardable,
        })
        .collect();
    FrameDependencies {
        spatial_id: spatial,
        temporal_id: temporal,
        indications: Indications::new(&indications),
        frame_diffs: FrameDiffs::new(diffs),
        chain_diffs: ChainDiffs::new(chain_diffs),
    }
}

/// A structure of the mode with a key and a delta template for each layer; all else is written with each frame.
fn structure(mode: Mode) -> &'static (Structure, Targets) {
    static ALL: LazyLock<[(Structure, Targets); 3]> =
        LazyLock::new(|| [Mode::Av1, Mode::Av1Key, Mode::L1T3].map(make_structure));
    match mode {
        Mode::Av1 => &ALL[0],
        Mode::Av1Key => &ALL[1],
        _ => &ALL[2],
    }
}

fn make_structure(mode: Mode) -> (Structure, Targets) {
    let spatial_layers = mode.spatial_layers();
    let chain_diffs = vec![1; usize::from(spatial_layers)];
    let mut templates = Vec::new();
    for spatial in 0..spatial_layers {
        let below: &[u16] = if spatial > 0 { &[1] } else { &[] };
        templates.push(template(mode, (spatial, 0), true, below, &chain_diffs));
        for temporal in 0..3 {
            templates.push(template(mode, (spatial, temporal), false, &[3], &chain_diffs));
        }
    }
    let protected: Vec<u8> = (0..spatial_layers * 3).map(|target| target / 3).collect();
    let structure = Structure::new(0, spatial_layers * 3, &protected, &templates, &[]).expect("sound");
    let targets = Targets::of(&structure);
    (structure, targets)
}
