//! A progress bar on a terminal, and nothing elsewhere.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use sfu::Time;

use super::output::complain;
use crate::host::Stopwatch;

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

/// How many of many runs are done, and how long the others will take: a bar on a terminal, elsewhere a line now and
/// then, for whoever reads a job's log.
pub(super) struct Tally {
    bar: Option<ProgressBar>,
    quiet: bool,
    name: String,
    all: usize,
    done: AtomicUsize,
    watch: Stopwatch,
}

/// Lines in a log, from first to last.
const LINES: usize = 20;

impl Tally {
    /// Nothing done of `all`.
    pub(super) fn new(quiet: bool, name: &str, all: usize) -> Self {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let style = ProgressStyle::with_template("{prefix:24} {bar:40} {pos} of {len} runs  {msg}")
                .expect("the template is well-formed");
            let bar = ProgressBar::new(all as u64).with_style(style);
            bar.set_prefix(name.to_owned());
            bar
        });
        Tally { bar, quiet, name: name.to_owned(), all, done: AtomicUsize::new(0), watch: Stopwatch::start() }
    }

    /// One more is done.
    pub(super) fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let left = self.watch.elapsed().mul_f64((self.all - done.min(self.all)) as f64 / done as f64);
        match &self.bar {
            Some(bar) => {
                bar.set_message(format!("{} left", rough(left)));
                bar.inc(1);
            }
            None if !self.quiet && done * LINES / self.all > (done - 1) * LINES / self.all => {
                complain(format_args!("{}: {done} of {} runs, {} left", self.name, self.all, rough(left)));
            }
            None => {}
        }
    }

    /// All that was to be done is done.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A span as people say it.
fn rough(span: Duration) -> String {
    match span.as_secs() {
        secs @ 0..120 => format!("{secs} s"),
        secs @ 120..7200 => format!("{} min", secs / 60),
        secs => format!("{} h {} min", secs / 3600, secs % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_the_unit_that_fits() {
        for (secs, text) in
            [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (9000, "2 h 30 min")]
        {
            assert_eq!(rough(Duration::from_secs(secs)), text);
        }
    }
}
