//! Data of one participant: its association, its channels, and what waits for it.

use std::collections::VecDeque;

use super::broker::{Outgoing, Received};
use super::channel::Channel;
use super::dcep::{Message, Open};
use super::envelope::{Envelope, Notice};
use super::outbox::{Outbox, Waiting};
use super::share::{Line, Share};
use super::{
    Association, AssociationEvent, AssociationSeed, MAX_CHANNELS, MAX_QUEUED, Payload, Refusal, Side,
};
use crate::drop_reason::{DropCounters, DropReason};
use crate::time::Time;

/// What SCTP is given beforehand, bytes: enough for some packets to be in flight, and no more than a chat should
/// have to wait behind.
const AHEAD: u64 = 4 * 1024;
/// The most that it is given however fast and long the line is.
pub(super) const MAX_AHEAD: u64 = 512 * 1024;

/// Data of one participant.
pub(crate) struct DataPeer {
    association: Association,
    channels: Vec<Channel>,
    outbox: Outbox,
    share: Share,
    inbox: VecDeque<Received>,
}

impl DataPeer {
    /// Data of a participant that has just sent its first packet.
    pub(crate) fn new(seed: AssociationSeed) -> Self {
        DataPeer {
            association: Association::new(Side::Accept, seed),
            channels: Vec::new(),
            outbox: Outbox::default(),
            share: Share::default(),
            inbox: VecDeque::new(),
        }
    }

    /// Takes an SCTP packet; then drain [`DataPeer::poll_message`], and flush.
    ///
    /// # Errors
    /// When the packet had no effect.
    pub(crate) fn handle(
        &mut self,
        now: Time,
        packet: &[u8],
        drops: &mut DropCounters,
    ) -> Result<(), Refusal> {
        let handled = self.association.handle(now, packet);
        self.digest(now, drops);
        handled
    }

    /// Does what is due.
    pub(crate) fn handle_timeout(&mut self, now: Time, drops: &mut DropCounters) {
        if self.association.deadline().is_some_and(|at| at <= now) {
            self.association.handle_timeout(now);
            self.digest(now, drops);
        }
    }

    /// The next message that came from the participant.
    pub(crate) fn poll_message(&mut self) -> Option<Received> {
        self.inbox.pop_front()
    }

    /// Puts a message into the queue of each channel of its label; whether there is one.
    pub(crate) fn offer(&mut self, now: Time, message: &Outgoing, drops: &mut DropCounters) -> bool {
        let mut found = false;
        for place in 0..self.channels.len() {
            let channel = &mut self.channels[place];
            if channel.label != message.label || channel.closing {
                continue;
            }
            found = true;
            let (payload, data) = message.form(channel.enveloped).clone();
            let put = self.outbox.put(channel.stream, Waiting { payload, data });
            (0..put.displaced).for_each(|_| drops.count(DropReason::DataDisplaced));
            if put.taken {
                continue;
            }
            drops.count(DropReason::DataQueueFull);
            channel.untold += 1;
            if channel.is_reliable() && !channel.enveloped {
                // It was promised everything, and can't be told that something is missing.
                let stream = channel.stream;
                self.close(now, stream);
            }
        }
        found
    }

    /// Tells the participant that a directed message of its own on `stream` went to nobody.
    pub(crate) fn tell_no_recipient(&mut self, stream: u16) {
        self.tell(stream, Notice::NoRecipient, 1);
    }

    /// Closes a channel; what waits for it is gone.
    pub(crate) fn close(&mut self, now: Time, stream: u16) {
        if let Some(channel) = self.channels.iter_mut().find(|channel| channel.stream == stream) {
            channel.closing = true;
        }
        self.outbox.remove(stream);
        self.association.reset(now, stream);
    }

    /// Gives `emit` the SCTP packets that may leave now.
    pub(crate) fn flush(&mut self, now: Time, line: &Line, mut emit: impl FnMut(&[u8])) {
        self.feed(now, line);
        while let Some(packet) = self.association.poll_control() {
            emit(&packet);
        }
        while self.association.next_data_len().is_some() && self.share.may_send(now, line) {
            let Some(packet) = self.association.poll_data() else { break };
            self.share.on_sent(now, packet.len());
            emit(&packet);
        }
        if !self.is_sending() {
            self.share.rest();
        }
    }

