//! From the intent to the first picture or sound, and where that time went.

use scenarios::Time;

use super::participant::JoinTimes;

/// Parts of the time to first media: signalling, ICE, DTLS, first RTP, first key frame (video only), and the
/// last one, decoding or playout.
pub const PARTS: usize = 6;

/// One way from intent to the first frame or sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstMedia {
    /// Where it is counted from.
    pub start: Time,
    /// The parts in ns; their sum is the whole.
    pub parts: [u64; PARTS],
}

impl FirstMedia {
    /// The whole, ns.
    pub fn total(&self) -> u64 {
        self.parts.iter().sum()
    }
}

/// Follows the subscriptions of one flow up to their first frame or sample.
#[derive(Clone, Debug, Default)]
pub struct FirstMediaRecord {
    open: Option<Open>,
    /// The ways that came to their end.
    pub done: Vec<FirstMedia>,
    /// Starts of the subscriptions that ended without a frame or sample, and when they ended.
    pub censored: Vec<(Time, Time)>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    start: Time,
    /// Whether the start is a join, so that signalling, ICE and DTLS are part of the way.
    joining: bool,
    packet: Option<Time>,
    key_frame: Option<Time>,
}

impl FirstMediaRecord {
    /// The flow is wanted. `joiner` holds the steps of whoever of receiver and publisher came later.
    pub(crate) fn subscribed(&mut self, at: Time, joiner: &JoinTimes) {
        self.ended(at);
        let intent = joiner.intent.filter(|_| joiner.dtls.is_none());
        let start = intent.map_or(at, |intent| intent.min(at));
        self.open = Some(Open { start, joining: intent.is_some(), packet: None, key_frame: None });
    }

    /// The subscription, or the run, ends.
    pub(crate) fn ended(&mut self, at: Time) {
        if let Some(open) = self.open.take() {
            self.censored.push((open.start, at));
        }
    }

    /// Whether something is still to be presented for the first time.
    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub(crate) fn packet(&mut self, at: Time) {
        if let Some(open) = &mut self.open {
            open.packet = open.packet.or(Some(at));
        }
    }

    pub(crate) fn key_frame(&mut self, at: Time) {
        if let Some(open) = &mut self.open {
            open.key_frame = open.key_frame.or(Some(at));
        }
    }

    /// A frame or sample was presented; answers the way when it is the first of the subscription.
    ///
    /// A milestone that was not seen, or came out of order, takes no time of its own.
    pub(crate) fn presented(&mut self, at: Time, joiner: &JoinTimes) -> Option<FirstMedia> {
        let open = self.open.take()?;
        let steps = if open.joining { *joiner } else { JoinTimes::default() };
        let milestones = [steps.signalled, steps.ice, steps.dtls, open.packet, open.key_frame, Some(at)];
        let mut reached = open.start;
        let parts = milestones.map(|milestone| {
            let next = milestone.unwrap_or(reached).clamp(reached, at);
            let part = next.as_nanos() - reached.as_nanos();
            reached = next;
            part
        });
        let way = FirstMedia { start: open.start, parts };
        self.done.push(way);
        Some(way)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Option<Time> {
        Some(Time::from_millis(millis))
    }

    const MS: u64 = 1_000_000;

    #[test]
    fn a_join_is_counted_from_its_intent_and_split() {
        let mut joiner = JoinTimes { intent: ms(100), ..JoinTimes::default() };
        let mut record = FirstMediaRecord::default();
        record.subscribed(Time::from_millis(150), &joiner);
        joiner = JoinTimes { signalled: ms(160), ice: ms(210), dtls: ms(290), ..joiner };
        record.packet(Time::from_millis(310));
        record.key_frame(Time::from_millis(380));
        let way = record.presented(Time::from_millis(400), &joiner).expect("the first frame");
        assert_eq!(way.parts, [60 * MS, 50 * MS, 80 * MS, 20 * MS, 70 * MS, 20 * MS]);
        assert_eq!(way.total(), 300 * MS);
        assert_eq!(record.presented(Time::from_millis(440), &joiner), None, "only the first counts");
        record.ended(Time::from_secs(9));
        assert!(record.censored.is_empty());
    }

    #[test]
    fn an_unmute_is_counted_from_the_subscription() {
        let joiner = JoinTimes { intent: ms(0), signalled: ms(50), ice: ms(90), dtls: ms(150) };
        let mut record = FirstMediaRecord::default();
        record.subscribed(Time::from_millis(5000), &joiner);
        record.packet(Time::from_millis(5030));
        let way = record.presented(Time::from_millis(5080), &joiner).expect("the first frame");
        assert_eq!(way.parts, [0, 0, 0, 30 * MS, 0, 50 * MS]);
    }

    #[test]
    fn milestones_out_of_order_keep_the_sum() {
        let joiner = JoinTimes { intent: ms(0), signalled: ms(500), ice: None, dtls: None };
        let mut record = FirstMediaRecord::default();
        record.subscribed(Time::ZERO, &joiner);
        record.packet(Time::from_millis(300));
        let way = record.presented(Time::from_millis(400), &joiner).expect("the first frame");
        assert_eq!((way.parts[0], way.total()), (400 * MS, 400 * MS));
    }

    #[test]
    fn what_never_came_is_censored() {
        let mut record = FirstMediaRecord::default();
        record.subscribed(Time::from_secs(2), &JoinTimes::default());
        record.ended(Time::from_secs(7));
        assert_eq!(record.censored, [(Time::from_secs(2), Time::from_secs(7))]);
        assert!(record.done.is_empty());
    }
}
