//! Datagrams on a stream (RFC 4571), whatever pieces it comes in. Input: the length of the pieces, then the stream.

use sfu::transport::framing::{MAX_FRAME, each_frame, push_frame, whole_frames};

pub(super) fn run(data: &[u8]) {
    let Some((piece, stream)) = data.split_first() else { return };
    let mut at_once = stream.to_vec();
    let Ok(whole) = whole_frames(&at_once) else { return };
    let (mut frames, mut bytes) = (Vec::new(), 0);
    each_frame(&mut at_once[..whole], |datagram| {
        assert!((1..=MAX_FRAME).contains(&datagram.len()));
        bytes += datagram.len();
        frames.push(datagram.to_vec());
    });
    assert!(bytes + 2 * frames.len() <= whole, "no byte is in two datagrams");
    let (mut waiting, mut again) = (Vec::new(), Vec::new());
    for piece in stream.chunks(usize::from(*piece).max(1)) {
        waiting.extend_from_slice(piece);
        let whole = whole_frames(&waiting).expect("it was well as a whole");
        each_frame(&mut waiting[..whole], |datagram| again.push(datagram.to_vec()));
        waiting.drain(..whole);
        assert!(waiting.len() < MAX_FRAME + 2, "what waits is bounded");
    }
    assert_eq!(again, frames, "pieces make no difference");
    let mut written = Vec::new();
    frames.iter().for_each(|datagram| push_frame(&mut written, datagram));
    assert_eq!(whole_frames(&written), Ok(written.len()));
}