    /// Whether user data is on its way or waits.
    pub(crate) fn is_sending(&self) -> bool {
        self.association.outstanding() > 0 || !self.outbox.is_empty()
    }

    /// When [`DataPeer::handle_timeout`] or [`DataPeer::flush`] has something to do next.
    pub(crate) fn deadline(&self) -> Time {
        let association = self.association.deadline().unwrap_or(Time::NEVER);
        match self.association.next_data_len() {
            Some(_) => association.min(self.share.next_send_time()),
            None => association,
        }
    }

    /// Its association.
    pub(crate) fn association(&self) -> &Association {
        &self.association
    }

    /// The channels that it opened, in that order.
    pub(crate) fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// What waits for it, and hasn't been given to SCTP.
    pub(crate) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Bytes that wait for the participant, in the queues and in SCTP.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        self.outbox.bytes() + self.association.outstanding()
    }

    fn feed(&mut self, now: Time, line: &Line) {
        if !self.association.is_established() {
            return;
        }
        // SCTP's own round trip counts what its packets wait here: the more they wait, the more there would be.
        let flight = line.rate.size_in(line.rtt.saturating_mul(2)).as_bytes();
        let ahead = flight.clamp(AHEAD, MAX_AHEAD) as usize;
        while self.association.outstanding() < ahead {
            let Some((stream, waiting)) = self.outbox.take() else { break };
            // Not taken only by a stream that is about to close.
            self.association.send(now, stream, waiting.payload, &waiting.data);
        }
        if self.outbox.bytes() < MAX_QUEUED / 2 {
            for place in 0..self.channels.len() {
                let channel = &mut self.channels[place];
                if channel.untold > 0 && channel.enveloped && !channel.closing {
                    let (stream, count) = (channel.stream, std::mem::take(&mut channel.untold));
                    self.tell(stream, Notice::Dropped, count);
                }
            }
        }
    }

    fn tell(&mut self, stream: u16, notice: Notice, count: u32) {
        let data = Envelope::Notice { notice, count }.to_bytes().expect("a notice names nobody");
        self.outbox.put(stream, Waiting { payload: Payload::Binary, data });
    }

    fn digest(&mut self, now: Time, drops: &mut DropCounters) {
        while let Some(event) = self.association.poll_event() {
            match event {
                AssociationEvent::Established => {}
                AssociationEvent::Message { stream, payload: Payload::Control, data } => {
                    self.control(now, stream, &data, drops);
                }
                AssociationEvent::Message { stream, payload, data } => {
                    let channel = self.channels.iter().find(|channel| channel.stream == stream);
                    let Some(channel) = channel.filter(|channel| !channel.closing) else {
                        drops.count(DropReason::NoDataChannel);
                        continue;
                    };
                    let (label, enveloped) = (channel.label.clone(), channel.enveloped);
                    self.inbox.push_back(Received { stream, label, enveloped, payload, data });
                }
                AssociationEvent::Unusable { stream, .. } => {
                    drops.count(DropReason::DataTooLarge);
                    self.close(now, stream);
                }
                AssociationEvent::Reset { stream } => {
                    self.channels.retain(|channel| channel.stream != stream);
                    self.outbox.remove(stream);
                }
                AssociationEvent::Closed => {
                    self.channels.clear();
                    self.outbox.clear();
                }
            }
        }
    }

    fn control(&mut self, now: Time, stream: u16, data: &[u8], drops: &mut DropCounters) {
        match Message::parse(data) {
            // Nobody here opens channels that could be acknowledged.
            Ok(Message::Ack) => {}
            Ok(Message::Open(open)) => self.opened(now, stream, open, drops),
            Err(_) => {
                drops.count(DropReason::MalformedData);
                self.close(now, stream);
            }
        }
    }

    fn opened(&mut self, now: Time, stream: u16, open: Open, drops: &mut DropCounters) {
        if self.channels.iter().any(|channel| channel.stream == stream) {
            return drops.count(DropReason::MalformedData);
        }
        if self.channels.len() >= MAX_CHANNELS {
            drops.count(DropReason::TooManyDataChannels);
            return self.close(now, stream);
        }
        let channel = Channel::new(stream, open);
        self.association.set_delivery(stream, channel.delivery);
        self.outbox.add(stream, !channel.is_reliable());
        self.channels.push(channel);
        self.association.send(now, stream, Payload::Control, &Message::Ack.to_bytes());
    }
}
