//! What a server's consensus does, as it tells it itself: each event with the values that decided.

use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

use super::{AppendResult, Configuration, Most, Position, Reconfigured, Role, Summary};
use crate::cluster::flaw::Flaw;
use crate::cluster::time::Span;
use crate::cluster::types::{Index, ServerId, ServerSet, Term};

/// What a server's consensus does.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, IntoStaticStr, VariantNames)]
#[serde(tag = "event", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RaftEvent {
    /// It asks who would vote for it in `term`, the next one, and keeps its own.
    PreVoteStarted {
        term: Term,
        last: Position,
    },
    /// It would vote for the candidate. `own` and `last` as with a vote.
    PreVoteGranted {
        candidate: ServerId,
        term: Term,
        own: Position,
        last: Position,
    },
    PreVoteRefused {
        candidate: ServerId,
        term: Term,
        why: VoteRefusal,
    },
    PreVoteCounted {
        voter: ServerId,
        term: Term,
        votes: ServerSet,
    },
    /// It votes for itself. `before`: for whom it has voted in this term, if it has forgotten that.
    /// `promised`: who has said that it would vote for it, if it has asked before. `told_by`: which
    /// leader hands over to it.
    ElectionStarted {
        term: Term,
        last: Position,
        before: Option<ServerId>,
        promised: ServerSet,
        told_by: Option<ServerId>,
    },
    TermAdopted {
        from: Term,
        to: Term,
    },
    /// `own` and `last`: where its own log ends, and the candidate's. `before`: for whom it has
    /// voted in this term, if it has forgotten that.
    VoteGranted {
        candidate: ServerId,
        term: Term,
        own: Position,
        last: Position,
        before: Option<ServerId>,
    },
    VoteRefused {
        candidate: ServerId,
        term: Term,
        why: VoteRefusal,
    },
    /// `cast`: the term in which the vote was given.
    VoteCounted {
        voter: ServerId,
        term: Term,
        cast: Term,
        votes: ServerSet,
    },
    /// `stale`: whose votes were given in an earlier term.
    BecameLeader {
        term: Term,
        votes: ServerSet,
        stale: ServerSet,
        /// By which it counts them.
        #[serde(flatten)]
        all: Configuration,
    },
    /// A leader or candidate becomes a follower.
    SteppedDown {
        role: Role,
        term: Term,
        why: StepDown,
    },
    /// A leader begins to hand over to a server whose log it knows to match up to `matched`.
    TransferStarted {
        to: ServerId,
        matched: Index,
        last: Index,
    },
    /// It tells that server to become a candidate.
    HandedOver {
        to: ServerId,
        matched: Index,
        last: Index,
    },
    /// Nobody has taken over in time.
    TransferAborted {
        to: ServerId,
        within: Span,
    },
    /// A leader asks its followers whether it still leads, for a read. `commit`: its commit index.
    ReadBegun {
        commit: Index,
    },
    /// It tells a follower up to where it must have applied to answer its read.
    ReadIndexGiven {
        to: ServerId,
        index: Index,
        by_lease: bool,
    },
    /// Entries `first..=last` were added to the server's log, as followers add them. `before`: the
    /// term of the entry before them, the same as in the leader's log; 0 at the beginning.
    Appended {
        leader: ServerId,
        first: Index,
        last: Index,
        term: Term,
        before: Term,
    },
    /// Entries `first..=last` were removed: the first is of term `old`, and the leader's entry there
    /// of term `new`; `None` if its append had none there.
    Truncated {
        first: Index,
        last: Index,
        old: Term,
        new: Option<Term>,
    },
    /// A new leader opens its term with an entry that asks for nothing.
    NoopAppended {
        index: Index,
        term: Term,
    },
    /// A leader appends a configuration, and counts by it from now on.
    ConfigurationAppended {
        index: Index,
        term: Term,
        from: Configuration,
        to: Configuration,
    },
    /// A leader takes a change of members, and begins it once an entry of its own term is committed.
    ChangeWaits {
        term: Term,
    },
    /// A follower counts by another configuration now, the one at `index` of its log; 0: that with
    /// which the cluster began.
    Reconfigured {
        index: Index,
        from: Configuration,
        to: Configuration,
        #[serde(rename = "reason")]
        why: Reconfigured,
    },
    /// A server that is to vote has what the leader had when its round began, up to `matched`; the
    /// round took less than `within`.
    CaughtUp {
        server: ServerId,
        round: u32,
        matched: Index,
        took: Span,
        within: Span,
    },
    /// It has not caught up in so many rounds, or has been silent for so long: the change is given up.
    CatchUpEnded {
        server: ServerId,
        rounds: u32,
        silent: Span,
    },
    /// A follower no longer keeps to the leader from which it has heard, by command.
    LeaderForgotten {
        leader: ServerId,
    },
    /// Its election timer has run out, and it has no vote: it learns, or is no member any more.
    StandsNot {
        learns: bool,
        /// Where the configuration stands that says so.
        index: Index,
    },
    AppendRefused {
        leader: ServerId,
        prev: Position,
        why: AppendRefusal,
    },
    /// The leader counts a follower's log as the same as its own up to `index`, after an answer
    /// that went as far as `said`.
    Matched {
        follower: ServerId,
        index: Index,
        said: Index,
    },
    /// The leader will go on at `next`, after a refusal.
    BackedUp {
        refusal: AppendResult,
        follower: ServerId,
        from: Index,
        next: Index,
    },
    /// A leader sends a follower nothing but heartbeats until it answers, and goes on from `next` then;
    /// so many appends have not been answered.
    ProbesAgain {
        follower: ServerId,
        next: Index,
        unanswered: u32,
    },
    Resent {
        follower: ServerId,
        next: Index,
    },
    /// It has taken a snapshot, for which the entries `first..=last` have left its log; `limit`: the
    /// length of the log that asked for it, if that did.
    SnapshotTaken {
        first: Index,
        last: Position,
        bytes: u32,
        limit: Option<Most>,
    },
    /// The leader begins to send a snapshot: the follower needs entry `next`, and the log begins at
    /// `first`.
    SnapshotChosen {
        follower: ServerId,
        next: Index,
        first: Index,
        last: Position,
    },
    /// The leader sends the next chunk of a snapshot again, of which so many bytes have arrived.
    SnapshotResent {
        follower: ServerId,
        last: Index,
        received: u32,
    },
    /// A chunk of a snapshot has arrived: now there are the first `received` of its bytes.
    ChunkReceived {
        leader: ServerId,
        last: Position,
        received: u32,
        of: u32,
    },
    /// The leader of an older term sent a snapshot.
    SnapshotRefused {
        leader: ServerId,
        last: Position,
        own: Term,
    },
    /// What a snapshot covers is committed here already.
    SnapshotSkipped {
        leader: ServerId,
        last: Position,
        commit: Index,
    },
    /// A snapshot is its state now. `own`: where its log ended; `had`: the term of its own entry at
    /// the snapshot's last index; `end`: where its log ends now.
    SnapshotInstalled {
        leader: ServerId,
        last: Position,
        own: Position,
        had: Option<Term>,
        end: Index,
    },
    /// A message that no longer matters.
    Ignored {
        from: ServerId,
        summary: Summary,
        why: IgnoreReason,
    },
    /// `copies`: who has the last of the entries, as far as this leader knows; `holders`: which of
    /// them hold it on their disks.
    Committed {
        first: Index,
        last: Index,
        term: Term,
        /// The leader's own term.
        current: Term,
        copies: ServerSet,
        holders: ServerSet,
        /// By which it counts them.
        #[serde(flatten)]
        all: Configuration,
    },
    /// A follower takes a new commit index from an append that brought `commit` and went as far as
    /// entry `shown`.
    LearnedCommit {
        leader: ServerId,
        first: Index,
        last: Index,
        commit: Index,
        shown: Index,
    },
    /// An entry of an older term is on a majority, and may not be committed by counting.
    OldTermWaits {
        index: Index,
        entry: Term,
        term: Term,
        copies: ServerSet,
    },
    /// A guest has written term and vote.
    Saved {
        term: Term,
        vote: Option<ServerId>,
    },
    /// A guest has written entries behind its log; the last is of this term.
    Wrote {
        first: Index,
        last: Index,
        term: Term,
    },
    /// A guest has removed entries from its log; the first was of term `old`.
    Erased {
        first: Index,
        last: Index,
        old: Term,
    },
    /// A guest reports that it is a candidate, or asks before it becomes one.
    Stands {
        term: Term,
        first_asks: bool,
    },
    /// A guest that follows reports another commit index.
    CommitReported {
        first: Index,
        last: Index,
    },
    /// A planted flaw did something that no other event tells of.
    Departed {
        flaw: Flaw,
    },
}

