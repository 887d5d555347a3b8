//! VP8 frames (RFC 7741, RFC 6386).

use sfu::codec::Vp8Descriptor;

use super::shape::Part;

/// VP8 frame header of an interframe, bytes (RFC 6386 section 9.1).
pub const INTER_HEADER_LEN: usize = 3;
/// VP8 frame header of a key frame: start code and picture size follow (RFC 6386 section 9.1).
pub const KEY_HEADER_LEN: usize = 10;
/// The start code of a key frame (RFC 6386 section 9.1).
pub const START_CODE: [u8; 3] = [0x9d, 0x01, 0x2a];

/// Bytes of the descriptor: picture id of 15 bits, TL0PICIDX, TID and KEYIDX (RFC 7741 section 4.2).
pub(super) const DESCRIPTOR_LEN: usize = 6;

pub(super) const fn head_len(key: bool) -> usize {
    if key { KEY_HEADER_LEN } else { INTER_HEADER_LEN }
}

/// Writes descriptor and, in a frame's first packet, the frame's header; returns the length of each.
pub(super) fn write(
    descriptor: &mut Vp8Descriptor,
    part: &Part,
    size: (u16, u16),
    out: &mut [u8],
) -> (usize, usize) {
    descriptor.start_of_partition = part.first;
    let at = descriptor.write(out);
    let head = if part.first {
        write_frame_header(&mut out[at..], descriptor.key_frame_start, size, part.left)
    } else {
        0
    };
    (at, head)
}

/// The uncompressed data chunk at a frame's start (RFC 6386 section 9.1).
fn write_frame_header(out: &mut [u8], key: bool, (width, height): (u16, u16), frame_bytes: usize) -> usize {
    const SHOW_FRAME: u32 = 1 << 4;
    let first_partition = (frame_bytes as u32).min(0x7_ffff);
    let tag = u32::from(!key) | SHOW_FRAME | (first_partition << 5);
    out[..3].copy_from_slice(&tag.to_le_bytes()[..3]);
    if !key {
        return INTER_HEADER_LEN;
    }
    out[3..6].copy_from_slice(&START_CODE);
    out[6..8].copy_from_slice(&(width & 0x3fff).to_le_bytes());
    out[8..10].copy_from_slice(&(height & 0x3fff).to_le_bytes());
    KEY_HEADER_LEN
}
