//! What a data message carries to be recognised by.

use sfu::Time;

const KIND: u8 = 0xd7;

/// Who sent a data message, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataStamp {
    /// The sender's place in the cast.
    pub sender: u16,
    /// The message's number on its channel.
    pub ordinal: u32,
    /// When it was handed to the channel.
    pub sent: Time,
    /// Length of the whole message, bytes.
    pub size: u32,
}

impl DataStamp {
    /// Length on the wire, bytes.
    pub const LEN: usize = 19;

    /// A message of `self.size` bytes that begins with the stamp, at least as long as that.
    pub fn message(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity((self.size as usize).max(Self::LEN));
        out.push(KIND);
        out.extend_from_slice(&self.sender.to_be_bytes());
        out.extend_from_slice(&self.ordinal.to_be_bytes());
        out.extend_from_slice(&self.sent.as_nanos().to_be_bytes());
        out.extend_from_slice(&self.size.to_be_bytes());
        out.resize((self.size as usize).max(Self::LEN), KIND);
        out
    }

    /// The stamp of a whole message; `None` when it is none of ours, or something is missing or changed.
    pub fn read(message: &[u8]) -> Option<Self> {
        let (head, filler) = message.split_first_chunk::<{ Self::LEN }>()?;
        let u32_at = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let stamp = DataStamp {
            sender: u16::from_be_bytes([head[1], head[2]]),
            ordinal: u32_at(3),
            sent: Time::from_nanos(u64::from(u32_at(7)) << 32 | u64::from(u32_at(11))),
            size: u32_at(15),
        };
        let whole = head[0] == KIND && message.len() == (stamp.size as usize).max(Self::LEN);
        (whole && filler.iter().all(|byte| *byte == KIND)).then_some(stamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_whole_or_not_at_all() {
        let stamp = DataStamp { sender: 3, ordinal: 77, sent: Time::from_nanos(1 << 40 | 5), size: 200 };
        let message = stamp.message();
        assert_eq!(message.len(), 200);
        assert_eq!(DataStamp::read(&message), Some(stamp));
        assert_eq!(DataStamp::read(&message[..199]), None);
        assert_eq!(DataStamp::read(&[&message[..], &[KIND]].concat()), None);
        let mut changed = message;
        changed[150] ^= 1;
        assert_eq!(DataStamp::read(&changed), None);
    }
}
