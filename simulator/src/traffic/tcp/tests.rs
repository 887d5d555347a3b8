use super::cubic::Cubic;
use super::reno::Reno;
use super::*;

fn ms(millis: u64) -> Time {
    Time::from_millis(millis)
}

/// Mean window over some sixty losses on a path that loses every `every`-th segment and no other.
fn mean_window(window: &mut dyn CongestionWindow, every: u64, rtt: Duration, law: f64) -> f64 {
    let rounds = (60.0 * every as f64 / law) as u32;
    let (mut until_loss, mut sent, mut counted) = (every, 0, 0);
    for round in 0..rounds {
        let now = Time::ZERO + rtt * round;
        let flight = window.segments() as u64;
        if flight >= until_loss {
            until_loss = every - (flight - until_loss) % every;
            window.lost();
        } else {
            until_loss -= flight;
            // Acknowledgements come through the round, not all at once.
            for n in 0..flight {
                let at = now + rtt.mul_f64(n as f64 / flight as f64);
                window.acknowledged(at, 1.0, rtt);
            }
        }
        if round > rounds / 4 {
            (sent, counted) = (sent + flight, counted + 1);
        }
    }
    sent as f64 / f64::from(counted)
}

/// Mathis, Semke, Mahdavi and Ott 1997: √(3/2) / √p segments per round trip.
#[test]
fn reno_follows_the_inverse_square_root_of_loss() {
    for every in [300, 1_000, 10_000, 100_000] {
        let law = (1.5 * every as f64).sqrt();
        let mean = mean_window(&mut Reno::default(), every, Duration::from_millis(100), law);
        assert!((mean / law - 1.0).abs() < 0.1, "1/p = {every}: {mean} segments, the law says {law}");
    }
}

/// RFC 9438 section 5.1, equation 5: (C·(3 + β) / (4·(1 − β)))^¼ · (RTT / p)^¾, where that is above Reno.
#[test]
fn cubic_follows_its_response_function() {
    for (every, rtt) in [(10_000, 100), (100_000, 100), (100_000, 200)] {
        let span = Duration::from_millis(rtt);
        let law = libm::pow(0.4 * 3.7 / 1.2, 0.25) * libm::pow(span.as_secs_f64() * every as f64, 0.75);
        let mean = mean_window(&mut Cubic::default(), every, span, law);
        assert!((mean / law - 1.0).abs() < 0.1, "1/p = {every}, {rtt} ms: {mean}, the law says {law}");
    }
}

/// With short round trips and much loss CUBIC is as fast as Reno (RFC 9438 section 4.3).
#[test]
fn cubic_is_reno_where_reno_is_faster() {
    for every in [300, 1_000, 10_000] {
        let rtt = Duration::from_millis(5);
        let [cubic, reno]: [&mut dyn CongestionWindow; 2] = [&mut Cubic::default(), &mut Reno::default()];
        let law = (1.5 * every as f64).sqrt();
        let [cubic, reno] = [cubic, reno].map(|window| mean_window(window, every, rtt, law));
        assert!((cubic / reno - 1.0).abs() < 0.15, "1/p = {every}: {cubic} and {reno}");
    }
}

/// W(t) = C·(t − K)³ + W_max: after a loss at 1000 segments, over a path of 100 ms.
#[test]
fn cubic_rises_along_its_curve() {
    let rtt = Duration::from_millis(100);
    let mut window = Cubic::default();
    window.acknowledged(ms(0), 990.0, rtt);
    window.lost();
    assert!((window.segments() - 700.0).abs() < 1e-9);
    let inflection = libm::cbrt(300.0 / 0.4);
    for round in 0..200u64 {
        let flight = window.segments() as u64;
        for n in 0..flight {
            window.acknowledged(ms(100 * round) + rtt.mul_f64(n as f64 / flight as f64), 1.0, rtt);
        }
        let t = (round + 1) as f64 / 10.0 - inflection;
        let curve = 0.4 * t * t * t + 1_000.0;
        let error = window.segments() / curve - 1.0;
        assert!(error.abs() < 0.02, "{} at {} s, the curve says {curve}", window.segments(), t + inflection);
    }
}

#[test]
fn slow_start_doubles_up_to_the_threshold() {
    let windows: [&mut dyn CongestionWindow; 2] = [&mut Reno::default(), &mut Cubic::default()];
    for window in windows {
        window.acknowledged(ms(0), 10.0, Duration::from_millis(50));
        assert_eq!(window.segments(), 20.0);
        window.timed_out();
        assert_eq!(window.segments(), 1.0);
        (0..3).for_each(|n| window.acknowledged(ms(n), window.segments(), Duration::from_millis(50)));
        assert_eq!(window.segments(), 8.0);
        window.acknowledged(ms(3), 8.0, Duration::from_millis(50));
        assert!((10.0..14.5).contains(&window.segments()), "{}", window.segments());
    }
}

#[test]
fn no_loss_brings_a_window_below_its_least() {
    let windows: [&mut dyn CongestionWindow; 2] = [&mut Reno::default(), &mut Cubic::default()];
    for window in windows {
        (0..100).for_each(|_| window.lost());
        assert_eq!(window.segments(), 2.0);
    }
}
