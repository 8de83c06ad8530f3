//! Raft, after the paper: one server's consensus module as a value with pure steps.
//!
//! It knows no clock and no network. It is told what arrived or which timer fired, changes
//! itself, and leaves in its [`Outbox`] what is to be sent, written and timed. Messages that
//! promise something about the term, the vote or the log are held there until the writes before
//! them are on disk; a leader's AppendEntries promise nothing and leave at once, so that the
//! leader writes its disk while the followers write theirs.
//!
//! - `rules.rs`: the predicates of Figure 2, each with its section.
//! - `configuration.rs`: who votes, and how many are enough (§5.2, §6).
//! - `membership.rs`: how that changes while the cluster runs (dissertation chapter 4).
//! - `options.rs`: rules that Rafts in production add, each of which may be on or off.
//! - `election.rs`: timeouts, votes, terms (§5.2, §5.4.1); pre-votes and the check for a quorum.
//! - `replication.rs`: AppendEntries, backing up, committing (§5.3, §5.4.2).
//! - `snapshot.rs`: what stands in for entries that are no longer in the log (§7).
//! - `transfer.rs`: a leader hands its leadership over (dissertation §3.10).
//! - `reads.rs`: reads that take no entry (dissertation §6.4).
//! - `retry.rs`: what is asked again when the network tells that a call has failed (§5.1).
//! - `mirror.rs`: a Raft that another program runs, as far as that shows.
//! - `view.rs`: the door, through which everybody else looks at it.
//!
//! What is left out on purpose: unless an option says so no no-op entry opens a term, so the k-th
//! command stands at index k and old entries wait for the next command (§8). One AppendEntries with entries is under way to a
//! follower at a time: what is submitted meanwhile goes out together with the next.

mod configuration;
mod election;
mod event;
mod log;
mod membership;
mod message;
#[cfg_attr(not(feature = "guests"), allow(dead_code, reason = "only a guest has one"))]
mod mirror;
mod options;
mod pipeline;
mod reads;
mod replication;
mod retry;
mod rules;
mod snapshot;
mod transfer;
mod view;

pub use configuration::{Configuration, brief};
pub use event::{AppendRefusal, IgnoreReason, RaftEvent, StepDown, VoteRefusal};
pub use log::{Entry, Log, Payload};
pub use membership::{CatchUp, Reconfigured, Unready, Wanted};
pub use message::{AppendResult, Entries, Foreign, Message, PacketKind, Position, Summary};
pub use mirror::Report;
pub use options::{About as OptionAbout, Choice, LEASE_NEEDS, Most, OPTIONS, Options, RaftOption};
pub use pipeline::Mode;
pub use reads::{Readable, Reads};
pub use retry::{REPEATS_A_BEAT, REPEATS_MAX};
pub use rules::Rules;
pub use snapshot::{Chunk, ChunkResult, Snapshot};

use std::rc::Rc;

use pipeline::Pipeline;
use reads::Reading;
use retry::{Asked, Calls};
use serde::{Deserialize, Serialize};
use snapshot::Incoming;

use crate::cluster::flaw::{Flaw, Flaws};
use crate::cluster::shared::OrdMap;
use crate::cluster::time::{Ppm, Span, Time};
use crate::cluster::types::{Index, ServerId, ServerSet, Term};

/// What a server is in its term (§5.1), in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Follower,
    /// It asks who would vote for it, and has not begun a term of its own (dissertation §9.6).
    #[serde(rename = "pre-candidate")]
    PreCandidate,
    Candidate,
    Leader,
}

/// A server's consensus state; fields as in Figure 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raft {
    id: ServerId,
    rules: Rules,
    /// With which the cluster began; what counts is the newest in its log, if it has any.
    initial: Configuration,
    term: Term,
    voted_for: Option<ServerId>,
    log: Log,
    commit: Index,
    /// What stands in for the entries up to the base of the log.
    snapshot: Option<Rc<Snapshot>>,
    /// A snapshot of which the first chunks have arrived.
    incoming: Option<Incoming>,
    state: State,
    calls: Calls,
    /// When it was started again, if it was.
    started: Option<Time>,
    /// What only events look at: its votes that it does not know of any more, by their terms.
    /// Only a flaw or the loss of a disk makes any.
    forgotten: OrdMap<Term, Forgotten>,
}

