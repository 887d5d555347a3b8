//! One association: the seam over rtc-sctp.

use std::collections::VecDeque;

use bytes::Bytes;
use rtc_sctp::{
    Association as Library, AssociationError, AssociationHandle, ClientConfig, DatagramEvent, Endpoint,
    Event, Payload as Contents, PayloadProtocolIdentifier, ReliabilityType, StreamEvent,
};

use super::admission::Admission;
use super::dcep::{Delivery, Reliability};
use super::departure::{self, Departing};
use super::library::{PEER, identifier, new_endpoint, payload_of, transport_config};
use super::numbers::Numbers;
use super::{AssociationEvent, AssociationSeed, MAX_MESSAGE, MAX_STREAMS, Payload, Refusal, Side, packet};
use crate::Time;
use crate::transport::dtls::opaque_instant;

/// INITs that are answered before the association stands: T1 runs out eight times (RFC 9260 section 5.1).
const MAX_INITS: u32 = 16;
/// Reset requests of ours that may wait for the peer's answer; each goes out again with every time-out.
const MAX_OWN_RESETS: usize = 64;
/// What may still wait in the library for streams that were closed, bytes.
const MAX_RETIRED: usize = 1 << 20;
/// Half of all first numbers are as good as any: from the lower half, counting up never wraps.
const MAX_FIRST: u32 = 1 << 31;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Opening,
    Established,
    Over,
}

/// What exists from the first INIT on.
struct Live {
    endpoint: Endpoint,
    handle: AssociationHandle,
    library: Library,
}

/// One SCTP association over one DTLS connection.
///
/// After every call that takes `now`, drain [`poll_transmit`](Self::poll_transmit) and
/// [`poll_event`](Self::poll_event), and ask [`deadline`](Self::deadline) again.
pub struct Association {
    side: Side,
    phase: Phase,
    live: Option<Box<Live>>,
    numbers: Numbers,
    admission: Admission,
    inits: u32,
    /// Bytes that wait in the library, by stream.
    waiting: Vec<(u16, usize)>,
    /// Bytes that waited in the library when their streams were closed.
    retired: usize,
    /// How many more messages may be read; `None`: all.
    to_read: Option<usize>,
    /// Streams with messages that nobody has asked for yet.
    unread: VecDeque<u16>,
    control: VecDeque<Bytes>,
    data: VecDeque<Bytes>,
    events: VecDeque<AssociationEvent>,
}

