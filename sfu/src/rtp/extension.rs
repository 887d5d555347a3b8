//! RTP header extensions in the one-byte and two-byte forms (RFC 8285).

use super::packet::RtpHeader;

mod writer;

pub use writer::ExtensionWriter;

/// The one-byte form's profile (RFC 8285 section 4.2).
pub const ONE_BYTE_PROFILE: u16 = 0xBEDE;

/// The two-byte form's profile, whose low four bits are the application's (RFC 8285 section 4.3).
pub const TWO_BYTE_PROFILE: u16 = 0x1000;

/// The negotiated ids of the extensions that the core reads or writes; 0 means not negotiated.
///
/// Ids are 1 to 14, so that a packet can take the one-byte form, which is what browsers send. Both forms are read
/// and written: which of them a packet has is its own affair (`a=extmap-allow-mixed`, RFC 8285 section 6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExtensionIds {
    /// `urn:ietf:params:rtp-hdrext:sdes:mid` (RFC 8843).
    pub mid: u8,
    /// `urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id` (RFC 8852).
    pub rid: u8,
    /// `urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id` (RFC 8852).
    pub repaired_rid: u8,
    /// `urn:ietf:params:rtp-hdrext:ssrc-audio-level` (RFC 6464).
    pub audio_level: u8,
    /// `draft-holmer-rmcat-transport-wide-cc-extensions-01`.
    pub transport_cc: u8,
    /// `abs-send-time`: 24 bits, 6.18 fixed point seconds.
    pub abs_send_time: u8,
    /// The dependency descriptor of AV1's payload format, which any codec may carry.
    pub dependency_descriptor: u8,
    /// `video-layers-allocation00`: which layers an encoder makes, and at which rates.
    pub video_layers_allocation: u8,
    /// `draft-ietf-avtext-framemarking`: a frame's place among the layers, without a look at the payload.
    pub frame_marking: u8,
}

impl ExtensionIds {
    /// Every id, with 0 for those that aren't negotiated.
    pub const fn all(&self) -> [u8; 9] {
        [
            self.mid,
            self.rid,
            self.repaired_rid,
            self.audio_level,
            self.transport_cc,
            self.abs_send_time,
            self.dependency_descriptor,
            self.video_layers_allocation,
            self.frame_marking,
        ]
    }
}

/// What one packet's header extensions say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extensions<'a> {
    /// Media identification tag.
    pub mid: Option<&'a str>,
    /// RTP stream id: which simulcast encoding.
    pub rid: Option<&'a str>,
    /// RTP stream id that a retransmission repairs.
    pub repaired_rid: Option<&'a str>,
    /// Audio level in −dBov, 0 (loudest) to 127, and whether it is voice.
    pub audio_level: Option<(u8, bool)>,
    /// Transport-wide sequence number.
    pub transport_cc: Option<u16>,
    /// Absolute send time, 24 bits of 2⁻¹⁸ s.
    pub abs_send_time: Option<u32>,
    /// The dependency descriptor, unread.
    pub dependency_descriptor: Option<&'a [u8]>,
    /// The video layers allocation, unread.
    pub video_layers_allocation: Option<&'a [u8]>,
    /// The frame marking, unread.
    pub frame_marking: Option<&'a [u8]>,
}

