//! Frame markings, read and written anew. Input: the extension's value.

use sfu::rtp::FrameMarking;

pub(super) fn run(data: &[u8]) {
    let Ok(marking) = FrameMarking::parse(data) else {
        assert!(data.is_empty() || data.len() > 3, "one to three bytes are a marking");
        return;
    };
    let mut out = [0; 3];
    let len = marking.write(&mut out);
    assert_eq!(out[..len], *data);
}
