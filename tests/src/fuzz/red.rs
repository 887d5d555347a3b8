//! Redundant audio (RFC 2198): taken apart, and put together again. Input: a payload.

use sfu::codec::red::{MAX_BLOCK, MAX_BLOCKS, MAX_OFFSET, Red};

pub(super) fn run(data: &[u8]) {
    let Ok(red) = Red::parse(data) else { return };
    let blocks = red.redundant.as_slice();
    assert!(blocks.len() <= MAX_BLOCKS && !red.primary.is_empty());
    assert!(blocks.iter().all(|block| block.payload.len() <= MAX_BLOCK && block.offset <= MAX_OFFSET));
    assert_eq!(red.len(), data.len(), "every byte is in one place");
    let mut again = Vec::new();
    red.write(&mut again).expect("what was read can be written");
    assert_eq!(again, data);
}
