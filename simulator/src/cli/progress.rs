//! A progress bar on a terminal, and nothing elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use sfu::Time;

/// The bars of all runs that go side by side.
pub(super) struct Progress {
    bars: MultiProgress,
}

impl Progress {
    /// Bars on standard error, if that is a terminal and `quiet` is not set.
    pub(super) fn new(quiet: bool) -> Self {
        let shown = !quiet && std::io::stderr().is_terminal();
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Progress { bars: MultiProgress::with_draw_target(target) }
    }

    /// A bar for a run of `duration` virtual time.
    pub(super) fn bar(&self, name: &str, duration: Duration) -> ProgressBar {
        let style = ProgressStyle::with_template("{prefix:24} {bar:40} {msg:>16}  {eta} left")
            .expect("the template is well-formed");
        let bar = ProgressBar::new(duration.as_millis() as u64).with_style(style);
        bar.set_prefix(name.to_owned());
        self.bars.add(bar)
    }
}

/// Moves `bar` to `now`.
pub(super) fn advance(bar: &ProgressBar, now: Time) {
    bar.set_position(now.as_millis());
    bar.set_message(format!("{:.1} s", now.as_secs_f64()));
}
