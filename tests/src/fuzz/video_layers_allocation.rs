//! Video layers allocations, read and written anew. Input: the extension's value.

use sfu::rtp::VideoLayersAllocation;

pub(super) fn run(data: &[u8]) {
    let Ok(allocation) = VideoLayersAllocation::parse(data) else { return };
    for (stream, spatial, layer) in allocation.active_layers() {
        assert!(stream < allocation.streams && spatial < 4);
        assert!((1..=4).contains(&layer.cumulative_rates().len()));
    }
    let mut out = [0; 512];
    let len = allocation.write(&mut out).expect("what was read can be written");
    assert_eq!(VideoLayersAllocation::parse(&out[..len]), Ok(allocation));
}
