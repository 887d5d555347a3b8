//! A worker of the server that has little to do: it sleeps until something comes, and somebody waits for what it sends.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use sfu::Time;

use super::CalibrationError;
use super::replay::{OnWire, Passed, Replay, datagrams, together};
use super::tape::Given;
use super::wire::{Basket, Wire};
use crate::host::thread_cpu;

/// What comes together.
struct Batch {
    at: Time,
    datagrams: Vec<(SocketAddr, Vec<u8>)>,
    others: Vec<Given>,
}

impl Replay {
    /// Plays the rest with two threads: one is the people, who send what comes together, read what comes back, and go
    /// on when the other, which is the server and which alone is measured, has gone back to sleep. Whatever waking up
    /// costs, with caches that others have used meanwhile, is in it.
    ///
    /// # Errors
    /// When the system loses datagrams.
    pub(super) fn woken(self, wire: &Wire) -> Result<Passed, CalibrationError> {
        let mut passed = Passed { packets_in: datagrams(&self.ahead), ..Passed::default() };
        let Replay { mut core, ahead, .. } = self;
        let batches = batches(ahead);
        let (done, stopped) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let (mut basket, mut sink) = (Basket::default(), OnWire::new(wire));
        let mut serve = || {
            for (place, batch) in batches.iter().enumerate() {
                core.time_outs(batch.at, &mut sink);
                let mut coming = batch.datagrams.len();
                while coming > 0 {
                    if !wire.await_server()? {
                        return Err(CalibrationError::Lost);
                    }
                    let read = core.read(batch.at, wire, &mut basket, &mut sink);
                    coming -= read.min(coming);
                }
                batch.others.iter().for_each(|given| core.take(batch.at, &mut given.clone(), &mut sink));
                done.store(place + 1, Ordering::Release);
            }
            Ok(())
        };
        let spent = thread::scope(|scope| {
            let people = scope.spawn(|| feed(&batches, wire, &done, &stopped));
            let begun = thread_cpu();
            let served = serve();
            let spent = thread_cpu().saturating_sub(begun);
            stopped.store(1, Ordering::Release);
            let fed = people.join().expect("sending and reading doesn't panic");
            served.and(fed).map(|()| spent)
        });
        passed.spent = spent?;
        (passed.packets_out, passed.calls_out) = (sink.sent, sink.calls);
        Ok(passed)
    }
}

fn batches(mut ahead: Vec<(Time, Given)>) -> Vec<Batch> {
    let mut batches = Vec::new();
    while !ahead.is_empty() {
        let rest = ahead.split_off(together(&ahead));
        let mut batch = Batch { at: ahead[ahead.len() - 1].0, datagrams: Vec::new(), others: Vec::new() };
        for (_, given) in ahead {
            match given {
                Given::Came(from, bytes) => batch.datagrams.push((from, bytes)),
                other => batch.others.push(other),
            }
        }
        batches.push(batch);
        ahead = rest;
    }
    batches
}

fn feed(
    batches: &[Batch],
    wire: &Wire,
    done: &AtomicUsize,
    stopped: &AtomicUsize,
) -> Result<(), CalibrationError> {
    for (place, batch) in batches.iter().enumerate() {
        while done.load(Ordering::Acquire) < place {
            if stopped.load(Ordering::Acquire) > 0 {
                return Ok(());
            }
            wire.await_people()?;
            wire.drain();
        }
        for (from, bytes) in &batch.datagrams {
            wire.deliver(*from, bytes)?;
        }
    }
    Ok(())
}
