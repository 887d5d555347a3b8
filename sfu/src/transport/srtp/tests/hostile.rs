//! Replays, forgeries, floods and noise.

use proptest::prelude::*;

use super::super::{INDEX_LIMIT, SrtpError, Transform};
use super::{PROFILES, pair, protected, rtp};
use crate::transport::srtp::Profile;

const TRANSFORMS: [Transform; 2] = [Transform::Cipher, Transform::Null];

fn every_pair(mut test: impl FnMut(Profile, Transform)) {
    for profile in PROFILES {
        for transform in TRANSFORMS {
            test(profile, transform);
        }
    }
}

#[test]
fn replays_are_refused_and_reordering_is_not() {
    every_pair(|profile, transform| {
        let (outbound, mut inbound) = pair(profile, transform);
        for index in [2000, 2001, 2003, 2002, 2001 - 1000] {
            let sealed = protected(&outbound, 1, index);
            let mut packet = sealed.clone();
            let plain = inbound.unprotect_rtp(&mut packet).unwrap();
            assert_eq!(packet[..plain.len], rtp(1, index as u16));
            assert_eq!(inbound.unprotect_rtp(&mut sealed.clone()), Err(SrtpError::Replayed));
        }
        let too_old = protected(&outbound, 1, 2003 - 1024);
        assert_eq!(inbound.unprotect_rtp(&mut too_old.clone()), Err(SrtpError::Replayed));
    });
}

#[test]
fn rtcp_replays_are_refused_per_sender() {
    every_pair(|profile, transform| {
        let (mut outbound, mut inbound) = pair(profile, transform);
        for ssrc in [5u8, 6, 5, 6] {
            let plain = vec![0x80, 201, 0, 1, 0, 0, 0, ssrc];
            let mut sealed = plain.clone();
            outbound.protect_rtcp(&mut sealed).unwrap();
            let mut packet = sealed.clone();
            assert_eq!(inbound.unprotect_rtcp(&mut packet), Ok(plain.len()));
            assert_eq!(packet[..plain.len()], plain);
            assert_eq!(inbound.unprotect_rtcp(&mut sealed), Err(SrtpError::Replayed));
        }
    });
}

#[test]
fn streams_are_bounded_and_forged_ones_cost_nothing() {
    for profile in PROFILES {
        let (outbound, mut inbound) = pair(profile, Transform::Cipher);
        for ssrc in 100..1000 {
            let mut forged = protected(&outbound, ssrc, 5);
            *forged.last_mut().unwrap() ^= 1;
            assert_eq!(inbound.unprotect_rtp(&mut forged), Err(SrtpError::Authentication));
        }
        assert_eq!(inbound.stream_count(), 0);
        for ssrc in 0..8 {
            inbound.unprotect_rtp(&mut protected(&outbound, ssrc, 5)).unwrap();
        }
        let mut ninth = protected(&outbound, 8, 5);
        assert_eq!(inbound.unprotect_rtp(&mut ninth.clone()), Err(SrtpError::TooManyStreams));
        inbound.forget(3);
        assert!(inbound.unprotect_rtp(&mut ninth).is_ok());
        assert!(inbound.unprotect_rtp(&mut protected(&outbound, 7, 6)).is_ok());
        assert_eq!(inbound.stream_count(), 8);
    }
}

#[test]
fn null_packets_have_the_sizes_of_real_ones_but_do_not_pass_for_them() {
    for profile in PROFILES {
        let (outbound, mut inbound) = pair(profile, Transform::Null);
        let (real, mut real_inbound) = pair(profile, Transform::Cipher);
        let null = protected(&outbound, 1, 1);
        assert_eq!(null.len(), protected(&real, 1, 1).len());
        assert_eq!(null[..rtp(1, 1).len()], rtp(1, 1));
        assert_eq!(real_inbound.unprotect_rtp(&mut null.clone()), Err(SrtpError::Authentication));
        assert_eq!(inbound.unprotect_rtp(&mut protected(&real, 1, 1)), Err(SrtpError::Authentication));
    }
}

#[test]
fn wrong_uses_of_protect_are_errors() {
    for profile in PROFILES {
        let (mut outbound, _) = pair(profile, Transform::Cipher);
        let mut room = rtp(1, 7);
        room.resize(room.len() + profile.tag_len(), 0);
        assert_eq!(outbound.protect_rtp(&mut room.clone(), 8), Err(SrtpError::IndexMismatch));
        assert_eq!(outbound.protect_rtp(&mut room, INDEX_LIMIT + 7), Err(SrtpError::IndexExhausted));
        assert_eq!(outbound.protect_rtp(&mut rtp(1, 7)[..25], 7), Err(SrtpError::Malformed));
        assert_eq!(outbound.protect_rtcp(&mut vec![0x80; 7]), Err(SrtpError::Malformed));
    }
}

proptest! {
    #[test]
    fn noise_neither_panics_nor_leaves_state(
        mut bytes in prop::collection::vec(any::<u8>(), 0..80),
        looks_right in any::<bool>(),
    ) {
        if looks_right && !bytes.is_empty() {
            bytes[0] = 0x80 | (bytes[0] & 0x3f);
        }
        every_pair(|profile, transform| {
            let (_, mut inbound) = pair(profile, transform);
            assert!(inbound.unprotect_rtp(&mut bytes.clone()).is_err());
            assert!(inbound.unprotect_rtcp(&mut bytes.clone()).is_err());
            assert_eq!(inbound.stream_count(), 0);
        });
    }

    #[test]
    fn flipped_and_truncated_packets_are_refused(bit in 0usize..1000, cut in 0usize..70, index in 0u64..65_536) {
        for profile in PROFILES {
            let (outbound, mut inbound) = pair(profile, Transform::Cipher);
            let sealed = protected(&outbound, 1, index);
            let mut flipped = sealed.clone();
            let bit = bit % (sealed.len() * 8);
            flipped[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(inbound.unprotect_rtp(&mut flipped).is_err());
            let cut = cut.min(sealed.len() - 1);
            prop_assert!(inbound.unprotect_rtp(&mut sealed[..cut].to_vec()).is_err());
            prop_assert_eq!(inbound.stream_count(), 0);
            prop_assert!(inbound.unprotect_rtp(&mut sealed.clone()).is_ok());
        }
    }
}
