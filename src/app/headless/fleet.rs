//! Jobs on all cores.
//!
//! Each worker has a job at a time and gets the next when it hands in its run, so that long and
//! short jobs share the cores well. Runs are handed on in the order of their jobs, whoever is
//! done first: two reports of the same jobs are the same.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use super::play::{Repeat, Run, play_again};
use super::{Job, Named};
use crate::app::Mistake;

/// Plays all jobs and hands the runs to `done`, in the order of the jobs.
///
/// # Errors
/// Those of `done`; jobs that have not begun are left then.
pub(super) fn run(
    scripts: &[Named],
    jobs: impl Iterator<Item = Job>,
    repeat: Repeat,
    mut done: impl FnMut(Run) -> Result<(), Mistake>,
) -> Result<(), Mistake> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let mut jobs = (0u64..).zip(jobs);
    thread::scope(|scope| {
        let (hand_in, runs) = channel();
        let mut desks = Vec::new();
        for worker in 0..workers {
            let Some(first) = jobs.next() else { break };
            let (desk, orders) = channel();
            let hand_in = hand_in.clone();
            scope.spawn(move || work(scripts, repeat, worker, &orders, &hand_in));
            // A worker that is gone has panicked: the scope passes that on.
            let _ = desk.send(first);
            desks.push(Some(desk));
        }
        drop(hand_in);
        let mut next = 0;
        let mut early = BTreeMap::new();
        for (worker, number, run) in runs {
            match jobs.next() {
                Some(job) => drop(desks[worker].as_ref().map(|desk| desk.send(job))),
                // Without further orders the worker goes home.
                None => desks[worker] = None,
            }
            early.insert(number, run);
            while let Some(run) = early.remove(&next) {
                done(run)?;
                next += 1;
            }
        }
        Ok(())
    })
}

fn work(
    scripts: &[Named],
    repeat: Repeat,
    worker: usize,
    orders: &Receiver<(u64, Job)>,
    hand_in: &Sender<(usize, u64, Run)>,
) {
    for (number, job) in orders {
        if hand_in.send((worker, number, play_again(scripts, job, repeat))).is_err() {
            return;
        }
    }
}
