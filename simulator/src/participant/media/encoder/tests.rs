use super::*;

const INTERVAL: Duration = Duration::from_nanos(33_333_333);
const ANY_RATE: (DataRate, DataRate) = (DataRate::from_kbps(30), DataRate::from_kbps(10_000));

fn layer(decimation: u32, temporal_layers: TemporalLayers) -> LayerConfig {
    let (least_rate, largest_rate) = ANY_RATE;
    LayerConfig { width: 1280, height: 720, decimation, least_rate, largest_rate, temporal_layers }
}

fn camera(layers: Vec<LayerConfig>, seed: u64) -> Camera {
    let config = CameraConfig { start: Time::ZERO, interval: INTERVAL, layers, spatial: None, screen: false };
    Camera::new(config, Seed(seed), "participant/alice/cam")
}

fn single(seed: u64, kbps: u64) -> Camera {
    let mut camera = camera(vec![layer(1, TemporalLayers::One)], seed);
    set(&mut camera, 0, kbps);
    camera
}

fn set(camera: &mut Camera, layer: usize, kbps: u64) {
    camera.layer_mut(layer).expect("a layer").set_target(DataRate::from_kbps(kbps));
}

fn ask_key(camera: &mut Camera, layer: usize) {
    camera.layer_mut(layer).expect("a layer").request_key_frame();
}

/// All frames that are captured before `until`.
fn run(camera: &mut Camera, until: Time) -> Vec<EncodedFrame> {
    let mut frames = Vec::new();
    while camera.next_capture() < until {
        camera.capture(camera.next_capture(), &mut frames);
    }
    frames
}

fn next_frame(camera: &mut Camera) -> EncodedFrame {
    let mut frames = Vec::new();
    camera.capture(camera.next_capture(), &mut frames);
    frames[0]
}

fn kbps(frames: &[EncodedFrame], span: Duration) -> f64 {
    let bytes: DataSize = frames.iter().map(|frame| frame.size).sum();
    bytes.as_bytes() as f64 * 8.0 / span.as_secs_f64() / 1e3
}

#[test]
fn the_mean_rate_over_ten_seconds_is_the_target() {
    let all = [TemporalLayers::One, TemporalLayers::Two, TemporalLayers::Three];
    for (n, target) in [50, 150, 500, 1_000, 1_700, 2_500].into_iter().enumerate() {
        for (temporal_layers, decimation) in [(all[0], 1), (all[1], 1), (all[2], 1), (all[2], 2)] {
            let mut camera = camera(vec![layer(decimation, temporal_layers)], 7 + n as u64);
            set(&mut camera, 0, target);
            run(&mut camera, Time::from_secs(2));
            let made = kbps(&run(&mut camera, Time::from_secs(12)), Duration::from_secs(10));
            let error = made / target as f64 - 1.0;
            assert!(error.abs() < 0.05, "{made} instead of {target} kbps, {temporal_layers:?}/{decimation}");
        }
    }
}

#[test]
fn the_first_transient_already_keeps_the_mean() {
    // Over 200 cameras: 8 frames with a relative noise of 0.2 each (0.5 % of the mean of all).
    let frames: Vec<_> = (0..200)
        .flat_map(|seed| {
            let mut camera = single(seed, 1_000);
            (0..BURST_FRAMES).map(|_| next_frame(&mut camera)).collect::<Vec<_>>()
        })
        .collect();
    let made = kbps(&frames, INTERVAL * BURST_FRAMES * 200);
    assert!((made / 1_000.0 - 1.0).abs() < 0.03, "{made} kbps over the first burst");
    let mean = |frames: &[&EncodedFrame]| {
        frames.iter().map(|frame| frame.size.as_bytes() as f64).sum::<f64>() / frames.len() as f64
    };
    let (key, others): (Vec<_>, Vec<_>) = frames.iter().partition(|frame| frame.key);
    assert_eq!(key.len(), 200);
    assert!((mean(&key) / 13_500.0 - 1.0).abs() < 0.06, "key frame of {} bytes", mean(&key));
    // What is left of 8 × 4,167 bytes: 2,833 each.
    assert!((mean(&others) / 2_833.0 - 1.0).abs() < 0.03, "then {} bytes", mean(&others));
}