impl<'a> Extensions<'a> {
    /// Reads the extensions of `packet` that `ids` names; malformed elements end the reading without error,
    /// as RFC 8285 section 4.2 asks of receivers.
    pub fn parse(packet: &'a [u8], header: &RtpHeader, ids: &ExtensionIds) -> Extensions<'a> {
        let mut found = Extensions::default();
        for (id, value) in elements(packet, header) {
            found.take(ids, id, value);
        }
        found
    }

    fn take(&mut self, ids: &ExtensionIds, id: u8, value: &'a [u8]) {
        let text = || std::str::from_utf8(value).ok().filter(|text| !text.is_empty());
        match (id, value) {
            (id, _) if id == ids.mid => self.mid = text(),
            (id, _) if id == ids.rid => self.rid = text(),
            (id, _) if id == ids.repaired_rid => self.repaired_rid = text(),
            (id, &[level, ..]) if id == ids.audio_level => {
                self.audio_level = Some((level & 0x7f, level & 0x80 != 0));
            }
            (id, &[high, low, ..]) if id == ids.transport_cc => {
                self.transport_cc = Some(u16::from_be_bytes([high, low]));
            }
            (id, &[a, b, c]) if id == ids.abs_send_time => {
                self.abs_send_time = Some(u32::from_be_bytes([0, a, b, c]));
            }
            (id, _) if id == ids.dependency_descriptor => self.dependency_descriptor = Some(value),
            (id, _) if id == ids.video_layers_allocation => self.video_layers_allocation = Some(value),
            (id, _) if id == ids.frame_marking => self.frame_marking = Some(value),
            _ => {}
        }
    }
}

/// The transport-wide sequence number of a packet, for whoever needs no other of its extensions.
pub fn transport_sequence(packet: &[u8], header: &RtpHeader, id: u8) -> Option<u16> {
    if id == 0 {
        return None;
    }
    // A later element counts more, as in [`Extensions::parse`].
    if header.extension_profile == Some(ONE_BYTE_PROFILE) {
        return one_byte_sequence(&packet[header.extension_start..header.extension_end], id);
    }
    let named = elements(packet, header).filter(|(own, value)| *own == id && value.len() >= 2);
    named.last().map(|(_, value)| u16::from_be_bytes([value[0], value[1]]))
}

/// The last element `id` of at least two bytes, in the form that nearly every packet has: as [`elements`] finds it, in
/// less time.
fn one_byte_sequence(block: &[u8], id: u8) -> Option<u16> {
    let (mut at, mut found) = (0, None);
    while let Some(&first) = block.get(at) {
        at += 1;
        let (own, len) = (first >> 4, usize::from(first & 0x0f) + 1);
        match own {
            0 if first == 0 => continue,
            15 => break,
            _ if at + len > block.len() => break,
            _ if own == id && len >= 2 => found = Some(u16::from_be_bytes([block[at], block[at + 1]])),
            _ => {}
        }
        at += len;
    }
    found
}

/// The (id, value) elements of a packet's extension block, in order, in either form.
pub fn elements<'a>(packet: &'a [u8], header: &RtpHeader) -> Elements<'a> {
    let form = match header.extension_profile {
        Some(ONE_BYTE_PROFILE) => Form::OneByte,
        Some(profile) if profile & 0xfff0 == TWO_BYTE_PROFILE => Form::TwoByte,
        _ => Form::None,
    };
    Elements { rest: &packet[header.extension_start..header.extension_end], form }
}

/// Iterator of [`elements`].
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    rest: &'a [u8],
    form: Form,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    None,
    OneByte,
    TwoByte,
}

impl<'a> Iterator for Elements<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        loop {
            let (&first, rest) = self.rest.split_first()?;
            if first == 0 {
                self.rest = rest;
                continue;
            }
            let (id, len, body) = match self.form {
                Form::None => return None,
                // Id 15 is reserved and ends the block (RFC 8285 section 4.2).
                Form::OneByte if first >> 4 == 15 => return None,
                Form::OneByte => (first >> 4, usize::from(first & 0x0f) + 1, rest),
                Form::TwoByte => {
                    let (&len, rest) = rest.split_first()?;
                    (first, usize::from(len), rest)
                }
            };
            let (value, rest) = body.split_at_checked(len)?;
            self.rest = rest;
            // Id 0 is padding; one with a length is ignored (RFC 8285 section 4.2).
            if id != 0 {
                return Some((id, value));
            }
        }
    }
}

#[cfg(test)]
mod tests;
