//! One key of the versioned map: when can it have gone from each version to the next?
//!
//! Versions order the puts, so a run of the key is a list of moments: that of version 0 → 1, that
//! of 1 → 2, and so on, each not before the one before it, from some version on never. What the
//! answers say of it is about moments that follow each other, and the operations' own times:
//!
//! - A put that said ok made its version, between its call and its return. So may one that said
//!   maybe, in that time or, if it is late, after; and one that is open, any time after its call.
//! - A get of version v ended after v was made and began before v + 1 was. All gets of v agree on
//!   the value, and with the put that made it.
//! - A put that was refused at v, or said maybe, saw another version: v was not yet made when it
//!   was called, or v + 1 was when it returned.
//! - A get or put that said nokey began before version 1 was made; one that said version ended
//!   after.
//!
//! So a [`Step`] holds the set of moments at which its version can have been left, given those of
//! the step before: the latest moment of the step before that is not after the moment in question
//! is the one that serves best, for all that is asked of it is not to be too early. One set
//! follows from another in a line of runs of moments; the history has an order if none is empty.
//! An answer changes what is said of one or two versions, and of those after as far as sets
//! change. Nothing is ever searched.

use smallvec::SmallVec;

use super::gaps::{Gaps, LAST, Moment, NEVER};
use super::newest::Newest;
use super::versioned::{Reply, makes};
use crate::cluster::types::{Outcome, Request, Value, Version};

/// What is known of a key. A clone shares its structure.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    /// By the version that a step leaves; only those of which something is known.
    steps: Newest<Step>,
    work: u64,
}

/// From one version to the next.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// It was not taken before this, nor after that.
    first: Moment,
    last: Moment,
    /// The value that it made, as gets have seen it.
    seen: Option<Value>,
    /// Whether a put says that it took the step: it is the first of the attempts then.
    taken: bool,
    /// Puts that may have.
    attempts: SmallVec<[Attempt; 1]>,
    /// Call and return of puts that can't have found this version all the time: of several that
    /// say the same, the one that says most.
    refused: SmallVec<[(Moment, Moment); 1]>,
    /// When it can have been taken.
    feasible: Gaps,
}

/// A put that may have taken a step.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) place: usize,
    value: Value,
    first: Moment,
    last: Moment,
    /// The step before was not taken before this.
    after: Moment,
}

impl Default for Step {
    fn default() -> Self {
        Self {
            first: 0,
            last: NEVER,
            seen: None,
            taken: false,
            attempts: SmallVec::new(),
            refused: SmallVec::new(),
            feasible: Gaps::NEVER,
        }
    }
}

impl Step {
    /// When it can have been taken, if this is when the step before can.
    fn solve(&self, before: &Gaps) -> Gaps {
        let mut feasible = Gaps::default();
        for attempt in self.candidates() {
            for (place, (start, end)) in before.runs().iter().enumerate() {
                if attempt.after > *end {
                    continue;
                }
                let next = before.runs().get(place + 1).map_or(LAST, |run| run.0 - 1);
                let first = (*start).max(attempt.after).max(attempt.first).max(self.first);
                let last = next.min(self.refused_until(*end)).min(attempt.last).min(self.last);
                feasible.add(first, last);
            }
        }
        feasible.tidy();
        let called = self.refused.iter().map(|refused| refused.0).max().unwrap_or(0);
        let untaken = !self.taken && self.last == NEVER;
        if untaken && before.latest().is_some_and(|latest| latest >= called) {
            feasible.add_never();
        }
        feasible
    }

    /// Until when it must be taken, if the step before was taken at `before`.
    fn refused_until(&self, before: Moment) -> Moment {
        let refused = self.refused.iter().filter(|(called, _)| *called > before);
        refused.map(|(_, returned)| returned - 1).min().unwrap_or(LAST)
    }

    /// The puts that can have taken it, as far as values tell.
    fn candidates(&self) -> impl Iterator<Item = &Attempt> {
        let attempts = if self.taken { &self.attempts[..1] } else { &self.attempts[..] };
        let fits =
            |attempt: &&Attempt| self.seen.as_ref().is_none_or(|seen| *seen == attempt.value);
        attempts.iter().filter(fits)
    }

    /// A put that can have taken it at `moment`, if the step before was taken at `before`.
    pub(super) fn taker_at(&self, moment: Moment, before: Moment) -> Option<&Attempt> {
        self.candidates().find(|attempt| {
            (attempt.first..=attempt.last).contains(&moment) && attempt.after <= before
        })
    }

    pub(super) const fn feasible(&self) -> &Gaps {
        &self.feasible
    }

    /// Takes back the attempt of a put that returns.
    #[inline]
    fn withdraw(&mut self, place: usize) -> Option<Attempt> {
        let at = self.attempts.iter().position(|attempt| attempt.place == place)?;
        Some(self.attempts.swap_remove(at))
    }

