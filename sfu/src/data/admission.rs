//! Which of a peer's chunks reach rtc-sctp, with its numbers made ours ([`super::numbers`]).
//!
//! What DTLS authenticates the peer may still mean ill. Each rule closes something that the library does:
//! it makes a second association of a second INIT, ends one over an ERROR, an unknown parameter or a repeated
//! INIT, keeps reset requests and streams without a limit, and walks one by one over as many numbers as a
//! FORWARD TSN names.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::intake::{Intake, NotTaken};
use super::numbers::Numbers;
use super::packet::{self, Chunk, Header, Writer, u16_at, u32_at};
use super::{MAX_STREAMS, Refusal, Side};

/// Reset requests of the peer's that may wait for data that is still to come.
const MAX_WAITING_RESETS: usize = 8;
/// RFC 6525 section 4.1
const OUTGOING_RESET: u16 = 13;
/// RFC 6525 section 4.4
const RESET_RESPONSE: u16 = 16;
/// RFC 9260 section 3.3.3
const STATE_COOKIE: u16 = 7;
/// RFC 9260 section 3.3.5
const HEARTBEAT_INFO: u16 = 1;
/// RFC 5061 section 4.2.7
const SUPPORTED_EXTENSIONS: u16 = 0x8008;
/// RFC 3758 section 3.1
const FORWARD_TSN_SUPPORTED: u16 = 0xc000;
/// Initiate tag, window, two counts of streams, first number.
const INIT_FIXED: usize = 16;

/// What the seam keeps of the peer.
#[derive(Debug, Default)]
pub(super) struct Admission {
    pub(super) intake: Intake,
    /// The peer's reset requests that the library has not answered for good.
    pub(super) waiting_resets: BTreeSet<u32>,
    /// Our reset requests that the peer has not answered.
    pub(super) own_resets: BTreeSet<u32>,
}

/// What may go on to the library.
pub(super) struct Admitted {
    /// The packet without what was refused; `None` when nothing is left.
    pub(super) packet: Option<Bytes>,
    /// Why something was left out, the first reason.
    pub(super) refusal: Option<Refusal>,
    /// The association is to be ended.
    pub(super) hopeless: bool,
}

impl Admission {
    /// A new association begins.
    pub(super) fn forget(&mut self) {
        self.intake.forget();
        self.waiting_resets.clear();
        self.own_resets.clear();
    }

