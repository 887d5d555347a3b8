//! What a dependency descriptor says of a frame, in the form that a projection decides by.

/// The most decode targets that a structure can have (five bits, plus one).
pub const MAX_TARGETS: usize = 32;
/// The most chains that a structure can have: as many as decode targets.
pub const MAX_CHAINS: usize = MAX_TARGETS;
/// The most references of one frame that are looked at: AV1 frames have up to seven, and one of the layer below.
const MAX_DIFFS: usize = 8;

/// What a frame is to a decode target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Indication {
    /// Not part of it.
    #[default]
    NotPresent = 0,
    /// Part of it, and no other frame of it depends on this one.
    Discardable = 1,
    /// Part of it, and where a receiver may take it up.
    Switch = 2,
    /// Part of it.
    Required = 3,
}

/// One decode target: what a receiver may choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// Its highest spatial layer.
    pub spatial: u8,
    /// Its highest temporal layer.
    pub temporal: u8,
    /// The chain that protects it: while no frame of the chain is lost, its frames can be decoded.
    pub chain: Option<u8>,
    /// The targets all of whose frames are frames of this one too, this one included; bit 0 is target 0.
    pub includes: u32,
}

/// The decode targets of a structure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Targets {
    count: u8,
    targets: [Target; MAX_TARGETS],
}

impl Targets {
    /// The targets of a structure; those beyond [`MAX_TARGETS`] are left out.
    pub fn new(targets: impl IntoIterator<Item = Target>) -> Self {
        let mut all = Targets::default();
        for target in targets.into_iter().take(MAX_TARGETS) {
            all.targets[usize::from(all.count)] = target;
            all.count += 1;
        }
        all
    }

    /// All of them, with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u8, &Target)> {
        (0..self.count).zip(&self.targets)
    }

    /// The target with the number `index`.
    pub fn get(&self, index: u8) -> Option<&Target> {
        self.targets[..usize::from(self.count)].get(usize::from(index))
    }

    /// How many there are.
    pub const fn count(&self) -> u8 {
        self.count
    }

    /// The mask of all of them.
    pub const fn all(&self) -> u32 {
        if self.count >= 32 { u32::MAX } else { (1 << self.count) - 1 }
    }
}

/// How many frame numbers back each reference of a frame lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameDiffs {
    len: u8,
    diffs: [u16; MAX_DIFFS],
    /// There were more than fit.
    more: bool,
}

impl FrameDiffs {
    /// Up to eight references, and whether there were more.
    pub fn new(diffs: impl IntoIterator<Item = u16>) -> Self {
        let mut all = FrameDiffs::default();
        for diff in diffs {
            match all.diffs.get_mut(usize::from(all.len)) {
                Some(place) => *place = diff,
                None => {
                    all.more = true;
                    break;
                }
            }
            all.len += 1;
        }
        all
    }

    /// Whether the frame depends on no other.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All references; none when there are more than are known.
    pub fn known(&self) -> Option<&[u16]> {
        (!self.more).then_some(&self.diffs[..usize::from(self.len)])
    }
}

/// What a dependency descriptor says of its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameDependency {
    /// The frame's number; it goes out as it came.
    pub number: u16,
    /// The decode targets of the structure that holds.
    pub targets: Targets,
    /// Those that the sender makes at present; bit 0 is target 0.
    pub active: u32,
    /// The frame's references.
    pub diffs: FrameDiffs,
    /// Two bits for each target, target 0 the lowest.
    indications: u64,
    /// How many frame numbers back the frame before it in each chain lies; 0 when there is none.
    chain_diffs: [u8; MAX_CHAINS],
}

impl FrameDependency {
    /// A frame of a structure; what `indications` and `chain_diffs` don't name is not present, and 0.
    pub fn new(
        number: u16,
        targets: Targets,
        diffs: FrameDiffs,
        indications: impl IntoIterator<Item = Indication>,
        chain_diffs: impl IntoIterator<Item = u8>,
    ) -> Self {
        let mut packed = 0;
        for (at, indication) in indications.into_iter().take(MAX_TARGETS).enumerate() {
            packed |= (indication as u64) << (2 * at);
        }
        let mut chains = [0; MAX_CHAINS];
        for (place, diff) in chains.iter_mut().zip(chain_diffs) {
            *place = diff;
        }
        FrameDependency {
            number,
            targets,
            active: targets.all(),
            diffs,
            indications: packed,
            chain_diffs: chains,
        }
    }

    /// What the frame is to a target.
    pub const fn indication(&self, target: u8) -> Indication {
        if target as usize >= MAX_TARGETS {
            return Indication::NotPresent;
        }
        match (self.indications >> (2 * target)) & 3 {
            0 => Indication::NotPresent,
            1 => Indication::Discardable,
            2 => Indication::Switch,
            _ => Indication::Required,
        }
    }

    /// Whether the frame is part of a target.
    pub fn is_in(&self, target: u8) -> bool {
        self.indication(target) != Indication::NotPresent
    }

    /// The number of the frame before this one in the chain that protects `target`; none when the target has no
    /// chain, or the chain begins here.
    pub fn chain_before(&self, target: u8) -> Option<u16> {
        let chain = self.targets.get(target)?.chain?;
        let diff = *self.chain_diffs.get(usize::from(chain))?;
        (diff != 0).then(|| self.number.wrapping_sub(u16::from(diff)))
    }
}
