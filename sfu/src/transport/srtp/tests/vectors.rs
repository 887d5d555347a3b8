//! Whole packets from the RFCs and from other implementations.

use super::super::cipher::Cipher;
use super::super::gcm::Gcm;
use super::super::{Inbound, KeyingMaterial, MasterKey, Outbound, Profile, SrtpError, Transform};
use super::hex;

const RTP_7714: &str = "8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e2070617274\
                        65732074726573";
const SRTP_7714: &str = "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d1\
                         9b36de3adf8833899d7f27beb16a9152cf765ee4390cce";
const RTCP_7714: &str = "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbe\
                         efdeadbeefdeadbeef";
const SRTCP_7714: &str = "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09\
                          b4686303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4";

/// RFC 7714 sections 16 and 17 give the session keys, without derivation.
fn session_7714() -> Cipher {
    let key: [u8; 16] = std::array::from_fn(|i| i as u8);
    let salt = *b"Quid pro quo";
    Cipher::Gcm(Box::new(Gcm::from_session_keys((key, salt), (key, salt))))
}

fn inbound_7714() -> Inbound {
    Inbound::with_cipher(Profile::AeadAes128Gcm, session_7714(), 4)
}

fn with_tag_room(packet: &str, profile: Profile) -> Vec<u8> {
    let mut packet = hex(packet);
    packet.resize(packet.len() + profile.tag_len(), 0);
    packet
}

#[test]
fn t9_033_rfc_7714_rtp_encrypts() {
    let outbound = Outbound::with_cipher(Profile::AeadAes128Gcm, session_7714(), 0);
    let mut packet = with_tag_room(RTP_7714, Profile::AeadAes128Gcm);
    outbound.protect_rtp(&mut packet, 0xf17b).unwrap();
    assert_eq!(packet, hex(SRTP_7714));
}

#[test]
fn rfc_7714_rtp_decrypts() {
    let mut packet = hex(SRTP_7714);
    let plain = inbound_7714().unprotect_rtp(&mut packet).unwrap();
    assert_eq!(packet[..plain.len], hex(RTP_7714));
    assert_eq!((plain.index, plain.header_len, plain.ssrc), (0xf17b, 12, 0x5501a0b2));
}

#[test]
fn t9_034_and_t9_037_damaged_rtp_is_rejected() {
    let rows = [
        "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833\
         00000000000000000000000000000000",
        "8040f1848041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833\
         899d7f27beb16a9152cf765ee4390cce",
    ];
    for row in rows {
        let mut inbound = inbound_7714();
        assert_eq!(inbound.unprotect_rtp(&mut hex(row)), Err(SrtpError::Authentication));
        assert_eq!(inbound.stream_count(), 0);
    }
}

#[test]
fn rfc_7714_rtcp_both_ways() {
    let mut outbound = Outbound::with_cipher(Profile::AeadAes128Gcm, session_7714(), 0x5d4);
    let mut packet = hex(RTCP_7714);
    outbound.protect_rtcp(&mut packet).unwrap();
    assert_eq!(packet, hex(SRTCP_7714));
    let len = inbound_7714().unprotect_rtcp(&mut packet).unwrap();
    assert_eq!(packet[..len], hex(RTCP_7714));
}

#[test]
fn t9_036_rtcp_that_is_only_authenticated() {
    let sealed = "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdea\
                  dbeefdeadbeef841dd9683dd78ec92ae58790125f62b3000005d4";
    let mut packet = hex(sealed);
    let len = inbound_7714().unprotect_rtcp(&mut packet).unwrap();
    assert_eq!(packet[..len], hex(RTCP_7714));
    for bit in 0..hex(sealed).len() * 8 {
        let mut packet = hex(sealed);
        packet[bit / 8] ^= 1 << (bit % 8);
        assert!(inbound_7714().unprotect_rtcp(&mut packet).is_err(), "bit {bit} was not covered");
    }
}

