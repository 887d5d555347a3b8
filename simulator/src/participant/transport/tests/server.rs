//! The least that a client can connect to.

use std::net::SocketAddr;

use rtc_crypto::{RTCCrypto, RTCCryptoProvider};
use rtc_stun::attributes::{ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Getter, Message};
use rtc_stun::textattrs::TextAttribute;
use rtc_stun::xoraddr::XorMappedAddress;
use sfu::Time;
use sfu::transport::dtls::{Dtls, DtlsEvent};

use super::super::srtp::Srtp;
use super::super::*;

pub(super) struct Server {
    pub(super) credentials: IceCredentials,
    pub(super) client_ufrag: String,
    pub(super) provider: Arc<dyn RTCCryptoProvider>,
    pub(super) crypto: CryptoMode,
    pub(super) dtls: Dtls,
    pub(super) nominated: Option<SocketAddr>,
    pub(super) srtp: Option<Srtp>,
    pub(super) events: Vec<DtlsEvent>,
    pub(super) checks: Vec<(Time, bool)>,
    pub(super) out: Vec<(SocketAddr, Vec<u8>)>,
}

impl Server {
    pub(super) fn handle(&mut self, now: Time, from: SocketAddr, datagram: &[u8]) {
        match datagram {
            [0..=3, ..] => self.answer_check(now, from, datagram),
            // As an SFU does: nothing but checks until a nomination.
            _ if self.nominated.is_none() => {}
            _ => {
                let _ = self.dtls.handle(now, datagram);
            }
        }
        self.collect();
    }

    pub(super) fn collect(&mut self) {
        let Some(client) = self.nominated else { return };
        while let Some(datagram) = self.dtls.poll_transmit() {
            self.out.push((client, datagram.to_vec()));
        }
        while let Some(event) = self.dtls.poll_event() {
            if let DtlsEvent::Connected(material) = &event {
                let crypto = self.provider.crypto();
                self.srtp = Srtp::new(self.crypto, self.dtls.role(), material, crypto).ok();
            }
            self.events.push(event);
        }
    }

    fn answer_check(&mut self, now: Time, from: SocketAddr, datagram: &[u8]) {
        let mut request = Message { raw: datagram.to_vec(), ..Message::default() };
        request.decode().expect("a client sends well-formed STUN");
        assert_eq!(request.typ, BINDING_REQUEST);
        let mut username = TextAttribute::new(ATTR_USERNAME, String::new());
        username.get_from(&request).expect("a check names its user");
        assert_eq!(username.text, format!("{}:{}", self.credentials.ufrag, self.client_ufrag));
        let crypto: &dyn RTCCrypto = self.provider.crypto();
        FINGERPRINT.check(&request).expect("a check has a fingerprint");
        MessageIntegrity::check(&mut request, self.credentials.pwd.as_bytes(), crypto).expect("our password");

        let nominates = request.contains(ATTR_USE_CANDIDATE);
        self.checks.push((now, nominates));
        if nominates && self.nominated.is_none() {
            self.nominated = Some(from);
            if self.dtls.role() == dtls::Role::Client {
                self.dtls.start(now).expect("every algorithm is there");
            }
        }
        let mut answer = Message::new();
        answer
            .build(&[
                Box::new(request),
                Box::new(BINDING_SUCCESS),
                Box::new(XorMappedAddress { ip: from.ip(), port: from.port() }),
                Box::new(MessageIntegrity::new_short_term_integrity_with_provider(
                    self.credentials.pwd.clone(),
                    crypto,
                )),
                Box::new(FINGERPRINT),
            ])
            .expect("an answer can be built");
        self.out.push((from, answer.raw));
    }
}
