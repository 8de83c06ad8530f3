//! Ghost state about logs: for every index, which entries have ever stood there, who holds them
//! in memory and who on disk, and which one was committed.
//!
//! Each version of an entry carries a hash of the whole log up to it, so that "the same log
//! before it" is one comparison (Log Matching, §5.3), and holding the last committed entry means
//! holding all of them.

use smallvec::SmallVec;

use crate::cluster::growing::Growing;
use crate::cluster::raft::{Configuration, Log, Payload};
use crate::cluster::shared::OrdMap;
use crate::cluster::types::{Index, OpId, ServerId, ServerSet, Term};

/// One entry that has stood at an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub term: Term,
    /// Of this entry and everything before it.
    pub hash: u64,
    /// Whose logs hold it.
    pub held: ServerSet,
    /// Whose disks hold it.
    pub durable: ServerSet,
}

/// An index of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Slot {
    pub versions: SmallVec<[Version; 1]>,
    pub committed: Option<Commit>,
    pub applied: Option<Applied>,
}

impl Slot {
    /// The version that a server's log holds here.
    pub fn held_by(&self, server: ServerId) -> Option<Version> {
        self.versions.iter().copied().find(|version| version.held.contains(server))
    }

    /// The disks that hold what was committed here.
    pub fn durable(&self, commit: Commit) -> ServerSet {
        let version = self.versions.iter().find(|version| version.hash == commit.hash);
        version.map_or(ServerSet::EMPTY, |version| version.durable)
    }
}

/// Which entry was committed at an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Commit {
    pub hash: u64,
    pub term: Term,
    /// The term of the leader that committed it.
    pub by: Term,
}

/// What was applied at an index, first of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Applied {
    pub op: OpId,
    /// The hash of the map afterwards.
    pub map: u64,
}

/// All indexes. With many clients the followers lag a hundred entries behind their leader, and all
/// of these are looked at, so more of them lie side by side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Slots(Growing<Slot, 128>);

/// How far the leaders of each term have committed. Kept are only the terms whose leaders went
/// further than those of all earlier ones: so the last of them before a term speaks for all of
/// them, and each is added once and removed once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reached(OrdMap<Term, Index>);

impl Reached {
    /// Notes that the leader of `by` has committed everything up to `last`.
    pub fn note(&mut self, by: Term, last: Index) {
        if self.before(by.next()).is_some_and(|(_, index)| index >= last) {
            return;
        }
        self.0.insert(by, last);
        let overtaken = |reached: &Self| {
            let (term, index) = reached.0.range(by.next()..).next()?;
            (*index <= last).then_some(*term)
        };
        while let Some(term) = overtaken(self) {
            self.0.remove(&term);
        }
    }

    /// How far leaders of terms before this one have committed, and in which term.
    pub fn before(&self, term: Term) -> Option<(Term, Index)> {
        self.0.range(..term).next_back().map(|(term, index)| (*term, *index))
    }
}

/// On whose disks an entry must be, and whose do not count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Enough {
    pub all: Configuration,
    pub forgetful: ServerSet,
}

/// What adding an entry to a server's log showed to be wrong.
pub(super) enum Wrong {
    /// Its term is below that of the entry before it.
    TermBack { before: Term },
    /// Another log with the same index and term differs from this one, in it or before it.
    Mismatch { other: ServerSet },
}

