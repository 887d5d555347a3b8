//! The forwarding path allocates nothing once it is warm: a counting allocator proves it.
//!
//! One publisher with camera and microphone, nine receivers that send transport-wide feedback and receiver
//! reports, as in a call. Counted are the allocations within the core's turns, by what the turn was for.

#[path = "../../sfu/tests/common/mod.rs"]
mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::net::SocketAddr;
use std::time::Duration;

use sfu::codec::red::{Block, Blocks, Red};
use sfu::rtcp::{self, ArrivalRecorder, NtpTime, SenderInfo};
use sfu::{Event, PacketClass, Segment, Sink, Time, Transmit};

use common::call::{Call, config};
use common::media::{Microphone, OPUS, VideoEncoding, camera, fec_parameters, microphone, parameters};
use common::peer::RtpOut;
use sfu::participant::MediaParameters;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, counting per thread.
struct Counting;

#[expect(unsafe_code, reason = "the trait of allocators is unsafe; all of it is the system's")]
// SAFETY: every method hands its arguments on to the system's allocator, whose promises are the same.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promises are the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above; every pointer came from the system's allocator.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Keeps what is sent, in memory taken beforehand.
struct Tape {
    bytes: Vec<u8>,
    entries: Vec<(SocketAddr, Segment)>,
    media: u64,
    rtcp: u64,
    repair: u64,
}

impl Sink for Tape {
    fn transmit(&mut self, transmit: Transmit<'_>) {
        self.bytes.extend_from_slice(transmit.bytes);
        for segment in transmit.segments {
            self.entries.push((transmit.to, *segment));
            self.media += u64::from(matches!(segment.class, PacketClass::Audio | PacketClass::Video));
            self.repair += u64::from(segment.class == PacketClass::Fec);
            self.rtcp += u64::from(segment.class == PacketClass::Rtcp);
        }
    }

    fn event(&mut self, _event: Event) {}
}

/// Allocations within turns.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    media: u64,
    rtcp: u64,
    timeouts: u64,
}

struct Studio {
    call: Call,
    tape: Tape,
    cameras: [VideoEncoding; 3],
    microphone: Microphone,
    /// When the publisher's last sender reports went out.
    reported: Time,
    counts: Counts,
}

fn counted(total: &mut u64, act: impl FnOnce()) {
    let before = ALLOCATIONS.with(Cell::get);
    act();
    *total += ALLOCATIONS.with(Cell::get) - before;
}

/// As [`config`], with a choice of who is heard.
fn three_loudest() -> sfu::Config {
    sfu::Config { loudest: Some(3), ..config() }
}

impl Studio {
    /// Receivers that say that they lose one packet in `denied` are protected if their `media` offers it.
    fn new(media: MediaParameters, denied: Option<usize>) -> Self {
        let mut call = Call::new(three_loudest());
        for index in 0..10 {
            let media = if index == 0 { parameters() } else { media };
            call.join_with(media, vec![camera(), microphone()]);
            call.connect(index);
        }
        Self::of(call, denied)
    }

    /// Everybody but the first watches and hears the first.
    fn of(mut call: Call, denied: Option<usize>) -> Self {
        for receiver in 1..call.peers.len() {
            let mut camera = call.wish(0, "cam");
            camera.max_height = if receiver < 5 { 180 } else { 720 };
            let wishes = [camera, call.wish(0, "mic")];
            call.subscribe(receiver, &wishes).expect("the sources are there");
            call.peers[receiver].arrivals = Some(ArrivalRecorder::new());
            call.peers[receiver].denies = denied;
        }
        let tape = Tape {
            bytes: Vec::with_capacity(4 << 20),
            entries: Vec::with_capacity(1 << 14),
            media: 0,
            rtcp: 0,
            repair: 0,
        };
        let (cameras, microphone) = (VideoEncoding::simulcast(0), Microphone::new(0));
        Studio { call, tape, cameras, microphone, reported: Time::ZERO, counts: Counts::default() }
    }

    /// A frame of each encoding and some sound, then 33 ms of whatever follows.
    fn step(&mut self, key: bool) {
        let mut packets = vec![self.microphone.packet(80)];
        for (camera, count) in self.cameras.iter_mut().zip([1, 2, 4]) {
            packets.extend(camera.frame(key, count, 900));
        }
        if self.call.now >= self.reported + Duration::from_secs(1) {
            self.reported = self.call.now;
            self.report();
        }
        packets.iter().for_each(|packet| self.publish(packet));
        self.pass(Duration::from_millis(33));
    }

    fn publish(&mut self, packet: &RtpOut) {
        let mut datagram = self.call.peers[0].rtp(packet);
        let from = self.call.peers[0].address;
        let Studio { call, tape, counts, .. } = self;
        counted(&mut counts.media, || {
            let mut turn = call.sfu.turn(call.now, tape);
            turn.datagram(from, &mut datagram).expect("media of a connected peer");
            turn.finish();
        });
        self.deliver();
    }

    fn pass(&mut self, span: Duration) {
        let end = self.call.now + span;
        while self.next() <= end {
            self.call.now = self.call.now.max(self.next());
            self.timeouts();
        }
        self.call.now = end;
    }

    /// The publisher's sender reports, which let the core write its own.
    fn report(&mut self) {
        let ntp = NtpTime::from_time(self.call.now);
        let cameras = self.cameras.each_ref().map(|camera| (camera.ssrc, camera.timestamp));
        for (ssrc, rtp_timestamp) in
            cameras.into_iter().chain([(self.microphone.ssrc, self.microphone.timestamp)])
        {
            let mut compound = Vec::new();
            let info = SenderInfo { ssrc, ntp, rtp_timestamp, ..SenderInfo::default() };
            rtcp::write_sender_report(&mut compound, &info, &[]).expect("no blocks");
            let datagram = self.call.peers[0].rtcp(&compound);
            self.answer(0, datagram);
        }
    }

