//! What each server is at each event: a step has several events, and the cluster shows what it is when
//! all of them have happened.

use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::cluster::event::{Event, EventKind, RaftEvent, ServerEvent};
use crate::cluster::raft::Role;
use crate::cluster::server::{Power, Server};
use crate::cluster::types::{Index, ServerId, Term};

/// A server, as far as events tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub power: Power,
    pub role: Role,
    pub term: Term,
    pub vote: Option<ServerId>,
    pub commit: Index,
    /// The index of the last entry of its log.
    pub last: Index,
}

impl State {
    /// What a server is now.
    pub fn of(server: &Server) -> Self {
        let raft = &server.raft;
        Self {
            power: server.power,
            role: raft.role(),
            term: raft.term(),
            vote: raft.voted_for(),
            commit: raft.commit(),
            last: raft.log().last_index(),
        }
    }

    /// As a line tells it: the term of the last entry is looked up.
    pub fn json(&self, server: &Server) -> Value {
        let role = match self.power {
            Power::Up => json!(self.role),
            Power::Down => json!("down"),
            Power::Asleep => json!("asleep"),
        };
        json!({
            "role": role,
            "term": self.term,
            "vote": self.vote,
            "commit": self.commit,
            "last": self.last,
            "last_term": server.raft.log().term(self.last).unwrap_or_default(),
        })
    }
}

/// All servers.
pub struct States {
    servers: Vec<State>,
}

impl States {
    pub fn new(cluster: &Cluster) -> Self {
        Self { servers: cluster.servers().iter().map(State::of).collect() }
    }

    pub fn get(&self, id: ServerId) -> Option<&State> {
        self.servers.get(id.index())
    }

    /// A step is over: what no event tells (a flaw can do that) is taken from the cluster.
    pub fn settle(&mut self, cluster: &Cluster) {
        self.servers = cluster.servers().iter().map(State::of).collect();
    }

    /// What an event changes.
    pub fn see(&mut self, event: &Event) {
        match &event.kind {
            EventKind::Server(id, event) => {
                if let Some(state) = self.servers.get_mut(id.index()) {
                    of_server(state, event);
                }
            }
            EventKind::Raft(id, event) => {
                if let Some(state) = self.servers.get_mut(id.index()) {
                    of_raft(*id, state, event);
                }
            }
            EventKind::Packet(..)
            | EventKind::Network(_)
            | EventKind::Client(..)
            | EventKind::Script(_)
            | EventKind::Lab(_) => {}
        }
    }
}

fn of_server(state: &mut State, event: &ServerEvent) {
    match event {
        ServerEvent::Crashed { .. } => state.power = Power::Down,
        ServerEvent::FellAsleep => state.power = Power::Asleep,
        ServerEvent::Woke { .. } => state.power = Power::Up,
        ServerEvent::Restarted { term, vote, base, last } => {
            *state = State {
                power: Power::Up,
                role: Role::Follower,
                term: *term,
                vote: *vote,
                commit: *base,
                last: last.index,
            };
        }
        ServerEvent::Submitted { index, .. } | ServerEvent::Registering { index, .. } => {
            state.last = *index
        }
        _ => {}
    }
}

fn of_raft(id: ServerId, state: &mut State, event: &RaftEvent) {
    match *event {
        RaftEvent::SnapshotInstalled { last, end, .. } => {
            (state.commit, state.last) = (last.index, end);
        }
        RaftEvent::PreVoteStarted { .. } => state.role = Role::PreCandidate,
        RaftEvent::ElectionStarted { term, .. } => {
            (state.role, state.term, state.vote) = (Role::Candidate, term, Some(id));
        }
        RaftEvent::TermAdopted { to, .. } => {
            (state.role, state.term, state.vote) = (Role::Follower, to, None);
        }
        RaftEvent::VoteGranted { candidate, .. } => state.vote = Some(candidate),
        RaftEvent::BecameLeader { .. } => state.role = Role::Leader,
        RaftEvent::SteppedDown { .. } => state.role = Role::Follower,
        RaftEvent::Appended { last, .. } => state.last = state.last.max(last),
        RaftEvent::Truncated { first, .. } => state.last = first.previous(),
        RaftEvent::Committed { last, .. } | RaftEvent::LearnedCommit { last, .. } => {
            state.commit = last;
        }
        _ => {}
    }
}
