//! What a run has shown so far, kept from its events and states alone.

use std::collections::{BTreeMap, BTreeSet};

use raftlab::cluster::Cluster;
use raftlab::cluster::event::{
    Event, EventKind as E, NetworkEvent, PacketEvent, RaftEvent, ServerEvent,
};
use raftlab::cluster::flaw::Flaw;
use raftlab::cluster::network::{Cargo, Flight, Packet, PacketKind};
use raftlab::cluster::raft::Progress;
use raftlab::cluster::server::Server;
use raftlab::cluster::time::Time;
use raftlab::cluster::timers::TimerKind;
use raftlab::cluster::types::{
    ClientId, Index, Key, Node, OpId, PacketId, Request, ServerId, ServerSet, Term,
};

/// What a leader knows of a server.
pub fn known(leader: &Server, of: ServerId) -> Progress {
    *leader.raft.progress(of).expect("it leads")
}

/// Values and versions, as one copy of the service would hold them.
pub type Map = BTreeMap<Key, (String, u64)>;

#[derive(Debug, Default)]
pub struct Books {
    /// For whom each server has voted in each term: word of it has left.
    pub votes: BTreeMap<(ServerId, Term), BTreeSet<ServerId>>,
    pub leaders: BTreeSet<(Term, ServerId)>,
    pub wiped: BTreeSet<ServerId>,
    /// How often each server has been started again, and that number when a packet left.
    pub restarts: BTreeMap<ServerId, u32>,
    pub sent: BTreeMap<PacketId, BTreeMap<ServerId, u32>>,
    /// On whose behalf an entry was submitted.
    pub submitted: BTreeMap<(Index, Term, OpId), ClientId>,
    /// What each server has made of its log since it started.
    pub maps: BTreeMap<ServerId, Map>,
    /// When each server last heard from a leader of its own term or a newer one.
    pub heard: BTreeMap<ServerId, u64>,
    /// When each leader last had an answer of its own term from each follower.
    pub answers: BTreeMap<(ServerId, ServerId), u64>,
    /// When each leader last looked for a quorum.
    pub looked: BTreeMap<ServerId, u64>,
    dues: BTreeMap<ServerId, Option<Time>>,
    /// Which entries leaders have committed, and the term of the first that did.
    pub committed: BTreeMap<(Index, Term), Term>,
    /// What has come to a sleeper.
    pub kept: BTreeMap<PacketId, Packet>,
    /// A flaw is known to hold waiters back.
    pub holds_waiters: bool,
}

/// A step of a run: the state before it, and after it with its events.
pub struct Step<'a> {
    pub before: &'a Cluster,
    pub after: &'a Cluster,
    pub books: &'a Books,
    pub event: &'a Event,
    /// What arrived in the step, and from whom.
    pub heard: Option<(Node, &'a Cargo)>,
}

/// What arrived in the step from `before` to `after`: in flight until now, or kept for a sleeper.
pub fn heard(before: &Cluster, after: &Cluster, books: &Books) -> Option<(Node, Cargo)> {
    let id = after.events().iter().find_map(|event| match event.kind {
        E::Packet(Flight { packet, .. }, PacketEvent::Received) => Some(packet),
        _ => None,
    })?;
    let flying = before.packets().into_iter().find(|packet| packet.id == id);
    let packet = flying.or_else(|| books.kept.get(&id))?;
    Some((packet.from, packet.cargo.clone()))
}

impl<'a> Step<'a> {
    pub fn was(&self, id: ServerId) -> &'a Server {
        self.before.server(id).expect("the server is there")
    }

    pub fn is(&self, id: ServerId) -> &'a Server {
        self.after.server(id).expect("the server is there")
    }

    /// Whether a packet was in flight before the step.
    pub fn flew(&self, id: PacketId) -> bool {
        self.before.packets().into_iter().any(|packet| packet.id == id)
    }

    /// Whether this has happened in the same step.
    pub fn happened(&self, kind: impl Fn(&E) -> bool) -> bool {
        self.after.events().iter().any(|event| kind(&event.kind))
    }

    /// For whom else a server has voted in a term.
    pub fn other_votes(&self, voter: ServerId, term: Term, than: ServerId) -> Vec<ServerId> {
        let votes = self.books.votes.get(&(voter, term)).into_iter().flatten();
        votes.copied().filter(|candidate| *candidate != than).collect()
    }
}

impl Books {
    /// Who has answered this leader since it looked for a quorum last.
    pub fn answered(&self, leader: ServerId) -> ServerSet {
        let since = self.looked.get(&leader).copied().unwrap_or_default();
        let fresh = self.answers.iter().filter(|((to, _), at)| *to == leader && **at > since);
        fresh.map(|((_, from), _)| *from).collect()
    }

    /// Notes what waits for sleepers after a step.
    pub fn keep(&mut self, after: &Cluster) {
        for server in after.servers() {
            // A leader that finds a quorum says nothing; its timer is set again.
            let due = server.timer(TimerKind::Quorum).map(|timer| timer.due);
            if due.is_some() && self.dues.insert(server.id, due) != Some(due) {
                self.looked.insert(server.id, after.now().micros());
            }
        }
        let waiting = after.servers().iter().flat_map(|server| &server.inbox);
        self.kept.extend(waiting.map(|packet| (packet.id, packet.clone())));
    }

