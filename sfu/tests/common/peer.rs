//! One client: connectivity checks, DTLS as client, SRTP.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rtc_crypto::providers::AwsLcRsProvider;
use sfu::conference::{JoinRequest, Joined};
use sfu::participant::SourceDescription;
use sfu::rtcp::ArrivalRecorder;
use sfu::rtp::extension::ExtensionWriter;
use sfu::rtp::packet::{FIXED_HEADER_LEN, write_fixed_header};
use sfu::rtp::{Extensions, RtpHeader};
use sfu::sink::ForwardTimes;
use sfu::transport::certificate::Certificate;
use sfu::transport::dtls::{Dtls, DtlsConfig, DtlsEvent, Role};
use sfu::transport::srtp::{Inbound, MasterKey, Outbound, Profile, Transform};
use sfu::{PacketClass, ParticipantId, Segment, Time};

use super::{media, stun};

pub(crate) const UFRAG: &str = "peer";
pub(crate) const PWD: &str = "peerpasswordpeerpassword";

/// How often a peer renews its consent.
const CHECKS: Duration = Duration::from_millis(2_500);

/// A packet to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RtpOut {
    pub(crate) payload_type: u8,
    pub(crate) marker: bool,
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
    pub(crate) mid: Option<String>,
    pub(crate) rid: Option<String>,
    pub(crate) repaired_rid: Option<String>,
    pub(crate) level: Option<(u8, bool)>,
    /// The dependency descriptor; none when it is empty.
    pub(crate) descriptor: Vec<u8>,
    /// Bytes of padding behind the payload.
    pub(crate) padding: u8,
    pub(crate) payload: Vec<u8>,
}

/// A datagram that came from the core, decrypted.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) at: Time,
    pub(crate) class: PacketClass,
    pub(crate) forwarded: Option<ForwardTimes>,
    pub(crate) packet: Vec<u8>,
}

impl Received {
    pub(crate) fn header(&self) -> RtpHeader {
        RtpHeader::parse(&self.packet).expect("the core writes proper RTP")
    }

    pub(crate) fn payload(&self) -> &[u8] {
        self.header().payload(&self.packet)
    }

    pub(crate) fn extensions(&self) -> Extensions<'_> {
        Extensions::parse(&self.packet, &self.header(), &media::parameters().extensions)
    }
}

pub(crate) struct Peer {
    pub(crate) id: ParticipantId,
    pub(crate) joined: Joined,
    pub(crate) address: SocketAddr,
    pub(crate) dtls: Dtls,
    keys: Option<(Inbound, Outbound)>,
    transaction: u64,
    transport_sequence: u16,
    /// Whether consent is renewed.
    pub(crate) alive: bool,
    pub(crate) next_check: Time,
    /// Answers media with transport-wide feedback when there is one.
    pub(crate) arrivals: Option<ArrivalRecorder>,
    /// One packet in so many is reported lost though it came.
    pub(crate) denies: Option<usize>,
    pub(crate) next_feedback: Time,
    pub(crate) received: Vec<Received>,
    /// Answers to checks.
    pub(crate) answers: usize,
    pub(crate) closed: bool,
    /// SCTP packets that came.
    pub(crate) data: Vec<Vec<u8>>,
    /// What the datagrams with SCTP were sent as.
    pub(crate) data_classes: Vec<PacketClass>,
}

pub(crate) fn request(certificate: &Certificate, name: &str, sources: Vec<SourceDescription>) -> JoinRequest {
    JoinRequest {
        conference: "room".into(),
        name: name.into(),
        remote_ufrag: UFRAG.into(),
        remote_pwd: PWD.into(),
        fingerprint: certificate.fingerprint(),
        media: media::parameters(),
        sources,
    }
}

impl Peer {
    pub(crate) fn new(now: Time, certificate: Certificate, joined: Joined, address: SocketAddr) -> Self {
        Peer {
            id: joined.participant,
            address,
            dtls: Dtls::new(DtlsConfig {
                role: Role::Client,
                certificate,
                remote_fingerprint: joined.fingerprint,
                provider: Arc::new(AwsLcRsProvider::new()),
                rtt: None,
            }),
            joined,
            keys: None,
            transaction: 0,
            transport_sequence: 0,
            alive: true,
            next_check: now,
            arrivals: None,
            denies: None,
            next_feedback: Time::NEVER,
            received: Vec::new(),
            answers: 0,
            closed: false,
            data: Vec::new(),
            data_classes: Vec::new(),
        }
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.keys.is_some() && !self.closed
    }

    pub(crate) fn check(&mut self, now: Time, nominate: bool) -> Vec<u8> {
        self.transaction += 1;
        self.next_check = now + CHECKS;
        let username = format!("{}:{UFRAG}", self.joined.ufrag);
        stun::check(&username, &self.joined.pwd, self.transaction, nominate)
    }

    /// When the peer has something to do by itself.
    pub(crate) fn deadline(&self) -> Time {
        let check = if self.alive { self.next_check } else { Time::NEVER };
        check.min(self.dtls.deadline().unwrap_or(Time::NEVER)).min(self.next_feedback)
    }

