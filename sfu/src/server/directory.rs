//! Which worker a room is on, and how many are in it: everybody in a room is on one worker, and a new room goes to the
//! worker that has the least to do.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use rustc_hash::FxHashMap;

/// The longest name that is a room's, bytes; the core takes no longer one (see [`crate::JoinRequest`]).
const MAX_NAME: usize = 64;

/// Thousandths of a worker's time that count as a step: below that, workers differ by chance.
const STEP: u32 = 100;

/// Knows where everybody is. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub(super) struct Directory(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Of each worker, the thousandths of the last second that it was busy.
    busy: Vec<AtomicU32>,
}

#[derive(Debug)]
struct State {
    rooms: FxHashMap<Box<str>, Room>,
    /// Seats on each worker.
    seats: Vec<usize>,
    limit: usize,
}

#[derive(Debug)]
struct Room {
    worker: usize,
    seats: usize,
}

/// A place in a room, held by who is in it or about to be.
#[derive(Debug)]
pub(super) struct Seat {
    directory: Directory,
    room: Box<str>,
    /// Whose room it is.
    pub(super) worker: usize,
}

impl Directory {
    /// A directory of `workers`, with room for `limit` people in all.
    pub(super) fn new(workers: usize, limit: usize) -> Self {
        let state = State { rooms: FxHashMap::default(), seats: vec![0; workers], limit };
        let busy = (0..workers).map(|_| AtomicU32::new(0)).collect();
        Directory(Arc::new(Shared { state: Mutex::new(state), busy }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().expect("nobody panics with it")
    }

    /// A place in `room`; none when everything is full.
    pub(super) fn seat(&self, room: &str) -> Option<Seat> {
        let idlest = self.idlest();
        let mut state = self.state();
        if state.seats.iter().sum::<usize>() >= state.limit {
            return None;
        }
        // No room is called so: the core refuses it, and says why.
        let room = if room.len() <= MAX_NAME { room } else { "" };
        if !state.rooms.contains_key(room) {
            state.rooms.insert(room.into(), Room { worker: idlest, seats: 0 });
        }
        let known = state.rooms.get_mut(room).expect("inserted a line ago");
        known.seats += 1;
        let worker = known.worker;
        state.seats[worker] += 1;
        drop(state);
        Some(Seat { directory: self.clone(), room: room.into(), worker })
    }

    /// The worker that a room is on, if there is such a room.
    pub(super) fn worker_of(&self, room: &str) -> Option<usize> {
        self.state().rooms.get(room).map(|room| room.worker)
    }

    /// The worker with the least to do: by its time, in steps, then by who is on it.
    pub(super) fn idlest(&self) -> usize {
        let state = self.state();
        let load = |worker: &usize| (self.busy(*worker) / STEP, state.seats[*worker]);
        (0..state.seats.len()).min_by_key(load).expect("there is a worker")
    }

    /// Seats that are taken in all.
    pub(super) fn seats(&self) -> usize {
        self.state().seats.iter().sum()
    }

    /// Notes the thousandths of the last second that a worker was busy.
    pub(super) fn note_busy(&self, worker: usize, thousandths: u32) {
        self.0.busy[worker].store(thousandths, Ordering::Relaxed);
    }

    /// What was noted last.
    pub(super) fn busy(&self, worker: usize) -> u32 {
        self.0.busy[worker].load(Ordering::Relaxed)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.directory.state();
        state.seats[self.worker] -= 1;
        let known = state.rooms.get_mut(&self.room).expect("it has a seat");
        known.seats -= 1;
        if known.seats == 0 {
            state.rooms.remove(&self.room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_stays_together_and_a_new_one_goes_to_the_idlest() {
        let directory = Directory::new(3, 100);
        let seats: Vec<Seat> = ["a", "b", "c", "a", "a", "b"]
            .iter()
            .map(|room| directory.seat(room).expect("there is room"))
            .collect();
        let workers: Vec<usize> = seats.iter().map(|seat| seat.worker).collect();
        assert_eq!(workers, [0, 1, 2, 0, 0, 1]);
        assert_eq!((directory.worker_of("b"), directory.worker_of("d")), (Some(1), None));
        assert_eq!(directory.idlest(), 2, "one seat there, three and two elsewhere");
        directory.note_busy(2, 95);
        assert_eq!(directory.idlest(), 2, "less than a step is chance");
        directory.note_busy(2, 500);
        assert_eq!(directory.idlest(), 1);
        drop(seats);
        assert_eq!((directory.seats(), directory.worker_of("a")), (0, None));
    }

    #[test]
    fn there_is_no_seat_beyond_the_limit_and_no_room_of_a_long_name() {
        let directory = Directory::new(2, 2);
        let one = directory.seat("a").expect("there is room");
        let long = directory.seat(&"x".repeat(65)).expect("the core says what is wrong");
        assert!(directory.seat("a").is_none());
        assert_eq!(directory.state().rooms.len(), 2);
        assert_eq!(directory.worker_of(&"x".repeat(65)), None);
        drop((one, long));
        assert!(directory.seat("a").is_some());
    }
}
