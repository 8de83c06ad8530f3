//! One vocabulary: a [`Command`] is all that a person, a script or a recording can say to the
//! lab. A key press, a `:` line, a line of a script and a line of a recording are the same
//! command and have one text form; `parse(print(c)) == c`.
//!
//! [`verbs::VERBS`] is the table from which parser, printer, completion, help and the reference
//! page are made. CONTRIBUTING.md says how to add a verb.

#[cfg(test)]
pub(crate) mod arbitrary;
mod blocks;
mod caption;
mod check;
pub mod complete;
mod condition;
mod conditions;
mod deed;
pub mod diagnostic;
pub mod editor;
mod expect;
mod fault;
mod lab;
mod lex;
mod measure;
pub(super) mod measures;
mod number;
mod parse;
mod print;
mod quantity;
mod question;
mod reader;
pub mod recording;
pub mod reference;
mod script;
mod start;
mod text;
pub mod verbs;
pub mod who;

pub use caption::{CAPTION_COLUMNS, CAPTION_LINES, caption_flaw, caption_lines};
pub use condition::{Compare, Condition, Filler, Operand, PatternKind, ReplyPattern, RoleName};
pub use deed::{Deed, Ends, Keeping, NodeName, Operation, Order, Word, Words};
pub use diagnostic::{Diagnostic, Printed};
pub use expect::{either, meant, nearest};
pub use fault::{Fault, Faults};
pub use lab::{LabAct, Motion};
pub use lex::quoted;
pub use measure::{Argument, Group, Kind, Measure, Position, Quantity, Takes};
pub use number::{Base, Number};
pub use parse::{Reference, parse_condition, parse_line, parse_typed};
pub(super) use print::{Spaced, Terms};
pub use quantity::fallen as fallen_terms;
pub(super) use quantity::grouped;
pub use question::{CHOICES_MAX, Choice, Question};
pub use script::{
    BYTES_MAX, Challenge, LINE_BYTES_MAX, LINES_MAX, Line, MISTAKES_SHOWN, Script, Shows, Stage,
    Variant,
};
pub(super) use script::{
    IDLE_ROUNDS_MAX, LINES_NOW_MAX, MARKS_MAX, RECURRING_MAX, ROUNDS_NOW_MAX, SCHEDULED_MAX,
    TASKS_MAX,
};
pub use text::{NAME_MAX, Piece, Pieces, Text, is_name};
pub use verbs::{ClientAct, DiskAct, Fate, LinkAct, MemberAct, PacketAct, ServerAct};

use serde::{Deserialize, Serialize};

use recording::Record;

use super::config::Config;
use super::flaw::{Breaks, Flaw};
use super::network::Network;
use super::raft::{Most, Options};
use super::time::{Ppm, Span, SpanRange, Time};
use super::types::{ServerId, Term, Version};
use super::{Implementation, Limits};

/// One command: one line of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// What the cluster is before its first event.
    Head(Head),
    /// What was done from outside, as a recording says it.
    Record(Record),
    Deed(Deed),
    Block(Block),
    Flow(Flow),
    Tell(Tell),
}

impl Command {
    /// What is done once it runs: itself, or what it puts down for later.
    pub fn then(&self) -> &Self {
        if let Self::Flow(Flow::At { command, .. } | Flow::Every { command, .. }) = self {
            return command.then();
        }
        self
    }
}

/// What the cluster is before its first event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Head {
    Cluster(Setup),
    Given {
        server: ServerId,
        term: Term,
        log: Vec<Term>,
    },
    /// Clients that are there from the start.
    Clients(Vec<Text>),
    /// The script shows what a flaw breaks.
    Shows {
        flaw: Flaw,
        breaks: Breaks,
    },
    /// The script is a challenge.
    Challenge(Challenge),
}

/// Opens, parts or closes a block of lines: it means something in a script only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    Task {
        name: Text,
    },
    For {
        name: Text,
        first: u32,
        last: u32,
    },
    Repeat {
        count: u32,
        name: Option<Text>,
    },
    LoopFor {
        span: Span,
        name: Option<Text>,
    },
    LoopUntil(Condition),
    If(Condition),
    /// What an `if` does otherwise.
    Else,
    /// Closes a task or a loop.
    End,
}

