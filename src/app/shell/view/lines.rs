//! The lab's own traces, read back (docs/trace.md).
//!
//! The events are those of the run, with their causes. After each a server is what its `state` tells;
//! its log grows by `entries`, and what an operation was is known from where it was submitted.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use strum::VariantNames;

use super::{Reader, field, of_unknown};
use crate::cluster::Cause;
use crate::cluster::command::parse_line;
use crate::cluster::event::{
    ClientEvent, EventKind, LabEvent, NetworkEvent, PacketEvent, RaftEvent, ScriptEvent,
    ServerEvent,
};
use crate::cluster::flaw::Flaws;
use crate::cluster::network::{Flight, Loss, PacketKind};
use crate::cluster::observed::{Line, State, Tail, Telling, Trace};
use crate::cluster::raft::{Entry, Payload, Role};
use crate::cluster::server::Power;
use crate::cluster::time::{Span, Time};
use crate::cluster::types::{Index, Node, PacketId, SERVERS_MAX, ServerId, ServerSet, Term};

/// The newest form that is understood.
const VERSION: u64 = 1;

pub struct Lines {
    name: String,
    header: Option<Header>,
    trace: Trace,
    now: Time,
    /// Of each server who leads, and in which term, as far as it has heard; and who votes for it.
    heard: BTreeMap<ServerId, (Term, ServerId)>,
    votes: BTreeMap<ServerId, ServerSet>,
    states: BTreeMap<ServerId, State>,
    /// Entries by index and term.
    entries: BTreeMap<(Index, Term), Entry>,
    /// At which line each packet in flight was sent.
    flying: BTreeMap<PacketId, usize>,
    unknown: Option<(String, u32, usize)>,
    /// A snapshot was taken or installed.
    snapshot: Option<u32>,
    untold: u64,
}

#[derive(Deserialize)]
struct Header {
    version: u64,
    servers: Vec<ServerId>,
    clients: Vec<String>,
    /// What servers hold that don't begin empty.
    #[serde(default)]
    begin: Vec<Begin>,
}

#[derive(Deserialize)]
struct Begin {
    server: ServerId,
    term: Term,
    entries: Vec<Value>,
}

