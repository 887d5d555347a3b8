//! The clocks that timestamps and reports are made from.

use sfu::Time;
use sfu::participant::MediaKind;
use sfu::rtcp::NtpTime;

use crate::random::Stream;

/// Seconds of NTP time at the simulation's start, at least: some day in 2023. What day it is doesn't matter.
const NTP_EPOCH: u64 = 3_900_000_000;
/// … and this much later at most, so that no two participants' clocks agree.
const NTP_SPREAD: u64 = 10_000_000;

/// The wall clock of one participant, common to all its streams.
#[derive(Clone, Copy, Debug)]
pub(super) struct WallClock {
    offset: u64,
}

impl WallClock {
    /// A clock that is set at random.
    pub(super) fn new(stream: &mut Stream) -> Self {
        WallClock { offset: stream.between(NTP_EPOCH << 32, (NTP_EPOCH + NTP_SPREAD) << 32) }
    }

    /// What it shows at `now`.
    pub(super) fn at(self, now: Time) -> NtpTime {
        NtpTime(NtpTime::from_time(now).0.wrapping_add(self.offset))
    }
}

/// The RTP clock of one encoding: it starts at a random offset of its own (RFC 3550 section 5.1), and sender
/// reports tie it to the wall clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct RtpClock {
    rate: u32,
    offset: u32,
}

impl RtpClock {
    /// The clock of a stream of this kind, with a random offset.
    pub(super) fn new(kind: MediaKind, stream: &mut Stream) -> Self {
        RtpClock { rate: kind.clock_rate(), offset: stream.bits() as u32 }
    }

    /// The timestamp of what was captured at `at`.
    pub(super) fn at(self, at: Time) -> u32 {
        self.offset.wrapping_add(at.ticks(self.rate) as u32)
    }
}
