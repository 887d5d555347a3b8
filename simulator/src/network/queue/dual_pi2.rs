//! DualPI2 (RFC 9332 appendix A): a shallow queue for L4S traffic beside a classic one, coupled so that flows
//! of both kinds get about the same rate.

use std::time::Duration;

use sfu::{DataSize, Time};

use super::packet::{Ecn, Fifo, Packet, Waiting};

/// The parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DualPi2Config {
    /// The delay to hold in the classic queue; 15 ms by RFC 9332 appendix A.1.
    pub target: Duration,
    /// The most that waits in both; what comes on top of it is dropped.
    pub limit: DataSize,
}

/// How often the base probability is adjusted (RFC 9332 appendix A.1: `Tupdate = min(target, RTT_max / 3)` with
/// the default target of 15 ms and a longest round trip of 100 ms).
const UPDATE: Duration = Duration::from_millis(15);
/// Gains per second of delay and update (RFC 9332 appendix A.1): `alpha = 0.1 · Tupdate / RTT_max²` and
/// `beta = 0.3 / RTT_max`.
const ALPHA: f64 = 0.1 * 0.015 / (0.1 * 0.1);
const BETA: f64 = 0.3 / 0.1;
/// The ramp of L4S marks (RFC 9332 appendix A.1): none up to `minTh`, all from `minTh + range` on.
const MIN_THRESHOLD: Duration = Duration::from_micros(800);
const RANGE: Duration = Duration::from_micros(400);
/// `Th_len` of RFC 9332 appendix A.1: a queue of no more than this many packets is not marked for its delay.
const FEW: usize = 1;
/// The coupling factor `k` (RFC 9332 section 2.1).
const COUPLING: f64 = 2.0;
/// One byte in this many goes to the classic queue while both wait (RFC 9332 section 4.2.2 warns of starving).
const CLASSIC_SHARE: u64 = 16;

/// Turns a probability into evenly spread choices (`recur` of RFC 9332 appendix A.1).
#[derive(Clone, Copy, Debug, Default)]
struct Recur(f64);

impl Recur {
    fn chooses(&mut self, likelihood: f64) -> bool {
        self.0 += likelihood;
        if self.0 > 1.0 {
            self.0 -= 1.0;
            return true;
        }
        false
    }
}

/// Both queues.
#[derive(Clone, Debug)]
pub struct DualPi2<P> {
    config: DualPi2Config,
    l4s: Fifo<P>,
    classic: Fifo<P>,
    l4s_recur: Recur,
    classic_recur: Recur,
    /// p′ of the RFC, from which both probabilities follow.
    base: f64,
    delay_before: f64,
    next_update: Time,
    /// Bytes that the classic queue is owed, times [`CLASSIC_SHARE`].
    owed: u64,
}

impl<P: Packet> DualPi2<P> {
    /// Empty queues.
    pub fn new(config: DualPi2Config) -> Self {
        DualPi2 {
            config,
            l4s: Fifo::new(),
            classic: Fifo::new(),
            l4s_recur: Recur::default(),
            classic_recur: Recur::default(),
            base: 0.0,
            delay_before: 0.0,
            next_update: Time::ZERO + UPDATE,
            owed: 0,
        }
    }

    /// Takes a packet in: ECT(1) and CE into the L4S queue (RFC 9331 section 5.1), all others into the other.
    ///
    /// # Errors
    /// Gives it back when there is no room.
    pub fn enqueue(&mut self, now: Time, packet: P) -> Result<(), P> {
        self.update(now);
        if self.held().0 + packet.wire_size() > self.config.limit {
            return Err(packet);
        }
        match packet.ecn() {
            Ecn::Ect1 | Ecn::Ce => self.l4s.push(now, packet),
            Ecn::NotEct | Ecn::Ect0 => self.classic.push(now, packet),
        }
        Ok(())
    }

    /// The next packet to send; what is dropped on the way goes to `shed`.
    pub fn dequeue(&mut self, now: Time, shed: &mut impl FnMut(Waiting<P>)) -> Option<Waiting<P>> {
        self.update(now);
        let coupled = COUPLING * self.base;
        let squared = self.base * self.base;
        loop {
            if self.serves_l4s()? {
                let native = self.native(now);
                let mut head = self.l4s.pop()?;
                // Marks alone can't say more than "always": then L4S packets are dropped like the others
                // (RFC 9332 appendix A.2).
                if coupled >= 1.0 && self.l4s_recur.chooses(squared) {
                    shed(head);
                    continue;
                }
                if self.l4s_recur.chooses(coupled.clamp(native, 1.0)) {
                    head.packet.mark();
                }
                return Some(head);
            }
            let mut head = self.classic.pop()?;
            if !self.classic_recur.chooses(squared) {
                return Some(head);
            }
            if head.packet.ecn() == Ecn::NotEct || coupled >= 1.0 {
                shed(head);
                continue;
            }
            head.packet.mark();
            return Some(head);
        }
    }

    /// `laqm` of RFC 9332 appendix A.1: the marking probability of the L4S queue by its own delay.
    fn native(&self, now: Time) -> f64 {
        let delay = self.l4s.head_delay(now).unwrap_or_default();
        if self.l4s.len() <= FEW {
            return 0.0;
        }
        (delay.saturating_sub(MIN_THRESHOLD).as_secs_f64() / RANGE.as_secs_f64()).min(1.0)
    }

    /// Which queue is next: L4S first, except for the share that the classic queue is owed.
    fn serves_l4s(&mut self) -> Option<bool> {
        match (self.l4s.head_size(), self.classic.head_size()) {
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                self.owed = 0;
                Some(self.l4s.len() > 0)
            }
            (Some(l4s), Some(classic)) => {
                let due = classic.as_bytes() * (CLASSIC_SHARE - 1);
                if self.owed >= due {
                    self.owed -= due;
                    return Some(false);
                }
                self.owed += l4s.as_bytes();
                Some(true)
            }
        }
    }

    /// The probabilities with which L4S packets are marked by the coupling, and classic ones dropped or marked.
    pub fn probabilities(&self) -> (f64, f64) {
        ((COUPLING * self.base).min(1.0), self.base * self.base)
    }

    /// Bytes and packets that wait.
    pub fn held(&self) -> (DataSize, usize) {
        (self.l4s.bytes() + self.classic.bytes(), self.l4s.len() + self.classic.len())
    }

    /// `dualpi2_update` of RFC 9332 appendix A, for each period that is over; the delay is the longer of the two
    /// queues' at the time, as appendix A.2 has it, so that an overload by L4S traffic alone is met too.
    fn update(&mut self, now: Time) {
        while self.next_update <= now {
            let at = self.next_update;
            let delay = self.classic.head_delay(at).max(self.l4s.head_delay(at));
            let delay = delay.unwrap_or_default().as_secs_f64();
            let target = self.config.target.as_secs_f64();
            self.base += ALPHA * (delay - target) + BETA * (delay - self.delay_before);
            self.base = self.base.clamp(0.0, 1.0);
            self.delay_before = delay;
            self.next_update += UPDATE;
            if self.base == 0.0 && delay == 0.0 && self.held().1 == 0 {
                let behind = now.since(self.next_update.min(now)).as_nanos() / UPDATE.as_nanos();
                self.next_update += UPDATE * u32::try_from(behind).unwrap_or(u32::MAX);
            }
        }
    }
}
