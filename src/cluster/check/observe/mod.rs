//! The checker: reads the events of each step and says which rule they break. What it asks about
//! Raft stands in `raft.rs`, what about the service in `service.rs`.
//!
//! Most events break no rule and are asked nothing. So what is asked about the others is never
//! written into the loop that goes through them all (`inline(never)`): it would have to be
//! prepared for every step.
#![expect(clippy::wildcard_enum_match_arm, reason = "looks for certain events among all")]

mod raft;
mod service;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Void;
use super::answers::{Answers, Clash};
use super::ghost::{Commit, Enough, Reached, Slots};
use crate::cluster::Cluster;
use crate::cluster::event::{ClientEvent, Event, EventKind, PacketEvent, RaftEvent, ServerEvent};
use crate::cluster::flaw::Flaws;
use crate::cluster::invariant::{Invariant, Violation};
use crate::cluster::kv::Kv;
use crate::cluster::network::Flight;
use crate::cluster::raft::{Configuration, Entry, PacketKind, Payload, Role, Summary};
use crate::cluster::shared::OrdMap;
use crate::cluster::time::{Ppm, Span, Time};
use crate::cluster::types::{ClientId, Index, Key, Node, ServerId, ServerSet, Term};
use service::Made;

/// How long a waiter may outlive its server's leadership.
const WAITERS_LINGER: Span = Span::from_millis(100);

/// The ghost state of all invariants.
#[derive(Clone, Debug, Default)]
pub struct Checker {
    slots: Slots,
    leaders: OrdMap<Term, ServerId>,
    votes: OrdMap<(ServerId, Term), ServerId>,
    servers: Vec<Ghost>,
    deposed: Vec<Deposed>,
    /// The highest index that any leader has committed.
    committed: Index,
    reached: Reached,
    /// By which configuration a leader has counted last, and in which term.
    counted: (Term, Configuration),
    /// The map as it must be after `reference_index` operations.
    reference: Kv,
    reference_index: Index,
    holders: BTreeMap<Key, ClientId>,
    answers: Answers,
    /// Since when what follows is outside Raft's fault model, and why.
    void: Option<(Time, Void)>,
    /// Why nothing is judged, where the run is a trace of which too little is known.
    unjudged: Option<Arc<str>>,
    /// The planted flaws that have decided something before a rule was broken.
    acted: Flaws,
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
    /// The term that it believes to lead; 0 if none.
    leads: Term,
}

/// A server that has lost the leadership of a term: by when its waiters must be gone. Its clock at
/// the time is what that was reckoned with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Deposed {
    server: ServerId,
    term: Term,
    by: Time,
    clock: Ppm,
}

/// A broken rule. In a box, for it is what a check gives back when it finds nothing, too.
struct Broken(Box<Violation>);

impl Broken {
    fn new(invariant: Invariant, server: ServerId, evidence: String) -> Self {
        Self::of(invariant, evidence).and(server)
    }

    /// Without a server that has to do with it.
    fn of(invariant: Invariant, evidence: String) -> Self {
        let (time, servers) = (Time::START, ServerSet::EMPTY);
        let (index, term, records) = (None, None, Vec::new());
        Self(Box::new(Violation { invariant, time, evidence, servers, index, term, records }))
    }

    fn at(mut self, index: Index) -> Self {
        self.0.index = Some(index);
        self
    }

    fn in_term(mut self, term: Term) -> Self {
        self.0.term = Some(term);
        self
    }

    fn and(mut self, server: ServerId) -> Self {
        self.0.servers.insert(server);
        self
    }

    fn and_all(mut self, servers: ServerSet) -> Self {
        self.0.servers = self.0.servers.union(servers);
        self
    }
}

type Check = Result<(), Broken>;

impl Checker {
    /// A checker for servers that begin with these logs, all of them on disk.
    pub(in crate::cluster) fn new(cluster: &Cluster) -> Self {
        let counted = (Term::ZERO, cluster.configuration());
        let mut checker = Self { counted, ..Self::default() };
        for server in cluster.servers() {
            let log = server.raft.log();
            let (first, last) = (log.first_index(), log.last_index());
            checker.servers.push(Ghost::default());
            // A run does not begin with logs that contradict each other.
            let entries = log.iter().map(|(_, entry)| named(entry));
            let _ = checker.appended(server.id, first, entries);
            // Nothing is committed yet, so nothing can be missing.
            let enough = Enough { all: counted.1, forgetful: ServerSet::EMPTY };
            checker.slots.sync(server.id, log, first, last, enough);
            let dirty_from = last.next();
            checker.servers[server.id.index()] =
                Ghost { last, durable: last, dirty_from, ..Ghost::default() };
        }
        checker
    }

    /// One more server, which has nothing.
    pub(in crate::cluster) fn add_server(&mut self) {
        self.servers.push(Ghost::default());
    }

