//! The state traces of etcd's Raft: the lines that a build with the tag `with_tla` writes, which the
//! TLA+ specification Traceetcdraft.tla reads.
//!
//! There a cluster begins in term 1, with one entry for each server in every log, which says who
//! belongs to it. The lab's begins in term 0 with empty logs. So every term is told one higher, and
//! every index as much higher as there are servers. What etcd's leader says to itself (its own vote,
//! its own log) is told too, for the specification asks for it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::Format;
use super::state::{State, States};
use crate::cluster::Cluster;
use crate::cluster::event::{
    Event, EventKind, Flight, NetworkEvent, PacketEvent, RaftEvent, ServerEvent,
};
use crate::cluster::raft::{AppendResult, Message, Position, Role};
use crate::cluster::types::{Index, Node, PacketId, ServerId, Term};

pub struct Etcd {
    states: States,
    servers: u64,
    /// The message of each packet in flight.
    messages: BTreeMap<PacketId, Message>,
    now: u64,
}

/// A message as the trace tells it.
#[derive(Default)]
struct Told {
    kind: &'static str,
    term: Term,
    log_term: Term,
    index: Index,
    entries: usize,
    commit: Index,
    reject: bool,
    hint: Index,
}

impl Etcd {
    pub fn new(cluster: &Cluster) -> Self {
        let servers = cluster.servers().len() as u64;
        Self { states: States::new(cluster), servers, messages: BTreeMap::new(), now: 0 }
    }

    fn conf(&self) -> Vec<String> {
        (1..=self.servers).map(|number| number.to_string()).collect()
    }

    const fn term(term: Term) -> u64 {
        term.0 + 1
    }

    const fn index(&self, index: Index) -> u64 {
        index.0 + self.servers
    }

    /// The term of the entry before the lab's first is that of etcd's own entries.
    fn message(&self, from: ServerId, to: ServerId, told: &Told) -> Value {
        json!({
            "type": told.kind,
            "term": Self::term(told.term),
            "from": from.number().to_string(),
            "to": to.number().to_string(),
            "entries": told.entries,
            "logTerm": Self::term(told.log_term),
            "index": self.index(told.index),
            "commit": self.index(told.commit),
            "vote": "0",
            "reject": told.reject,
            "rejectHint": self.index(told.hint),
        })
    }

    fn line(
        &self,
        name: &str,
        id: ServerId,
        message: Option<Value>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let Some(state) = self.states.get(id) else { return Ok(()) };
        let mut event = json!({
            "name": name,
            "nid": id.number().to_string(),
            "state": {
                "term": Self::term(state.term),
                "vote": state.vote.map_or("0".to_owned(), |vote| vote.number().to_string()),
                "commit": self.index(state.commit),
            },
            "role": role(state),
            "log": self.index(state.last),
            "conf": [self.conf(), Vec::<String>::new()],
        });
        if let Some(message) = message {
            event["msg"] = message;
        }
        self.write(&event, out)
    }

    fn write(&self, event: &Value, out: &mut dyn Write) -> io::Result<()> {
        let ts = self.now as f64 / 1_000_000.0;
        let line =
            json!({ "level": "debug", "ts": ts, "msg": "trace", "tag": "trace", "event": event });
        writeln!(out, "{line}")
    }

    /// How a server of etcd begins: it learns who belongs to the cluster.
    fn bootstrap(&self, id: ServerId, out: &mut dyn Write) -> io::Result<()> {
        let nid = id.number().to_string();
        let all = self.conf();
        let begun = |name: &str, term: u64, known: usize, entries: u64| {
            json!({
                "name": name, "nid": nid,
                "state": { "term": term, "vote": "0", "commit": entries },
                "role": "StateFollower", "log": entries,
                "conf": [&all[..known], Vec::<String>::new()],
            })
        };
        self.write(&begun("InitState", 0, 0, 0), out)?;
        self.write(&begun("BecomeFollower", 0, 0, 0), out)?;
        self.write(&begun("BecomeFollower", 1, 0, 0), out)?;
        for known in 1..=all.len() {
            let mut event = begun("ApplyConfChange", 1, known - 1, self.servers);
            event["prop"] = json!({ "cc": { "newconf": &all[..known] } });
            self.write(&event, out)?;
        }
        self.write(&begun("Bootstrap", 1, all.len(), self.servers), out)?;
        self.write(&begun("Ready", 1, all.len(), self.servers), out)
    }

    fn event(&mut self, cluster: &Cluster, event: &Event, out: &mut dyn Write) -> io::Result<()> {
        self.now = event.time.micros();
        match &event.kind {
            EventKind::Packet(flight, what) => self.packet(cluster, flight, what, out),
            EventKind::Network(NetworkEvent::Duplicated { packet, copy }) => {
                if let Some(message) = self.messages.get(packet).cloned() {
                    self.messages.insert(*copy, message);
                }
                Ok(())
            }
            EventKind::Raft(id, raft) => {
                let before = self.states.get(*id).cloned();
                self.states.see(event);
                self.raft(*id, raft, before.as_ref(), out)
            }
            EventKind::Server(id, server) => {
                if let ServerEvent::Submitted { .. } = server {
                    // As etcd tells it, before the entry is in the log.
                    self.line("Replicate", *id, None, out)?;
                }
                self.states.see(event);
                match server {
                    ServerEvent::Submitted { index, .. } => {
                        self.to_itself(*id, "AppendEntries", "MsgAppResp", *index, out)
                    }
                    ServerEvent::Restarted { .. } => self.line("InitState", *id, None, out),
                    _ => Ok(()),
                }
            }
            EventKind::Network(NetworkEvent::LossReported { .. })
            | EventKind::Client(..)
            | EventKind::Script(_)
            | EventKind::Lab(_) => Ok(()),
        }
    }

