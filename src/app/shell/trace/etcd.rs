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
    Event, EventKind, NetworkEvent, PacketEvent, RaftEvent, ServerEvent, StepDown,
};
use crate::cluster::network::Flight;
use crate::cluster::raft::{AppendResult, Message, Role};
use crate::cluster::server::Server;
use crate::cluster::time::Span;
use crate::cluster::types::{Index, Node, PacketId, ServerId, Term};

pub struct Etcd {
    states: States,
    servers: u64,
    /// What is told of each packet in flight.
    messages: BTreeMap<PacketId, Told>,
    /// What etcd keeps beside the lab, by server.
    kept: Vec<Kept>,
    now: u64,
}

/// What a server of etcd has, and one of the lab has not.
#[derive(Clone, Copy, Default)]
struct Kept {
    /// The commit index on its disk; the lab's is volatile (Figure 2).
    commit: Index,
    /// With which it was started again: until it has learnt more, it knows as much.
    known: Index,
    /// The commit index when the append arrived that is answered now, and what that append said of it.
    before: Index,
    offered: Index,
    /// Something was told since it was last ready.
    unready: bool,
}

/// A message as the trace tells it.
#[derive(Clone, Default)]
struct Told {
    name: &'static str,
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
        let kept = vec![Kept::default(); cluster.servers().len()];
        let servers = kept.len() as u64;
        Self { states: States::new(cluster), servers, messages: BTreeMap::new(), kept, now: 0 }
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

    /// What a server knows to be committed.
    fn commit(&self, id: ServerId) -> Index {
        let state = self.states.get(id).map_or(Index::ZERO, |state| state.commit);
        state.max(self.kept[id.index()].known)
    }

