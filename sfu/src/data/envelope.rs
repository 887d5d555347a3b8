//! The small header on channels that speak [`super::PROTOCOL`]: to whom, or from whom. See `PROTOCOL.md`.

use bytes::{BufMut, Bytes};

use super::MAX_NAME;

const BROADCAST: u8 = 1;
const DIRECTED: u8 = 2;
const NOTICE: u8 = 3;

/// What a message with a header is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Envelope<'a> {
    /// For, or from, everybody.
    Broadcast {
        /// The sender's id; empty on its way to the SFU.
        from: &'a str,
        /// What was sent.
        payload: &'a [u8],
    },
    /// For one participant.
    Directed {
        /// The receiver's id on the way to the SFU, the sender's on the way from it.
        peer: &'a str,
        /// What was sent.
        payload: &'a [u8],
    },
    /// From the SFU itself.
    Notice {
        /// What it says.
        notice: Notice,
        /// Of how many messages.
        count: u32,
    },
}

/// What the SFU has to say of the messages on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Messages to this participant were dropped: it reads too slowly.
    Dropped,
    /// A directed message had nobody to go to.
    NoRecipient,
}

/// Why bytes are no envelope.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum EnvelopeError {
    /// Shorter than it says.
    #[error("shorter than it says")]
    Short,
    /// No such kind.
    #[error("no such kind")]
    Kind,
    /// An id that is no ASCII text, longer than ids are, or missing where there must be one.
    #[error("not an id")]
    Id,
}

impl<'a> Envelope<'a> {
    /// Reads an envelope.
    ///
    /// # Errors
    /// When it is not one.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, EnvelopeError> {
        let [kind, len, rest @ ..] = bytes else { return Err(EnvelopeError::Short) };
        let (peer, payload) = rest.split_at_checked(usize::from(*len)).ok_or(EnvelopeError::Short)?;
        let peer = str::from_utf8(peer).ok().filter(|id| id.is_ascii() && id.len() <= MAX_NAME);
        let peer = peer.ok_or(EnvelopeError::Id)?;
        match *kind {
            BROADCAST => Ok(Envelope::Broadcast { from: peer, payload }),
            DIRECTED if peer.is_empty() => Err(EnvelopeError::Id),
            DIRECTED => Ok(Envelope::Directed { peer, payload }),
            NOTICE => parse_notice(payload),
            _ => Err(EnvelopeError::Kind),
        }
    }

    /// The envelope as it goes out. `None` when the id is longer than ids are, or no ASCII.
    pub fn to_bytes(&self) -> Option<Bytes> {
        let (kind, peer, payload) = match *self {
            Envelope::Broadcast { from, payload } => (BROADCAST, from, payload),
            Envelope::Directed { peer, payload } => (DIRECTED, peer, payload),
            Envelope::Notice { notice, count } => return Some(notice_bytes(notice, count)),
        };
        if peer.len() > MAX_NAME || !peer.is_ascii() {
            return None;
        }
        let mut out = Vec::with_capacity(2 + peer.len() + payload.len());
        out.put_slice(&[kind, peer.len() as u8]);
        out.put_slice(peer.as_bytes());
        out.put_slice(payload);
        Some(out.into())
    }
}

fn parse_notice<'a>(payload: &[u8]) -> Result<Envelope<'a>, EnvelopeError> {
    let [code, count @ ..] = payload else { return Err(EnvelopeError::Short) };
    let count = u32::from_be_bytes(count.try_into().map_err(|_| EnvelopeError::Short)?);
    let notice = match code {
        1 => Notice::Dropped,
        2 => Notice::NoRecipient,
        _ => return Err(EnvelopeError::Kind),
    };
    Ok(Envelope::Notice { notice, count })
}

fn notice_bytes(notice: Notice, count: u32) -> Bytes {
    let code = match notice {
        Notice::Dropped => 1,
        Notice::NoRecipient => 2,
    };
    let mut out = vec![NOTICE, 0, code];
    out.put_u32(count);
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_ways() {
        let rows: [(Envelope<'_>, &[u8]); 4] = [
            (Envelope::Broadcast { from: "", payload: b"hi" }, b"\x01\x00hi"),
            (Envelope::Broadcast { from: "p1", payload: b"hi" }, b"\x01\x02p1hi"),
            (Envelope::Directed { peer: "p2", payload: b"" }, b"\x02\x02p2"),
            (Envelope::Notice { notice: Notice::Dropped, count: 258 }, &[3, 0, 1, 0, 0, 1, 2]),
        ];
        for (envelope, bytes) in rows {
            assert_eq!(envelope.to_bytes().as_deref(), Some(bytes));
            assert_eq!(Envelope::parse(bytes), Ok(envelope));
        }
    }

    #[test]
    fn what_is_refused() {
        let rows: [(&[u8], EnvelopeError); 8] = [
            (b"", EnvelopeError::Short),
            (b"\x01", EnvelopeError::Short),
            (b"\x01\x05abc", EnvelopeError::Short),
            (b"\x00\x00x", EnvelopeError::Kind),
            (b"\x02\x00x", EnvelopeError::Id),
            (b"\x01\x02\xc3\xa4", EnvelopeError::Id),
            (b"\x03\x00\x01\x00", EnvelopeError::Short),
            (b"\x03\x00\x09\x00\x00\x00\x00", EnvelopeError::Kind),
        ];
        for (bytes, error) in rows {
            assert_eq!(Envelope::parse(bytes), Err(error), "{bytes:?}");
        }
        let long = "a".repeat(MAX_NAME + 1);
        assert_eq!(Envelope::Directed { peer: &long, payload: b"" }.to_bytes(), None);
    }

    proptest! {
        #[test]
        fn whatever_parses_is_written_back(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(envelope) = Envelope::parse(&bytes) {
                let written = envelope.to_bytes().expect("its id was read");
                prop_assert_eq!(Envelope::parse(&written), Ok(envelope));
            }
        }
    }
}
