//! The header of a segment: 24 bytes, of which the last 4 are unused.

/// Bytes before the payload.
pub(super) const HEADER: usize = 24;

const VERSION: u16 = 1;

/// Why a datagram is no segment of this channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    /// It is shorter than a header.
    #[error("a segment of {0} bytes is shorter than its header")]
    Truncated(usize),
    /// Its version isn't ours.
    #[error("a segment of version {0} is unknown")]
    Version(u16),
    /// Its length field disagrees with the datagram.
    #[error("a segment announces {announced} bytes and carries {carried}")]
    Length {
        /// In the header.
        announced: usize,
        /// In the datagram.
        carried: usize,
    },
    /// Its bytes lie past the end of the sequence space.
    #[error("a segment at {0} wraps the sequence space")]
    Sequence(u64),
    /// A message in the stream is longer than the limit.
    #[error("a message of {0} bytes is longer than the channel carries")]
    MessageTooLong(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Of the payload's first byte.
    pub(super) sequence: u64,
    /// The first byte that has not arrived yet.
    pub(super) acknowledges: u64,
}

impl Header {
    pub(super) fn parse(segment: &[u8]) -> Result<(Header, &[u8]), SegmentError> {
        let (header, payload) =
            segment.split_at_checked(HEADER).ok_or(SegmentError::Truncated(segment.len()))?;
        let version = u16::from_be_bytes([header[0], header[1]]);
        if version != VERSION {
            return Err(SegmentError::Version(version));
        }
        let announced = usize::from(u16::from_be_bytes([header[2], header[3]]));
        if announced != payload.len() {
            return Err(SegmentError::Length { announced, carried: payload.len() });
        }
        let number = |at: usize| u64::from_be_bytes(header[at..at + 8].try_into().expect("eight bytes"));
        let sequence = number(4);
        sequence.checked_add(payload.len() as u64).ok_or(SegmentError::Sequence(sequence))?;
        Ok((Header { sequence, acknowledges: number(12) }, payload))
    }

    pub(super) fn write(&self, length: usize, into: &mut Vec<u8>) {
        let length = u16::try_from(length).expect("a chunk is no longer than a segment");
        into.extend(VERSION.to_be_bytes());
        into.extend(length.to_be_bytes());
        into.extend(self.sequence.to_be_bytes());
        into.extend(self.acknowledges.to_be_bytes());
        into.extend([0; 4]);
    }
}
