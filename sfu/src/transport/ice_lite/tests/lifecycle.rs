use std::time::Duration;

use super::super::{
    Answer, Credentials, IceLite, Message, Path, attribute, decode_xor_address, message_type,
};
use super::{Check, PASSWORD, address, agent};
use crate::{DropReason, Time};

const OURS: &str = "198.51.100.1:443";
const HOME: &str = "192.0.2.7:5000";
const MOBILE: &str = "[2001:db8::7]:6000";

struct Bench {
    agent: IceLite,
    now: Time,
    response: Vec<u8>,
}

impl Bench {
    fn new() -> Self {
        Bench { agent: agent(), now: Time::from_secs(1), response: Vec::new() }
    }

    fn check(&mut self, from: &str, check: &Check) -> Result<Answer, DropReason> {
        self.send(from, &check.bytes())
    }

    fn send(&mut self, from: &str, datagram: &[u8]) -> Result<Answer, DropReason> {
        self.response.clear();
        let result = self.agent.handle(self.now, address(from), address(OURS), datagram, &mut self.response);
        match result {
            Ok(_) => assert!((1..=datagram.len()).contains(&self.response.len()), "no amplification"),
            Err(_) => assert!(self.response.is_empty(), "a dropped check gets no answer"),
        }
        result
    }

    fn remote(&self) -> Option<String> {
        self.agent.path().map(|path| path.remote.to_string())
    }
}

fn key() -> aws_lc_rs::hmac::Key {
    aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, PASSWORD.as_bytes())
}

#[test]
fn a_check_is_answered_with_the_address_it_came_from() {
    for from in [HOME, MOBILE] {
        let mut bench = Bench::new();
        let answer = bench.check(from, &Check::new(1)).unwrap();
        assert_eq!(answer, Answer { is_new_address: true, ..Answer::default() });
        let response = Message::parse(&bench.response).unwrap();
        assert_eq!(response.message_type(), message_type::BINDING_SUCCESS);
        assert_eq!(response.transaction(), &[1; 12]);
        assert!(response.has_valid_fingerprint() && response.has_valid_integrity(&key()));
        let mapped = response.attribute(attribute::XOR_MAPPED_ADDRESS).unwrap();
        assert_eq!(decode_xor_address(mapped, response.transaction()), Ok(address(from)));
        assert_eq!(bench.agent.path(), None, "nothing is nominated yet");
    }
}

#[test]
fn the_latest_nomination_wins() {
    let mut bench = Bench::new();
    let home = Path { remote: address(HOME).into(), local: address(OURS) };
    let answer = bench.check(HOME, &Check::nominating(1)).unwrap();
    assert_eq!(answer.nominated, Some(home));
    assert_eq!(bench.check(HOME, &Check::nominating(2)).unwrap().nominated, None, "nothing new");
    bench.check(MOBILE, &Check::new(3)).unwrap();
    assert_eq!(bench.remote().unwrap(), HOME, "a check alone doesn't move media");
    let answer = bench.check(MOBILE, &Check::nominating(4)).unwrap();
    assert_eq!(answer.nominated.map(|path| path.remote), Some(address(MOBILE).into()));
    assert!(bench.agent.is_proven(address(HOME)), "what is under way from there is still welcome");
    bench.check(HOME, &Check::nominating(5)).unwrap();
    assert_eq!(bench.remote().unwrap(), HOME);
}

