//! The log: entries in order, each with the term in which a leader received it (§5.3).
//!
//! Clones share their structure, so a checkpoint of a long log costs next to nothing. A snapshot may
//! stand in for the entries up to the log's base (§7): they are not there any more, and count as held
//! all the same. Where the log begins is for the log to say; all others go through this interface.

use std::hash::BuildHasher as _;
use std::rc::Rc;

use super::configuration::Configuration;
use super::message::{Entries, Position};
use crate::cluster::growing::Growing;
use crate::cluster::types::{Index, Op, OpId, Registration, Term};

/// One entry: what it is about, and the term of the leader that received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub term: Term,
    pub payload: Payload,
}

/// What an entry is about.
#[derive(Clone, Debug, Eq)]
pub enum Payload {
    /// An operation of the state machine.
    Op(Rc<Op>),
    /// Nothing. With it a new leader commits what came before its term (§8).
    Noop,
    /// What it is about, a trace does not tell.
    Untold,
    /// Bytes of a guest whose whole service is its own: what they mean, only the guest knows.
    /// A thin pointer, for every entry is as large as the largest payload.
    Opaque(Rc<Vec<u8>>),
    /// Who votes and who learns, from here on (dissertation §4.1).
    Configuration(Rc<Configuration>),
    /// A client opens a session (dissertation §6.3).
    Register(Rc<Registration>),
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

/// Most are compared with a copy of themselves, and every entry of every append is.
impl PartialEq for Payload {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        match self {
            Self::Op(one) => {
                matches!(other, Self::Op(other) if Rc::ptr_eq(one, other) || one == other)
            }
            Self::Noop => matches!(other, Self::Noop),
            Self::Untold => matches!(other, Self::Untold),
            Self::Opaque(one) => matches!(other, Self::Opaque(other) if one == other),
            Self::Configuration(one) => matches!(other, Self::Configuration(other) if one == other),
            Self::Register(one) => matches!(other, Self::Register(other) if one == other),
        }
    }
}

impl Payload {
    pub const fn op(&self) -> Option<&Rc<Op>> {
        if let Self::Op(op) = self { Some(op) } else { None }
    }

    /// The configuration that it brings, if that is what it is.
    pub fn configuration(&self) -> Option<Configuration> {
        if let Self::Configuration(all) = self { Some(**all) } else { None }
    }

    #[inline]
    pub fn id(&self) -> OpId {
        match self {
            Self::Op(op) => op.id,
            Self::Register(entry) => entry.id,
            Self::Noop | Self::Untold | Self::Opaque(_) | Self::Configuration(_) => OpId::NONE,
        }
    }

    /// What one that is no operation is called.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Op(_) => "operation",
            Self::Noop => "no-op",
            Self::Untold => "entry",
            Self::Opaque(_) => "bytes",
            Self::Configuration(_) => "configuration",
            Self::Register(_) => "session",
        }
    }

    /// What tells it from others of the same name.
    #[inline]
    pub fn hash(&self) -> u64 {
        match self {
            Self::Op(op) => op.hash(),
            Self::Noop | Self::Untold | Self::Register(_) => 0,
            Self::Opaque(bytes) => foldhash::quality::FixedState::default().hash_one(bytes),
            Self::Configuration(all) => all.hash(),
        }
    }

    /// How many bytes it takes on a wire, with the kind of what it is. A configuration is its sets, of
    /// four bytes each.
    pub fn wire_bytes(&self) -> u64 {
        match self {
            Self::Op(op) => 9 + op.request.wire_bytes() + op.stamp.map_or(0, |_| 8),
            Self::Register(_) => 9 + 4,
            Self::Noop | Self::Untold => 1,
            Self::Opaque(bytes) => 5 + bytes.len() as u64,
            Self::Configuration(_) => 1 + 16,
        }
    }

    /// As a cell of a log says it, where there is little room: "no-op", "S1-3->S1-4".
    pub fn said(&self) -> String {
        self.to_string().replace(' ', "")
    }

    /// Whether both ask for the same, whoever asks.
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Op(one), Self::Op(other)) => one.request == other.request,
            (one, other) => one == other,
        }
    }
}

impl std::fmt::Display for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Op(op) => op.request.fmt(f),
            Self::Noop | Self::Untold | Self::Register(_) => f.write_str(self.word()),
            Self::Opaque(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Configuration(all) => all.fmt(f),
        }
    }
}

impl Entry {
    /// How many bytes it would take on a wire or on a disk.
    pub fn bytes(&self) -> u64 {
        8 + self.payload.wire_bytes()
    }
}

