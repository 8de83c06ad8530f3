//! The operations of a search, and what is fixed about each.

use super::super::seen::States;
use super::super::{Model, Nature, Timed};

/// An operation to be placed.
pub(super) struct Entry<'a, O> {
    pub(super) operation: &'a O,
    /// Its place in the history.
    pub(super) place: usize,
    pub(super) called: u64,
    /// `u64::MAX` if it never returned.
    pub(super) end: u64,
    pub(super) nature: Nature,
    /// Equal operations are of one class.
    pub(super) class: u32,
    /// Its number among those that returned, or among those that didn't, by call.
    pub(super) rank: u32,
}

impl<O> Entry<'_, O> {
    pub(super) const fn is_open(&self) -> bool {
        self.end == u64::MAX
    }

    pub(super) const fn is_blind(&self) -> bool {
        matches!(self.nature, Nature::Blind | Nature::Overwrite)
    }
}

/// The operations that are to be placed, or may be, by call.
pub(super) fn entries<'a, M: Model>(
    model: &M,
    history: &'a [Timed<M::Operation>],
) -> Vec<Entry<'a, M::Operation>> {
    let mut classes = States::new();
    let mut entries: Vec<_> = (history.iter().enumerate())
        .map(|(place, timed)| Entry {
            operation: &timed.operation,
            place,
            called: timed.called,
            end: timed.end(),
            nature: model.nature(&timed.operation),
            class: classes.number(&timed.operation).0,
            rank: 0,
        })
        .filter(|entry| !(entry.is_open() && entry.nature == Nature::Observer))
        .collect();
    entries.sort_by_key(|entry| entry.called);
    let mut ranks = [0; 2];
    for entry in &mut entries {
        let rank = &mut ranks[usize::from(entry.is_open())];
        entry.rank = *rank;
        *rank += 1;
    }
    entries
}
