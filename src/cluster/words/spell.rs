//! The nouns of the words: who, which entries, which request, which packet. What users wrote
//! (keys, values, clients' names) is cut to a given room, so that it gives way to the verb.

use crate::cluster::event::Names;
use crate::cluster::fit::shorten;
use crate::cluster::network::{PacketKind, Summary};
use crate::cluster::types::{Answer, ClientId, Index, Node, Outcome, Request, ServerId, ServerSet};

/// Spells nouns, with at most `room` columns for each text of a user's.
#[derive(Clone, Copy)]
pub struct Spell<'a> {
    pub names: &'a Names,
    pub room: usize,
}

impl Spell<'_> {
    pub fn text(&self, text: &str) -> String {
        if text.is_empty() { "\"\"".to_owned() } else { shorten(text, self.room) }
    }

    /// "client a": a bare name could be taken for a word.
    pub fn client(&self, client: ClientId) -> String {
        titled(&self.name(client))
    }

    pub fn name(&self, client: ClientId) -> String {
        self.text(self.names.client(client))
    }

    pub fn node(&self, node: Node) -> String {
        match node {
            Node::Server(server) => server.to_string(),
            Node::Client(client) => self.client(client),
        }
    }

    /// "x=3", or "the read of x".
    pub fn request(&self, request: &Request) -> String {
        match request {
            Request::Get { key } => format!("the read of {}", self.text(key)),
            Request::Put { key, value, .. } => format!("{}={}", self.text(key), self.text(value)),
        }
    }

    /// "client a's x=3", "client a's read of x".
    pub fn request_of(&self, request: &Request, client: ClientId) -> String {
        let whose = self.client(client);
        match request {
            Request::Get { key } => format!("{whose}'s read of {}", self.text(key)),
            Request::Put { .. } => format!("{whose}'s {}", self.request(request)),
        }
    }

    /// "put x=3 @2", "get x": as a client asks.
    pub fn call(&self, request: &Request) -> String {
        match request {
            Request::Get { key } => format!("get {}", self.text(key)),
            Request::Put { key, value, version } => {
                format!("put {}={} @{version}", self.text(key), self.text(value))
            }
        }
    }

    /// What came of a request: "x=3 is version 3", "x is 3, version 3", "x does not exist".
    pub fn result(&self, request: &Request, answer: &Answer) -> String {
        let key = self.text(request.key());
        match (answer.outcome, request) {
            (Outcome::Ok, Request::Get { .. }) => {
                format!("{key} is {}, version {}", self.text(&answer.value), answer.version)
            }
            (Outcome::Ok, Request::Put { value, .. }) => {
                format!("{key}={} is version {}", self.text(value), answer.version)
            }
            (Outcome::NoKey, _) => format!("{key} does not exist"),
            (Outcome::Version, _) => format!("{key} is at version {}", answer.version),
            (Outcome::Maybe, _) => format!("{} may be done or not", self.request(request)),
        }
    }
}

/// "ok, version 3": as a client is told.
pub fn answer(answer: &Answer) -> String {
    match answer.outcome {
        Outcome::Ok => format!("ok, version {}", answer.version),
        Outcome::Version => format!("version, now at {}", answer.version),
        Outcome::NoKey | Outcome::Maybe => answer.outcome.to_string(),
    }
}

/// "client a"; a name that says so itself stays alone.
pub fn titled(name: &str) -> String {
    if name.starts_with("client") { name.to_owned() } else { format!("client {name}") }
}

/// "entry 4", "entries 4-6".
pub fn entries(first: Index, last: Index) -> String {
    if first < last { format!("entries {first}-{last}") } else { format!("entry {first}") }
}

/// "1 entry", "2 entries".
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A set of servers in at most `room` columns: "S1, S2 and S3", else with the runs drawn
/// together, "S1-S7 and S9", else their number.
pub fn servers(set: ServerSet, room: usize) -> String {
    let plain = set.to_string();
    if plain.len() <= room {
        return plain;
    }
    let runs = runs(set);
    if runs.len() <= room { runs } else { format!("{} servers", set.len()) }
}

fn runs(set: ServerSet) -> String {
    let mut runs: Vec<(ServerId, ServerId)> = Vec::new();
    for server in set.iter() {
        match runs.last_mut() {
            Some((_, last)) if last.index() + 1 == server.index() => *last = server,
            Some(_) | None => runs.push((server, server)),
        }
    }
    let spelt = runs.iter().map(|(first, last)| match last.index() - first.index() {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}-{last}"),
    });
    let mut spelt: Vec<String> = spelt.collect();
    match (spelt.pop(), spelt.is_empty()) {
        (Some(last), false) => format!("{} and {last}", spelt.join(", ")),
        (Some(last), true) => last,
        (None, _) => "none".to_owned(),
    }
}

/// What a packet says, as its receiver hears it.
pub fn packet(summary: Summary) -> String {
    let term = summary.term;
    match summary.kind {
        PacketKind::PreVote => format!("a pre-vote request for term {term}"),
        PacketKind::PreVoteGranted => format!("a pre-vote for term {term}"),
        PacketKind::PreVoteRefused => format!("a refused pre-vote, from term {term}"),
        PacketKind::RequestVote => format!("a vote request for term {term}"),
        PacketKind::VoteGranted => format!("a vote in term {term}"),
        PacketKind::VoteRefused => format!("a refused vote in term {term}"),
        PacketKind::Append { entries: 0, commit, .. } => {
            format!("a heartbeat of term {term}, commit {commit}")
        }
        PacketKind::Append { prev, entries: sent, commit } => {
            let last = Index(prev.0.saturating_add(u64::from(sent)));
            let first = Index(prev.0.saturating_add(1));
            format!("{} in term {term}, commit {commit}", entries(first, last))
        }
        PacketKind::Appended { matched: Index::ZERO } => "an ack".to_owned(),
        PacketKind::Appended { matched } => format!("an ack up to entry {matched}"),
        PacketKind::AppendRefused { last } => format!("a refusal, log ends at {last}"),
        PacketKind::TimeoutNow => format!("a request to take over from the leader of term {term}"),
        PacketKind::ReadIndex => "a question for a read".to_owned(),
        PacketKind::ReadIndexGiven { index } => format!("leave to read from entry {index} on"),
        PacketKind::InstallSnapshot { last, from: 0, to, of } if to == of => {
            format!("a snapshot up to entry {last}")
        }
        PacketKind::InstallSnapshot { to, of, .. } => {
            format!("a snapshot, up to byte {to} of {of}")
        }
        PacketKind::ChunkReceived { bytes } => format!("an ack up to byte {bytes}"),
        PacketKind::SnapshotInstalled { matched } => format!("an ack up to entry {matched}"),
        PacketKind::ClientRequest => "a request".to_owned(),
        PacketKind::ClientReply => "a reply".to_owned(),
        PacketKind::Foreign { what } => what.words(term),
    }
}

/// "a client", "2 clients": those who wait at a server.
pub fn clients(number: u32) -> String {
    count(number.into(), "waiting client", "waiting clients")
}
