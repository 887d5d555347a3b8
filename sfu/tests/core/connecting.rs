//! Joining, connectivity, handshake, and the ends of a transport.

use std::time::Duration;

use sfu::signalling::IceCredentials;
use sfu::sink::DisconnectReason;
use sfu::transport::{Carrier, Remote};
use sfu::{Command, DropReason, Event, Sink, Transmit};

use crate::common::call::{Call, config, peer_address};
use crate::common::media::{camera, microphone};
use crate::common::stun;

#[test]
fn a_peer_joins_is_nominated_and_connects_in_that_order() {
    let mut call = Call::new(config());
    let index = call.join(vec![camera(), microphone()]);
    assert!(call.take_events().is_empty());
    call.connect(index);
    let participant = call.peers[index].id;
    let events = call.take_events();
    assert!(
        matches!(events[0], Event::Nominated { participant: who, address }
        if who == participant && address == peer_address(index)),
        "{events:?}"
    );
    assert_eq!(events[1], Event::Connected { participant });
    assert!(matches!(events[2..], [Event::Estimate { .. }]), "{events:?}");
    assert_eq!(call.peers[index].answers, 1);
    assert_eq!(call.sfu.drops().total(), 0);
}

#[test]
fn leaving_says_goodbye_and_leaves_nothing_behind() {
    let mut call = Call::connected(config(), 3);
    let wishes = [call.wish(0, "cam"), call.wish(1, "mic")];
    call.subscribe(2, &wishes).unwrap();
    call.take_events();
    for index in 0..3 {
        let participant = call.peers[index].id;
        call.turn(|turn| turn.command(Command::Leave { participant })).unwrap();
        let gone = Event::Disconnected { participant, reason: DisconnectReason::Left };
        assert!(call.take_events().contains(&gone));
        assert!(call.peers[index].closed, "a close alert tells peer {index}");
        let again = call.turn(|turn| turn.command(Command::Leave { participant }));
        assert_eq!(again.unwrap_err().code(), "no_such_participant");
    }
    let census = call.sfu.census();
    assert_eq!(census, Default::default());
    assert_eq!(call.sfu.deadline(), sfu::Time::NEVER);
}

#[test]
fn silence_withdraws_consent_and_the_participant_goes() {
    let mut call = Call::connected(config(), 2);
    call.take_events();
    call.peers[1].alive = false;
    call.run(Duration::from_secs(29));
    assert_eq!(call.sfu.participant_count(), 2);
    call.run(Duration::from_secs(2));
    assert_eq!(call.sfu.participant_count(), 1);
    let gone =
        Event::Disconnected { participant: call.peers[1].id, reason: DisconnectReason::ConsentExpired };
    assert!(call.take_events().contains(&gone));
    assert_eq!(call.sfu.census().addresses, 1);
    assert_eq!(call.input_of(1, vec![0x80; 40]), Err(DropReason::UnknownAddress));
}

#[test]
fn who_never_connects_is_removed() {
    let mut call = Call::new(config());
    let index = call.join(Vec::new());
    call.peers[index].alive = false;
    call.run(Duration::from_secs(29));
    assert_eq!(call.sfu.participant_count(), 1);
    assert!(call.wakes == 0, "nothing to do until then, but woke {} times", call.wakes);
    call.run(Duration::from_secs(2));
    let participant = call.peers[index].id;
    let gone = Event::Disconnected { participant, reason: DisconnectReason::SetupTimedOut };
    assert_eq!(call.take_events(), [gone]);
    assert_eq!(call.sfu.census(), Default::default());
}

#[test]
fn media_follows_a_nominated_move_and_never_a_stranger() {
    let mut call = Call::connected(config(), 2);
    call.take_events();
    let (old, new) = (call.peers[0].address, "203.0.113.9:4242".parse().unwrap());
    let mut microphone = crate::common::media::Microphone::new(0);
    let wish = call.wish(0, "mic");
    call.subscribe(1, &[wish]).unwrap();
    // Media from an address that no check came from goes nowhere, however authentic.
    let packet = call.peers[0].rtp(&microphone.packet(60));
    assert_eq!(call.input(new, packet), Err(DropReason::UnknownAddress));
    // A check without USE-CANDIDATE opens the address for media from there, but doesn't move the path.
    let check = call.peers[0].check(call.now, false);
    call.input(new, check).unwrap();
    assert_eq!(call.strays.len(), 1, "the answer goes to where the check came from");
    assert!(call.take_events().is_empty());
    let packet = call.peers[0].rtp(&microphone.packet(60));
    call.input(new, packet).unwrap();
    // Nominated, it takes everything.
    let check = call.peers[0].check(call.now, true);
    call.peers[0].address = new;
    call.input(new, check).unwrap();
    let participant = call.peers[0].id;
    assert_eq!(call.take_events(), [Event::Nominated { participant, address: new }]);
    call.send(0, &microphone.packet(60)).unwrap();
    let packet = call.peers[0].rtp(&microphone.packet(60));
    call.input(old, packet).expect("packets under way on the old path are still welcome");
    assert_eq!(call.peers[1].of(sfu::PacketClass::Audio).count(), 3);
    call.strays.clear();
    call.run(Duration::from_secs(40));
    assert!(call.strays.is_empty(), "nothing goes to the old address any more");
    assert_eq!(call.sfu.participant_count(), 2);
}