    /// The entries up to here were committed before the run began.
    pub(in crate::cluster) fn begins_with(&mut self, commit: Index) {
        for index in (1..=commit.0).map(Index) {
            let Some(slot) = self.slots.get_mut(index) else { return };
            let Some(version) = slot.versions.first() else { return };
            let (hash, term) = (version.hash, version.term);
            slot.committed = Some(Commit { hash, term, by: term });
            self.reached.note(term, index);
            self.committed = index;
        }
        for ghost in &mut self.servers {
            ghost.commit = commit.min(ghost.last);
        }
    }

    /// Nothing is judged, for this reason.
    pub(in crate::cluster) fn judges_not(&mut self, why: Option<Arc<str>>) {
        self.unjudged = why;
    }

    /// Whether Raft promises nothing any more, or nothing is judged.
    pub const fn is_void(&self) -> bool {
        self.void.is_some() || self.unjudged.is_some()
    }

    /// Why nothing is judged, if so.
    pub fn unjudged(&self) -> Option<&str> {
        self.unjudged.as_deref()
    }

    /// Since when Raft promises nothing any more, and why.
    pub const fn void(&self) -> Option<(Time, Void)> {
        self.void
    }

    /// The same in words; `None` while it does.
    pub fn void_words(&self) -> Option<String> {
        if let Some(why) = &self.unjudged {
            return Some(format!("nothing is judged: {why}"));
        }
        self.void.map(|(time, why)| format!("safety is void since {time}: {why}"))
    }

    /// The newest term that anybody has been elected for.
    pub fn led_term(&self) -> Term {
        self.leaders.get_max().map(|(term, _)| *term).unwrap_or_default()
    }

    /// The highest index that any leader has committed.
    pub const fn committed(&self) -> Index {
        self.committed
    }

    /// The term of the entry that a leader committed at `index`; of the place before the log it is
    /// 0. `None` if no leader has committed one there.
    pub fn committed_term(&self, index: Index) -> Option<Term> {
        if index == Index::ZERO {
            return Some(Term::ZERO);
        }
        self.committed_at(index).map(|(term, _)| term)
    }

    /// Which entry a leader has committed at an index: its term, and the leader's.
    pub fn committed_at(&self, index: Index) -> Option<(Term, Term)> {
        let commit = self.slots.get(index)?.committed?;
        Some((commit.term, commit.by))
    }

    /// About how many bytes a clone copies.
    pub(in crate::cluster) fn copied_bytes(&self) -> u64 {
        let servers = self.servers.len() * size_of::<Ghost>();
        (size_of::<Self>() + servers) as u64 + self.slots.copied_bytes()
    }

    /// Looks at what the last step brought about. Never a part of its caller, so that a profiler can
    /// tell what checking costs.
    #[inline(never)]
    pub(in crate::cluster) fn observe(&mut self, cluster: &Cluster) -> Option<Violation> {
        let broken = self.look(cluster).err();
        if self.is_void() || cluster.violation().is_some() {
            return None;
        }
        // What is wrong inside explains what clients are told.
        let broken = broken.or_else(|| match self.is_linearizable() {
            true => None,
            false => self.clash(cluster),
        });
        let Broken(violation) = broken?;
        Some(Violation { time: cluster.now(), ..*violation })
    }

    /// The planted flaws that have decided something; once a rule is broken, before it was.
    pub const fn acted(&self) -> Flaws {
        self.acted
    }

    /// Whether what clients have been told so far is linearizable.
    pub const fn is_linearizable(&self) -> bool {
        self.answers.are_linearizable()
    }

    fn clash(&self, cluster: &Cluster) -> Option<Broken> {
        let Clash { evidence, records } = self.answers.clash(cluster)?;
        let mut broken = Broken::of(Invariant::Linearizability, evidence);
        broken.0.records = records;
        Some(broken)
    }

    /// Why what clients have been told is not linearizable; `None` if it is.
    pub fn clash_words(&self, cluster: &Cluster) -> Option<String> {
        self.answers.clash(cluster).map(|clash| clash.evidence)
    }

    /// Sees every event, whatever the ones before it have shown; tells of the first broken rule.
    fn look(&mut self, cluster: &Cluster) -> Check {
        let mut first = None;
        let unbroken = cluster.violation().is_none();
        for event in cluster.events() {
            if unbroken {
                self.acted = self.acted.union(event.flaws);
            }
            if let Err(broken) = self.see(cluster, event) {
                first.get_or_insert(broken);
            }
        }
        match first {
            Some(broken) => Err(broken),
            None => self.waiters(cluster),
        }
    }

    /// Of most events a rule says nothing, or another of these says the same.
    fn see(&mut self, cluster: &Cluster, event: &Event) -> Check {
        match &event.kind {
            EventKind::Raft(server, event) => self.see_raft(cluster, *server, event),
            EventKind::Server(server, what) => self.see_server(cluster, *server, what, event.time),
            EventKind::Packet(
                Flight { from: Node::Server(from), to, summary, .. },
                PacketEvent::Sent,
            ) => self.see_sent(*from, *to, *summary),
            EventKind::Client(client, event) => self.see_client(cluster, *client, event),
            EventKind::Packet(..)
            | EventKind::Network(_)
            | EventKind::Script(_)
            | EventKind::Lab(_) => Ok(()),
        }
    }

