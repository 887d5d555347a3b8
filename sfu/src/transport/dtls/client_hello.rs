//! What a server must know of the first ClientHello before the library sees it.
//!
//! rtc-dtls takes the first SRTP profile of the *client's* list that it supports. Browsers list counter mode
//! first, so a server that wants AES-GCM has to look at the offer and then support that one profile alone.
//! The hello may come in fragments; until it is whole nothing else is kept of a peer, at most 8 KiB.

use super::SrtpProfile;
use super::record::{CLIENT_HELLO, HANDSHAKE_HEADER_LENGTH, HEADER_LENGTH, Record};

/// A ClientHello with post-quantum key shares has under 2 KiB.
const MAX_LENGTH: usize = 8 * 1024;
/// RFC 5764 section 4.1.1
const USE_SRTP: u16 = 14;
/// Version and random.
const FIXED_LENGTH: usize = 2 + 32;

/// The first ClientHello, as far as it has come.
#[derive(Default)]
pub(super) struct FirstHello {
    message: Vec<u8>,
}

/// A complete first ClientHello.
pub(super) struct Hello {
    /// The hello in one record, whatever fragments it came in.
    pub(super) record: Vec<u8>,
    /// The best profile that it offers, if any that we have.
    pub(super) profile: Option<SrtpProfile>,
}

impl FirstHello {
    /// Takes one more record. Fragments count in order only: a peer sends the whole flight again anyway.
    pub(super) fn push(&mut self, record: &Record<'_>) -> Option<Hello> {
        let header = record.handshake_header()?;
        let body = &record.body[HANDSHAKE_HEADER_LENGTH..];
        if header.message_type != CLIENT_HELLO
            || header.sequence != 0
            || header.length > MAX_LENGTH
            || header.fragment_length != body.len()
            || header.fragment_offset + header.fragment_length > header.length
        {
            return None;
        }
        if header.fragment_offset == 0 {
            self.message.clear();
        } else if header.fragment_offset != self.message.len() {
            return None;
        }
        self.message.extend_from_slice(body);
        if self.message.len() < header.length {
            return None;
        }
        let message = std::mem::take(&mut self.message);
        Some(Hello { profile: best_profile(&message), record: whole_record(record, &message) })
    }
}

/// `message` as one unfragmented record under the record header of its last fragment.
fn whole_record(last: &Record<'_>, message: &[u8]) -> Vec<u8> {
    let length = u16::try_from(HANDSHAKE_HEADER_LENGTH + message.len()).expect("a hello is at most 8 KiB");
    let message_length = &u32::from(length - HANDSHAKE_HEADER_LENGTH as u16).to_be_bytes()[1..];
    let mut record = last.bytes[..HEADER_LENGTH - 2].to_vec();
    record.extend(length.to_be_bytes());
    record.extend([CLIENT_HELLO]);
    record.extend(message_length);
    // Message sequence 0, fragment offset 0.
    record.extend([0; 5]);
    record.extend(message_length);
    record.extend(message);
    record
}

fn best_profile(hello: &[u8]) -> Option<SrtpProfile> {
    let offered = use_srtp(hello)?;
    SrtpProfile::BY_PREFERENCE
        .into_iter()
        .find(|ours| offered.chunks_exact(2).any(|pair| pair == ours.wire().to_be_bytes()))
}

/// The profile list of the `use_srtp` extension: RFC 6347 section 4.2.1, RFC 5246 section 7.4.1.2.
fn use_srtp(hello: &[u8]) -> Option<&[u8]> {
    let rest = hello.get(FIXED_LENGTH..)?;
    let (_session_id, rest) = vector8(rest)?;
    let (_cookie, rest) = vector8(rest)?;
    let (_cipher_suites, rest) = vector16(rest)?;
    let (_compression_methods, rest) = vector8(rest)?;
    let (mut extensions, _) = vector16(rest)?;
    while let Some((kind, rest)) = extensions.split_first_chunk::<2>() {
        let (data, rest) = vector16(rest)?;
        if u16::from_be_bytes(*kind) == USE_SRTP {
            return Some(vector16(data)?.0);
        }
        extensions = rest;
    }
    None
}

fn vector8(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(*length))
}

fn vector16(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}
