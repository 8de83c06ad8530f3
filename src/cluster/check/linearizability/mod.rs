//! Linearizability: could this history have come from one copy that handles one operation at a
//! time?
//!
//! A history is linearizable if every operation can be given one moment between its call and its
//! return at which it takes effect, such that the answers are those of a sequential object
//! (Herlihy and Wing, "Linearizability: A Correctness Condition for Concurrent Objects", 1990).
//! An operation that never returned may take effect at any moment after its call, or never. A
//! history is linearizable if its part for each key is, so parts are judged one by one.
//!
//! Two engines answer. `search` works for every sequential [`Model`]: it tries orders, in the
//! family of Wing and Gong, with the memory of Lowe ("Testing for linearizability", 2017) and
//! some rules that cut the search without changing its answer. `chain` is for the versioned
//! map of this lab, where the version that a put names is its place in the order: no search is
//! needed, and the same structure judges a history while it grows ([`live`]).
//!
//! A verdict comes with evidence: a linearization, or in [`Evidence`] the longest partial one,
//! the moment at which the history went wrong, and a few operations that clash whatever the
//! others did. Nothing here reads a clock: who is in a hurry gives [`Limits`] or a [`Watch`].

mod blocks;
mod chain;
mod evidence;
mod gaps;
mod goals;
mod list;
pub mod live;
mod newest;
pub mod register;
mod search;
mod seen;
pub mod store;
#[cfg(test)]
mod tests;
pub mod versioned;
mod witness;

use std::collections::BTreeMap;
use std::hash::Hash;
use std::ops::ControlFlow;

pub use evidence::{first_wrong, gather as evidence};
pub use goals::Goals;
pub use search::{Longest, longest_with_each};

/// An operation with its place in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timed<O> {
    /// What was asked and what was answered.
    pub operation: O,
    /// Place of the call in the order of all calls and returns.
    pub called: u64,
    /// Place of the return, after that of the call. `None` if nobody knows how it ended: it may
    /// take effect at any moment after the call, or never.
    pub returned: Option<u64>,
}

impl<O> Timed<O> {
    /// Place of the return, or beyond all places.
    pub(crate) fn end(&self) -> u64 {
        self.returned.unwrap_or(u64::MAX)
    }

    /// Whether it had returned when `other` was called.
    pub(crate) fn precedes<P>(&self, other: &Timed<P>) -> bool {
        self.end() < other.called
    }
}

/// What an operation has to do with the state. The search is told, so that it needn't try
/// orders that can't make a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nature {
    /// Never changes the state; its answer says something of it.
    Observer,
    /// Changes some states, or is impossible in some.
    Conditional,
    /// Possible in every state. What it makes of the state depends on the state.
    Blind,
    /// Possible in every state. What it makes of the state doesn't depend on the state.
    Overwrite,
}

/// A sequential object: what one copy would do that handles one operation at a time.
///
/// An operation holds its answer too. Two operations that are equal are interchangeable.
pub trait Model {
    type Operation: Clone + Eq + Hash;
    type State: Clone + Eq + Hash;
    /// What a history is divided by: operations on different parts don't affect each other.
    type Part: Ord;

    fn part(&self, operation: &Self::Operation) -> Self::Part;

    /// The state of a part at the start.
    fn initial(&self) -> Self::State;

    fn nature(&self, operation: &Self::Operation) -> Nature;

    /// Whether the object can give the operation's answer in this state.
    fn admits(&self, state: &Self::State, operation: &Self::Operation) -> bool;

    /// The state after an operation that was admitted.
    fn apply(&self, state: &Self::State, operation: &Self::Operation) -> Self::State;

    /// The same operation if nobody knew its answer; `None` if it then says nothing.
    fn unanswered(&self, operation: &Self::Operation) -> Option<Self::Operation>;

    /// Whether operations that don't overwrite the state can make `goal` of it, or it is the goal.
    /// It is always right to say yes.
    fn within_reach(&self, _state: &Self::State, _goal: &Self::State) -> bool {
        true
    }

    /// Whether `goal` can be admitted once `operation` has been applied in `state`, now or after
    /// more operations that are not overwriting. When in doubt, yes.
    fn leads(
        &self,
        state: &Self::State,
        operation: &Self::Operation,
        goal: &Self::Operation,
    ) -> bool {
        self.admits(&self.apply(state, operation), goal)
    }

    /// Where the states come from that answers need: lets a search see early that it has gone
    /// astray. It is always right to know nothing.
    fn goals(&self, _operations: &[&Self::Operation]) -> Goals<Self::State> {
        Goals::default()
    }

    /// How much memory a state takes, in bytes, about.
    fn size(&self, _state: &Self::State) -> usize {
        size_of::<Self::State>()
    }

    /// Judges one part of a history. Models that know better than to search say so here.
    fn judge(
        &self,
        history: &[Timed<Self::Operation>],
        limits: Limits,
        watch: &mut Watch<'_>,
    ) -> Outcome
    where
        Self: Sized,
    {
        search::run(self, history, limits, watch)
    }

    /// An operation in words: "write 3".
    fn describe(&self, operation: &Self::Operation) -> String;