    fn line(
        &mut self,
        name: &str,
        id: ServerId,
        message: Option<Value>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let commit = self.commit(id);
        let Some(state) = self.states.get(id) else { return Ok(()) };
        let kept = &mut self.kept[id.index()];
        kept.unready = name != "Ready";
        if !kept.unready {
            kept.commit = commit;
        }
        let mut event = json!({
            "name": name,
            "nid": id.number().to_string(),
            "state": {
                "term": Self::term(state.term),
                "vote": state.vote.map_or("0".to_owned(), |vote| vote.number().to_string()),
                "commit": self.index(commit),
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
        self.write(&begun("Ready", 1, all.len(), self.servers), out)
    }

    fn event(&mut self, cluster: &Cluster, event: &Event, out: &mut dyn Write) -> io::Result<()> {
        self.now = event.time.micros();
        match &event.kind {
            EventKind::Packet(flight, what) => self.packet(cluster, flight, what, out),
            EventKind::Network(NetworkEvent::Duplicated { packet, copy }) => {
                if let Some(told) = self.messages.get(packet).cloned() {
                    self.messages.insert(*copy, told);
                }
                Ok(())
            }
            EventKind::Raft(id, raft) => {
                let before = self.states.get(*id).cloned();
                self.states.see(event);
                self.raft(*id, raft, before.as_ref(), out)
            }
            EventKind::Server(id, server) => {
                if let ServerEvent::Submitted { .. } | ServerEvent::Registering { .. } = server {
                    // As etcd tells it, before the entry is in the log.
                    self.line("Replicate", *id, None, out)?;
                }
                self.states.see(event);
                match server {
                    ServerEvent::Submitted { index, .. }
                    | ServerEvent::Registering { index, .. } => {
                        self.tell_itself(*id, "AppendEntries", "MsgAppResp", *index, out)
                    }
                    ServerEvent::Restarted { .. } => {
                        let kept = &mut self.kept[id.index()];
                        kept.known = kept.commit;
                        self.line("InitState", *id, None, out)
                    }
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
        &mut self,
        id: ServerId,
        event: &RaftEvent,
        before: Option<&State>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        match event {
            RaftEvent::ElectionStarted { .. } => {
                self.line("BecomeCandidate", id, None, out)?;
                self.tell_itself(id, "RequestVote", "MsgVoteResp", Index::ZERO, out)
            }
            RaftEvent::BecameLeader { .. } => self.line("BecomeLeader", id, None, out),
            RaftEvent::TermAdopted { .. } => self.line("BecomeFollower", id, None, out),
            // Who adopts a term says so by that.
            RaftEvent::SteppedDown { why: StepDown::NewerTerm { .. }, .. } => Ok(()),
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
    fn tell_itself(
        &mut self,
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
        let (way, at, told) = match what {
            PacketEvent::Sent => {
                let packets = cluster.packets();
                let packet = packets.iter().find(|packet| packet.id == flight.packet);
                let message = packet.and_then(|packet| packet.cargo.raft());
                let Some(told) = message.and_then(|message| self.told(from, message)) else {
                    return Ok(());
                };
                if told.kind == "MsgAppResp" && !told.reject {
                    // A leader that was started again has said what it knew before, so whoever agrees
                    // with it knows as much.
                    let kept = &mut self.kept[from.index()];
                    kept.known = kept.known.max(kept.offered);
                }
                self.messages.insert(flight.packet, told.clone());
                ("Send", from, told)
            }
            PacketEvent::Received => {
                let Some(told) = self.messages.remove(&flight.packet) else { return Ok(()) };
                let before = self.commit(to);
                let kept = &mut self.kept[to.index()];
                kept.before = before;
                if told.kind == "MsgApp" {
                    kept.offered = told.commit;
                }
                ("Receive", to, told)
            }
            PacketEvent::Dropped { .. } => {
                self.messages.remove(&flight.packet);
                return Ok(());
            }
            PacketEvent::Held | PacketEvent::Freed | PacketEvent::Delayed { .. } => return Ok(()),
        };
        let message = self.message(from, to, &told);
        self.line(&format!("{way}{}", told.name), at, Some(message), out)?;
        if way == "Send" { self.line("Ready", at, None, out) } else { Ok(()) }
    }

    /// What is told of a message; pre-votes, handovers, reads and snapshots are not traced there,
    /// and what a guest says in its own form can't be told in that of etcd.
    fn told(&self, from: ServerId, message: &Message) -> Option<Told> {
        let none = Told::default();
        Some(match message {
            Message::RequestVote { term, last, .. } => Told {
                name: "RequestVoteRequest",
                kind: "MsgVote",
                term: *term,
                log_term: last.term,
                index: last.index,
                ..none
            },
            Message::VoteReply { term, granted, .. } => Told {
                name: "RequestVoteResponse",
                kind: "MsgVoteResp",
                term: *term,
                reject: !granted,
                ..none
            },
            // A leader of etcd promises no more than what the receiver has afterwards; the paper's
            // sends its commit index, and the receiver takes the lesser (§5.3).
            Message::Append { term, prev, entries, commit, .. } => Told {
                name: "AppendEntriesRequest",
                kind: "MsgApp",
                term: *term,
                log_term: prev.term,
                index: prev.index,
                entries: entries.len(),
                commit: (*commit)
                    .max(self.kept[from.index()].known)
                    .min(Index(prev.index.0 + entries.len() as u64)),
                ..none
            },
            Message::AppendReply { term, prev, result, .. } => {
                let before = self.kept[from.index()].before;
                let (index, reject, hint) = match result {
                    // What is committed matches: etcd answers no less.
                    AppendResult::Matched(matched) if *prev >= before => {
                        (*matched, false, Index::ZERO)
                    }
                    AppendResult::Matched(_) => (before, false, Index::ZERO),
                    AppendResult::Refused { last, .. } => (*prev, true, *last),
                    AppendResult::Hinted { at, .. } => (*prev, true, at.index),
                };
                let (name, kind) = ("AppendEntriesResponse", "MsgAppResp");
                Told { name, kind, term: *term, index, reject, hint, ..none }
            }
            Message::PreVote { .. }
            | Message::PreVoteReply { .. }
            | Message::TimeoutNow { .. }
            | Message::ReadIndex { .. }
            | Message::ReadIndexReply { .. }
            | Message::InstallSnapshot { .. }
            | Message::InstallReply { .. }
            | Message::Foreign { .. } => return None,
        })
    }
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
    fn cant_tell(&self, cluster: &Cluster) -> Option<&'static str> {
        if !cluster.config().given.is_empty() {
            return Some(
                "etcd's form can't tell what servers hold before the run begins (`given`): there all \
                 begin with nothing but who belongs to the cluster",
            );
        }
        let servers = cluster.servers();
        let as_begun = |server: &Server| server.raft.configuration().is_all(servers.len());
        (!servers.iter().all(as_begun)).then_some(
            "etcd's form is written for clusters whose members stay as they are: here they change, \
             or some learn",
        )
    }

    /// A specification refuses a server that has lost an entry when that server speaks next: by then a
    /// leader has asked everyone.
    fn goes_on(&self) -> Span {
        Span::from_secs(1)
    }

    fn begin(&mut self, _: &str, cluster: &Cluster, out: &mut dyn Write) -> io::Result<()> {
        cluster.ids().try_for_each(|id| self.bootstrap(id, out))
    }

    fn add(&mut self, cluster: &Cluster, out: &mut dyn Write) -> io::Result<()> {
        self.kept.resize(cluster.servers().len(), Kept::default());
        for event in cluster.events() {
            self.event(cluster, event, out)?;
        }
        self.states.settle(cluster);
        // What a step has brought is on its disk.
        for id in cluster.config().server_ids() {
            if self.kept[id.index()].unready {
                self.line("Ready", id, None, out)?;
            }
        }
        Ok(())
    }

    fn end(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}