#[test]
fn a_restart_of_ice_moves_the_path_and_voids_the_old_credentials() {
    let mut call = Call::connected(config(), 2);
    let participant = call.peers[0].id;
    let remote = |ufrag: &str| IceCredentials { ufrag: ufrag.into(), pwd: "a-password-of-22-bytes".into() };
    let short =
        call.turn(|turn| turn.restart_ice(participant, &remote("x"))).expect_err("RFC 8445: 4 at least");
    assert_eq!(short.code(), "invalid");
    let given_up = call.turn(|turn| turn.restart_ice(participant, &remote("first"))).expect("it is there");
    let own = call.turn(|turn| turn.restart_ice(participant, &remote("second"))).expect("it is there");
    assert_eq!(call.sfu.census().ufrags, 3, "two of this one, and the other's");
    let new = "203.0.113.9:4242".parse().expect("an address");
    let check = |of: &IceCredentials, remote: &str, n: u64| {
        stun::check(&format!("{}:{remote}", of.ufrag), &of.pwd, 1_000 + n, true)
    };
    assert_eq!(call.input(new, check(&given_up, "first", 1)), Err(DropReason::UnknownUfrag));
    assert_eq!(call.input(new, check(&own, "first", 2)), Err(DropReason::UnknownUfrag), "another's");
    let old = call.peers[0].check(call.now, true);
    call.input_of(0, old).expect("the old ones hold until the new ones are used");
    call.input(new, check(&own, "second", 3)).expect("a proper check");
    assert_eq!(call.sfu.census().ufrags, 2);
    let old = call.peers[0].check(call.now, true);
    assert_eq!(call.input_of(0, old), Err(DropReason::UnknownUfrag));
    assert!(call.take_events().contains(&Event::Nominated { participant, address: new }));
    // Keys outlive it: media goes on without another handshake.
    let wish = call.wish(0, "mic");
    call.subscribe(1, &[wish]).unwrap();
    call.peers[0].address = new;
    call.send(0, &crate::common::media::Microphone::new(0).packet(60)).unwrap();
    assert_eq!(call.peers[1].of(sfu::PacketClass::Audio).count(), 1);
    call.turn(|turn| turn.restart_ice(participant, &remote("third"))).expect("once more");
    call.turn(|turn| turn.command(Command::Leave { participant })).expect("it is there");
    assert_eq!(call.sfu.census().ufrags, 1);
    let gone = call.turn(|turn| turn.restart_ice(participant, &remote("late"))).expect_err("it has left");
    assert_eq!(gone.code(), "no_such_participant");
}

#[test]
fn an_address_with_media_is_not_taken_over_and_a_claimed_one_can_be_won_back() {
    let mut call = Call::connected(config(), 2);
    let victim = call.peers[0].address;
    let theft = call.peers[1].check(call.now, true);
    assert_eq!(call.input(victim, theft), Err(DropReason::UnexpectedStun));
    // Both claim a third address; who nominates it last before the other has its media.
    let third = "203.0.113.9:4242".parse().unwrap();
    for (index, nominate) in [(0, false), (1, false), (0, true)] {
        let check = call.peers[index].check(call.now, nominate);
        call.input(third, check).unwrap();
    }
    let packet = call.peers[0].rtp(&crate::common::media::Microphone::new(0).packet(50));
    call.peers[0].address = third;
    call.input_of(0, packet).expect("routed to the participant that nominated the address");
}

