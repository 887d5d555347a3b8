//! The RFCs' vectors, agreement with another implementation, and hostile input.

mod agreement;
mod hostile;
mod vectors;

use super::{Inbound, MasterKey, Outbound, Profile, Transform};

pub(super) const PROFILES: [Profile; 2] = [Profile::AeadAes128Gcm, Profile::AesCm128HmacSha1_80];

/// Bytes from hexadecimal digits; blanks are skipped.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// A master key that is the same in every test.
pub(super) fn master(profile: Profile) -> MasterKey {
    let salt: Vec<u8> = (100..100 + profile.salt_len() as u8).collect();
    MasterKey::new(profile, &[42; 16], &salt).unwrap()
}

/// Both ends of one direction.
pub(super) fn pair(profile: Profile, transform: Transform) -> (Outbound, Inbound) {
    let master = master(profile);
    (Outbound::new(&master, transform), Inbound::new(&master, transform, 8))
}

/// An RTP packet with one CSRC, a one-byte-header extension and a payload of 20 bytes.
pub(super) fn rtp(ssrc: u32, sequence: u16) -> Vec<u8> {
    let mut packet = vec![0x91, 0x60];
    packet.extend(sequence.to_be_bytes());
    packet.extend(7000u32.to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.extend(hex("11223344 bede0001 10ff0000"));
    packet.extend(1..=20);
    packet
}

/// `rtp` with its tag.
pub(super) fn protected(outbound: &Outbound, ssrc: u32, index: u64) -> Vec<u8> {
    let mut packet = rtp(ssrc, index as u16);
    packet.resize(packet.len() + outbound.profile().tag_len(), 0xee);
    outbound.protect_rtp(&mut packet, index).unwrap();
    packet
}
