//! The checker: reads the events of each step and says which rule they break.

use std::collections::BTreeMap;

use imbl::OrdMap;

use super::answers::{Answers, Clash};
use super::ghost::{Applied, Commit, Slots, Wrong};
use super::{Invariant, Violation};
use crate::cluster::Cluster;
use crate::cluster::event::{Event, EventKind};
use crate::cluster::kv::Kv;
use crate::cluster::network::PacketKind;
use crate::cluster::raft::Role;
use crate::cluster::server::Power;
use crate::cluster::time::{Span, Time};
use crate::cluster::types::{
    Answer, ClientId, Index, Key, Node, Op, OpId, ServerId, ServerSet, Term, majority,
};

/// How long a waiter may outlive its server's leadership.
const WAITERS_LINGER: Span = Span::from_millis(100);

/// The ghost state of all invariants.
#[derive(Clone, Debug, Default)]
pub struct Checker {
    slots: Slots,
    leaders: OrdMap<Term, ServerId>,
    votes: OrdMap<(ServerId, Term), ServerId>,
    servers: Vec<Ghost>,
    /// The highest index that any leader has committed.
    committed: Index,
    /// The highest index committed by leaders of a term and of all before it.
    committed_in: OrdMap<Term, Index>,
    /// The map as it must be after `reference_index` operations.
    reference: Kv,
    reference_index: Index,
    holders: BTreeMap<Key, ClientId>,
    answers: Answers,
    /// A disk was lost: what follows is outside Raft's fault model.
    void: bool,
}

/// What the checker knows of one server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Ghost {
    /// Where its log ends, and its disk's.
    last: Index,
    durable: Index,
    /// Log and disk agree below this index.
    dirty_from: Index,
    commit: Index,
    applied: Index,
    /// It has lost the leadership of a term: by when its waiters must be gone.
    waiters: Option<(Term, Time)>,
}

/// Evidence of a broken rule.
struct Broken {
    invariant: Invariant,
    evidence: String,
    servers: ServerSet,
    index: Option<Index>,
    term: Option<Term>,
    records: Vec<usize>,
}

impl Broken {
    fn new(invariant: Invariant, server: ServerId, evidence: String) -> Self {
        Self { servers: ServerSet::only(server), ..Self::of(invariant, evidence) }
    }

    /// Without a server that has to do with it.
    const fn of(invariant: Invariant, evidence: String) -> Self {
        let servers = ServerSet::EMPTY;
        Self { invariant, evidence, servers, index: None, term: None, records: Vec::new() }
    }

    fn at(mut self, index: Index) -> Self {
        self.index = Some(index);
        self
    }

    fn in_term(mut self, term: Term) -> Self {
        self.term = Some(term);
        self
    }

    fn and(mut self, server: ServerId) -> Self {
        self.servers.insert(server);
        self
    }
}

type Check = Result<(), Broken>;

impl Checker {
    /// A checker for servers that begin with these logs, all of them on disk.
    pub(in crate::cluster) fn new(cluster: &Cluster) -> Self {
        let mut checker = Self::default();
        for server in cluster.servers() {
            let log = &server.raft.log;
            for (index, entry) in log.iter_from(Index(1)) {
                checker.slots.add(server.id, index, entry.term, entry.op.id);
            }
            let last = log.last_index();
            checker.slots.sync(server.id, log, Index(1), last);
            let dirty_from = last.next();
            checker.servers.push(Ghost { last, durable: last, dirty_from, ..Ghost::default() });
        }
        checker
    }

    /// Whether a disk was lost, so that Raft promises nothing any more.
    pub const fn is_void(&self) -> bool {
        self.void
    }

    /// The newest term that anybody has been elected for.
    pub fn led_term(&self) -> Term {
        self.leaders.get_max().map(|(term, _)| *term).unwrap_or_default()
    }

    /// The highest index that any leader has committed.
    pub const fn committed(&self) -> Index {
        self.committed
    }

