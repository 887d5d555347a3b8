use proptest::prelude::*;
use sfu::Time;
use sfu::transport::dtls::{KeyingMaterial, Role, SrtpProfile};

use super::super::null::Null;
use super::super::srtp::Srtp;
use super::super::*;
use super::world::{CLIENT_ADDRESS, Options, SERVER_ADDRESS, World};
use crate::crypto::SeededProvider;

/// An RTP packet with two contributors and two words of extensions.
fn rtp(sequence: u16) -> Vec<u8> {
    let mut packet = vec![0x92, 111];
    packet.extend(sequence.to_be_bytes());
    packet.extend([0, 0, 3, 0xc0, 0, 0, 0, 42, 0, 0, 0, 1, 0, 0, 0, 2]);
    packet.extend([0xbe, 0xde, 0, 2, 0x10, 0x85, 0x22, 1, 2, 3, 0, 0]);
    packet.extend((0..100).map(|i| i as u8));
    packet
}

/// A receiver report without blocks.
const REPORT: [u8; 8] = [0x80, 201, 0, 1, 0, 0, 0, 42];

fn ends(mode: CryptoMode, profile: SrtpProfile) -> [Srtp; 2] {
    let bytes = (0..profile.keying_len() as u8).collect();
    let provider = SeededProvider::new([0; 32]);
    [Role::Client, Role::Server].map(|role| {
        let material = KeyingMaterial { profile, bytes: Vec::clone(&bytes) };
        Srtp::new(mode, role, &material, provider.crypto()).expect("keys of the right length")
    })
}

const TAGS: [(SrtpProfile, usize); 2] =
    [(SrtpProfile::AeadAes128Gcm, 16), (SrtpProfile::AesCm128HmacSha1_80, 10)];

#[test]
fn media_passes_both_ways_over_a_connected_transport() {
    for crypto in [CryptoMode::Real, CryptoMode::Null] {
        let mut world = World::new(Options { crypto, ..Options::default() });
        world.run_until(Time::from_secs(2), |_, _| true);
        let server = world.server.srtp.as_mut().expect("connected");

        let mut packet = rtp(65_535);
        world.client.send_rtp(&mut packet).expect("connected");
        let length = server.unprotect_rtp(&mut packet).expect("from the client");
        assert_eq!(packet[..length], rtp(65_535));
        let mut packet = REPORT.to_vec();
        world.client.send_rtcp(&mut packet).expect("connected");
        let length = server.unprotect_rtcp(&mut packet).expect("from the client");
        assert_eq!(packet[..length], REPORT);

        let mut packet = rtp(7);
        server.protect_rtp(&mut packet).expect("a whole packet");
        let received = world.client.handle(world.now, SERVER_ADDRESS, CLIENT_ADDRESS, &mut packet);
        assert_eq!(received, Ok(Received::Rtp(rtp(7).len())));
        assert_eq!(packet[..rtp(7).len()], rtp(7));
        let mut packet = REPORT.to_vec();
        server.protect_rtcp(&mut packet).expect("a whole packet");
        let elsewhere = world.client.handle(world.now, CLIENT_ADDRESS, CLIENT_ADDRESS, &mut packet.clone());
        assert_eq!(elsewhere, Err(TransportError::Path));
        let received = world.client.handle(world.now, SERVER_ADDRESS, CLIENT_ADDRESS, &mut packet);
        assert_eq!(received, Ok(Received::Rtcp(REPORT.len())));
        assert_eq!(packet[..REPORT.len()], REPORT);
    }
}

#[test]
fn null_packets_have_the_sizes_of_real_ones() {
    for (profile, tag) in TAGS {
        let [mut real, _] = ends(CryptoMode::Real, profile);
        let [mut null, _] = ends(CryptoMode::Null, profile);
        let lengths = [&mut real, &mut null].map(|srtp| {
            let (mut media, mut control) = (rtp(1), REPORT.to_vec());
            srtp.protect_rtp(&mut media).expect("a whole packet");
            srtp.protect_rtcp(&mut control).expect("a whole packet");
            (media.len(), control.len())
        });
        assert_eq!(lengths[0], lengths[1]);
        assert_eq!(lengths[0], (rtp(1).len() + tag, REPORT.len() + 4 + tag));
    }
}

#[test]
fn the_null_trailer_lies_where_the_profile_puts_it() {
    let mut packet = REPORT.to_vec();
    Null::new(SrtpProfile::AeadAes128Gcm).protect_rtcp(&mut packet);
    assert_eq!(packet[8..], *b"null transform!!\x80\0\0\x01");
    let mut packet = REPORT.to_vec();
    let mut null = Null::new(SrtpProfile::AesCm128HmacSha1_80);
    null.protect_rtcp(&mut packet.clone());
    null.protect_rtcp(&mut packet);
    assert_eq!(packet[8..], *b"\x80\0\0\x02null trans");
}

#[test]
fn sequence_numbers_roll_over() {
    for (profile, _) in TAGS {
        let [mut client, mut server] = ends(CryptoMode::Real, profile);
        for sequence in (65_000..=u16::MAX).chain(0..200) {
            let mut packet = rtp(sequence);
            client.protect_rtp(&mut packet).expect("a whole packet");
            assert_eq!(server.unprotect_rtp(&mut packet), Ok(rtp(sequence).len()), "{sequence}");
            assert_eq!(packet[..rtp(sequence).len()], rtp(sequence));
        }
    }
}

#[test]
fn forged_and_replayed_packets_are_refused() {
    for (profile, _) in TAGS {
        let [mut client, mut server] = ends(CryptoMode::Real, profile);
        let mut packet = rtp(1);
        client.protect_rtp(&mut packet).expect("a whole packet");
        for at in [1, 15, 30, packet.len() - 1] {
            let mut forged = packet.clone();
            forged[at] ^= 1;
            assert!(server.unprotect_rtp(&mut forged).is_err(), "octet {at}");
        }
        assert!(server.unprotect_rtp(&mut packet.clone()).is_ok());
        assert!(server.unprotect_rtp(&mut packet).is_err(), "a second time");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_datagrams_do_no_harm(datagrams in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..120), 1..12), first in prop::sample::select(vec![0_u8, 1, 22, 23, 128, 144])) {
        for crypto in [CryptoMode::Real, CryptoMode::Null] {
            let mut world = World::new(Options { crypto, ..Options::default() });
            world.run_until(Time::from_millis(100), |_, _| true);
            for datagram in &datagrams {
                let mut damaged = datagram.clone();
                damaged.splice(0..0, [first, 1]);
                for mut bytes in [datagram.clone(), damaged] {
                    let _ = world.client.handle(world.now, SERVER_ADDRESS, CLIENT_ADDRESS, &mut bytes);
                }
            }
        }
    }
}
