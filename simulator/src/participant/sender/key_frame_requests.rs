//! Which key-frame requests an encoder follows.

use std::time::Duration;

use sfu::Time;

/// After a request that was followed, others are ignored for so long (libwebrtc, `EncoderRtcpFeedback`'s
/// `kMinKeyframeSendIntervalMs`).
const MIN_INTERVAL: Duration = Duration::from_millis(300);

/// The requests for one encoding.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KeyFrameRequests {
    followed: Option<Time>,
    last_fir: Option<u8>,
}

impl KeyFrameRequests {
    /// A picture loss indication came: whether to follow it.
    pub(super) fn on_pli(&mut self, now: Time) -> bool {
        let follow = self.followed.is_none_or(|last| now.since(last) >= MIN_INTERVAL);
        if follow {
            self.followed = Some(now);
        }
        follow
    }

    /// A full intra request came; the same number again is a repetition (RFC 5104 section 4.3.1).
    pub(super) fn on_fir(&mut self, now: Time, sequence: u8) -> bool {
        self.last_fir != Some(sequence) && self.on_pli(now) && {
            self.last_fir = Some(sequence);
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_in_quick_succession_count_once() {
        let mut requests = KeyFrameRequests::default();
        for (millis, follow) in [(0, true), (299, false), (300, true), (599, false), (900, true)] {
            assert_eq!(requests.on_pli(Time::from_millis(millis)), follow, "at {millis} ms");
        }
    }

    #[test]
    fn a_repeated_fir_is_no_new_one() {
        let mut requests = KeyFrameRequests::default();
        // One that came too early was not followed, so its repetition is.
        let rows = [(0, 7, true), (400, 7, false), (500, 8, true), (600, 9, false), (900, 9, true)];
        for (millis, sequence, follow) in rows {
            assert_eq!(requests.on_fir(Time::from_millis(millis), sequence), follow, "at {millis} ms");
        }
    }
}
