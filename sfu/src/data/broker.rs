//! What a message says about where it goes, and how each receiver's channel wants it.

use bytes::Bytes;

use super::envelope::Envelope;
use super::{MAX_MESSAGE, MAX_NAME, Payload};
use crate::drop_reason::DropReason;

/// The longest content: with the longest envelope it is still a message.
const MAX_CONTENT: usize = MAX_MESSAGE - 2 - MAX_NAME;

/// A message as it came out of a sender's channel.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) stream: u16,
    pub(crate) label: String,
    pub(crate) enveloped: bool,
    pub(crate) payload: Payload,
    pub(crate) data: Bytes,
}

/// Who is to get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Everybody else with a channel of that label.
    All,
    /// One participant, by its id.
    One(String),
}

/// A message in both forms that a receiver's channel may want; each is shared by all receivers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub(crate) label: String,
    plain: (Payload, Bytes),
    enveloped: (Payload, Bytes),
}

impl Outgoing {
    /// The form for a channel.
    pub(crate) fn form(&self, enveloped: bool) -> &(Payload, Bytes) {
        if enveloped { &self.enveloped } else { &self.plain }
    }
}

/// Reads where `received` goes, and prepares it. `sender` is the sender's id.
///
/// # Errors
/// `MalformedData` when its envelope is none, `DataTooLarge` when it is too long to be passed on.
pub(crate) fn understand(sender: &str, received: &Received) -> Result<(Target, Outgoing), DropReason> {
    let text = matches!(received.payload, Payload::Text | Payload::EmptyText);
    let (target, content) = content_of(received)?;
    if content.len() > MAX_CONTENT {
        return Err(DropReason::DataTooLarge);
    }
    let envelope = match &target {
        Target::All => Envelope::Broadcast { from: sender, payload: &content },
        Target::One(_) => Envelope::Directed { peer: sender, payload: &content },
    };
    let bytes = envelope.to_bytes().expect("our own ids are short and ASCII");
    let enveloped = (if text { Payload::Text } else { Payload::Binary }, bytes);
    // A message of no length is a zero byte under another identifier (RFC 8831 section 6.6).
    let plain = match (text, content.is_empty()) {
        (true, false) => (Payload::Text, content),
        (false, false) => (Payload::Binary, content),
        (true, true) => (Payload::EmptyText, Bytes::from_static(&[0])),
        (false, true) => (Payload::EmptyBinary, Bytes::from_static(&[0])),
    };
    Ok((target, Outgoing { label: received.label.clone(), plain, enveloped }))
}

fn content_of(received: &Received) -> Result<(Target, Bytes), DropReason> {
    let whole = match received.payload {
        Payload::EmptyText | Payload::EmptyBinary => Bytes::new(),
        _ => received.data.clone(),
    };
    if !received.enveloped {
        return Ok((Target::All, whole));
    }
    match Envelope::parse(&whole).map_err(|_| DropReason::MalformedData)? {
        // Who sends is known; what the sender says of it doesn't count.
        Envelope::Broadcast { payload, .. } => Ok((Target::All, whole.slice_ref(payload))),
        Envelope::Directed { peer, payload } => Ok((Target::One(peer.to_owned()), whole.slice_ref(payload))),
        Envelope::Notice { .. } => Err(DropReason::MalformedData),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(enveloped: bool, payload: Payload, data: &[u8]) -> Received {
        let data = Bytes::copy_from_slice(data);
        Received { stream: 0, label: "chat".into(), enveloped, payload, data }
    }

    #[test]
    fn each_form_from_each() {
        use Payload::{Binary, EmptyBinary, EmptyText, Text};
        type Row<'a> = (bool, Payload, &'a [u8], Option<&'a str>, (Payload, &'a [u8]), (Payload, &'a [u8]));
        let rows: [Row<'_>; 7] = [
            (false, Text, b"hi", None, (Text, b"hi"), (Text, b"\x01\x02p1hi")),
            (false, Binary, b"\x01\x00", None, (Binary, b"\x01\x00"), (Binary, b"\x01\x02p1\x01\x00")),
            (false, EmptyText, b"\0", None, (EmptyText, b"\0"), (Text, b"\x01\x02p1")),
            (true, Text, b"\x01\x00hi", None, (Text, b"hi"), (Text, b"\x01\x02p1hi")),
            (true, Text, b"\x01\x02p9hi", None, (Text, b"hi"), (Text, b"\x01\x02p1hi")),
            (true, Binary, b"\x02\x02p2hi", Some("p2"), (Binary, b"hi"), (Binary, b"\x02\x02p1hi")),
            (true, Binary, b"\x01\x00", None, (EmptyBinary, b"\0"), (Binary, b"\x01\x02p1")),
        ];
        for (enveloped, payload, data, to, plain, with) in rows {
            let (target, outgoing) = understand("p1", &received(enveloped, payload, data)).expect("good");
            assert_eq!(target, to.map_or(Target::All, |id| Target::One(id.into())));
            let (kind, bytes) = outgoing.form(false);
            assert_eq!((*kind, &bytes[..]), plain, "{data:?}");
            let (kind, bytes) = outgoing.form(true);
            assert_eq!((*kind, &bytes[..]), with, "{data:?}");
        }
    }

    #[test]
    fn what_goes_nowhere() {
        let long = vec![7; MAX_CONTENT + 1];
        let rows: [(bool, &[u8], DropReason); 4] = [
            (true, b"\x09\x00", DropReason::MalformedData),
            (true, b"\x01", DropReason::MalformedData),
            (true, b"\x03\x00\x01\x00\x00\x00\x01", DropReason::MalformedData),
            (false, &long, DropReason::DataTooLarge),
        ];
        for (enveloped, data, expected) in rows {
            let outcome = understand("p1", &received(enveloped, Payload::Binary, data));
            assert_eq!(outcome.err(), Some(expected));
        }
        assert!(understand("p1", &received(false, Payload::Binary, &long[1..])).is_ok());
    }
}
