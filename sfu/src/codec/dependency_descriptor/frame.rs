//! What one frame depends on and what depends on it.

use super::{MAX_CHAINS, MAX_DECODE_TARGETS, MAX_FRAME_DIFFS};

/// What a frame is to a decode target (decode target indication, DTI).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Indication {
    /// The target doesn't have the frame: not to be sent for it.
    #[default]
    NotPresent = 0,
    /// No later frame of the target depends on it.
    Discardable = 1,
    /// Later frames of the target depend on nothing before it but what other targets have: a point to step up.
    Switch = 2,
    /// Later frames of the target may depend on it.
    Required = 3,
}

impl Indication {
    const fn from_bits(bits: u64) -> Indication {
        match bits & 3 {
            0 => Indication::NotPresent,
            1 => Indication::Discardable,
            2 => Indication::Switch,
            _ => Indication::Required,
        }
    }
}

/// The indications for all decode targets, two bits each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Indications(u64);

impl Indications {
    /// One for each target, from target 0 up.
    ///
    /// # Panics
    /// With more than 32.
    pub fn new(indications: &[Indication]) -> Indications {
        assert!(indications.len() <= MAX_DECODE_TARGETS, "at most 32 decode targets");
        let mut all = Indications::default();
        indications.iter().enumerate().for_each(|(target, &indication)| all.set(target, indication));
        all
    }

    /// What the frame is to `target`; not present when there is no such target.
    pub const fn get(self, target: u8) -> Indication {
        if target as usize >= MAX_DECODE_TARGETS {
            return Indication::NotPresent;
        }
        Indication::from_bits(self.0 >> (2 * target))
    }

    /// The targets that have the frame, target 0 lowest.
    pub const fn present(self) -> u32 {
        let mut any = (self.0 | (self.0 >> 1)) & 0x5555_5555_5555_5555;
        // Gathers every other bit into the low half.
        any = (any | (any >> 1)) & 0x3333_3333_3333_3333;
        any = (any | (any >> 2)) & 0x0f0f_0f0f_0f0f_0f0f;
        any = (any | (any >> 4)) & 0x00ff_00ff_00ff_00ff;
        any = (any | (any >> 8)) & 0x0000_ffff_0000_ffff;
        (any | (any >> 16)) as u32
    }

    pub(super) const fn set(&mut self, target: usize, indication: Indication) {
        self.0 = (self.0 & !(3 << (2 * target))) | ((indication as u64) << (2 * target));
    }

    pub(super) const fn set_bits(&mut self, target: usize, bits: u32) {
        self.set(target, Indication::from_bits(bits as u64));
    }
}

/// How many frames back each frame lies that a frame refers to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameDiffs {
    len: u8,
    diffs: [u16; MAX_FRAME_DIFFS],
}

impl FrameDiffs {
    /// The differences of frame numbers: 1 to 16 in a template, up to 4,096 in a frame of its own.
    ///
    /// # Panics
    /// With more than eight.
    pub fn new(diffs: &[u16]) -> FrameDiffs {
        let mut all = FrameDiffs::default();
        for &diff in diffs {
            assert!(all.push(diff), "at most eight references");
        }
        all
    }

    /// The differences, in the order of the packet.
    pub fn as_slice(&self) -> &[u16] {
        &self.diffs[..usize::from(self.len)]
    }

    /// Whether the frame refers to no other.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn push(&mut self, diff: u16) -> bool {
        let Some(slot) = self.diffs.get_mut(usize::from(self.len)) else { return false };
        *slot = diff;
        self.len += 1;
        true
    }
}

/// How many frames back the last frame of each chain lies; 0 where the frame starts the chain anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainDiffs {
    len: u8,
    diffs: [u8; MAX_CHAINS],
}

impl Default for ChainDiffs {
    fn default() -> Self {
        ChainDiffs { len: 0, diffs: [0; MAX_CHAINS] }
    }
}

impl ChainDiffs {
    /// The differences of frame numbers, one for each chain: up to 15 in a template, up to 255 in a frame of its own.
    ///
    /// # Panics
    /// With more than 32.
    pub fn new(diffs: &[u8]) -> ChainDiffs {
        let mut all = ChainDiffs { len: diffs.len() as u8, ..ChainDiffs::default() };
        all.diffs[..diffs.len()].copy_from_slice(diffs);
        all
    }

    /// The differences, from chain 0 up.
    pub fn as_slice(&self) -> &[u8] {
        &self.diffs[..usize::from(self.len)]
    }
}

/// A frame's layer and dependencies: what a template holds, and what a frame has once its own fields are applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameDependencies {
    /// Spatial layer, 0 to 3.
    pub spatial_id: u8,
    /// Temporal layer, 0 to 7.
    pub temporal_id: u8,
    /// What the frame is to each decode target.
    pub indications: Indications,
    /// The frames that it refers to.
    pub frame_diffs: FrameDiffs,
    /// Where the chains' last frames lie.
    pub chain_diffs: ChainDiffs,
}

impl FrameDependencies {
    /// Whether the frame decodes without any other.
    pub const fn is_independent(&self) -> bool {
        self.frame_diffs.is_empty()
    }

    /// Whether the frame refers to an earlier picture, not only to lower spatial layers of its own.
    ///
    /// Layers of one picture have consecutive frame numbers, so what lies further back than there are layers below
    /// belongs to an earlier one.
    pub fn has_inter_picture_dependency(&self) -> bool {
        self.frame_diffs.as_slice().iter().any(|&diff| diff > u16::from(self.spatial_id))
    }

    /// Whether a receiver of `target` gets the frame at all.
    pub fn is_needed_for(&self, target: u8) -> bool {
        self.indications.get(target) != Indication::NotPresent
    }

    /// Whether dropping the frame harms no other frame of `target`.
    pub fn is_discardable_for(&self, target: u8) -> bool {
        self.indications.get(target) == Indication::Discardable
    }

    /// Whether a receiver may step up to `target` at the frame, if it has what the frame refers to.
    pub fn is_switch_for(&self, target: u8) -> bool {
        self.indications.get(target) == Indication::Switch
    }
}
