//! SCTP packets as they lie on the wire (RFC 9260 section 3), read without copying and written anew.

use bytes::{BufMut, Bytes, BytesMut};

use super::checksum;

/// Source port, destination port, verification tag, checksum.
pub(super) const HEADER: usize = 12;
/// Type, flags, length.
pub(super) const CHUNK_HEADER: usize = 4;

pub(super) const DATA: u8 = 0;
pub(super) const INIT: u8 = 1;
pub(super) const INIT_ACK: u8 = 2;
pub(super) const SACK: u8 = 3;
pub(super) const HEARTBEAT: u8 = 4;
pub(super) const ABORT: u8 = 6;
pub(super) const SHUTDOWN: u8 = 7;
pub(super) const SHUTDOWN_ACK: u8 = 8;
pub(super) const COOKIE_ECHO: u8 = 10;
pub(super) const COOKIE_ACK: u8 = 11;
pub(super) const SHUTDOWN_COMPLETE: u8 = 14;
/// RFC 6525 section 3.1
pub(super) const RE_CONFIG: u8 = 130;
/// RFC 3758 section 3.2
pub(super) const FORWARD_TSN: u8 = 192;

/// The common header without its checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) source_port: u16,
    pub(super) destination_port: u16,
    pub(super) tag: u32,
}

/// One chunk, or one parameter inside a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk<'a> {
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) value: &'a [u8],
}

/// A packet whose checksum or whose chunks' lengths are wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// The header of `packet`, and its chunks.
pub(super) fn parse(packet: &[u8]) -> Result<(Header, Vec<Chunk<'_>>), Malformed> {
    let header = packet.first_chunk::<HEADER>().ok_or(Malformed)?;
    if header[8..] != checksum::of_packet(packet) {
        return Err(Malformed);
    }
    let mut chunks = Vec::new();
    let mut rest = &packet[HEADER..];
    while !rest.is_empty() {
        let [kind, flags, high, low] = *rest.first_chunk().ok_or(Malformed)?;
        let length = usize::from(u16::from_be_bytes([high, low]));
        let value = rest.get(CHUNK_HEADER..length).ok_or(Malformed)?;
        chunks.push(Chunk { kind, flags, value });
        // Some stacks leave the last chunk's padding out.
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or(&[]);
    }
    if chunks.is_empty() {
        return Err(Malformed);
    }
    let header = Header {
        source_port: u16_at(header, 0),
        destination_port: u16_at(header, 2),
        tag: u32_at(header, 4),
    };
    Ok((header, chunks))
}

/// The parameters in `value`, by type (RFC 9260 section 3.2.1); `None` when their lengths don't add up.
pub(super) fn parameters(value: &[u8]) -> Option<Vec<(u16, &[u8])>> {
    let (mut found, mut rest) = (Vec::new(), value);
    while !rest.is_empty() {
        let head: &[u8; 4] = rest.first_chunk()?;
        let length = usize::from(u16_at(head, 2));
        found.push((u16_at(head, 0), rest.get(4..length)?));
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or(&[]);
    }
    Some(found)
}

/// Two bytes of `bytes` from `at` on, which are there.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([bytes[at], bytes[at + 1]])
}

/// Four bytes of `bytes` from `at` on, which are there.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Writes one packet.
pub(super) struct Writer(BytesMut);

impl Writer {
    pub(super) fn new(header: Header, capacity: usize) -> Self {
        let mut bytes = BytesMut::with_capacity(capacity.max(HEADER));
        bytes.put_u16(header.source_port);
        bytes.put_u16(header.destination_port);
        bytes.put_u32(header.tag);
        bytes.put_u32(0);
        Writer(bytes)
    }

    /// Appends a chunk, padded. `value` is shorter than 65,532 bytes.
    pub(super) fn chunk(&mut self, kind: u8, flags: u8, value: &[u8]) {
        let length = u16::try_from(CHUNK_HEADER + value.len()).expect("a chunk fits into a datagram");
        self.0.put_slice(&[kind, flags]);
        self.0.put_u16(length);
        self.0.put_slice(value);
        self.pad();
    }

    fn pad(&mut self) {
        let missing = self.0.len().next_multiple_of(4) - self.0.len();
        self.0.put_bytes(0, missing);
    }

    /// Whether no chunk was written.
    pub(super) fn is_empty(&self) -> bool {
        self.0.len() == HEADER
    }

    /// The packet with its checksum.
    pub(super) fn finish(mut self) -> Bytes {
        let checksum = checksum::of_packet(&self.0);
        self.0[8..HEADER].copy_from_slice(&checksum);
        self.0.freeze()
    }
}

/// Appends a parameter, padded. `value` is shorter than 65,532 bytes.
pub(super) fn put_parameter(out: &mut Vec<u8>, kind: u16, value: &[u8]) {
    let length = u16::try_from(4 + value.len()).expect("a parameter fits into a datagram");
    out.put_u16(kind);
    out.put_u16(length);
    out.put_slice(value);
    out.resize(out.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: Header = Header { source_port: 5000, destination_port: 5000, tag: 7 };

    #[test]
    fn what_is_written_is_read() {
        let mut writer = Writer::new(ANY, 64);
        writer.chunk(DATA, 3, b"abcde");
        writer.chunk(COOKIE_ACK, 0, &[]);
        let packet = writer.finish();
        assert_eq!(packet.len(), 12 + 12 + 4, "padded to four bytes");
        let (header, chunks) = parse(&packet).expect("our own");
        assert_eq!(header, ANY);
        let expected = [
            Chunk { kind: DATA, flags: 3, value: b"abcde" },
            Chunk { kind: COOKIE_ACK, flags: 0, value: &[] },
        ];
        assert_eq!(chunks, expected);
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        let rows: [(&str, &[u8]); 4] = [
            ("shorter than its header", &[0, 0, 0, 3]),
            ("longer than the packet", &[0, 0, 0, 9, 1, 2, 3, 4]),
            ("half a chunk header", &[0, 0]),
            ("no chunk", &[]),
        ];
        for (what, chunk) in rows {
            let mut bytes = vec![0; HEADER];
            bytes.extend_from_slice(chunk);
            let checksum = checksum::of_packet(&bytes);
            bytes[8..12].copy_from_slice(&checksum);
            assert_eq!(parse(&bytes).map(|_| ()), Err(Malformed), "{what}");
        }
        let mut packet = Writer::new(ANY, 0);
        packet.chunk(COOKIE_ACK, 0, &[]);
        let mut packet = packet.finish().to_vec();
        packet[4] ^= 1;
        assert_eq!(parse(&packet).map(|_| ()), Err(Malformed), "the checksum");
        assert_eq!(parse(&packet[..11]).map(|_| ()), Err(Malformed), "half a header");
    }

    #[test]
    fn parameters_may_end_unpadded() {
        let mut value = Vec::new();
        put_parameter(&mut value, 0x8008, &[130, 192]);
        put_parameter(&mut value, 7, b"cookie!");
        value.truncate(value.len() - 1);
        let read = parameters(&value).expect("whole");
        assert_eq!(read, [(0x8008, &[130, 192][..]), (7, b"cookie!")]);
        assert_eq!(parameters(&value[..5]), None);
        assert_eq!(parameters(&[0, 7, 0, 2]), None);
    }
}
