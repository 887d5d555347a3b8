//! The scalability structure of a VP9 key picture (RFC 9628 section 4.2.1).

use super::{MAX_SPATIAL_LAYERS, References, Vp9Error, take};

const Y: u8 = 0x10;
const G: u8 = 0x08;
const U: u8 = 0x10;

/// What layers a VP9 stream has from this picture on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScalabilityStructure<'a> {
    /// Number of spatial layers, 1 to 8.
    pub spatial_layers: u8,
    /// Width and height of each spatial layer, pixels, if the sender writes them; zero beyond `spatial_layers`.
    pub sizes: Option<[(u16, u16); MAX_SPATIAL_LAYERS]>,
    /// The repeating pattern of pictures, if the sender writes one (non-flexible mode).
    pub group: Option<PictureGroup<'a>>,
}

impl<'a> ScalabilityStructure<'a> {
    /// Reads a structure at the start of `bytes`, and gives what follows it.
    pub(super) fn split(bytes: &'a [u8]) -> Result<(ScalabilityStructure<'a>, &'a [u8]), Vp9Error> {
        let mut rest = bytes;
        let head = take(&mut rest)?;
        let spatial_layers = (head >> 5) + 1;
        let mut sizes = None;
        if head & Y != 0 {
            let mut table = [(0, 0); MAX_SPATIAL_LAYERS];
            for size in &mut table[..usize::from(spatial_layers)] {
                let (bytes, tail) = rest.split_first_chunk::<4>().ok_or(Vp9Error::Truncated)?;
                *size = (u16::from_be_bytes([bytes[0], bytes[1]]), u16::from_be_bytes([bytes[2], bytes[3]]));
                rest = tail;
            }
            sizes = Some(table);
        }
        let mut group = None;
        if head & G != 0 {
            let (read, tail) = PictureGroup::split(rest)?;
            group = Some(read);
            rest = tail;
        }
        Ok((ScalabilityStructure { spatial_layers, sizes, group }, rest))
    }

    /// Writes the structure to the start of `out` and returns its length.
    ///
    /// # Panics
    /// When `out` is too short, or there are no spatial layers or more than eight.
    pub(super) fn write(&self, out: &mut [u8]) -> usize {
        assert!((1..=MAX_SPATIAL_LAYERS as u8).contains(&self.spatial_layers), "one to eight spatial layers");
        let flag = |set: bool, bit: u8| if set { bit } else { 0 };
        out[0] =
            ((self.spatial_layers - 1) << 5) | flag(self.sizes.is_some(), Y) | flag(self.group.is_some(), G);
        let mut at = 1;
        for (width, height) in self.sizes.iter().flat_map(|sizes| &sizes[..usize::from(self.spatial_layers)])
        {
            out[at..at + 2].copy_from_slice(&width.to_be_bytes());
            out[at + 2..at + 4].copy_from_slice(&height.to_be_bytes());
            at += 4;
        }
        if let Some(group) = self.group {
            out[at..at + group.bytes.len()].copy_from_slice(group.bytes);
            at += group.bytes.len();
        }
        at
    }
}

/// One picture of the repeating pattern.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupPicture {
    /// Temporal layer, 0 to 7.
    pub temporal_id: u8,
    /// U: a receiver may step up to higher temporal layers after this picture.
    pub switching_up: bool,
    /// How many pictures back its references lie.
    pub references: References,
}

/// The repeating pattern of pictures, up to 255 of them, in its encoded form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureGroup<'a> {
    bytes: &'a [u8],
}

impl<'a> PictureGroup<'a> {
    fn split(bytes: &'a [u8]) -> Result<(PictureGroup<'a>, &'a [u8]), Vp9Error> {
        let (&count, mut rest) = bytes.split_first().ok_or(Vp9Error::Truncated)?;
        for _ in 0..count {
            rest = take_picture(rest)?.1;
        }
        Ok((PictureGroup { bytes: &bytes[..bytes.len() - rest.len()] }, rest))
    }

    /// Encodes `pictures` into `out`.
    ///
    /// # Panics
    /// When there are more than 255 pictures, or `out` is too short: 1 + 4 × pictures bytes always suffice.
    pub fn encode(pictures: &[GroupPicture], out: &'a mut [u8]) -> PictureGroup<'a> {
        out[0] = u8::try_from(pictures.len()).expect("at most 255 pictures in a group");
        let mut at = 1;
        for picture in pictures {
            let diffs = picture.references.as_slice();
            out[at] = (picture.temporal_id << 5)
                | if picture.switching_up { U } else { 0 }
                | ((diffs.len() as u8) << 2);
            out[at + 1..at + 1 + diffs.len()].copy_from_slice(diffs);
            at += 1 + diffs.len();
        }
        PictureGroup { bytes: &out[..at] }
    }

    /// How many pictures the pattern has, 0 to 255.
    pub const fn len(&self) -> usize {
        self.bytes[0] as usize
    }

    /// Whether the pattern has no pictures.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The pictures, in order.
    pub fn iter(&self) -> PictureGroupIter<'a> {
        PictureGroupIter { left: self.bytes[0], rest: &self.bytes[1..] }
    }

    /// How many pictures of the pattern belong to temporal layers up to `temporal_id`: over [`PictureGroup::len`],
    /// that is the layer's share of the full picture rate.
    pub fn pictures_up_to(&self, temporal_id: u8) -> usize {
        self.iter().filter(|picture| picture.temporal_id <= temporal_id).count()
    }
}

impl<'a> IntoIterator for PictureGroup<'a> {
    type Item = GroupPicture;
    type IntoIter = PictureGroupIter<'a>;

    fn into_iter(self) -> PictureGroupIter<'a> {
        self.iter()
    }
}

/// Iterator of [`PictureGroup::iter`].
#[derive(Clone, Debug)]
pub struct PictureGroupIter<'a> {
    left: u8,
    rest: &'a [u8],
}

impl Iterator for PictureGroupIter<'_> {
    type Item = GroupPicture;

    fn next(&mut self) -> Option<GroupPicture> {
        self.left = self.left.checked_sub(1)?;
        let (picture, rest) = take_picture(self.rest).expect("a group is read before it is walked");
        self.rest = rest;
        Some(picture)
    }
}

fn take_picture(bytes: &[u8]) -> Result<(GroupPicture, &[u8]), Vp9Error> {
    let (&head, rest) = bytes.split_first().ok_or(Vp9Error::Truncated)?;
    let (diffs, rest) = rest.split_at_checked(usize::from((head >> 2) & 3)).ok_or(Vp9Error::Truncated)?;
    let picture = GroupPicture {
        temporal_id: head >> 5,
        switching_up: head & U != 0,
        references: References::new(diffs),
    };
    Ok((picture, rest))
}
