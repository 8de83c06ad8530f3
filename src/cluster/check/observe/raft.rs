//! The rules of Raft: votes, leaders, logs, commits (§5).

use super::{Broken, Check, Checker, Ghost};
use crate::cluster::Cluster;
use crate::cluster::check::Invariant;
use crate::cluster::check::ghost::{Commit, Slot, Wrong};
use crate::cluster::types::{Index, OpId, ServerId, ServerSet, Term, majority};

impl Checker {
    /// Log Matching and the order of terms (§5.3), for entries that a server adds to its log.
    #[inline(never)]
    pub(super) fn appended(
        &mut self,
        server: ServerId,
        first: Index,
        mut entries: impl Iterator<Item = (Term, OpId)>,
    ) -> Check {
        let ghost = &mut self.servers[server.index()];
        ghost.dirty_from = ghost.dirty_from.min(first);
        let (slots, mut next) = (&mut self.slots, first);
        let mut before = slots.held_by(first.previous(), server);
        let check = entries.try_for_each(|entry| {
            let index = next;
            next = index.next();
            let added = slots.add(server, index, before, entry);
            before = Some(added.map_err(|wrong| misplaced(server, index, entry.0, wrong))?);
            Ok(())
        });
        if next > first {
            ghost.last = next.previous();
        }
        check
    }

    #[inline(never)]
    pub(super) fn truncated(
        &mut self,
        cluster: &Cluster,
        server: ServerId,
        first: Index,
        last: Index,
    ) -> Check {
        self.slots.truncate(server, first, last);
        let ghost = &mut self.servers[server.index()];
        ghost.last = first.previous();
        ghost.dirty_from = ghost.dirty_from.min(first);
        let leads = cluster.server(server).is_some_and(|server| server.raft.is_leader());
        if leads {
            let text = format!("{server} leads, and removes entry {first} of its own log");
            return Err(Broken::new(Invariant::LeaderAppendOnly, server, text).at(first));
        }
        Ok(())
    }

    #[inline(never)]
    pub(super) fn synced(&mut self, cluster: &Cluster, id: ServerId) -> Check {
        let Some(server) = cluster.server(id) else { return Ok(()) };
        let ghost = &mut self.servers[id.index()];
        let disk = &server.disk;
        let lost = self.slots.sync(id, &disk.log, ghost.dirty_from, ghost.durable);
        ghost.durable = disk.log.last_index();
        ghost.dirty_from = disk.first_unsynced();
        match lost {
            Some(index) => self.still_on_a_majority(id, index),
            None => Ok(()),
        }
    }

    /// A log becomes what its disk holds. A disk that keeps its promises holds what was synced;
    /// one that does not may have lost what was committed.
    #[inline(never)]
    pub(super) fn crashed(&mut self, cluster: &Cluster, id: ServerId) -> Check {
        let Some(disk) = cluster.server(id).map(|server| &server.disk) else { return Ok(()) };
        let ghost = &mut self.servers[id.index()];
        let end = disk.log.last_index();
        let lost = self.slots.sync(id, &disk.log, end.next(), ghost.durable);
        let last = ghost.last.max(ghost.durable);
        self.slots.revert(id, ghost.dirty_from.min(end.next()), last);
        *ghost = Ghost { last: end, durable: end, dirty_from: end.next(), ..Ghost::default() };
        self.deposed.retain(|deposed| deposed.server != id);
        match lost {
            Some(index) => self.still_on_a_majority(id, index),
            None => Ok(()),
        }
    }