/// Why a server doesn't vote for a candidate (Figure 2, RequestVote RPC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum VoteRefusal {
    /// The candidate's term is older than the voter's.
    StaleTerm { own: Term },
    /// It has voted for another in this term.
    VotedFor { server: ServerId },
    /// The candidate's log is less up to date than its own (§5.4.1).
    LogBehind { own: Position, candidate: Position },
    /// It has heard from a leader not long ago (dissertation §4.2.3).
    LeaderHeard { leader: ServerId, ago: Span, shortest: Span },
    /// It leads itself (dissertation §4.2.3).
    Leads { term: Term },
    /// It may have heard from a leader just before it was started again (dissertation §6.4.1).
    JustStarted { ago: Span, shortest: Span },
}

/// Why a follower refuses an AppendEntries (Figure 2, AppendEntries RPC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum AppendRefusal {
    /// The leader's term is older than its own.
    StaleTerm { own: Term },
    /// Its log ends before the leader's previous entry.
    TooShort { last: Index },
    /// It has an entry of another term there.
    Conflict { own: Term, first: Index },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum StepDown {
    /// It saw a higher term.
    NewerTerm { term: Term },
    /// A candidate heard from the leader of its term.
    LeaderFound { leader: ServerId },
    /// A leader heard from no majority for as long as this, only from these (dissertation §6.2).
    QuorumSilent { heard: ServerSet, within: Span },
    /// Members have changed, and the leader is no voter any more: these are (dissertation §4.2.2).
    Removed { voters: ServerSet },
    /// It is a guest, and reports so.
    Reported,
}

/// Why a reply is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IgnoreReason {
    /// It belongs to an older term.
    OldTerm,
    /// The receiver is no longer what it was when it asked.
    NotInRole,
    /// It asks the receiver to lead, who has no vote.
    NoVote,
    /// It asks a leader, and the receiver is none.
    NotLeader,
    /// An append of another leader of the term that the receiver leads itself.
    AlsoLeads,
    /// It says who would vote for the receiver in another term than it asks for now.
    EarlierQuestion,
    /// A later answer has overtaken it.
    Overtaken,
}
