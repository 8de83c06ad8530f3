//! The log: entries in order, each with the term in which a leader received it (§5.3).
//!
//! Clones share their structure, so a checkpoint of a long log costs next to nothing. Everything
//! goes through this interface, which already speaks of a first index, so that a snapshot can later
//! stand in for the entries before it (§7).

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::message::{Entries, Position};
use crate::cluster::growing::Growing;
use crate::cluster::types::{Index, Op, OpId, Term};

/// One entry: what it is about, and the term of the leader that received it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub term: Term,
    pub payload: Payload,
}

/// What an entry is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Payload {
    /// An operation of the state machine.
    Op(Rc<Op>),
    /// Nothing. With it a new leader commits what came before its term (§8).
    Noop,
}

impl Entry {
    /// An operation, as a leader of `term` receives it.
    pub const fn new(term: Term, op: Rc<Op>) -> Self {
        Self { term, payload: Payload::Op(op) }
    }

    pub const fn op(&self) -> Option<&Rc<Op>> {
        self.payload.op()
    }

    /// The name of its operation, or that of none.
    pub fn id(&self) -> OpId {
        self.payload.id()
    }
}

impl Payload {
    pub const fn op(&self) -> Option<&Rc<Op>> {
        match self {
            Self::Op(op) => Some(op),
            Self::Noop => None,
        }
    }

    pub fn id(&self) -> OpId {
        self.op().map_or(OpId::NONE, |op| op.id)
    }

    /// What tells it from others of the same name.
    pub fn hash(&self) -> u64 {
        self.op().map_or(0, |op| op.hash())
    }

    /// How many bytes it takes on a wire, with the kind of what it is.
    pub fn wire_bytes(&self) -> u64 {
        self.op().map_or(1, |op| 9 + op.request.wire_bytes())
    }

    /// Whether both ask for the same, whoever asks.
    pub fn is_like(&self, other: &Self) -> bool {
        self.op().map(|op| &op.request) == other.op().map(|op| &op.request)
    }
}

impl std::fmt::Display for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Op(op) => op.request.fmt(f),
            Self::Noop => f.write_str("no-op"),
        }
    }
}

/// A server's log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    /// Where the entries that a snapshot replaced end; 0@0 as long as there is none.
    base: Position,
    entries: Growing<Entry>,
}

impl Log {
    pub fn new() -> Self {
        Self::default()
    }

    /// The last index that a snapshot covers; 0 as long as there is none.
    pub const fn base(&self) -> Position {
        self.base
    }

    /// The first index that still has its entry.
    pub const fn first_index(&self) -> Index {
        self.base.index.next()
    }

    /// Where the log ends; 0@0 when it is empty.
    pub fn last(&self) -> Position {
        match self.entries.last() {
            Some(entry) => Position { index: self.last_index(), term: entry.term },
            None => self.base,
        }
    }

    pub fn last_index(&self) -> Index {
        Index(self.base.index.0 + self.entries.len() as u64)
    }

    /// All entries with their indexes.
    pub fn iter(&self) -> impl Iterator<Item = (Index, &Entry)> {
        self.iter_from(self.first_index())
    }

