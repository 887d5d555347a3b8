//! The rows of LiveKit's meter: `pkg/sfu/audio/audiolevel_test.go`, and what follows from its rule.

use super::*;

const FRAME: Duration = Duration::from_millis(20);
const PLAIN: MeterConfig =
    MeterConfig { active: 30, least_share: 10, window: Duration::from_millis(500), smoothing: 1 };

/// A meter after `runs` of (how many frames, level), and the time of the last frame.
fn after(config: MeterConfig, runs: &[(u32, u8)]) -> (ActivityMeter, Time) {
    let (mut meter, mut now) = (ActivityMeter::new(config), Time::from_secs(7));
    for (count, level) in runs {
        for _ in 0..*count {
            now += FRAME;
            meter.observe(now, *level, FRAME);
        }
    }
    (meter, now)
}

fn power(exponent: f64) -> f64 {
    libm::pow(10.0, exponent)
}

#[test]
fn activity_level_of_livekit() {
    // Row, frames, active, level above, level below.
    type Row = (&'static str, &'static [(u32, u8)], bool, f64, f64);
    let rows: [Row; 5] = [
        ("T7.001", &[], false, -1.0, 1e-9),
        ("T7.003", &[(100, 35)], false, -1.0, 1e-9),
        ("T7.005", &[(9, 35), (8, 25), (8, 29)], true, power(-1.5), power(-1.25)),
        ("T7.006", &[(100, 25)], true, power(-1.5), 0.1),
        ("T7.011", &[(10, 20), (15, 60)], true, 0.04 - 1e-9, 0.04 + 1e-9),
    ];
    for (row, runs, active, above, below) in rows {
        let (meter, now) = after(PLAIN, runs);
        let level = meter.level(now);
        assert_eq!(meter.is_active(now), active, "{row}");
        assert!(above < level && level < below, "{row}: {level}");
    }
}

#[test]
fn t7_007_nothing_for_two_windows_is_silence() {
    let (meter, now) = after(PLAIN, &[(100, 25)]);
    assert!(meter.is_active(now + Duration::from_millis(999)));
    assert!(meter.level(now + Duration::from_millis(1_000)) == 0.0);
    assert!(!meter.is_active(now + Duration::from_millis(1_500)));
}

#[test]
fn smoothing_by_t7_014_and_t7_015() {
    let smooth = MeterConfig { smoothing: 2, ..PLAIN };
    let (meter, now) = after(smooth, &[(25, 30)]);
    assert!((meter.level(now) - power(-1.5) * 2.0 / 3.0).abs() < 1e-12);
    let (meter, now) = after(smooth, &[(50, 30)]);
    assert!((meter.level(now) - power(-1.5) * 8.0 / 9.0).abs() < 1e-12);
    // One window below the share, 2 frames of 25 in place of 3, ends it at once.
    let (meter, now) = after(smooth, &[(50, 30), (2, 30), (23, 60)]);
    assert!(meter.level(now) == 0.0);
    let (meter, now) = after(smooth, &[(50, 30), (3, 30), (22, 60)]);
    assert!(meter.level(now) > 0.0);
}

#[test]
fn what_was_before_a_gap_does_not_fill_up_the_window_after_it() {
    let (mut meter, now) = after(PLAIN, &[(24, 20)]);
    let later = now + Duration::from_secs(1);
    meter.observe(later, 20, FRAME);
    assert!(meter.level(later) == 0.0, "one frame is no window");
}
