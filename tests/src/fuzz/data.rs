//! Data channels: openings, envelopes, and SCTP packets at one end of an association.

use std::time::Duration;

use bytes::Bytes;
use sfu::Time;
use sfu::data::dcep::Message;
use sfu::data::envelope::Envelope;
use sfu::data::{Association, AssociationEvent, AssociationSeed, MAX_PACKET, Payload, Side};

use super::input::Input;

/// What an association may make of one packet: an acknowledgement, or an answer, and what was waiting.
const MOST_PACKETS: usize = 2_000;

pub(super) fn run_dcep(data: &[u8]) {
    if let Ok(message) = Message::parse(data) {
        assert_eq!(Message::parse(&message.to_bytes()), Ok(message));
    }
}

pub(super) fn run_envelope(data: &[u8]) {
    if let Ok(envelope) = Envelope::parse(data) {
        let written = envelope.to_bytes().expect("its id was read");
        assert_eq!(Envelope::parse(&written), Ok(envelope));
    }
}

/// Input: operations. Some let an honest peer go on, some put chunks of the input under a sound header, some are
/// packets as they are.
pub(super) fn run_sctp(data: &[u8]) {
    play(data);
}

/// Whether the association stood at some time.
fn play(data: &[u8]) -> bool {
    let seed = |of: u8| AssociationSeed::from_bytes(&[of; AssociationSeed::LEN]);
    let mut honest = Association::new(Side::Open, seed(1));
    let mut tested = Association::new(Side::Accept, seed(2));
    let mut now = Time::from_secs(1);
    honest.open(now);
    let mut input = Input::new(data);
    let (mut steps, mut stood) = (0, false);
    while !input.is_empty() && steps < 400 {
        steps += 1;
        let op = input.u8();
        match op & 7 {
            0 | 1 => exchange(now, &mut honest, &mut tested),
            2 => {
                now += Duration::from_millis(u64::from(input.u16()));
                honest.handle_timeout(now);
                tested.handle_timeout(now);
            }
            3 => {
                let message = Bytes::copy_from_slice(input.chunk());
                honest.open_stream(u16::from(op >> 3));
                honest.send(now, u16::from(op >> 3), Payload::Binary, &message);
                tested.send(now, u16::from(op >> 3), Payload::Text, &message);
            }
            4 => tested.reset(now, u16::from(op >> 3)),
            5 => {
                let _ = tested.handle(now, input.chunk());
            }
            _ => {
                let tag = if op & 8 == 0 { seed(2).tag } else { 0 };
                let _ = tested.handle(now, &packet(tag, &mut input));
            }
        }
        drain(&mut tested);
        stood |= tested.is_established();
    }
    stood
}

fn exchange(now: Time, honest: &mut Association, tested: &mut Association) {
    for _ in 0..2 {
        while let Some(packet) = honest.poll_transmit() {
            let _ = tested.handle(now, &packet);
        }
        while let Some(packet) = tested.poll_transmit() {
            let _ = honest.handle(now, &packet);
        }
    }
    drain(honest);
}

fn drain(end: &mut Association) {
    let mut packets = 0;
    while let Some(packet) = end.poll_control() {
        assert!(packet.len() <= MAX_PACKET as usize, "{} bytes", packet.len());
        packets += 1;
    }
    assert!(packets <= MOST_PACKETS);
    while let Some(event) = end.poll_event() {
        if let AssociationEvent::Message { data, .. } = event {
            assert!(!data.is_empty());
        }
    }
}

/// A packet of the input's chunks with a right checksum.
fn packet(tag: u32, input: &mut Input<'_>) -> Vec<u8> {
    let mut packet = vec![0x13, 0x88, 0x13, 0x88];
    packet.extend_from_slice(&tag.to_be_bytes());
    packet.extend_from_slice(&[0; 4]);
    for _ in 0..=input.u8() & 3 {
        let (kind, flags, value) = (input.u8(), input.u8(), input.chunk());
        let value = &value[..value.len().min(1_200)];
        packet.extend_from_slice(&[kind, flags]);
        packet.extend_from_slice(&(value.len() as u16 + 4).to_be_bytes());
        packet.extend_from_slice(value);
        packet.resize(packet.len().next_multiple_of(4), 0);
    }
    let checksum = crc32c(&packet);
    packet[8..12].copy_from_slice(&checksum.to_le_bytes());
    packet
}

/// Bit by bit: a second implementation beside the table of the seam.
fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_of_two_exchanges_makes_an_association() {
        assert!(play(&[0, 0]) && !play(&[2, 0, 1]));
    }
}
