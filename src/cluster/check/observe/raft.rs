//! The rules of Raft: votes, leaders, logs, commits (§5).

use super::service::same_map;
use super::{Broken, Check, Checker, Ghost};
use crate::cluster::Cluster;
use crate::cluster::check::Void;
use crate::cluster::check::ghost::{Commit, Enough, Slot, Wrong};
use crate::cluster::invariant::Invariant;
use crate::cluster::raft::{Configuration, Payload, Position};
use crate::cluster::server::Server;
use crate::cluster::types::{Index, ServerId, ServerSet, Term};

impl Checker {
    /// Log Matching and the order of terms (§5.3), for entries that a server adds to its log.
    #[inline(never)]
    pub(super) fn appended<'a>(
        &mut self,
        server: ServerId,
        first: Index,
        mut entries: impl Iterator<Item = (Term, &'a Payload)>,
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

    /// The same for entries that the server's log has lost to a snapshot within the same step: they
    /// are on their way to its disk.
    #[inline(never)]
    pub(super) fn appended_and_compacted(
        &mut self,
        server: &Server,
        first: Index,
        last: Index,
    ) -> Check {
        let entries = server.disk.unsynced_from(first);
        let count = (last.0 + 1 - first.0) as usize;
        let entries = entries.take(count).map(|entry| (entry.term, &entry.payload));
        self.appended(server.id, first, entries)
    }

    /// A leader removes nothing (Figure 3, Leader Append-Only), and nobody what it has committed.
    #[inline(never)]
    pub(super) fn truncated(
        &mut self,
        cluster: &Cluster,
        id: ServerId,
        first: Index,
        last: Index,
    ) -> Check {
        self.slots.truncate(id, first, last);
        let ghost = &mut self.servers[id.index()];
        ghost.last = first.previous();
        ghost.dirty_from = ghost.dirty_from.min(first);
        if ghost.leads > Term::ZERO {
            let text = format!("{id} leads, and removes entry {first} of its own log");
            return Err(Broken::new(Invariant::LeaderAppendOnly, id, text).at(first));
        }
        // What took the place of the removed entries stands in the log by now.
        let Some(raft) = cluster.server(id).map(|server| &server.raft) else { return Ok(()) };
        let end = raft.log().last_index();
        if raft.commit() > end {
            let text = format!(
                "{id} has committed entry {}, and removes it: its log ends at {end}",
                raft.commit()
            );
            return Err(Broken::new(Invariant::CommitMonotone, id, text).at(raft.commit()));
        }
        Ok(())
    }

    /// A snapshot stands for what is committed, and for nothing else (§7): the server's own entry at
    /// its last index is the one that a leader has committed.
    #[inline(never)]
    pub(super) fn compacted(&mut self, cluster: &Cluster, id: ServerId, last: Position) -> Check {
        let held = self.slots.held_by(last.index, id).map(|version| version.hash);
        let committed = self.slots.get(last.index).and_then(|slot| slot.committed);
        if held.is_none() || held != committed.map(|commit| commit.hash) {
            return Err(uncommitted(id, "takes", last));
        }
        self.forget_covered(cluster);
        Ok(())
    }

    /// A server has installed a snapshot (Figure 13): of what a leader has committed, of more than it
    /// had before, and with the map that belongs to it. From there on it counts as holding all that
    /// the snapshot covers.
    #[inline(never)]
    pub(super) fn installed(
        &mut self,
        cluster: &Cluster,
        id: ServerId,
        last: Position,
        end: Index,
    ) -> Check {
        let ghost = &mut self.servers[id.index()];
        let (before, log) = (ghost.commit, ghost.last);
        (ghost.commit, ghost.applied, ghost.last) = (last.index, last.index, end);
        // Up to its commit index it held what is committed already.
        let first = before.next();
        ghost.dirty_from = ghost.dirty_from.min(first);
        let slot = self.slots.get(last.index);
        let (committed, applied) = slot.map_or((None, None), |slot| (slot.committed, slot.applied));
        self.slots.install(id, first, last.index);
        self.slots.truncate(id, end.next(), log);
        if last.index < before {
            let text = format!(
                "the commit index of {id} goes from {before} to {}, by an older snapshot",
                last.index
            );
            return Err(Broken::new(Invariant::CommitMonotone, id, text).at(last.index));
        }
        if committed.map(|commit| commit.term) != Some(last.term) {
            return Err(uncommitted(id, "installs", last));
        }
        self.forget_covered(cluster);
        same_map(cluster, id, last.index, applied)
    }

    /// What every server, in memory and on disk, has only as part of a snapshot is not asked about any
    /// more. The last entry of the shortest of them still is: the one after it names it.
    fn forget_covered(&mut self, cluster: &Cluster) {
        let base = |server: &Server| server.disk.log.base().min(server.raft.log().base());
        let bases = cluster.servers().iter().map(base);
        if let Some(base) = bases.min() {
            self.slots.forget_before(base.index);
        }
    }

    #[inline(never)]
    pub(super) fn synced(&mut self, cluster: &Cluster, id: ServerId) -> Check {
        let Some(server) = cluster.server(id) else { return Ok(()) };
        let (all, ghost) = (self.counted.1, &mut self.servers[id.index()]);
        let disk = &server.disk;
        // Only what was removed can leave a disk.
        let forgetful = match ghost.dirty_from > ghost.durable {
            true => ServerSet::EMPTY,
            false => forgetful(cluster),
        };
        let (from, enough) = (ghost.dirty_from, Enough { all, forgetful });
        let lost = self.slots.sync(id, &disk.log, from, ghost.durable, enough);
        ghost.durable = disk.log.last_index();
        ghost.dirty_from = disk.first_unsynced();
        self.none_lost(id, lost, enough)
    }

    /// A part of what was written is on the disk after all. The server crashes within the same step:
    /// from where its memory differed from the disk, it goes back to that.
    #[inline(never)]
    pub(super) fn torn(&mut self, cluster: &Cluster, id: ServerId) -> Check {
        let differs = self.servers[id.index()].dirty_from;
        let check = self.synced(cluster, id);
        self.servers[id.index()].dirty_from = differs;
        check
    }

    /// A log becomes what its disk holds. A disk that keeps its promises holds what was synced;
    /// one that does not may have lost what was committed.
    #[inline(never)]
    pub(super) fn forgets(&mut self, cluster: &Cluster, id: ServerId) -> Check {
        let Some(disk) = cluster.server(id).map(|server| &server.disk) else { return Ok(()) };
        let (all, ghost) = (self.counted.1, &mut self.servers[id.index()]);
        let (end, forgetful) = (disk.log.last_index(), forgetful(cluster));
        let enough = Enough { all, forgetful };
        let lost = self.slots.sync(id, &disk.log, end.next(), ghost.durable, enough);
        let last = ghost.last.max(ghost.durable);
        self.slots.revert(id, ghost.dirty_from.min(end.next()), last);
        // It starts with what its snapshot holds.
        let (commit, dirty_from) = (disk.log.base().index, end.next());
        let applied = commit;
        *ghost = Ghost { last: end, durable: end, dirty_from, commit, applied, ..Ghost::default() };
        self.deposed.retain(|deposed| deposed.server != id);
        self.none_lost(id, lost, enough)
    }

    /// Another server has its name from now on: what that one votes for is no second vote of this one.
    #[inline(never)]
    pub(super) fn renewed(&mut self, cluster: &Cluster, id: ServerId) -> Check {
        let own = self.votes.keys().filter(|(server, _)| *server == id).copied();
        for vote in own.collect::<Vec<_>>() {
            self.votes.remove(&vote);
        }
        self.forgets(cluster, id)
    }

    /// What is committed stays on the disks of a majority: a disk has just lost the entry at
    /// `lost`, of which too few are left that keep theirs.
    fn none_lost(&self, server: ServerId, lost: Option<Index>, enough: Enough) -> Check {
        let Enough { all, forgetful } = enough;
        let Some((index, slot)) = lost.and_then(|at| Some((at, self.slots.get(at)?))) else {
            return Ok(());
        };
        on_a_majority(server, index, slot, all, forgetful)
    }

    /// One vote a server a term, ever (§5.2).
    #[inline(never)]
    pub(super) fn voted(&mut self, server: ServerId, candidate: ServerId, term: Term) -> Check {
        match self.votes.insert((server, term), candidate) {
            Some(before) if before != candidate => {
                let text = format!(
                    "{server} votes for {candidate} in term {term}, and has voted for {before}"
                );
                let broken =
                    Broken::new(Invariant::OneVote, server, text).and(candidate).and(before);
                Err(broken.in_term(term))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Election Safety (§5.2) and Leader Completeness (§5.4).
    #[inline(never)]
    pub(super) fn elected(&mut self, cluster: &Cluster, server: ServerId, term: Term) -> Check {
        self.servers[server.index()].leads = term;
        if cluster.config().given.iter().any(|given| given.log.contains(&term)) {
            self.void.get_or_insert((cluster.now(), Void::LedBefore(server, term)));
        }
        if let Some(before) = self.leaders.insert(term, server)
            && before != server
        {
            let text = format!("two leaders in term {term}: {before} and {server}");
            let broken = Broken::new(Invariant::ElectionSafety, server, text);
            return Err(broken.and(before).in_term(term));
        }
        self.complete(server, term)
    }

    /// A leader of `term` holds every entry that leaders of earlier terms have committed: asked
    /// when it is elected, and when one of those commits more. Holding the last of them, with the
    /// hash of everything before it, means holding all.
    fn complete(&self, server: ServerId, term: Term) -> Check {
        let Some((by, index)) = self.reached.before(term) else { return Ok(()) };
        // A snapshot that covers an entry holds it; here all have one.
        if self.slots.is_forgotten(index) {
            return Ok(());
        }
        let slot = self.slots.get(index);
        let Some(commit) = slot.and_then(|slot| slot.committed) else { return Ok(()) };
        let held = self.slots.held_by(index, server);
        if held.is_some_and(|version| version.hash == commit.hash) {
            return Ok(());
        }
        let text = format!(
            "{server} leads term {term} without entry {index} of term {}, which the leader of \
             term {by} committed",
            commit.term
        );
        let broken = Broken::new(Invariant::LeaderCompleteness, server, text);
        Err(broken.at(index).in_term(term))
    }

    /// Others may have been elected since the leader of `by`, which still believes, got its votes.
    /// They hold what it commits now (§5.4). It need not hold what they have committed.
    fn later_leaders_are_complete(&self, by: Term) -> Check {
        let all = ServerId::first(self.servers.len() as u8).zip(&self.servers);
        let mut later = all.filter(|(_, ghost)| ghost.leads > by);
        later.try_for_each(|(server, ghost)| self.complete(server, ghost.leads))
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

    /// The leader of `by` commits `first..=last`, and counts by `all`: the newest configuration of its log.
    #[inline(never)]
    pub(super) fn commits(
        &mut self,
        server: ServerId,
        (first, last): (Index, Index),
        by: Term,
        all: Configuration,
    ) -> Check {
        self.commit_moves(server, first, last)?;
        if by >= self.counted.0 {
            self.counted = (by, all);
        }
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
            // What is kept in memory only is there as long as nothing of it was lost.
            on_a_majority(server, index, slot, all, ServerSet::EMPTY)?;
        }
        self.reached.note(by, last);
        self.later_leaders_are_complete(by)
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

/// Whose disks do not keep a log over a crash, through a planted flaw: it is in memory only.
fn forgetful(cluster: &Cluster) -> ServerSet {
    let forgets = |server: &&Server| !server.keeps_log();
    cluster.servers().iter().filter(forgets).map(|server| server.id).collect()
}

/// What is committed is on the disks of a majority of the voters (§5.3), of each half while the configuration is joint;
/// those of the forgetful do not count.
fn on_a_majority(
    server: ServerId,
    index: Index,
    slot: &Slot,
    all: Configuration,
    forgetful: ServerSet,
) -> Check {
    let Some(commit) = slot.committed else { return Ok(()) };
    let (durable, needed) = (slot.durable(commit).without(forgetful), all.quorum());
    if all.has_quorum(durable) {
        return Ok(());
    }
    let counted = durable.intersection(all.voters());
    let place = match counted.len() {
        0 if durable.is_empty() => "on no disk".to_owned(),
        0 => "on no disk that counts".to_owned(),
        count => format!("on disk only at {counted}: {count}"),
    };
    let text = format!(
        "entry {index} of term {} is committed, but {place}, and {needed} are needed",
        commit.term
    );
    let broken = Broken::new(Invariant::OnAMajority, server, text).and_all(durable);
    Err(broken.at(index).in_term(commit.term))
}

fn uncommitted(server: ServerId, does: &str, last: Position) -> Broken {
    let text = format!("{server} {does} a snapshot up to {last}, which no leader has committed");
    Broken::new(Invariant::StateMachineSafety, server, text).at(last.index).in_term(last.term)
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
