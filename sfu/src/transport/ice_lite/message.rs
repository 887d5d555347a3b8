//! Reading STUN messages (RFC 8489 section 5), without an allocation.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use rtc_stun::fingerprint::fingerprint_value;

use super::{COOKIE, FINGERPRINT_LEN, HEADER, INTEGRITY_LEN, attribute, integrity};

/// Not a STUN message, or one whose lengths don't add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed STUN: {0}")]
pub struct ParseError(pub(super) &'static str);

/// A STUN message whose structure was checked: header, and attributes that fill the rest exactly.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    bytes: &'a [u8],
    /// Where MESSAGE-INTEGRITY begins.
    integrity_at: Option<usize>,
}

impl<'a> Message<'a> {
    /// Checks the structure of a datagram. FINGERPRINT and MESSAGE-INTEGRITY are checked on demand.
    ///
    /// # Errors
    /// [`ParseError`] for anything but one whole STUN message.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let header: &[u8; HEADER] = bytes.first_chunk().ok_or(ParseError("less than a header"))?;
        if header[0] & 0xc0 != 0 || header[4..8] != COOKIE {
            return Err(ParseError("no STUN header"));
        }
        let len = usize::from(u16::from_be_bytes([header[2], header[3]]));
        if len % 4 != 0 || HEADER + len != bytes.len() {
            return Err(ParseError("length is not the datagram's"));
        }
        let mut at = HEADER;
        let mut integrity_at = None;
        while at < bytes.len() {
            let (kind, value) = attribute_at(bytes, at).ok_or(ParseError("attribute beyond the message"))?;
            if kind == attribute::MESSAGE_INTEGRITY && integrity_at.is_none() {
                if value.len() + 4 != INTEGRITY_LEN {
                    return Err(ParseError("MESSAGE-INTEGRITY of a wrong length"));
                }
                integrity_at = Some(at);
            }
            at += 4 + value.len().next_multiple_of(4);
        }
        Ok(Message { bytes, integrity_at })
    }

    /// Class and method (see [`super::message_type`]).
    pub fn message_type(self) -> u16 {
        u16::from_be_bytes([self.bytes[0], self.bytes[1]])
    }

    /// The transaction id.
    pub fn transaction(self) -> &'a [u8; 12] {
        self.bytes[8..HEADER].try_into().expect("a whole header")
    }

    /// The attributes that count, by kind and value without padding: what stands behind MESSAGE-INTEGRITY
    /// is not protected by it, hence ignored (RFC 8489 section 14.5).
    pub fn attributes(self) -> impl Iterator<Item = (u16, &'a [u8])> {
        let end = self.integrity_at.unwrap_or(self.bytes.len());
        let mut at = HEADER;
        std::iter::from_fn(move || {
            let (kind, value) = if at < end { attribute_at(self.bytes, at)? } else { return None };
            at += 4 + value.len().next_multiple_of(4);
            Some((kind, value))
        })
    }

    /// The value of the first attribute of `kind`.
    pub fn attribute(self, kind: u16) -> Option<&'a [u8]> {
        self.attributes().find(|(found, _)| *found == kind).map(|(_, value)| value)
    }

    /// The two halves of USERNAME: in a check, the receiver's and the sender's user name fragment.
    pub fn username(self) -> Option<(&'a str, &'a str)> {
        std::str::from_utf8(self.attribute(attribute::USERNAME)?).ok()?.split_once(':')
    }

    /// Whether the last attribute is a FINGERPRINT, and right (RFC 8489 section 14.7).
    pub fn has_valid_fingerprint(self) -> bool {
        let Some(at) = self.bytes.len().checked_sub(FINGERPRINT_LEN).filter(|at| *at >= HEADER) else {
            return false;
        };
        let [0x80, 0x28, 0, 4, value @ ..] = &self.bytes[at..] else { return false };
        *value == fingerprint_value(&self.bytes[..at]).to_be_bytes()
    }

    /// Whether there is a MESSAGE-INTEGRITY, made with `key`.
    pub fn has_valid_integrity(self, key: &hmac::Key) -> bool {
        let Some(at) = self.integrity_at else { return false };
        let expected = integrity(key, &self.bytes[..at]);
        verify_slices_are_equal(expected.as_ref(), &self.bytes[at + 4..at + INTEGRITY_LEN]).is_ok()
    }
}

/// Kind and value of the attribute at `at`; `None` when it is not there with its padding.
fn attribute_at(bytes: &[u8], at: usize) -> Option<(u16, &[u8])> {
    let header: &[u8; 4] = bytes.get(at..)?.first_chunk()?;
    let len = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let padded = bytes.get(at + 4..at + 4 + len.next_multiple_of(4))?;
    Some((u16::from_be_bytes([header[0], header[1]]), &padded[..len]))
}

/// The user name fragment of ours that a check is for, by which to find the participant. Nothing is
/// authenticated yet.
///
/// `None` for anything but a STUN message with such a USERNAME.
pub fn ufrag_of(datagram: &[u8]) -> Option<&str> {
    Message::parse(datagram).ok()?.username().map(|(local, _)| local)
}
