//! rtc-sctp's packets as they go out: with our own numbers ([`super::numbers`]), and no larger than a packet
//! may be.

use bytes::Bytes;

use super::admission::Admission;
use super::numbers::Numbers;
use super::packet::{self, Writer, u16_at, u32_at};

/// Gap blocks in one acknowledgement: with what stands before them 1,016 bytes. The library lists all.
const MAX_BLOCKS: usize = 247;
/// RFC 9260 section 3.3.3
const STATE_COOKIE: u16 = 7;
/// RFC 6525 section 4.1
const OUTGOING_RESET: u16 = 13;
/// "In progress" (RFC 6525 section 4.4): the request still waits.
const IN_PROGRESS: u32 = 6;

/// A packet ready for DTLS.
#[derive(Clone, Debug)]
pub(super) struct Departing {
    pub(super) bytes: Bytes,
    /// Whether it carries user data, and so waits for its share of the line.
    pub(super) is_data: bool,
}

/// Rewrites one of the library's packets; `None` for what it could not have written.
pub(super) fn rewrite(numbers: &mut Numbers, admission: &mut Admission, raw: &[u8]) -> Option<Departing> {
    let (header, chunks) = packet::parse(raw).ok()?;
    let mut writer = Writer::new(header, raw.len());
    let mut is_data = false;
    for chunk in &chunks {
        let mut value = chunk.value.to_vec();
        match chunk.kind {
            packet::INIT | packet::INIT_ACK => init(numbers, &mut value)?,
            packet::DATA => {
                is_data = true;
                let own = u32_at(&value, 0);
                if own.wrapping_sub(numbers.last_sent) < 1 << 31 {
                    numbers.last_sent = own;
                }
                put(&mut value, 0, numbers.own_out(own));
            }
            packet::SACK => acknowledge(numbers, admission, &mut value),
            packet::FORWARD_TSN => {
                let own = u32_at(&value, 0);
                if own.wrapping_sub(numbers.last_sent) < 1 << 31 {
                    numbers.last_sent = own;
                }
                put(&mut value, 0, numbers.own_out(own));
            }
            packet::SHUTDOWN => {
                let peer = numbers.peer_out(u32_at(&value, 0));
                put(&mut value, 0, peer);
            }
            packet::RE_CONFIG => value = reconfigure(numbers, admission, &value)?,
            _ => {}
        }
        writer.chunk(chunk.kind, chunk.flags, &value);
    }
    Some(Departing { bytes: writer.finish(), is_data })
}

/// What the library counts from, of its own INIT or INIT ACK: tag and first number.
pub(super) fn library_start(raw: &[u8]) -> Option<(u32, u32)> {
    let (_, chunks) = packet::parse(raw).ok()?;
    let init = chunks.iter().find(|chunk| matches!(chunk.kind, packet::INIT | packet::INIT_ACK))?;
    (init.value.len() >= 16).then(|| (u32_at(init.value, 0), u32_at(init.value, 12)))
}

fn init(numbers: &mut Numbers, value: &mut Vec<u8>) -> Option<()> {
    let mut out = value.get(..16)?.to_vec();
    let parameters = packet::parameters(&value[16..])?;
    put(&mut out, 0, numbers.seed().tag);
    put(&mut out, 12, numbers.seed().first);
    for (kind, parameter) in parameters {
        if kind == STATE_COOKIE {
            numbers.set_library_cookie(parameter);
            packet::put_parameter(&mut out, kind, &numbers.seed().cookie);
        } else {
            packet::put_parameter(&mut out, kind, parameter);
        }
    }
    *value = out;
    Some(())
}

fn acknowledge(numbers: &Numbers, admission: &mut Admission, value: &mut Vec<u8>) {
    admission.intake.advertised(u32_at(value, 4));
    let blocks = usize::from(u16_at(value, 8)).min(MAX_BLOCKS);
    value.truncate(12 + 4 * blocks);
    value[8..10].copy_from_slice(&(blocks as u16).to_be_bytes());
    value[10..12].copy_from_slice(&[0, 0]);
    let peer = numbers.peer_out(u32_at(value, 0));
    put(value, 0, peer);
}

fn reconfigure(numbers: &Numbers, admission: &mut Admission, value: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(value.len() + 4);
    for (kind, parameter) in packet::parameters(value)? {
        let mut passed = parameter.to_vec();
        let first = u32_at(parameter.get(..8)?, 0);
        if kind == OUTGOING_RESET {
            admission.own_resets.insert(first);
            put(&mut passed, 0, numbers.own_out(first));
            put(&mut passed, 4, numbers.peer_out(u32_at(parameter, 4)));
            put(&mut passed, 8, numbers.own_out(u32_at(parameter.get(..12)?, 8)));
        } else {
            if u32_at(parameter, 4) != IN_PROGRESS {
                admission.waiting_resets.remove(&first);
            }
            put(&mut passed, 0, numbers.peer_out(first));
        }
        packet::put_parameter(&mut out, kind, &passed);
    }
    Some(out)
}

fn put(value: &mut [u8], at: usize, number: u32) {
    value[at..at + 4].copy_from_slice(&number.to_be_bytes());
}
