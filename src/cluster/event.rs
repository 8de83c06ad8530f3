//! What happened, and why.
//!
//! Every transition emits an [`Event`] with its cause. The trace, the event pane, the checkers
//! and the exports read events; nothing scrapes text. Events are plain values: the words are
//! made only when somebody reads them, in `words.rs`, from the event and the [`Names`] alone.

use std::rc::Rc;
use std::sync::Arc;

use serde::Serialize;

use super::check::Violation;
use super::command::{Command, Condition, Pace, Question, Watched};
use super::flaw::{Flaw, Flaws};
use super::kv::Known;
use super::network::{Summary, WrongLeader};
use super::raft::{Position, Role};
use super::time::{Ppm, Span, Time};
use super::types::{
    Answer, ClientId, Index, Key, Node, Op, PacketId, Request, ServerId, ServerSet, Term, Value,
};

/// Names that events need to be told in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    pub clients: imbl::Vector<Arc<str>>,
}

impl Names {
    pub fn client(&self, client: ClientId) -> &str {
        self.clients.get(client.index()).map_or("?", |name| name)
    }

    pub fn node(&self, node: Node) -> String {
        match node {
            Node::Server(server) => server.to_string(),
            Node::Client(client) => self.client(client).to_owned(),
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    pub time: Time,
    pub cause: Cause,
    /// The planted flaws that answered otherwise than the rule would have: none in nearly every
    /// run, and none where a flaw made no difference.
    #[serde(skip_serializing_if = "Flaws::is_empty")]
    pub flaws: Flaws,
    #[serde(flatten)]
    pub kind: EventKind,
}

impl Event {
    /// The flaws that its words name: which decided it, and through which what it tells of will not
    /// last.
    pub const fn named_flaws(&self) -> Flaws {
        match &self.kind {
            EventKind::Synced { forgets, .. } => self.flaws.union(*forgets),
            _ => self.flaws,
        }
    }
}

/// What brought it about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "by", content = "which")]
pub enum Cause {
    /// The beginning of the run.
    #[default]
    Start,
    /// A command: how many have been applied before it.
    Command(u64),
    Packet(PacketId),
    /// The loss of a packet that its sender was told of.
    LossReport(PacketId),
    ElectionTimer(ServerId),
    HeartbeatTimer(ServerId),
    WaiterTimer(ServerId),
    Sync(ServerId),
    /// A client's own timer: a reply that did not come, or the end of a pause.
    ClientTimer(ClientId),
    /// A line of the script, by its number in the file.
    Line(u32),
}

/// What happened, with the values that decided.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum EventKind {
    /// A command was applied, with every "who" resolved.
    Commanded {
        #[serde(serialize_with = "as_text")]
        command: Arc<Command>,
    },

    // Power and disk.
    /// `lost`: entries in the log that were not yet on disk; `vote`: a vote that was not.
    Crashed {
        server: ServerId,
        lost: u64,
        vote: Option<ServerId>,
    },
    /// What its disk holds: it begins with that, and with nothing else.
    Restarted {
        server: ServerId,
        term: Term,
        vote: Option<ServerId>,
        last: Position,
    },
    FellAsleep {
        server: ServerId,
    },
    Woke {
        server: ServerId,
        packets: u32,
    },
    Wiped {
        server: ServerId,
    },
    ClockSet {
        server: ServerId,
        rate: Ppm,
    },
    /// What was written is on disk: the log up to `last`, and nothing of it where the log is kept in
    /// memory only. `forgets`: the flaws through which what this write held will not be there after
    /// a crash; they have decided nothing before.
    Synced {
        server: ServerId,
        last: Index,
        #[serde(skip_serializing_if = "Flaws::is_empty")]
        forgets: Flaws,
    },

    // Packets.
    Sent {
        packet: PacketId,
        from: Node,
        to: Node,
        summary: Summary,
    },
    Duplicated {
        packet: PacketId,
        copy: PacketId,
    },
    /// Packets by hand: one is held at the end of its way, goes on, or is delayed.
    Held {
        packet: PacketId,
        from: Node,
        to: Node,
        summary: Summary,
    },
    Freed {
        packet: PacketId,
        from: Node,
        to: Node,
        summary: Summary,
    },
    Delayed {
        packet: PacketId,
        from: Node,
        to: Node,
        summary: Summary,
        span: Span,
    },
    Received {
        packet: PacketId,
        from: Node,
        to: Node,
        summary: Summary,
    },
    Dropped {
        packet: PacketId,
        from: Node,
        to: Node,
        summary: Summary,
        why: DropReason,
        /// A client lost the same call at the same server before.
        again: bool,
    },
    /// Its sender learns that a request, or the reply to it, was lost.
    LossReported {
        to: Node,
        about: Node,
    },

    // Elections.
    /// It votes for itself. `before`: for whom it has voted in this term, if it has forgotten that.
    ElectionStarted {
        server: ServerId,
        term: Term,
        last: Position,
        before: Option<ServerId>,
    },
    TermAdopted {
        server: ServerId,
        from: Term,
        to: Term,
    },
    /// `own` and `last`: where its own log ends, and the candidate's. `before`: for whom it has
    /// voted in this term, if it has forgotten that.
    VoteGranted {
        server: ServerId,
        candidate: ServerId,
        term: Term,
        own: Position,
        last: Position,
        before: Option<ServerId>,
    },
    VoteRefused {
        server: ServerId,
        candidate: ServerId,
        term: Term,
        why: VoteRefusal,
    },
    /// `cast`: the term in which the vote was given.
    VoteCounted {
        server: ServerId,
        voter: ServerId,
        term: Term,
        cast: Term,
        votes: ServerSet,
    },
    /// `stale`: whose votes were given in an earlier term.
    BecameLeader {
        server: ServerId,
        term: Term,
        votes: ServerSet,
        stale: ServerSet,
        servers: u8,
    },
    /// A leader or candidate becomes a follower.
    SteppedDown {
        server: ServerId,
        role: Role,
        term: Term,
        why: StepDown,
    },

    // Replication.
    Submitted {
        server: ServerId,
        index: Index,
        term: Term,
        op: Rc<Op>,
        client: ClientId,
    },
    /// Entries `first..=last` were added to the server's log, as followers add them. `before`: the
    /// term of the entry before them, the same as in the leader's log; 0 at the beginning.
    Appended {
        server: ServerId,
        leader: ServerId,
        first: Index,
        last: Index,
        term: Term,
        before: Term,
    },
    /// Entries `first..=last` were removed: the first is of term `old`, and the leader's entry there
    /// of term `new`; `None` if its append had none there.
    Truncated {
        server: ServerId,
        first: Index,
        last: Index,
        old: Term,
        new: Option<Term>,
    },
    AppendRefused {
        server: ServerId,
        leader: ServerId,
        prev: Position,
        why: AppendRefusal,
    },
    /// The leader counts a follower's log as the same as its own up to `index`, after an answer
    /// that went as far as `said`.
    Matched {
        server: ServerId,
        follower: ServerId,
        index: Index,
        said: Index,
    },
    /// The leader will go on at `next`, after a refusal.
    /// `conflict`: the term of the follower's entry there; `None` if its log is shorter.
    BackedUp {
        server: ServerId,
        conflict: Option<Term>,
        follower: ServerId,
        from: Index,
        next: Index,
    },
    Resent {
        server: ServerId,
        follower: ServerId,
        next: Index,
    },
    /// A message that no longer matters.
    Ignored {
        server: ServerId,
        from: ServerId,
        summary: Summary,
        why: IgnoreReason,
    },
    /// `copies`: who has the last of the entries, as far as this leader knows; `holders`: which of
    /// them hold it on their disks.
    Committed {
        server: ServerId,
        first: Index,
        last: Index,
        term: Term,
        /// The leader's own term.
        current: Term,
        copies: ServerSet,
        holders: ServerSet,
        servers: u8,
    },
    /// A follower takes a new commit index from an append that brought `commit` and went as far as
    /// entry `shown`.
    LearnedCommit {
        server: ServerId,
        leader: ServerId,
        first: Index,
        last: Index,
        commit: Index,
        shown: Index,
    },
    /// An entry of an older term is on a majority, and may not be committed by counting.
    OldTermWaits {
        server: ServerId,
        index: Index,
        entry: Term,
        term: Term,
        copies: ServerSet,
    },
    /// A planted flaw did something that no other event tells of.
    Departed {
        server: ServerId,
        flaw: Flaw,
    },

    // The replicated state machine.
    Refused {
        server: ServerId,
        client: ClientId,
        leader: Option<ServerId>,
        /// It refused the same call before.
        again: bool,
    },
    Applied {
        server: ServerId,
        index: Index,
        op: Rc<Op>,
        answer: Answer,
        own: bool,
    },
    /// A client gets its answer, when entry `index` has been applied.
    Answered {
        server: ServerId,
        client: ClientId,
        index: Index,
        answer: Answer,
    },
    /// A waiter goes without.
    WaiterReleased {
        server: ServerId,
        client: ClientId,
        index: Index,
        why: WrongLeader,
    },
    WaitersLost {
        server: ServerId,
        count: u32,
    },

    // Clients.
    ClientCreated {
        client: ClientId,
    },
    Called {
        client: ClientId,
        request: Request,
    },
    Asked {
        client: ClientId,
        server: ServerId,
        attempt: u32,
    },
    AttemptFailed {
        client: ClientId,
        server: ServerId,
        why: AttemptFailure,
        /// The call came to nothing at this server before, and in the same way.
        again: bool,
    },
    Returned {
        client: ClientId,
        request: Request,
        result: Known,
        late: bool,
    },
    /// It gives up what it has open, and the call of that if there is one, for good.
    Abandoned {
        client: ClientId,
        call: Option<Request>,
    },
    /// A reply to an attempt that its client has given up.
    LateReply {
        client: ClientId,
        server: ServerId,
    },
    Queued {
        client: ClientId,
        waiting: u32,
    },
    LockHeld {
        client: ClientId,
        lock: Key,
    },
    LockFree {
        client: ClientId,
        lock: Key,
    },
    /// A `set`, `check`, `acquire` or `release` is done.
    Finished {
        client: ClientId,
        what: Arc<str>,
    },

    // The script.
    LineRun {
        task: u32,
        line: u32,
    },
    Said {
        text: Arc<str>,
    },
    Beat,
    /// The class is asked this.
    Posed {
        #[serde(serialize_with = "as_shown")]
        question: Arc<Question>,
    },
    /// What the class says: the number of one choice, or so many hands for each.
    Counted {
        hands: Arc<[u32]>,
    },
    /// Of each choice, whether it is so now; `None` where nothing says when it is.
    Revealed {
        so: Arc<[Option<bool>]>,
    },
    /// Somebody wants to know how likely each choice is.
    OracleAsked,
    /// A note for whoever speaks.
    Aside {
        text: Arc<str>,
    },
    /// These are spoken of: an entry of their logs, if one is named.
    Pointed {
        servers: ServerSet,
        entry: Option<Index>,
    },
    Noted {
        text: Arc<str>,
    },
    /// The lab stands still when this becomes true, or no longer does.
    BreakpointSet {
        #[serde(serialize_with = "as_condition")]
        condition: Arc<Condition>,
        on: bool,
    },
    /// Somebody watches this from now on: line `line` of the script, or a person (0).
    Watched {
        #[serde(serialize_with = "as_shown")]
        what: Arc<Watched>,
        line: u32,
    },
    /// Nobody watches this any more, or nothing at all.
    Unwatched {
        #[serde(serialize_with = "as_shown_or_all")]
        what: Option<Arc<Watched>>,
    },
    Marked {
        name: Arc<str>,
    },
    Paced {
        pace: PaceEvent,
    },
    Expected {
        line: u32,
        #[serde(serialize_with = "as_text")]
        command: Arc<Command>,
    },
    TaskEnded {
        task: u32,
    },
    ScriptEnded,
    Failed {
        line: u32,
        expected: Arc<str>,
        actual: Arc<str>,
    },

    /// It would have failed, had nobody acted, or had been no line of a script; the run goes on.
    Remarked {
        line: u32,
        expected: Arc<str>,
        actual: Arc<str>,
    },

    // The checkers.
    Violated {
        violation: Arc<Violation>,
    },
}

/// A pace in an event; only its words are serialised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaceEvent(pub Pace);

impl Serialize for PaceEvent {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Command::Pace(self.0))
    }
}