/// In which of its three states a server is (§5.1), and what it knows in it and only in it: who
/// steps down has no votes and no followers left.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Follower {
        /// Who leads this term, as far as it has heard, and when it heard that leader last.
        leader: Option<(ServerId, Time)>,
    },
    PreCandidate(Candidacy),
    Candidate(Candidacy),
    Leader(Leadership),
}

/// What a candidate knows, or who asks whether to become one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Candidacy {
    votes: ServerSet,
    refusals: ServerSet,
    /// For every server (its own entry included).
    asked: Vec<Asked>,
    /// The leader that has told it to, if one hands its leadership over.
    told_by: Option<ServerId>,
    /// Votes that were counted before. Only a flaw makes any.
    copies: u8,
    /// What only events look at: whose votes were given in an earlier term. Only a flaw makes any.
    strays: ServerSet,
}

/// What a leader knows.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Leadership {
    /// Who made it the leader.
    votes: ServerSet,
    /// For every server (its own entry included), as what follows.
    progress: Vec<Progress>,
    asked: Vec<Asked>,
    /// Who has answered since the last check for a quorum.
    active: ServerSet,
    /// Under way while it hands its leadership over.
    transfer: Option<Transfer>,
    /// What it knows of reads that take no entry.
    reading: Reading,
    /// The snapshots that are on their way, and to whom.
    sending: Vec<(ServerId, Rc<Snapshot>)>,
    /// Those who are to vote once they have caught up.
    catching: Vec<CatchUp>,
    /// A change that waits until an entry of its own term is committed.
    wanted: Option<Wanted>,
    /// Appends in flight, where more than one may be.
    pipeline: Pipeline,
    /// What only events look at: of whose matchIndex it did not hear. Only a flaw makes any.
    strays: ServerSet,
}

/// A leader hands its leadership over (dissertation §3.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    pub to: ServerId,
    pub since: Time,
    /// It has been asked to become a candidate.
    pub told: bool,
}

/// What must be on disk, beside the log, before a server says anything that depends on it
/// (Figure 2, "Persistent state").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HardState {
    pub term: Term,
    pub voted_for: Option<ServerId>,
}

/// One change to what is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    HardState(HardState),
    Append(Entry),
    /// Removes the entry at this index and all that follow.
    Truncate(Index),
    /// Bytes of a guest's own, in the place of those before.
    Blob(Rc<[u8]>),
    /// A snapshot, and with it at once what it leaves of the log: all that follows its last entry, or
    /// nothing where it replaces the whole log (§7).
    Snapshot {
        snapshot: Rc<Snapshot>,
        replaces: bool,
    },
}

/// A vote that a server gave and does not know of any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Forgotten {
    candidate: ServerId,
    /// Through which flaws; none when its disk was lost.
    flaws: Flaws,
}

/// What a leader knows of a follower.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// matchIndex: up to here the logs are known to agree.
    pub matched: Index,
    /// nextIndex: the next entry to send.
    pub next: Index,
    pub replication: Replication,
}

/// Which entries are under way to a follower.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replication {
    /// None: it has all, or is yet to be asked where its log departs.
    #[default]
    Idle,
    /// Those of the newest AppendEntries that brings any, which has not been answered.
    UnderWay {
        call: u32,
        sent: Time,
        /// The last of its entries.
        last: Index,
        /// The network has told that it failed.
        lost: bool,
    },
    /// A snapshot, for what it lacks is no longer in the log (§7): its newest chunk.
    Snapshot {
        call: u32,
        sent: Time,
        /// The last index that it covers.
        last: Index,
        /// How many of its bytes are known to have arrived.
        received: u32,
        /// The first call that begins there. Who has less when that or a later one comes has lost some.
        first: u32,
        /// The network has told that it failed.
        lost: bool,
    },
}

/// What a step may look at beside the server's own state.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    pub now: Time,
    pub append_max: u32,
    /// How many appends with entries, or of how many bytes, are under way to a follower at a time.
    pub inflight: Most,
    /// The most bytes of a snapshot that one message carries.
    pub snapshot_chunk: u32,
    pub heartbeat: Span,
    /// The shortest election timeout, and the rate of this server's clock, by which it passes.
    pub election: Span,
    pub clock: Ppm,
}

