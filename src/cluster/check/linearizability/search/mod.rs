//! Finds an order for one part of a history, whatever the sequential object is.
//!
//! The search places one operation after the other. A place of the search is: which operations
//! have been placed, and the state. An operation may come next if no other that is still to be
//! placed had returned before it was called; so it is called before the *deadline*, the earliest
//! return among those to be placed, which is that of the *frontier*. That is the algorithm of
//! Wing and Gong; like Lowe's it never looks at a place twice. What cuts it short, each without
//! losing an answer:
//!
//! - An observer is placed as soon as the state admits it: nothing is lost, for it changes
//!   nothing.
//! - Of equal operations the one that returns first goes first: exchange them in any order that
//!   does otherwise.
//! - When an overwriting operation is placed, the blind ones that were in progress are *covered*:
//!   each could have come just before it, and nobody would know. At its return a covered
//!   operation is dropped, unless the search commits itself to place it where it is seen.
//! - To overwrite what nothing has observed leads where covering leads, as long as the deadline
//!   is the same; or where leaving it out leads, if it never returned. So that isn't tried.
//! - An operation without a return that neither changes nor covers anything is never placed.
//! - A blind operation can wait until its own return, or until something in progress waits for
//!   what it makes.
//! - Of some states it is known which operations can make them. Once these have been placed, who
//!   needs the state must come while it is there ([`Goals`]). And a state that only one operation
//!   can make is there once: what happens in it is a block ([`blocks`]).
//!
//! The search keeps its own stack, so its depth is bounded by memory alone.

mod entry;
mod moves;
mod path;

use std::ops::ControlFlow;

use super::goals::{Goals, Wanted};
use super::list::List;
use super::seen::{Seen, States};
use super::{Limits, Model, Nature, Outcome, Progress, Reason, Timed, Watch, blocks};

use entry::{Entry, entries};
pub use path::Longest;
use path::Step;

/// Steps between two reports to the watch.
const REPORT: u64 = 4_096;

/// Judges one part of a history.
pub(super) fn run<M: Model>(
    model: &M,
    history: &[Timed<M::Operation>],
    limits: Limits,
    watch: &mut Watch<'_>,
) -> Outcome {
    let mut search = Search::new(model, history, limits);
    if let Err(suspects) = search.look_ahead() {
        let place = |at: u32| search.entries[at as usize].place;
        let suspects = suspects.into_iter().map(place).collect();
        return Outcome::NoOrder { wrong: None, suspects };
    }
    match search.find(watch) {
        Found::Order => Outcome::Order(search.order()),
        Found::Nothing => Outcome::NoOrder { wrong: None, suspects: Vec::new() },
        Found::Broken(reason) => Outcome::Undecided(reason),
    }
}

/// For each operation the longest partial order with it that a search comes across. For pictures;
/// it ends quietly when the limits are reached.
pub fn longest_with_each<M: Model>(
    model: &M,
    history: &[Timed<M::Operation>],
    limits: Limits,
) -> Longest {
    let mut search = Search::new(model, history, limits);
    search.longest = Some(Longest::new(history.len()));
    search.find(&mut |_| ControlFlow::Continue(()));
    search.note_end();
    search.longest.unwrap_or_default()
}

/// Where the search stands, apart from which operations are placed.
#[derive(Clone, Copy)]
struct Stand {
    state: u32,
    /// Blind operations called before this are covered.
    covered: u64,
    fresh: Fresh,
    /// The frontier, though covered, is to be placed where it is seen.
    committed: bool,
}

/// Whether the last operation was a blind one, and nothing has observed it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fresh {
    No,
    /// It was placed under this deadline.
    Under(u64),
    /// It never returned, so it could have been left out.
    Open,
}

#[derive(Clone, Copy)]
enum Move {
    Place(u32),
    /// The frontier is covered: done with it.
    Drop,
    /// The frontier is covered, and yet to be placed.
    Commit,
}

/// A choice to which the search may come back.
struct Choice {
    stand: Stand,
    /// Length of the path here.
    path: usize,
    /// Where in the list of moves those of this choice begin.
    moves: usize,
}

enum Found {
    Order,
    Nothing,
    Broken(Reason),
}

enum Entered {
    Solved,
    /// There are moves, or there are none: see the last choice.
    Choice,
    SeenBefore,
    Broken(Reason),
}