/// Any other flow of a script: it acts on nothing itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flow {
    Run(SpanRange),
    Until {
        condition: Condition,
        within: Option<Span>,
    },
    Expect(Condition),
    Let {
        name: Text,
        value: Bound,
    },
    Wait {
        name: Text,
        within: Option<Span>,
    },
    At {
        place: Place,
        command: Box<Command>,
    },
    Every {
        span: Span,
        command: Box<Command>,
    },
    /// Ends a task, or with `every` all that recurs.
    Stop(Text),
}

/// Says something to those who watch: no effect on the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tell {
    Say(Text),
    Beat,
    /// The player's part of a challenge begins, and ends.
    Turn,
    Judge,
    /// The class is asked.
    Ask(Question),
    /// What the class says: the number of one choice, or so many hands for each.
    Answer(Vec<u32>),
    /// Which choice is so.
    Reveal,
    /// How likely each choice is.
    Oracle,
    /// A note for whoever speaks.
    Aside(Text),
    /// These are spoken of, or an entry of their logs; of all logs that have it when nobody is named.
    Point {
        who: Vec<Who>,
        entry: Option<Number>,
    },
    Note(Text),
    Mark(Text),
    /// The lab stands still when this becomes true.
    Break(Condition),
    /// It no longer does.
    Unbreak(Condition),
    /// This stays on the screen.
    Watch(Watched),
    /// This no longer does; nothing does when it is not said.
    Unwatch(Option<Watched>),
    Pace(Pace),
}

impl From<Head> for Command {
    fn from(head: Head) -> Self {
        Self::Head(head)
    }
}

impl From<Tell> for Command {
    fn from(tell: Tell) -> Self {
        Self::Tell(tell)
    }
}

/// Something that is shown for as long as it is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watched {
    Condition(Condition),
    Value(Measure),
}

/// What `let` gives a name to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    Servers(Vec<Who>),
    /// All servers but these.
    RestOf(Vec<Who>),
    Number(Number),
    Measure(Measure),
    /// Drawn from the script's own stream, both ends included.
    Random(u32, u32),
}

/// A place in a run: a lab time, how many events have been handled at that time, and how much else
/// has been done at it: lines of scripts, faults at random, commands. Whatever happens counts as one
/// of the two, so no two moments of a run share a place. Printed `1.203441s+2+5`, as far as it is not
/// zero; without a `+`, before anything that is due then.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Place {
    pub time: Time,
    pub after: u32,
    /// How much has been done at that time that is no event of the cluster's own.
    pub acts: u32,
}

/// Options of `cluster …`; `None` leaves the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setup {
    pub servers: Option<u8>,
    pub seed: Option<u64>,
    pub network: Option<Network>,
    pub election: Option<SpanRange>,
    pub heartbeat: Option<Span>,
    pub append_max: Option<u32>,
    pub inflight: Option<Most>,
    pub uncommitted: Option<u32>,
    pub snapshot: Option<Most>,
    pub snapshot_chunk: Option<u32>,
    pub client_sessions: Option<u32>,
    pub sync: Option<Span>,
    pub rpc_timeout: Option<Span>,
    pub events_max: Option<u64>,
    pub options: Options,
    /// The file of the Raft that the servers have, and what a module from there may use and must be.
    pub raft: Option<Text>,
    pub raft_params: Option<Text>,
    pub raft_fuel: Option<u64>,
    pub raft_memory: Option<u64>,
    pub raft_hash: Option<u64>,
}

