use proptest::prelude::*;

use super::*;

const OPUS: u8 = 111;
const ROOM: usize = 1_150;

fn filled(packets: &[(u64, u32, &[u8])]) -> AudioTail {
    let mut tail = AudioTail::default();
    for (sequence, timestamp, payload) in packets {
        tail.insert(*sequence, *timestamp, payload);
    }
    tail
}

/// Offsets of the blocks and the first byte of each.
fn listed(blocks: &Blocks<'_>) -> Vec<(u16, u8)> {
    blocks.as_slice().iter().map(|block| (block.offset, block.payload[0])).collect()
}

#[test]
fn redundancy_is_an_unbroken_chain_of_what_was_sent() {
    let a: &[u8] = &[0xa; 40];
    let b: &[u8] = &[0xb; 40];
    let dtx: &[u8] = &[0xd];
    let huge: &[u8] = &[0xe; 1_024];
    // what came before; packet and timestamp; wanted; room; the lowest number that was sent; blocks
    type Row<'a> = (&'a [(u64, u32, &'a [u8])], (u64, u32), (u8, usize, u64), &'a [(u16, u8)]);
    let rows: [Row<'_>; 15] = [
        (&[(8, 0, a), (9, 960, b)], (10, 1_920), (2, ROOM, 0), &[(1_920, 0xa), (960, 0xb)]),
        (&[(8, 0, a), (9, 960, b)], (10, 1_920), (1, ROOM, 0), &[(960, 0xb)]),
        (&[(8, 0, a), (9, 960, b)], (10, 1_920), (0, ROOM, 0), &[]),
        // 8 was not sent to this receiver; neither of them was.
        (&[(8, 0, a), (9, 960, b)], (10, 1_920), (2, ROOM, 9), &[(960, 0xb)]),
        (&[(8, 0, a), (9, 960, b)], (10, 1_920), (2, ROOM, 10), &[]),
        // 9 is missing: what lies before it can't be counted back to.
        (&[(8, 0, a)], (10, 1_920), (2, ROOM, 0), &[]),
        // 9 came late, but in time.
        (&[(8, 0, a), (10, 1_920, b), (9, 960, a)], (11, 2_880), (2, ROOM, 0), &[(1_920, 0xa), (960, 0xb)]),
        // A pause lies between, though it could be written.
        (&[(8, 0, a), (9, 960, b)], (10, 9_600), (2, ROOM, 0), &[]),
        (&[(8, 0, a), (9, 6_720, b)], (10, 7_680), (2, ROOM, 0), &[(960, 0xb)]),
        // Comfort noise repeats nothing.
        (&[(8, 0, a), (9, 960, dtx)], (10, 1_920), (2, ROOM, 0), &[]),
        // Longer than a block can be.
        (&[(8, 0, huge), (9, 960, b)], (10, 1_920), (2, ROOM, 0), &[(960, 0xb)]),
        // Room for one with its header, and for one byte less.
        (&[(8, 0, a), (9, 960, b)], (10, 1_920), (2, 44, 0), &[(960, 0xb)]),
        (&[(8, 0, a), (9, 960, b)], (10, 1_920), (2, 43, 0), &[]),
        // Around the wrap of the timestamp.
        (&[(8, u32::MAX - 959, a), (9, 0, b)], (10, 960), (2, ROOM, 0), &[(1_920, 0xa), (960, 0xb)]),
        // A timestamp that stands still, or goes back.
        (&[(8, 0, a), (9, 1_920, b)], (10, 1_920), (2, ROOM, 0), &[]),
    ];
    for (n, (before, packet, (wanted, room, lowest), expected)) in rows.into_iter().enumerate() {
        let tail = filled(before);
        let blocks = tail.preceding(packet, wanted, OPUS, room, |number| number >= lowest);
        assert_eq!(listed(&blocks), expected, "row {n}");
    }
}

#[test]
fn redundancy_fills_the_hole_that_it_fits() {
    // newest (number, timestamp); packet and timestamp; offsets of the blocks, the oldest first; numbers recovered
    type Row<'a> = ((u64, u32), (u64, u32), &'a [u16], &'a [(u64, u32)]);
    let rows: [Row<'_>; 14] = [
        ((7, 0), (8, 960), &[960], &[]),
        ((7, 0), (9, 1_920), &[960], &[(8, 960)]),
        ((7, 0), (9, 1_920), &[1_920, 960], &[(8, 960)]),
        ((7, 0), (10, 2_880), &[1_920, 960], &[(8, 960), (9, 1_920)]),
        // Three are missing and two are here: those next to the packet.
        ((7, 0), (11, 3_840), &[1_920, 960], &[(9, 1_920), (10, 2_880)]),
        // A pause somewhere in the hole: one block of two, so it can't be said which.
        ((7, 0), (10, 9_600), &[960], &[]),
        // But both are here.
        ((7, 0), (10, 9_600), &[1_920, 960], &[(8, 7_680), (9, 8_640)]),
        // A block of before the hole fills none of it.
        ((7, 0), (9, 1_920), &[2_880], &[]),
        // Blocks out of order, and twice the same.
        ((7, 0), (10, 2_880), &[960, 1_920], &[]),
        ((7, 0), (10, 2_880), &[960, 960], &[]),
        // Late, restarted, and too far.
        ((9, 1_920), (8, 960), &[960], &[]),
        ((7, 96_000), (9, 960), &[960], &[]),
        ((7, 0), (7 + 65, 65 * 960), &[960], &[]),
        ((7, u32::MAX), (9, 1_919), &[960], &[(8, 959)]),
    ];
    for (n, (newest, packet, offsets, expected)) in rows.into_iter().enumerate() {
        let tail = filled(&[(newest.0, newest.1, &[1; 40])]);
        let mut redundant = Blocks::default();
        for offset in offsets {
            assert!(redundant.push(Block { payload_type: OPUS, offset: *offset, payload: &[2; 40] }));
        }
        let red = Red { redundant, payload_type: OPUS, primary: &[3; 40] };
        let found = tail.missing(packet, &red, OPUS);
        let found: Vec<_> = found.as_slice().iter().map(|r| (r.sequence, r.timestamp)).collect();
        assert_eq!(found, expected, "row {n}");
        assert!(tail.missing(packet, &red, OPUS + 1).as_slice().is_empty(), "row {n}: another type");
    }
    let red = Red { redundant: Blocks::default(), payload_type: OPUS, primary: &[3] };
    assert!(AudioTail::default().missing((5, 0), &red, OPUS).as_slice().is_empty(), "nothing came before");
}

#[test]
fn an_old_number_does_not_displace_a_new_one() {
    let mut tail = filled(&[(8, 0, &[8; 9]), (12, 3_840, &[12; 9])]);
    tail.insert(8, 0, &[8; 9]);
    let blocks = tail.preceding((13, 4_800), 1, OPUS, ROOM, |_| true);
    assert_eq!(listed(&blocks), [(960, 12)]);
    tail.clear();
    assert!(tail.preceding((13, 4_800), 1, OPUS, ROOM, |_| true).is_empty());
}

proptest! {
    /// A publisher with pauses and any redundancy, any packets lost: what is recovered is what was sent.
    #[test]
    fn what_is_recovered_was_sent_under_that_number(
        packets in prop::collection::vec((prop::sample::select(vec![1_u32, 1, 1, 1, 20]), prop::bool::weighted(0.3)), 2..80),
        distance in 1..4_usize,
        start in any::<u32>(),
    ) {
        let mut clock = start;
        let sent: Vec<(u64, u32, [u8; 4])> = packets.iter().zip(100_u64..).map(|((step, _), number)| {
            clock = clock.wrapping_add(step * 960);
            (number, clock, (number as u32).to_be_bytes())
        }).collect();
        let mut tail = AudioTail::default();
        for (at, (number, timestamp, payload)) in sent.iter().enumerate() {
            if packets[at].1 {
                continue;
            }
            // As libwebrtc does it: the packets before, whatever lies between, as far as the header reaches.
            let mut redundant = Blocks::default();
            for (_, before, payload) in &sent[at.saturating_sub(distance)..at] {
                let offset = timestamp.wrapping_sub(*before);
                if offset <= u32::from(red::MAX_OFFSET) {
                    let block = Block { payload_type: OPUS, offset: offset as u16, payload };
                    prop_assert!(redundant.push(block));
                }
            }
            let red = Red { redundant, payload_type: OPUS, primary: payload };
            for found in tail.missing((*number, *timestamp), &red, OPUS).as_slice() {
                let (number, timestamp, payload) = &sent[(found.sequence - 100) as usize];
                prop_assert!(packets[(number - 100) as usize].1, "it was missing");
                prop_assert_eq!((found.timestamp, found.payload), (*timestamp, payload.as_slice()));
            }
            tail.insert(*number, *timestamp, payload);
        }
    }
}
