//! Which datagrams one system call can take: generic segmentation offload wants them equally long.

use crate::rtcp::Ecn;
use crate::sink::Segment;

/// The longest datagram that is sent as one of several, bytes: what the shortest link of IPv6 carries beside its own
/// head and UDP's (RFC 8200 section 5). A longer one may be too long for an interface, and an interface that refuses
/// one of several so is taken for one that can't do it at all.
const MAX_SEGMENT: usize = 1_280 - 48;

/// The most that one system call takes, bytes: the longest UDP payload in IPv4 (RFC 768, RFC 791).
const MAX_RUN: usize = 65_507;

/// Datagrams that are as long as the first, but for the last, which may be shorter, and marked alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run<'a> {
    /// All of them, one behind the other.
    pub bytes: &'a [u8],
    /// Length of the first, bytes.
    pub each: usize,
    /// How many they are.
    pub count: usize,
    /// What their IP headers carry.
    pub ecn: Ecn,
}

/// Cuts datagrams that lie one behind the other, as a [`Transmit`](crate::Transmit) has them, into runs of at most
/// `most`, in order.
pub fn runs<'a>(
    mut bytes: &'a [u8],
    mut segments: &'a [Segment],
    most: usize,
) -> impl Iterator<Item = Run<'a>> {
    std::iter::from_fn(move || {
        let (len, count) = first(segments, most)?;
        let (each, ecn) = (segments[0].len, segments[0].ecn);
        let (run, rest) = bytes.split_at(len);
        (bytes, segments) = (rest, &segments[count..]);
        Some(Run { bytes: run, each, count, ecn })
    })
}

/// Length and count of the first run.
fn first(segments: &[Segment], most: usize) -> Option<(usize, usize)> {
    let each = segments.first()?.len;
    let (mut len, mut count) = (each, 1);
    if each > MAX_SEGMENT || each == 0 {
        return Some((len, count));
    }
    for segment in &segments[1..] {
        let fits = count < most && segment.len <= each && len + segment.len <= MAX_RUN;
        if !fits || segment.len == 0 || segment.ecn != segments[0].ecn {
            break;
        }
        (len, count) = (len + segment.len, count + 1);
        if segment.len < each {
            break;
        }
    }
    Some((len, count))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sink::PacketClass;

    fn segments(lengths: &[usize]) -> (Vec<u8>, Vec<Segment>) {
        let bytes = (0..lengths.iter().sum()).map(|at: usize| at as u8).collect();
        let segment =
            |len: &usize| Segment { len: *len, class: PacketClass::Video, forwarded: None, ecn: Ecn::NotEct };
        (bytes, lengths.iter().map(segment).collect())
    }

    #[test]
    fn a_run_ends_with_the_first_that_is_shorter_and_before_one_that_is_longer() {
        let rows: &[(&[usize], usize, &[usize])] = &[
            (&[], 64, &[]),
            (&[100], 64, &[1]),
            (&[100, 100, 100], 64, &[3]),
            (&[100, 100, 60, 100], 64, &[3, 1]),
            (&[100, 60, 60], 64, &[2, 1]),
            (&[60, 100, 100], 64, &[1, 2]),
            (&[100, 100, 100, 100, 100], 2, &[2, 2, 1]),
            (&[100, 100, 100], 1, &[1, 1, 1]),
            // Too long for some interface, and empty: each by itself.
            (&[1_233, 1_233], 64, &[1, 1]),
            (&[1_232, 1_232], 64, &[2]),
            (&[0, 100, 0, 0], 64, &[1, 1, 1, 1]),
            // 53 of 1,232 bytes are what a payload has room for.
            (&[1_232; 60], 64, &[53, 7]),
        ];
        for (lengths, most, expected) in rows {
            let (bytes, segments) = segments(lengths);
            let counts: Vec<usize> = runs(&bytes, &segments, *most).map(|run| run.count).collect();
            assert_eq!(counts, *expected, "{lengths:?}");
        }
    }

    #[test]
    fn a_run_ends_where_the_mark_changes() {
        let (bytes, mut segments) = segments(&[100; 5]);
        segments[2].ecn = Ecn::Ect1;
        segments[3].ecn = Ecn::Ect1;
        let marks: Vec<(usize, Ecn)> = runs(&bytes, &segments, 64).map(|run| (run.count, run.ecn)).collect();
        assert_eq!(marks, [(2, Ecn::NotEct), (2, Ecn::Ect1), (1, Ecn::NotEct)]);
    }

    proptest! {
        #[test]
        fn cut_again_each_run_gives_the_datagrams(
            lengths in prop::collection::vec(prop_oneof![Just(1_200), Just(1_201), 0_usize..1_500], 0..200),
            most in 1_usize..70,
        ) {
            let (bytes, segments) = segments(&lengths);
            let mut cut = Vec::new();
            for run in runs(&bytes, &segments, most) {
                prop_assert!(run.count <= most && run.bytes.len() <= MAX_RUN.max(run.each));
                if run.each == 0 {
                    cut.push(0);
                }
                cut.extend(run.bytes.chunks(run.each.max(1)).map(<[u8]>::len));
                prop_assert_eq!(run.bytes.len().div_ceil(run.each.max(1)).max(1), run.count);
            }
            prop_assert_eq!(cut, lengths);
            prop_assert_eq!(runs(&bytes, &segments, most).flat_map(|run| run.bytes).copied().collect::<Vec<u8>>(), bytes);
        }
    }
}
