//! Many runs side by side, as many at a time as there are processors.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many runs go side by side: as many as asked for, or as there are processors, and never more than jobs.
pub(super) fn workers(asked: Option<u16>, jobs: usize) -> usize {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    asked.map_or(processors, usize::from).min(jobs).max(1)
}

/// Does every job. Results come in the order of the jobs, whichever ended first; `Err` is what a panic said.
///
/// What a panic leaves behind is dropped with its job: nothing of it may be looked at again, so `one` shares nothing
/// that it leaves half changed.
pub(super) fn side_by_side<J: Sync, R: Send>(
    jobs: &[J],
    workers: usize,
    one: impl Fn(&J) -> R + Sync,
) -> Vec<Result<R, String>> {
    let mut all = Vec::with_capacity(jobs.len());
    in_turn(jobs, workers, one, |_, result| all.push(result));
    all
}

/// The same for results that aren't kept: `take` gets each with its job's place, in the order of the jobs, as soon as
/// all before it are done.
pub(super) fn in_turn<J: Sync, R: Send>(
    jobs: &[J],
    workers: usize,
    one: impl Fn(&J) -> R + Sync,
    take: impl FnMut(usize, Result<R, String>) + Send,
) {
    /// Results whose turn hasn't come, the place whose turn it is, and who takes them.
    struct Turns<R, T> {
        waiting: BTreeMap<usize, Result<R, String>>,
        turn: usize,
        take: T,
    }
    let turns = Mutex::new(Turns { waiting: BTreeMap::new(), turn: 0, take });
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(index) else { return };
                    let result = catch_unwind(AssertUnwindSafe(|| one(job)));
                    let result = result.map_err(|panic| message(&*panic).to_owned());
                    let mut turns = turns.lock().expect("no holder of this lock panics");
                    let Turns { waiting, turn, take } = &mut *turns;
                    waiting.insert(index, result);
                    while let Some(result) = waiting.remove(turn) {
                        take(*turn, result);
                        *turn += 1;
                    }
                }
            });
        }
    });
}

/// What a panic said.
pub(super) fn message(panic: &(dyn Any + Send)) -> &str {
    let formatted = || panic.downcast_ref::<String>().map(String::as_str);
    panic.downcast_ref::<&str>().copied().or_else(formatted).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_jobs_and_panics_stay_their_own() {
        let jobs: Vec<u32> = (0..50).collect();
        let done = side_by_side(&jobs, 4, |job| {
            assert_ne!(*job, 7, "an unlucky number");
            job * 2
        });
        for (job, result) in jobs.iter().zip(done) {
            match result {
                Ok(value) => assert_eq!(value, job * 2),
                Err(said) => assert!(*job == 7 && said.contains("an unlucky number"), "{said}"),
            }
        }
    }

    #[test]
    fn there_are_never_more_workers_than_jobs_and_always_one() {
        assert_eq!((workers(Some(8), 3), workers(Some(2), 3), workers(None, 0)), (3, 2, 1));
    }
}
