//! Datagrams on a stream: each behind its length in two bytes (RFC 4571 section 2).

/// The longest datagram that is taken, bytes: more than any path carries in one packet, and less than the 65,535 that
/// a length could say.
pub const MAX_FRAME: usize = 2_048;

/// A length that nothing of ours has: what follows on the stream can't be told apart any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame of {0} bytes")]
pub struct TooLong(pub usize);

/// The datagrams at the start of `bytes` that are there whole, and how many bytes they take with their lengths. Empty
/// ones, which keep a connection open, are passed over.
///
/// # Errors
/// [`TooLong`] for a frame longer than [`MAX_FRAME`], whole or not.
pub fn whole_frames(bytes: &[u8]) -> Result<usize, TooLong> {
    let mut at = 0;
    while let Some(length) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        let len = usize::from(u16::from_be_bytes(*length));
        if len > MAX_FRAME {
            return Err(TooLong(len));
        }
        if bytes.len() < at + 2 + len {
            break;
        }
        at += 2 + len;
    }
    Ok(at)
}

/// Calls `take` with each datagram of whole frames.
pub fn each_frame(mut bytes: &mut [u8], mut take: impl FnMut(&mut [u8])) {
    while let Some((length, rest)) = bytes.split_first_chunk_mut() {
        let len = usize::from(u16::from_be_bytes(*length)).min(rest.len());
        let (datagram, next) = rest.split_at_mut(len);
        if len > 0 {
            take(datagram);
        }
        bytes = next;
    }
}

/// Appends a datagram with its length.
pub fn push_frame(out: &mut Vec<u8>, datagram: &[u8]) {
    let len = u16::try_from(datagram.len()).expect("no datagram of ours is longer than UDP's");
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(datagram);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_not_whole_waits_and_what_is_too_long_ends_it() {
        let rows: [(&[u8], Result<usize, TooLong>); 7] = [
            (&[], Ok(0)),
            (&[0], Ok(0)),
            (&[0, 3, 1, 2], Ok(0)),
            (&[0, 2, 1, 2], Ok(4)),
            (&[0, 0, 0, 1, 9, 0], Ok(5)),
            (&[8, 0], Ok(0)),
            (&[8, 1], Err(TooLong(2_049))),
        ];
        for (bytes, expected) in rows {
            assert_eq!(whole_frames(bytes), expected, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn frames_come_out_as_they_went_in(
            datagrams in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..20),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut stream = Vec::new();
            datagrams.iter().for_each(|datagram| push_frame(&mut stream, datagram));
            prop_assert_eq!(whole_frames(&stream), Ok(stream.len()));
            let mut at = cut.index(stream.len() + 1);
            let mut seen = Vec::new();
            // In two pieces: what is whole of the first, then the rest.
            at = whole_frames(&stream[..at]).expect("none is too long");
            let (first, second) = stream.split_at_mut(at);
            for piece in [first, second] {
                each_frame(piece, |datagram| seen.push(datagram.to_vec()));
            }
            let expected: Vec<Vec<u8>> = datagrams.into_iter().filter(|datagram| !datagram.is_empty()).collect();
            prop_assert_eq!(seen, expected);
        }

        #[test]
        fn any_bytes_are_bounded(mut bytes in prop::collection::vec(any::<u8>(), 0..6_000)) {
            if let Ok(len) = whole_frames(&bytes) {
                prop_assert!(bytes.len() - len < MAX_FRAME + 2);
                let mut sum = 0;
                each_frame(&mut bytes[..len], |datagram| sum += datagram.len());
                prop_assert!(sum <= len);
            }
        }
    }
}
