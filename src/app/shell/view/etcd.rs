//! The state traces of etcd's Raft (built with the tag `with_tla`), read back.
//!
//! A line tells what a server is, and a message that it sends or has received. What stands in logs is
//! told by no line: it follows, as far as it does. A leader's log grows by entries of its term; a
//! follower's gets what its leader's log had at the indexes of an append that it has taken.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;

use super::{Reader, field, of_lines, of_unknown};
use crate::cluster::Cause;
use crate::cluster::event::{EventKind, PacketEvent, ServerEvent};
use crate::cluster::flaw::Flaws;
use crate::cluster::network::{Flight, Loss, PacketKind, Summary};
use crate::cluster::observed::{Line, State, Tail, Telling, Trace};
use crate::cluster::raft::{Entry, Foreign, Payload, Position, Role};
use crate::cluster::server::Power;
use crate::cluster::time::{Span, Time};
use crate::cluster::types::{Index, Node, PacketId, SERVERS_MAX, ServerId, ServerSet, Term};

/// The names of its events.
const NAMES: [&str; 20] = [
    "InitState",
    "BecomeCandidate",
    "BecomeFollower",
    "BecomeLeader",
    "Commit",
    "Replicate",
    "ChangeConf",
    "ApplyConfChange",
    "Ready",
    "Bootstrap",
    "SendAppendEntriesRequest",
    "ReceiveAppendEntriesRequest",
    "SendAppendEntriesResponse",
    "ReceiveAppendEntriesResponse",
    "SendRequestVoteRequest",
    "ReceiveRequestVoteRequest",
    "SendRequestVoteResponse",
    "ReceiveRequestVoteResponse",
    "SendSnapshot",
    "ReceiveSnapshot",
];
/// With these a server begins.
const FIRST: [&str; 3] = ["InitState", "BecomeFollower", "ApplyConfChange"];

/// Whether a line is one of these traces.
pub fn is_line(value: &Value) -> bool {
    value.get("event").is_some_and(|event| event.get("nid").is_some())
}

pub struct Etcd {
    name: String,
    told: Vec<Told>,
    /// Lines of other programs, and lines with an unknown name: how many, and the first.
    others: usize,
    unknown: Option<(String, u32, usize)>,
    /// The time of the first line.
    zero: Option<f64>,
    now: u64,
}

/// A line as it stands there.
struct Told {
    number: u32,
    time: u64,
    name: &'static str,
    id: String,
    term: u64,
    vote: String,
    commit: u64,
    role: Role,
    log: u64,
    conf: [Vec<String>; 2],
    newconf: Option<Vec<String>>,
    message: Option<Message>,
}

/// A message as a line tells it: two lines that tell the same are of one message.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Message {
    kind: &'static str,
    from: String,
    to: String,
    term: u64,
    entries: u64,
    log_term: u64,
    index: u64,
    commit: u64,
    reject: bool,
    hint: u64,
}

impl Etcd {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            told: Vec::new(),
            others: 0,
            unknown: None,
            zero: None,
            now: 0,
        }
    }

    /// Lab time: what has passed since the first line; a millisecond a line where that is not told.
    fn time(&mut self, value: &Value) -> u64 {
        let at = value.get("ts").and_then(Value::as_f64);
        let time = match (at, self.zero) {
            (Some(at), None) => {
                self.zero = Some(at);
                0
            }
            // Servers may write in another order than their clocks say.
            (Some(at), Some(zero)) => ((at - zero) * 1e6).clamp(0.0, 1e15).round() as u64,
            (None, _) => self.now + 1_000,
        };
        self.now = self.now.max(time);
        self.now
    }
}

const KINDS: [&str; 7] = [
    "MsgApp",
    "MsgAppResp",
    "MsgVote",
    "MsgVoteResp",
    "MsgHeartbeat",
    "MsgHeartbeatResp",
    "MsgSnap",
];

