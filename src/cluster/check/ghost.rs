//! Ghost state about logs: for every index, which entries have ever stood there, who holds them
//! in memory and who on disk, and which one was committed.
//!
//! Each version of an entry carries a hash of the whole log up to it, so that "the same log
//! before it" is one comparison (Log Matching, §5.3), and holding the last committed entry means
//! holding all of them.

use smallvec::SmallVec;

use crate::cluster::growing::Growing;
use crate::cluster::raft::Log;
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
        (term, op): (Term, OpId),
    ) -> Result<Version, Wrong> {
        let (hash, term_before) = before.map_or((0, Term::ZERO), |v| (v.hash, v.term));
        let name = (u64::from(op.server.number()) << 56) ^ op.number;
        let hash = chain(chain(hash, term.0), name);
        debug_assert!(index > Index::ZERO, "the first entry stands at index 1");
        while self.0.len() <= place(index) {
            self.0.push(Slot::default());
        }
        let slot = self.get_mut(index).expect("there is one for every index up to this one");
        let versions = &mut slot.versions;
        // As it should be: others have the same entry there, and no other has ever been.
        if let [version] = &mut versions[..]
            && (version.term, version.hash) == (term, hash)
            && term >= term_before
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

    /// Notes what a server's disk holds from `first` on; it used to end at `last`. Gives back
    /// the lowest index whose committed entry left this disk.
    pub fn sync(
        &mut self,
        server: ServerId,
        disk: &Log,
        first: Index,
        last: Index,
    ) -> Option<Index> {
        let mut lost = None;
        let first = first.max(Index(1));
        disk.iter_from(first).for_each(|(index, entry)| {
            lost = lost.or(self.find(server, index, Some(entry.term)));
        });
        let beyond = disk.last_index().next().max(first);
        for index in (beyond.0..=last.0).map(Index) {
            lost = lost.or(self.find(server, index, None));
        }
        lost
    }

    /// Notes that a server's disk holds an entry of this term at an index, or none. Gives back the
    /// index if its committed entry left this disk.
    fn find(&mut self, server: ServerId, index: Index, term: Option<Term>) -> Option<Index> {
        let mut lost = None;
        let slot = self.get_mut(index)?;
        for version in &mut slot.versions {
            if Some(version.term) == term {
                version.durable.insert(server);
            } else if version.durable.contains(server) {
                version.durable.remove(server);
                let committed = slot.committed.is_some_and(|c| c.hash == version.hash);
                lost = lost.or(committed.then_some(index));
            }
        }
        lost
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
