use std::net::SocketAddr;

use rtc_dtls::config::ConfigBuilder;
use rtc_dtls::endpoint::Endpoint;
use rtc_shared::TransportProtocol;

use super::super::*;
use super::net::{CLIENT, DELAY, Pair, SERVER, certificate, end, provider};
use crate::Time;
use crate::transport::dtls::record::{CLIENT_HELLO, HANDSHAKE, HEADER_LENGTH, records};

const LONG: Duration = Duration::from_secs(120);

#[test]
fn both_ends_get_the_same_keys_once() {
    let mut pair = Pair::new();
    pair.run(LONG, |_, _| true);

    assert_eq!(pair.keys(CLIENT), pair.keys(SERVER));
    let material = pair.keys(CLIENT);
    assert_eq!(material.profile, SrtpProfile::AeadAes128Gcm);
    assert_eq!(material.bytes.len(), 2 * (16 + 12));
    assert_ne!(material.client(), material.server());
    // Hello, verify request, hello; then two flights each way: no repeats when 2 RTT is the timer.
    assert_eq!(pair.now, Time::ZERO + 6 * DELAY);
    assert!(pair.sent.iter().all(|(_, _, datagram)| datagram.len() <= MTU));
    assert_eq!(pair.ends.each_ref().map(Dtls::deadline), [None, None]);
}

#[test]
fn keying_material_is_laid_out_as_rfc_5764_says() {
    for profile in SrtpProfile::BY_PREFERENCE {
        let bytes: Vec<u8> = (0..profile.keying_len() as u8).collect();
        let material = KeyingMaterial { profile, bytes: bytes.clone() };
        let (salt, salts) = (profile.salt_len(), 32);
        assert_eq!(material.client(), (&bytes[..16], &bytes[salts..salts + salt]));
        assert_eq!(material.server(), (&bytes[16..32], &bytes[salts + salt..]));
        assert!(!format!("{material:?}").contains("31"), "keys don't show in logs");
    }
}

#[test]
fn data_and_close_notify_pass_after_the_handshake() {
    let mut pair = Pair::new();
    assert_eq!(pair.ends[CLIENT].send(Time::ZERO, b"early"), Err(DtlsError::NotOpen));
    pair.run(LONG, |_, _| true);
    for side in [CLIENT, SERVER] {
        pair.events[side].clear();
        pair.ends[side].send(pair.now, &[side as u8; 100]).expect("the connection is open");
    }
    pair.run(LONG, |_, _| true);
    for side in [CLIENT, SERVER] {
        let [DtlsEvent::ApplicationData(data)] = &pair.events[side][..] else { panic!("{:?}", pair.events) };
        assert_eq!(data[..], [1 - side as u8; 100]);
        pair.events[side].clear();
    }

    pair.ends[CLIENT].close(pair.now);
    pair.run(LONG, |_, _| true);
    assert!(matches!(pair.events[SERVER][..], [DtlsEvent::Closed]), "{:?}", pair.events);
    assert!(pair.events[CLIENT].is_empty());
    for dtls in &mut pair.ends {
        assert_eq!(dtls.send(pair.now, b"late"), Err(DtlsError::NotOpen));
        assert_eq!(dtls.handle(pair.now, b"late"), Err(DtlsError::NotOpen));
    }
}

#[test]
fn a_wrong_fingerprint_ends_it_without_keys() {
    let (ours, theirs) = (certificate(), certificate());
    let other = certificate().fingerprint();
    for (wrong, fingerprints) in
        [(CLIENT, [other, ours.fingerprint()]), (SERVER, [theirs.fingerprint(), other])]
    {
        let mut pair = Pair::of([
            end(Role::Client, &ours, fingerprints[CLIENT]),
            end(Role::Server, &theirs, fingerprints[SERVER]),
        ]);
        pair.run(LONG, |_, _| true);
        let failure = |side: usize| match &pair.events[side][..] {
            [DtlsEvent::Failed(failure)] => failure.clone(),
            other => panic!("{wrong} {side}: {other:?}"),
        };
        assert_eq!(failure(wrong), Failure::FingerprintMismatch);
        assert_eq!(failure(1 - wrong), Failure::PeerAlert);
        assert_eq!(pair.ends.each_ref().map(Dtls::deadline), [None, None]);
    }
}

