//! The people of a tape, as far as they must be there in person: for the handshake, and to encrypt.
//!
//! A tape can't be played to another SFU byte by byte. Keys come of both ends' random numbers, of which DTLS takes a
//! part from the wall clock (RFC 5246 section 7.4.1.2), so that no two handshakes have the same keys. Hence tapes are
//! of runs without a cipher; when one is played, DTLS happens anew, each datagram of it at the moment of the tape's,
//! and all else that is on the tape is encrypted with the keys that come of it.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::BytesMut;
use indexmap::IndexMap;
use rtc_crypto::RTCCryptoProvider as _;
use sfu::Time;
use sfu::transport::certificate::{Certificate, Fingerprint};
use sfu::transport::dtls::{Dtls, DtlsConfig, DtlsEvent, Role};

use super::CalibrationError;
use crate::crypto::SeededProvider;
use crate::participant::transport::CryptoMode;
use crate::participant::transport::null::Null;
use crate::participant::transport::srtp::Srtp;

/// By address.
pub(super) struct People(IndexMap<SocketAddr, Person>);

struct Person {
    mode: CryptoMode,
    provider: Arc<SeededProvider>,
    dtls: Dtls,
    begun: bool,
    waiting: VecDeque<BytesMut>,
    keys: Option<(Srtp, Null)>,
}

impl People {
    /// Those at these addresses, with the keys of their certificates, who expect an SFU with this `fingerprint`.
    ///
    /// # Errors
    /// When there is no certificate for a key.
    pub(super) fn new(
        people: impl Iterator<Item = (SocketAddr, [u8; 32])>,
        fingerprint: Fingerprint,
        mode: CryptoMode,
    ) -> Result<Self, CalibrationError> {
        let person = |(address, key)| {
            let provider = SeededProvider::new(key);
            let certificate = Certificate::generate(&*provider).map_err(refused)?;
            let dtls = Dtls::new(DtlsConfig {
                role: Role::Client,
                certificate,
                remote_fingerprint: fingerprint,
                provider: provider.clone(),
                rtt: None,
            });
            Ok((address, Person { mode, provider, dtls, begun: false, waiting: VecDeque::new(), keys: None }))
        };
        people.map(person).collect::<Result<_, _>>().map(People)
    }

    /// What somebody sends in this run in place of what the tape has.
    ///
    /// # Errors
    /// When the tape has something that this run has no counterpart for.
    pub(super) fn in_place_of(
        &mut self,
        now: Time,
        from: SocketAddr,
        mut taped: Vec<u8>,
    ) -> Result<Vec<u8>, CalibrationError> {
        let person = self.0.get_mut(&from).ok_or(CalibrationError::Tape("a stranger"))?;
        // RFC 7983 section 7; RTCP by its packet type, RFC 5761 section 4.
        match taped.as_slice() {
            [20..=63, ..] => person.handshake(now),
            [128..=191, second, ..] => {
                let (srtp, null) = person.keys.as_mut().ok_or(CalibrationError::Tape("media before keys"))?;
                let is_rtcp = (192..=223).contains(second);
                let clear = if is_rtcp { null.unprotect_rtcp(&taped) } else { null.unprotect_rtp(&taped) };
                taped.truncate(clear.map_err(refused)?);
                let sealed =
                    if is_rtcp { srtp.protect_rtcp(&mut taped) } else { srtp.protect_rtp(&mut taped) };
                sealed.map_err(refused)?;
                Ok(taped)
            }
            _ => Ok(taped),
        }
    }

    /// Hands DTLS to whom it is for.
    pub(super) fn take(&mut self, now: Time, to: SocketAddr, datagram: &[u8]) {
        if let (Some(person), [20..=63, ..]) = (self.0.get_mut(&to), datagram) {
            // What is of no use to a handshake shows when it doesn't come about.
            let _ = person.dtls.handle(now, datagram);
            person.collect();
        }
    }
}

impl Person {
    fn handshake(&mut self, now: Time) -> Result<Vec<u8>, CalibrationError> {
        if !std::mem::replace(&mut self.begun, true) {
            self.dtls.start(now).map_err(refused)?;
            self.collect();
        }
        let next = self.waiting.pop_front().ok_or(CalibrationError::Tape("another handshake"))?;
        Ok(next.to_vec())
    }

    fn collect(&mut self) {
        while let Some(datagram) = self.dtls.poll_transmit() {
            self.waiting.push_back(datagram);
        }
        while let Some(event) = self.dtls.poll_event() {
            if let DtlsEvent::Connected(material) = event {
                let srtp = Srtp::new(self.mode, Role::Client, &material, self.provider.crypto());
                self.keys = srtp.ok().map(|srtp| (srtp, Null::new(material.profile)));
            }
        }
    }
}

fn refused(error: impl std::fmt::Display) -> CalibrationError {
    CalibrationError::Refused(error.to_string())
}
