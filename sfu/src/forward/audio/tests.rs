use proptest::prelude::*;

use super::*;

fn packet(source: u32, sequence: u64, timestamp: u32, ms: u64) -> IngressAudio {
    IngressAudio {
        source,
        sequence,
        timestamp,
        marker: false,
        arrived: Time::from_millis(ms),
        padding_only: false,
    }
}

/// Sequence (on the wire), timestamp and marker of the outgoing packet.
fn out(projection: &mut AudioProjection, packet: IngressAudio) -> Result<(u16, u32, bool), DropReason> {
    projection.project(&packet).map(|p| (p.sequence16(), p.timestamp, p.marker))
}

#[test]
fn one_source_keeps_its_gaps_order_and_silences() {
    let mut p = AudioProjection::new(65534, u32::MAX - 959);
    let rows = [
        (10, 5000, 0, Ok((65534, u32::MAX - 959, true))),
        (11, 5960, 20, Ok((65535, 0, false))),
        (13, 7880, 60, Ok((1, 1920, false))),
        (12, 6920, 61, Ok((0, 960, false))),
        (12, 6920, 62, Err(DropReason::Duplicate)),
        (9, 4040, 63, Err(DropReason::TooOld)),
        // Discontinuous transmission: the clock runs on, the numbers don't.
        (14, 27080, 460, Ok((2, 21120, false))),
    ];
    for (sequence, timestamp, ms, expected) in rows {
        assert_eq!(out(&mut p, packet(1, sequence, timestamp, ms)), expected, "{sequence}");
    }
}

#[test]
fn pause_and_change_of_source_go_on_by_arrival_time() {
    let mut p = AudioProjection::new(100, 1000);
    assert_eq!(out(&mut p, packet(1, 10, 0, 0)), Ok((100, 1000, true)));
    p.pause();
    assert_eq!(out(&mut p, packet(1, 11, 960, 20)), Err(DropReason::Muted));
    p.resume();
    assert_eq!(out(&mut p, packet(1, 60, 48_000, 2_000)), Ok((101, 1000 + 96_000, true)));
    assert_eq!(out(&mut p, packet(1, 59, 47_040, 2_001)), Err(DropReason::TooOld));
    // Another source 5 ms later: at least one frame's length ahead.
    assert_eq!(out(&mut p, packet(2, 7, 77, 2_005)), Ok((102, 1000 + 96_960, true)));
    assert_eq!(out(&mut p, packet(2, 8, 1037, 2_025)), Ok((103, 1000 + 97_920, false)));
    assert_eq!(p.map_timestamp(2, 77), Some(1000 + 96_960));
    assert_eq!(p.map_timestamp(1, 77), None);
}

#[test]
fn a_restarted_source_goes_on_without_a_hole() {
    let mut p = AudioProjection::new(100, 1000);
    assert_eq!(out(&mut p, packet(1, 10_000, 0, 0)), Ok((100, 1000, true)));
    // A jump forward, a clock that jumps, and two numbers in a row far behind.
    assert_eq!(out(&mut p, packet(1, 20_000, 960, 20)), Ok((101, 1960, true)));
    assert_eq!(out(&mut p, packet(1, 20_001, 900_000_000, 40)), Ok((102, 2920, true)));
    assert_eq!(out(&mut p, packet(1, 500, 3, 60)), Err(DropReason::TooOld));
    assert_eq!(out(&mut p, packet(1, 501, 963, 80)), Ok((103, 4840, true)));
}

