//! One Raft server on a bench: a disk, and words for what it hears, says and writes.

use std::rc::Rc;

use raftlab::cluster::disk::Disk;
use raftlab::cluster::raft::{
    AppendResult, Configuration, Context, Entry, Log, Message, Most, Outbox, Payload, Position,
    Progress, Raft, RaftOption, Role, Rules, Write,
};
use raftlab::cluster::time::{Ppm, Span, Time};
use raftlab::cluster::types::{Index, Op, OpId, Request, ServerId, ServerSet, Term};

/// A server of five with a disk of its own.
pub struct Server {
    pub raft: Raft,
    pub disk: Disk,
    pub unsynced: Vec<Write>,
    pub cx: Context,
}

pub fn id(number: u64) -> ServerId {
    ServerId::from_number(number).expect("a server's number")
}

pub fn ids(numbers: &[u64]) -> ServerSet {
    numbers.iter().map(|number| id(*number)).collect()
}

pub fn at(index: u64, term: u64) -> Position {
    Position { index: Index(index), term: Term(term) }
}

pub fn op(number: u64) -> Rc<Op> {
    let id = OpId { server: id(1), number };
    Rc::new(Op::new(id, Request::Get { key: "k".into() }))
}

/// The entry that stands at `index` in term `term`: the same on every server.
pub fn entry(index: u64, term: u64) -> Entry {
    Entry::new(Term(term), op(index * 1_000 + term))
}

pub fn append(term: u64, prev: Position, terms: &[u64], commit: u64) -> Message {
    let indexes = prev.index.0 + 1..;
    let entries = indexes.zip(terms).map(|(index, term)| entry(index, *term)).collect();
    Message::Append { call: 1, term: Term(term), prev, entries, commit: Index(commit) }
}

pub const fn vote_request(term: u64, last: Position) -> Message {
    Message::RequestVote { call: 1, term: Term(term), last, transfer: false }
}

pub const fn vote(term: u64, granted: bool) -> Message {
    Message::VoteReply { call: 1, term: Term(term), granted }
}

pub const fn matched(term: u64, prev: u64, index: u64) -> Message {
    let result = AppendResult::Matched(Index(index));
    reply(term, prev, result)
}

pub const fn reply(term: u64, prev: u64, result: AppendResult) -> Message {
    Message::AppendReply { call: 1, term: Term(term), prev: Index(prev), result }
}

pub const fn refused(conflict: Option<u64>, first: u64, last: u64) -> AppendResult {
    let conflict = match conflict {
        Some(term) => Some(Term(term)),
        None => None,
    };
    AppendResult::Refused { conflict, first: Index(first), last: Index(last) }
}

impl Server {
    pub fn new(number: u64, term: u64, log: &[u64]) -> Self {
        let mut disk = Disk::default();
        disk.hard.term = Term(term);
        for (index, term) in (1..).zip(log) {
            disk.log.push(entry(index, *term));
        }
        let (all, heartbeat) = (Configuration::of(5), Span::from_millis(100));
        let election = Span::from_millis(300);
        let cx = Context {
            now: Time::START,
            append_max: 1_000,
            inflight: Most::Count(1),
            snapshot_chunk: u32::MAX,
            heartbeat,
            election,
            clock: Ppm::ONE,
        };
        Self {
            raft: Raft::new(id(number), all, Rules::default(), disk.hard, disk.log.clone()),
            disk,
            unsynced: Vec::new(),
            cx,
        }
    }

    /// A server that keeps these options from the start.
    pub fn keeping(options: &[RaftOption], number: u64, term: u64, log: &[u64]) -> Self {
        let mut server = Self::new(number, term, log);
        let rules = Rules {
            options: options.iter().map(|option| option.on()).collect(),
            ..Rules::default()
        };
        let (all, hard) = (server.raft.configuration(), server.disk.hard);
        server.raft = Raft::new(id(number), all, rules, hard, server.disk.log.clone());
        server
    }

    /// A leader of `term` by the votes of S2 and S3, with this log on its disk.
    pub fn leading(number: u64, term: u64, log: &[u64]) -> Self {
        let mut server = Self::new(number, term - 1, log);
        server.times_out();
        server.syncs();
        let voters = (1..=5).filter(|voter| *voter != number).take(2);
        voters.for_each(|voter| drop(server.hears(voter, vote(term, true))));
        assert_eq!(server.raft.role(), Role::Leader);
        server
    }

