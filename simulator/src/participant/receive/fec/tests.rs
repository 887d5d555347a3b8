use super::store::Store;
use super::*;
use proptest::prelude::*;
use sfu::rtp::flexfec::Mask;

const MEDIA: u32 = 0x0a0b_0c0d;
const FEC: u32 = 0x0102_0304;

fn ms(millis: u64) -> Time {
    Time::from_millis(millis)
}

fn media(sequence: u16, len: usize) -> Vec<u8> {
    let mut packet = vec![0x80, 96];
    packet.extend_from_slice(&sequence.to_be_bytes());
    packet.extend_from_slice(&(u32::from(sequence) * 90).to_be_bytes());
    packet.extend_from_slice(&MEDIA.to_be_bytes());
    packet.extend((0..len).map(|n| (usize::from(sequence) * 7 + n) as u8));
    packet
}

/// A repair packet for `packets`, which are numbered from `base` on.
fn repair(protected: u32, base: u16, packets: &[Vec<u8>]) -> Vec<u8> {
    let (mut parity, mut mask) = (Parity::default(), Mask::default());
    for packet in packets {
        let sequence = u16::from_be_bytes([packet[2], packet[3]]);
        let offset = Mask::of(u64::from(sequence.wrapping_sub(base))).expect("near the base");
        mask = mask.joined(offset).expect("each once");
        parity.toggle(packet);
    }
    let mut out = vec![0x81, 49, 0, 1, 0, 0, 0, 0];
    out.extend_from_slice(&FEC.to_be_bytes());
    out.extend_from_slice(&protected.to_be_bytes());
    parity.write(base, mask, &mut out);
    out
}

fn take(receiver: &mut FecReceiver, now: Time, packet: &[u8]) -> Vec<Vec<u8>> {
    let header = RtpHeader::parse(packet).expect("a proper packet");
    receiver.receive(now, &header, packet);
    let mut recovered = Vec::new();
    while let Some((header, packet)) = receiver.recovered() {
        assert_eq!(header.ssrc, MEDIA);
        recovered.push(packet.to_vec());
    }
    recovered
}

fn counts(receiver: &FecReceiver) -> (u64, u64) {
    let counters = receiver.add_to(FlowCounters::default());
    (counters.fec_packets, counters.fec_discarded)
}

#[test]
fn one_missing_packet_is_recovered_and_two_wait() {
    let packets: Vec<_> = [65_534, 65_535, 0, 1].map(|sequence| media(sequence, 40)).into();
    let mut receiver = FecReceiver::new(MEDIA, FEC);
    let row = repair(MEDIA, 65_534, &packets);
    let column = repair(MEDIA, 65_534, &[packets[0].clone(), packets[2].clone()]);
    assert!(take(&mut receiver, ms(0), &packets[0]).is_empty());
    assert!(take(&mut receiver, ms(1), &packets[3]).is_empty());
    assert_eq!(receiver.patience(ms(1)), REORDERING);
    assert!(take(&mut receiver, ms(2), &row).is_empty(), "two are missing");
    assert_eq!(receiver.patience(ms(1)), PATIENCE);
    // The column gives one, and with that the row gives the other.
    assert_eq!(take(&mut receiver, ms(3), &column), [packets[2].clone(), packets[1].clone()]);
    assert!(take(&mut receiver, ms(4), &packets[1]).is_empty());
    assert!(take(&mut receiver, ms(5), &row).is_empty(), "nothing is missing");
    assert_eq!(counts(&receiver), (3, 1));
}

#[test]
fn a_late_packet_completes_a_repair_packet_that_waits() {
    let packets: Vec<_> = (10..14).map(|sequence| media(sequence, 30)).collect();
    let mut receiver = FecReceiver::new(MEDIA, FEC);
    take(&mut receiver, ms(0), &packets[0]);
    take(&mut receiver, ms(0), &packets[1]);
    take(&mut receiver, ms(1), &repair(MEDIA, 10, &packets));
    assert_eq!(take(&mut receiver, ms(2), &packets[3]), [packets[2].clone()]);
    // One that waits for too long is of no use any more.
    take(&mut receiver, ms(3), &repair(MEDIA, 20, &[media(20, 9), media(21, 9)]));
    take(&mut receiver, ms(1_500), &media(100, 9));
    assert_eq!(counts(&receiver), (2, 1));
}

#[test]
fn what_is_for_others_or_makes_no_sense_is_discarded() {
    let mut receiver = FecReceiver::new(MEDIA, FEC);
    take(&mut receiver, ms(0), &media(1, 20));
    let lost = media(2, 20);
    assert!(take(&mut receiver, ms(1), &repair(MEDIA + 1, 2, std::slice::from_ref(&lost))).is_empty());
    let mut cut = repair(MEDIA, 2, std::slice::from_ref(&lost));
    cut.truncate(24);
    assert!(take(&mut receiver, ms(2), &cut).is_empty());
    let mut short = repair(MEDIA, 2, &[lost]);
    short.pop();
    assert!(take(&mut receiver, ms(3), &short).is_empty(), "less than its length says");
    assert_eq!(counts(&receiver), (3, 3));
}

#[test]
fn memory_is_bounded_in_packets_bytes_and_age() {
    let mut store = Store::default();
    (0..2_000).for_each(|n| store.insert(ms(0), n, &[0; 100]));
    assert_eq!(store.sizes(), (512, 51_200));
    (2_000..4_000).for_each(|n| store.insert(ms(0), n, &[0; 1_400]));
    assert!(store.sizes().1 <= 640 << 10 && store.sizes().0 > 400, "{:?}", store.sizes());
    store.insert(ms(1_000), 1, &[0; 10]);
    assert_eq!(store.sizes(), (1, 10));
    let mut receiver = FecReceiver::new(MEDIA, FEC);
    for n in 0..1_000 {
        take(&mut receiver, ms(0), &repair(MEDIA, n * 2, &[media(n * 2, 9), media(n * 2 + 1, 9)]));
    }
    assert_eq!(receiver.waiting.len(), MAX_WAITING);
}

proptest! {
    #[test]
    fn garbage_breaks_nothing(payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..40)) {
        let mut receiver = FecReceiver::new(MEDIA, FEC);
        for (n, payload) in payloads.iter().enumerate() {
            let mut packet = repair(MEDIA, 0, &[]);
            packet.truncate(16);
            packet.extend_from_slice(payload);
            take(&mut receiver, ms(n as u64), &packet);
            take(&mut receiver, ms(n as u64), &media(n as u16, n));
        }
        prop_assert!(receiver.waiting.len() <= MAX_WAITING);
    }
}