impl Context {
    /// Whether appends leave without waiting for the answers to others.
    pub const fn pipelines(&self) -> bool {
        self.inflight.is_more_than_one()
    }

    /// The shortest election timeout of this server in lab time. Few steps ask.
    fn shortest_timeout(&self) -> Span {
        self.election.by_clock(self.clock)
    }
}

/// What is to become of a timer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimerOrder {
    #[default]
    Keep,
    /// Set it anew, with a fresh span.
    Arm,
    /// Set it for so long, by the server's own clock.
    Set(Span),
    Cancel,
}

/// What a step brings about: what is to be done, and what is to be told. One for all servers, and
/// used again from step to step, so that it costs no allocation.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    /// Leave at once.
    pub messages: Vec<(ServerId, Message)>,
    /// Leave when everything written so far is on disk.
    pub held: Vec<(ServerId, Message)>,
    pub writes: Vec<Write>,
    /// The state machine begins again with this.
    pub installed: Option<Rc<Snapshot>>,
    pub election: TimerOrder,
    pub heartbeat: TimerOrder,
    /// A leader's check for a quorum.
    pub quorum: TimerOrder,
    /// Reads whose index is known.
    pub reads: Vec<Readable>,
    /// What it has done, and through which planted flaws.
    pub events: Vec<(Flaws, RaftEvent)>,
}

impl Outbox {
    /// Tells of something that happens by the rules.
    pub fn emit(&mut self, event: RaftEvent) {
        self.emit_through(Flaws::NONE, event);
    }

    /// Tells of something that these planted flaws have decided, if any has.
    pub fn emit_through(&mut self, flaws: Flaws, event: RaftEvent) {
        self.events.push((flaws, event));
    }

    /// Tells that a planted flaw did something of which no other event tells.
    pub fn depart(&mut self, flaw: Flaw) {
        self.emit_through(Flaws::only(flaw), RaftEvent::Departed { flaw });
    }
}

impl Raft {
    /// A server as it starts, with what its disk holds.
    pub fn new(
        id: ServerId,
        initial: Configuration,
        rules: Rules,
        HardState { term, voted_for }: HardState,
        log: Log,
    ) -> Self {
        Self {
            id,
            rules,
            initial,
            term,
            voted_for,
            commit: log.base().index,
            log,
            snapshot: None,
            incoming: None,
            state: State::Follower { leader: None },
            calls: Calls::default(),
            started: None,
            forgotten: OrdMap::new(),
        }
    }

    /// The same server after a crash, with what its disk holds.
    pub fn restarted(&self, hard: HardState, log: Log) -> Self {
        let (calls, forgotten) = (self.calls.started_again(), self.forgotten.clone());
        let fresh = Self::new(self.id, self.initial, self.rules, hard, log);
        Self { calls, forgotten, ..fresh }
    }

    /// Takes in a message from another server.
    pub fn receive(&mut self, from: ServerId, message: Message, cx: &Context, out: &mut Outbox) {
        let resets = !self.is_leader() && self.rules.resets_timer(&message);
        match message {
            Message::PreVote { call, term, last } => {
                self.on_pre_vote(from, call, term, last, cx, out);
            }
            Message::PreVoteReply { term, granted, .. } => {
                self.on_pre_vote_reply(from, term, granted, out);
            }
            Message::RequestVote { call, term, last, transfer } => {
                self.on_request_vote(from, call, (term, last, transfer), cx, out);
            }
            Message::VoteReply { term, granted, .. } => {
                self.on_vote_reply(from, term, granted, cx, out);
            }
            Message::Append { call, term, prev, entries, commit } => {
                let result = self.on_append((from, term), prev, entries, commit, cx, out);
                if let Some(result) = result {
                    let (term, prev) = (self.term, prev.index);
                    out.held.push((from, Message::AppendReply { call, term, prev, result }));
                }
            }
            Message::AppendReply { call, term, prev, result } => {
                self.on_append_reply(from, term, prev, result, cx, out);
                if term == self.term {
                    self.on_answer(from, call, out);
                }
            }
            // A language of its own, which only its guest understands.
            Message::Foreign { .. } => {}
            Message::ReadIndex { call, term, read } => {
                self.on_read_index(from, (call, term, read), cx, out);
            }
            Message::ReadIndexReply { term, read, index, .. } => {
                self.on_read_index_reply(term, read, index, out);
            }
            Message::TimeoutNow { term, .. } => self.on_timeout_now(from, term, out),
            Message::InstallSnapshot { call, term, chunk } => {
                let last = chunk.snapshot.last.index;
                let result = self.on_install_snapshot((from, term), chunk, cx, out);
                if let Some(result) = result {
                    let term = self.term;
                    out.held.push((from, Message::InstallReply { call, term, last, result }));
                }
            }
            Message::InstallReply { call, term, last, result } => {
                self.on_install_reply(from, (term, call), last, result, cx, out);
            }
        }
        if resets && out.election == TimerOrder::Keep {
            out.election = TimerOrder::Arm;
            out.depart(Flaw::ResetOnAnyRpc);
        }
    }