    /// What it then sends.
    pub(crate) fn timeout(&mut self, now: Time) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        if self.alive && now >= self.next_check {
            out.push(self.check(now, true));
        }
        self.dtls.handle_timeout(now);
        self.drain(&mut out);
        if now >= self.next_feedback {
            self.next_feedback = Time::NEVER;
            let mut report = Vec::new();
            self.arrivals.as_mut().expect("feedback is on").write_report(&mut report, 1, 1, 1_100);
            if !report.is_empty() {
                out.push(self.rtcp(&report));
            }
        }
        out
    }

    /// Takes a datagram from the core, and gives what it answers.
    pub(crate) fn take(&mut self, now: Time, datagram: &[u8], segment: &Segment) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        match datagram {
            [0..=3, ..] => self.answers += 1,
            [20..=63, ..] => {
                if datagram[0] == 23 {
                    self.data_classes.push(segment.class);
                }
                // After the end nothing is expected to be of use.
                let _ = self.dtls.handle(now, datagram);
                self.drain(&mut out);
            }
            _ => self.media(now, datagram, segment),
        }
        out
    }

    fn media(&mut self, now: Time, datagram: &[u8], segment: &Segment) {
        let (inbound, _) = self.keys.as_mut().expect("media only after the handshake");
        let mut packet = datagram.to_vec();
        let len = match segment.class {
            PacketClass::Rtcp => inbound.unprotect_rtcp(&mut packet).expect("authentic"),
            _ => inbound.unprotect_rtp(&mut packet).expect("authentic and new").len,
        };
        packet.truncate(len);
        let received = Received { at: now, class: segment.class, forwarded: segment.forwarded, packet };
        if let (Some(arrivals), true) = (&mut self.arrivals, segment.class != PacketClass::Rtcp) {
            let number = received.extensions().transport_cc.expect("every packet has a number");
            if self.denies.is_none_or(|every| usize::from(number) % every != 0) {
                arrivals.record(now, number);
            }
            self.next_feedback = self.next_feedback.min(now + Duration::from_millis(50));
        }
        self.received.push(received);
    }

    fn drain(&mut self, out: &mut Vec<Vec<u8>>) {
        while let Some(datagram) = self.dtls.poll_transmit() {
            out.push(datagram.to_vec());
        }
        while let Some(event) = self.dtls.poll_event() {
            match event {
                DtlsEvent::Connected(keys) => {
                    let profile = Profile::from_id(keys.profile.wire()).expect("known");
                    let key = |(key, salt)| MasterKey::new(profile, key, salt).expect("of the right length");
                    let inbound = Inbound::new(&key(keys.server()), Transform::Cipher, 1_000);
                    self.keys = Some((inbound, Outbound::new(&key(keys.client()), Transform::Cipher)));
                }
                DtlsEvent::Closed | DtlsEvent::Failed(_) => self.closed = true,
                DtlsEvent::ApplicationData(packet) => self.data.push(packet.to_vec()),
            }
        }
    }

    /// A protected RTP packet, with the next transport-wide number.
    pub(crate) fn rtp(&mut self, packet: &RtpOut) -> Vec<u8> {
        let ids = media::parameters().extensions;
        let mut head = [0; FIXED_HEADER_LEN + 400];
        let (fixed, rest) = head.split_first_chunk_mut().expect("long enough");
        let mut extensions = ExtensionWriter::new(rest);
        extensions.push(ids.transport_cc, &self.transport_sequence.to_be_bytes());
        self.transport_sequence = self.transport_sequence.wrapping_add(1);
        let texts =
            [(ids.mid, &packet.mid), (ids.rid, &packet.rid), (ids.repaired_rid, &packet.repaired_rid)];
        for (id, text) in texts {
            if let Some(text) = text {
                extensions.push(id, text.as_bytes());
            }
        }
        if let Some((level, voice)) = packet.level {
            extensions.push(ids.audio_level, &[(u8::from(voice) << 7) | level]);
        }
        if !packet.descriptor.is_empty() {
            extensions.push(ids.dependency_descriptor, &packet.descriptor);
        }
        let len = extensions.finish();
        let kind = (packet.marker, packet.payload_type);
        write_fixed_header(fixed, kind, packet.sequence as u16, packet.timestamp, packet.ssrc, len > 0);
        let mut out = head[..FIXED_HEADER_LEN + len].to_vec();
        out.extend_from_slice(&packet.payload);
        if packet.padding > 0 {
            out[0] |= 0x20;
            out.resize(out.len() + usize::from(packet.padding), 0);
            *out.last_mut().expect("padded") = packet.padding;
        }
        let (_, outbound) = self.keys.as_ref().expect("connected");
        out.resize(out.len() + outbound.profile().tag_len(), 0);
        outbound.protect_rtp(&mut out, packet.sequence).expect("a proper packet");
        out
    }

    /// A protected compound.
    pub(crate) fn rtcp(&mut self, compound: &[u8]) -> Vec<u8> {
        let mut out = compound.to_vec();
        let (_, outbound) = self.keys.as_mut().expect("connected");
        outbound.protect_rtcp(&mut out).expect("a proper compound");
        out
    }

    /// What came of one class, oldest first.
    pub(crate) fn of(&self, class: PacketClass) -> impl Iterator<Item = &Received> {
        self.received.iter().filter(move |received| received.class == class)
    }
}
