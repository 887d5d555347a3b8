//! One participant: its socket, path, keys, what it publishes and what it receives.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use rtc_crypto::RTCCryptoProvider;

use super::LoadError;
use super::description::{self, Remote, TRANSPORT_CC};
use super::publisher::Publisher;
use super::receiver::Receiver;
use super::session::Session;
use super::wire::Wire;
use crate::Time;
use crate::rtcp::{self, Packet};
use crate::rtp::RtpHeader;
use crate::server::clock::Clock;
use crate::signalling::IceCredentials;
use crate::transport::Carrier;
use crate::transport::certificate::Certificate;
use crate::transport::demux::{Protocol, classify};
use crate::transport::dtls::{Dtls, DtlsConfig, DtlsEvent, KeyingMaterial, Role};
use crate::transport::ice_lite::{Message, message_type, write_check};
use crate::transport::srtp::{Inbound, MasterKey, Outbound, Profile, Transform};

/// Between checks of a path that doesn't work yet, and of one that does: libwebrtc's 48 ms and 2.5 s.
const CHECK: Duration = Duration::from_millis(50);
const KEEP_ALIVE: Duration = Duration::from_millis(2_500);
/// Between reports of when packets came, and of how well: as a browser at such rates.
const ARRIVALS: Duration = Duration::from_millis(50);
const REPORTS: Duration = Duration::from_secs(1);

/// What all share.
pub(super) struct Gear {
    pub(super) clock: Clock,
    pub(super) provider: Arc<dyn RTCCryptoProvider>,
    pub(super) certificate: Certificate,
}

struct Keys {
    inbound: Inbound,
    outbound: Outbound,
}

/// See the module.
pub(super) struct Person {
    index: u16,
    pub(super) id: String,
    pub(super) session: Session,
    pub(super) wire: Wire,
    ice: IceCredentials,
    certificate: Certificate,
    /// For checks: both fragments, the key of the other side, and how many there were.
    username: String,
    key: hmac::Key,
    checks: u64,
    next_check: Time,
    next_arrivals: Time,
    next_reports: Time,
    dtls: Dtls,
    works: bool,
    keys: Option<Keys>,
    pub(super) receiver: Receiver,
    pub(super) publisher: Option<Publisher>,
    scratch: Vec<u8>,
    /// Packets that the system had no room for, that were not what they should be, and that the server missed.
    pub(super) unsent: u64,
    pub(super) strange: u64,
    pub(super) nacked: u64,
}