    /// One vote a server a term, ever (§5.2).
    #[inline(never)]
    pub(super) fn voted(&mut self, server: ServerId, candidate: ServerId, term: Term) -> Check {
        match self.votes.insert((server, term), candidate) {
            Some(before) if before != candidate => {
                let text = format!(
                    "{server} votes for {candidate} in term {term}, and has voted for {before}"
                );
                Err(Broken::new(Invariant::OneVote, server, text).and(before).in_term(term))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Election Safety (§5.2) and Leader Completeness (§5.4).
    #[inline(never)]
    pub(super) fn elected(&mut self, server: ServerId, term: Term) -> Check {
        if let Some(before) = self.leaders.insert(term, server)
            && before != server
        {
            let text = format!("two leaders in term {term}: {before} and {server}");
            let broken = Broken::new(Invariant::ElectionSafety, server, text);
            return Err(broken.and(before).in_term(term));
        }
        self.complete(server, term)
    }

    /// A leader of `term` holds every entry committed by leaders of earlier terms. Holding the
    /// last of them, with the hash of everything before it, means holding all.
    pub(super) fn complete(&self, server: ServerId, term: Term) -> Check {
        let Some((_, &index)) = self.committed_in.range(..term).next_back() else { return Ok(()) };
        let slot = self.slots.get(index);
        let Some(commit) = slot.and_then(|slot| slot.committed) else { return Ok(()) };
        let held = self.slots.held_by(index, server);
        if held.is_some_and(|version| version.hash == commit.hash) {
            return Ok(());
        }
        let text = format!(
            "{server} leads term {term} without entry {index} of term {}, which the leader of \
             term {} committed",
            commit.term, commit.by
        );
        let broken = Broken::new(Invariant::LeaderCompleteness, server, text);
        Err(broken.at(index).in_term(term))
    }

    pub(super) fn commit_moves(&mut self, server: ServerId, first: Index, last: Index) -> Check {
        let ghost = &mut self.servers[server.index()];
        let (before, end) = (ghost.commit, ghost.last);
        ghost.commit = last;
        if first != before.next() || last < before {
            let text = format!("the commit index of {server} goes from {before} to {last}");
            return Err(Broken::new(Invariant::CommitMonotone, server, text).at(last));
        }
        if last > end {
            let text = format!("{server} commits entry {last}, and its log ends at {end}");
            return Err(Broken::new(Invariant::CommitMonotone, server, text).at(last));
        }
        Ok(())
    }

    /// A leader commits `first..=last`.
    #[inline(never)]
    pub(super) fn commits(
        &mut self,
        cluster: &Cluster,
        server: ServerId,
        first: Index,
        last: Index,
    ) -> Check {
        self.commit_moves(server, first, last)?;
        let by = cluster.server(server).map_or(Term::ZERO, |server| server.raft.term);
        let servers = self.servers.len();
        for index in (first.0..=last.0).map(Index) {
            let Some(slot) = self.slots.get_mut(index) else { continue };
            let Some(version) = slot.held_by(server) else { continue };
            let commit = Commit { hash: version.hash, term: version.term, by };
            match slot.committed {
                None => slot.committed = Some(commit),
                Some(earlier) if earlier.hash == commit.hash => {}
                Some(earlier) => return Err(twice(server, index, earlier, commit)),
            }
            self.committed = self.committed.max(index);
            on_a_majority(server, index, slot, servers)?;
        }
        if self.committed_in.get(&by) != Some(&self.committed) {
            self.committed_in.insert(by, self.committed);
        }
        self.complete(server, by)
    }

    /// A disk has lost what is committed.
    fn still_on_a_majority(&self, server: ServerId, index: Index) -> Check {
        let slot = self.slots.get(index);
        slot.map_or(Ok(()), |slot| on_a_majority(server, index, slot, self.servers.len()))
    }

    /// A follower takes `first..=last` as committed.
    #[inline(never)]
    pub(super) fn learns_commit(&mut self, server: ServerId, first: Index, last: Index) -> Check {
        self.commit_moves(server, first, last)?;
        // Holding the last of them, with the hash of everything before it, means holding all.
        let right = self.slots.get(last).and_then(|slot| {
            let (held, committed) = (slot.held_by(server)?, slot.committed?);
            Some(held.hash == committed.hash)
        });
        if right == Some(true) {
            return Ok(());
        }
        for index in (first.0..=last.0).map(Index) {
            let slot = self.slots.get(index);
            let held = slot.and_then(|slot| slot.held_by(server)).map(|v| (v.hash, v.term));
            let committed = slot.and_then(|slot| slot.committed);
            let text = match (held, committed) {
                (Some((hash, _)), Some(commit)) if hash == commit.hash => continue,
                (Some((_, term)), Some(commit)) => format!(
                    "{server} takes its entry {index} of term {term} as committed; the \
                     committed one is of term {}",
                    commit.term
                ),
                (_, None) => {
                    format!("{server} takes entry {index} as committed, which no leader committed")
                }
                (None, Some(_)) => continue,
            };
            return Err(Broken::new(Invariant::StateMachineSafety, server, text).at(index));
        }
        Ok(())
    }
}

/// What is committed is on the disks of a majority of all servers (§5.3).
fn on_a_majority(server: ServerId, index: Index, slot: &Slot, servers: usize) -> Check {
    let Some(commit) = slot.committed else { return Ok(()) };
    let (durable, needed) = (slot.durable(commit), majority(servers));
    if durable.len() >= needed {
        return Ok(());
    }
    let text = format!(
        "entry {index} of term {} is committed, but on disk only at {durable}: {} of {needed}",
        commit.term,
        durable.len()
    );
    let broken = Broken::new(Invariant::OnAMajority, server, text).and_all(durable);
    Err(broken.at(index).in_term(commit.term))
}

fn misplaced(server: ServerId, index: Index, term: Term, wrong: Wrong) -> Broken {
    let (invariant, text, others) = match wrong {
        Wrong::TermBack { before } => (
            Invariant::TermsInOrder,
            format!("{server} has entry {index} of term {term} after an entry of term {before}"),
            ServerSet::EMPTY,
        ),
        Wrong::Mismatch { other } => (
            Invariant::LogMatching,
            format!(
                "{server} and {other} have entry {index} of term {term}, but not the same entry \
                 or not the same log before it"
            ),
            other,
        ),
    };
    Broken::new(invariant, server, text).and_all(others).at(index).in_term(term)
}

fn twice(server: ServerId, index: Index, earlier: Commit, now: Commit) -> Broken {
    let text = format!(
        "{server} commits entry {index} of term {}; the leader of term {} committed one of term \
         {} there",
        now.term, earlier.by, earlier.term
    );
    Broken::new(Invariant::StateMachineSafety, server, text).at(index).in_term(now.term)
}
