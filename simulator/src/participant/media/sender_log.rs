//! What a publisher's side knows of each packet's way to the SFU, for the latency decomposition.

use sfu::Time;

/// One crossing of a network path.
///
/// Times do not fall from field to field. What lies between `sent` and `queued` (a hop before the bottleneck)
/// and between `tx_end` and `arrived` is propagation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HopRecord {
    /// Handed to the network.
    pub sent: Time,
    /// Enqueued at the bottleneck.
    pub queued: Time,
    /// First bit on the wire.
    pub tx_start: Time,
    /// Last bit on the wire.
    pub tx_end: Time,
    /// Arrived at the far end.
    pub arrived: Time,
}

/// A packet's way from the encoder to the SFU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UplinkRecord {
    /// When it was first handed to the network.
    pub first_sent: Time,
    /// The crossing of the copy that reached the SFU first.
    pub hop: HopRecord,
}

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    ordinal: u32,
    sent: bool,
    arrived: bool,
    record: UplinkRecord,
}

/// The newest packets of one encoding, by ordinal, in a ring of fixed size.
#[derive(Clone, Debug)]
pub struct SenderLog {
    entries: Box<[Entry]>,
}

impl SenderLog {
    /// A log of at least `packets` packets: about 6 s of the encoding's highest rate is enough, since no
    /// receiver waits longer for a repair.
    pub fn new(packets: usize) -> Self {
        SenderLog { entries: vec![Entry::default(); packets.max(1).next_power_of_two()].into_boxed_slice() }
    }

    /// A copy of the packet was handed to the network; only the first counts.
    pub fn sent(&mut self, ordinal: u32, at: Time) {
        let entry = self.slot(ordinal);
        if entry.sent && entry.ordinal == ordinal {
            return;
        }
        let record = UplinkRecord { first_sent: at, hop: HopRecord::default() };
        *entry = Entry { ordinal, sent: true, arrived: false, record };
    }

    /// A copy of the packet reached the SFU; only the first counts, and none for a packet that is forgotten.
    pub fn arrived(&mut self, ordinal: u32, hop: HopRecord) {
        let entry = self.slot(ordinal);
        if entry.sent && entry.ordinal == ordinal && !entry.arrived {
            entry.arrived = true;
            entry.record.hop = hop;
        }
    }

    /// The way of the packet; `None` when it has not arrived, or is forgotten.
    pub fn lookup(&self, ordinal: u32) -> Option<UplinkRecord> {
        let entry = &self.entries[ordinal as usize & (self.entries.len() - 1)];
        (entry.arrived && entry.ordinal == ordinal).then_some(entry.record)
    }

    fn slot(&mut self, ordinal: u32) -> &mut Entry {
        let mask = self.entries.len() - 1;
        &mut self.entries[ordinal as usize & mask]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(millis: u64) -> HopRecord {
        let [sent, queued, tx_start, tx_end, arrived] =
            [0, 0, 1, 2, 12].map(|t| Time::from_millis(millis + t));
        HopRecord { sent, queued, tx_start, tx_end, arrived }
    }

    #[test]
    fn keeps_the_first_hand_off_and_the_first_arrival() {
        let mut log = SenderLog::new(4);
        assert_eq!(log.lookup(0), None, "nothing was sent, and ordinal 0 is not special");
        log.sent(0, Time::from_millis(5));
        assert_eq!(log.lookup(0), None, "sent, not arrived");
        log.sent(0, Time::from_millis(60));
        log.arrived(0, hop(60));
        log.arrived(0, hop(90));
        let expected = UplinkRecord { first_sent: Time::from_millis(5), hop: hop(60) };
        assert_eq!(log.lookup(0), Some(expected));
    }

    #[test]
    fn forgets_the_oldest() {
        let mut log = SenderLog::new(3);
        for ordinal in 0..5 {
            log.sent(ordinal, Time::from_millis(u64::from(ordinal)));
            log.arrived(ordinal, hop(u64::from(ordinal)));
        }
        assert_eq!(log.lookup(0), None);
        log.arrived(0, hop(100));
        assert_eq!(log.lookup(4).map(|r| r.hop), Some(hop(4)), "a late copy of 0 leaves 4 alone");
        assert!((1..5).all(|ordinal| log.lookup(ordinal).is_some()));
    }
}