struct Search<'a, M: Model> {
    model: &'a M,
    limits: Limits,
    /// In the order of calls.
    entries: Vec<Entry<'a, M::Operation>>,
    /// What is to be placed, by call.
    calls: List,
    /// What is to be placed and has returned, by return.
    returns: List,
    /// Those of them that aren't blind.
    answers: List,
    wanted: Wanted<M::State>,
    states: States<M::State>,
    seen: Seen,
    stand: Stand,
    path: Vec<Step>,
    choices: Vec<Choice>,
    moves: Vec<Move>,
    /// How many operations on the path have returned.
    placed: usize,
    /// The most that was ever placed.
    most_placed: usize,
    /// Kept only if somebody asks for it.
    longest: Option<Longest>,
    /// What may come next, by call: made by [`Search::settle`].
    candidates: Vec<u32>,
    /// Scratch: the last choice at which a class was met, covered or not.
    met: Vec<[u64; 2]>,
    key: Vec<u64>,
    ranked: Vec<(u8, u64, u32)>,
    choice_number: u64,
    steps: u64,
    reported: u64,
    state_memory: usize,
}

impl<'a, M: Model> Search<'a, M> {
    fn new(model: &'a M, history: &'a [Timed<M::Operation>], limits: Limits) -> Self {
        let entries = entries(model, history);
        let mut by_return: Vec<u32> =
            (0..entries.len() as u32).filter(|at| !entries[*at as usize].is_open()).collect();
        by_return.sort_unstable_by_key(|at| entries[*at as usize].end);
        let classes = entries.iter().map(|entry| entry.class as usize + 1).max().unwrap_or(0);
        let mut states = States::new();
        let (state, _) = states.number(model.initial());
        Self {
            model,
            limits,
            calls: List::new(entries.len(), 0..entries.len() as u32),
            answers: List::new(
                entries.len(),
                by_return.iter().copied().filter(|at| !entries[*at as usize].is_blind()),
            ),
            returns: List::new(entries.len(), by_return),
            entries,
            wanted: Wanted::new(Goals::default()),
            states,
            seen: Seen::default(),
            stand: Stand { state, covered: 0, fresh: Fresh::No, committed: false },
            path: Vec::new(),
            choices: Vec::new(),
            moves: Vec::new(),
            placed: 0,
            most_placed: 0,
            longest: None,
            candidates: Vec::new(),
            met: vec![[0; 2]; classes],
            key: Vec::new(),
            ranked: Vec::new(),
            choice_number: 0,
            steps: 0,
            reported: 0,
            state_memory: 0,
        }
    }

    /// From now on, a way is given up as soon as something wanted can no longer come. If that is
    /// certain from the start: operations that are enough to see it, as far as is known.
    fn look_ahead(&mut self) -> Result<(), Vec<u32>> {
        let operations: Vec<_> = self.entries.iter().map(|entry| entry.operation).collect();
        let goals = self.model.goals(&operations);
        let times: Vec<_> = self.entries.iter().map(|entry| (entry.called, entry.end)).collect();
        blocks::fit(&goals, &times, &self.model.initial())?;
        self.wanted = Wanted::new(goals);
        if self.may_go_on() { Ok(()) } else { Err(Vec::new()) }
    }

    fn find(&mut self, watch: &mut Watch<'_>) -> Found {
        let mut entered = self.enter(watch);
        loop {
            match entered {
                Entered::Solved => return Found::Order,
                Entered::Broken(reason) => return Found::Broken(reason),
                Entered::Choice => {}
                Entered::SeenBefore => self.note_end(),
            }
            let next = loop {
                let Some(choice) = self.choices.last() else { return Found::Nothing };
                let (stand, length) = (choice.stand, choice.path);
                if self.moves.len() > choice.moves
                    && let Some(next) = self.moves.pop()
                {
                    self.rewind(stand, length);
                    break next;
                }
                self.choices.pop();
            };
            entered = if self.make(next) { self.enter(watch) } else { Entered::SeenBefore };
        }
    }

    /// The earliest return among what is to be placed.
    fn deadline(&self) -> u64 {
        self.returns.first().map_or(u64::MAX, |at| self.entries[at as usize].end)
    }

