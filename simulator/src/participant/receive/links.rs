//! What a packet says, beside its RTP header, of its frame's place and of what the frame depends on.

use sfu::codec::Vp8Descriptor;
use sfu::codec::vp9::{PictureGroup, Vp9Descriptor};
use smallvec::SmallVec;

/// Pictures of a VP9 group that a receiver keeps: what senders use has four.
pub(super) const MAX_GROUP: usize = 8;

/// By codec, or by the dependency descriptor where there is one.
#[derive(Clone, Debug)]
pub(super) enum Links {
    Vp8(Vp8Descriptor),
    Vp9(Vp9Links),
    /// Nothing but the order of packets (H.264): whether it belongs to what a decoder can start with.
    Order {
        key: bool,
    },
    /// The dependency descriptor as it came: it is read by the structure that is in force when the frame's turn comes.
    Described(SmallVec<[u8; 24]>),
}

/// VP9 in non-flexible mode.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vp9Links {
    pub(super) picture_id: u16,
    pub(super) tl0: u8,
    pub(super) spatial: u8,
    pub(super) temporal: u8,
    pub(super) inter_picture: bool,
    pub(super) inter_layer: bool,
    pub(super) group: Option<Group>,
}

/// The repeating pattern of pictures.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Group {
    len: u8,
    /// Temporal layer, and differences of picture ids, zero for none.
    pictures: [(u8, [u8; 3]); MAX_GROUP],
}

impl Group {
    /// The picture `ahead` of the group's first.
    pub(super) fn picture(&self, ahead: u32) -> (u8, [u8; 3]) {
        self.pictures[ahead as usize % usize::from(self.len)]
    }

    /// A group without pictures counts as one temporal layer (libwebrtc, `RtpVp9RefFinder`); `None` when it has more
    /// than are kept.
    fn read(group: Option<PictureGroup<'_>>) -> Option<Group> {
        let mut found = Group { len: 1, ..Group::default() };
        found.pictures[0] = (0, [1, 0, 0]);
        let Some(group) = group.filter(|group| !group.is_empty()) else { return Some(found) };
        if group.len() > MAX_GROUP {
            return None;
        }
        found.len = group.len() as u8;
        for (own, picture) in found.pictures.iter_mut().zip(group) {
            *own = (picture.temporal_id, [0; 3]);
            own.1.iter_mut().zip(picture.references.as_slice()).for_each(|(slot, diff)| *slot = *diff);
        }
        Some(found)
    }
}

impl Vp9Links {
    /// What `payload` says by its descriptor; `None` where libwebrtc's reference finder has nothing to go by.
    pub(super) fn read(descriptor: &Vp9Descriptor, payload: &[u8]) -> Option<Vp9Links> {
        let group = match descriptor.structure(payload) {
            Some(structure) => Some(Group::read(structure.group)?),
            None => None,
        };
        Some(Vp9Links {
            picture_id: descriptor.picture_id?.value(),
            tl0: descriptor.tl0_picture_index?,
            spatial: descriptor.spatial_id(),
            temporal: descriptor.temporal_id(),
            inter_picture: descriptor.inter_picture_predicted,
            inter_layer: descriptor.inter_layer_predicted(),
            group,
        })
    }
}

impl Links {
    /// Which of its picture's frames the packet belongs to.
    pub(super) fn frame(&self) -> u16 {
        match self {
            Links::Vp8(_) | Links::Order { .. } => 0,
            Links::Vp9(links) => u16::from(links.spatial),
            Links::Described(bytes) => u16::from_be_bytes([bytes[1], bytes[2]]),
        }
    }

    /// Whether the first packet of a frame with these can begin a stream.
    pub(super) fn is_key(&self) -> bool {
        match self {
            Links::Vp8(descriptor) => descriptor.key_frame_start,
            Links::Vp9(links) => links.spatial == 0 && !links.inter_picture,
            Links::Order { key } => *key,
            // The structure's flag is the first behind the mandatory fields.
            Links::Described(bytes) => bytes.get(3).is_some_and(|flags| flags & 0x80 != 0),
        }
    }
}
