//! What happened, and why.
//!
//! Every transition emits an [`Event`] with its cause. The trace, the event pane, the checkers
//! and the exports read events; nothing scrapes text. Events are plain values: the words are
//! made only when somebody reads them, in `words/`, from the event and the [`Names`] alone.

use std::fmt::Display;
use std::rc::Rc;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use strum::{IntoStaticStr, VariantNames};

use super::cause::Cause;
use super::command::{Condition, Deed, Flow, NodeName, Pace, Question, Tell, Watched};
use super::flaw::Flaws;
use super::invariant::Violation;
use super::kv::Known;
use super::network::{Flight, Reply, WrongLeader};
pub use super::raft::{AppendRefusal, IgnoreReason, RaftEvent, StepDown, VoteRefusal};
use super::raft::{Configuration, Position};
use super::sessions::Skipped;
use super::time::{Ppm, Span, Time};
use super::types::{
    Answer, ClientId, Index, Key, Node, Op, PacketId, Registration, Request, ServerId, ServerSet,
    SessionId, Term, Value,
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
        if let EventKind::Server(_, ServerEvent::Synced { forgets, .. }) = &self.kind {
            return self.flaws.union(*forgets);
        }
        self.flaws
    }
}

/// What happened, by whom or what it is about; with the values that decided.
#[derive(Clone, Debug, PartialEq)]
pub enum EventKind {
    Server(ServerId, ServerEvent),
    Raft(ServerId, RaftEvent),
    Packet(Flight, PacketEvent),
    Network(NetworkEvent),
    Client(ClientId, ClientEvent),
    Script(ScriptEvent),
    Lab(LabEvent),
}

/// Power, disk and state machine of a server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, IntoStaticStr, VariantNames)]
#[serde(tag = "event", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ServerEvent {
    /// `lost`: entries in the log that were not yet on disk; `vote`: a vote that was not.
    Crashed {
        lost: u64,
        vote: Option<ServerId>,
    },
    /// What its disk holds: it begins with that, and with nothing else. `base`: up to where a
    /// snapshot stands in for the log; 0 without one.
    Restarted {
        term: Term,
        vote: Option<ServerId>,
        base: Index,
        last: Position,
    },
    FellAsleep,
    Woke {
        packets: u32,
    },
    Wiped,
    /// Its disk is lost, and nothing counts on it: no configuration names the server.
    Renewed,
    ClockSet {
        rate: Ppm,
    },
    /// How long a write takes from now on; `None`: no write ends.
    DiskSet {
        sync: Option<Span>,
    },
    /// So many records could not be written, and the server stops.
    WriteFailed {
        records: u32,
    },
    /// The power fails in the midst of a write: so many of its records are whole, which end the log
    /// at `last`, and one is not.
    WriteTorn {
        kept: u32,
        last: Index,
    },
    /// Half of a record is found at the end of the disk, and dropped.
    RecordDropped,
    /// What was written is on disk: the log up to `last`, and nothing of it where the log is kept in
    /// memory only. `forgets`: the flaws through which what this write held will not be there after
    /// a crash; they have decided nothing before.
    Synced {
        last: Index,
        #[serde(default, skip_serializing_if = "Flaws::is_empty")]
        forgets: Flaws,
    },
    Submitted {
        index: Index,
        term: Term,
        op: Rc<Op>,
        client: ClientId,
    },
    /// A leader appends an entry that opens a session.
    Registering {
        index: Index,
        term: Term,
        entry: Rc<Registration>,
        client: ClientId,
    },
    /// `again`: it refused the same call before.
    Refused {
        client: ClientId,
        leader: Option<ServerId>,
        again: bool,
    },
    /// A leader takes no requests while it hands over.
    HandsOver {
        client: ClientId,
        to: ServerId,
        again: bool,
    },
    /// A leader takes no requests while so many entries of its term are not committed.
    HoldsBack {
        client: ClientId,
        uncommitted: u64,
        again: bool,
    },
    Applied {
        index: Index,
        op: Rc<Op>,
        answer: Answer,
        own: bool,
    },
    /// A committed put of a session is not carried out.
    Skipped {
        index: Index,
        op: Rc<Op>,
        why: Skipped,
        own: bool,
    },
    /// An entry that opens a session is applied; another one may expire for it.
    Registered {
        index: Index,
        entry: Rc<Registration>,
        expired: Option<SessionId>,
        own: bool,
    },
    /// A server takes a get that takes no entry; `asks`: the leader that it asks about it.
    ReadTaken {
        client: ClientId,
        request: Request,
        asks: Option<ServerId>,
    },
    /// It answers the get from its map, which must have applied up to `index`.
    ReadAnswered {
        client: ClientId,
        index: Index,
        applied: Index,
        by_lease: bool,
        answer: Answer,
    },
    /// Such a get goes without an answer.
    ReadReleased {
        client: ClientId,
        why: WrongLeader,
    },
    /// A no-op is applied: nothing changes.
    AppliedNoop {
        index: Index,
    },
    /// A configuration is applied: the map stays as it is.
    AppliedMembers {
        index: Index,
        #[serde(flatten)]
        all: Configuration,
    },
    /// A client gets its answer, when entry `index` has been applied.
    Answered {
        client: ClientId,
        index: Index,
        answer: Answer,
    },
    /// A guest with a service of its own answers a client.
    Replied {
        client: ClientId,
        reply: Reply,
    },
    /// A waiter goes without.
    WaiterReleased {
        client: ClientId,
        index: Index,
        why: WrongLeader,
    },
    WaitersLost {
        count: u32,
    },
    /// A guest writes what it keeps beside term, vote and log.
    Kept {
        bytes: u64,
    },
    /// A line of a guest.
    Said {
        text: Arc<str>,
    },
    /// A guest has ended, and its server crashes.
    Ended {
        why: Arc<str>,
    },
}

