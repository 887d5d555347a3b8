//! DTLS records as they lie in a datagram (RFC 6347 section 4.1), read without copying.

/// Type, version, epoch, sequence number, length.
pub(super) const HEADER_LENGTH: usize = 13;
/// Type, length, message sequence, fragment offset, fragment length (RFC 6347 section 4.2.2).
pub(super) const HANDSHAKE_HEADER_LENGTH: usize = 12;

pub(super) const CHANGE_CIPHER_SPEC: u8 = 20;
pub(super) const ALERT: u8 = 21;
pub(super) const HANDSHAKE: u8 = 22;
pub(super) const APPLICATION_DATA: u8 = 23;

pub(super) const CLIENT_HELLO: u8 = 1;
pub(super) const SERVER_HELLO: u8 = 2;
pub(super) const HELLO_VERIFY_REQUEST: u8 = 3;

pub(super) const ALERT_FATAL: u8 = 2;
pub(super) const ALERT_CLOSE_NOTIFY: u8 = 0;

/// One record; its body is ciphertext from epoch 1 on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub(super) content_type: u8,
    pub(super) epoch: u16,
    pub(super) body: &'a [u8],
    /// Header and body.
    pub(super) bytes: &'a [u8],
}

/// The header in front of each handshake fragment.
#[derive(Clone, Copy, Debug)]
pub(super) struct HandshakeHeader {
    pub(super) message_type: u8,
    pub(super) length: usize,
    pub(super) sequence: u16,
    pub(super) fragment_offset: usize,
    pub(super) fragment_length: usize,
}

impl Record<'_> {
    /// The first handshake header in a plaintext handshake record.
    pub(super) fn handshake_header(&self) -> Option<HandshakeHeader> {
        if self.content_type != HANDSHAKE || self.epoch != 0 {
            return None;
        }
        let header = self.body.first_chunk::<HANDSHAKE_HEADER_LENGTH>()?;
        let u24 = |at: usize| u32::from_be_bytes([0, header[at], header[at + 1], header[at + 2]]) as usize;
        Some(HandshakeHeader {
            message_type: header[0],
            length: u24(1),
            sequence: u16::from_be_bytes([header[4], header[5]]),
            fragment_offset: u24(6),
            fragment_length: u24(9),
        })
    }
}

/// A datagram doesn't divide into records.
#[derive(Debug)]
pub(super) struct Malformed;

/// The records of `datagram`, in order. After an error there is nothing more.
pub(super) fn records(datagram: &[u8]) -> impl Iterator<Item = Result<Record<'_>, Malformed>> {
    let mut rest = datagram;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let record = split_record(rest);
        rest = record.as_ref().map_or(&[], |(_, rest)| *rest);
        Some(record.map(|(record, _)| record))
    })
}

fn split_record(bytes: &[u8]) -> Result<(Record<'_>, &[u8]), Malformed> {
    let header = bytes.first_chunk::<HEADER_LENGTH>().ok_or(Malformed)?;
    let length = usize::from(u16::from_be_bytes([header[11], header[12]]));
    let (bytes, rest) = bytes.split_at_checked(HEADER_LENGTH + length).ok_or(Malformed)?;
    let record = Record {
        content_type: header[0],
        epoch: u16::from_be_bytes([header[3], header[4]]),
        body: &bytes[HEADER_LENGTH..],
        bytes,
    };
    Ok((record, rest))
}