#[test]
fn forged_checks_move_nothing() {
    let mut bench = Bench::new();
    bench.check(HOME, &Check::nominating(1)).unwrap();
    let check = || Check::nominating(2);
    let mut no_fingerprint = check().bytes();
    no_fingerprint.truncate(no_fingerprint.len() - 8);
    let len = (no_fingerprint.len() - 20) as u16;
    no_fingerprint[2..4].copy_from_slice(&len.to_be_bytes());
    let rows = [
        (check_with(|c| c.password = "wrongpasswordwrongpass"), DropReason::StunIntegrity),
        (check_with(|c| c.username = "ours:somebody"), DropReason::UnknownUfrag),
        (check_with(|c| c.username = "else:peer"), DropReason::UnknownUfrag),
        (check_with(|c| c.username = "ours"), DropReason::UnknownUfrag),
        (check_with(|c| c.kind = message_type::BINDING_SUCCESS), DropReason::UnexpectedStun),
        (check_with(|c| c.kind = message_type::BINDING_INDICATION), DropReason::UnexpectedStun),
        (check_with(|c| c.kind = 0x0003), DropReason::UnexpectedStun),
        (no_fingerprint, DropReason::MalformedStun),
    ];
    for (datagram, reason) in rows {
        assert_eq!(bench.send(MOBILE, &datagram), Err(reason));
        assert!(bench.response.is_empty() && !bench.agent.is_proven(address(MOBILE)));
        assert_eq!(bench.remote().unwrap(), HOME);
    }
}

fn check_with(change: impl FnOnce(&mut Check)) -> Vec<u8> {
    let mut check = Check::nominating(2);
    change(&mut check);
    check.bytes()
}

#[test]
fn a_replayed_check_neither_moves_media_nor_prolongs_consent() {
    let mut bench = Bench::new();
    let recorded = Check::nominating(1);
    bench.check(HOME, &recorded).unwrap();
    let deadline = bench.agent.deadline();
    bench.now += Duration::from_secs(5);
    assert_eq!(bench.check(MOBILE, &recorded), Err(DropReason::StunReplay));
    assert!(bench.response.is_empty());
    assert_eq!(bench.check(HOME, &recorded), Ok(Answer::default()), "a retransmission is answered");
    assert_eq!((bench.remote().unwrap().as_str(), bench.agent.deadline()), (HOME, deadline));
}

#[test]
fn consent_expires_after_30_s_without_a_check() {
    let mut bench = Bench::new();
    assert_eq!(bench.agent.deadline(), None);
    bench.check(HOME, &Check::nominating(1)).unwrap();
    bench.now += Duration::from_secs(20);
    bench.check(MOBILE, &Check::new(2)).unwrap();
    assert_eq!(bench.agent.deadline(), Some(Time::from_secs(31)), "a check on another path proves nothing");
    bench.check(HOME, &Check::new(3)).unwrap();
    assert_eq!(bench.agent.deadline(), Some(Time::from_secs(51)));
    assert!(!bench.agent.handle_timeout(Time::from_nanos(50_999_999_999)));
    assert!(bench.agent.handle_timeout(Time::from_secs(51)));
    assert!(!bench.agent.handle_timeout(Time::from_secs(51)), "said once");
    assert_eq!((bench.agent.path(), bench.agent.deadline()), (None, None));
    bench.now = Time::from_secs(60);
    assert!(bench.check(HOME, &Check::nominating(4)).unwrap().nominated.is_some(), "the peer is back");
}

#[test]
fn error_responses_are_authenticated_and_change_nothing() {
    let rows: [(u16, &[u8], &[u8]); 2] =
        [(attribute::ICE_CONTROLLED, &[1; 8], &[0, 0, 4, 87]), (0x7abc, &[], &[0, 0, 4, 20])];
    for (kind, value, code) in rows {
        let mut bench = Bench::new();
        let mut check = Check::nominating(1);
        check.extra.push((kind, value.to_vec()));
        assert_eq!(bench.check(HOME, &check), Ok(Answer::default()));
        let response = Message::parse(&bench.response).unwrap();
        assert_eq!(response.message_type(), message_type::BINDING_ERROR);
        assert!(response.has_valid_fingerprint() && response.has_valid_integrity(&key()));
        assert_eq!(&response.attribute(attribute::ERROR_CODE).unwrap()[..4], code);
        let unknown = response.attribute(attribute::UNKNOWN_ATTRIBUTES);
        assert_eq!(unknown, (kind == 0x7abc).then_some([0x7a, 0xbc].as_slice()));
        assert!(bench.agent.path().is_none() && !bench.agent.is_proven(address(HOME)));
    }
}