#[test]
fn key_frames_scale_with_the_rate_and_stand_out() {
    let ratio = |rate: u64, decimation: u32| {
        let mut camera = camera(vec![layer(decimation, TemporalLayers::One)], 7);
        set(&mut camera, 0, rate);
        let mut frames = Vec::new();
        for _ in 0..100 {
            ask_key(&mut camera, 0);
            let until = camera.next_capture() + Duration::from_secs(1);
            frames.extend(run(&mut camera, until));
        }
        let size = |key: bool| {
            let sizes = frames.iter().filter(|frame| frame.key == key).map(|frame| frame.size.as_bytes());
            let (count, sum) = sizes.fold((0u64, 0u64), |(count, sum), size| (count + 1, sum + size));
            sum as f64 / count as f64
        };
        size(true) / size(false)
    };
    for rate in [150, 1_000, 2_500] {
        let found = ratio(rate, 1);
        // 3.24 steady frames against 29 others that average 0.92 of one.
        assert!((3.2..3.9).contains(&found), "{found} at {rate} kbps");
    }
    let slow = ratio(150, 6);
    assert!((1.4..2.1).contains(&slow), "{slow} at 5 frames a second");
}

#[test]
fn a_key_frame_comes_when_asked_and_only_then() {
    let mut camera = single(7, 500);
    let keys = |frames: &[EncodedFrame]| frames.iter().filter(|frame| frame.key).count();
    let first = run(&mut camera, Time::from_secs(5));
    assert!(first[0].key && keys(&first) == 1, "the first frame only");
    ask_key(&mut camera, 0);
    ask_key(&mut camera, 0);
    let second = run(&mut camera, Time::from_secs(10));
    assert!(second[0].key && keys(&second) == 1, "requests count once");
    let numbers: Vec<_> = first.iter().chain(&second).map(|frame| frame.frame_number).collect();
    assert!(numbers.iter().enumerate().all(|(n, &number)| number == n as u32));
}

#[test]
fn a_storm_of_key_frames_stays_near_the_target() {
    let mut camera = single(7, 1_000);
    let mut frames = Vec::new();
    while camera.next_capture() < Time::from_secs(20) {
        ask_key(&mut camera, 0);
        frames.extend((0..5).map(|_| next_frame(&mut camera)));
    }
    let made = kbps(&frames, camera.next_capture().since(Time::ZERO));
    assert!((950.0..1_050.0).contains(&made), "{made} kbps with a key frame in five frames");
}

#[test]
fn a_layer_that_is_off_makes_nothing_and_comes_back_with_a_key_frame() {
    let mut camera = single(7, 500);
    run(&mut camera, Time::from_secs(1));
    set(&mut camera, 0, 0);
    assert!(run(&mut camera, Time::from_secs(2)).is_empty());
    assert_eq!(camera.layers()[0].target(), DataRate::ZERO);
    set(&mut camera, 0, 500);
    let back = run(&mut camera, Time::from_secs(3));
    assert!(back[0].key && !back[1].key);
}

#[test]
fn the_target_changes_at_most_once_in_the_reaction_latency_and_the_last_request_wins() {
    let mut camera = single(7, 500);
    run(&mut camera, Time::from_secs(1));
    set(&mut camera, 0, 600);
    let changed = next_frame(&mut camera).captured;
    assert_eq!(camera.layers()[0].target(), DataRate::from_kbps(600), "at once after a quiet time");
    for rate in [700, 900, 800] {
        set(&mut camera, 0, rate);
        next_frame(&mut camera);
        assert_eq!(camera.layers()[0].target(), DataRate::from_kbps(600), "not within tau_v");
    }
    while camera.next_capture().since(changed) < REACTION_LATENCY {
        next_frame(&mut camera);
    }
    next_frame(&mut camera);
    assert_eq!(camera.layers()[0].target(), DataRate::from_kbps(800));
}

