use aws_lc_rs::hmac;
use proptest::prelude::*;

use super::super::{Message, decode_xor_address, encode_xor_address, message_type, ufrag_of};
use super::{Check, address, agent, put};
use crate::transport::srtp::hex;
use crate::{DropReason, Time};

const RFC_5769_REQUEST: &str = "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74\
    002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020\
    000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf";
const RFC_5769_IPV4: &str = "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220\
    002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96";
const RFC_5769_IPV6: &str = "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220\
    002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004\
    c8fb0b4c";

fn rfc_5769_key() -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"VOkJxbRl1RmTxUk/WvJxBt")
}

#[test]
fn rfc_5769_vectors() {
    let rows = [
        ("2.1", RFC_5769_REQUEST, message_type::BINDING_REQUEST, None),
        ("2.2", RFC_5769_IPV4, message_type::BINDING_SUCCESS, Some("192.0.2.1:32853")),
        (
            "2.3",
            RFC_5769_IPV6,
            message_type::BINDING_SUCCESS,
            Some("[2001:db8:1234:5678:11:2233:4455:6677]:32853"),
        ),
    ];
    for (section, bytes, kind, mapped) in rows {
        let bytes = hex(bytes);
        let message = Message::parse(&bytes).unwrap();
        assert_eq!(message.message_type(), kind, "{section}");
        assert!(message.has_valid_fingerprint(), "{section}");
        assert!(message.has_valid_integrity(&rfc_5769_key()), "{section}");
        let value = message.attribute(0x0020);
        let decoded = value.map(|value| decode_xor_address(value, message.transaction()).unwrap());
        assert_eq!(decoded, mapped.map(address), "{section}");
    }
    assert_eq!(ufrag_of(&hex(RFC_5769_REQUEST)), Some("evtj"));
    assert_eq!(ufrag_of(&hex(RFC_5769_IPV4)), None);
}

#[test]
fn every_flipped_bit_of_the_rfc_5769_request_is_noticed() {
    let bytes = hex(RFC_5769_REQUEST);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let passes = Message::parse(&flipped).is_ok_and(|message| {
            message.has_valid_fingerprint() && message.has_valid_integrity(&rfc_5769_key())
        });
        assert!(!passes, "bit {bit}");
    }
}

#[test]
fn t9_003_an_indication_is_not_a_check() {
    let bytes = hex("001100082112a442fb9859e67da4bc991c0cab8f80280004ed80c297");
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.message_type(), message_type::BINDING_INDICATION);
    assert_eq!(message.transaction()[..], hex("fb9859e67da4bc991c0cab8f"));
    assert!(message.has_valid_fingerprint());
    assert_eq!(message.attributes().count(), 1);
    let mut response = Vec::new();
    let from = address("192.0.2.1:1000");
    let handled = agent().handle(Time::ZERO, from, address("192.0.2.2:2000"), &bytes, &mut response);
    assert_eq!((handled, response.len()), (Err(DropReason::UnexpectedStun), 0));
}

#[test]
fn t9_004_empty_is_an_error() {
    assert!(Message::parse(&[]).is_err());
}

/// A message without integrity or fingerprint.
fn with_attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut out = hex("000100002112a442000000000000000000000000");
    put(&mut out, kind, value);
    out
}

#[test]
fn t9_005_and_t9_006_padding() {
    for (value, padding) in [("61626364", 0), ("deadbe", 1), ("deadbeeff7", 3)] {
        let bytes = with_attribute(0x0013, &hex(value));
        assert_eq!(bytes.len(), 20 + 4 + hex(value).len() + padding);
        let message = Message::parse(&bytes).unwrap();
        assert_eq!(message.attribute(0x0013), Some(hex(value).as_slice()));
    }
}

#[test]
fn t9_007_to_t9_012_addresses() {
    let transaction = [9; 12];
    for value in
        ["", "00", "000131", "00031122aabbccdd", "0001a147e112a6", "0001a147e112a64300", "0002a147e112a643"]
    {
        assert!(decode_xor_address(&hex(value), &transaction).is_err(), "{value}");
    }
    for (text, len) in [("192.0.2.15:54321", 8), ("[2001:db8::1234]:54321", 20)] {
        let mut value = Vec::new();
        encode_xor_address(&mut value, address(text), &transaction);
        assert_eq!(value.len(), len);
        assert_eq!(value[2..4], (54_321u16 ^ 0x2112).to_be_bytes());
        assert_eq!(decode_xor_address(&value, &transaction), Ok(address(text)));
    }
    let mut value = Vec::new();
    encode_xor_address(&mut value, address("[::ffff:192.0.2.15]:54321"), &transaction);
    assert_eq!(
        decode_xor_address(&value, &transaction),
        Ok(address("192.0.2.15:54321")),
        "as the peer sees it"
    );
}

#[test]
fn attributes_after_integrity_do_not_count() {
    let check = Check::nominating(1).bytes();
    let mut forged = check[..check.len() - 8].to_vec();
    put(&mut forged, 0x0025, &[]);
    put(&mut forged, 0x7fff, &[1]);
    let forged = super::with_fingerprint(forged);
    let message = Message::parse(&forged).unwrap();
    assert!(message.has_valid_fingerprint());
    assert_eq!(message.attribute(0x7fff), None);
}

#[test]
fn lengths_that_do_not_add_up() {
    let good = Check::new(1).bytes();
    assert!(Message::parse(&good).is_ok());
    for cut in 0..good.len() {
        assert!(Message::parse(&good[..cut]).is_err(), "{cut} bytes");
    }
    let mut longer = good.clone();
    longer.push(0);
    assert!(Message::parse(&longer).is_err());
    assert!(Message::parse(&with_attribute(0x0008, &[0; 19])).is_err(), "integrity of 19 bytes");
}

proptest! {
    #[test]
    fn noise_neither_panics_nor_gets_an_answer(
        mut bytes in prop::collection::vec(any::<u8>(), 0..160),
        looks_right in any::<bool>(),
    ) {
        if looks_right && bytes.len() >= 20 {
            bytes.truncate(bytes.len() / 4 * 4);
            let len = (bytes.len() - 20) as u16;
            bytes[..2].copy_from_slice(&[0, 1]);
            bytes[2..4].copy_from_slice(&len.to_be_bytes());
            bytes[4..8].copy_from_slice(&[0x21, 0x12, 0xa4, 0x42]);
        }
        let mut agent = agent();
        let mut response = Vec::new();
        let (from, to) = (address("192.0.2.1:1000"), address("192.0.2.2:2000"));
        prop_assert!(agent.handle(Time::ZERO, from, to, &bytes, &mut response).is_err());
        prop_assert!(response.is_empty() && !agent.is_proven(from));
        let _ = ufrag_of(&bytes);
    }

    #[test]
    fn flipped_checks_change_nothing(bit in 0usize..2000) {
        let mut bytes = Check::nominating(3).bytes();
        let bit = bit % (bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let mut agent = agent();
        let mut response = Vec::new();
        let (from, to) = (address("192.0.2.1:1000"), address("192.0.2.2:2000"));
        prop_assert!(agent.handle(Time::ZERO, from, to, &bytes, &mut response).is_err());
        prop_assert!(agent.path().is_none());
    }
}