fn message(value: &Value) -> Result<Message, String> {
    let kind: String = field(value, "type")?;
    let Some(kind) = KINDS.into_iter().find(|known| *known == kind) else {
        return Err(format!("{kind:?} is no message of these traces: {}", KINDS.join(", ")));
    };
    Ok(Message {
        kind,
        from: field(value, "from")?,
        to: field(value, "to")?,
        term: field(value, "term")?,
        entries: field(value, "entries")?,
        log_term: field(value, "logTerm")?,
        index: field(value, "index")?,
        commit: field(value, "commit")?,
        reject: field(value, "reject")?,
        hint: field(value, "rejectHint")?,
    })
}

impl Reader for Etcd {
    fn line(&mut self, number: u32, value: &Value) -> Result<(), String> {
        if !is_line(value) {
            self.others += 1;
            return Ok(());
        }
        let event = &value["event"];
        let name: String = field(event, "name")?;
        let Some(name) = NAMES.into_iter().find(|known| *known == name) else {
            self.unknown.get_or_insert((name, number, 0)).2 += 1;
            return Ok(());
        };
        let state: Value = field(event, "state")?;
        let role: String = field(event, "role")?;
        let role = match role.as_str() {
            "StateFollower" => Role::Follower,
            "StatePreCandidate" => Role::PreCandidate,
            "StateCandidate" => Role::Candidate,
            "StateLeader" => Role::Leader,
            _ => {
                return Err(format!(
                    "\"role\": {role:?} is none of StateFollower, StatePreCandidate, \
                     StateCandidate, StateLeader"
                ));
            }
        };
        let time = self.time(value);
        let newconf =
            event.pointer("/prop/cc/newconf").map(|_| field(&event["prop"]["cc"], "newconf"));
        self.told.push(Told {
            number,
            time,
            name,
            id: field(event, "nid")?,
            term: field(&state, "term")?,
            vote: field(&state, "vote")?,
            commit: field(&state, "commit")?,
            role,
            log: field(event, "log")?,
            conf: field(event, "conf")?,
            newconf: newconf.transpose()?,
            message: event.get("msg").map(message).transpose()?,
        });
        Ok(())
    }

    fn end(self: Box<Self>) -> Result<(Trace, Vec<String>), String> {
        let mut remarks = Vec::new();
        if self.others > 0 {
            let other = "of something else and left out";
            let (one, many) = (format!("is {other}"), format!("are {other}"));
            remarks.push(of_lines(self.others, &one, &many));
        }
        remarks.extend(self.unknown.as_ref().map(of_unknown));
        let mut builder = Builder::new(&self.told)?;
        self.told.iter().for_each(|told| builder.line(told));
        let (trace, more) = builder.end(self.name.into());
        remarks.extend(more);
        Ok((trace, remarks))
    }
}

/// Makes the trace of the lines.
struct Builder {
    ids: Vec<String>,
    nodes: Vec<Server>,
    flying: BTreeMap<Message, VecDeque<Flying>>,
    packets: u64,
    lines: Vec<Line>,
    start: Vec<(ServerId, State)>,
    /// How many entries there are whose term follows from nothing.
    guessed: u64,
    unjudged: Option<String>,
}

/// A message in flight: at which of the lines it was sent, and the terms of its entries.
struct Flying {
    line: usize,
    packet: PacketId,
    terms: Vec<u64>,
}

/// What is known of a server.
#[derive(Default)]
struct Server {
    /// All of its first lines are read.
    begun: bool,
    /// The term of each entry.
    log: Vec<u64>,
    state: State,
    leader: Option<(u64, ServerId)>,
    votes: (u64, ServerSet),
    /// The append that it is to answer, and the terms of its entries.
    append: Option<(Message, Vec<u64>)>,
}

