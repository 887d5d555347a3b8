//! The machine's clock as the core sees it.

use std::time::{Duration, Instant};

use crate::Time;

/// Counts from when the server started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the server is where real time comes from")]
        let start = Instant::now();
        Clock(start)
    }

    pub(crate) fn now(&self) -> Time {
        Time::from_nanos(u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    /// How long it is until `at`; a day at most, which is as good as never.
    pub(crate) fn until(&self, at: Time) -> Duration {
        at.since(self.now()).min(Duration::from_secs(86_400))
    }
}