    /// Writes the chunks of a packet that may pass into a new one.
    pub(super) fn admit(
        &mut self,
        numbers: &mut Numbers,
        side: Side,
        header: Header,
        chunks: &[Chunk<'_>],
    ) -> Admitted {
        let is_init = chunks[0].kind == packet::INIT;
        let tag = if is_init { 0 } else { numbers.library_tag() };
        let capacity = packet::HEADER + chunks.iter().map(|chunk| chunk.value.len() + 8).sum::<usize>() + 32;
        let mut admitted = Admitted { packet: None, refusal: None, hopeless: false };
        let mut writer = Writer::new(Header { tag, ..header }, capacity);
        let mut value = Vec::new();
        for chunk in chunks {
            value.clear();
            match self.chunk(numbers, side, chunk, &mut value) {
                Ok(true) => writer.chunk(chunk.kind, flags_of(chunk), &value),
                // Unknown chunks are skipped, or end the packet (RFC 9260 section 3.2).
                Ok(false) if chunk.kind & 0x80 != 0 => {}
                Ok(false) => break,
                Err(refusal) => {
                    admitted.refusal.get_or_insert(refusal);
                    admitted.hopeless |= refusal == Refusal::Exhausted;
                }
            }
        }
        admitted.packet = (!writer.is_empty()).then(|| writer.finish());
        admitted
    }

    /// Writes the value of `chunk` as the library may see it; `false` for chunks that nobody here knows.
    fn chunk(
        &mut self,
        numbers: &mut Numbers,
        side: Side,
        chunk: &Chunk<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, Refusal> {
        let value = chunk.value;
        match (chunk.kind, side) {
            (packet::INIT, Side::Accept) | (packet::INIT_ACK, Side::Open) => {
                init(numbers, chunk.kind, value, out)?;
            }
            (packet::DATA, _) => self.data(numbers, value, out)?,
            (packet::SACK, _) => selective_ack(numbers, value, out)?,
            (packet::FORWARD_TSN, _) => self.forward(numbers, value, out)?,
            (packet::RE_CONFIG, _) => self.reconfigure(numbers, value, out)?,
            (packet::HEARTBEAT, _) => heartbeat(value, out)?,
            (packet::COOKIE_ECHO, Side::Accept) => {
                if value != numbers.seed().cookie {
                    return Err(Refusal::Protocol);
                }
                out.extend_from_slice(numbers.library_cookie());
            }
            (packet::SHUTDOWN, _) => {
                let wire = value.first_chunk().ok_or(Refusal::Malformed)?;
                out.extend_from_slice(&numbers.own_in(u32::from_be_bytes(*wire)).to_be_bytes());
            }
            // Causes change nothing, and the library prints them.
            (packet::ABORT | packet::SHUTDOWN_ACK | packet::SHUTDOWN_COMPLETE, _)
            | (packet::COOKIE_ACK, Side::Open) => {}
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn data(&mut self, numbers: &Numbers, value: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        let (head, payload) = value.split_first_chunk::<12>().ok_or(Refusal::Malformed)?;
        if !numbers.knows_peer() {
            return Err(Refusal::Protocol);
        }
        if u16_at(head, 4) >= MAX_STREAMS {
            return Err(Refusal::Stream);
        }
        let tsn = numbers.peer_in(u32_at(head, 0));
        self.intake.data(tsn, payload.len()).map_err(|outcome| match outcome {
            NotTaken::Refused => Refusal::Window,
            NotTaken::Hopeless => Refusal::Exhausted,
        })?;
        out.extend_from_slice(&tsn.to_be_bytes());
        out.extend_from_slice(&value[4..]);
        Ok(())
    }

    fn forward(&mut self, numbers: &Numbers, value: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        if value.len() < 4 || !value.len().is_multiple_of(4) {
            return Err(Refusal::Malformed);
        }
        let tsn = numbers.peer_in(u32_at(value, 0));
        if !numbers.knows_peer() || !self.intake.forward(tsn) {
            return Err(Refusal::Window);
        }
        out.extend_from_slice(&tsn.to_be_bytes());
        out.extend_from_slice(&value[4..]);
        Ok(())
    }

    fn reconfigure(&mut self, numbers: &Numbers, value: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        let parameters = packet::parameters(value).ok_or(Refusal::Malformed)?;
        if parameters.len() > 2 {
            return Err(Refusal::Malformed);
        }
        let mut passed = Vec::new();
        for (kind, parameter) in parameters {
            match kind {
                OUTGOING_RESET => self.reset_request(numbers, parameter, &mut passed)?,
                RESET_RESPONSE if parameter.len() >= 8 => {
                    let sequence = numbers.own_in(u32_at(parameter, 0));
                    self.own_resets.remove(&sequence);
                    passed.extend_from_slice(&sequence.to_be_bytes());
                    passed.extend_from_slice(&parameter[4..8]);
                }
                _ => return Err(Refusal::Protocol),
            }
            packet::put_parameter(out, kind, &passed);
            passed.clear();
        }
        if out.is_empty() { Err(Refusal::Malformed) } else { Ok(()) }
    }

    fn reset_request(
        &mut self,
        numbers: &Numbers,
        parameter: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let (head, streams) = parameter.split_first_chunk::<12>().ok_or(Refusal::Malformed)?;
        if !numbers.knows_peer() || !streams.len().is_multiple_of(2) {
            return Err(Refusal::Malformed);
        }
        if streams.chunks_exact(2).any(|stream| u16_at(stream, 0) >= MAX_STREAMS)
            || streams.len() > usize::from(MAX_STREAMS) * 2
        {
            return Err(Refusal::Stream);
        }
        let sequence = numbers.peer_in(u32_at(head, 0));
        if !self.waiting_resets.contains(&sequence) && self.waiting_resets.len() >= MAX_WAITING_RESETS {
            return Err(Refusal::Flood);
        }
        self.waiting_resets.insert(sequence);
        for number in [sequence, numbers.own_in(u32_at(head, 4)), numbers.peer_in(u32_at(head, 8))] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.extend_from_slice(streams);
        Ok(())
    }
}

/// The library wants the flags of an INIT to be zero.
fn flags_of(chunk: &Chunk<'_>) -> u8 {
    if matches!(chunk.kind, packet::DATA) { chunk.flags } else { 0 }
}

/// INIT and INIT ACK, with the parameters that the library understands and no others.
fn init(numbers: &mut Numbers, kind: u8, value: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
    let (fixed, rest) = value.split_first_chunk::<INIT_FIXED>().ok_or(Refusal::Malformed)?;
    let parameters = packet::parameters(rest).ok_or(Refusal::Malformed)?;
    let streams = [u16_at(fixed, 8), u16_at(fixed, 10)];
    // RFC 9260 section 3.3.2: none of these may be zero, and the window holds a packet.
    if u32_at(fixed, 0) == 0 || streams.contains(&0) || u32_at(fixed, 4) < 1_500 {
        return Err(Refusal::Malformed);
    }
    let mut extensions = vec![packet::RE_CONFIG];
    let mut cookie = None;
    for (parameter, value) in parameters {
        let partial = match parameter {
            FORWARD_TSN_SUPPORTED => true,
            SUPPORTED_EXTENSIONS => value.contains(&packet::FORWARD_TSN),
            STATE_COOKIE => {
                cookie = Some(value);
                false
            }
            _ => false,
        };
        if partial && !extensions.contains(&packet::FORWARD_TSN) {
            extensions.push(packet::FORWARD_TSN);
        }
    }
    numbers.set_peer_first(u32_at(fixed, 12));
    out.extend_from_slice(&fixed[..12]);
    out.extend_from_slice(&1_u32.to_be_bytes());
    if kind == packet::INIT_ACK {
        packet::put_parameter(out, STATE_COOKIE, cookie.ok_or(Refusal::Malformed)?);
    }
    packet::put_parameter(out, SUPPORTED_EXTENSIONS, &extensions);
    Ok(())
}

/// An acknowledgement of what has been sent, with blocks that ascend: the library walks over each.
fn selective_ack(numbers: &mut Numbers, value: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
    let (head, lists) = value.split_first_chunk::<12>().ok_or(Refusal::Malformed)?;
    let (blocks, repeats) = (usize::from(u16_at(head, 8)), usize::from(u16_at(head, 10)));
    if lists.len() < 4 * (blocks + repeats) {
        return Err(Refusal::Malformed);
    }
    let acknowledged = numbers.own_in(u32_at(head, 0));
    let ahead = |number: u32| number.wrapping_sub(acknowledged);
    let outstanding = ahead(numbers.last_sent);
    if outstanding > 1 << 31 {
        return Err(Refusal::Protocol);
    }
    let mut before = 0;
    for block in lists[..4 * blocks].chunks_exact(4) {
        let (start, end) = (u16_at(block, 0), u16_at(block, 2));
        if start <= before || end < start || u32::from(end) > outstanding {
            return Err(Refusal::Protocol);
        }
        before = end;
    }
    if acknowledged.wrapping_sub(numbers.acknowledged) < 1 << 31 {
        numbers.acknowledged = acknowledged;
    }
    out.extend_from_slice(&acknowledged.to_be_bytes());
    out.extend_from_slice(&head[4..10]);
    // What came twice is of no use to anybody here.
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(&lists[..4 * blocks]);
    Ok(())
}

fn heartbeat(value: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
    let parameters = packet::parameters(value).ok_or(Refusal::Malformed)?;
    let [(HEARTBEAT_INFO, info)] = parameters[..] else { return Err(Refusal::Malformed) };
    packet::put_parameter(out, HEARTBEAT_INFO, info);
    out.truncate(4 + info.len());
    Ok(())
}
