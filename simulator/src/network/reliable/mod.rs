//! A reliable, ordered channel of messages: what signalling over WebSocket, TLS and TCP is to a browser.
//!
//! It is sans-IO and its segments travel as datagrams of class `Signalling` over the same two links as the
//! media, so it shares their queues and sees their loss. It is a plain TCP: cumulative acknowledgements at
//! once, RFC 5681 slow start and fast retransmit with RFC 6582's partial acknowledgements, RFC 6298 time-outs.
//! Left out, as messages are few and small: selective and delayed acknowledgements, flow control, closing.
//! (So a message of hundreds of kilobytes that overruns a short queue recovers one loss per round trip.)
//!
//! A header of 24 bytes on top of the 28 of IP and UDP makes the 52 of IPv4 and TCP with time stamps.
//!
//! A connection takes three round trips until the client's first message leaves, as on a real line: TCP's
//! handshake, TLS 1.3, the WebSocket upgrade. Their flights are carried like messages (see [`SET_UP`]).

mod receiver;
mod segment;
mod sender;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use sfu::Time;

use self::receiver::Receiver;
pub use self::segment::SegmentError;
use self::segment::{HEADER, Header};
use self::sender::Sender;

/// Bytes of each round trip of the set-up, the client's and the server's flight: SYN and SYN-ACK (headers
/// only); ClientHello and a server flight with a short ECDSA certificate chain; the HTTP upgrade and its
/// answer. The sizes are typical ones of our own choice.
pub const SET_UP: [(usize, usize); 3] = [(0, 0), (320, 2_400), (400, 160)];

/// The longest message; a longer one is refused by the sender, and by the receiver as a broken stream.
pub const MESSAGE_LIMIT: usize = 1 << 20;

/// How many bytes may wait to be sent or acknowledged.
pub const BACKLOG_LIMIT: usize = 4 << 20;

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It is longer than [`MESSAGE_LIMIT`].
    #[error("a message of {0} bytes is longer than the channel carries")]
    TooLong(usize),
    /// More than [`BACKLOG_LIMIT`] bytes would wait.
    #[error("too many bytes wait for the far end")]
    Full,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Client,
    Server,
}

/// One end of a channel.
///
/// After [`send`](Self::send), [`input`](Self::input) and at the [`deadline`](Self::deadline) call
/// [`poll_transmit`](Self::poll_transmit) until it is false.
#[derive(Clone, Debug)]
pub struct ReliableChannel {
    role: Role,
    /// Round trips of the set-up that this end has completed.
    set_up: usize,
    /// Messages that wait for the set-up.
    waiting: VecDeque<Vec<u8>>,
    waiting_bytes: usize,
    sender: Sender,
    receiver: Receiver,
    inbox: VecDeque<Vec<u8>>,
}

impl ReliableChannel {
    /// The end that connects; the first [`poll_transmit`](Self::poll_transmit) starts the set-up.
    pub fn client() -> Self {
        let mut client = ReliableChannel::new(Role::Client);
        client.sender.push(&frame(&vec![0; SET_UP[0].0]));
        client
    }

    /// The end that is connected to.
    pub fn server() -> Self {
        ReliableChannel::new(Role::Server)
    }

    fn new(role: Role) -> Self {
        ReliableChannel {
            role,
            set_up: 0,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            sender: Sender::default(),
            receiver: Receiver::default(),
            inbox: VecDeque::new(),
        }
    }

    /// Whether messages flow: at the client after the last round trip of the set-up, at the server from its
    /// last answer on.
    pub fn is_established(&self) -> bool {
        self.set_up == SET_UP.len()
    }

    /// Sends a message, at once or when the channel is established.
    ///
    /// # Errors
    /// When it is too long, or too much waits already.
    pub fn send(&mut self, message: &[u8]) -> Result<(), SendError> {
        if message.len() > MESSAGE_LIMIT {
            return Err(SendError::TooLong(message.len()));
        }
        if self.sender.unacknowledged() + self.waiting_bytes + message.len() > BACKLOG_LIMIT {
            return Err(SendError::Full);
        }
        if self.is_established() {
            self.sender.push(&frame(message));
        } else {
            self.waiting_bytes += message.len();
            self.waiting.push_back(message.to_vec());
        }
        Ok(())
    }

    /// Takes in a segment from the far end.
    ///
    /// # Errors
    /// When it is none (it is ignored then), or the stream holds a message that is too long (it is broken then).
    pub fn input(&mut self, now: Time, segment: &[u8]) -> Result<(), SegmentError> {
        let (header, payload) = Header::parse(segment)?;
        self.sender.acknowledged(now, header.acknowledges, payload.is_empty());
        self.receiver.input(header.sequence, payload)?;
        while let Some(message) = self.receiver.next_message() {
            if self.is_established() {
                self.inbox.push_back(message);
            } else {
                self.advance_set_up();
            }
        }
        Ok(())
    }

    /// Writes the next segment that is due into `into` (emptied first); false when there is none.
    pub fn poll_transmit(&mut self, now: Time, into: &mut Vec<u8>) -> bool {
        into.clear();
        let acknowledges = self.receiver.acknowledges();
        let Some(chunk) = self.sender.next_chunk(now) else {
            if !self.receiver.take_acknowledgement_due() {
                return false;
            }
            Header { sequence: self.sender.next_sequence(), acknowledges }.write(0, into);
            return true;
        };
        self.receiver.take_acknowledgement_due();
        Header { sequence: chunk.sequence, acknowledges }.write(chunk.length, into);
        into.extend(self.sender.bytes_of(&chunk));
        debug_assert_eq!(into.len(), HEADER + chunk.length, "a chunk lies within the send buffer");
        true
    }

    /// The next message that has arrived completely and in order.
    pub fn poll_message(&mut self) -> Option<Vec<u8>> {
        self.inbox.pop_front()
    }

    /// When to call [`poll_transmit`](Self::poll_transmit) at the latest.
    pub fn deadline(&self) -> Option<Time> {
        self.sender.deadline()
    }

    /// How many segments were sent a second time.
    pub fn retransmissions(&self) -> u64 {
        self.sender.retransmissions()
    }

    /// The far end's flight of the current round trip is complete.
    fn advance_set_up(&mut self) {
        let (_, answer) = SET_UP[self.set_up];
        self.set_up += 1;
        match self.role {
            Role::Server => self.sender.push(&frame(&vec![0; answer])),
            Role::Client => {
                if let Some(&(flight, _)) = SET_UP.get(self.set_up) {
                    self.sender.push(&frame(&vec![0; flight]));
                }
            }
        }
        if self.is_established() {
            self.waiting_bytes = 0;
            for message in std::mem::take(&mut self.waiting) {
                self.sender.push(&frame(&message));
            }
        }
    }
}

/// Length (4 bytes, about what a WebSocket frame header takes) and content.
fn frame(message: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(4 + message.len());
    frame.extend((message.len() as u32).to_be_bytes());
    frame.extend(message);
    frame
}
