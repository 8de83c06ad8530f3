//! What a search may do next, and how it knows a place again.

use super::super::{Model, Nature};
use super::entry::Entry;
use super::{Fresh, Move, Search, Stand};

impl<M: Model> Search<'_, M> {
    /// Writes down where the search stands. What is placed follows from the frontier, and from
    /// which of the operations called before the deadline are not placed.
    pub(super) fn write_key(&mut self, frontier: u32) {
        let Stand { state, covered, fresh, committed } = self.stand;
        let mut covers = 0;
        let mut first = [u32::MAX; 2];
        for at in &self.candidates {
            let entry = &self.entries[*at as usize];
            if entry.is_blind() && !entry.is_open() && entry.called < covered {
                covers = covers.max(entry.called);
            }
            let first = &mut first[usize::from(entry.is_open())];
            *first = (*first).min(entry.rank);
        }
        let fresh = match fresh {
            Fresh::Open => 2,
            Fresh::No | Fresh::Under(_) => u64::from(self.is_fresh()),
        };
        let both = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
        self.key.clear();
        self.key.extend([both(frontier << 1 | u32::from(committed), state), covers, fresh]);
        self.key.push(both(first[0], first[1]));
        for open in [false, true] {
            self.key.push(0);
            let start = self.key.len();
            for at in &self.candidates {
                let entry = &self.entries[*at as usize];
                if entry.is_open() == open {
                    let bit = (entry.rank - first[usize::from(open)]) as usize;
                    if self.key.len() <= start + bit / 64 {
                        self.key.resize(start + bit / 64 + 1, 0);
                    }
                    self.key[start + bit / 64] |= 1 << (bit % 64);
                }
            }
            self.key[start - 1] = (self.key.len() - start) as u64;
        }
    }

    /// Adds the moves from here to the list, the most promising last.
    pub(super) fn list_moves(&mut self, frontier: u32) {
        let entry = &self.entries[frontier as usize];
        let covered = entry.is_blind() && entry.called < self.stand.covered;
        if covered && !self.stand.committed {
            let is_wanted = self.is_wanted(frontier);
            let moves = [Move::Drop, Move::Commit];
            self.moves.extend(if is_wanted { moves } else { [Move::Commit, Move::Drop] });
            return;
        }
        let state = self.states.get(self.stand.state);
        let deadline = self.deadline();
        let next_answer = self.answers.first().map(|at| &self.entries[at as usize]);
        let next_answer = next_answer.filter(|answer| {
            answer.called < deadline && !self.model.admits(state, answer.operation)
        });
        self.choice_number += 1;
        self.candidates.sort_unstable_by_key(|at| self.entries[*at as usize].end);
        self.ranked.clear();
        for at in &self.candidates {
            let next = &self.entries[*at as usize];
            let (choice, covered) = (self.choice_number, self.stand.covered);
            if !self.may_come_next(next, state)
                || !first_of_class(&mut self.met, choice, next, covered)
                || *at != frontier && self.is_idle(next, entry.nature, state)
            {
                continue;
            }
            let leads = |goal: &Entry<'_, M::Operation>| {
                self.model.leads(state, next.operation, goal.operation)
            };
            let rank = match next_answer {
                Some(goal) if leads(goal) => u8::from(next.is_open()),
                _ if *at == frontier => 1,
                _ if next.is_open() => 3,
                _ => 2,
            };
            self.ranked.push((rank, next.end, *at));
        }
        self.ranked.sort_unstable_by(|one, other| other.cmp(one));
        self.moves.extend(self.ranked.iter().map(|ranked| Move::Place(ranked.2)));
    }

    /// Whether a blind operation can wait, for nothing in progress waits for it.
    fn is_idle(&self, next: &Entry<'_, M::Operation>, frontier: Nature, state: &M::State) -> bool {
        // What a frontier that doesn't overwrite makes depends on what comes before it.
        let can_wait = next.is_blind() && frontier != Nature::Blind;
        let mut waiting = self.candidates.iter().map(|at| &self.entries[*at as usize]);
        can_wait
            && !waiting.any(|goal| {
                !goal.is_blind() && self.model.leads(state, next.operation, goal.operation)
            })
    }

    /// Whether an overwriting operation need not come next.
    fn is_fresh(&self) -> bool {
        match self.stand.fresh {
            Fresh::No => false,
            Fresh::Under(deadline) => deadline == self.deadline(),
            Fresh::Open => true,
        }
    }

    fn may_come_next(&self, entry: &Entry<'_, M::Operation>, state: &M::State) -> bool {
        match entry.nature {
            // It would have been placed if it were admitted.
            Nature::Observer => false,
            Nature::Overwrite => !self.is_fresh(),
            Nature::Conditional | Nature::Blind => self.model.admits(state, entry.operation),
        }
    }

    /// Whether something in progress waits for the state that the operation makes.
    fn is_wanted(&self, at: u32) -> bool {
        let state = self.states.get(self.stand.state);
        let made = self.model.apply(state, self.entries[at as usize].operation);
        self.candidates.iter().map(|at| &self.entries[*at as usize]).any(|entry| {
            !entry.is_blind()
                && !entry.is_open()
                && !self.model.admits(state, entry.operation)
                && self.model.admits(&made, entry.operation)
        })
    }
}

/// Whether no better operation of the same class was met at this choice. Better is what returns
/// earlier, as long as both are covered or both are not.
fn first_of_class<O>(
    met: &mut [[u64; 2]],
    choice: u64,
    entry: &Entry<'_, O>,
    covered: u64,
) -> bool {
    let met = &mut met[entry.class as usize];
    if entry.is_open() {
        let first = *met != [choice; 2] && !met.contains(&choice);
        *met = [choice; 2];
        return first;
    }
    let met = &mut met[usize::from(entry.called < covered)];
    let first = *met != choice;
    *met = choice;
    first
}
