//! The data channel establishment protocol (RFC 8832): how a channel is opened, and that it was.

use bytes::{BufMut, Bytes};

use super::{MAX_LABEL, MAX_PROTOCOL};

/// DATA_CHANNEL_ACK (RFC 8832 section 5.2).
const ACK: u8 = 2;
/// DATA_CHANNEL_OPEN (RFC 8832 section 5.1).
const OPEN: u8 = 3;
/// Message type, channel type, priority, reliability parameter, two lengths.
const OPEN_HEADER: usize = 12;
/// The bit of the channel type that says "unordered".
const UNORDERED: u8 = 0x80;

/// What becomes of a message that is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reliability {
    /// It is sent again until it arrives.
    Reliable,
    /// It is sent again at most so many times.
    Retransmits(u32),
    /// It is given up after so long, milliseconds.
    Lifetime(u32),
}

/// How a channel carries its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Whether messages arrive in the order in which they were sent.
    pub ordered: bool,
    /// What becomes of those that are lost.
    pub reliability: Reliability,
}

impl Delivery {
    /// In order, and all of it.
    pub const RELIABLE: Delivery = Delivery { ordered: true, reliability: Reliability::Reliable };
}

/// The request to open a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// How it carries its messages, in both directions.
    pub delivery: Delivery,
    /// Relative to the same peer's other channels (RFC 8831 section 6.4); 256 is normal.
    pub priority: u16,
    /// What the channel is called: the topic. At most [`MAX_LABEL`] bytes.
    pub label: String,
    /// What the messages look like. At most [`MAX_PROTOCOL`] bytes.
    pub protocol: String,
}

/// A message of the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Opens a channel on the stream that it comes on.
    Open(Open),
    /// The channel is open.
    Ack,
}

/// Why a message of the protocol is none.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum DcepError {
    /// Shorter than it says, or with something behind its end.
    #[error("the lengths don't add up")]
    Length,
    /// Neither an opening nor its acknowledgement.
    #[error("no such message")]
    Type,
    /// A channel type that RFC 8832 doesn't know.
    #[error("no such channel type")]
    ChannelType,
    /// A label or a protocol longer than is taken here.
    #[error("the label or the protocol is too long")]
    TooLong,
    /// A label or a protocol that is no text.
    #[error("the label or the protocol is no UTF-8")]
    Text,
}

impl Message {
    /// Reads a message.
    ///
    /// # Errors
    /// When it is not one, or its texts are longer than is taken here.
    pub fn parse(bytes: &[u8]) -> Result<Self, DcepError> {
        match bytes {
            [ACK] => Ok(Message::Ack),
            [ACK, ..] | [] => Err(DcepError::Length),
            [OPEN, ..] => parse_open(bytes).map(Message::Open),
            _ => Err(DcepError::Type),
        }
    }

    /// The message as it goes out. Texts longer than 65,535 bytes are cut.
    pub fn to_bytes(&self) -> Bytes {
        let Message::Open(open) = self else { return Bytes::from_static(&[ACK]) };
        let (label, protocol) = (cut(&open.label), cut(&open.protocol));
        let mut out = Vec::with_capacity(OPEN_HEADER + label.len() + protocol.len());
        let (kind, parameter) = match open.delivery.reliability {
            Reliability::Reliable => (0, 0),
            Reliability::Retransmits(times) => (1, times),
            Reliability::Lifetime(millis) => (2, millis),
        };
        out.put_u8(OPEN);
        out.put_u8(if open.delivery.ordered { kind } else { kind | UNORDERED });
        out.put_u16(open.priority);
        out.put_u32(parameter);
        out.put_u16(label.len() as u16);
        out.put_u16(protocol.len() as u16);
        out.put_slice(label);
        out.put_slice(protocol);
        out.into()
    }
}