    fn raft(
        &self,
        id: ServerId,
        event: &RaftEvent,
        before: Option<&State>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        match event {
            RaftEvent::ElectionStarted { .. } => {
                self.line("BecomeCandidate", id, None, out)?;
                self.to_itself(id, "RequestVote", "MsgVoteResp", Index::ZERO, out)
            }
            RaftEvent::BecameLeader { .. } => self.line("BecomeLeader", id, None, out),
            RaftEvent::TermAdopted { .. } => self.line("BecomeFollower", id, None, out),
            // Who has adopted a term has said so.
            RaftEvent::SteppedDown { .. }
                if before.is_some_and(|before| before.role != Role::Follower) =>
            {
                self.line("BecomeFollower", id, None, out)
            }
            RaftEvent::Committed { .. } => self.line("Commit", id, None, out),
            _ => Ok(()),
        }
    }

    /// What a server answers itself: sent, made ready, received.
    fn to_itself(
        &self,
        id: ServerId,
        what: &str,
        kind: &'static str,
        index: Index,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let term = self.states.get(id).map_or(Term::ZERO, |state| state.term);
        let told = Told { kind, term, index, ..Told::default() };
        let message = self.message(id, id, &told);
        self.line(&format!("Send{what}Response"), id, Some(message.clone()), out)?;
        self.line("Ready", id, None, out)?;
        self.line(&format!("Receive{what}Response"), id, Some(message), out)
    }

    fn packet(
        &mut self,
        cluster: &Cluster,
        flight: &Flight,
        what: &PacketEvent,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let (Node::Server(from), Node::Server(to)) = (flight.from, flight.to) else {
            return Ok(());
        };
        let (way, at, message) = match what {
            PacketEvent::Sent => {
                let packets = cluster.packets();
                let packet = packets.iter().find(|packet| packet.id == flight.packet);
                let Some(message) = packet.and_then(|packet| packet.cargo.raft()).cloned() else {
                    return Ok(());
                };
                self.messages.insert(flight.packet, message.clone());
                ("Send", from, message)
            }
            PacketEvent::Received => match self.messages.remove(&flight.packet) {
                Some(message) => ("Receive", to, message),
                None => return Ok(()),
            },
            PacketEvent::Dropped { .. } => {
                self.messages.remove(&flight.packet);
                return Ok(());
            }
            PacketEvent::Held | PacketEvent::Freed | PacketEvent::Delayed { .. } => return Ok(()),
        };
        let Some((name, told)) = told(&message) else { return Ok(()) };
        let message = self.message(from, to, &told);
        self.line(&format!("{way}{name}"), at, Some(message), out)?;
        if way == "Send" { self.line("Ready", at, None, out) } else { Ok(()) }
    }
}

/// What a message is called there, and what it says; pre-votes, handovers, reads and snapshots are not
/// traced there.
fn told(message: &Message) -> Option<(&'static str, Told)> {
    let at = |position: &Position| (position.term, position.index);
    Some(match message {
        // What a guest says in its own form can't be told in that of etcd.
        Message::PreVote { .. }
        | Message::PreVoteReply { .. }
        | Message::TimeoutNow { .. }
        | Message::ReadIndex { .. }
        | Message::ReadIndexReply { .. }
        | Message::InstallSnapshot { .. }
        | Message::InstallReply { .. }
        | Message::Foreign { .. } => {
            return None;
        }
        Message::RequestVote { term, last, .. } => {
            let (log_term, index) = at(last);
            (
                "RequestVoteRequest",
                Told { kind: "MsgVote", term: *term, log_term, index, ..Told::default() },
            )
        }
        Message::VoteReply { term, granted, .. } => (
            "RequestVoteResponse",
            Told { kind: "MsgVoteResp", term: *term, reject: !granted, ..Told::default() },
        ),
        Message::Append { term, prev, entries, commit, .. } => {
            let (log_term, index) = at(prev);
            let (entries, commit) = (entries.len(), *commit);
            let told = Told {
                kind: "MsgApp",
                term: *term,
                log_term,
                index,
                entries,
                commit,
                ..Told::default()
            };
            ("AppendEntriesRequest", told)
        }
        Message::AppendReply { term, prev, result, .. } => {
            let (index, reject, hint) = match result {
                AppendResult::Matched(matched) => (*matched, false, Index::ZERO),
                AppendResult::Refused { last, .. } => (*prev, true, *last),
            };
            let told =
                Told { kind: "MsgAppResp", term: *term, index, reject, hint, ..Told::default() };
            ("AppendEntriesResponse", told)
        }
    })
}

const fn role(state: &State) -> &'static str {
    match state.role {
        Role::Follower => "StateFollower",
        Role::PreCandidate => "StatePreCandidate",
        Role::Candidate => "StateCandidate",
        Role::Leader => "StateLeader",
    }
}

impl Format for Etcd {
    fn begin(&mut self, _: &str, cluster: &Cluster, out: &mut dyn Write) -> io::Result<()> {
        cluster.config().server_ids().try_for_each(|id| self.bootstrap(id, out))
    }

    fn add(&mut self, cluster: &Cluster, out: &mut dyn Write) -> io::Result<()> {
        for event in cluster.events() {
            self.event(cluster, event, out)?;
        }
        self.states.settle(cluster);
        Ok(())
    }

    fn end(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}
