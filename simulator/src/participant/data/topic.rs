//! One channel of a participant, and when it sends what.

use std::time::Duration;

use rtc_datachannel::message::Message;
use rtc_datachannel::message::message_channel_open::{CHANNEL_PRIORITY_NORMAL, ChannelType, DataChannelOpen};
use rtc_shared::marshal::Marshal;
use sfu::data::PROTOCOL;
use sfu::data::dcep::{Delivery, Reliability};
use sfu::{DataRate, DataSize, Time};

/// What a channel sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sends {
    /// Nothing: it receives.
    Nothing,
    /// A message every so often.
    Every {
        /// How often.
        interval: Duration,
        /// How long each is, bytes.
        size: u32,
    },
    /// One transfer.
    Once {
        /// When, at the earliest.
        at: Time,
        /// Bytes in all.
        size: u64,
        /// Bytes of a message.
        piece: u32,
        /// How fast the application hands it over; `None`: as fast as the channel takes it.
        rate: Option<DataRate>,
    },
}

/// One channel, as the scenario describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicConfig {
    /// Its label.
    pub label: String,
    /// What it sends.
    pub sends: Sends,
    /// When it stops.
    pub until: Time,
    /// The name of the one who is to get it; `None`: everybody with such a channel.
    pub to: Option<String>,
    /// How it carries its messages.
    pub delivery: Delivery,
}

/// What an application leaves in a channel's buffer at most when it isn't paced by itself, bytes.
const BUFFERED: usize = 256 * 1024;

/// A channel and how far its application has come.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) config: TopicConfig,
    pub(super) stream: u16,
    pub(super) open: bool,
    next: Time,
    left: u64,
    pub(super) ordinal: u32,
}

impl Topic {
    pub(super) fn new(config: TopicConfig, stream: u16) -> Self {
        let left = match config.sends {
            Sends::Once { size, .. } => size,
            _ => 0,
        };
        Topic { config, stream, open: false, next: Time::NEVER, left, ordinal: 0 }
    }

    /// The request to open it (RFC 8832 section 5.1), as rtc-datachannel writes it.
    pub(super) fn opening(&self) -> Vec<u8> {
        let Delivery { ordered, reliability } = self.config.delivery;
        let (channel_type, reliability_parameter) = match (reliability, ordered) {
            (Reliability::Reliable, true) => (ChannelType::Reliable, 0),
            (Reliability::Reliable, false) => (ChannelType::ReliableUnordered, 0),
            (Reliability::Retransmits(n), true) => (ChannelType::PartialReliableRexmit, n),
            (Reliability::Retransmits(n), false) => (ChannelType::PartialReliableRexmitUnordered, n),
            (Reliability::Lifetime(ms), true) => (ChannelType::PartialReliableTimed, ms),
            (Reliability::Lifetime(ms), false) => (ChannelType::PartialReliableTimedUnordered, ms),
        };
        let open = Message::DataChannelOpen(DataChannelOpen {
            channel_type,
            priority: CHANNEL_PRIORITY_NORMAL,
            reliability_parameter,
            label: self.config.label.as_bytes().to_vec(),
            protocol: PROTOCOL.as_bytes().to_vec(),
        });
        open.marshal().expect("the buffer is made to measure").to_vec()
    }

    /// The channel is open. `phase`, from 0 to 1, says where in its interval the first message falls, so that not
    /// everybody speaks at once.
    pub(super) fn opened(&mut self, now: Time, phase: f64) {
        self.open = true;
        self.next = match self.config.sends {
            Sends::Nothing => Time::NEVER,
            Sends::Every { interval, .. } => now + interval.mul_f64(phase),
            Sends::Once { at, .. } => now.max(at),
        };
    }

    /// When there is something to send.
    pub(super) fn due(&self) -> Time {
        if self.next < self.config.until { self.next } else { Time::NEVER }
    }

    /// The length of the message that is due, if the channel, in which `buffered` bytes wait, may take it.
    pub(super) fn message(&self, now: Time, buffered: usize) -> Option<u32> {
        if now < self.due() {
            return None;
        }
        match self.config.sends {
            Sends::Nothing => None,
            Sends::Every { size, .. } => Some(size),
            Sends::Once { rate: None, .. } if buffered >= BUFFERED => None,
            Sends::Once { piece, .. } => Some(self.left.min(u64::from(piece)) as u32).filter(|len| *len > 0),
        }
    }

    /// A message of `len` bytes was handed over, or had nobody to go to.
    pub(super) fn sent(&mut self, now: Time, len: u32) {
        self.ordinal += 1;
        match self.config.sends {
            Sends::Nothing => {}
            Sends::Every { interval, .. } => self.next = now + interval,
            Sends::Once { rate, .. } => {
                self.left = self.left.saturating_sub(u64::from(len));
                let pace =
                    rate.map_or(Duration::ZERO, |rate| rate.time_for(DataSize::from_bytes(len.into())));
                self.next = if self.left == 0 { Time::NEVER } else { now + pace };
            }
        }
    }

    /// Whether it waits for room in the channel, not for time.
    pub(super) fn waits_for_room(&self, now: Time) -> bool {
        self.due() <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(sends: Sends) -> Topic {
        let until = Time::from_secs(100);
        let config = TopicConfig { label: "x".into(), sends, until, to: None, delivery: Delivery::RELIABLE };
        Topic::new(config, 0)
    }

    #[test]
    fn a_paced_transfer_takes_its_size_over_its_rate() {
        let rate = Some(DataRate::from_kbps(800));
        let mut file = topic(Sends::Once { at: Time::from_secs(10), size: 250_000, piece: 16_000, rate });
        file.opened(Time::from_secs(1), 0.5);
        assert_eq!(file.due(), Time::from_secs(10));
        let mut sizes = Vec::new();
        let mut now = Time::from_secs(10);
        while file.due() != Time::NEVER {
            now = file.due();
            let len = file.message(now, 0).expect("due");
            sizes.push(len);
            file.sent(now, len);
        }
        assert_eq!(sizes.len(), 16);
        assert_eq!(sizes.iter().sum::<u32>(), 250_000);
        // The last piece is handed over when the 15 before it have had their time.
        assert_eq!(now, Time::from_millis(10_000 + 15 * 160));
    }

    #[test]
    fn an_unpaced_transfer_waits_for_room_and_messages_for_their_time() {
        let mut file = topic(Sends::Once { at: Time::ZERO, size: 50_000, piece: 16_000, rate: None });
        file.opened(Time::from_secs(1), 0.0);
        let now = Time::from_secs(1);
        assert_eq!(file.message(now, BUFFERED), None);
        assert!(file.waits_for_room(now));
        assert_eq!(file.message(now, 0), Some(16_000));
        let interval = Duration::from_secs(4);
        let mut chat = topic(Sends::Every { interval, size: 200 });
        assert_eq!(chat.due(), Time::NEVER, "not open");
        chat.opened(now, 0.5);
        assert_eq!(chat.due(), Time::from_secs(3));
        chat.sent(Time::from_secs(3), 200);
        assert_eq!(chat.due(), Time::from_secs(7));
        for round in 0..30 {
            chat.sent(Time::from_secs(7 + 4 * round), 200);
        }
        assert_eq!(chat.due(), Time::NEVER, "it stops");
    }
}