impl Lines {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            header: None,
            trace: Trace::default(),
            now: Time::START,
            heard: BTreeMap::new(),
            votes: BTreeMap::new(),
            states: BTreeMap::new(),
            entries: BTreeMap::new(),
            flying: BTreeMap::new(),
            unknown: None,
            snapshot: None,
            untold: 0,
        }
    }

    fn begin(&mut self, value: &Value) -> Result<(), String> {
        let header = Header::deserialize(value).map_err(|error| {
            format!("the first line says what the run is (docs/trace.md): {error}")
        })?;
        if header.version > VERSION {
            return Err(format!(
                "it is of version {}, and this raftlab reads {VERSION}: use a newer one",
                header.version
            ));
        }
        let count = header.servers.len();
        if count == 0 || count > usize::from(SERVERS_MAX) {
            return Err(format!("it is of {count} servers, and the lab shows 1 to {SERVERS_MAX}"));
        }
        self.trace.servers = count as u8;
        self.trace.clients.clone_from(&header.clients);
        for begin in &header.begin {
            let entries: Result<Vec<Entry>, String> =
                begin.entries.iter().map(|entry| self.entry(entry)).collect();
            let entries = entries?;
            let last = Index(entries.len() as u64);
            let plain = State { term: begin.term, last, ..State::default() };
            self.states.insert(begin.server, plain.clone());
            let log = Some(Tail { first: Index::ZERO.next(), entries });
            self.trace.start.push((begin.server, State { log, ..plain }));
        }
        self.header = Some(header);
        Ok(())
    }

    /// What happened, if it is something that is followed.
    fn kind(&self, name: &str, value: &Value) -> Result<Option<EventKind>, String> {
        let whom: Option<ServerId> = optional(value, "server")?;
        Ok(match whom {
            Some(server) if ServerEvent::VARIANTS.contains(&name) => {
                Some(EventKind::Server(server, read(value)?))
            }
            Some(server) if RaftEvent::VARIANTS.contains(&name) => {
                Some(EventKind::Raft(server, read(value)?))
            }
            _ if value.get("summary").is_some() && PacketEvent::VARIANTS.contains(&name) => {
                let flight: Flight = read(value)?;
                Some(EventKind::Packet(flight, read(value)?))
            }
            _ if NetworkEvent::VARIANTS.contains(&name) => Some(EventKind::Network(read(value)?)),
            _ if value.get("client").is_some() && ClientEvent::VARIANTS.contains(&name) => {
                let client = field(value, "client")?;
                Some(EventKind::Client(client, read(value)?))
            }
            _ => None,
        })
    }

    /// What a script or a person said and did, as a note.
    fn note(name: &str, value: &Value) -> Result<Option<EventKind>, String> {
        let text = match name {
            "said" | "noted" => field::<String>(value, "text")?,
            "remarked" | "failed" => field::<String>(value, "expected")?,
            _ => return Ok(None),
        };
        Ok(Some(EventKind::Script(ScriptEvent::Noted { text: text.into() })))
    }

    /// Of what is heard and counted no state tells.
    fn hear(&mut self, event: &EventKind, number: u32) {
        match event {
            EventKind::Packet(flight, PacketEvent::Received) => {
                let kind = flight.summary.kind;
                let leads =
                    matches!(kind, PacketKind::Append { .. } | PacketKind::InstallSnapshot { .. });
                if let (Node::Server(from), Node::Server(to), true) =
                    (flight.from, flight.to, leads)
                {
                    let known = self.heard.get(&to).map(|(term, _)| *term);
                    if known.is_none_or(|known| known <= flight.summary.term) {
                        self.heard.insert(to, (flight.summary.term, from));
                    }
                }
            }
            EventKind::Raft(
                id,
                RaftEvent::VoteCounted { votes, .. } | RaftEvent::PreVoteCounted { votes, .. },
            ) => {
                self.votes.insert(*id, *votes);
            }
            EventKind::Raft(id, RaftEvent::ElectionStarted { .. }) => {
                self.votes.insert(*id, ServerSet::only(*id));
            }
            EventKind::Raft(
                _,
                RaftEvent::SnapshotTaken { .. } | RaftEvent::SnapshotInstalled { .. },
            ) => {
                self.snapshot.get_or_insert(number);
            }
            _ => {}
        }
    }

    /// What a line's `state` and `entries` tell of a server.
    fn state(&mut self, id: ServerId, value: &Value, event: &EventKind) -> Result<State, String> {
        let told: Value = field(value, "state")?;
        let role: String = field(&told, "role")?;
        let before = self.states.get(&id).cloned().unwrap_or_default();
        let (power, role) = match role.as_str() {
            "down" => (Power::Down, Role::Follower),
            "asleep" => (Power::Asleep, before.role),
            _ => (Power::Up, field(&told, "role")?),
        };
        let term = field(&told, "term")?;
        let heard = self.heard.get(&id).copied().filter(|(of, _)| *of == term);
        let last: Index = field(&told, "last")?;
        let mut log = self.tail(value, event)?;
        // Of what no line tells, a snapshot's, the terms are known at the end alone.
        let known = log
            .as_ref()
            .map_or(before.last, |tail| Index(tail.first.0 + tail.entries.len() as u64 - 1));
        if last > known {
            let term: Term = field(&told, "last_term")?;
            let (tail, untold) = self.fill(log, known, last, term);
            self.untold += untold;
            log = Some(tail);
        }
        Ok(State {
            power,
            role,
            leader: heard.map(|(_, leader)| leader).filter(|_| role == Role::Follower),
            term,
            vote: optional(&told, "vote")?,
            votes: match role {
                Role::Follower => ServerSet::EMPTY,
                _ => self.votes.get(&id).copied().unwrap_or_default(),
            },
            commit: field(&told, "commit")?,
            last,
            log,
        })
    }

    /// Entries up to `last`, of which no line tells.
    fn fill(&self, log: Option<Tail>, known: Index, last: Index, term: Term) -> (Tail, u64) {
        let mut tail = log.unwrap_or(Tail { first: known.next(), entries: Vec::new() });
        let mut untold = 0;
        for index in (known.0 + 1..=last.0).map(Index) {
            let of_index = self.entries.range((index, Term::ZERO)..(index.next(), Term::ZERO));
            let known = of_index.map(|(_, entry)| entry).next_back();
            untold += u64::from(known.is_none());
            tail.entries.push(known.cloned().unwrap_or(Entry { term, payload: Payload::Untold }));
        }
        (tail, untold)
    }

    /// What a line brings into a log.
    fn tail(&mut self, value: &Value, event: &EventKind) -> Result<Option<Tail>, String> {
        match event {
            EventKind::Server(_, ServerEvent::Submitted { index, term, op, .. }) => {
                let entry = Entry::new(*term, op.clone());
                self.entries.insert((*index, *term), entry.clone());
                Ok(Some(Tail { first: *index, entries: vec![entry] }))
            }
            EventKind::Server(_, ServerEvent::Registering { index, term, entry, .. }) => {
                let entry = Entry { term: *term, payload: Payload::Register(entry.clone()) };
                self.entries.insert((*index, *term), entry.clone());
                Ok(Some(Tail { first: *index, entries: vec![entry] }))
            }
            EventKind::Raft(_, RaftEvent::NoopAppended { index, term }) => {
                let entry = Entry { term: *term, payload: Payload::Noop };
                self.entries.insert((*index, *term), entry.clone());
                Ok(Some(Tail { first: *index, entries: vec![entry] }))
            }
            EventKind::Raft(_, RaftEvent::Appended { first, .. }) => {
                let told: Vec<Value> = field(value, "entries")?;
                let entries: Result<Vec<Entry>, String> =
                    told.iter().map(|entry| self.entry(entry)).collect();
                Ok(Some(Tail { first: *first, entries: entries? }))
            }
            _ => Ok(None),
        }
    }

    fn entry(&self, told: &Value) -> Result<Entry, String> {
        let (index, term): (Index, Term) = (field(told, "index")?, field(told, "term")?);
        let operation: String = field(told, "operation")?;
        let known = self.entries.get(&(index, term)).cloned();
        let payload = if operation == "no-op" { Payload::Noop } else { Payload::Untold };
        Ok(known.unwrap_or(Entry { term, payload }))
    }

    /// A packet leaves, or has come to its end.
    fn follow(&mut self, event: &EventKind, time: Time) {
        let EventKind::Packet(flight, what) = event else { return };
        match what {
            PacketEvent::Sent => {
                self.flying.insert(flight.packet, self.trace.lines.len());
            }
            PacketEvent::Received | PacketEvent::Dropped { .. } => {
                let Some(place) = self.flying.remove(&flight.packet) else { return };
                let loss = match what {
                    PacketEvent::Received => Loss::Arrives,
                    _ => Loss::Lost,
                };
                if let Some(sent) = self.trace.lines.get_mut(place) {
                    sent.lands = Some((time.max(sent.time + Span(1)), loss));
                }
            }
            PacketEvent::Held | PacketEvent::Freed | PacketEvent::Delayed { .. } => {}
        }
    }
}