/// What becomes of a packet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, IntoStaticStr, VariantNames)]
#[serde(tag = "event", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum PacketEvent {
    Sent,
    /// Packets by hand: one is held at the end of its way, goes on, or is delayed.
    Held,
    Freed,
    Delayed {
        span: Span,
    },
    Received,
    /// `again`: a client lost the same call at the same server before.
    Dropped {
        why: DropReason,
        again: bool,
    },
}

/// What the network does beside that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, IntoStaticStr, VariantNames)]
#[serde(tag = "event", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum NetworkEvent {
    Duplicated {
        packet: PacketId,
        copy: PacketId,
    },
    /// Its sender learns that a request, or the reply to it, was lost.
    LossReported {
        to: Node,
        about: Node,
    },
}

/// What a client does and is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, IntoStaticStr, VariantNames)]
#[serde(tag = "event", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ClientEvent {
    ClientCreated,
    Called {
        request: Request,
    },
    Asked {
        server: ServerId,
        attempt: u32,
    },
    /// It wants a session before it asks for anything else.
    WantsSession,
    SessionOpened {
        session: SessionId,
    },
    /// Its session is open no more. `maybe`: what it asked for may have been carried out before.
    SessionLost {
        session: SessionId,
        maybe: bool,
    },
    /// `again`: the call came to nothing at this server before, and in the same way.
    AttemptFailed {
        server: ServerId,
        why: AttemptFailure,
        again: bool,
    },
    Returned {
        request: Request,
        result: Known,
        late: bool,
        /// What became of it, the answer does not say: its session has expired.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unknown: bool,
    },
    /// It gives up what it has open, and the call of that if there is one, for good.
    Abandoned {
        call: Option<Request>,
    },
    /// A reply to an attempt that its client has given up.
    LateReply {
        server: ServerId,
    },
    Queued {
        waiting: u32,
    },
    LockHeld {
        lock: Key,
    },
    LockFree {
        lock: Key,
    },
    /// A `set`, `check`, `acquire` or `release` is done.
    Finished {
        what: Arc<str>,
    },
}

/// The script goes on, or somebody asks as a script would.
#[derive(Clone, Debug, PartialEq, Serialize, IntoStaticStr, VariantNames)]
#[serde(tag = "event", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ScriptEvent {
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
        #[serde(serialize_with = "as_text")]
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
    /// A note for the presenter.
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
        #[serde(serialize_with = "as_text")]
        condition: Arc<Condition>,
        on: bool,
    },
    /// Somebody watches this from now on: line `line` of the script, or a person (0).
    Watched {
        #[serde(serialize_with = "as_text")]
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
        #[serde(serialize_with = "as_pace")]
        pace: Pace,
    },
    Expected {
        line: u32,
        #[serde(serialize_with = "as_text")]
        command: Arc<Flow>,
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
}

/// What comes from outside, and what the checkers find.
#[derive(Clone, Debug, PartialEq, Serialize, IntoStaticStr, VariantNames)]
#[serde(tag = "event", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum LabEvent {
    /// A command was applied, with every "who" resolved.
    Commanded {
        #[serde(serialize_with = "as_text")]
        command: Arc<Deed<NodeName>>,
    },
    Violated {
        violation: Arc<Violation>,
    },
}

impl EventKind {
    /// What it is called where it is written as JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Server(_, event) => event.into(),
            Self::Raft(_, event) => event.into(),
            Self::Packet(_, event) => event.into(),
            Self::Network(event) => event.into(),
            Self::Client(_, event) => event.into(),
            Self::Script(event) => event.into(),
            Self::Lab(event) => event.into(),
        }
    }
}

/// One flat object: the event's name, whom it is about, and its values.
impl Serialize for EventKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Object<'a, W: Serialize, V: Serialize> {
            #[serde(flatten)]
            whom: W,
            #[serde(flatten)]
            values: &'a V,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "snake_case")]
        enum Whom {
            Server(ServerId),
            Client(ClientId),
        }
        match self {
            Self::Server(server, values) => {
                Object { whom: Whom::Server(*server), values }.serialize(serializer)
            }
            Self::Raft(server, values) => {
                Object { whom: Whom::Server(*server), values }.serialize(serializer)
            }
            Self::Client(client, values) => {
                Object { whom: Whom::Client(*client), values }.serialize(serializer)
            }
            Self::Packet(flight, values) => Object { whom: flight, values }.serialize(serializer),
            Self::Network(values) => Object { whom: (), values }.serialize(serializer),
            Self::Script(values) => Object { whom: (), values }.serialize(serializer),
            Self::Lab(values) => Object { whom: (), values }.serialize(serializer),
        }
    }
}

/// As it is written in a script.
fn as_text<T: Display, S: Serializer>(what: &Arc<T>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(what)
}

fn as_pace<S: Serializer>(pace: &Pace, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Tell::Pace(*pace))
}

fn as_shown_or_all<S: Serializer>(
    what: &Option<Arc<Watched>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match what {
        Some(what) => serializer.collect_str(what),
        None => serializer.collect_str("all"),
    }
}

/// Why a packet did not reach anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// Why a client's attempt at one server came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
