//! Writes one outgoing RTP packet: header, extensions, payload, protection.

use super::describe::MediaParameters;
use crate::rtp::extension::{ExtensionIds, ExtensionWriter, ONE_BYTE_PROFILE};
use crate::rtp::packet::{FIXED_HEADER_LEN, write_fixed_header};
use crate::time::Time;
use crate::transport::srtp::Outbound;

/// Room for the extension block: its head, and in the two-byte form mid (18), transport-cc (4), abs-send-time (5) and
/// audio level (3), padded.
const MAX_EXTENSIONS: usize = 36;
/// The same with a dependency descriptor (257).
const MAX_EXTENSIONS_WITH_DESCRIPTOR: usize = 292;

/// The fields of one outgoing packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutgoingPacket<'a> {
    pub(crate) payload_type: u8,
    pub(crate) marker: bool,
    /// Extended from roll-over counter 0: SRTP's index.
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
    /// Written while the receiver has not shown that it knows the SSRC.
    pub(crate) mid: Option<&'a str>,
    pub(crate) audio_level: Option<(u8, bool)>,
    /// Written where the receiver has negotiated it.
    pub(crate) dependency_descriptor: Option<&'a [u8]>,
    pub(crate) transport_sequence: u16,
}

impl OutgoingPacket<'_> {
    /// Appends header and extensions to `buffer`; with `protected` the SSRC in the CSRC list of a repair packet
    /// (RFC 8627 section 4.2.1).
    pub(crate) fn write_header(
        &self,
        buffer: &mut Vec<u8>,
        media: &MediaParameters,
        now: Time,
        protected: Option<u32>,
    ) {
        let written = self.dependency_descriptor.filter(|_| media.extensions.dependency_descriptor != 0);
        let plain = written.is_none() && self.mid.is_none() && protected.is_none();
        if plain && self.write_plain(buffer, &media.extensions, now) {
            return;
        }
        if written.is_some() {
            let room = &mut [0; FIXED_HEADER_LEN + MAX_EXTENSIONS_WITH_DESCRIPTOR];
            self.write_into(buffer, room, written, media, now, protected);
        } else {
            let room = &mut [0; FIXED_HEADER_LEN + MAX_EXTENSIONS];
            self.write_into(buffer, room, None, media, now, protected);
        }
    }

    /// Appends a header with the extensions that every packet has and the audio level, if all fit the one-byte form:
    /// what nearly all packets have, in less time than others take.
    fn write_plain(&self, buffer: &mut Vec<u8>, ids: &ExtensionIds, now: Time) -> bool {
        let (sequence, time) = (ids.transport_cc, ids.abs_send_time);
        if !(1..=14).contains(&sequence) || !(1..=14).contains(&time) {
            return false;
        }
        let level = self.audio_level.filter(|_| ids.audio_level != 0);
        if ids.audio_level > 14 {
            return false;
        }
        let mut header = [0; FIXED_HEADER_LEN + 16];
        let (fixed, rest) = header.split_first_chunk_mut().expect("longer than a fixed header");
        let kind = (self.marker, self.payload_type);
        write_fixed_header(fixed, kind, self.sequence as u16, self.timestamp, self.ssrc, true);
        let ([a, b], [c, d, e]) = (self.transport_sequence.to_be_bytes(), abs_send_time(now));
        let [high, low] = ONE_BYTE_PROFILE.to_be_bytes();
        let (words, f, g) = match level {
            Some((level, voice)) => (3, ids.audio_level << 4, (u8::from(voice) << 7) | (level & 0x7f)),
            None => (2, 0, 0),
        };
        // Profile, length in words, and the elements with their lengths less one (RFC 8285 section 4.2).
        rest[..13].copy_from_slice(&[
            high,
            low,
            0,
            words,
            sequence << 4 | 1,
            a,
            b,
            time << 4 | 2,
            c,
            d,
            e,
            f,
            g,
        ]);
        buffer.extend_from_slice(&header[..FIXED_HEADER_LEN + 4 + 4 * usize::from(words)]);
        true
    }

    fn write_into(
        &self,
        buffer: &mut Vec<u8>,
        header: &mut [u8],
        descriptor: Option<&[u8]>,
        media: &MediaParameters,
        now: Time,
        protected: Option<u32>,
    ) {
        let ids = &media.extensions;
        let (fixed, rest) = header.split_first_chunk_mut().expect("longer than a fixed header");
        let mut extensions = ExtensionWriter::new(rest);
        extensions.push(ids.transport_cc, &self.transport_sequence.to_be_bytes());
        extensions.push(ids.abs_send_time, &abs_send_time(now));
        if let Some((level, voice)) = self.audio_level {
            extensions.push(ids.audio_level, &[(u8::from(voice) << 7) | (level & 0x7f)]);
        }
        if let Some(mid) = self.mid {
            extensions.push(ids.mid, mid.as_bytes());
        }
        if let Some(descriptor) = descriptor {
            extensions.push(ids.dependency_descriptor, descriptor);
        }
        let len = extensions.finish();
        let kind = (self.marker, self.payload_type);
        write_fixed_header(fixed, kind, self.sequence as u16, self.timestamp, self.ssrc, len > 0);
        let Some(csrc) = protected else {
            return buffer.extend_from_slice(&header[..FIXED_HEADER_LEN + len]);
        };
        header[0] |= 1;
        buffer.extend_from_slice(&header[..FIXED_HEADER_LEN]);
        buffer.extend_from_slice(&csrc.to_be_bytes());
        buffer.extend_from_slice(&header[FIXED_HEADER_LEN..][..len]);
    }

    /// Protects the packet that starts at `start` of `buffer` and ends with it; `false` when SRTP refuses.
    pub(crate) fn protect(&self, buffer: &mut Vec<u8>, start: usize, outbound: &Outbound) -> bool {
        buffer.resize(buffer.len() + outbound.profile().tag_len(), 0);
        outbound.protect_rtp(&mut buffer[start..], self.sequence).is_ok()
    }
}

/// 24 bits of 6.18 fixed-point seconds.
fn abs_send_time(now: Time) -> [u8; 3] {
    let [.., a, b, c] = (now.ticks(1 << 18) as u32).to_be_bytes();
    [a, b, c]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_send_time_is_6_18_fixed_point_and_wraps_at_64_s() {
        assert_eq!(abs_send_time(Time::from_millis(500)), [0x02, 0x00, 0x00]);
        assert_eq!(abs_send_time(Time::from_secs(64)), [0, 0, 0]);
        assert_eq!(abs_send_time(Time::from_secs(63)), [0xfc, 0, 0]);
    }
}