/// A server's log.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// Where the entries that a snapshot replaced end; 0@0 as long as there is none.
    base: Position,
    /// Each at the place before its index. What lies there up to the base is not looked at.
    entries: Growing<Entry>,
    /// How many bytes its entries take.
    bytes: u64,
    /// The configurations that it brings, each with its index, and before them the one that was the
    /// newest at its base. Empty as long as members have never changed.
    configurations: Vec<(Index, Configuration)>,
}

/// Two logs are equal if they begin at the same place and have the same entries.
impl PartialEq for Log {
    fn eq(&self, other: &Self) -> bool {
        self.base == other.base && self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Eq for Log {}

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
        Index(self.entries.len() as u64)
    }

    /// All entries with their indexes.
    pub fn iter(&self) -> impl Iterator<Item = (Index, &Entry)> {
        self.iter_from(self.first_index())
    }

    /// How many entries it holds.
    pub fn len(&self) -> usize {
        self.entries.len() - self.base.index.0 as usize
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes its entries take.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    fn place(&self, index: Index) -> Option<usize> {
        (index > self.base.index).then(|| index.0 as usize - 1)
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

    /// Whether it has this entry, or a snapshot instead: that covers only what is committed, and what
    /// is committed is the same everywhere.
    pub fn holds(&self, position: Position) -> bool {
        position.index < self.base.index || self.term(position.index) == Some(position.term)
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

    /// The last index up to `index` whose entry is of no later term than `term`.
    pub fn last_up_to(&self, index: Index, term: Term) -> Index {
        index.min(Index(self.base.index.0 + self.count_below(term.next())))
    }

    /// How many entries have a term below `term`.
    fn count_below(&self, term: Term) -> u64 {
        let (mut low, mut high) = (0, self.len());
        let first = self.base.index.0 as usize;
        while low < high {
            let middle = low + (high - low) / 2;
            let below = self.entries.get(first + middle).is_some_and(|entry| entry.term < term);
            if below { low = middle + 1 } else { high = middle }
        }
        low as u64
    }

    /// How many entries a clone copies.
    pub(in crate::cluster) const fn copied(&self) -> usize {
        self.entries.copied()
    }

    /// Up to which place its entries have settled.
    pub(in crate::cluster) const fn settled_to(&self) -> usize {
        self.entries.settled_to()
    }

    /// Keeps the entries that have settled from that place on only once, as far as another log has the
    /// same there. Whether it has all of them.
    pub(in crate::cluster) fn share(&mut self, settled_to: usize, other: &Self) -> bool {
        self.entries.share(settled_to, &other.entries)
    }

    pub fn push(&mut self, entry: Entry) {
        self.bytes += entry.bytes();
        if let Payload::Configuration(all) = &entry.payload {
            self.configurations.push((self.last_index().next(), **all));
        }
        self.entries.push(entry);
    }

    /// Removes the entry at `from` and all that follow it. With a configuration goes that it counts.
    pub fn truncate(&mut self, from: Index) {
        if let Some(place) = self.place(from) {
            self.bytes -= self.entries.iter_from(place).map(Entry::bytes).sum::<u64>();
            self.entries.truncate(place);
            self.configurations.retain(|(index, _)| *index < from);
        }
    }

    /// The newest configuration that it brings, and where; `None` if it never brought any.
    #[inline]
    pub fn configuration(&self) -> Option<(Index, Configuration)> {
        self.configurations.last().copied()
    }

    /// The newest that it brings up to an index, which it has not forgotten.
    pub fn configuration_at(&self, index: Index) -> Option<(Index, Configuration)> {
        self.configurations.iter().rfind(|(at, _)| *at <= index).copied()
    }

    /// A snapshot stands in for everything up to `last`: what follows stays. `members`: the newest
    /// configuration up to there.
    pub fn compact(&mut self, last: Position, members: Option<(Index, Configuration)>) {
        if self.last_index() < last.index {
            *self = Self::after(last, members);
            return;
        }
        self.configurations.retain(|(index, _)| *index > last.index);
        self.configurations.splice(..0, members);
        let gone = self.iter().take_while(|(index, _)| *index <= last.index);
        self.bytes -= gone.map(|(_, entry)| entry.bytes()).sum::<u64>();
        self.base = last;
        self.entries.forget_before(last.index.0 as usize);
    }

    /// A snapshot stands in for everything up to `last`, and there is nothing else.
    pub fn after(last: Position, members: Option<(Index, Configuration)>) -> Self {
        let entries = Growing::from_place(last.index.0 as usize);
        Self { base: last, entries, bytes: 0, configurations: members.into_iter().collect() }
    }

    /// The same log without its entries.
    pub(in crate::cluster) fn emptied(&self) -> Self {
        Self::after(self.base, self.configuration_at(self.base.index))
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
        assert!(one.settled_to() > 2_000 && one.copied() > 0 && one.copied() < 1_000);
        assert_eq!(log([3, 3, 4].into_iter()).copied(), 3, "of a short one all");
        assert!(other.share(0, &one), "they are equal");
        assert_eq!(other, one);
        let mut another = log((0..5_000).map(|at| at / 8));
        assert!(!another.share(0, &one));
        assert_eq!(another, log((0..5_000).map(|at| at / 8)));
        assert!(another.share(another.settled_to(), &one), "there is nothing left to share");
    }

    /// A snapshot stands in for the entries before its last, and counts as holding them (§7).
    #[test]
    fn a_snapshot_stands_in_for_the_entries_up_to_the_base() {
        let at = |index, term| Position { index: Index(index), term: Term(term) };
        for (last, from) in [(3, 1), (40, 1), (100, 64), (250, 1)] {
            let mut log = log((1..=250).map(|at| at / 100));
            let whole = log.clone();
            let term = log.term(Index(last)).expect("an entry");
            log.compact(at(last, term.0), None);
            assert_eq!((log.base().index, log.first_index()), (Index(last), Index(last + 1)));
            assert_eq!((log.last(), log.len()), (whole.last(), 250 - last as usize));
            assert_eq!(log.is_empty(), last == 250);
            assert!(log.iter().eq(whole.iter_from(Index(last + 1))));
            assert!(log.iter_from(Index(from)).eq(log.iter()));
            assert_eq!(log.get(Index(last)), None);
            assert_eq!((log.term(Index(last)), log.term(Index(last - 1))), (Some(term), None));
            assert!(log.holds(at(last - 1, 77)) && log.holds(at(last, term.0)));
            assert!(!log.holds(at(last, term.0 + 1)) && !log.holds(at(251, 2)));
            assert_eq!(log.slice(Index(last), 9).len(), 0);
            assert_eq!(log.bytes(), log.iter().map(|(_, entry)| entry.bytes()).sum::<u64>());
            assert_eq!(log.last_of_term(Term(2)), Some(Index(250)));
            assert_eq!(log.first_of_term(Term(2)), Index(200.max(last + 1)));

            let entry = whole.get(Index(250)).expect("an entry").clone();
            let mut other = Log::after(at(last, term.0), None);
            assert!(other.is_empty() && other.last() == at(last, term.0));
            (0..100).for_each(|_| other.push(entry.clone()));
            assert_eq!((other.last_index(), other.len()), (Index(last + 100), 100));
            other.truncate(Index(last + 3));
            assert_eq!((other.len(), other.bytes()), (2, 2 * entry.bytes()));
            log.truncate(Index(last + 1));
            assert_eq!((log.last(), log.bytes()), (at(last, term.0), 0));
            assert_eq!(log, Log::after(at(last, term.0), None));
            log.push(entry.clone());
            log.push(entry);
            assert_eq!(log, other, "whatever lies below the base");
        }
    }

    /// The newest configuration counts, committed or not; what is removed takes its own along, and a
    /// snapshot keeps the one that was the newest (dissertation §4.1, §5.1).
    #[test]
    fn the_newest_configuration_that_is_left_counts() {
        let configuration = |servers| {
            let payload = Payload::Configuration(Rc::new(Configuration::of(servers)));
            Entry { term: Term(1), payload }
        };
        let mut log = log([1, 1].into_iter());
        assert_eq!(log.configuration(), None);
        log.push(configuration(4));
        log.push(Entry { term: Term(1), payload: Payload::Noop });
        log.push(configuration(5));
        let newest = |log: &Log| log.configuration().map(|(index, all)| (index.0, all.servers()));
        assert_eq!(newest(&log), Some((5, 5)));
        assert_eq!(log.configuration_at(Index(4)), Some((Index(3), Configuration::of(4))));
        assert_eq!(log.configuration_at(Index(2)), None);
        let mut shorter = log.clone();
        shorter.truncate(Index(5));
        assert_eq!(newest(&shorter), Some((3, 4)));
        let last = Position { index: Index(4), term: Term(1) };
        let members = log.configuration_at(Index(4));
        log.compact(last, members);
        assert_eq!(newest(&log), Some((5, 5)));
        log.truncate(Index(5));
        assert_eq!((newest(&log), log.bytes()), (Some((3, 4)), 0));
        assert_eq!(newest(&Log::after(last, members)), Some((3, 4)));
    }
}
