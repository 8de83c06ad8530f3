//! Jobs on all cores.
//!
//! Each worker has a job at a time and gets the next when it hands in its result, so that long
//! and short jobs share the cores well. Results are handed on in the order of their jobs, whoever
//! is done first: two reports of the same jobs are the same.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

/// Does all jobs and hands the results to `done`, in the order of the jobs.
///
/// # Errors
/// Those of `done`; jobs that have not begun are left then.
pub(super) fn run<J: Send, R: Send, E>(
    jobs: impl Iterator<Item = J>,
    work: impl Fn(J) -> R + Sync,
    mut done: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let mut jobs = (0u64..).zip(jobs);
    let work = &work;
    thread::scope(|scope| {
        let (hand_in, results) = channel();
        let mut desks = Vec::new();
        for worker in 0..workers {
            let Some(first) = jobs.next() else { break };
            let (desk, orders) = channel();
            let hand_in = hand_in.clone();
            scope.spawn(move || sit(work, worker, &orders, &hand_in));
            // A worker that is gone has panicked: the scope passes that on.
            let _ = desk.send(first);
            desks.push(Some(desk));
        }
        drop(hand_in);
        let mut next = 0;
        let mut early = BTreeMap::new();
        for (worker, number, result) in results {
            match jobs.next() {
                Some(job) => drop(desks[worker].as_ref().map(|desk| desk.send(job))),
                // Without further orders the worker goes home.
                None => desks[worker] = None,
            }
            early.insert(number, result);
            while let Some(result) = early.remove(&next) {
                done(result)?;
                next += 1;
            }
        }
        Ok(())
    })
}

fn sit<J, R>(
    work: &impl Fn(J) -> R,
    worker: usize,
    orders: &Receiver<(u64, J)>,
    hand_in: &Sender<(usize, u64, R)>,
) {
    for (number, job) in orders {
        if hand_in.send((worker, number, work(job))).is_err() {
            return;
        }
    }
}