    /// How many entries it holds.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn place(&self, index: Index) -> Option<usize> {
        index.0.checked_sub(self.base.index.0 + 1).map(|place| place as usize)
    }

    /// The entry at `index`; `None` before the first and beyond the last.
    pub fn get(&self, index: Index) -> Option<&Entry> {
        self.entries.get(self.place(index)?)
    }

    /// The term at `index`, where 0 and a snapshot's last index count as present.
    pub fn term(&self, index: Index) -> Option<Term> {
        if index == self.base.index {
            return Some(self.base.term);
        }
        self.get(index).map(|entry| entry.term)
    }

    /// The position of the entry at `index`, where 0 counts as present.
    pub fn position(&self, index: Index) -> Option<Position> {
        Some(Position { index, term: self.term(index)? })
    }

    /// The first index whose entry has the term of the entry at `index`. Terms never decrease
    /// along a log, so a binary search finds it.
    pub fn first_of_term(&self, term: Term) -> Index {
        Index(self.base.index.0 + 1 + self.count_below(term))
    }

    /// The last index whose entry has this term, if any has.
    pub fn last_of_term(&self, term: Term) -> Option<Index> {
        let end = Index(self.base.index.0 + self.count_below(term.next()));
        (self.term(end) == Some(term)).then_some(end)
    }

    /// How many entries have a term below `term`.
    fn count_below(&self, term: Term) -> u64 {
        let (mut low, mut high) = (0, self.entries.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let below = self.entries.get(middle).is_some_and(|entry| entry.term < term);
            if below { low = middle + 1 } else { high = middle }
        }
        low as u64
    }

    /// How many entries a clone copies.
    pub(in crate::cluster) const fn copied(&self) -> usize {
        self.entries.copied()
    }

    /// How many chunks of entries have settled.
    pub(in crate::cluster) const fn chunks(&self) -> usize {
        self.entries.chunks()
    }

    /// Keeps the entries that have settled since there were so many chunks only once, as far as
    /// another log has the same there. Whether it has all of them.
    pub(in crate::cluster) fn share(&mut self, chunks: usize, other: &Self) -> bool {
        self.entries.share(chunks, &other.entries)
    }

    pub fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Removes the entry at `from` and all that follow it.
    pub fn truncate(&mut self, from: Index) {
        if let Some(place) = self.place(from) {
            self.entries.truncate(place);
        }
    }

    /// At most `max` entries from `from` on.
    pub fn slice(&self, from: Index, max: u32) -> Entries {
        let Some(place) = self.place(from) else { return Entries::new() };
        match self.entries.recent_from(place) {
            Some(recent) => recent[..recent.len().min(max as usize)].into(),
            None => self.entries.iter_from(place).take(max as usize).cloned().collect(),
        }
    }

    /// The entries from `from` on with their indexes.
    pub fn iter_from(&self, from: Index) -> impl Iterator<Item = (Index, &Entry)> {
        let from = from.max(self.first_index());
        let place = self.place(from).unwrap_or(0);
        let entries = self.entries.iter_from(place).enumerate();
        entries.map(move |(number, entry)| (Index(from.0 + number as u64), entry))
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::cluster::types::{Op, Request, ServerId};

    fn log(terms: impl Iterator<Item = u64>) -> Log {
        let mut log = Log::new();
        for (number, term) in (1..).zip(terms) {
            let id = OpId { server: ServerId::from_index(0), number };
            let op = Rc::new(Op::new(id, Request::Get { key: "k".into() }));
            log.push(Entry::new(Term(term), op));
        }
        log
    }

    #[test]
    fn the_first_entry_stands_at_1() {
        assert!(log([].into_iter()).is_empty());
        let log = log([3, 3, 4].into_iter());
        assert_eq!(
            (log.is_empty(), log.first_index(), log.last_index()),
            (false, Index(1), Index(3))
        );
        let from = |index| -> Vec<(u64, u64)> {
            log.iter_from(Index(index)).map(|(index, entry)| (index.0, entry.term.0)).collect()
        };
        assert_eq!(from(0), [(1, 3), (2, 3), (3, 4)]);
        assert_eq!(from(1), from(0));
        assert_eq!(from(3), [(3, 4)]);
        assert_eq!(from(4), []);
        let slice = |index, max| log.slice(Index(index), max).len();
        assert_eq!(
            [slice(1, 0), slice(1, 2), slice(2, 9), slice(4, 9), slice(0, 9)],
            [0, 2, 2, 0, 0]
        );
    }

    /// Of a long log a clone copies the end, and two that are equal keep the rest once.
    #[test]
    fn long_logs_share_what_has_settled() {
        let (one, mut other) = (log((0..5_000).map(|at| at / 9)), log((0..5_000).map(|at| at / 9)));
        assert!(one.chunks() > 2 && one.copied() > 0 && one.copied() < 1_000);
        assert_eq!(log([3, 3, 4].into_iter()).copied(), 3, "of a short one all");
        assert!(other.share(0, &one), "they are equal");
        assert_eq!(other, one);
        let mut another = log((0..5_000).map(|at| at / 8));
        assert!(!another.share(0, &one));
        assert_eq!(another, log((0..5_000).map(|at| at / 8)));
        assert!(another.share(another.chunks(), &one), "there is nothing left to share");
    }
}