impl Builder {
    fn new(told: &[Told]) -> Result<Self, String> {
        let mut names = BTreeSet::new();
        for line in told {
            names.insert(line.id.clone());
            names.extend(line.conf.iter().flatten().cloned());
        }
        if names.len() > usize::from(SERVERS_MAX) {
            return Err(format!(
                "it is of {} servers, and the lab shows at most {SERVERS_MAX}",
                names.len()
            ));
        }
        let mut ids: Vec<String> = names.into_iter().collect();
        ids.sort_by_key(|id| (id.len(), id.clone()));
        let nodes = ids.iter().map(|_| Server::default()).collect();
        Ok(Self {
            ids,
            nodes,
            flying: BTreeMap::new(),
            packets: 0,
            lines: Vec::new(),
            start: Vec::new(),
            guessed: 0,
            unjudged: None,
        })
    }

    fn server(&self, id: &str) -> Option<ServerId> {
        let place = self.ids.iter().position(|known| known == id)?;
        Some(ServerId::from_index(place as u8))
    }

    fn node(&mut self, id: ServerId) -> &mut Server {
        &mut self.nodes[id.index()]
    }

    fn line(&mut self, told: &Told) {
        let Some(id) = self.server(&told.id) else { return };
        self.watch_conf(told);
        if !self.node(id).begun {
            if FIRST.contains(&told.name) {
                self.begin(id, told);
                return;
            }
            if self.nodes[id.index()].log.len() as u64 != told.log {
                self.begin(id, told);
            }
            self.node(id).begun = true;
        }
        if told.name == "InitState" {
            let last = Position { index: Index(told.log), term: self.term_at(id, told.log) };
            let (term, vote) = (Term(told.term), self.server(&told.vote));
            self.node(id).log.truncate(told.log as usize);
            let event = ServerEvent::Restarted { term, vote, base: Index::ZERO, last };
            self.push(told, Some(EventKind::Server(id, event)));
            self.node(id).state = State { power: Power::Up, ..State::default() };
        }
        let before = self.node(id).log.clone();
        self.accept(id, told);
        self.reconcile(id, told);
        let changed = self.changed(id, told, &before);
        let place = self.lines.len();
        let event = match &told.message {
            Some(message) => self.message(id, told, message, place),
            None if told.name == "Ready" => {
                let synced = ServerEvent::Synced { last: Index(told.log), forgets: Flaws::NONE };
                Some(EventKind::Server(id, synced))
            }
            None => None,
        };
        if event.is_some() || changed.is_some() {
            self.push(told, event);
            if let (Some(line), Some(state)) = (self.lines.get_mut(place), changed) {
                line.state = Some((id, Box::new(state), Telling::Change));
            }
        }
    }

    /// Where the lab's majorities are not the servers' own.
    fn watch_conf(&mut self, told: &Told) {
        let all = self.ids.len();
        let begun = self.nodes.iter().all(|node| node.begun);
        let other = begun && told.conf[0].len() != all || !told.conf[1].is_empty();
        if other && self.unjudged.is_none() {
            let number = told.number;
            self.unjudged = Some(format!("at line {number} not all {all} servers are voters"));
        }
    }

    /// What a server begins with.
    fn begin(&mut self, id: ServerId, told: &Told) {
        let term = if told.commit == told.log { 1 } else { 0 };
        // The entries of a bootstrap are of term 1.
        let bootstrapped = told.newconf.is_some() || FIRST.contains(&told.name);
        let term = if bootstrapped { term } else { 0 };
        let node = self.node(id);
        node.log = vec![term; told.log as usize];
        let entries = node.log.iter().map(|term| untold(*term)).collect();
        let state = State {
            term: Term(told.term),
            commit: Index(told.commit),
            role: told.role,
            last: Index(told.log),
            ..State::default()
        };
        node.state = state.clone();
        let tail = Tail { first: Index::ZERO.next(), entries };
        self.start.retain(|(known, _)| *known != id);
        self.start.push((id, State { log: Some(tail), vote: self.server(&told.vote), ..state }));
        if !bootstrapped {
            self.guessed += told.log;
        }
    }

    fn term_at(&self, id: ServerId, index: u64) -> Term {
        let place = index.checked_sub(1).and_then(|place| usize::try_from(place).ok());
        let term = place.and_then(|place| self.nodes[id.index()].log.get(place));
        Term(term.copied().unwrap_or_default())
    }