impl Reader for Lines {
    fn line(&mut self, number: u32, value: &Value) -> Result<(), String> {
        if self.header.is_none() {
            return self.begin(value);
        }
        let mut value = value.clone();
        self.number_clients(&mut value);
        let time: Time = field(&value, "time")?;
        if time < self.now {
            return Err(format!(
                "\"time\": {time} is before {}, that of the line before",
                self.now
            ));
        }
        self.now = time;
        let cause: Cause = field(&value, "cause")?;
        let flaws: Flaws = optional(&value, "flaws")?.unwrap_or_default();
        let name: String = field(&value, "event")?;
        let mut line =
            Line { time, cause, flaws, event: None, state: None, command: None, lands: None };
        if name == "commanded" {
            let text: String = field(&value, "command")?;
            line.command = parse_line(&text).ok().map(Rc::new);
        } else {
            line.event = match self.kind(&name, &value)? {
                Some(event) => Some(event),
                None => Self::note(&name, &value)?,
            };
        }
        match &line.event {
            None if line.command.is_none() => {
                // What a script does for the class, and what the checkers find anew.
                let left_out = [ScriptEvent::VARIANTS, LabEvent::VARIANTS].concat();
                if !left_out.contains(&name.as_str()) {
                    self.unknown.get_or_insert((name, number, 0)).2 += 1;
                }
                return Ok(());
            }
            None => {}
            Some(event) => {
                self.hear(event, number);
                self.follow(event, time);
                if let EventKind::Server(id, _) | EventKind::Raft(id, _) = event {
                    let state = self.state(*id, &value, event)?;
                    let plain = State { log: None, ..state.clone() };
                    if state.log.is_some() || self.states.get(id) != Some(&plain) {
                        line.state = Some((*id, Box::new(state), Telling::Event));
                    }
                    self.states.insert(*id, plain);
                }
                if let EventKind::Client(_, ClientEvent::ClientCreated) = event {
                    // All clients are there from the start.
                    return Ok(());
                }
            }
        }
        self.trace.lines.push(line);
        Ok(())
    }