fn parse_open(bytes: &[u8]) -> Result<Open, DcepError> {
    let (header, texts) = bytes.split_first_chunk::<OPEN_HEADER>().ok_or(DcepError::Length)?;
    let [_, kind, p0, p1, r0, r1, r2, r3, l0, l1, q0, q1] = *header;
    let parameter = u32::from_be_bytes([r0, r1, r2, r3]);
    let reliability = match kind & !UNORDERED {
        0 => Reliability::Reliable,
        1 => Reliability::Retransmits(parameter),
        2 => Reliability::Lifetime(parameter),
        _ => return Err(DcepError::ChannelType),
    };
    let label_len = usize::from(u16::from_be_bytes([l0, l1]));
    let protocol_len = usize::from(u16::from_be_bytes([q0, q1]));
    if label_len + protocol_len != texts.len() {
        return Err(DcepError::Length);
    }
    if label_len > MAX_LABEL || protocol_len > MAX_PROTOCOL {
        return Err(DcepError::TooLong);
    }
    let (label, protocol) = texts.split_at(label_len);
    let text = |bytes: &[u8]| str::from_utf8(bytes).map(str::to_owned).map_err(|_| DcepError::Text);
    Ok(Open {
        delivery: Delivery { ordered: kind & UNORDERED == 0, reliability },
        priority: u16::from_be_bytes([p0, p1]),
        label: text(label)?,
        protocol: text(protocol)?,
    })
}

fn cut(text: &str) -> &[u8] {
    &text.as_bytes()[..text.len().min(usize::from(u16::MAX))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rtc_datachannel::message::Message as Library;
    use rtc_shared::marshal::{Marshal, Unmarshal};

    fn open(ordered: bool, reliability: Reliability) -> Message {
        let delivery = Delivery { ordered, reliability };
        Message::Open(Open { delivery, priority: 256, label: "chat".into(), protocol: "p.v1".into() })
    }

    #[test]
    fn both_parsers_read_what_both_write() {
        for ordered in [true, false] {
            let kinds = [Reliability::Reliable, Reliability::Retransmits(3), Reliability::Lifetime(1_500)];
            for reliability in kinds {
                let ours = open(ordered, reliability);
                let bytes = ours.to_bytes();
                assert_eq!(Message::parse(&bytes), Ok(ours.clone()));
                let theirs = Library::unmarshal(&mut bytes.clone()).expect("rtc-datachannel reads it");
                assert_eq!(theirs.marshal().expect("and writes it"), bytes);
            }
        }
        let ack = Message::Ack.to_bytes();
        assert!(matches!(Library::unmarshal(&mut ack.clone()), Ok(Library::DataChannelAck(_))));
    }

    #[test]
    fn what_is_refused() {
        let good = open(true, Reliability::Reliable).to_bytes().to_vec();
        let with = |at: usize, value: u8| {
            let mut bytes = good.clone();
            bytes[at] = value;
            bytes
        };
        let long = |label: usize, protocol: usize| {
            let (label, protocol) = ("l".repeat(label), "p".repeat(protocol));
            let delivery = Delivery::RELIABLE;
            Message::Open(Open { delivery, priority: 0, label, protocol }).to_bytes().to_vec()
        };
        let rows = [
            ("empty", vec![], DcepError::Length),
            ("short", good[..11].to_vec(), DcepError::Length),
            ("label beyond the end", with(9, 200), DcepError::Length),
            ("something behind", [&good[..], b"x"].concat(), DcepError::Length),
            ("another message", with(0, 1), DcepError::Type),
            ("another channel type", with(1, 3), DcepError::ChannelType),
            ("no text", with(12, 0xff), DcepError::Text),
            ("a label too long", long(MAX_LABEL + 1, 0), DcepError::TooLong),
            ("a huge label", long(60_000, 0), DcepError::TooLong),
            ("a protocol too long", long(1, MAX_PROTOCOL + 1), DcepError::TooLong),
        ];
        for (what, bytes, expected) in rows {
            assert_eq!(Message::parse(&bytes), Err(expected), "{what}");
        }
        assert!(Message::parse(&long(MAX_LABEL, MAX_PROTOCOL)).is_ok());
    }

    proptest! {
        #[test]
        fn whatever_parses_is_written_back(bytes in proptest::collection::vec(any::<u8>(), 0..128)) {
            if let Ok(message @ Message::Open(_)) = Message::parse(&bytes) {
                // Of a reliable channel the parameter is ignored (RFC 8832 section 5.1).
                prop_assert_eq!(Message::parse(&message.to_bytes()), Ok(message));
            }
        }
    }
}