    /// Looks at what the last step brought about.
    pub(in crate::cluster) fn observe(&mut self, cluster: &Cluster) -> Option<Violation> {
        let clashed = self.answers.hear(cluster);
        let broken = self.look(cluster).err();
        if self.void || cluster.violation().is_some() {
            return None;
        }
        // What is wrong inside explains what clients are told.
        let broken = broken.or_else(|| clashed.then(|| self.clash(cluster)).flatten());
        let Broken { invariant, evidence, servers, index, term, records } = broken?;
        let time = cluster.now();
        Some(Violation { invariant, time, evidence, servers, index, term, records })
    }

    /// Whether what clients have been told so far is linearizable.
    pub const fn is_linearizable(&self) -> bool {
        self.answers.are_linearizable()
    }

    fn clash(&self, cluster: &Cluster) -> Option<Broken> {
        let Clash { evidence, records } = self.answers.clash(cluster)?;
        Some(Broken { records, ..Broken::of(Invariant::Linearizability, evidence) })
    }

    /// Why what clients have been told is not linearizable; `None` if it is.
    pub fn clash_words(&self, cluster: &Cluster) -> Option<String> {
        self.answers.clash(cluster).map(|clash| clash.evidence)
    }

    fn look(&mut self, cluster: &Cluster) -> Check {
        for event in cluster.events() {
            self.see(cluster, event)?;
        }
        self.same_maps(cluster)?;
        self.waiters(cluster)
    }

    fn see(&mut self, cluster: &Cluster, event: &Event) -> Check {
        match &event.kind {
            EventKind::Submitted { server, index, term, op, .. } => {
                self.appended(*server, *index, *term, op.id)
            }
            EventKind::Appended { server, first, last, .. } => {
                let Some(log) = cluster.server(*server).map(|server| &server.raft.log) else {
                    return Ok(());
                };
                for (index, entry) in log.iter_from(*first).take_while(|(i, _)| i <= last) {
                    self.appended(*server, index, entry.term, entry.op.id)?;
                }
                Ok(())
            }
            EventKind::Truncated { server, first, last, .. } => {
                self.truncated(cluster, *server, *first, *last)
            }
            EventKind::Synced { server, .. } => self.synced(cluster, *server),
            EventKind::Crashed { server, .. } => self.crashed(cluster, *server),
            EventKind::Wiped { server } => {
                self.void = true;
                self.servers[server.index()] = Ghost { dirty_from: Index(1), ..Ghost::default() };
                Ok(())
            }
            // A vote is given when word of it leaves, and not before: a crash may undo one that
            // has not reached the disk, and then nobody has heard of it (Figure 2).
            EventKind::Sent { from: Node::Server(server), to, summary, .. } => {
                match (summary.kind, to) {
                    (PacketKind::RequestVote, _) => self.voted(*server, *server, summary.term),
                    (PacketKind::VoteGranted, Node::Server(candidate)) => {
                        self.voted(*server, *candidate, summary.term)
                    }
                    (PacketKind::VoteGranted, Node::Client(_))
                    | (
                        PacketKind::VoteRefused
                        | PacketKind::Append { .. }
                        | PacketKind::Appended { .. }
                        | PacketKind::AppendRefused { .. }
                        | PacketKind::ClientRequest
                        | PacketKind::ClientReply,
                        _,
                    ) => Ok(()),
                }
            }
            EventKind::BecameLeader { server, term, .. } => self.elected(*server, *term),
            // The bound is one of the server's own clock: it counts from when the clock was changed
            // or the server woke up.
            EventKind::ClockSet { server, .. } | EventKind::Woke { server, .. } => {
                if let Some(server) = cluster.server(*server) {
                    let by = cluster.now() + server.in_lab_time(WAITERS_LINGER);
                    let waiters = &mut self.servers[server.id.index()].waiters;
                    *waiters = waiters.map(|(term, _)| (term, by));
                }
                Ok(())
            }
            EventKind::SteppedDown { server, role: Role::Leader, term, .. } => {
                if let Some(server) = cluster.server(*server) {
                    let by = cluster.now() + server.in_lab_time(WAITERS_LINGER);
                    self.servers[server.id.index()].waiters = Some((*term, by));
                }
                Ok(())
            }
            EventKind::Committed { server, first, last, .. } => {
                self.commits(cluster, *server, *first, *last)
            }
            EventKind::LearnedCommit { server, first, last, .. } => {
                self.learns_commit(*server, *first, *last)
            }
            EventKind::Applied { server, index, op, answer, .. } => {
                self.applied(*server, *index, op, answer)
            }
            EventKind::LockHeld { client, lock } => self.held(cluster, *client, lock),
            EventKind::LockFree { lock, .. } => {
                self.holders.remove(lock);
                Ok(())
            }
            // These change nothing that a rule is about, or say it in another of these events.
            EventKind::Commanded { .. }
            | EventKind::Restarted { .. }
            | EventKind::FellAsleep { .. }
            | EventKind::ElectionStarted { .. }
            | EventKind::VoteGranted { .. }
            | EventKind::Sent { from: Node::Client(_), .. }
            | EventKind::Duplicated { .. }
            | EventKind::Held { .. }
            | EventKind::Freed { .. }
            | EventKind::Delayed { .. }
            | EventKind::Received { .. }
            | EventKind::Dropped { .. }
            | EventKind::LossReported { .. }
            | EventKind::TermAdopted { .. }
            | EventKind::VoteRefused { .. }
            | EventKind::VoteCounted { .. }
            | EventKind::SteppedDown { role: Role::Candidate | Role::Follower, .. }
            | EventKind::AppendRefused { .. }
            | EventKind::Matched { .. }
            | EventKind::BackedUp { .. }
            | EventKind::Resent { .. }
            | EventKind::Ignored { .. }
            | EventKind::OldTermWaits { .. }
            | EventKind::Refused { .. }
            | EventKind::Answered { .. }
            | EventKind::WaiterReleased { .. }
            | EventKind::WaitersLost { .. }
            | EventKind::ClientCreated { .. }
            | EventKind::Called { .. }
            | EventKind::Asked { .. }
            | EventKind::AttemptFailed { .. }
            | EventKind::Returned { .. }
            | EventKind::LateReply { .. }
            | EventKind::Queued { .. }
            | EventKind::Finished { .. }
            | EventKind::LineRun { .. }
            | EventKind::Said { .. }
            | EventKind::Beat
            | EventKind::Noted { .. }
            | EventKind::BreakpointSet { .. }
            | EventKind::Marked { .. }
            | EventKind::Paced { .. }
            | EventKind::Expected { .. }
            | EventKind::TaskEnded { .. }
            | EventKind::ScriptEnded
            | EventKind::Failed { .. }
            | EventKind::Violated { .. } => Ok(()),
        }
    }

