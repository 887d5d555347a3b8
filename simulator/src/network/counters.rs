//! What went through each stage of a link.

use std::ops::AddAssign;

use sfu::DataSize;

use super::packet::TrafficClass;

/// Packets and their bytes on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Packets.
    pub packets: u64,
    /// Bytes on the wire, headers of IP and UDP included.
    pub bytes: DataSize,
}

impl Count {
    /// Counts one packet of `size`.
    pub fn add(&mut self, size: DataSize) {
        self.packets += 1;
        self.bytes += size;
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Count) {
        self.packets += other.packets;
        self.bytes += other.bytes;
    }
}

/// One stage: at any time `entered = left + dropped + held`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StageCounters {
    /// Came in.
    pub entered: Count,
    /// Went on to the next stage.
    pub left: Count,
    /// Dropped here.
    pub dropped: Count,
    /// In here now. Counted from what the stage holds, not from the other three.
    pub held: Count,
}

impl StageCounters {
    /// Whether nothing was lost or made up.
    pub fn balances(&self) -> bool {
        let mut sum = self.left;
        sum += self.dropped;
        sum += self.held;
        self.entered == sum
    }
}

/// What the last stage of a link did to packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImpairmentCounters {
    /// With a flipped bit, those included that the far end's checksum refused.
    pub corrupted: Count,
    /// Copies made; each also counts as entered.
    pub duplicated: Count,
    /// Held back for others to overtake.
    pub held_back: Count,
}

/// The stages of a link at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkCounters {
    /// Dropped = what exceeded the token bucket; holds nothing.
    pub policer: StageCounters,
    /// Waiting for the serialiser; dropped = the queue was full, or its management said so.
    pub queue: StageCounters,
    /// Being serialised (one packet at most).
    pub serialiser: StageCounters,
    /// Random loss; holds nothing.
    pub loss: StageCounters,
    /// In flight, and arrived but not yet fetched.
    pub propagation: StageCounters,
    /// Held back; nothing comes here on a link without impairments.
    pub impairment: StageCounters,
    /// What was done to packets there.
    pub impaired: ImpairmentCounters,
}

impl LinkCounters {
    /// The first stage whose in is not out + dropped + held, in words; `None` when all of them balance.
    pub fn imbalance(&self) -> Option<String> {
        let stages = [
            ("policer", self.policer),
            ("queue", self.queue),
            ("serialiser", self.serialiser),
            ("loss", self.loss),
            ("propagation", self.propagation),
            ("impairment", self.impairment),
        ];
        let broken = stages.into_iter().find(|(_, stage)| !stage.balances());
        broken.map(|(name, stage)| format!("{name} does not balance: {stage:?}"))
    }
}

/// Packets and bytes by what they are sent for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassCounters([Count; TrafficClass::COUNT]);

impl ClassCounters {
    pub(super) fn add(&mut self, class: TrafficClass, size: DataSize) {
        self.0[class as usize].add(size);
    }

    /// What is counted under `class`.
    pub fn of(&self, class: TrafficClass) -> Count {
        self.0[class as usize]
    }

    /// All classes together.
    pub fn total(&self) -> Count {
        let mut total = Count::default();
        self.0.iter().for_each(|&count| total += count);
        total
    }
}
