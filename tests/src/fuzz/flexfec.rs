//! FlexFEC. Input: the number of streams, then a repair packet's payload; the same bytes, cut into packets, are
//! protected and recovered.

use sfu::rtp::flexfec::{FecHeader, MAX_HEADER_LEN, Mask, Parity, Protection};

use super::input::Input;

pub(super) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let (streams, base) = (usize::from(input.u8() % 17), input.u16());
    let rest = input.rest();
    read(rest, streams);
    protect(rest, base);
}

/// Whatever is read makes sense, and reads the same when it is written again.
fn read(payload: &[u8], streams: usize) {
    let Ok(header) = FecHeader::parse(payload, streams) else { return };
    assert!(header.len <= payload.len() && header.len <= 8 + 15 * (MAX_HEADER_LEN - 8));
    assert!(header.protections.len() == streams.min(15));
    let mut parity = Parity::default();
    parity.load(&header, payload);
    let mut recovered = Vec::new();
    if parity.recover(7, 9, &mut recovered).is_ok() {
        assert_eq!(recovered.len(), 12 + usize::from(header.recovery.length));
    }
    for protection in &header.protections {
        assert!((1..=255).contains(&protection.sequences().count()));
        let Protection::Flexible { base, mask } = *protection else { continue };
        let mut written = Vec::new();
        parity.write(base, mask, &mut written);
        let again = FecHeader::parse(&written, 1).expect("what is written reads back");
        assert_eq!((again.recovery, again.protections[0]), (header.recovery, *protection));
    }
}

/// Any one of the packets comes back.
fn protect(bytes: &[u8], base: u16) {
    let packets: Vec<Vec<u8>> = bytes
        .chunks(40)
        .filter(|chunk| chunk.len() >= 12)
        .take(30)
        .map(|chunk| [&[0x80 | chunk[0] & 0x3f], &chunk[1..]].concat())
        .collect();
    let Some(lost) = packets.len().checked_sub(1).map(|last| usize::from(bytes[0]) % (last + 1)) else {
        return;
    };
    let (mut parity, mut mask) = (Parity::default(), Mask::default());
    for (offset, packet) in (0..).step_by(3).zip(&packets) {
        mask = mask.joined(Mask::of(offset).expect("90 at most")).expect("each once");
        parity.toggle(packet);
    }
    let mut repair = Vec::new();
    parity.write(base, mask, &mut repair);
    let header = FecHeader::parse(&repair, 1).expect("what is written reads back");
    parity.load(&header, &repair);
    packets.iter().enumerate().filter(|(n, _)| *n != lost).for_each(|(_, packet)| parity.toggle(packet));
    let mut recovered = Vec::new();
    parity.recover(3, 4, &mut recovered).expect("all others are there");
    let numbered =
        [&packets[lost][..2], &[0, 3], &packets[lost][4..8], &[0, 0, 0, 4], &packets[lost][12..]].concat();
    assert_eq!(recovered, numbered);
}