#[test]
fn a_big_change_starts_a_transient_and_a_small_one_does_not() {
    let first_after = |from: u64, to: u64| {
        let sizes: u64 = (0..50)
            .map(|seed| {
                let mut camera = single(seed, from);
                run(&mut camera, Time::from_secs(1));
                set(&mut camera, 0, to);
                let frame = next_frame(&mut camera);
                assert!(!frame.key, "larger, but no key frame");
                frame.size.as_bytes()
            })
            .sum();
        sizes as f64 / 50.0 / (to as f64 * 1_000.0 / 8.0 / 30.0)
    };
    for (from, to, expected) in [(500, 1_000, 3.24), (1_000, 400, 3.24), (500, 600, 1.0), (1_000, 700, 1.0)] {
        let found = first_after(from, to);
        assert!((found / expected - 1.0).abs() < 0.15, "{from} to {to} kbps: {found} steady frames");
    }
}

#[test]
fn targets_are_kept_in_range() {
    let mut camera = single(7, 1);
    next_frame(&mut camera);
    assert_eq!(camera.layers()[0].target(), ANY_RATE.0);
    let mut camera = single(7, 1_000_000);
    next_frame(&mut camera);
    assert_eq!(camera.layers()[0].target(), ANY_RATE.1);
}

#[test]
fn layers_share_their_capture_instants_by_decimation() {
    let layers = vec![layer(2, TemporalLayers::One), layer(1, TemporalLayers::One)];
    let mut camera = camera(layers, 7);
    (0..2).for_each(|n| set(&mut camera, n, 500));
    let frames = run(&mut camera, Time::from_secs(10));
    let times = |layer: u8| {
        let mine = frames.iter().filter(move |frame| frame.layer == layer);
        mine.map(|frame| frame.captured).collect::<Vec<_>>()
    };
    let every_other: Vec<_> = times(1).into_iter().step_by(2).collect();
    assert_eq!(times(0), every_other);
    assert!(frames.iter().all(|frame| frame.encoded_at.since(frame.captured).as_nanos() == 8_372_800));
}

#[test]
fn intervals_are_laplace_around_the_frame_rate() {
    let mut camera = single(7, 500);
    let frames = run(&mut camera, Time::from_secs(600));
    let relative = |pair: &[EncodedFrame]| {
        pair[1].captured.since(pair[0].captured).as_secs_f64() / INTERVAL.as_secs_f64() - 1.0
    };
    let noise: Vec<f64> = frames.windows(2).map(relative).collect();
    let n = noise.len() as f64;
    let mean = noise.iter().sum::<f64>() / n;
    // Mean absolute deviation of a Laplace is its scale; cutting at four scales takes e⁻⁴ of it away.
    let deviation = noise.iter().map(|x| x.abs()).sum::<f64>() / n;
    let expected = NOISE_SCALE * (1.0 - libm::exp(-4.0));
    assert!(mean.abs() < 5.0 * 0.21 / n.sqrt(), "mean {mean}");
    assert!((deviation - expected).abs() < 5.0 * 0.15 / n.sqrt(), "deviation {deviation}, not {expected}");
    assert!(noise.iter().all(|x| x.abs() < 0.6001), "cut at four scales");
}

#[test]
fn a_camera_that_was_held_up_skips_pictures() {
    let mut camera = single(7, 500);
    let mut frames = Vec::new();
    camera.capture(Time::from_secs(1), &mut frames);
    assert_eq!(frames.len(), 1);
    assert!(Time::from_secs(1).since(frames[0].captured) < INTERVAL * 2);
    assert!(camera.next_capture() > Time::from_secs(1));
    camera.capture(Time::from_secs(1), &mut frames);
    assert_eq!(frames.len(), 1, "nothing is due");
}

#[test]
fn same_seed_same_frames_and_no_layer_disturbs_another() {
    let frames = |count: usize, seed| {
        let mut camera = camera(vec![layer(1, TemporalLayers::Three); count], seed);
        (0..count).for_each(|n| set(&mut camera, n, 500));
        let frames = run(&mut camera, Time::from_secs(5));
        frames.into_iter().filter(|frame| frame.layer == 0).collect::<Vec<_>>()
    };
    assert_eq!(frames(1, 7), frames(3, 7));
    assert_ne!(frames(1, 7), frames(1, 8));
}
