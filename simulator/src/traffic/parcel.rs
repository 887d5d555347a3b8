//! What a packet of cross traffic carries: enough for its flow to know it again at the far end.

use sfu::{DataSize, Time};

use super::tcp::Segment;
use crate::network::IP_UDP_OVERHEAD;

/// A packet of cross traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// Its size on the wire, headers included; at least [`Parcel::LEAST`].
    pub size: DataSize,
    /// Which of the flow's connections it belongs to.
    pub connection: u32,
    /// Its number, and when it was sent.
    pub segment: Segment,
}

const CONTENT: usize = 22;

impl Parcel {
    /// The smallest packet that holds what it has to carry.
    pub const LEAST: DataSize = DataSize::from_bytes(CONTENT as u64 + IP_UDP_OVERHEAD.as_bytes());

    /// Fills an empty buffer with the packet of the flow of this index. What is on the wire counts as a UDP
    /// datagram of the same size.
    pub fn write(&self, flow: u16, buffer: &mut Vec<u8>) {
        buffer.extend_from_slice(&flow.to_be_bytes());
        buffer.extend_from_slice(&self.connection.to_be_bytes());
        buffer.extend_from_slice(&self.segment.number.to_be_bytes());
        buffer.extend_from_slice(&self.segment.sent.as_nanos().to_be_bytes());
        let payload = self.size.as_bytes().saturating_sub(IP_UDP_OVERHEAD.as_bytes()) as usize;
        buffer.resize(payload.max(CONTENT), 0);
    }

    /// The flow's index and the packet; `None` when it is too short.
    pub fn read(bytes: &[u8]) -> Option<(u16, Parcel)> {
        let (flow, rest) = bytes.split_first_chunk()?;
        let (connection, rest) = rest.split_first_chunk()?;
        let (number, rest) = rest.split_first_chunk()?;
        let (sent, _) = rest.split_first_chunk()?;
        let parcel = Parcel {
            size: DataSize::from_bytes(bytes.len() as u64) + IP_UDP_OVERHEAD,
            connection: u32::from_be_bytes(*connection),
            segment: Segment {
                number: u64::from_be_bytes(*number),
                sent: Time::from_nanos(u64::from_be_bytes(*sent)),
            },
        };
        Some((u16::from_be_bytes(*flow), parcel))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_read_as_it_was_written() {
        let segment = Segment { number: 77, sent: Time::from_millis(1_234) };
        for size in [Parcel::LEAST, DataSize::from_bytes(1_500)] {
            let parcel = Parcel { size, connection: 3, segment };
            let mut buffer = Vec::new();
            parcel.write(9, &mut buffer);
            assert_eq!(Parcel::read(&buffer), Some((9, parcel)));
            assert_eq!(Parcel::read(&buffer[..21]), None);
        }
    }
}
