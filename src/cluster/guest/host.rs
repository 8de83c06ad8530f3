//! What the lab holds while a guest runs: the server as others see it, and what the call brings about.
//!
//! Every import acts on it at once, in the order of the calls. A call that asks for something that can't
//! be (a server that is not there, bytes outside of memory, a term that goes back) ends the guest: it has
//! crashed, with the reason in words.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use wasmi::StoreLimits;

use super::{operation, service};
use crate::cluster::network::Reply;
use crate::cluster::raft::{
    Entry, Foreign, HardState, Message, Outbox, Payload, Raft, Report, Role, TimerOrder, Write,
};
use crate::cluster::rng::Rng;
use crate::cluster::time::{Span, Time};
use crate::cluster::types::{ClientId, Index, OpId, Request, ServerId, ServerSet, Term};

/// Things that one call may bring about.
pub const EFFECTS_MAX: u32 = 4_096;
/// The longest message, in bytes.
pub const MESSAGE_MAX: usize = 1 << 20;
/// How many bytes the messages and entries of one call may have together.
pub const BYTES_MAX: usize = 16 << 20;
/// The longest line that is kept of what a guest says, in bytes.
const LINE_MAX: usize = 1_000;
/// The timers with a number beyond those that the screen knows.
pub const TIMERS: u32 = 256;

/// Why a guest was ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ended(pub String);

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl wasmi::errors::HostError for Ended {}

pub(super) type Done<T> = Result<T, Ended>;

fn ended<T>(text: impl Into<String>) -> Done<T> {
    Err(Ended(text.into()))
}

/// What becomes of an operation that was proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proposed {
    Accepted { index: Index, term: Term },
    Refused { leader: Option<ServerId> },
}

/// A question to a guest that is under way: may it be answered, and has it been?
#[derive(Clone, Copy, Debug)]
pub(super) struct Proposal {
    pub id: i32,
    pub op: OpId,
    pub answer: Option<Proposed>,
}

/// A client's request that is not answered yet: which attempt of which of its calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    pub id: i32,
    pub client: ClientId,
    pub call: u64,
    pub attempt: u32,
    pub request: Request,
}

/// What a guest with a service of its own answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replied {
    pub to: Open,
    pub reply: Reply,
}

/// What a running guest acts on.
pub(super) struct Host {
    pub raft: Raft,
    pub out: Outbox,
    pub rng: Rng,
    pub now: Time,
    pub limits: StoreLimits,
    pub proposal: Option<Proposal>,
    /// Whether the whole service is its own.
    pub serves: bool,
    /// The requests that it has been given and has not answered, and the last of all.
    pub open: Vec<Open>,
    pub last_request: i32,
    pub replies: Vec<Replied>,
    /// Messages leave after what was written before them.
    pub wrote: bool,
    /// The first entry that this call has written or removed.
    pub first_new: Option<Index>,
    /// A commit index that waits until the log up to it is on disk.
    pub commit: Option<Index>,
    /// What is to become of the timers that the screen has no place for.
    pub timers: Vec<(u8, Option<Span>)>,
    /// What its script tells it.
    pub params: Arc<str>,
    /// What it has written last beside term, vote and log, and how many bytes in this call.
    pub blob: Rc<[u8]>,
    pub kept: Option<u64>,
    /// What it has said in this call.
    pub said: Vec<Arc<str>>,
    pub effects: u32,
    /// The bytes of the messages and entries of this call.
    pub bytes: usize,
}

impl Host {
    /// Counts something that a call brings about.
    fn effect(&mut self) -> Done<()> {
        self.effects += 1;
        match self.effects <= EFFECTS_MAX {
            true => Ok(()),
            false => {
                ended(format!("more than {EFFECTS_MAX} messages, writes and reports in one call"))
            }
        }
    }

    /// Counts the bytes of a message or an entry.
    fn takes(&mut self, what: &str, length: usize) -> Done<()> {
        if length > MESSAGE_MAX {
            return ended(format!("{what}: {length} bytes, and {MESSAGE_MAX} are the most"));
        }
        self.bytes += length;
        match self.bytes <= BYTES_MAX {
            true => Ok(()),
            false => ended(format!(
                "more than {} MiB of messages and entries in one call",
                BYTES_MAX >> 20
            )),
        }
    }

    fn servers(&self) -> u8 {
        self.raft.configuration().servers()
    }

    fn server(&self, what: &str, number: i32) -> Done<ServerId> {
        match u8::try_from(number) {
            Ok(number) if number < self.servers() => Ok(ServerId::from_index(number)),
            _ => {
                let servers = self.servers();
                ended(format!("{what}: there is no server {number}, only 0 to {}", servers - 1))
            }
        }
    }