#[test]
fn what_is_not_a_call_is_dropped_under_its_reason() {
    use DropReason::*;
    let mut call = Call::connected(config(), 2);
    let waiting = call.join(Vec::new());
    call.peers[waiting].alive = false;
    let (known, stranger) = (call.peers[0].address, "203.0.113.66:1".parse().unwrap());
    let good = call.peers[0].rtp(&crate::common::media::Microphone::new(0).packet(50));
    let good_rtcp = call.peers[0].rtcp(&[0x80, 201, 0, 1, 0, 0, 0, 1]);
    let altered = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        *bytes.last_mut().unwrap() ^= 1;
        bytes
    };
    let ufrag = call.peers[0].joined.ufrag.clone();
    let name = format!("{ufrag}:peer");
    let check = |password: &str| stun::check(&name, password, 900, false);
    let pwd = call.peers[0].joined.pwd.clone();
    let mut indication = check(&pwd);
    indication[1] = 0x11;
    let nobody = stun::check("nobody99:peer", &pwd, 901, false);
    let mut unknown = crate::common::media::Microphone::new(7).packet(50);
    unknown.mid = Some("9".into());
    let unknown = call.peers[0].rtp(&unknown);
    let mut odd = crate::common::media::Microphone::new(0).packet(50);
    (odd.payload_type, odd.sequence) = (100, 500);
    let odd = call.peers[0].rtp(&odd);
    let truncated = good[..20].to_vec();
    let rows = [
        (known, Vec::new(), NotDemultiplexed),
        (known, vec![64; 40], NotDemultiplexed),
        (stranger, good.clone(), UnknownAddress),
        (stranger, vec![22, 254, 253, 0], UnknownAddress),
        (known, vec![0, 1, 0, 0], MalformedStun),
        (known, altered(&check(&pwd)), MalformedStun),
        (known, indication, MalformedStun),
        (known, nobody, UnknownUfrag),
        (known, check("not the password at all"), StunIntegrity),
        (known, vec![22, 254, 253, 0], MalformedDtls),
        (known, altered(&good), SrtpAuthentication),
        (known, truncated, MalformedRtp),
        (known, altered(&good_rtcp), SrtpAuthentication),
        (known, good_rtcp[..10].to_vec(), MalformedRtcp),
        (known, unknown, UnknownStream),
    ];
    for (row, (from, datagram, reason)) in rows.into_iter().enumerate() {
        let before = call.sfu.drops().of(reason);
        assert_eq!(call.input(from, datagram), Err(reason), "row {row}");
        assert_eq!(call.sfu.drops().of(reason), before + 1, "row {row}");
        assert_eq!(call.sfu.drops().total(), row as u64 + 1);
    }
    call.input_of(0, good.clone()).unwrap();
    assert_eq!(call.input_of(0, good), Err(SrtpReplay));
    call.input_of(0, good_rtcp.clone()).unwrap();
    assert_eq!(call.input_of(0, good_rtcp), Err(SrtpReplay));
    assert_eq!(call.input_of(0, odd), Err(UnknownPayloadType));
    // Before the handshake there are neither keys nor a path.
    let check = call.peers[waiting].check(call.now, false);
    call.input_of(waiting, check).unwrap();
    assert_eq!(call.input_of(waiting, vec![22, 254, 253, 0]), Err(UnexpectedDtls));
    assert_eq!(call.input_of(waiting, vec![0x80; 60]), Err(NoKeys));
    let census = call.sfu.census();
    assert_eq!((census.addresses, census.streams), (3, 1));
}

#[test]
fn a_wrong_certificate_ends_the_participant() {
    use rtc_crypto::providers::AwsLcRsProvider;
    let mut call = Call::new(config());
    let index = call.join(Vec::new());
    let other = sfu::transport::certificate::Certificate::generate(&AwsLcRsProvider::new()).unwrap();
    let joined = call.peers[index].joined.clone();
    let address = call.peers[index].address;
    call.peers[index] = crate::common::peer::Peer::new(call.now, other, joined, address);
    let check = call.peers[index].check(call.now, true);
    call.input_of(index, check).unwrap();
    call.peers[index].dtls.start(call.now).unwrap();
    call.run(Duration::from_secs(1));
    let participant = call.peers[index].id;
    let gone = Event::Disconnected { participant, reason: DisconnectReason::DtlsFailed };
    assert!(call.take_events().contains(&gone));
    assert_eq!(call.sfu.census(), Default::default());
}

/// What was sent, by what.
#[derive(Default)]
struct Carriers(Vec<(std::net::SocketAddr, Carrier)>);

impl Sink for Carriers {
    fn transmit(&mut self, transmit: Transmit<'_>) {
        self.0.push((transmit.to, transmit.carrier));
    }

    fn event(&mut self, _event: Event) {}
}

#[test]
fn an_address_over_tcp_is_another_than_over_udp() {
    let mut call = Call::connected(config(), 2);
    let (victim, now) = (call.peers[0].address, call.now);
    // The same address and port, but not the same peer: it takes over nothing.
    let mut sent = Carriers::default();
    let mut check = call.peers[1].check(now, true);
    call.sfu.turn(now, &mut sent).datagram(Remote::tcp(victim), &mut check).expect("it is its own");
    assert_eq!(sent.0, [(victim, Carrier::Tcp)]);
    let mut microphone = crate::common::media::Microphone::new(0);
    let packet = call.peers[0].rtp(&microphone.packet(50));
    call.input_of(0, packet).expect("over UDP the address is whose it was");
    let mut packet = call.peers[0].rtp(&microphone.packet(50));
    let over_tcp = call.sfu.turn(now, &mut sent).datagram(Remote::tcp(victim), &mut packet);
    assert_eq!(over_tcp, Err(DropReason::SrtpAuthentication), "there it is the other's, with other keys");
    // What the one who moved to TCP receives goes there.
    let wish = call.wish(0, "mic");
    let id = call.peers[1].id;
    let mut sent = Carriers::default();
    call.sfu.turn(now, &mut sent).subscribe(id, &[wish]).expect("it is there");
    let mut packet = call.peers[0].rtp(&microphone.packet(50));
    call.sfu.turn(now, &mut sent).datagram(victim, &mut packet).expect("it is authentic");
    assert!(sent.0.contains(&(victim, Carrier::Tcp)), "{:?}", sent.0);
    assert!(!sent.0.iter().any(|(to, _)| *to == call.peers[1].address));
}