    /// Comes to a new place: places observers, and lists the moves unless it was here before.
    fn enter(&mut self, watch: &mut Watch<'_>) -> Entered {
        while self.settle() {}
        if let Some(reason) = self.limit_reached(watch) {
            return Entered::Broken(reason);
        }
        let Some(frontier) = self.returns.first() else { return Entered::Solved };
        self.write_key(frontier);
        if !self.seen.insert(&self.key) {
            return Entered::SeenBefore;
        }
        let choice = Choice { stand: self.stand, path: self.path.len(), moves: self.moves.len() };
        self.list_moves(frontier);
        if self.moves.len() == choice.moves {
            self.note_end();
        }
        self.choices.push(choice);
        Entered::Choice
    }

    /// Places every observer that may come next and is admitted, and lists the other candidates.
    /// Whether it must be called again, for the deadline may have moved.
    fn settle(&mut self) -> bool {
        self.candidates.clear();
        let deadline = self.deadline();
        let mut placed = false;
        let mut next = self.calls.first();
        while let Some(at) = next {
            let entry = &self.entries[at as usize];
            if entry.called > deadline {
                break;
            }
            self.steps += 1;
            next = self.calls.after(at);
            let admitted = entry.nature == Nature::Observer
                && self.model.admits(self.states.get(self.stand.state), entry.operation);
            if admitted {
                self.take(Step::Placed(at));
                self.stand.fresh = Fresh::No;
                placed = true;
            } else {
                self.candidates.push(at);
            }
        }
        placed
    }

    /// Makes a move; `false` if it leads nowhere.
    fn make(&mut self, next: Move) -> bool {
        let frontier = self.returns.first();
        match (next, frontier) {
            (Move::Place(at), _) => self.place(at),
            (Move::Drop, Some(frontier)) => {
                self.take(Step::Covered(frontier));
                self.may_go_on()
            }
            (Move::Commit, _) => {
                self.stand.committed = true;
                true
            }
            (Move::Drop, None) => false,
        }
    }

    fn place(&mut self, at: u32) -> bool {
        let deadline = self.deadline();
        let entry = &self.entries[at as usize];
        let (nature, is_open) = (entry.nature, entry.is_open());
        let made = self.model.apply(self.states.get(self.stand.state), entry.operation);
        let size = self.model.size(&made);
        let (state, is_new) = self.states.number(made);
        if is_new {
            self.state_memory += size;
        }
        if is_open && state == self.stand.state && nature != Nature::Overwrite {
            return false;
        }
        if self.returns.first() == Some(at) {
            self.stand.committed = false;
        }
        self.stand.state = state;
        match nature {
            Nature::Observer | Nature::Conditional => self.stand.fresh = Fresh::No,
            Nature::Blind | Nature::Overwrite => {
                self.stand.fresh = if is_open { Fresh::Open } else { Fresh::Under(deadline) };
            }
        }
        if nature == Nature::Overwrite {
            self.stand.covered = deadline;
        }
        self.take(Step::Placed(at));
        self.may_go_on()
    }

    /// Whether all that is wanted may still come.
    fn may_go_on(&self) -> bool {
        let state = self.states.get(self.stand.state);
        self.wanted.may_come(state, |goal| self.model.within_reach(state, goal))
    }

    fn take(&mut self, step: Step) {
        let at = step.at();
        let entry = &self.entries[at as usize];
        self.calls.remove(at);
        self.wanted.take(at);
        if !entry.is_open() {
            self.returns.remove(at);
            self.placed += 1;
            if !entry.is_blind() {
                self.answers.remove(at);
            }
        }
        self.path.push(step);
    }

    /// Goes back to a choice.
    fn rewind(&mut self, stand: Stand, length: usize) {
        for step in self.path.drain(length..).rev() {
            let at = step.at();
            let entry = &self.entries[at as usize];
            self.calls.restore(at);
            self.wanted.put_back(at);
            if !entry.is_open() {
                self.returns.restore(at);
                self.placed -= 1;
                if !entry.is_blind() {
                    self.answers.restore(at);
                }
            }
        }
        self.stand = stand;
    }

    fn limit_reached(&mut self, watch: &mut Watch<'_>) -> Option<Reason> {
        let unreported = self.steps - self.reported;
        if unreported >= REPORT {
            self.reported = self.steps;
            let placed = self.placed.max(self.most_placed);
            if watch(Progress { steps: unreported, placed }).is_break() {
                return Some(Reason::Stopped);
            }
        }
        let memory = self.seen.size() + self.state_memory;
        if self.steps > self.limits.steps {
            Some(Reason::Steps)
        } else if memory > self.limits.memory {
            Some(Reason::Memory)
        } else {
            None
        }
    }
}