    /// Whether an operation that took no effect would have explained what `found` was answered.
    fn would_explain(&self, _failed: &Self::Operation, _found: &Self::Operation) -> bool {
        false
    }

    /// A state in words: "the register holds 3".
    fn describe_state(&self, state: &Self::State) -> String;

    /// Why operations that clash do so, where there is a plain reason. `clashing` are some of
    /// `history`, in the order of their calls.
    fn explain(
        &self,
        _history: &[Timed<Self::Operation>],
        _clashing: &[&Timed<Self::Operation>],
    ) -> Option<String> {
        None
    }
}

/// How much work a verdict may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How often an operation may be tried in a state.
    pub steps: u64,
    /// How many bytes of memory the search may fill with what it has seen.
    pub memory: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { steps: u64::MAX, memory: 1 << 30 }
    }
}

/// How far a search has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Steps since the last report.
    pub steps: u64,
    /// How many answered operations the best order so far has placed.
    pub placed: usize,
}

/// Told of the progress every few thousand steps; may break the search off.
pub type Watch<'a> = dyn FnMut(Progress) -> ControlFlow<()> + 'a;

/// Why a search ended without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// [`Limits::steps`] were done.
    Steps,
    /// [`Limits::memory`] was full.
    Memory,
    /// The [`Watch`] broke it off.
    Stopped,
}

/// What an engine finds out about one part of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// An order that explains every answer: places in the history. Operations that never
    /// returned are in it only if they took effect.
    Order(Vec<usize>),
    /// There is none.
    NoOrder {
        /// The operation whose return made it certain, if the engine knows.
        wrong: Option<usize>,
        /// Operations that are probably enough to see it. A hint; there may be none.
        suspects: Vec<usize>,
    },
    Undecided(Reason),
}

/// The verdict on one part of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// See [`Outcome::Order`].
    Linearizable(Vec<usize>),
    Violated(Evidence),
    Undecided(Reason),
}

/// What an engine found, with no more evidence than it has itself.
impl From<Outcome> for Verdict {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Order(order) => Self::Linearizable(order),
            Outcome::Undecided(reason) => Self::Undecided(reason),
            Outcome::NoOrder { wrong, .. } => {
                Self::Violated(Evidence { wrong, ..Evidence::default() })
            }
        }
    }
}

/// Why a part of a history is not linearizable. Operations are given by their places in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The operation whose return made it certain: up to just before it, the history is
    /// linearizable. `None` if the limits didn't suffice to find it.
    pub wrong: Option<usize>,
    /// An order that explains every answer up to just before that return. What was in progress
    /// then is in it only if it had to take effect, whatever it answered later.
    pub longest: Vec<usize>,
    /// Operations that can't all be right, whatever all the others answered: they alone matter.
    pub clashing: Vec<usize>,
    /// Whether none of them can be left out. If not, the limits didn't suffice to find out.
    pub is_smallest: bool,
    /// Why they clash, in a sentence, where there is a plain reason.
    pub because: Option<String>,
}

impl Evidence {
    /// The evidence with the places of the whole history: `places` are those of the part.
    #[must_use]
    pub fn placed(self, places: &[usize]) -> Self {
        let placed = |some: Vec<usize>| some.into_iter().map(|at| places[at]).collect();
        Self {
            wrong: self.wrong.map(|at| places[at]),
            longest: placed(self.longest),
            clashing: placed(self.clashing),
            is_smallest: self.is_smallest,
            because: self.because,
        }
    }
}

/// Divides a history into the parts that can be judged one by one: places in `history`, in order.
pub fn parts<M: Model>(
    model: &M,
    history: &[Timed<M::Operation>],
) -> BTreeMap<M::Part, Vec<usize>> {
    let mut parts: BTreeMap<M::Part, Vec<usize>> = BTreeMap::new();
    for (place, timed) in history.iter().enumerate() {
        parts.entry(model.part(&timed.operation)).or_default().push(place);
    }
    parts
}

/// Judges one part of a history, and says of a violation no more than the engine knows at once.
pub fn verdict<M: Model>(
    model: &M,
    history: &[Timed<M::Operation>],
    limits: Limits,
    watch: &mut Watch<'_>,
) -> Verdict {
    model.judge(history, limits, watch).into()
}

/// Judges one part of a history. `limits` bounds the verdict, and once more the search for
/// evidence. Places of calls and returns must be different from each other.
pub fn check<M: Model>(
    model: &M,
    history: &[Timed<M::Operation>],
    limits: Limits,
    watch: &mut Watch<'_>,
) -> Verdict {
    let outcome = model.judge(history, limits, watch);
    if let Outcome::NoOrder { wrong, .. } = outcome {
        return Verdict::Violated(evidence(model, history, wrong, limits, watch));
    }
    outcome.into()
}

/// The state that an order of operations leads to.
pub fn replay<M: Model>(model: &M, history: &[Timed<M::Operation>], order: &[usize]) -> M::State {
    order.iter().filter_map(|place| history.get(*place)).fold(model.initial(), |state, timed| {
        match model.nature(&timed.operation) {
            Nature::Observer => state,
            Nature::Conditional | Nature::Blind | Nature::Overwrite => {
                model.apply(&state, &timed.operation)
            }
        }
    })
}
