//! VP9 frames (RFC 9628) in non-flexible mode, as Chrome sends them.

use sfu::codec::Vp9Descriptor;
use sfu::codec::vp9::{GroupPicture, MAX_SPATIAL_LAYERS, PictureGroup, References, ScalabilityStructure};

use super::shape::Part;
use crate::participant::media::bits::BitWriter;
use crate::participant::media::structure::MAX_SPATIAL;

/// Bytes of the descriptor without a scalability structure: flags, picture id, layer indices, TL0PICIDX.
const DESCRIPTOR_LEN: usize = 5;
/// Bytes of the uncompressed header of a key frame that are written, up to the picture's size (VP9 bitstream
/// specification, section 6.2).
pub const KEY_HEAD_LEN: usize = 9;
/// … and of an interframe.
pub const INTER_HEAD_LEN: usize = 1;

/// Most pictures of a group.
const GROUP: usize = 4;

/// A frame: one spatial layer of a picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vp9Frame {
    pub(super) descriptor: Vp9Descriptor,
    pub(super) announced: Option<Announced>,
    /// Whether it is intra-coded.
    pub(super) intra: bool,
}

/// What a scalability structure announces.
#[derive(Clone, Copy, Debug)]
pub(super) struct Announced {
    pub(super) sizes: [(u16, u16); MAX_SPATIAL],
    pub(super) spatial: u8,
    pub(super) temporal: u8,
}

impl Vp9Frame {
    /// The longest descriptor of its packets.
    pub(super) fn overhead(&self) -> usize {
        DESCRIPTOR_LEN
            + self.announced.map_or(0, |announced| {
                let group: usize =
                    pictures(announced.temporal).iter().map(|p| 1 + p.references.as_slice().len()).sum();
                2 + 4 * usize::from(announced.spatial) + group
            })
    }

    pub(super) const fn head_len(&self) -> usize {
        if self.intra { KEY_HEAD_LEN } else { INTER_HEAD_LEN }
    }

    /// Writes descriptor and, in the first packet, the head of the frame; returns the length of each.
    pub(super) fn write(&mut self, part: &Part, size: (u16, u16), out: &mut [u8]) -> (usize, usize) {
        self.descriptor.frame_start = part.first;
        self.descriptor.frame_end = part.last;
        let mut group = [0; 1 + 4 * GROUP];
        let structure =
            self.announced.filter(|_| part.first).map(|announced| announced.structure(&mut group));
        let at = self.descriptor.write(structure.as_ref(), out);
        match (part.first, self.intra) {
            (false, _) => (at, 0),
            (true, false) => {
                // frame_marker 2, profile 0, no existing frame, interframe, shown.
                out[at] = 0x86;
                (at, INTER_HEAD_LEN)
            }
            (true, true) => {
                write_key_head(&mut out[at..at + KEY_HEAD_LEN], size);
                (at, KEY_HEAD_LEN)
            }
        }
    }
}

impl Announced {
    fn structure<'a>(&self, group: &'a mut [u8]) -> ScalabilityStructure<'a> {
        let mut sizes = [(0, 0); MAX_SPATIAL_LAYERS];
        sizes[..MAX_SPATIAL].copy_from_slice(&self.sizes);
        let group = PictureGroup::encode(pictures(self.temporal), group);
        ScalabilityStructure { spatial_layers: self.spatial, sizes: Some(sizes), group: Some(group) }
    }
}

/// The pattern of pictures with so many temporal layers (libwebrtc, `GofInfoVP9::SetGofInfoVP9`, modes 1 to 3).
fn pictures(temporal: u8) -> &'static [GroupPicture] {
    use std::sync::LazyLock;
    static PATTERNS: LazyLock<[Vec<GroupPicture>; 3]> = LazyLock::new(|| {
        let picture = |&(temporal_id, diff): &(u8, u8)| GroupPicture {
            temporal_id,
            switching_up: true,
            references: References::new(&[diff]),
        };
        let pattern = |rows: &[(u8, u8)]| rows.iter().map(picture).collect();
        [pattern(&[(0, 1)]), pattern(&[(0, 2), (1, 1)]), pattern(&[(0, 4), (2, 1), (1, 2), (2, 1)])]
    });
    &PATTERNS[usize::from(temporal.clamp(1, 3)) - 1]
}

fn write_key_head(out: &mut [u8], (width, height): (u16, u16)) {
    let mut bits = BitWriter::new(out);
    // frame_marker 2, profile 0, no existing frame, key frame, shown, not error-resilient; frame_sync_code.
    bits.put(0x82, 8);
    bits.put(0x49_8342, 24);
    // CS_BT_601, studio swing.
    bits.put(0b0010, 4);
    bits.put(u32::from(width.wrapping_sub(1)), 16);
    bits.put(u32::from(height.wrapping_sub(1)), 16);
    // Shown in its own size; refresh_frame_context; then as for any frame.
    bits.put(0b01, 2);
}