    fn next(&self) -> Time {
        let peers = self.call.peers.iter().map(|peer| peer.deadline()).min();
        peers.unwrap_or(Time::NEVER).min(self.call.sfu.deadline())
    }

    fn timeouts(&mut self) {
        let Studio { call, tape, counts, .. } = self;
        counted(&mut counts.timeouts, || {
            let mut turn = call.sfu.turn(call.now, tape);
            turn.timeout();
            turn.finish();
        });
        for peer in 0..self.call.peers.len() {
            for datagram in self.call.peers[peer].timeout(self.call.now) {
                self.answer(peer, datagram);
            }
        }
        self.deliver();
    }

    /// A report or a check of a receiver.
    fn answer(&mut self, peer: usize, mut datagram: Vec<u8>) {
        let from = self.call.peers[peer].address;
        let is_rtcp = datagram[0] >= 128;
        let Studio { call, tape, counts, .. } = self;
        // A check may allocate: there is one in 2.5 s.
        let mut checks = 0;
        counted(if is_rtcp { &mut counts.rtcp } else { &mut checks }, || {
            let mut turn = call.sfu.turn(call.now, tape);
            turn.datagram(from, &mut datagram).expect("proper feedback");
            turn.finish();
        });
    }

    /// Hands what was sent to the peers.
    fn deliver(&mut self) {
        let mut start = 0;
        for (to, segment) in &self.tape.entries {
            let datagram = &self.tape.bytes[start..start + segment.len];
            start += segment.len;
            let peers = &mut self.call.peers;
            let peer = peers.iter_mut().find(|peer| peer.address == *to).expect("only peers are sent to");
            peer.take(self.call.now, datagram, segment);
            peer.received.clear();
        }
        self.tape.bytes.clear();
        self.tape.entries.clear();
    }
}

#[test]
fn the_warm_forwarding_path_allocates_nothing() {
    let mut studio = Studio::new(parameters(), None);
    for n in 0..600 {
        studio.step(n % 30 == 0);
    }
    (studio.counts, studio.tape.media, studio.tape.rtcp) = (Counts::default(), 0, 0);
    for n in 0..600 {
        studio.step(n % 150 == 0);
    }
    // Four receivers of one packet a frame, five of four, and sound for nine.
    assert_eq!(studio.tape.media, 600 * (4 + 5 * 4 + 9), "all of it was forwarded");
    // Each second one compound of reports to everybody, and 15 of feedback to the publisher: frames come 33 ms apart,
    // and the report on one is due 50 ms later.
    assert!(studio.tape.rtcp >= 19 * (10 + 15), "{} compounds", studio.tape.rtcp);
    assert_eq!(studio.counts, Counts::default(), "in twenty seconds of a call");
}

/// Redundant audio taken apart, put together anew for those who speak it, taken off for the others, and lost packets
/// taken out of it.
#[test]
fn redundant_sound_allocates_nothing() {
    const RED: u8 = 63;
    let mut call = Call::new(config());
    for index in 0..4 {
        let mut media = parameters();
        media.payload_types.opus_red = (index % 2 == 0).then_some(RED);
        call.join_with(media, vec![camera(), microphone()]);
        call.connect(index);
    }
    let mut studio = Studio::of(call, None);
    let mut voice = Microphone::new(0);
    for n in 0..1_000 {
        if n == 500 {
            (studio.counts, studio.tape.media) = (Counts::default(), 0);
        }
        let mut packet = voice.packet(80);
        let copy = Block { payload_type: OPUS, offset: 960, payload: &packet.payload };
        let mut redundant = Blocks::default();
        assert!(redundant.push(Block { offset: 1_920, ..copy }) && redundant.push(copy));
        let mut payload = Vec::new();
        let red = Red { redundant, payload_type: OPUS, primary: &packet.payload };
        red.write(&mut payload).expect("it fits");
        (packet.payload_type, packet.payload) = (RED, payload);
        if n % 5 != 3 {
            studio.publish(&packet);
        }
        studio.pass(Duration::from_millis(20));
    }
    assert_eq!(studio.tape.media, 500 * 3, "what was lost was sent as well");
    assert_eq!(studio.call.sfu.recovered(), 200);
    assert_eq!(studio.counts, Counts::default(), "in ten seconds of a call");
}

#[test]
fn error_correction_allocates_nothing_either() {
    let mut studio = Studio::new(fec_parameters(), Some(30));
    for n in 0..600 {
        studio.step(n % 30 == 0);
    }
    (studio.counts, studio.tape.media, studio.tape.repair) = (Counts::default(), 0, 0);
    for n in 0..600 {
        studio.step(n % 150 == 0);
    }
    let (media, repair) = (studio.tape.media, studio.tape.repair);
    assert!(
        repair * 4 > media && repair * 2 < media,
        "{repair} repair packets for {media}, nine in 33 sound"
    );
    assert_eq!(studio.counts, Counts::default(), "in twenty seconds of a call");
}

#[test]
fn the_counter_counts() {
    let mut count = 0;
    counted(&mut count, || drop(std::hint::black_box(vec![1_u8; 100])));
    assert_eq!(count, 1);
    let mut count = 0;
    counted(&mut count, || ());
    assert_eq!(count, 0);
}