impl Setup {
    /// All that a configuration says that is not as it is by default, and what is always said.
    pub fn of(config: &Config) -> Self {
        fn other<T: PartialEq>(value: T, default: T) -> Option<T> {
            (value != default).then_some(value)
        }
        let default = Config::default();
        Self {
            servers: Some(config.servers),
            seed: Some(config.seed),
            network: Some(config.network),
            election: other(config.election_timeout, default.election_timeout),
            heartbeat: other(config.heartbeat, default.heartbeat),
            append_max: other(config.append_max, default.append_max),
            inflight: other(config.inflight, default.inflight),
            uncommitted: config.uncommitted,
            snapshot: config.snapshot,
            snapshot_chunk: config.snapshot_chunk,
            client_sessions: config.client_sessions,
            sync: other(config.sync, default.sync),
            rpc_timeout: other(config.rpc_timeout, default.rpc_timeout),
            events_max: other(config.events_max, default.events_max),
            options: config.options,
            ..Self::default()
        }
        .with_raft(config.raft.as_ref())
    }

    /// The same with this Raft in its servers.
    #[must_use]
    pub fn with_raft(self, raft: Option<&Implementation>) -> Self {
        let Some(Implementation { file, hash, limits, params, .. }) = raft else { return self };
        let Limits { fuel, memory } = Limits::default();
        Self {
            raft: Some(Text::literal(file.clone())),
            raft_params: (!params.is_empty()).then(|| Text::literal(params.clone())),
            raft_fuel: Some(limits.fuel).filter(|limit| *limit != fuel),
            raft_memory: Some(limits.memory).filter(|limit| *limit != memory),
            raft_hash: *hash,
            ..self
        }
    }
}

/// Who is meant. Resolved to servers (or, in partitions, cuts and links, to clients) when the
/// line runs; where one is wanted, several are an error.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Who {
    Server(ServerId),
    /// The running leader of the highest term.
    Leader,
    /// The lowest-numbered running follower.
    Follower,
    /// All running followers.
    Followers,
    Candidate,
    /// The leader and as many of the lowest-numbered others as make a majority.
    Majority,
    /// The leader and as many of the lowest-numbered others as fall one short of a majority.
    Minority,
    /// Every server that the command has not named before.
    Rest,
    All,
    /// All servers that are down.
    Down,
    /// A random server.
    Random,
    /// Each server by the toss of a coin: perhaps none, perhaps all.
    Some,
    /// A client by its name.
    Client(Text),
    /// A word with a `{name}` in it.
    Hole(Text),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Timers {
    /// Every election timer at a distance from the others: a calm election.
    Spread,
    /// All at once: a split vote.
    Align,
}

/// `reseed SEED [all]`: fresh randomness from here on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reseed {
    pub seed: u64,
    pub reach: Reach,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// What is drawn from now on.
    Draws,
    /// What has been drawn and still waits too: armed timers, packets in flight.
    All,
}

/// What an expectation that is not met comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unmet {
    /// The run stops there.
    #[default]
    Fail,
    /// It is noted, and the script goes on.
    Remark,
}

/// The version of a put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionWord {
    Number(Version),
    /// `@last`: the version that this client last learned for the key; 0 if it knows none.
    Last,
    /// A number that a `{name}` becomes.
    Hole(Number),
}

/// Clients that work by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    pub kind: LoadKind,
    pub clients: u32,
    /// Stops by itself after this long.
    pub span: Option<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoadKind {
    /// Gets and puts over these keys, with values of `value` bytes; `ahead` of the puts name the
    /// version after the one that the client knows.
    Requests { keys: LoadKeys, rate: LoadRate, reads: Ppm, value: u32, ahead: Ppm },
    /// Each client takes the lock, checks that it is alone, and lets go, over and over.
    Lock,
}

/// Which keys the clients of a load use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoadKeys {
    /// So many, the same for all of them.
    Shared(u32),
    /// So many of its own for each of them: no put finds another's version.
    Each(u32),
}

/// How often the clients of a load ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoadRate {
    /// So many operations a second of lab time, in all.
    PerSecond(u32),
    /// Each client asks again as soon as it is answered.
    Max,
}

/// `pace auto`, `pace 40 slower`, `pace 10 faster`, `pace real`: how lab time relates to the
/// room. Never part of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pace {
    Auto,
    /// One second in the room is 1/n s in the lab.
    Slower(u32),
    /// One second in the room is n s in the lab.
    Faster(u32),
    Real,
}
