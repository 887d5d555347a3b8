//! RTP headers with their extensions.

use sfu::Time;
use sfu::rtp::ExtensionIds;
use sfu::rtp::extension::ExtensionWriter;
use sfu::rtp::packet::{FIXED_HEADER_LEN, write_fixed_header};

/// The block's head, transport-cc (3), abs-send-time (4), audio level (2), mid and rid (17 each), rounded up.
const MAX_EXTENSIONS: usize = 48;
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
}

impl Header<'_> {
    /// Appends the header of a packet that leaves at `now` with this transport-wide sequence number.
    pub(super) fn write(&self, out: &mut Vec<u8>, ids: &ExtensionIds, now: Time, transport_sequence: u16) {
        let mut bytes = [0; FIXED_HEADER_LEN + MAX_EXTENSIONS];
        let (fixed, rest) = bytes.split_first_chunk_mut().expect("longer than a fixed header");
        let mut extensions = ExtensionWriter::new(rest);
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