    fn see_raft(&mut self, cluster: &Cluster, server: ServerId, event: &RaftEvent) -> Check {
        match *event {
            RaftEvent::Appended { first, last, .. } | RaftEvent::Wrote { first, last, .. } => {
                let Some(holder) = cluster.server(server) else { return Ok(()) };
                let log = holder.raft.log();
                if first <= log.base().index {
                    return self.appended_and_compacted(holder, first, last);
                }
                let entries = log.iter_from(first).take_while(|(index, _)| *index <= last);
                self.appended(server, first, entries.map(|(_, entry)| named(entry)))
            }
            RaftEvent::NoopAppended { index, term } => {
                self.appended(server, index, std::iter::once((term, &Payload::Noop)))
            }
            RaftEvent::ConfigurationAppended { index, term, to, .. } => {
                let payload = Payload::Configuration(to.into());
                self.appended(server, index, std::iter::once((term, &payload)))
            }
            RaftEvent::Truncated { first, last, .. } | RaftEvent::Erased { first, last, .. } => {
                self.truncated(cluster, server, first, last)
            }
            RaftEvent::SnapshotTaken { last, .. } => self.compacted(cluster, server, last),
            RaftEvent::SnapshotInstalled { last, end, .. } => {
                self.installed(cluster, server, last, end)
            }
            RaftEvent::BecameLeader { term, .. } => self.elected(cluster, server, term),
            RaftEvent::SteppedDown { role: Role::Leader, term, .. } => {
                self.deposed(cluster, server, term);
                Ok(())
            }
            RaftEvent::Committed { first, last, current, all, .. } => {
                self.commits(server, (first, last), current, all)
            }
            RaftEvent::LearnedCommit { first, last, .. }
            | RaftEvent::CommitReported { first, last } => self.learns_commit(server, first, last),
            _ => Ok(()),
        }
    }

    fn see_server(
        &mut self,
        cluster: &Cluster,
        server: ServerId,
        event: &ServerEvent,
        time: Time,
    ) -> Check {
        match event {
            ServerEvent::Submitted { index, term, op, .. } => {
                let payload = Payload::Op(op.clone());
                self.appended(server, *index, std::iter::once((*term, &payload)))
            }
            ServerEvent::Registering { index, term, entry, .. } => {
                let payload = Payload::Register(entry.clone());
                self.appended(server, *index, std::iter::once((*term, &payload)))
            }
            ServerEvent::Synced { .. } => self.synced(cluster, server),
            ServerEvent::WriteTorn { .. } => self.torn(cluster, server),
            // A disk that does not keep its promises may break them as the server starts, too.
            ServerEvent::Crashed { .. } | ServerEvent::Restarted { .. } => {
                self.forgets(cluster, server)
            }
            ServerEvent::Wiped => {
                self.void.get_or_insert((time, Void::Wiped(server)));
                self.servers[server.index()] = Ghost::default();
                Ok(())
            }
            ServerEvent::Renewed => self.renewed(cluster, server),
            ServerEvent::ClockSet { .. } => {
                self.clock_set(cluster, server);
                Ok(())
            }
            ServerEvent::Woke { .. } => {
                self.woke(cluster, server);
                Ok(())
            }
            ServerEvent::Applied { index, op, answer, .. } => {
                self.applied(cluster, server, *index, Made::Op(op, Ok(answer)))
            }
            ServerEvent::Skipped { index, op, why, .. } => {
                self.applied(cluster, server, *index, Made::Op(op, Err(why)))
            }
            ServerEvent::Registered { index, entry, .. } => {
                self.applied(cluster, server, *index, Made::Session(entry))
            }
            ServerEvent::AppliedNoop { index } | ServerEvent::AppliedMembers { index, .. } => {
                self.applied(cluster, server, *index, Made::Nothing)
            }
            _ => Ok(()),
        }
    }

    /// A vote is given when word of it leaves, and not before: a crash may undo one that has not
    /// reached the disk, and then nobody has heard of it (Figure 2).
    fn see_sent(&mut self, from: ServerId, to: Node, summary: Summary) -> Check {
        match (summary.kind, to) {
            (PacketKind::RequestVote, _) => self.voted(from, from, summary.term),
            (PacketKind::VoteGranted, Node::Server(to)) => self.voted(from, to, summary.term),
            _ => Ok(()),
        }
    }

    fn see_client(&mut self, cluster: &Cluster, client: ClientId, event: &ClientEvent) -> Check {
        match event {
            ClientEvent::LockHeld { lock } => return self.held(cluster, client, lock),
            ClientEvent::LockFree { lock } => self.freed(client, lock),
            ClientEvent::Called { .. } => self.answers.called(cluster, client),
            ClientEvent::Returned { .. } => self.answers.returned(cluster, client),
            _ => {}
        }
        Ok(())
    }
}

/// What names an entry: the term in which it was received, and what it asks for.
const fn named(entry: &Entry) -> (Term, &Payload) {
    (entry.term, &entry.payload)
}

#[cfg(test)]
mod tests;