    fn server_or_none(&self, what: &str, number: i32) -> Done<Option<ServerId>> {
        if number == -1 { Ok(None) } else { self.server(what, number).map(Some) }
    }

    pub fn send(&mut self, to: i32, kind: i32, term: i64, bytes: &[u8]) -> Done<()> {
        self.effect()?;
        let to = self.server("send", to)?;
        if to == self.raft.id() {
            return ended("send: a message to itself");
        }
        let Some(kind) = Foreign::from_number(kind) else {
            return ended(format!("send: there is no kind {kind}, only 0 to 10"));
        };
        self.takes("send", bytes.len())?;
        let Ok(term) = u64::try_from(term).map(Term) else {
            return ended(format!("send: a term of {term}"));
        };
        let message = Message::Foreign { kind, term, bytes: bytes.into() };
        let queue = if self.wrote { &mut self.out.held } else { &mut self.out.messages };
        queue.push((to, message));
        Ok(())
    }

    pub fn set_timer(&mut self, id: i32, micros: i64) -> Done<()> {
        self.effect()?;
        // A span of nothing would have no end of timers at one moment.
        let span = Span(micros.clamp(1, 3_600_000_000_000) as u64);
        self.order(id, Some(span))
    }

    pub fn cancel_timer(&mut self, id: i32) -> Done<()> {
        self.effect()?;
        self.order(id, None)
    }

    fn order(&mut self, id: i32, span: Option<Span>) -> Done<()> {
        let order = span.map_or(TimerOrder::Cancel, TimerOrder::Set);
        match u8::try_from(id) {
            Ok(0) => self.out.election = order,
            Ok(1) => self.out.heartbeat = order,
            Ok(id) => {
                self.timers.retain(|(other, _)| *other != id);
                self.timers.push((id, span));
            }
            Err(_) => return ended(format!("there is no timer {id}, only 0 to {}", TIMERS - 1)),
        }
        Ok(())
    }

    pub fn save_hard(&mut self, term: i64, vote: i32) -> Done<()> {
        self.effect()?;
        let voted_for = self.server_or_none("save_hard", vote)?;
        let (Ok(term), before) = (u64::try_from(term).map(Term), self.raft.term()) else {
            return ended(format!("save_hard: a term of {term}"));
        };
        if term < before {
            return ended(format!(
                "save_hard: term {term} after term {before} (§5.1: terms only grow)"
            ));
        }
        self.raft.mirror_hard(HardState { term, voted_for }, &mut self.out);
        self.wrote |= !self.out.writes.is_empty();
        Ok(())
    }

    pub fn append(&mut self, term: i64, bytes: &[u8]) -> Done<()> {
        self.effect()?;
        let Ok(term) = u64::try_from(term).map(Term) else {
            return ended(format!("append: a term of {term}"));
        };
        let payload = match operation::read(bytes) {
            _ if self.serves => Payload::Opaque(Rc::new(bytes.into())),
            _ if bytes.is_empty() => Payload::Noop,
            Some(op) => Payload::Op(Rc::new(op)),
            None => {
                return ended(format!(
                    "append: {} bytes that no client has proposed; an entry holds what on_propose was \
                     given, or nothing",
                    bytes.len()
                ));
            }
        };
        self.takes("append", bytes.len())?;
        self.raft.mirror_append(Entry { term, payload }, &mut self.out);
        self.wrote_entry(self.raft.log().last_index());
        Ok(())
    }

    pub fn truncate(&mut self, length: i64) -> Done<()> {
        self.effect()?;
        let last = self.raft.log().last_index();
        let Some(keep) = u64::try_from(length).ok().filter(|keep| *keep <= last.0) else {
            return ended(format!("truncate: to {length} entries, and the log has {last}"));
        };
        if keep < last.0 {
            self.raft.mirror_truncate(Index(keep + 1), &mut self.out);
            self.wrote_entry(Index(keep + 1));
        }
        Ok(())
    }

    /// Bytes of its own, in the place of those before.
    pub fn save_blob(&mut self, bytes: &[u8]) -> Done<()> {
        self.effect()?;
        self.takes("save_blob", bytes.len())?;
        self.blob = bytes.into();
        self.out.writes.push(Write::Blob(self.blob.clone()));
        (self.wrote, self.kept) = (true, Some(bytes.len() as u64));
        Ok(())
    }

    fn wrote_entry(&mut self, index: Index) {
        self.wrote = true;
        self.first_new = Some(self.first_new.map_or(index, |first| first.min(index)));
    }