    /// A follower has taken an append: its log has what the leader's had.
    fn accept(&mut self, id: ServerId, told: &Told) {
        let sends = told.name == "SendAppendEntriesResponse";
        let answers = told.message.as_ref().is_some_and(|message| message.from != message.to);
        if !sends || !answers {
            return;
        }
        let rejects = told.message.as_ref().is_some_and(|message| message.reject);
        let node = self.node(id);
        let Some((append, terms)) = node.append.take() else { return };
        let commit = node.state.commit.0;
        // An append that begins below its commit index it does not look at.
        if rejects || append.index > node.log.len() as u64 || append.index < commit {
            return;
        }
        for (place, term) in (append.index as usize..).zip(terms) {
            if node.log.get(place) != Some(&term) {
                node.log.truncate(place);
                node.log.push(term);
            }
        }
    }

    /// The log is as long as the line says.
    fn reconcile(&mut self, id: ServerId, told: &Told) {
        let wanted = told.log as usize;
        let leader = self.nodes[id.index()].leader.map(|(_, leader)| leader.index());
        let mut guessed = 0;
        while self.nodes[id.index()].log.len() < wanted {
            let place = self.nodes[id.index()].log.len();
            let known = match (told.role, leader) {
                (Role::Leader, _) => Some(told.term),
                (_, Some(leader)) => self.nodes[leader].log.get(place).copied(),
                _ => None,
            };
            guessed += u64::from(known.is_none());
            let before = self.nodes[id.index()].log.last().copied().unwrap_or_default();
            self.node(id).log.push(known.unwrap_or(before));
        }
        self.node(id).log.truncate(wanted);
        self.guessed += guessed;
    }

    /// What a server is now, if that is other than it was.
    fn changed(&mut self, id: ServerId, told: &Told, before: &[u64]) -> Option<State> {
        let vote = self.server(&told.vote);
        let node = self.node(id);
        let term = Term(told.term);
        let leader = node.leader.filter(|(of, _)| *of == told.term).map(|(_, leader)| leader);
        let votes = match node.votes {
            (of, votes) if of == told.term && told.role != Role::Follower => votes,
            _ => ServerSet::EMPTY,
        };
        let same = before.iter().zip(&node.log).take_while(|(one, other)| one == other).count();
        let log = (same < node.log.len()).then(|| Tail {
            first: Index(same as u64 + 1),
            entries: node.log[same..].iter().map(|term| untold(*term)).collect(),
        });
        let state = State {
            power: Power::Up,
            role: told.role,
            leader: leader.filter(|_| told.role == Role::Follower),
            term,
            vote,
            votes,
            commit: Index(told.commit),
            last: Index(told.log),
            log,
        };
        let plain = State { log: None, ..state.clone() };
        let other = state.log.is_some() || plain != node.state;
        node.state = plain;
        other.then_some(state)
    }

    /// A message that is sent or has arrived.
    fn message(
        &mut self,
        id: ServerId,
        told: &Told,
        message: &Message,
        place: usize,
    ) -> Option<EventKind> {
        let (from, to) = (self.server(&message.from)?, self.server(&message.to)?);
        if told.name.starts_with("Send") {
            if from == to {
                return None;
            }
            self.packets += 1;
            let packet = PacketId(self.packets);
            let first = message.index as usize;
            let log = &self.nodes[id.index()].log;
            let carries = message.kind == "MsgApp";
            let terms = log.iter().skip(first).take(message.entries as usize);
            let terms = if carries { terms.copied().collect() } else { Vec::new() };
            let flying = Flying { line: place, packet, terms };
            self.flying.entry(message.clone()).or_default().push_back(flying);
            return Some(packet_event(packet, (from, to), message, PacketEvent::Sent));
        }
        let votes = message.kind == "MsgVoteResp" && !message.reject;
        if votes {
            let node = self.node(id);
            if node.votes.0 != message.term {
                node.votes = (message.term, ServerSet::EMPTY);
            }
            node.votes.1.insert(from);
        }
        if from == to {
            return None;
        }
        let sent = self.flying.get_mut(message).and_then(VecDeque::pop_front);
        if self.flying.get(message).is_some_and(VecDeque::is_empty) {
            self.flying.remove(message);
        }
        let node = self.node(id);
        if matches!(message.kind, "MsgApp" | "MsgHeartbeat" | "MsgSnap") {
            node.leader = Some((message.term, from));
        }
        let Flying { line, packet, terms } =
            sent.unwrap_or(Flying { line: usize::MAX, packet: PacketId(0), terms: Vec::new() });
        if message.kind == "MsgApp" {
            self.node(id).append = Some((message.clone(), terms));
        }
        let lands = (Time(told.time), Loss::Arrives);
        match self.lines.get_mut(line) {
            Some(sent) => {
                sent.lands = Some(lands);
                Some(packet_event(packet, (from, to), message, PacketEvent::Received))
            }
            // Of its departure no line tells.
            None => {
                self.packets += 1;
                let packet = PacketId(self.packets);
                Some(packet_event(packet, (from, to), message, PacketEvent::Received))
            }
        }
    }

