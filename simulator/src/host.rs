//! What a run cost on this machine: never part of a result.

#![expect(
    clippy::disallowed_methods,
    reason = "this room alone measures the machine; nothing here reaches a result"
)]

use std::time::{Duration, Instant};

use reports::files::HostInfo;
use rustix::time::{ClockId, clock_gettime};

/// Measures wall clock and processor time of the thread that made it.
pub struct Stopwatch {
    wall: Instant,
    cpu: Duration,
}

impl Stopwatch {
    /// Begins to measure.
    pub fn start() -> Self {
        Stopwatch { wall: Instant::now(), cpu: thread_cpu() }
    }

    /// Wall clock since.
    pub fn elapsed(&self) -> Duration {
        self.wall.elapsed()
    }

    /// What was spent since, for `simulated` virtual time in a process of `threads` runs side by side.
    pub fn stop(&self, simulated: Duration, threads: u32) -> HostInfo {
        HostInfo {
            wall_s: self.wall.elapsed().as_secs_f64(),
            cpu_s: thread_cpu().saturating_sub(self.cpu).as_secs_f64(),
            simulated_s: simulated.as_secs_f64(),
            peak_rss_bytes: peak_rss(),
            threads,
            machine: machine(),
        }
    }
}

/// Processor time of this thread so far, the system's work for it included.
pub(crate) fn thread_cpu() -> Duration {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    let part = |value: i64| u64::try_from(value).unwrap_or(0);
    Duration::from_secs(part(spent.tv_sec)) + Duration::from_nanos(part(spent.tv_nsec))
}

/// The most memory that the process has held, as Linux counts it; 0 where that isn't told.
fn peak_rss() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// Processes that want a core, on average over the last minute, as Linux counts them; `None` where that isn't told.
pub(crate) fn load_average() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}

/// Architecture, system and, where it is told, the processor's name.
pub(crate) fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or("", |(_, name)| name.trim());
    format!("{} {} {model}", std::env::consts::ARCH, std::env::consts::OS).trim_end().to_owned()
}