impl Person {
    /// Joins `room` of the server whose page is at `page`.
    pub(super) fn join(
        gear: &Gear,
        page: SocketAddr,
        index: u16,
        room: usize,
        publishes: bool,
        carrier: Carrier,
    ) -> Result<Self, LoadError> {
        // The server is a lite agent and never needs our password.
        let ice = IceCredentials { ufrag: format!("load{index:05}"), pwd: "loadloadloadloadloadload".into() };
        let offer = description::offer(&ice, &gear.certificate.fingerprint(), publishes);
        let mut session = Session::open(page)?;
        let (id, answer) =
            session.join(&format!("room {room}"), &format!("person {index}"), &offer, publishes)?;
        let remote: Remote = description::remote(&answer, carrier)?;
        let wire = Wire::open(remote.candidate, carrier)?;
        let dtls = Dtls::new(DtlsConfig {
            role: Role::Client,
            certificate: gear.certificate.clone(),
            remote_fingerprint: remote.fingerprint,
            provider: Arc::clone(&gear.provider),
            rtt: None,
        });
        let now = gear.clock.now();
        Ok(Person {
            index,
            id,
            session,
            wire,
            username: format!("{}:{}", remote.ice.ufrag, ice.ufrag),
            key: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, remote.ice.pwd.as_bytes()),
            ice,
            certificate: gear.certificate.clone(),
            checks: 0,
            next_check: now,
            // Not all at the same moment.
            next_arrivals: now + ARRIVALS.mul_f64(f64::from(index % 64) / 64.0),
            next_reports: now + REPORTS.mul_f64(f64::from(index % 61) / 61.0),
            dtls,
            works: false,
            keys: None,
            receiver: Receiver::default(),
            publisher: publishes.then(|| Publisher::new(index)),
            scratch: Vec::with_capacity(2_048),
            unsent: 0,
            strange: 0,
            nacked: 0,
        })
    }

    pub(super) fn is_connected(&self) -> bool {
        self.keys.is_some()
    }

    /// Takes an offer of the server's.
    pub(super) fn answer(&mut self, offer: &str) -> Result<(), LoadError> {
        let answer = description::answer(offer, &self.ice, &self.certificate.fingerprint())?;
        self.session.answer(&answer)
    }

    /// Reads all that has come, and says how late each was taken at most: `taken` gets the moment of each.
    pub(super) fn read(&mut self, clock: &Clock, buffer: &mut [u8], mut taken: impl FnMut(Time)) {
        loop {
            match self.wire.receive(buffer) {
                Ok(len) => {
                    let now = clock.now();
                    taken(now);
                    self.datagram(now, &mut buffer[..len]);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    self.strange += 1;
                    break;
                }
                // What was sent found nobody there: the server has gone.
                Err(_) => self.strange += 1,
            }
        }
    }

    fn datagram(&mut self, now: Time, datagram: &mut [u8]) {
        let taken = match classify(datagram) {
            Some(Protocol::Rtp) => self.rtp(now, datagram),
            Some(Protocol::Rtcp) => self.rtcp(now, datagram),
            Some(Protocol::Stun) => self.stun(now, datagram),
            Some(Protocol::Dtls) => {
                let handled = self.dtls.handle(now, datagram).is_ok();
                self.drain_dtls();
                handled
            }
            None => false,
        };
        self.strange += u64::from(!taken);
    }

    fn rtp(&mut self, now: Time, packet: &mut [u8]) -> bool {
        let Some(keys) = &mut self.keys else { return false };
        let Ok(plain) = keys.inbound.unprotect_rtp(packet) else { return false };
        let packet = &packet[..plain.len];
        let Ok(header) = RtpHeader::parse(packet) else { return false };
        self.receiver.note(now, &header, packet, TRANSPORT_CC);
        true
    }

    fn rtcp(&mut self, now: Time, compound: &mut [u8]) -> bool {
        let Some(keys) = &mut self.keys else { return false };
        let Ok(len) = keys.inbound.unprotect_rtcp(compound) else { return false };
        let Ok(packets) = rtcp::packets(&compound[..len]) else { return false };
        for packet in packets {
            match (packet, &mut self.publisher) {
                (Packet::Pli(_) | Packet::Fir(_), Some(publisher)) => publisher.key_wanted = true,
                (Packet::Nack(_), _) => self.nacked += 1,
                (Packet::SenderReport(report), _) => {
                    self.receiver.note_sender_report(now, report.info.ssrc, report.info.ntp);
                }
                _ => {}
            }
        }
        true
    }

    fn stun(&mut self, now: Time, datagram: &[u8]) -> bool {
        let Ok(message) = Message::parse(datagram) else { return false };
        if message.message_type() != message_type::BINDING_SUCCESS || !message.has_valid_integrity(&self.key)
        {
            return false;
        }
        if !std::mem::replace(&mut self.works, true) {
            self.next_check = now + KEEP_ALIVE;
            // Refused only if it had begun already.
            let _ = self.dtls.start(now);
            self.drain_dtls();
        }
        true
    }

    fn drain_dtls(&mut self) {
        while let Some(datagram) = self.dtls.poll_transmit() {
            self.unsent += u64::from(self.wire.send(&datagram).is_err());
        }
        while let Some(event) = self.dtls.poll_event() {
            match event {
                DtlsEvent::Connected(material) => self.install(&material),
                DtlsEvent::ApplicationData(_) => {}
                DtlsEvent::Closed | DtlsEvent::Failed(_) => self.keys = None,
            }
        }
    }

    fn install(&mut self, material: &KeyingMaterial) {
        let profile = Profile::from_id(material.profile.wire()).expect("both rooms know the same profiles");
        let master = |(key, salt)| MasterKey::new(profile, key, salt).expect("as long as the profile wants");
        self.keys = Some(Keys {
            inbound: Inbound::new(&master(material.server()), Transform::Cipher, 2_000),
            outbound: Outbound::new(&master(material.client()), Transform::Cipher),
        });
    }

    /// Does what is due of checks, handshake and reports.
    pub(super) fn timeout(&mut self, now: Time) {
        if self.next_check <= now {
            self.checks += 1;
            let mut transaction = [0; 12];
            transaction[..2].copy_from_slice(&self.index.to_be_bytes());
            transaction[4..].copy_from_slice(&self.checks.to_be_bytes());
            write_check(&mut self.scratch, &transaction, &self.username, &self.key);
            self.unsent += u64::from(self.wire.send(&self.scratch).is_err());
            self.next_check = now + if self.works { KEEP_ALIVE } else { CHECK };
        }
        if self.dtls.deadline().is_some_and(|at| at <= now) {
            self.dtls.handle_timeout(now);
            self.drain_dtls();
        }
        let reporter = u32::from(self.index) + 1;
        if self.next_arrivals <= now {
            self.next_arrivals = now + ARRIVALS;
            loop {
                self.scratch.clear();
                if !self.receiver.write_arrivals(&mut self.scratch, reporter) {
                    break;
                }
                self.send_rtcp();
            }
        }
        if self.next_reports <= now {
            self.next_reports = now + REPORTS;
            self.scratch.clear();
            if let Some(publisher) = &self.publisher {
                publisher.write_reports(&mut self.scratch, now);
            }
            self.receiver.write_reports(&mut self.scratch, reporter, now);
            self.send_rtcp();
        }
    }

    fn send_rtcp(&mut self) {
        let Some(keys) = &mut self.keys else { return };
        if !self.scratch.is_empty() && keys.outbound.protect_rtcp(&mut self.scratch).is_ok() {
            self.unsent += u64::from(self.wire.send(&self.scratch).is_err());
        }
    }

    /// Sends a frame or a packet of sound.
    pub(super) fn publish(&mut self, clock: &Clock, video: bool) {
        let Person { publisher: Some(publisher), keys: Some(keys), wire, unsent, .. } = self else {
            return;
        };
        let mut send = |packet: &[u8]| *unsent += u64::from(wire.send(packet).is_err());
        if video {
            publisher.frame(&keys.outbound, || clock.now(), &mut send);
        } else {
            publisher.sound(&keys.outbound, || clock.now(), &mut send);
        }
    }
}
