//! Agreement with the `rtc-srtp` crate, an implementation that shares nothing with ours but the RFCs.

use rtc_srtp::context::Context;
use rtc_srtp::option::{srtcp_replay_protection, srtp_replay_protection};
use rtc_srtp::protection_profile::ProtectionProfile;

use super::super::{Profile, Transform, estimate_index};
use super::{PROFILES, pair, protected, rtp};

/// Packet indices from before the first roll-over to after the second. Near the boundaries every seventh
/// comes ten places late, so that the boundary is crossed back and forth; between them the stream is thin.
fn disordered_indices() -> Vec<u64> {
    let near_boundary = |index: u64| !(45..65_470).contains(&(index % 65_536));
    let mut order: Vec<(usize, u64)> = (65_000..131_500u64)
        .filter(|index| near_boundary(*index) || index % 65_536 < 60 || index % 500 == 0)
        .enumerate()
        .map(
            |(place, index)| {
                if near_boundary(index) && place % 7 == 3 { (place + 10, index) } else { (place, index) }
            },
        )
        .collect();
    order.sort_unstable();
    let indices: Vec<u64> = order.into_iter().map(|(_, index)| index).collect();
    for boundary in [65_536, 131_072] {
        let crossed = indices.iter().position(|index| *index >= boundary).unwrap();
        assert!(indices[crossed..].iter().any(|index| *index < boundary), "{boundary} is crossed back");
    }
    assert!(indices[0] < 65_536, "the far end starts with roll-over counter 0");
    indices
}

fn theirs(profile: Profile) -> Context {
    let named = match profile {
        Profile::AeadAes128Gcm => ProtectionProfile::AeadAes128Gcm,
        Profile::AesCm128HmacSha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
    };
    let salt: Vec<u8> = (100..100 + profile.salt_len() as u8).collect();
    let provider = rtc_crypto::default_provider().unwrap();
    Context::new(
        &[42; 16],
        &salt,
        named,
        Some(srtp_replay_protection(1024)),
        Some(srtcp_replay_protection(1024)),
        provider.crypto(),
    )
    .unwrap()
}

#[test]
fn ours_to_theirs_over_roll_overs() {
    for profile in PROFILES {
        let (outbound, _) = pair(profile, Transform::Cipher);
        let mut theirs = theirs(profile);
        for index in disordered_indices() {
            let sealed = protected(&outbound, 9, index);
            let plain = theirs.decrypt_rtp(&sealed).unwrap_or_else(|e| panic!("{profile:?} {index}: {e}"));
            assert_eq!(plain[..], rtp(9, index as u16));
        }
    }
}

#[test]
fn theirs_to_ours_over_roll_overs() {
    for profile in PROFILES {
        let (_, mut inbound) = pair(profile, Transform::Cipher);
        let mut theirs = theirs(profile);
        let mut held = Vec::new();
        // Their sender works its own counter out, so it is fed in order and the packets are shuffled here.
        let mut in_order = disordered_indices();
        in_order.sort_unstable();
        for index in &in_order {
            held.push((*index, theirs.encrypt_rtp(&rtp(9, *index as u16)).unwrap()));
        }
        for index in disordered_indices() {
            let place = held.binary_search_by_key(&index, |(index, _)| *index).unwrap();
            let mut packet = held[place].1.to_vec();
            let plain =
                inbound.unprotect_rtp(&mut packet).unwrap_or_else(|e| panic!("{profile:?} {index}: {e}"));
            assert_eq!(plain.index, index);
            assert_eq!(packet[..plain.len], rtp(9, index as u16));
        }
    }
}

#[test]
fn sealed_bytes_are_equal() {
    for profile in PROFILES {
        let (outbound, _) = pair(profile, Transform::Cipher);
        let mut theirs = theirs(profile);
        for index in [0u64, 1, 32_000, 64_000, 65_535, 65_536, 65_537] {
            let ours = protected(&outbound, 77, index);
            assert_eq!(theirs.encrypt_rtp(&rtp(77, index as u16)).unwrap()[..], ours, "{index}");
        }
    }
}

#[test]
fn rtcp_both_ways() {
    for profile in PROFILES {
        let (mut outbound, mut inbound) = pair(profile, Transform::Cipher);
        let (mut their_in, mut their_out) = (theirs(profile), theirs(profile));
        for round in 0..40u8 {
            let mut compound = vec![0x81, 206, 0, 2, 0, 0, 0, 5, 0, 0, 0, round];
            compound.extend([0x80, 201, 0, 1, 0, 0, 0, 5]);
            let mut packet = compound.clone();
            outbound.protect_rtcp(&mut packet).unwrap();
            assert_eq!(packet.len(), compound.len() + profile.rtcp_overhead());
            assert_eq!(their_in.decrypt_rtcp(&packet).unwrap()[..], compound);
            let mut packet = their_out.encrypt_rtcp(&compound).unwrap().to_vec();
            let len = inbound.unprotect_rtcp(&mut packet.clone()).unwrap();
            assert!(inbound.unprotect_rtcp(&mut packet).is_err(), "a replay passed");
            assert_eq!(len, compound.len());
        }
    }
}

#[test]
fn estimates_follow_a_long_disordered_stream() {
    let mut highest = 65_000;
    for index in disordered_indices() {
        assert_eq!(estimate_index(highest, index as u16), index);
        highest = highest.max(index);
    }
}