    fn end(self: Box<Self>) -> Result<(Trace, Vec<String>), String> {
        let mut remarks = Vec::new();
        remarks.extend(self.unknown.as_ref().map(of_unknown));
        if self.untold > 0 {
            remarks.push(format!("what {} entries are follows from no line", self.untold));
        }
        let unjudged = self
            .snapshot
            .map(|line| format!("what the snapshot of line {line} holds stands in no line").into());
        let name: Arc<str> = self.name.into();
        Ok((Trace { name, unjudged, service: true, ..self.trace }, remarks))
    }
}

impl Lines {
    /// Clients by their numbers, as events have them; one that comes later gets the next.
    fn number_clients(&mut self, value: &mut Value) {
        let Some(object) = value.as_object_mut() else { return };
        let is_flight = object.contains_key("packet") && object.contains_key("summary");
        let is_report = object.get("event").is_some_and(|name| name == "loss_reported");
        let clients = &mut self.trace.clients;
        let mut number = |name: &str| {
            let place = clients.iter().position(|known| known == name).unwrap_or_else(|| {
                clients.push(name.to_owned());
                clients.len() - 1
            });
            json!(place)
        };
        if let Some(name) = object.get("client").and_then(Value::as_str).map(str::to_owned) {
            object.insert("client".to_owned(), number(&name));
        }
        let ends: &[&str] = match (is_flight, is_report) {
            (true, _) => &["from", "to"],
            (_, true) => &["to", "about"],
            _ => &[],
        };
        for end in ends {
            let Some(name) = object.get(*end).and_then(Value::as_str).map(str::to_owned) else {
                continue;
            };
            let node = match ServerId::try_from(name.clone()) {
                Ok(server) => json!({ "Server": server }),
                Err(_) => json!({ "Client": number(&name) }),
            };
            object.insert((*end).to_owned(), node);
        }
        if let Some(cause) = object.get_mut("cause")
            && cause.get("by").is_some_and(|by| by == "client_timer")
            && let Some(name) = cause.get("which").and_then(Value::as_str).map(str::to_owned)
        {
            cause["which"] = number(&name);
        }
    }
}

/// A value of its object.
fn read<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    T::deserialize(value).map_err(|error| error.to_string())
}

fn optional<T: DeserializeOwned>(value: &Value, name: &str) -> Result<Option<T>, String> {
    match value.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(_) => field(value, name).map(Some),
    }
}