    fn push(&mut self, told: &Told, event: Option<EventKind>) {
        let cause = match &event {
            Some(EventKind::Packet(flight, PacketEvent::Received)) => Cause::Packet(flight.packet),
            _ => Cause::Told(told.number),
        };
        self.lines.push(Line {
            time: Time(told.time),
            cause,
            flaws: Flaws::NONE,
            event,
            state: None,
            command: None,
            lands: None,
        });
    }

    fn end(self, name: std::sync::Arc<str>) -> (Trace, Vec<String>) {
        let mut remarks = Vec::new();
        let plain = |(place, id): (usize, &String)| *id == (place + 1).to_string();
        if !self.ids.iter().enumerate().all(plain) {
            let named = self.ids.iter().enumerate();
            let named: Vec<String> =
                named.map(|(place, id)| format!("S{} is {id}", place + 1)).collect();
            remarks.push(named.join(", "));
        }
        if self.guessed > 0 {
            remarks.push(format!(
                "the terms of {} entries follow from no line: they are shown with the term before",
                self.guessed
            ));
        }
        // What arrives at the moment when it is sent is in flight for a microsecond.
        let mut lines = self.lines;
        for line in &mut lines {
            if let Some((due, _)) = &mut line.lands {
                *due = (*due).max(line.time + Span(1));
            }
        }
        let trace = Trace {
            name,
            servers: self.ids.len() as u8,
            clients: Vec::new(),
            service: false,
            start: self.start,
            lines,
            unjudged: self.unjudged.map(Into::into),
        };
        (trace, remarks)
    }
}

fn untold(term: u64) -> Entry {
    Entry { term: Term(term), payload: Payload::Untold }
}

fn packet_event(
    packet: PacketId,
    (from, to): (ServerId, ServerId),
    message: &Message,
    what: PacketEvent,
) -> EventKind {
    let (index, commit) = (Index(message.index), Index(message.commit));
    let entries = message.entries as u32;
    let kind = match (message.kind, message.reject) {
        ("MsgVote", _) => PacketKind::RequestVote,
        ("MsgVoteResp", false) => PacketKind::VoteGranted,
        ("MsgVoteResp", true) => PacketKind::VoteRefused,
        ("MsgApp", _) => PacketKind::Append { prev: index, entries, commit },
        ("MsgHeartbeat", _) => PacketKind::Append { prev: index, entries: 0, commit },
        ("MsgAppResp", false) => PacketKind::Appended { matched: index },
        ("MsgAppResp", true) => PacketKind::AppendRefused { last: Index(message.hint) },
        ("MsgHeartbeatResp", _) => PacketKind::Foreign { what: Foreign::Appended },
        _ => PacketKind::Foreign { what: Foreign::Other },
    };
    let summary = Summary { kind, term: Term(message.term) };
    let (from, to) = (Node::Server(from), Node::Server(to));
    EventKind::Packet(Flight { packet, from, to, summary }, what)
}
