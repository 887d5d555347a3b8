//! Key-frame requests keep their distance.

use std::time::Duration;

use sfu::Time;

/// The least time between two requests for one encoding: for 300 ms after a request that it followed libwebrtc ignores
/// others (`EncoderRtcpFeedback`'s `kMinKeyframeSendInterval`), so that a second one in that time is only a cost.
const DISTANCE: Duration = Duration::from_millis(300);

/// The requests for one encoding.
#[derive(Clone, Copy, Debug, Default)]
pub struct Requests {
    last: Option<Time>,
}

impl Requests {
    /// A request is sent; tells how long after the last one if that is too soon.
    pub fn sent(&mut self, now: Time) -> Option<Duration> {
        let since = self.last.replace(now).map(|last| now.since(last));
        since.filter(|since| *since < DISTANCE)
    }
}