/// One step of the chained hash: words, not bytes, for it runs for every entry everywhere.
fn chain(hash: u64, word: u64) -> u64 {
    (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
}

/// Where an index lies in the list. There is nothing at 0, which is before the log.
const fn place(index: Index) -> usize {
    index.0.wrapping_sub(1) as usize
}

impl Slots {
    /// About how many bytes a clone copies.
    pub const fn copied_bytes(&self) -> u64 {
        (self.0.copied() * size_of::<Slot>()) as u64
    }

    /// The highest index at which an entry has ever stood.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// An index at which an entry has ever stood.
    #[inline]
    pub fn get(&self, index: Index) -> Option<&Slot> {
        self.0.get(place(index))
    }

    #[inline]
    pub fn get_mut(&mut self, index: Index) -> Option<&mut Slot> {
        self.0.get_mut(place(index))
    }

    /// The version that a server's log holds at `index`.
    pub fn held_by(&self, index: Index, server: ServerId) -> Option<Version> {
        self.get(index)?.held_by(server)
    }

    /// Notes that a server's log has this entry now, after one of version `before`.
    pub fn add(
        &mut self,
        server: ServerId,
        index: Index,
        before: Option<Version>,
        (term, payload): (Term, &Payload),
    ) -> Result<Version, Wrong> {
        let (hash, term_before) = before.map_or((0, Term::ZERO), |v| (v.hash, v.term));
        // Of two operations that bear one id, as some flaw may have it, the requests differ.
        let id = payload.id();
        let name = (u64::from(id.server.number()) << 56) ^ id.number;
        let hash = chain(chain(chain(hash, term.0), name), payload.hash());
        debug_assert!(index > Index::ZERO, "the first entry stands at index 1");
        if place(index) < self.0.origin() {
            // A broken rule has led back to where snapshots have been everywhere.
            return Ok(Version {
                term,
                hash,
                held: ServerSet::only(server),
                durable: ServerSet::EMPTY,
            });
        }
        while self.0.len() <= place(index) {
            self.0.push(Slot::default());
        }
        let slot = self.get_mut(index).expect("there is one for every index up to this one");
        let versions = &mut slot.versions;
        // As it should be: others have the same entry there, and no other has ever been. The first of
        // them has shown whether its term is in order, for the log before it was the same.
        if let [version] = &mut versions[..]
            && (version.term, version.hash) == (term, hash)
        {
            version.held.insert(server);
            return Ok(*version);
        }
        let place = versions.iter().position(|version| version.term == term);
        let place = place.unwrap_or_else(|| {
            let (held, durable) = (ServerSet::EMPTY, ServerSet::EMPTY);
            versions.push(Version { term, hash, held, durable });
            versions.len() - 1
        });
        let version = &mut versions[place];
        let other = version.held;
        version.held.insert(server);
        if term < term_before {
            Err(Wrong::TermBack { before: term_before })
        } else if version.hash != hash {
            Err(Wrong::Mismatch { other })
        } else {
            Ok(*version)
        }
    }

    /// Notes that a server's log ends before `first`; it ended at `last`.
    pub fn truncate(&mut self, server: ServerId, first: Index, last: Index) {
        for index in (first.0..=last.0).map(Index) {
            if let Some(slot) = self.get_mut(index) {
                slot.versions.iter_mut().for_each(|version| version.held.remove(server));
            }
        }
    }

    /// Notes what a server's disk holds from `first` on; it used to end at `last`. Gives back the
    /// lowest index whose committed entry left this disk and is now on too few.
    pub fn sync(
        &mut self,
        server: ServerId,
        disk: &Log,
        first: Index,
        last: Index,
        enough: Enough,
    ) -> Option<Index> {
        let mut lost = None;
        // A snapshot holds what was committed there.
        for index in (first.0..disk.first_index().0).map(Index) {
            let committed = self.get(index).and_then(|slot| slot.committed);
            let lacks = self.find(server, index, committed.map(|commit| commit.term), enough);
            lost = lost.or(lacks.then_some(index));
        }
        let first = first.max(disk.first_index());
        disk.iter_from(first).for_each(|(index, entry)| {
            let lacks = self.find(server, index, Some(entry.term), enough);
            lost = lost.or(lacks.then_some(index));
        });
        let beyond = disk.last_index().next().max(first);
        for index in (beyond.0..=last.0).map(Index) {
            lost = lost.or(self.find(server, index, None, enough).then_some(index));
        }
        lost
    }

    /// Notes that a server's disk holds an entry of this term at an index, or none. Whether its
    /// committed entry left this disk just now, and is on too few.
    fn find(&mut self, server: ServerId, index: Index, term: Option<Term>, enough: Enough) -> bool {
        let mut lacks = false;
        let Some(slot) = self.get_mut(index) else { return false };
        for version in &mut slot.versions {
            if Some(version.term) == term {
                version.durable.insert(server);
            } else if version.durable.contains(server) {
                version.durable.remove(server);
                let committed = slot.committed.is_some_and(|c| c.hash == version.hash);
                let left = version.durable.without(enough.forgetful);
                lacks |= committed && !enough.all.has_quorum(left);
            }
        }
        lacks
    }

    /// A server holds what was committed at `first..=last` now, by a snapshot.
    pub fn install(&mut self, server: ServerId, first: Index, last: Index) {
        for index in (first.0.max(1)..=last.0).map(Index) {
            let Some(slot) = self.get_mut(index) else { continue };
            let committed = slot.committed.map(|commit| commit.hash);
            for version in &mut slot.versions {
                if Some(version.hash) == committed {
                    version.held.insert(server);
                } else {
                    version.held.remove(server);
                }
            }
        }
    }

    /// Every server has a snapshot of what came before `index`: nobody asks about that any more.
    pub fn forget_before(&mut self, index: Index) {
        self.0.forget_before(place(index.max(Index::ZERO.next())));
    }

    /// Whether nobody asks about this index any more.
    pub fn is_forgotten(&self, index: Index) -> bool {
        index > Index::ZERO && place(index) < self.0.origin()
    }

    /// A server's log becomes what its disk holds: both agree below `first`.
    pub fn revert(&mut self, server: ServerId, first: Index, last: Index) {
        for index in (first.0.max(1)..=last.0).map(Index) {
            let Some(slot) = self.get_mut(index) else { continue };
            for version in &mut slot.versions {
                if version.durable.contains(server) {
                    version.held.insert(server);
                } else {
                    version.held.remove(server);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cluster::types::{Op, Request};

    /// They may ask for the same: what tells them apart is who gave them their numbers, and which.
    #[test]
    fn two_operations_are_two_entries() {
        let op = |server: usize, number| {
            let id = OpId { server: ServerId::from_index(server as u8), number };
            Payload::Op(Op::new(id, Request::Get { key: "k".into() }).into())
        };
        let [one, other] = [ServerId::from_index(0), ServerId::from_index(1)];
        for (with, is_same) in [(op(0, 7), true), (op(1, 7), false), (op(0, 6), false)] {
            let mut slots = Slots::default();
            let first = slots.add(one, Index(1), None, (Term(3), &op(0, 7)));
            assert!(first.is_ok());
            let second = slots.add(other, Index(1), None, (Term(3), &with));
            assert_eq!(second.is_ok(), is_same, "{}", with.id());
        }
    }

    proptest! {
        /// Against the list of all that was noted, whoever commits when.
        #[test]
        fn the_last_before_a_term_speaks_for_all_before_it(
            notes in proptest::collection::vec((1..9_u64, 1..30_u64), 0..40)
        ) {
            let mut reached = Reached::default();
            for (count, (term, index)) in notes.iter().enumerate() {
                reached.note(Term(*term), Index(*index));
                let noted = &notes[..=count];
                for before in 0..10 {
                    let earlier = noted.iter().filter(|(term, _)| *term < before);
                    let furthest = earlier.map(|(_, index)| *index).max();
                    let told = reached.before(Term(before));
                    prop_assert_eq!(told.map(|(_, index)| index.0), furthest);
                    if let Some((term, index)) = told {
                        prop_assert!(term < Term(before) && noted.contains(&(term.0, index.0)));
                    }
                }
                let kept: Vec<Index> = reached.0.values().copied().collect();
                prop_assert!(kept.is_sorted_by(|one, two| one < two), "as few as can be: {kept:?}");
            }
        }
    }
}
