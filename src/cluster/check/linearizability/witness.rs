//! The order of operations that a [`Chain`] stands for.
//!
//! From the last step back to the first, each is given the latest moment at which it can have been
//! taken, not after the step that follows; what need not have happened did not. With the moments
//! known, every answer has its place among them.

use super::Timed;
use super::chain::Chain;
use super::gaps::{Moment, NEVER};
use super::versioned::Exchange;
use crate::cluster::types::{Outcome, Request, Version};

/// The steps that were taken, from version 0 on: when, and by which put.
struct Steps {
    moments: Vec<Moment>,
    takers: Vec<usize>,
}

/// An order that explains every answer: places in `history`. `chain` must have been told of all of
/// it, and have said nothing against it.
pub(super) fn order(chain: &Chain, history: &[Timed<Exchange>]) -> Vec<usize> {
    let steps = steps(chain);
    let mut keyed: Vec<_> = (steps.takers.iter().enumerate())
        .map(|(version, place)| (version as u64, 1, steps.moments[version], *place))
        .collect();
    let mut takes = vec![false; history.len()];
    steps.takers.iter().for_each(|place| takes[*place] = true);
    for (place, timed) in history.iter().enumerate() {
        if !takes[place]
            && let Some((version, moment)) = seen_at(&steps, timed)
        {
            keyed.push((version, 0, moment, place));
        }
    }
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, _, _, place)| place).collect()
}

/// Chooses a moment for every step that must have been taken.
fn steps(chain: &Chain) -> Steps {
    let mut chosen = Vec::new();
    let mut later = (u64::MAX, NEVER);
    for (version, step) in chain.steps().rev() {
        let until = if later.0 == version.saturating_add(1) { later.1 } else { NEVER };
        let moment = step.feasible().latest_until(until).unwrap_or(NEVER);
        later = (version, moment);
        if moment != NEVER {
            chosen.push((step, moment));
        }
    }
    let mut before = 0;
    let mut steps = Steps { moments: Vec::new(), takers: Vec::new() };
    for (step, moment) in chosen.into_iter().rev() {
        if let Some(attempt) = step.taker_at(moment, before) {
            steps.moments.push(moment);
            steps.takers.push(attempt.place);
        }
        before = moment;
    }
    steps
}

impl Steps {
    /// When version `version` was left; never, if it wasn't.
    fn left(&self, version: Version) -> Moment {
        let left = usize::try_from(version.0).ok().and_then(|version| self.moments.get(version));
        left.copied().unwrap_or(NEVER)
    }

    /// When version `version` was made.
    fn made(&self, version: Version) -> Moment {
        if version == Version::ZERO { 0 } else { self.left(version.previous()) }
    }

    /// The version just after the event `order`.
    fn version_at(&self, order: u64) -> u64 {
        self.moments.partition_point(|moment| *moment < order) as u64
    }
}

/// The version that an operation found which took no step, and a moment at which it found it.
fn seen_at(steps: &Steps, timed: &Timed<Exchange>) -> Option<(u64, Moment)> {
    let reply = timed.operation.reply.as_ref()?;
    let called = timed.called;
    match (&timed.operation.request, reply.outcome) {
        (Request::Get { .. }, Outcome::Ok) => {
            Some((reply.version.0, called.max(steps.made(reply.version))))
        }
        (Request::Get { .. } | Request::Put { .. }, Outcome::NoKey) => Some((0, called)),
        (Request::Put { version, .. }, Outcome::Version | Outcome::Maybe) => {
            let can_be_below = version.0 > u64::from(reply.outcome == Outcome::Version);
            let (found, moment) = if !can_be_below || steps.made(*version) < called {
                (version.0.saturating_add(1), steps.left(*version))
            } else {
                // It may have come before its version: any will do, but not an absent key.
                (1, if reply.outcome == Outcome::Maybe { 0 } else { steps.left(Version::ZERO) })
            };
            let is_past = moment < called;
            Some(if is_past { (steps.version_at(called), called) } else { (found, moment) })
        }
        (Request::Get { .. }, Outcome::Version | Outcome::Maybe)
        | (Request::Put { .. }, Outcome::Ok) => None,
    }
}