    /// Log Matching and the order of terms (§5.3).
    fn appended(&mut self, server: ServerId, index: Index, term: Term, op: OpId) -> Check {
        let ghost = &mut self.servers[server.index()];
        ghost.last = index;
        ghost.dirty_from = ghost.dirty_from.min(index);
        match self.slots.add(server, index, term, op) {
            None => Ok(()),
            Some(Wrong::TermBack { before }) => {
                let text = format!(
                    "{server} has entry {index} of term {term} after an entry of term {before}"
                );
                Err(Broken::new(Invariant::TermsInOrder, server, text).at(index).in_term(term))
            }
            Some(Wrong::Mismatch { other }) => {
                let text = format!(
                    "{server} and {other} have entry {index} of term {term}, but not the same \
                     entry or not the same log before it"
                );
                let mut broken = Broken::new(Invariant::LogMatching, server, text);
                broken.servers = broken.servers.union(other);
                Err(broken.at(index).in_term(term))
            }
        }
    }

    fn truncated(
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

    fn synced(&mut self, cluster: &Cluster, id: ServerId) -> Check {
        let Some(server) = cluster.server(id) else { return Ok(()) };
        let ghost = &mut self.servers[id.index()];
        let disk = &server.disk;
        let lost = self.slots.sync(id, &disk.log, ghost.dirty_from, ghost.durable);
        ghost.durable = disk.log.last_index();
        ghost.dirty_from = disk.first_unsynced();
        match lost {
            Some(index) => self.on_a_majority(id, index),
            None => Ok(()),
        }
    }

    /// A log becomes what its disk holds. A disk that keeps its promises holds what was synced;
    /// one that does not may have lost what was committed.
    fn crashed(&mut self, cluster: &Cluster, id: ServerId) -> Check {
        let Some(disk) = cluster.server(id).map(|server| &server.disk) else { return Ok(()) };
        let ghost = &mut self.servers[id.index()];
        let end = disk.log.last_index();
        let lost = self.slots.sync(id, &disk.log, end.next(), ghost.durable);
        let last = ghost.last.max(ghost.durable);
        self.slots.revert(id, ghost.dirty_from.min(end.next()), last);
        *ghost = Ghost { last: end, durable: end, dirty_from: end.next(), ..Ghost::default() };
        match lost {
            Some(index) => self.on_a_majority(id, index),
            None => Ok(()),
        }
    }

    /// One vote a server a term, ever (§5.2).
    fn voted(&mut self, server: ServerId, candidate: ServerId, term: Term) -> Check {
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
    fn elected(&mut self, server: ServerId, term: Term) -> Check {
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
    fn complete(&self, server: ServerId, term: Term) -> Check {
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

    fn commit_moves(&mut self, server: ServerId, first: Index, last: Index) -> Check {
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
    fn commits(&mut self, cluster: &Cluster, server: ServerId, first: Index, last: Index) -> Check {
        self.commit_moves(server, first, last)?;
        let by = cluster.server(server).map_or(Term::ZERO, |server| server.raft.term);
        for index in (first.0..=last.0).map(Index) {
            let Some(version) = self.slots.held_by(index, server) else { continue };
            let commit = Commit { hash: version.hash, term: version.term, by };
            let Some(slot) = self.slots.get_mut(index) else { continue };
            match slot.committed {
                None => slot.committed = Some(commit),
                Some(earlier) if earlier.hash == commit.hash => {}
                Some(earlier) => return Err(twice(server, index, earlier, commit)),
            }
            self.committed = self.committed.max(index);
            self.on_a_majority(server, index)?;
        }
        if self.committed_in.get(&by) != Some(&self.committed) {
            self.committed_in.insert(by, self.committed);
        }
        self.complete(server, by)
    }

    /// What is committed is on the disks of a majority (§5.3).
    fn on_a_majority(&self, server: ServerId, index: Index) -> Check {
        let Some(slot) = self.slots.get(index) else { return Ok(()) };
        let Some(commit) = slot.committed else { return Ok(()) };
        let durable = slot.versions.iter().find(|version| version.hash == commit.hash);
        let durable = durable.map_or(ServerSet::EMPTY, |version| version.durable);
        let needed = majority(self.servers.len());
        if durable.len() >= needed {
            return Ok(());
        }
        let text = format!(
            "entry {index} of term {} is committed, but on disk only at {durable}: {} of {needed}",
            commit.term,
            durable.len()
        );
        let mut broken = Broken::new(Invariant::OnAMajority, server, text);
        broken.servers = broken.servers.union(durable);
        Err(broken.at(index).in_term(commit.term))
    }

    /// A follower takes `first..=last` as committed.
    fn learns_commit(&mut self, server: ServerId, first: Index, last: Index) -> Check {
        self.commit_moves(server, first, last)?;
        for index in (first.0..=last.0).map(Index) {
            let held = self.slots.held_by(index, server).map(|v| (v.hash, v.term));
            let committed = self.slots.get(index).and_then(|slot| slot.committed);
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

    /// State Machine Safety (§5.4.3), and the reference map that every server must agree with.
    fn applied(&mut self, server: ServerId, index: Index, op: &Op, answer: &Answer) -> Check {
        let ghost = &mut self.servers[server.index()];
        let before = std::mem::replace(&mut ghost.applied, index);
        if index != before.next() {
            let text = format!("{server} applies entry {index} after entry {before}");
            return Err(Broken::new(Invariant::StateMachineSafety, server, text).at(index));
        }
        let Some(slot) = self.slots.get_mut(index) else { return Ok(()) };
        if let Some(applied) = slot.applied {
            if applied.op != op.id {
                let text = format!(
                    "{server} applies {} at index {index}, where {} was applied before",
                    op.id, applied.op
                );
                return Err(Broken::new(Invariant::StateMachineSafety, server, text).at(index));
            }
        } else if index == self.reference_index.next() {
            self.reference_index = index;
            let expected = self.reference.apply(&op.request);
            slot.applied = Some(Applied { op: op.id, map: self.reference.hash() });
            if expected != *answer {
                let text = format!(
                    "{server} makes {} @{} of entry {index}; applied in order it is {} @{}",
                    answer.outcome, answer.version, expected.outcome, expected.version
                );
                return Err(Broken::new(Invariant::Versions, server, text).at(index));
            }
        }
        Ok(())
    }

    /// Servers that have applied the same index have the same map.
    fn same_maps(&self, cluster: &Cluster) -> Check {
        for event in cluster.events() {
            let EventKind::Applied { server: id, index, .. } = event.kind else { continue };
            let Some(server) = cluster.server(id) else { continue };
            if server.rsm.applied != index {
                continue;
            }
            let applied = self.slots.get(index).and_then(|slot| slot.applied);
            if applied.is_some_and(|applied| applied.map != server.rsm.kv.hash()) {
                let text = format!("the map of {id} differs from others after entry {index}");
                return Err(Broken::new(Invariant::SameMap, id, text).at(index));
            }
        }
        Ok(())
    }

    /// No waiter of a term outlives by 100 ms its server's leadership of that term.
    fn waiters(&mut self, cluster: &Cluster) -> Check {
        let now = cluster.now();
        for (ghost, server) in self.servers.iter_mut().zip(cluster.servers()) {
            let Some((term, by)) = ghost.waiters else { continue };
            if now <= by {
                continue;
            }
            let left = server.rsm.waiters.iter().any(|waiter| waiter.term <= term);
            if left && server.power == Power::Asleep {
                // Its waiters can't look while it sleeps: the time counts from its waking.
                ghost.waiters = Some((term, now + server.in_lab_time(WAITERS_LINGER)));
                continue;
            }
            ghost.waiters = None;
            if left {
                let id = server.id;
                let text =
                    format!("a waiter of term {term} still stands at {id}, which no longer leads");
                return Err(Broken::new(Invariant::Waiters, id, text).in_term(term));
            }
        }
        Ok(())
    }

    fn held(&mut self, cluster: &Cluster, client: ClientId, lock: &Key) -> Check {
        match self.holders.insert(lock.clone(), client) {
            Some(other) if other != client => {
                let names = cluster.names();
                let evidence = format!(
                    "{} takes {lock}, which {} still holds",
                    names.client(client),
                    names.client(other)
                );
                Err(Broken::of(Invariant::LockExclusion, evidence))
            }
            Some(_) | None => Ok(()),
        }
    }
}

fn twice(server: ServerId, index: Index, earlier: Commit, now: Commit) -> Broken {
    let text = format!(
        "{server} commits entry {index} of term {}; the leader of term {} committed one of term \
         {} there",
        now.term, earlier.by, earlier.term
    );
    Broken::new(Invariant::StateMachineSafety, server, text).at(index).in_term(now.term)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Cause;
    use crate::cluster::command::Script;

    /// No planted flaw makes a leader remove entries of its own: the checker is handed the event.
    #[test]
    fn a_leader_that_removes_an_entry_is_seen() {
        let script = b"cluster servers=3\nuntil leader\nset x 1\nrun 1s\n";
        let script = Script::parse("test.lab", script).expect("a script");
        let mut cluster = Cluster::with_script(&script, None);
        while !cluster.finished() {
            cluster.step();
        }
        let server = cluster.leader().expect("a leader");
        let (first, old, new) = (Index(1), Term(1), Term(1));
        let kind = EventKind::Truncated { server, first, last: first, old, new };
        cluster.events.push(Event { time: cluster.now(), cause: Cause::Start, kind });
        let mut checker = cluster.checker.clone();
        let violation = checker.observe(&cluster).expect("a broken rule");
        assert_eq!(violation.invariant, Invariant::LeaderAppendOnly);
    }
}
