use sfu::DataSize;

use super::super::{Camera, CameraConfig, LayerConfig};
use super::*;
use crate::random::Seed;

const INTERVAL: Duration = Duration::from_nanos(33_333_333);

fn camera(inter_layer: InterLayer, temporal_layers: TemporalLayers) -> Camera {
    let layer = |n: u16| LayerConfig {
        width: 320 << n,
        height: 180 << n,
        decimation: 1,
        least_rate: DataRate::from_kbps(30),
        largest_rate: DataRate::from_kbps(5_000),
        temporal_layers,
    };
    let layers = (0..3).map(layer).collect();
    let spatial = Some(inter_layer);
    let config = CameraConfig { start: Time::ZERO, interval: INTERVAL, layers, spatial, screen: false };
    Camera::new(config, Seed(7), "participant/alice/cam")
}

fn set(camera: &mut Camera, kbps: [u64; 3]) {
    for (layer, rate) in kbps.into_iter().enumerate() {
        camera.layer_mut(layer).expect("a layer").set_target(DataRate::from_kbps(rate));
    }
}

/// The next picture: its layers' temporal ids and whether it is a key picture.
fn picture(camera: &mut Camera) -> (Vec<u8>, bool) {
    let mut frames = Vec::new();
    camera.capture(camera.next_capture(), &mut frames);
    for (n, frame) in frames.iter().enumerate() {
        assert_eq!((usize::from(frame.layer), frame.captured), (n, frames[0].captured));
        assert_eq!(usize::from(frame.active_layers), frames.len());
        assert_eq!(frame.ends_picture, n + 1 == frames.len());
        assert!(!frame.key || n == 0, "the base alone is a key frame");
    }
    assert!(frames.is_sorted_by(|a, b| a.encoded_at < b.encoded_at), "one after the other");
    (frames.iter().map(|frame| frame.temporal_id).collect(), frames.first().is_some_and(|frame| frame.key))
}

#[test]
fn layers_go_at_once_and_come_back_where_they_may() {
    let all = [150, 350, 1_200];
    // inter-layer prediction, how many pictures after the change the layers are back, with a key picture or without
    for (inter_layer, wait, key) in [(InterLayer::Always, 2, false), (InterLayer::KeyPictures, 0, true)] {
        let mut camera = camera(inter_layer, TemporalLayers::Three);
        set(&mut camera, all);
        for (n, temporal) in [0, 2, 1, 2, 0].into_iter().enumerate() {
            assert_eq!(picture(&mut camera), (vec![temporal; 3], n == 0), "{inter_layer:?}, picture {n}");
        }
        set(&mut camera, [150, 0, 0]);
        assert_eq!(picture(&mut camera), (vec![2], false), "{inter_layer:?}: off at once");
        set(&mut camera, all);
        for n in 0..wait {
            assert_eq!(picture(&mut camera).0.len(), 1, "{inter_layer:?}, {n} after");
        }
        assert_eq!(picture(&mut camera), (vec![0; 3], key), "{inter_layer:?}: back");
    }
}

#[test]
fn a_request_makes_the_whole_picture_a_key_picture() {
    let mut camera = camera(InterLayer::KeyPictures, TemporalLayers::Two);
    set(&mut camera, [150, 350, 1_200]);
    picture(&mut camera);
    picture(&mut camera);
    camera.layer_mut(0).expect("the base").request_key_frame();
    assert_eq!(picture(&mut camera), (vec![0; 3], true));
    assert_eq!(picture(&mut camera), (vec![1; 3], false));
}

#[test]
fn all_layers_off_make_nothing() {
    let mut camera = camera(InterLayer::Always, TemporalLayers::One);
    assert_eq!(picture(&mut camera), (vec![], false));
    set(&mut camera, [150, 0, 1_200]);
    assert_eq!(picture(&mut camera), (vec![0], true), "no layer without the one below it");
}

#[test]
fn each_layer_keeps_its_rate() {
    let rates = [150, 350, 1_200];
    for inter_layer in [InterLayer::Always, InterLayer::KeyPictures] {
        let mut camera = camera(inter_layer, TemporalLayers::Three);
        set(&mut camera, rates);
        let mut sizes = [DataSize::ZERO; 3];
        while camera.next_capture() < Time::from_secs(20) {
            let mut frames = Vec::new();
            camera.capture(camera.next_capture(), &mut frames);
            frames.iter().for_each(|frame| sizes[usize::from(frame.layer)] += frame.size);
        }
        for (size, rate) in sizes.into_iter().zip(rates) {
            let made = size.as_bytes() as f64 * 8.0 / 20_000.0;
            assert!((made / rate as f64 - 1.0).abs() < 0.05, "{made} instead of {rate} kbps");
        }
    }
}