    pub fn step(&mut self, step: impl FnOnce(&mut Raft, &Context, &mut Outbox)) -> Outbox {
        let mut out = Outbox::default();
        step(&mut self.raft, &self.cx, &mut out);
        self.unsynced.extend(out.writes.iter().cloned());
        out
    }

    pub fn hears(&mut self, from: u64, message: Message) -> Outbox {
        self.step(|raft, cx, out| raft.receive(id(from), message, cx, out))
    }

    pub fn times_out(&mut self) -> Outbox {
        self.step(|raft, _, out| raft.on_election_timeout(out))
    }

    pub fn speaks(&mut self) -> Outbox {
        self.step(|raft, cx, out| raft.on_heartbeat(cx, out))
    }

    /// The network tells that a call of it has failed.
    pub fn loses(&mut self, peer: u64, call: u32) -> Outbox {
        self.step(|raft, cx, out| raft.on_loss(id(peer), call, cx, out))
    }

    pub fn submits(&mut self, number: u64) -> Outbox {
        self.step(|raft, cx, out| {
            raft.submit(Payload::Op(op(number)), cx, out);
        })
    }

    /// All that was written reaches the disk.
    pub fn syncs(&mut self) -> Outbox {
        for write in self.unsynced.drain(..) {
            match write {
                Write::HardState(hard) => self.disk.hard = hard,
                Write::Append(entry) => self.disk.log.push(entry),
                Write::Truncate(from) => self.disk.log.truncate(from),
                Write::Blob(blob) => self.disk.blob = blob,
                Write::Snapshot { snapshot, replaces: false } => {
                    self.disk.log.compact(snapshot.last, snapshot.configuration());
                    self.disk.snapshot = Some(snapshot);
                }
                Write::Snapshot { snapshot, replaces: true } => {
                    self.disk.log = Log::after(snapshot.last, snapshot.configuration());
                    self.disk.snapshot = Some(snapshot);
                }
            }
        }
        let disk = self.disk.clone();
        self.step(|raft, cx, out| raft.on_sync(disk.hard, disk.log.last_index(), cx, out))
    }

    /// What it knows of a follower.
    pub fn known(&self, follower: u64) -> Progress {
        *self.raft.progress(id(follower)).expect("it leads")
    }

    /// The terms of its entries.
    pub fn log(&self) -> Vec<u64> {
        self.raft.log().iter_from(Index(1)).map(|(_, entry)| entry.term.0).collect()
    }

    pub fn term(&self) -> u64 {
        self.raft.term().0
    }

    pub fn commit(&self) -> u64 {
        self.raft.commit().0
    }
}

/// The answer to a request for a vote.
pub fn granted(out: &Outbox) -> bool {
    match out.held.as_slice() {
        [(_, Message::VoteReply { granted, .. })] => *granted,
        other => panic!("expected an answer to a request for a vote: {other:?}"),
    }
}

/// The answer to an append.
pub fn result(out: &Outbox) -> AppendResult {
    match out.held.as_slice() {
        [(_, Message::AppendReply { result, .. })] => *result,
        other => panic!("expected an answer to an append: {other:?}"),
    }
}

/// What was sent to a server: previous entry, terms of the entries, commit index.
pub fn appends(out: &Outbox, to: u64) -> Vec<(Position, Vec<u64>, u64)> {
    let appends = out.messages.iter().filter_map(|(peer, message)| match message {
        Message::Append { prev, entries, commit, .. } if *peer == id(to) => {
            Some((*prev, entries.iter().map(|entry| entry.term.0).collect(), commit.0))
        }
        _ => None,
    });
    appends.collect()
}

/// The numbers of the calls that were made to a server.
pub fn calls(out: &Outbox, to: u64) -> Vec<u32> {
    let sent = out.messages.iter().chain(&out.held).filter(|(peer, _)| *peer == id(to));
    sent.map(|(_, message)| message.call()).collect()
}

pub fn writes_a_vote(out: &Outbox) -> bool {
    out.writes.iter().any(|write| matches!(write, Write::HardState(_)))
}
