//! SRTP and SRTCP of both profiles. Input: packets, some protected by ourselves first, some damaged after that.

use sfu::transport::srtp::{Inbound, MasterKey, Outbound, Profile, Transform};

use super::input::Input;

const MAX_STREAMS: usize = 8;

pub(super) fn run_gcm(data: &[u8]) {
    run(Profile::AeadAes128Gcm, data);
}

pub(super) fn run_counter_mode(data: &[u8]) {
    run(Profile::AesCm128HmacSha1_80, data);
}

fn run(profile: Profile, data: &[u8]) {
    let master = MasterKey::new(profile, &[7; 16], &[9; 14][..profile.salt_len()]).expect("right lengths");
    let mut inbound = Inbound::new(&master, Transform::Cipher, MAX_STREAMS);
    let mut outbound = Outbound::new(&master, Transform::Cipher);
    let mut input = Input::new(data);
    while !input.is_empty() {
        let (op, at, mask) = (input.u8(), input.u8(), input.u8());
        let plain = input.chunk();
        let damage = if op & 8 != 0 { Some((usize::from(at), mask)) } else { None };
        match op & 3 {
            0 => {
                let _ = inbound.unprotect_rtp(&mut plain.to_vec());
            }
            1 => {
                let _ = inbound.unprotect_rtcp(&mut plain.to_vec());
            }
            2 => rtp(&outbound, &mut inbound, plain, damage),
            _ => rtcp(&mut outbound, &mut inbound, plain, damage),
        }
        assert!(inbound.stream_count() <= MAX_STREAMS);
    }
}

fn rtp(outbound: &Outbound, inbound: &mut Inbound, plain: &[u8], damage: Option<(usize, u8)>) {
    let mut packet = plain.to_vec();
    packet.resize(plain.len() + outbound.profile().tag_len(), 0);
    let index = plain.get(2..4).map_or(0, |bytes| u64::from(u16::from_be_bytes([bytes[0], bytes[1]])));
    if outbound.protect_rtp(&mut packet, index).is_err() {
        return;
    }
    let damaged = break_it(&mut packet, damage);
    if let Ok(opened) = inbound.unprotect_rtp(&mut packet) {
        assert!(!damaged, "a damaged packet authenticates");
        assert_eq!(packet[..opened.len], *plain);
        assert_eq!(opened.index & 0xffff, index);
    }
}

fn rtcp(outbound: &mut Outbound, inbound: &mut Inbound, plain: &[u8], damage: Option<(usize, u8)>) {
    let mut packet = plain.to_vec();
    if outbound.protect_rtcp(&mut packet).is_err() {
        return;
    }
    let damaged = break_it(&mut packet, damage);
    if let Ok(len) = inbound.unprotect_rtcp(&mut packet) {
        assert!(!damaged, "a damaged compound authenticates");
        assert_eq!(packet[..len], *plain);
    }
}

/// Flips bits of one byte; whether that changed anything.
fn break_it(packet: &mut [u8], damage: Option<(usize, u8)>) -> bool {
    let Some((at, mask)) = damage else { return false };
    let at = at % packet.len();
    packet[at] ^= mask;
    mask != 0
}
