//! RTP headers and header extensions. Input: six extension ids, then a packet.

use sfu::rtp::extension::elements;
use sfu::rtp::{ExtensionIds, Extensions, RtpHeader};

use super::input::Input;

pub(super) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut id = || input.u8() % 15;
    let ids = ExtensionIds {
        mid: id(),
        rid: id(),
        repaired_rid: id(),
        audio_level: id(),
        transport_cc: id(),
        abs_send_time: id(),
        ..ExtensionIds::default()
    };
    let packet = input.rest();
    let encrypted = RtpHeader::parse_encrypted(packet);
    let Ok(header) = RtpHeader::parse(packet) else { return };
    let encrypted = encrypted.expect("a whole header reads without its padding as well");
    assert_eq!(encrypted.payload_start, header.payload_start);
    let padding = usize::from(header.padding);
    assert_eq!(header.payload_start + header.payload(packet).len() + padding, packet.len());
    let listed: usize = elements(packet, &header).map(|(_, value)| value.len() + 1).sum();
    assert!(listed <= header.extension_end - header.extension_start, "elements overlap");
    let found = Extensions::parse(packet, &header, &ids);
    assert!(found.audio_level.is_none_or(|(level, _)| level <= 127));
    assert!(found.abs_send_time.is_none_or(|time| time < 1 << 24));
}