impl Association {
    /// An association that has sent nothing yet.
    pub fn new(side: Side, seed: AssociationSeed) -> Self {
        Association {
            side,
            phase: Phase::Opening,
            live: None,
            numbers: Numbers::new(seed),
            admission: Admission::default(),
            inits: 0,
            waiting: Vec::new(),
            retired: 0,
            to_read: None,
            unread: VecDeque::new(),
            control: VecDeque::new(),
            data: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// Sends the INIT of a side that opens; otherwise, and the second time, nothing happens.
    pub fn open(&mut self, now: Time) {
        if self.side != Side::Open || self.live.is_some() || self.phase != Phase::Opening {
            return;
        }
        self.create(now, |endpoint, now| {
            let config = ClientConfig::new(transport_config());
            endpoint.connect(now, config, PEER).ok()
        });
        self.drain(now);
    }

    /// Whether messages may be sent.
    pub fn is_established(&self) -> bool {
        self.phase == Phase::Established
    }

    /// Whether nothing more will come of it.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// Takes an SCTP packet out of DTLS.
    ///
    /// # Errors
    /// When it, or all that it was about, had no effect.
    pub fn handle(&mut self, now: Time, bytes: &[u8]) -> Result<(), Refusal> {
        if self.phase == Phase::Over {
            return Err(Refusal::Closed);
        }
        let (header, chunks) = packet::parse(bytes).map_err(|_| Refusal::Malformed)?;
        if header.source_port == 0 || header.destination_port == 0 {
            return Err(Refusal::Malformed);
        }
        let is_init = chunks.iter().any(|chunk| chunk.kind == packet::INIT);
        if is_init {
            self.check_init(header.tag, chunks.len())?;
        } else if header.tag != self.numbers.seed().tag || self.live.is_none() {
            return Err(Refusal::Tag);
        }
        if is_init {
            self.admission.forget();
        }
        let admitted = self.admission.admit(&mut self.numbers, self.side, header, &chunks);
        let acted = admitted.packet.is_some();
        if let Some(packet) = admitted.packet {
            self.deliver(now, packet, is_init);
        }
        self.drain(now);
        if admitted.hopeless || self.is_overloaded() {
            self.abort(now);
            return Err(Refusal::Exhausted);
        }
        match admitted.refusal {
            Some(refusal) if !acted => Err(refusal),
            _ => Ok(()),
        }
    }

    /// Makes the stream `stream`, to open a channel on it; a stream on which something came is there already.
    pub fn open_stream(&mut self, stream: u16) {
        if let Some(live) = &mut self.live
            && stream < MAX_STREAMS
        {
            // There is one already, or there is one now.
            let _ = live.library.open_stream(stream, PayloadProtocolIdentifier::Binary);
        }
    }

    /// How messages on `stream` go out from now on, and in which order they come in.
    pub fn set_delivery(&mut self, stream: u16, delivery: Delivery) {
        let (kind, value) = match delivery.reliability {
            Reliability::Reliable => (ReliabilityType::Reliable, 0),
            Reliability::Retransmits(times) => (ReliabilityType::Rexmit, times),
            Reliability::Lifetime(millis) => (ReliabilityType::Timed, millis),
        };
        if let Some(Ok(mut stream)) = self.live.as_mut().map(|live| live.library.stream(stream)) {
            // Fails only for a stream that is not there.
            let _ = stream.set_reliability_params(!delivery.ordered, kind, value);
        }
    }

    /// Queues a message; `false` when the stream or the association doesn't take it, or it has no bytes, or more
    /// than [`MAX_MESSAGE`] and an envelope.
    pub fn send(&mut self, now: Time, stream: u16, payload: Payload, data: &Bytes) -> bool {
        if self.phase != Phase::Established || data.is_empty() {
            return false;
        }
        let Some(live) = &mut self.live else { return false };
        let Ok(mut open) = live.library.stream(stream) else { return false };
        if open.write_chunk_with_ppi(opaque_instant(now), data, identifier(payload)).is_err() {
            return false;
        }
        match self.waiting.iter_mut().find(|(id, _)| *id == stream) {
            Some((_, waiting)) => *waiting += data.len(),
            None => self.waiting.push((stream, data.len())),
        }
        self.drain(now);
        true
    }

    /// From now on messages come out only as [`read`](Self::read) asks for them; what is not read fills the window.
    pub fn read_on_request(&mut self) {
        self.to_read = Some(0);
        self.admission.intake.be_patient();
    }

    /// Asks for up to `messages` messages, as events.
    pub fn read(&mut self, now: Time, messages: usize) {
        self.to_read = self.to_read.map(|_| messages);
        for _ in 0..self.unread.len() {
            let Some(stream) = self.unread.pop_front() else { break };
            self.read_stream(stream);
        }
        self.to_read = self.to_read.map(|_| 0);
        self.drain(now);
    }

    /// Closes a stream (RFC 6525 section 5.1.2); [`AssociationEvent::Reset`] tells when the peer has agreed.
    pub fn reset(&mut self, now: Time, stream: u16) {
        if let Some(Ok(mut open)) = self.live.as_mut().map(|live| live.library.stream(stream)) {
            // Fails only before the association stands, when there is no stream to close.
            let _ = open.close(opaque_instant(now));
            self.drain(now);
        }
    }

    /// Ends the association with an ABORT.
    pub fn abort(&mut self, now: Time) {
        if let Some(live) = &mut self.live {
            // Does nothing when it is closed.
            let _ = live.library.abort();
        }
        self.data.clear();
        self.drain(now);
        self.end();
    }

    /// Bytes of messages that were sent on open streams and that the peer hasn't acknowledged.
    pub fn outstanding(&self) -> usize {
        self.waiting.iter().map(|(_, waiting)| waiting).sum()
    }

    /// The next packet that carries no user data: it waits for nothing.
    pub fn poll_control(&mut self) -> Option<Bytes> {
        self.control.pop_front()
    }

    /// The next packet with user data.
    pub fn poll_data(&mut self) -> Option<Bytes> {
        self.data.pop_front()
    }

    /// The length of the next packet with user data, bytes.
    pub fn next_data_len(&self) -> Option<usize> {
        self.data.front().map(Bytes::len)
    }

    /// The next packet of either kind.
    pub fn poll_transmit(&mut self) -> Option<Bytes> {
        self.poll_control().or_else(|| self.poll_data())
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<AssociationEvent> {
        self.events.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    pub fn deadline(&self) -> Option<Time> {
        let due = self.live.as_ref().filter(|_| self.phase != Phase::Over)?.library.poll_timeout()?;
        let since = due.saturating_duration_since(opaque_instant(Time::ZERO));
        Some(Time::ZERO + since)
    }

    /// Sends again, acknowledges, or gives up, when it is time; does nothing before.
    pub fn handle_timeout(&mut self, now: Time) {
        if let Some(live) = &mut self.live
            && self.phase != Phase::Over
        {
            live.library.handle_timeout(opaque_instant(now));
            self.drain(now);
        }
    }

    fn check_init(&mut self, tag: u32, chunks: usize) -> Result<(), Refusal> {
        if self.side == Side::Open || self.phase == Phase::Established || tag != 0 || chunks != 1 {
            // No peer of ours restarts an association: DTLS would begin anew with it (RFC 8261 section 6).
            return Err(Refusal::Protocol);
        }
        if self.inits >= MAX_INITS {
            return Err(Refusal::Flood);
        }
        self.inits += 1;
        Ok(())
    }

    fn deliver(&mut self, now: Time, packet: Bytes, is_init: bool) {
        if is_init {
            // Each INIT gets an association of its own, the last one counts: the library would take a repeat for
            // a second peer, and answer with another tag or not at all.
            return self.create(now, |endpoint, now| {
                match endpoint.handle(now, PEER, None, packet.clone())? {
                    (handle, DatagramEvent::NewAssociation(library)) => Some((handle, library)),
                    _ => None,
                }
            });
        }
        let Some(live) = &mut self.live else { return };
        let handled = live.endpoint.handle(opaque_instant(now), PEER, None, packet);
        if let Some((handle, DatagramEvent::AssociationEvent(event))) = handled
            && handle == live.handle
        {
            live.library.handle_event(event);
        }
    }

    /// Makes the library's association, again if need be until it counts from a number that never wraps.
    fn create(
        &mut self,
        now: Time,
        make: impl Fn(&mut Endpoint, std::time::Instant) -> Option<(AssociationHandle, Library)>,
    ) {
        for _ in 0..64 {
            let mut endpoint = new_endpoint(self.side);
            let Some((handle, mut library)) = make(&mut endpoint, opaque_instant(now)) else { return };
            let first = library.poll_transmit(opaque_instant(now));
            let Some(Contents::RawEncode(packets)) = first.map(|first| first.message) else { return };
            let start = packets.first().and_then(|packet| departure::library_start(packet));
            let Some((tag, number)) = start else { return };
            if number >= MAX_FIRST {
                continue;
            }
            self.numbers.set_library(tag, number);
            self.live = Some(Box::new(Live { endpoint, handle, library }));
            for packet in packets {
                self.depart(&packet);
            }
            return;
        }
    }

    fn depart(&mut self, raw: &[u8]) {
        match departure::rewrite(&mut self.numbers, &mut self.admission, raw) {
            Some(Departing { bytes, is_data: true }) => self.data.push_back(bytes),
            Some(Departing { bytes, is_data: false }) => self.control.push_back(bytes),
            None => debug_assert!(false, "the library wrote a packet that it could not read itself"),
        }
    }

    /// Moves what the library has to say and to send into our own queues.
    fn drain(&mut self, now: Time) {
        loop {
            let mut idle = true;
            while let Some(event) = self.live.as_mut().and_then(|live| live.library.poll()) {
                idle = false;
                self.on_event(event);
            }
            let Some(live) = &mut self.live else { return };
            while let Some(event) = live.library.poll_endpoint_event() {
                live.endpoint.handle_event(live.handle, event);
            }
            while let Some(transmit) =
                self.live.as_mut().and_then(|live| live.library.poll_transmit(opaque_instant(now)))
            {
                idle = false;
                let Contents::RawEncode(packets) = transmit.message else { continue };
                packets.iter().for_each(|packet| self.depart(packet));
            }
            if idle {
                break;
            }
        }
        let closed = self.live.as_ref().is_some_and(|live| live.library.is_closed());
        if closed && self.phase == Phase::Established {
            self.end();
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Connected if self.phase == Phase::Opening => {
                self.phase = Phase::Established;
                self.events.push_back(AssociationEvent::Established);
            }
            Event::HandshakeFailed { .. } => self.end(),
            Event::AssociationLost { reason: AssociationError::Reset, id } => {
                self.retire(id);
                self.events.push_back(AssociationEvent::Reset { stream: id });
            }
            Event::Stream(StreamEvent::Readable { id }) => self.read_stream(id),
            Event::Stream(StreamEvent::BufferedAmountReleased { id, n_bytes }) => {
                if let Some((_, waiting)) = self.waiting.iter_mut().find(|(stream, _)| *stream == id) {
                    *waiting = waiting.saturating_sub(n_bytes);
                }
            }
            _ => {}
        }
    }

    fn read_stream(&mut self, id: u16) {
        let Some(live) = &mut self.live else { return };
        let Ok(mut stream) = live.library.stream(id) else { return };
        loop {
            if self.to_read == Some(0) {
                if !self.unread.contains(&id) {
                    self.unread.push_back(id);
                }
                break;
            }
            let Ok(Some(message)) = stream.read_sctp() else { break };
            self.to_read = self.to_read.map(|left| left - 1);
            let len = message.len();
            self.admission.intake.taken(message.chunks.len(), len);
            let data = message.to_payload(MAX_MESSAGE).ok();
            self.events.push_back(match (payload_of(message.ppi), data) {
                (Some(payload), Some(data)) => {
                    AssociationEvent::Message { stream: id, payload, data: data.freeze() }
                }
                _ => AssociationEvent::Unusable { stream: id, len },
            });
        }
    }

    fn retire(&mut self, id: u16) {
        if let Some(place) = self.waiting.iter().position(|(stream, _)| *stream == id) {
            self.retired += self.waiting.swap_remove(place).1;
        }
    }

    fn is_overloaded(&mut self) -> bool {
        if self.numbers.acknowledged == self.numbers.last_sent {
            // While something waits, at least one chunk is on its way (RFC 9260 section 6.1, rule A): nothing
            // waits.
            self.retired = 0;
        }
        self.retired > MAX_RETIRED || self.admission.own_resets.len() > MAX_OWN_RESETS
    }

    fn end(&mut self) {
        if self.phase != Phase::Over {
            self.phase = Phase::Over;
            self.events.push_back(AssociationEvent::Closed);
        }
        self.live = None;
        self.waiting.clear();
    }
}
