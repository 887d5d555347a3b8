//! RTP headers with their extensions.

use sfu::Time;
use sfu::rtp::ExtensionIds;
use sfu::rtp::extension::ONE_BYTE_PROFILE;
use sfu::rtp::packet::{FIXED_HEADER_LEN, write_fixed_header};

/// The block's head, transport-cc (4), abs-send-time (5), audio level (3), mid and rid (18 each), a dependency
/// descriptor (257), a video layers allocation (34), rounded up.
const MAX_EXTENSIONS: usize = 348;
/// The two-byte form's profile, its "appbits" zero (RFC 8285 section 4.3).
const TWO_BYTE_PROFILE: u16 = 0x1000;
/// The longest element of the one-byte form.
const ONE_BYTE_MAX: usize = 16;
/// Header bytes of a packet whose stream needs no name any more: fixed header, the block's head,
/// transport-cc and abs-send-time; with the audio level it is a word more.
pub(super) const HEADER_LEN: usize = FIXED_HEADER_LEN + 4 + 8;

/// What tells the SFU which source an unknown SSRC belongs to (RFC 8843, RFC 8852).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name<'a> {
    /// The only stream of a media section.
    Section { mid: &'a str },
    /// One encoding of several.
    Encoding { mid: &'a str, rid: &'a str },
    /// The retransmissions of an encoding.
    Repair { mid: &'a str, rid: &'a str },
}

/// The fields of one header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header<'a> {
    pub(super) marker: bool,
    pub(super) payload_type: u8,
    pub(super) sequence: u16,
    pub(super) timestamp: u32,
    pub(super) ssrc: u32,
    /// `None` once the SFU has shown that it knows the SSRC.
    pub(super) name: Option<Name<'a>>,
    /// RFC 6464's level and V bit.
    pub(super) audio_level: Option<(u8, bool)>,
    /// The dependency descriptor; empty for none.
    pub(super) descriptor: &'a [u8],
    /// Video layers allocation; empty when there is nothing to tell.
    pub(super) allocation: &'a [u8],
}

/// A block of extensions in the form that its longest element needs.
struct Block<'a> {
    out: &'a mut [u8],
    at: usize,
    two_byte: bool,
}

impl Block<'_> {
    /// Appends an element; does nothing when `id` is 0 (not negotiated).
    fn push(&mut self, id: u8, value: &[u8]) {
        if id == 0 {
            return;
        }
        let len = value.len();
        if self.two_byte {
            self.out[self.at..self.at + 2].copy_from_slice(&[id, len as u8]);
            self.at += 2;
        } else {
            debug_assert!((1..=14).contains(&id) && (1..=ONE_BYTE_MAX).contains(&len));
            self.out[self.at] = (id << 4) | (len as u8 - 1);
            self.at += 1;
        }
        self.out[self.at..self.at + len].copy_from_slice(value);
        self.at += len;
    }

    /// Writes the block's head; the block's length, zero when it is empty.
    fn finish(self) -> usize {
        if self.at == 4 {
            return 0;
        }
        let end = self.at.next_multiple_of(4);
        let profile = if self.two_byte { TWO_BYTE_PROFILE } else { ONE_BYTE_PROFILE };
        self.out[..2].copy_from_slice(&profile.to_be_bytes());
        self.out[2..4].copy_from_slice(&(((end - 4) / 4) as u16).to_be_bytes());
        end
    }
}

impl Header<'_> {
    /// Appends the header of a packet that leaves at `now` with this transport-wide sequence number.
    pub(super) fn write(&self, out: &mut Vec<u8>, ids: &ExtensionIds, now: Time, transport_sequence: u16) {
        let mut bytes = [0; FIXED_HEADER_LEN + MAX_EXTENSIONS];
        let (fixed, rest) = bytes.split_first_chunk_mut().expect("longer than a fixed header");
        let mut extensions = Block {
            out: rest,
            at: 4,
            two_byte: self.descriptor.len().max(self.allocation.len()) > ONE_BYTE_MAX,
        };
        extensions.push(ids.transport_cc, &transport_sequence.to_be_bytes());
        extensions.push(ids.abs_send_time, &abs_send_time(now));
        if let Some((level, voice)) = self.audio_level {
            extensions.push(ids.audio_level, &[(u8::from(voice) << 7) | (level & 0x7f)]);
        }
        match self.name {
            None => {}
            Some(Name::Section { mid }) => {
                extensions.push(ids.mid, mid.as_bytes());
            }
            Some(Name::Encoding { mid, rid }) => {
                extensions.push(ids.mid, mid.as_bytes());
                extensions.push(ids.rid, rid.as_bytes());
            }
            Some(Name::Repair { mid, rid }) => {
                extensions.push(ids.mid, mid.as_bytes());
                extensions.push(ids.repaired_rid, rid.as_bytes());
            }
        }
        if !self.descriptor.is_empty() {
            extensions.push(ids.dependency_descriptor, self.descriptor);
        }
        if !self.allocation.is_empty() {
            extensions.push(ids.video_layers_allocation, self.allocation);
        }
        let len = extensions.finish();
        let kind = (self.marker, self.payload_type);
        write_fixed_header(fixed, kind, self.sequence, self.timestamp, self.ssrc, len > 0);
        out.extend_from_slice(&bytes[..FIXED_HEADER_LEN + len]);
    }
}

/// 24 bits of 6.18 fixed-point seconds (libwebrtc, `abs-send-time`).
fn abs_send_time(now: Time) -> [u8; 3] {
    let [.., a, b, c] = (now.ticks(1 << 18) as u32).to_be_bytes();
    [a, b, c]
}