    /// A sync has ended: what the disk now holds, up to entry `last`, counts for this server itself.
    pub fn on_sync(&mut self, hard: HardState, last: Index, cx: &Context, out: &mut Outbox) {
        let own_vote = HardState { term: self.term, voted_for: Some(self.id) };
        match &mut self.state {
            State::Candidate(_) if hard == own_vote => {
                self.count_vote(self.id, self.term, Flaws::NONE, cx, out);
            }
            State::Leader(leader) => {
                let own = &mut leader.progress[self.id.index()];
                if last > own.matched {
                    own.matched = last;
                    own.next = own.matched.next();
                    self.advance_commit(cx, out);
                }
            }
            State::Candidate(_) | State::PreCandidate(_) | State::Follower { .. } => {}
        }
    }

    /// Sets an option. A leader's check for a quorum begins or ends with it.
    pub(in crate::cluster) fn choose(&mut self, choice: Choice, out: &mut Outbox) {
        if self.rules.options.of(choice.option) == choice {
            return;
        }
        self.rules.options.set(choice);
        if let (RaftOption::CheckQuorum, State::Leader(leader)) = (choice.option, &mut self.state) {
            leader.active = ServerSet::only(self.id);
            out.quorum = if choice.is_on() { TimerOrder::Arm } else { TimerOrder::Cancel };
        }
    }

    /// Plants a flaw in it, or removes it.
    pub(in crate::cluster) fn plant(&mut self, flaw: Flaw, on: bool) {
        self.rules.flaws.set(flaw, on);
    }

    /// Keeps the entries that have settled from that place on only once, as far as this server has
    /// the same.
    pub(in crate::cluster) fn share_log(&mut self, settled_to: usize, other: &Self) -> bool {
        self.log.share(settled_to, &other.log)
    }

    /// The vote of its term was never given if it was not durable: no word of it has left.
    pub(in crate::cluster) fn unsay_vote(&mut self, unsynced: impl Fn(Term, ServerId) -> bool) {
        let term = self.term;
        if self.forgotten.get(&term).is_some_and(|vote| unsynced(term, vote.candidate)) {
            self.forgotten.remove(&term);
        }
    }

    /// A vote that its disk held, or would have held, is not there any more.
    pub(in crate::cluster) fn forget_vote(
        &mut self,
        term: Term,
        candidate: ServerId,
        flaws: Flaws,
    ) {
        self.forgotten.insert(term, Forgotten { candidate, flaws });
    }

    /// For whom it has voted in its term, if that was for another than `candidate`, and it has
    /// forgotten it; and through which flaws.
    fn voted_before(&self, candidate: ServerId) -> (Option<ServerId>, Flaws) {
        match self.forgotten.get(&self.term) {
            Some(vote) if vote.candidate != candidate => (Some(vote.candidate), vote.flaws),
            Some(_) | None => (None, Flaws::NONE),
        }
    }

    /// Notes the term and the vote for the disk.
    fn write_vote(&self, out: &mut Outbox) {
        if let Some(Write::HardState(_)) = out.writes.last() {
            out.writes.pop();
        }
        let hard = HardState { term: self.term, voted_for: self.voted_for };
        out.writes.push(Write::HardState(hard));
    }
}