    pub fn report(&mut self, role: i32, leader: i32, commit: i64) -> Done<()> {
        self.effect()?;
        let role = match role {
            0 => Role::Follower,
            1 => Role::Candidate,
            2 => Role::Leader,
            3 => Role::PreCandidate,
            _ => return ended(format!("report: there is no role {role}, only 0 to 3")),
        };
        let leader = self.server_or_none("report", leader)?;
        let Ok(commit) = u64::try_from(commit).map(Index) else {
            return ended(format!("report: a commit index of {commit}"));
        };
        let report = Report { role, leader, commit };
        self.raft.mirror_role(report, self.now, &mut self.out);
        // What is committed counts this server's own disk; so it is committed once it is there.
        let is_new = self.first_new.is_some_and(|first| first <= commit);
        if is_new && commit > self.raft.commit() && commit <= self.raft.log().last_index() {
            self.commit = Some(commit);
        } else {
            self.commit = None;
            self.raft.mirror_commit(commit, &mut self.out);
        }
        Ok(())
    }

    pub fn progress(&mut self, peer: i32, next: i64, matched: i64) -> Done<()> {
        self.effect()?;
        let peer = self.server("progress", peer)?;
        let index = |value: i64| Index(value.max(0) as u64);
        self.raft.mirror_progress(peer, index(next), index(matched));
        Ok(())
    }

    pub fn votes(&mut self, voters: i64) -> Done<()> {
        self.effect()?;
        let all = ServerId::first(self.servers());
        let voters: ServerSet = all.filter(|id| voters >> id.index() & 1 == 1).collect();
        self.raft.mirror_votes(voters);
        Ok(())
    }

    fn answer(&mut self, what: &str, id: i32, answer: Proposed) -> Done<()> {
        self.effect()?;
        match &mut self.proposal {
            Some(open) if open.id != id => {
                ended(format!("{what}: it was asked about proposal {}, and answers {id}", open.id))
            }
            Some(Proposal { answer: Some(_), .. }) => {
                ended(format!("{what}: proposal {id} is answered a second time"))
            }
            Some(open) => {
                open.answer = Some(answer);
                Ok(())
            }
            None => {
                ended(format!("{what}: no proposal is open; each is answered in its on_propose"))
            }
        }
    }

    pub fn accepted(&mut self, id: i32, index: i64, term: i64) -> Done<()> {
        let (index, term) = (Index(index.max(0) as u64), Term(term.max(0) as u64));
        if let Some(open) = self.proposal.filter(|open| open.id == id) {
            let entry = self.raft.log().get(index);
            if entry.is_none_or(|entry| (entry.term, entry.id()) != (term, open.op)) {
                return ended(format!(
                    "accepted: proposal {id} as entry {index} of term {term}, and its log does not have it there"
                ));
            }
        }
        self.answer("accepted", id, Proposed::Accepted { index, term })
    }

    pub fn refused(&mut self, id: i32, leader: i32) -> Done<()> {
        let leader = self.server_or_none("refused", leader)?;
        self.answer("refused", id, Proposed::Refused { leader })
    }

    pub fn reply(&mut self, id: i32, status: i32, bytes: &[u8]) -> Done<()> {
        self.effect()?;
        let Some(place) = self.open.iter().position(|open| open.id == id) else {
            return ended(match id > 0 && id <= self.last_request {
                true => format!("reply: request {id} is answered a second time"),
                false => format!("reply: there is no request {id}"),
            });
        };
        let reply = service::answer(&self.open[place].request, status, bytes).map_err(Ended)?;
        let to = self.open.remove(place);
        self.replies.push(Replied { to, reply });
        Ok(())
    }

    /// A line of text: what a terminal must not get is spelled when it is shown.
    pub fn log(&mut self, text: &[u8]) -> Done<()> {
        self.effect()?;
        let text = String::from_utf8_lossy(&text[..text.len().min(LINE_MAX)]);
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            self.said.push(line.into());
        }
        Ok(())
    }

    pub fn entry(&self, index: i64) -> Option<Vec<u8>> {
        let index = u64::try_from(index).ok().map(Index)?;
        self.raft.log().get(index).map(|entry| match &entry.payload {
            Payload::Op(op) => operation::write(op),
            Payload::Opaque(bytes) => bytes.as_slice().to_vec(),
            // No guest changes members, and clients of a guest have no sessions.
            Payload::Noop | Payload::Untold | Payload::Configuration(_) | Payload::Register(_) => {
                Vec::new()
            }
        })
    }

    /// The last that it said, for the reason of its end.
    pub fn last_words(&self) -> Option<&str> {
        self.said.last().map(|text| &**text)
    }

    pub fn begin(&mut self) {
        (self.effects, self.bytes, self.wrote, self.first_new) = (0, 0, false, None);
        self.said.clear();
        self.timers.clear();
        self.replies.clear();
    }
}
