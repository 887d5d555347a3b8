//! Topic 9: the ciphers that SRTP stands on, as the library gives them. NIST SP 800-38A and 800-38D, RFC 2202.

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;

use crate::transport::srtp::hex;

#[test]
fn t9_049_aes_128_in_counter_mode() {
    let key = UnboundCipherKey::new(&AES_128, &hex("2b7e151628aed2a6abf7158809cf4f3c")).unwrap();
    let key = EncryptingKey::ctr(key).unwrap();
    let iv: [u8; 16] = hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff").try_into().unwrap();
    let mut text =
        hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a\
                        0a52ef");
    key.less_safe_encrypt(&mut text, EncryptionContext::Iv128(FixedLength::from(iv))).unwrap();
    assert_eq!(
        text,
        hex(
            "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff5ae4df3edbd5d35e5b4f09020db03eab"
        )
    );
}

#[test]
fn t9_050_aes_128_in_galois_counter_mode() {
    let key = UnboundKey::new(&AES_128_GCM, &hex("feffe9928665731c6d6a8f9467308308")).unwrap();
    let nonce = Nonce::try_assume_unique_for_key(&hex("cafebabefacedbaddecaf888")).unwrap();
    let aad = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    let mut text =
        hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449\
                        a6b525b16aedf5aa0de657ba637b39");
    LessSafeKey::new(key).seal_in_place_append_tag(nonce, Aad::from(aad), &mut text).unwrap();
    assert_eq!(
        text,
        hex(
            "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b39\
             6a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47"
        )
    );
}

#[test]
fn t9_051_hmac_sha_1() {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &[0x0b; 20]);
    assert_eq!(hmac::sign(&key, b"Hi There").as_ref(), hex("b617318655057264e28bc0b6fb378c8ef146be00"));
}