/// The exporter blocks of the rows T9.029 to T9.031.
fn block_j() -> KeyingMaterial {
    let block = hex(
        "b4043b8767f6c467b23ee1be0ceb8e24a04fa436c41787f5f50ce41a39fcb821ddc56046ce6963558ef19a35730a4b691780\
         d8961985d0ef3200cc27",
    );
    KeyingMaterial::from_exporter(Profile::AesCm128HmacSha1_80, &block).unwrap()
}

#[test]
fn t9_029_counter_mode_rtp_with_an_extension() {
    let outbound = Outbound::new(&block_j().client, Transform::Cipher);
    let plain = "90ef36d66c25f281cc8e67dbbede000310ff3288b7bd510001000000780be4c136ecc58d8c49469904c5aaed92e76\
                 34a3a1898ee62cb60ff6c1b2900";
    let mut packet = with_tag_room(plain, Profile::AesCm128HmacSha1_80);
    outbound.protect_rtp(&mut packet, 0x36d6).unwrap();
    let sealed = "90ef36d66c25f281cc8e67dbbede000310ff3288b7bd5100010000001c6da8ec3d3de5702b2eb7949d4e2f4c9df1\
                  3a682e3dc9a3a5ce763fea82bdd0b939025e3211d6701381";
    assert_eq!(packet, hex(sealed));
}

#[test]
fn t9_030_counter_mode_rtcp_starts_at_index_0() {
    let mut outbound = Outbound::new(&block_j().client, Transform::Cipher);
    let mut packet = hex("8fcd0005e74652235629977a0001000195be6400d0000000");
    outbound.protect_rtcp(&mut packet).unwrap();
    let sealed = "8fcd0005e746522305673dc06c35f440e22a7ecd99065d3480000000489e8ed18f2b76ccd71f";
    assert_eq!(packet, hex(sealed));
}

#[test]
fn t9_031_forgeries_leave_no_trace() {
    let mut inbound = Inbound::new(&block_j().server, Transform::Cipher, 4);
    let intact = "90ef43d7cf6fde8f5629977abede000110ff000040c9dc4edd958041888efa321c42b4038b2de57961e2237e179c\
                  6ed76c6a110d449133bee1d70d41e48b";
    for _ in 0..5 {
        let mut forged = hex(intact);
        *forged.last_mut().unwrap() = 0x8c;
        assert_eq!(inbound.unprotect_rtp(&mut forged), Err(SrtpError::Authentication));
        assert_eq!(inbound.stream_count(), 0);
    }
    inbound.unprotect_rtp(&mut hex(intact)).unwrap();
    assert_eq!(inbound.stream_count(), 1);
}

fn libsrtp_master(profile: Profile) -> MasterKey {
    let (key, salt) = match profile {
        Profile::AesCm128HmacSha1_80 => ("e1f97a0d3e018be0d64fa32c06de4139", "0ec675ad498afeebb6960b3aabe6"),
        Profile::AeadAes128Gcm => ("000102030405060708090a0b0c0d0e0f", "a0a1a2a3a4a5a6a7a8a9aaab"),
    };
    MasterKey::new(profile, &hex(key), &hex(salt)).unwrap()
}

#[test]
fn t9_043_and_t9_044_libsrtp_counter_mode() {
    let master = libsrtp_master(Profile::AesCm128HmacSha1_80);
    let mut outbound = Outbound::new(&master, Transform::Cipher);
    let plain = "800f1234decafbadcafebabeabababababababababababababababab";
    let mut packet = with_tag_room(plain, Profile::AesCm128HmacSha1_80);
    outbound.protect_rtp(&mut packet, 0x1234).unwrap();
    let sealed = "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb";
    assert_eq!(packet, hex(sealed));

    // libsrtp counts from 1, so the first compound is spent.
    outbound.protect_rtcp(&mut hex("80c90001cafebabe")).unwrap();
    let mut packet = hex("81c8000bcafebabeabababababababababababababababab");
    outbound.protect_rtcp(&mut packet).unwrap();
    let sealed = "81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798";
    assert_eq!(packet, hex(sealed));
}