#[test]
fn what_was_left_out_closes_up_and_the_clock_goes_on() {
    let mut p = AudioProjection::new(100, 1000);
    p.close_up();
    assert_eq!(out(&mut p, packet(1, 10, 5000, 0)), Ok((100, 1000, true)));
    assert_eq!(out(&mut p, packet(1, 11, 5960, 20)), Ok((101, 1960, false)));
    // A minute was left out. The next packet came 7 ms late, which is none of the clock's business.
    p.close_up();
    assert_eq!(
        out(&mut p, packet(1, 3012, 5960 + 3001 * 960, 20 + 60_027)),
        Ok((102, 1960 + 3001 * 960, true))
    );
    assert_eq!(out(&mut p, packet(1, 3011, 5960 + 3000 * 960, 60_048)), Err(DropReason::TooOld));
    assert_eq!(out(&mut p, packet(1, 3014, 5960 + 3003 * 960, 60_090)), Ok((104, 1960 + 3003 * 960, false)));
    assert_eq!(out(&mut p, packet(1, 3013, 5960 + 3002 * 960, 60_091)), Ok((103, 1960 + 3002 * 960, false)));
    // Late packets of before end nothing.
    p.close_up();
    assert_eq!(out(&mut p, packet(1, 3013, 5960 + 3002 * 960, 60_092)), Err(DropReason::Duplicate));
    assert_eq!(out(&mut p, packet(1, 3016, 5960 + 3005 * 960, 60_130)), Ok((105, 1960 + 3005 * 960, true)));
    // What isn't sound takes no number, however many were left out before it.
    p.close_up();
    let silence = IngressAudio { padding_only: true, ..packet(1, 3500, 5960 + 3489 * 960, 69_810) };
    assert_eq!(out(&mut p, silence), Err(DropReason::PaddingOnly));
    assert_eq!(out(&mut p, packet(1, 3501, 5960 + 3490 * 960, 69_830)), Ok((106, 1960 + 3490 * 960, true)));
    // A source that restarted meanwhile begins by arrival time.
    p.close_up();
    assert_eq!(out(&mut p, packet(2, 7, 1, 70_830)), Ok((107, 1960 + 3490 * 960 + 48_000, true)));
    assert_eq!(out(&mut p, packet(2, 8, 961, 70_850)), Ok((108, 1960 + 3490 * 960 + 48_960, false)));
}

#[test]
fn padding_leaves_no_hole() {
    let mut p = AudioProjection::new(100, 1000);
    let padding = |sequence| IngressAudio { padding_only: true, ..packet(1, sequence, 0, 0) };
    assert_eq!(out(&mut p, padding(9)), Err(DropReason::PaddingOnly));
    assert_eq!(out(&mut p, packet(1, 10, 0, 0)), Ok((100, 1000, true)));
    assert_eq!(out(&mut p, padding(11)), Err(DropReason::PaddingOnly));
    assert_eq!(out(&mut p, packet(1, 12, 960, 20)), Ok((101, 1960, false)));
    // One lost before the padding keeps its place.
    assert_eq!(out(&mut p, padding(14)), Err(DropReason::PaddingOnly));
    assert_eq!(out(&mut p, packet(1, 15, 1920, 40)), Ok((103, 2920, false)));
}

proptest! {
    #[test]
    fn no_number_goes_out_twice_whatever_comes(
        steps in proptest::collection::vec(
            (0u32..3, prop_oneof![9 => 70_000u64..70_300, 1 => 0u64..1 << 48], any::<u32>(), 0u64..50, 0u8..20),
            1..300,
        )
    ) {
        let mut p = AudioProjection::new(65_400, 7);
        let (mut ms, mut numbers) = (0, std::collections::BTreeSet::new());
        for (source, sequence, timestamp, after, action) in steps {
            ms += after;
            match action {
                0 => p.pause(),
                1 => p.resume(),
                3 => p.close_up(),
                _ => {}
            }
            // Timestamps mostly follow the numbers.
            let timestamp = if action < 5 { timestamp } else { (sequence as u32).wrapping_mul(960) };
            let padding_only = action == 2;
            if let Ok(out) = p.project(&IngressAudio { padding_only, ..packet(source, sequence, timestamp, ms) }) {
                prop_assert!(numbers.insert(out.sequence) && !padding_only);
            }
        }
    }
}
