//! What the system says of a process, and quantiles.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

/// Time on a core, and time of readiness without one: what the machine's other work took away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) cpu: Duration,
    pub(super) waited: Duration,
}

impl Usage {
    /// Of all threads of a process, in nanoseconds of the scheduler (`/proc/PID/task/TID/schedstat`).
    pub(super) fn of_process(pid: u32) -> io::Result<Self> {
        let mut sum = Usage::default();
        for task in fs::read_dir(format!("/proc/{pid}/task"))? {
            sum = sum.plus(Usage::read(&task?.path().join("schedstat"))?);
        }
        Ok(sum)
    }

    /// Of the calling thread.
    pub(super) fn of_this_thread() -> io::Result<Self> {
        Usage::read("/proc/thread-self/schedstat".as_ref())
    }

    fn read(path: &Path) -> io::Result<Self> {
        let text = fs::read_to_string(path)?;
        let mut fields = text.split_whitespace().map(|field| field.parse().map(Duration::from_nanos));
        match (fields.next(), fields.next()) {
            (Some(Ok(cpu)), Some(Ok(waited))) => Ok(Usage { cpu, waited }),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, format!("{}: {text}", path.display()))),
        }
    }

    fn plus(self, other: Usage) -> Usage {
        Usage { cpu: self.cpu + other.cpu, waited: self.waited + other.waited }
    }

    pub(super) fn since(self, earlier: Usage) -> Usage {
        Usage {
            cpu: self.cpu.saturating_sub(earlier.cpu),
            waited: self.waited.saturating_sub(earlier.waited),
        }
    }
}

/// Spans, as they come.
#[derive(Clone, Debug, Default)]
pub(super) struct Spans(Vec<u32>);

impl Spans {
    /// Notes one; more than four seconds count as that.
    pub(super) fn note(&mut self, span: Duration) {
        self.0.push(u32::try_from(span.as_nanos()).unwrap_or(u32::MAX));
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn of_all<'a>(parts: impl IntoIterator<Item = &'a Spans>) -> Self {
        Spans(parts.into_iter().flat_map(|part| &part.0).copied().collect())
    }

    /// The least span that this share of all is not above, in microseconds; nothing when there are none.
    pub(super) fn quantile(&mut self, share: f64) -> Option<f64> {
        let rank = (self.0.len() as f64 * share) as usize;
        let rank = rank.min(self.0.len().checked_sub(1)?);
        let (_, span, _) = self.0.select_nth_unstable(rank);
        Some(f64::from(*span) / 1_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_those_that_came() {
        let mut spans = Spans::default();
        assert_eq!(spans.quantile(0.5), None);
        (1..=1_000).rev().for_each(|micros| spans.note(Duration::from_micros(micros)));
        assert_eq!(
            (spans.quantile(0.5), spans.quantile(0.99), spans.quantile(1.0)),
            (Some(501.0), Some(991.0), Some(1_000.0))
        );
        spans.note(Duration::from_secs(60));
        assert!(spans.quantile(1.0).is_some_and(|most| most > 4e6));
    }

    #[test]
    fn work_shows_in_this_threads_usage() {
        let before = Usage::of_this_thread().expect("the system says so");
        let process = Usage::of_process(std::process::id()).expect("it is ours");
        let mut sum = 0_u64;
        for n in 0..30_000_000_u64 {
            sum = std::hint::black_box(sum ^ n);
        }
        let spent = Usage::of_this_thread().expect("the system says so").since(before);
        assert!(spent.cpu > Duration::from_millis(1), "{spent:?} {sum}");
        let all = Usage::of_process(std::process::id()).expect("it is ours").since(process);
        assert!(all.cpu >= spent.cpu / 2, "{all:?}");
    }
}
