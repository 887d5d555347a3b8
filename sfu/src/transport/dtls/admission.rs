//! Which records may reach the library.
//!
//! rtc-dtls keeps handshake fragments and early encrypted records without a limit that would hold (its 2 MB
//! count payload only, so that empty fragments are free; its queue for the next epoch has none), joins
//! fragments by recursion, answers any handshake record after the handshake, and ends a handshake over
//! an undecodable plaintext record. It also stops its retransmission timer at *every* handshake record, also at a
//! repeat of an old flight: when the answer to that flight was lost, both ends then wait for ever. Each
//! rule below closes one of these.

use super::record::{
    ALERT, ALERT_CLOSE_NOTIFY, ALERT_FATAL, APPLICATION_DATA, CHANGE_CIPHER_SPEC, CLIENT_HELLO, HANDSHAKE,
    HELLO_VERIFY_REQUEST, Record, SERVER_HELLO, records,
};
use super::{DtlsError, Role};

/// A handshake takes about 3 KiB from either side; with RSA chains and a dozen repeats it stays below this.
const MAX_HANDSHAKE_BYTES: usize = 64 * 1024;
/// About ten records make a flight. This also bounds the library's recursion over fragments.
const MAX_HANDSHAKE_RECORDS: usize = 512;
/// The library allocates what a message says that it is long; a certificate chain has a few KiB.
const MAX_MESSAGE_LENGTH: usize = 16 * 1024;

/// How far the handshake has gone, seen from the records of either side.
#[derive(Debug)]
pub(super) struct Admission {
    role: Role,
    connected: bool,
    /// The server has sent its ServerHello, or the client its ChangeCipherSpec: the peer's plaintext
    /// records up to here are repeats.
    past_hello: bool,
    /// The client has had its HelloVerifyRequest.
    verified: bool,
    bytes: usize,
    records: usize,
}

impl Admission {
    pub(super) fn new(role: Role) -> Self {
        Admission { role, connected: false, past_hello: false, verified: false, bytes: 0, records: 0 }
    }

    /// From now on only authenticated records count.
    pub(super) fn set_connected(&mut self) {
        self.connected = true;
    }

    /// Notes what this side sends.
    pub(super) fn sent(&mut self, datagram: &[u8]) {
        for record in records(datagram).map_while(Result::ok) {
            let hello = record.handshake_header().is_some_and(|header| header.message_type == SERVER_HELLO);
            self.past_hello |= match self.role {
                Role::Server => hello,
                Role::Client => record.content_type == CHANGE_CIPHER_SPEC,
            };
        }
    }

    /// Whether `record` may pass.
    ///
    /// # Errors
    /// `Ignored` for a repeat and for what nobody authenticated, `Flood` once the budget is spent.
    pub(super) fn admit(&mut self, record: &Record<'_>) -> Result<(), DtlsError> {
        let welcome = if self.connected { self.is_live(record) } else { self.belongs_to_handshake(record) };
        if !welcome {
            return Err(DtlsError::Ignored);
        }
        if !self.connected || record.content_type == HANDSHAKE {
            if self.bytes + record.bytes.len() > MAX_HANDSHAKE_BYTES || self.records >= MAX_HANDSHAKE_RECORDS
            {
                return Err(DtlsError::Flood);
            }
            self.bytes += record.bytes.len();
            self.records += 1;
        }
        Ok(())
    }

    /// After the handshake: what is encrypted. The server answers a repeat of the client's last flight with
    /// its own (RFC 6347 section 4.2.4), for which the encrypted Finished is enough; a client never
    /// answers, or the two would answer each other's answers.
    fn is_live(&self, record: &Record<'_>) -> bool {
        record.epoch == 1
            && match record.content_type {
                ALERT | APPLICATION_DATA => true,
                HANDSHAKE => self.role == Role::Server,
                _ => false,
            }
    }

    fn belongs_to_handshake(&mut self, record: &Record<'_>) -> bool {
        match (record.epoch, record.content_type) {
            (0, HANDSHAKE) => self.is_new_message(record),
            (0, CHANGE_CIPHER_SPEC) => record.body == [1],
            // A plaintext warning decides nothing and would end the handshake.
            (0, ALERT) => match record.body {
                [level, description] => *level == ALERT_FATAL || *description == ALERT_CLOSE_NOTIFY,
                _ => false,
            },
            (1, HANDSHAKE | ALERT | APPLICATION_DATA) => true,
            _ => false,
        }
    }

    fn is_new_message(&mut self, record: &Record<'_>) -> bool {
        let Some(header) = record.handshake_header() else { return false };
        if header.length > MAX_MESSAGE_LENGTH
            || header.fragment_offset + header.fragment_length > header.length
        {
            return false;
        }
        match (self.role, header.message_type) {
            (Role::Server, CLIENT_HELLO) => !self.past_hello,
            (Role::Server, _) => true,
            (Role::Client, HELLO_VERIFY_REQUEST) => {
                !self.past_hello && !std::mem::replace(&mut self.verified, true)
            }
            (Role::Client, _) => !self.past_hello,
        }
    }
}
