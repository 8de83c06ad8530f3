//! What is still wanted, and whether it can still come.
//!
//! An answer is explained by a state, and some operation must have made that state. Once all
//! that could make it have been placed, the state is either there now, or will never be again. So
//! a search needn't wait for the answer's turn to see that it has gone astray.

use std::collections::BTreeSet;

/// What a model knows of the states that answers need. Such a state is a goal, known by its place
/// in `states`. Operations are given in the order in which the model was asked about them.
#[derive(Clone, Debug)]
pub struct Goals<S> {
    pub states: Vec<S>,
    /// The goal that is the state just before each operation.
    pub wanted: Vec<Option<u32>>,
    /// The goals that may be the state just after each operation, and were not before it: no
    /// other operation leads there.
    pub makes: Vec<Vec<u32>>,
    /// The goals to which each overwriting operation may lead if nothing overwrites it. Empty if
    /// that is not known: any may.
    pub starts: Vec<Vec<u32>>,
}

impl<S> Default for Goals<S> {
    fn default() -> Self {
        Self { states: Vec::new(), wanted: Vec::new(), makes: Vec::new(), starts: Vec::new() }
    }
}

/// The most goals without a start that are looked at in one go.
const NEEDY_MAX: usize = 4;

/// Goals, with what is left to be placed. Operations are known by their numbers in the search.
#[derive(Debug)]
pub(super) struct Wanted<S> {
    goals: Goals<S>,
    left: Left,
}

/// What is to be placed, counted by goal.
#[derive(Debug, Default)]
struct Left {
    waiting: Vec<u32>,
    makers: Vec<u32>,
    starters: Vec<u32>,
    /// What is waited for and nothing can make, or start on.
    unmakeable: BTreeSet<u32>,
    needy: BTreeSet<u32>,
}

impl<S: Eq> Wanted<S> {
    /// All is to be placed.
    pub(super) fn new(goals: Goals<S>) -> Self {
        let zeros = || vec![0; goals.states.len()];
        let starters = vec![u32::from(goals.starts.is_empty()); goals.states.len()];
        let left = Left { waiting: zeros(), makers: zeros(), starters, ..Left::default() };
        let mut wanted = Self { goals, left };
        for at in 0..wanted.goals.wanted.len() {
            wanted.put_back(at as u32);
        }
        wanted
    }

    /// An operation has been placed, or covered.
    pub(super) fn take(&mut self, at: u32) {
        self.change(at, |count| *count -= 1);
    }

    /// An operation is to be placed.
    pub(super) fn put_back(&mut self, at: u32) {
        self.change(at, |count| *count += 1);
    }

    fn change(&mut self, at: u32, change: impl Fn(&mut u32)) {
        let (at, left) = (at as usize, &mut self.left);
        for goal in self.goals.wanted.get(at).into_iter().flatten() {
            change(&mut left.waiting[*goal as usize]);
            left.recount(*goal);
        }
        for goal in self.goals.makes.get(at).into_iter().flatten() {
            change(&mut left.makers[*goal as usize]);
            left.recount(*goal);
        }
        for goal in self.goals.starts.get(at).into_iter().flatten() {
            change(&mut left.starters[*goal as usize]);
            left.recount(*goal);
        }
    }

    /// Whether all that is wanted may still come. `is_near`: whether `state` may become another
    /// without being overwritten.
    pub(super) fn may_come(&self, state: &S, is_near: impl Fn(&S) -> bool) -> bool {
        let goal = |goal: &u32| &self.goals.states[*goal as usize];
        self.left.unmakeable.iter().map(goal).all(|goal| goal == state)
            && self.left.needy.iter().take(NEEDY_MAX).map(goal).all(is_near)
    }
}

impl Left {
    fn recount(&mut self, goal: u32) {
        let at = goal as usize;
        let is_waited_for = self.waiting[at] > 0;
        note(&mut self.unmakeable, goal, is_waited_for && self.makers[at] == 0);
        note(&mut self.needy, goal, is_waited_for && self.starters[at] == 0);
    }
}

fn note(set: &mut BTreeSet<u32>, goal: u32, is_member: bool) {
    if is_member {
        set.insert(goal);
    } else if !set.is_empty() {
        set.remove(&goal);
    }
}
