//! Writing checks, as the other side of the lite agent does: for the load generator, which plays the peers.

use aws_lc_rs::hmac;
use rtc_stun::fingerprint::fingerprint_value;

use super::response::{attribute, set_length};
use super::{COOKIE, FINGERPRINT_LEN, HEADER, attribute as kind, integrity, message_type};

/// ICE-CONTROLLING (RFC 8445 section 16.1), which a lite agent has no need to read.
const ICE_CONTROLLING: u16 = 0x802a;

/// PRIORITY of a peer-reflexive candidate that such a check may make (RFC 8445 section 7.1.1).
const PEER_REFLEXIVE: u32 = (110 << 24) | (65_535 << 8) | 255;

/// Writes a check that nominates its path in place of what `out` holds. `username` is the other side's fragment, a
/// colon and one's own (RFC 8445 section 7.2.2); `key` is made of the other side's password.
pub(crate) fn write_check(out: &mut Vec<u8>, transaction: &[u8; 12], username: &str, key: &hmac::Key) {
    out.clear();
    out.extend_from_slice(&message_type::BINDING_REQUEST.to_be_bytes());
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(&COOKIE);
    out.extend_from_slice(transaction);
    attribute(out, kind::USERNAME, |out| out.extend_from_slice(username.as_bytes()));
    attribute(out, kind::PRIORITY, |out| out.extend_from_slice(&PEER_REFLEXIVE.to_be_bytes()));
    // The tie-breaker settles a conflict of roles, and a lite agent never claims ours.
    attribute(out, ICE_CONTROLLING, |out| out.extend_from_slice(&[0; 8]));
    attribute(out, kind::USE_CANDIDATE, |_| {});
    let tag = integrity(key, out);
    attribute(out, kind::MESSAGE_INTEGRITY, |out| out.extend_from_slice(tag.as_ref()));
    let len = out.len() - HEADER + FINGERPRINT_LEN;
    set_length(out, len);
    let fingerprint = fingerprint_value(out);
    attribute(out, kind::FINGERPRINT, |out| out.extend_from_slice(&fingerprint.to_be_bytes()));
}

#[cfg(test)]
mod tests {
    use super::super::{Credentials, IceLite, Message};
    use super::*;
    use crate::Time;

    #[test]
    fn a_lite_agent_takes_and_answers_it() {
        let pwd = "passwordpasswordpassword";
        let mut agent =
            IceLite::new(Credentials::new("lite", pwd).expect("proper credentials"), Some("full"));
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, pwd.as_bytes());
        let (mut check, mut response) = (Vec::new(), Vec::new());
        write_check(&mut check, &[7; 12], "lite:full", &key);
        let (from, to): (std::net::SocketAddr, _) =
            ("192.0.2.1:7".parse().expect("an address"), "192.0.2.2:8".parse().expect("an address"));
        let answer = agent.handle(Time::ZERO, from, to, &check, &mut response).expect("it is right");
        assert!(answer.nominated.is_some_and(|path| path.remote == from.into()));
        let response = Message::parse(&response).expect("it is STUN");
        assert_eq!(response.message_type(), message_type::BINDING_SUCCESS);
        assert!(response.has_valid_integrity(&key) && response.transaction() == &[7; 12]);
    }
}