#[test]
fn a_silent_peer_is_given_up_with_doubling_pauses() {
    let mut pair = Pair::new();
    pair.run(LONG, |_, _| false);
    let hellos: Vec<u64> = pair.sent.iter().map(|(_, at, _)| at.as_millis()).collect();
    // 2 RTT = 80 ms, doubled each time up to 3 s.
    assert_eq!(hellos, [0, 80, 240, 560, 1_200, 2_480, 5_040, 8_040]);
    assert!(matches!(pair.events[CLIENT][..], [DtlsEvent::Failed(Failure::Timeout)]));
    assert_eq!(pair.now.as_millis(), 11_040);
}

/// A client that lists counter mode first, as browsers do, and cuts its hello into pieces.
#[test]
fn a_server_takes_gcm_whatever_the_order_of_the_offer() {
    const SERVER_ADDRESS: SocketAddr =
        SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9);
    let rows = [
        (vec![0x0001, 0x0007], Some(SrtpProfile::AeadAes128Gcm)),
        (vec![0x0007, 0x0001], Some(SrtpProfile::AeadAes128Gcm)),
        (vec![0x0008, 0x0001], Some(SrtpProfile::AesCm128HmacSha1_80)),
        (vec![0x0008], None),
        (vec![], None),
    ];
    for (offer, expected) in rows {
        let (ours, theirs) = (certificate(), certificate());
        let mut server = end(Role::Server, &ours, theirs.fingerprint());
        let config = ConfigBuilder::default()
            .with_crypto_provider(provider())
            .with_certificates(vec![theirs.to_rtc()])
            .with_srtp_protection_profiles(offer.iter().map(|profile: &u16| (*profile).into()).collect())
            .with_insecure_skip_verify(true)
            .build(true, Some(SERVER_ADDRESS))
            .expect("a valid client");
        let mut client = Endpoint::new(SERVER_ADDRESS, TransportProtocol::UDP, None);
        let now = opaque_instant(Time::ZERO);
        client.connect(now, SERVER_ADDRESS, Arc::new(config), None).expect("a first hello");

        let mut events = Vec::new();
        for _ in 0..4 {
            while let Some(transmit) = client.poll_transmit() {
                for piece in cut_hello(&transmit.message, 50) {
                    let _ = server.handle(Time::ZERO, &piece);
                }
            }
            while let Some(datagram) = server.poll_transmit() {
                let _ = client.read(now, SERVER_ADDRESS, None, datagram);
            }
            events.extend(std::iter::from_fn(|| server.poll_event()));
        }
        match (&events[..], expected) {
            ([DtlsEvent::Connected(material)], Some(profile)) => assert_eq!(material.profile, profile),
            ([DtlsEvent::Failed(Failure::NoSrtpProfile)], None) => {}
            other => panic!("{offer:?}: {other:?}"),
        }
    }
}

/// A datagram with the first ClientHello as datagrams with fragments of at most `size` bytes; others as they are.
fn cut_hello(datagram: &[u8], size: usize) -> Vec<Vec<u8>> {
    let first = records(datagram).next().expect("not empty").expect("well-formed");
    let header = first.handshake_header();
    let Some(header) = header.filter(|header| header.message_type == CLIENT_HELLO && header.sequence == 0)
    else {
        return vec![datagram.to_vec()];
    };
    let body = &first.body[12..];
    let pieces = body.chunks(size).enumerate().map(|(index, chunk)| {
        let mut piece = first.bytes[..HEADER_LENGTH].to_vec();
        piece[11..13].copy_from_slice(&(12 + chunk.len() as u16).to_be_bytes());
        piece.extend_from_slice(&first.body[..6]);
        piece.extend(&(index as u32 * size as u32).to_be_bytes()[1..]);
        piece.extend(&(chunk.len() as u32).to_be_bytes()[1..]);
        piece.extend_from_slice(chunk);
        piece
    });
    assert_eq!(first.content_type, HANDSHAKE);
    assert_eq!(header.length, body.len());
    pieces.collect()
}