    /// Notes that a put didn't find this version all the time from its call to its return.
    fn refuse(&mut self, called: Moment, returned: Moment) {
        // A step that was certainly taken before the call says so already.
        if self.feasible.latest().is_some_and(|latest| latest < called) {
            return;
        }
        let says_more =
            |one: &(Moment, Moment), other: &(Moment, Moment)| one.0 >= other.0 && one.1 <= other.1;
        let new = (called, returned);
        if !self.refused.iter().any(|old| says_more(old, &new)) {
            self.refused.retain(|old| !says_more(&new, old));
            self.refused.push(new);
        }
    }
}

impl Chain {
    /// A measure of the work done so far.
    pub(super) const fn work(&self) -> u64 {
        self.work
    }

    /// The steps of which something is known, by the version that they leave.
    pub(super) fn steps(&self) -> impl DoubleEndedIterator<Item = (u64, &Step)> {
        self.steps.iter()
    }

    /// A get or put is called. `place` is its name, `order` the number of the event.
    pub(super) fn called(&mut self, place: usize, order: u64, request: &Request) {
        self.work += 1;
        let Request::Put { value, version, .. } = request else { return };
        let value = value.clone();
        let attempt = Attempt { place, value, first: order, last: LAST, after: 0 };
        let step = self.step(version.0);
        step.attempts.push(attempt);
        if !step.feasible.runs().last().is_some_and(|run| run.0 <= order && run.1 == LAST) {
            // What may come can't contradict what was.
            self.settle(version.0);
        }
    }

    /// A get or put returns; `false` if no run of the key explains all answers so far.
    #[must_use]
    pub(super) fn returned(
        &mut self,
        place: usize,
        (called, returned): (Moment, Moment),
        request: &Request,
        reply: &Reply,
    ) -> bool {
        self.work += 1;
        match request {
            Request::Get { .. } => match reply.outcome {
                Outcome::Ok => self.got(reply, called, returned),
                Outcome::NoKey => self.was_absent(called),
                // No get says so.
                Outcome::Version | Outcome::Maybe => false,
            },
            Request::Put { version, .. } => self.put(place, *version, reply, called, returned),
        }
    }

    fn got(&mut self, reply: &Reply, called: Moment, returned: Moment) -> bool {
        let version = reply.version.0;
        if version == 0 || self.steps.get(version - 1).is_none() {
            return false;
        }
        let made = self.step(version - 1);
        if made.seen.get_or_insert_with(|| reply.value.clone()) != &reply.value {
            return false;
        }
        made.last = made.last.min(returned - 1);
        let left = self.step(version);
        left.first = left.first.max(called);
        self.settle(version - 1) && self.settle(version)
    }

    fn was_absent(&mut self, called: Moment) -> bool {
        let first = self.step(0);
        first.first = first.first.max(called);
        self.settle(0)
    }

    fn was_present(&mut self, returned: Moment) -> bool {
        let first = self.step(0);
        first.last = first.last.min(returned - 1);
        self.settle(0)
    }

    /// A put says how it ended: its attempt is withdrawn, and what is left of it noted.
    fn put(
        &mut self,
        place: usize,
        version: Version,
        reply: &Reply,
        called: Moment,
        returned: Moment,
    ) -> bool {
        // Its call has made the step, if nothing had before.
        let Some(step) = self.steps.get_mut(version.0) else { return false };
        let Some(attempt) = step.withdraw(place) else { return false };
        let possible = match reply.outcome {
            Outcome::Ok => {
                step.attempts.insert(0, Attempt { last: returned - 1, ..attempt });
                !std::mem::replace(&mut step.taken, true) && makes(reply.version, version)
            }
            Outcome::Version => {
                if version.0 == 1 {
                    // Before version 1 the key was absent, so it saw a later one.
                    step.last = step.last.min(returned - 1);
                } else {
                    step.refuse(called, returned);
                }
                if reply.late && version.0 > 1 {
                    step.attempts.push(Attempt { after: called, ..attempt });
                }
                self.was_present(returned)
            }
            Outcome::NoKey => {
                if reply.late {
                    step.attempts.push(attempt);
                }
                version.0 > 0 && self.was_absent(called)
            }
            Outcome::Maybe => {
                step.refuse(called, returned);
                let last = if reply.late { LAST } else { returned - 1 };
                step.attempts.push(Attempt { last, ..attempt });
                true
            }
        };
        possible && self.settle(version.0)
    }

    fn step(&mut self, version: u64) -> &mut Step {
        self.steps.get_or_default(version)
    }

    /// Works out again when the step from `version` can have been taken, and those after it as
    /// far as that changes them. `false` if one can't have been.
    fn settle(&mut self, version: u64) -> bool {
        static START: Gaps = Gaps::START;
        static NEVER: Gaps = Gaps::NEVER;
        for version in version..=u64::MAX {
            let Some(step) = self.steps.get(version) else { break };
            let before = match version.checked_sub(1) {
                None => &START,
                Some(before) => self.steps.get(before).map_or(&NEVER, |step| &step.feasible),
            };
            let attempts = 1 + step.attempts.len() + step.refused.len();
            self.work += (attempts * before.runs().len().max(1)) as u64;
            let feasible = step.solve(before);
            if feasible == step.feasible {
                break;
            }
            if feasible.is_empty() {
                return false;
            }
            if let Some(step) = self.steps.get_mut(version) {
                step.feasible = feasible;
            }
        }
        true
    }
}
