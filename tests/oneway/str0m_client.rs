//! str0m 0.25, by its SDP.

use std::time::Instant;

use sfu::participant::Codec;
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::media::{Direction, Frequency, MediaKind, MediaTime, Mid};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

use crate::client::{Client, Socket};
use crate::frames::Frame;

pub(crate) struct Str0mClient {
    rtc: Rtc,
    socket: Socket,
    direction: Direction,
    pending: Option<SdpPendingOffer>,
    /// Sound and picture.
    mids: Vec<(Codec, Mid)>,
    connected: bool,
    sounds: Vec<Vec<u8>>,
    pictures: Vec<Vec<u8>>,
}

impl Str0mClient {
    pub(crate) fn new(publishes: bool) -> Self {
        let socket = Socket::open();
        let config = RtcConfig::new().clear_codecs().enable_opus(true, false).enable_vp8(true);
        let mut rtc = config.build(Instant::now());
        rtc.add_local_candidate(Candidate::host(socket.address, "udp").expect("a proper address"));
        let direction = if publishes { Direction::SendOnly } else { Direction::RecvOnly };
        Str0mClient {
            rtc,
            socket,
            direction,
            pending: None,
            mids: Vec::new(),
            connected: false,
            sounds: Vec::new(),
            pictures: Vec::new(),
        }
    }

    fn drain(&mut self) {
        loop {
            match self.rtc.poll_output().expect("nothing that the server sends breaks the connection") {
                Output::Timeout(_) => return,
                Output::Transmit(transmit) => self.socket.send(transmit.destination, &transmit.contents),
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::MediaData(data)) => {
                    let is = |codec| self.mids.iter().any(|(own, mid)| *own == codec && *mid == data.mid);
                    let frames = if is(Codec::Opus) { &mut self.sounds } else { &mut self.pictures };
                    frames.push(data.data.to_vec());
                }
                Output::Event(_) => {}
            }
        }
    }
}

impl Client for Str0mClient {
    fn offer(&mut self) -> String {
        let mut change = self.rtc.sdp_api();
        let kinds = [(Codec::Opus, MediaKind::Audio), (Codec::Vp8, MediaKind::Video)];
        let direction = self.direction;
        self.mids =
            kinds.map(|(codec, kind)| (codec, change.add_media(kind, direction, None, None, None))).into();
        let (offer, pending) = change.apply().expect("two sections are a change");
        self.pending = Some(pending);
        offer.to_sdp_string()
    }

    fn accept(&mut self, answer: &str) {
        let answer = SdpAnswer::from_sdp_string(answer).expect("it reads the answer");
        let pending = self.pending.take().expect("it has offered");
        self.rtc.sdp_api().accept_answer(pending, answer).expect("it accepts the answer");
    }

    fn pump(&mut self) {
        self.drain();
        let own = self.socket.address;
        while let Some((from, datagram)) = self.socket.receive() {
            let received = Receive::new(Protocol::Udp, from, own, datagram).expect("a known protocol");
            let input = Input::Receive(Instant::now(), received);
            self.rtc.handle_input(input).expect("everything that the server sends is of use");
        }
        self.rtc.handle_input(Input::Timeout(Instant::now())).expect("time only goes forward");
        self.drain();
    }

    fn is_connected(&self) -> bool {
        self.connected
    }

    fn send(&mut self, codec: Codec, frame: &Frame) {
        let (_, mid) = self.mids.iter().find(|(own, _)| *own == codec).expect("it publishes both");
        let writer = self.rtc.writer(*mid).expect("the section sends");
        let payload_type = writer.payload_params().next().expect("one codec").pt();
        let clock = if codec == Codec::Opus { Frequency::FORTY_EIGHT_KHZ } else { Frequency::NINETY_KHZ };
        let time = MediaTime::new(u64::from(frame.timestamp), clock);
        writer.write(payload_type, Instant::now(), time, frame.bytes.clone()).expect("it was negotiated");
        self.drain();
    }

    fn frames(&self, codec: Codec) -> &[Vec<u8>] {
        if codec == Codec::Opus { &self.sounds } else { &self.pictures }
    }
}