#[test]
fn a_restart_takes_over_at_its_first_nomination() {
    let mut bench = Bench::new();
    bench.check(HOME, &Check::nominating(1)).unwrap();
    bench.agent.restart(Credentials::new("newer", "newerpasswordnewerpassword").unwrap(), None);
    bench.agent.set_remote_ufrag("again");
    assert_eq!(bench.agent.local_ufrags().collect::<Vec<_>>(), ["ours", "newer"]);
    let new = |transaction, nominates| Check {
        username: "newer:again",
        password: "newerpasswordnewerpassword",
        nominates,
        ..Check::new(transaction)
    };
    assert!(!bench.check(MOBILE, &new(2, false)).unwrap().restarted);
    assert!(bench.check(HOME, &Check::new(3)).is_ok(), "the old credentials still work");
    assert_eq!(bench.remote().unwrap(), HOME);
    let answer = bench.check(MOBILE, &new(4, true)).unwrap();
    assert!(answer.restarted && answer.nominated.is_some());
    assert_eq!(bench.check(HOME, &Check::new(5)), Err(DropReason::UnknownUfrag), "and now they don't");
    assert_eq!(bench.agent.local_ufrags().collect::<Vec<_>>(), ["newer"]);
}

#[test]
fn checks_may_overtake_the_signalling() {
    let ours = Credentials::new("ours", PASSWORD).unwrap();
    let mut bench = Bench { agent: IceLite::new(ours, None), ..Bench::new() };
    assert!(bench.check(HOME, &Check::nominating(1)).is_ok());
    bench.agent.set_remote_ufrag("another");
    assert_eq!(bench.check(HOME, &Check::nominating(2)), Err(DropReason::UnknownUfrag));
}

#[test]
fn unproven_addresses_are_rate_limited_and_bounded() {
    let mut bench = Bench::new();
    bench.check(HOME, &Check::nominating(1)).unwrap();
    let mut answered = 0;
    for port in 0..1_000u16 {
        let mut bytes = Check::new(2);
        // A transaction id of its own for each.
        bytes.transaction = (port % 251) as u8;
        let from = format!("203.0.113.9:{}", 1_000 + port);
        answered += usize::from(bench.check(&from, &bytes).is_ok());
        assert!(bench.agent.proven_addresses().count() <= 16);
    }
    assert!((90..=110).contains(&answered), "{answered} answers at one instant");
    assert!(bench.agent.is_proven(address(HOME)), "the path is never given up");
    assert!(bench.check(HOME, &Check::new(255)).is_ok(), "and not limited");
    bench.now += Duration::from_secs(1);
    assert!(bench.check("203.0.113.9:9", &Check::new(254)).is_ok());
}

#[test]
fn a_given_up_address_is_named() {
    let mut bench = Bench::new();
    for port in 1..=16u8 {
        let answer = bench.check(&format!("203.0.113.9:{port}"), &Check::new(port)).unwrap();
        assert_eq!((answer.is_new_address, answer.displaced), (true, None));
    }
    bench.check("203.0.113.9:1", &Check::new(17)).unwrap();
    let answer = bench.check("203.0.113.9:17", &Check::new(18)).unwrap();
    assert_eq!(answer.displaced, Some(address("203.0.113.9:2").into()), "the one that was silent longest");
}

#[test]
fn credentials_are_checked() {
    let rows = [("abc", PASSWORD), ("ab:d", PASSWORD), ("abcd", "short"), ("ab d", PASSWORD)];
    for (ufrag, password) in rows {
        assert!(Credentials::new(ufrag, password).is_err(), "{ufrag} {password}");
    }
    assert!(Credentials::new(&"a".repeat(257), PASSWORD).is_err());
    assert!(Credentials::new("aB+/", PASSWORD).is_ok());
}
