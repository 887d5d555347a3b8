//! The one place where a standard `Instant` comes from.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use crate::Time;

/// The protocol crates take `std::time::Instant`, which nobody can make but the system clock. They only
/// ever subtract one from another, so which moment stands for `Time::ZERO` makes no difference; it is read
/// once per process and nothing else is.
#[expect(clippy::disallowed_methods, reason = "an opaque origin: only differences to it are ever used")]
static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// `time` as the protocol crates want it. Only differences between two results mean anything.
pub fn opaque_instant(time: Time) -> Instant {
    *ORIGIN + Duration::from_nanos(time.as_nanos())
}
