use super::*;

const DRAWS: usize = 200_000;

struct Moments {
    mean: f64,
    variance: f64,
}

fn moments(mut draw: impl FnMut() -> f64) -> Moments {
    let draws: Vec<f64> = (0..DRAWS).map(|_| draw()).collect();
    let mean = draws.iter().sum::<f64>() / DRAWS as f64;
    let variance = draws.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (DRAWS - 1) as f64;
    Moments { mean, variance }
}

/// Mean and variance within five standard errors; `kurtosis` is the fourth central moment over variance².
fn assert_moments(name: &str, found: &Moments, mean: f64, variance: f64, kurtosis: f64) {
    let n = DRAWS as f64;
    let mean_bound = 5.0 * (variance / n).sqrt();
    let variance_bound = 5.0 * variance * ((kurtosis - 1.0) / n).sqrt();
    assert!((found.mean - mean).abs() < mean_bound, "{name}: mean {} not {mean}", found.mean);
    assert!(
        (found.variance - variance).abs() < variance_bound,
        "{name}: variance {} not {variance}",
        found.variance
    );
}

#[test]
fn distributions_have_their_moments() {
    let seed = Seed(7);
    let mut s = seed.stream("unit");
    assert_moments("unit", &moments(|| s.unit()), 0.5, 1.0 / 12.0, 1.8);
    let mut s = seed.stream("exponential");
    assert_moments("exponential", &moments(|| s.exponential()), 1.0, 1.0, 9.0);
    let mut s = seed.stream("normal");
    assert_moments("normal", &moments(|| s.normal()), 0.0, 1.0, 3.0);
    let mut s = seed.stream("laplace");
    assert_moments("laplace", &moments(|| s.laplace()), 0.0, 2.0, 6.0);
    let mut s = seed.stream("span");
    let (low, high) = (Duration::from_millis(10), Duration::from_millis(30));
    let found = moments(|| s.duration_between(low, high).as_secs_f64() * 1e3);
    assert_moments("span", &found, 20.0, 400.0 / 12.0, 1.8);
    let mut s = seed.stream("exponential span");
    let found = moments(|| s.exponential_duration(Duration::from_millis(3)).as_secs_f64() * 1e3);
    assert_moments("exponential span", &found, 3.0, 9.0, 9.0);
}

#[test]
fn chance_is_binomial_and_exact_at_both_ends() {
    let mut s = Seed(7).stream("chance");
    for ratio in [0.001, 0.03, 0.5, 0.99] {
        let p = Probability::new(ratio).expect("a ratio from 0 to 1");
        let hits = (0..DRAWS).filter(|_| s.chance(p)).count() as f64;
        let (n, bound) = (DRAWS as f64, 5.0 * (DRAWS as f64 * ratio * (1.0 - ratio)).sqrt());
        assert!((hits - n * ratio).abs() < bound, "{hits} hits at {ratio}");
    }
    assert!((0..DRAWS).all(|_| s.chance(Probability::ALWAYS) && !s.chance(Probability::NEVER)));
    assert_eq!(Probability::new(1.0), Some(Probability::ALWAYS));
    for outside in [-0.001, 1.001, f64::NAN, f64::INFINITY] {
        assert_eq!(Probability::new(outside), None);
    }
}

#[test]
fn integers_are_uniform_by_chi_square() {
    let mut s = Seed(7).stream("below");
    let mut bins = [0u32; 10];
    for _ in 0..DRAWS {
        bins[s.below(10) as usize] += 1;
    }
    let expected = DRAWS as f64 / 10.0;
    let chi: f64 = bins.iter().map(|&n| (f64::from(n) - expected).powi(2) / expected).sum();
    // 9 degrees of freedom: 33.7 is the 0.9999 quantile, 0.7 the 0.0001 quantile.
    assert!((0.7..33.7).contains(&chi), "chi square {chi}");
}

#[test]
fn a_bound_of_three_quarters_of_the_range_has_no_modulo_bias() {
    // Taking the remainder would give the lower third twice the weight of the rest.
    let bound = 3u64 << 62;
    let mut s = Seed(7).stream("bias");
    let low = (0..DRAWS).filter(|_| s.below(bound) < 1 << 62).count() as f64;
    let n = DRAWS as f64;
    assert!((low - n / 3.0).abs() < 5.0 * (n * 2.0 / 9.0).sqrt(), "{low} in the lowest third");
}

#[test]
fn ranges_include_both_ends() {
    let mut s = Seed(7).stream("between");
    let draws: Vec<u64> = (0..1_000).map(|_| s.between(3, 5)).collect();
    assert!((3..=5).all(|n| draws.contains(&n)) && draws.iter().all(|n| (3..=5).contains(n)));
    assert_eq!((s.between(9, 9), s.between(9, 2)), (9, 9));
    s.between(0, u64::MAX);
}

#[test]
fn a_stream_depends_on_its_own_path_and_seed_only() {
    let seed = Seed(7);
    let draw = |mut stream: Stream| (0..8).map(|_| stream.bits()).collect::<Vec<_>>();
    let alone = draw(seed.stream("link/home-up/loss"));
    for other in 0..100 {
        seed.stream(&format!("participant/guest.{other}/cam/encoder")).bits();
    }
    assert_eq!(draw(seed.stream("link/home-up/loss")), alone);
    assert_ne!(draw(seed.stream("link/home-up/jitter")), alone);
    assert_ne!(draw(Seed(8).stream("link/home-up/loss")), alone);
}

#[test]
fn neighbouring_paths_and_seeds_are_uncorrelated() {
    let pairs = [(Seed(7), "a.1", Seed(7), "a.2"), (Seed(7), "a", Seed(8), "a")];
    for (seed, path, other_seed, other_path) in pairs {
        let (mut a, mut b) = (seed.stream(path), other_seed.stream(other_path));
        let n = 20_000;
        let sum: f64 = (0..n).map(|_| (a.unit() - 0.5) * (b.unit() - 0.5)).sum();
        let correlation = sum / f64::from(n) * 12.0;
        assert!(correlation.abs() < 5.0 / f64::from(n).sqrt(), "{path} {other_path}: {correlation}");
    }
}

#[test]
fn draws_are_the_same_on_every_platform() {
    let mut s = Seed(7).stream("participant/alice/cam/encoder");
    let span = (Duration::ZERO, Duration::from_secs(1));
    let draws = [
        s.bits(),
        s.below(1_000_000),
        s.unit().to_bits(),
        s.exponential().to_bits(),
        s.normal().to_bits(),
        s.laplace().to_bits(),
        s.duration_between(span.0, span.1).as_nanos() as u64,
    ];
    let expected = [
        14_218_596_882_512_474_596,
        468_715,
        4_602_342_413_860_019_850,
        4_607_539_466_284_905_255,
        13_823_639_020_269_149_411,
        4_585_396_017_720_001_404,
        640_234_131,
    ];
    assert_eq!(draws, expected);
    assert_eq!(Seed(7).key("dtls")[..4], [85, 136, 199, 26]);
}