    /// The books go on from what a snapshot has put into a server's map; whether that is right is for
    /// the checkers to say.
    fn begin_with(&mut self, after: &Cluster, server: ServerId) {
        let Some(own) = after.server(server) else { return };
        let stored = own.rsm.kv.iter();
        let map = stored.map(|(key, it)| (key.clone(), (it.value.to_string(), it.version.0)));
        self.maps.insert(server, map.collect());
    }

    /// Notes an event of a step that came to `after`.
    pub fn note(&mut self, after: &Cluster, event: &Event) {
        match &event.kind {
            E::Packet(Flight { packet, from, to, summary }, PacketEvent::Sent) => {
                self.sent.insert(*packet, self.restarts.clone());
                if let (Node::Server(from), Node::Server(to)) = (*from, *to) {
                    let vote = match summary.kind {
                        PacketKind::RequestVote => Some(from),
                        PacketKind::VoteGranted => Some(to),
                        _ => None,
                    };
                    self.votes.entry((from, summary.term)).or_default().extend(vote);
                }
            }
            E::Network(NetworkEvent::Duplicated { packet, copy }) => {
                let sent = self.sent.get(packet).cloned().unwrap_or_default();
                self.sent.insert(*copy, sent);
            }
            E::Packet(
                Flight { from, to: Node::Server(to), summary, .. },
                PacketEvent::Received,
            ) => {
                let answers = matches!(
                    summary.kind,
                    PacketKind::Appended { .. }
                        | PacketKind::AppendRefused { .. }
                        | PacketKind::ChunkReceived { .. }
                        | PacketKind::SnapshotInstalled { .. }
                );
                let append = matches!(
                    summary.kind,
                    PacketKind::Append { .. } | PacketKind::InstallSnapshot { .. }
                );
                let term = after.server(*to).map(|server| server.raft.term());
                if append && Some(summary.term) >= term {
                    self.heard.insert(*to, event.time.micros());
                }
                if let Node::Server(from) = from
                    && answers
                    && Some(summary.term) == term
                {
                    self.answers.insert((*to, *from), event.time.micros());
                }
            }
            E::Raft(_, RaftEvent::Departed { flaw: Flaw::HoldWaiters, .. }) => {
                self.holds_waiters = true
            }
            E::Raft(server, RaftEvent::BecameLeader { term, .. }) => {
                self.leaders.insert((*term, *server));
            }
            E::Raft(server, RaftEvent::Committed { first, last, current, .. }) => {
                let log = after.server(*server).map(|server| server.raft.log());
                for index in (first.0..=last.0).map(Index) {
                    let term = log.and_then(|log| log.term(index)).unwrap_or_default();
                    self.committed.entry((index, term)).or_insert(*current);
                }
            }
            E::Server(server, ServerEvent::Wiped) => drop(self.wiped.insert(*server)),
            E::Server(server, ServerEvent::Renewed) => {
                self.votes.retain(|(voter, _), _| voter != server);
            }
            E::Server(server, ServerEvent::Crashed { .. }) => drop(self.maps.remove(server)),
            E::Server(server, ServerEvent::Restarted { .. }) => {
                *self.restarts.entry(*server).or_default() += 1;
                self.begin_with(after, *server);
            }
            E::Raft(server, RaftEvent::SnapshotInstalled { .. }) => {
                self.begin_with(after, *server);
            }
            E::Server(_, ServerEvent::Submitted { index, term, op, client, .. }) => {
                self.submitted.insert((*index, *term, op.id), *client);
            }
            E::Server(_, ServerEvent::Registering { index, term, entry, client }) => {
                self.submitted.insert((*index, *term, entry.id), *client);
            }
            E::Server(server, ServerEvent::Applied { op, .. }) if event.flaws.is_empty() => {
                apply(self.maps.entry(*server).or_default(), &op.request);
            }
            // What the flaw did is in its map: the books go on from there.
            E::Server(server, ServerEvent::Applied { op, answer, .. }) => {
                let map = self.maps.entry(*server).or_default();
                let stored = after.server(*server).and_then(|one| one.rsm.kv.get(op.request.key()));
                if let (Request::Put { key, value, .. }, Some(stored)) = (&op.request, stored)
                    && *stored.value == **value
                {
                    map.insert(key.clone(), (value.to_string(), answer.version.0));
                }
            }
            _ => {}
        }
    }
}

/// What one copy of the service does, and answers: the outcome's word and the version.
pub fn apply(map: &mut Map, request: &Request) -> (&'static str, String, u64) {
    let found = map.get(request.key()).cloned();
    match (request, found) {
        (Request::Get { .. }, Some((value, version))) => ("ok", value, version),
        (Request::Get { .. }, None) => ("nokey", String::new(), 0),
        (Request::Put { key, value, version }, found) => {
            let now = found.as_ref().map_or(0, |(_, version)| *version);
            if version.0 == now {
                map.insert(key.clone(), (value.to_string(), now + 1));
                return ("ok", String::new(), now + 1);
            }
            (if found.is_some() { "version" } else { "nokey" }, String::new(), now)
        }
    }
}