fn as_text<S: serde::Serializer>(command: &Arc<Command>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(command)
}

fn as_condition<S: serde::Serializer>(
    condition: &Arc<Condition>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(condition)
}

fn as_shown<T: std::fmt::Display, S: serde::Serializer>(
    what: &Arc<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(what)
}

fn as_shown_or_all<S: serde::Serializer>(
    what: &Option<Arc<Watched>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match what {
        Some(what) => serializer.collect_str(what),
        None => serializer.collect_str("all"),
    }
}

/// Why a packet did not reach anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// The link lost it by chance.
    Lost,
    Cut,
    Down,
    /// A client RPC whose server has restarted since the call began.
    OldIncarnation,
    /// Packets that wait are only kept up to a bound.
    Overflow,
    /// Somebody ordered it.
    ByHand,
}

/// Why a server doesn't vote for a candidate (Figure 2, RequestVote RPC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum VoteRefusal {
    /// The candidate's term is older than the voter's.
    StaleTerm { own: Term },
    /// It has voted for another in this term.
    VotedFor { server: ServerId },
    /// The candidate's log is less up to date than its own (§5.4.1).
    LogBehind { own: Position, candidate: Position },
}

/// Why a follower refuses an AppendEntries (Figure 2, AppendEntries RPC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum AppendRefusal {
    /// The leader's term is older than its own.
    StaleTerm { own: Term },
    /// Its log ends before the leader's previous entry.
    TooShort { last: Index },
    /// It has an entry of another term there.
    Conflict { own: Term, first: Index },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum StepDown {
    /// It saw a higher term.
    NewerTerm { term: Term },
    /// A candidate heard from the leader of its term.
    LeaderFound { leader: ServerId },
}

/// Why a reply is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IgnoreReason {
    /// It belongs to an older term.
    OldTerm,
    /// The receiver is no longer what it was when it asked.
    NotInRole,
    /// An append of another leader of the term that the receiver leads itself.
    AlsoLeads,
    /// A later answer has overtaken it.
    Overtaken,
}

/// Why a client's attempt at one server came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "reason", content = "detail")]
pub enum AttemptFailure {
    /// No reply came in time.
    TimedOut,
    /// The network said that the request or its reply was lost.
    LossReported,
    WrongLeader(WrongLeader),
}

/// What somebody can point at when a value is shown.
pub type Shown = (Key, Value);
