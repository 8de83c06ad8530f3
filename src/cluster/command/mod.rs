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
pub mod diagnostic;
mod expect;
mod lex;
mod measure;
mod nature;
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

pub use caption::{CAPTION_COLUMNS, CAPTION_LINES, caption_lines};
pub use condition::{Compare, Condition, Filler, Operand, PatternKind, ReplyPattern, RoleName};
pub use diagnostic::Diagnostic;
pub use measure::{Argument, Group, Kind, Measure, Position, Quantity, Takes};
pub use nature::Nature;
pub use number::{Base, Number};
pub use parse::{Reference, parse_line, parse_typed};
pub(super) use print::{Spaced, Terms};
pub(super) use quantity::grouped;
pub use question::{CHOICES_MAX, Choice, Question};
pub use script::{
    BYTES_MAX, LINE_BYTES_MAX, LINES_MAX, Line, MISTAKES_SHOWN, Script, Shows, Variant,
};
pub use text::{NAME_MAX, Piece, Pieces, Text, is_name};
pub use who::Named;

use serde::{Deserialize, Serialize};

use recording::Record;

use super::Motion;
use super::chaos::Faults;
use super::config::Config;
use super::flaw::{Breaks, Flaw};
use super::network::{LinkChange, Network, PacketName};
use super::time::{Ppm, Span, SpanRange, Time};
use super::types::{PacketId, ServerId, Term, Version};

/// One command: one line of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    // Head: what the cluster is before its first event.
    Cluster(Head),
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
    /// What was done from outside, as a recording says it.
    Record(Record),

    // Servers.
    Crash(Vec<Who>),
    Restart(Vec<Who>),
    Sleep(Vec<Who>),
    Wake(Vec<Who>),
    /// The disk of a server that is down is lost.
    Wipe(Vec<Who>),
    /// The rate of its clock, 1,000,000 being real time.
    Clock {
        who: Vec<Who>,
        rate: Ppm,
    },
    /// Its election timer fires now.
    Timeout(Vec<Who>),
    /// Its heartbeat timer fires now.
    Heartbeat(Vec<Who>),
    /// What it has written is on disk now.
    Sync(Vec<Who>),
    Timers(Timers),

    // Links.
    /// The groups don't hear each other. Servers that no group names form one more; clients
    /// that no group names reach all.
    Partition(Vec<Vec<Who>>),
    Isolate {
        who: Vec<Who>,
        from_clients: bool,
    },
    Rejoin(Vec<Who>),
    Cut(Ends),
    Mend(Ends),
    /// Every link as if untouched.
    Heal,
    Net(Network),
    Link {
        ends: Ends,
        change: LinkChange,
    },

    // Packets.
    Hold {
        name: Option<PacketName>,
        ends: Ends,
        /// So many on each link; all until they are released when not said.
        count: Option<u32>,
    },
    /// What is held arrives; `ends` is `None` for all links.
    Release {
        name: Option<PacketName>,
        ends: Option<Ends>,
        count: Option<u32>,
    },
    /// What becomes of the next packet on each of these links.
    Next {
        fate: Fate,
        name: Option<PacketName>,
        ends: Ends,
    },

    /// What is to be done with one packet in flight.
    Packet {
        packet: PacketId,
        deed: PacketDeed,
    },
    /// What is to be done with the packets that are in flight on these links.
    Flying {
        deed: FlyingDeed,
        name: Option<PacketName>,
        ends: Ends,
        /// The first so many on each link; all when not said.
        count: Option<u32>,
    },
    /// Nothing moves and no timer fires, unless it is told.
    ByHand(Motion),
    /// All that is in flight arrives now, and what comes of it, until nothing is.
    Settle,

    // Clients.
    Operate(Order),
    /// The timers of these clients fire now: each asks the next server.
    Retry(Vec<Text>),
    /// These clients give up what they have open, and never hear what became of it.
    Abandon(Vec<Text>),
    Load(Load),
    LoadStop,

    // Faults at random.
    Chaos(Faults),
    ChaosStop,
    Reseed(Reseed),

    // Planted flaws.
    Flaw {
        flaw: Flaw,
        on: bool,
        /// Which servers; all when none is named.
        who: Vec<Who>,
    },

    // The flow of a script.
    Run(SpanRange),
    Until {
        condition: Condition,
        within: Option<Span>,
    },
    Expect(Condition),
    /// What becomes of expectations that are not met, from here on.
    Expects(Unmet),
    Let {
        name: Text,
        value: Bound,
    },
    Task {
        name: Text,
    },
    Wait {
        name: Text,
        within: Option<Span>,
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

    // Telling: no effect on the run.
    Say(Text),
    Beat,
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
pub struct Head {
    pub servers: Option<u8>,
    pub seed: Option<u64>,
    pub network: Option<Network>,
    pub election: Option<SpanRange>,
    pub heartbeat: Option<Span>,
    pub append_max: Option<u32>,
    pub sync: Option<Span>,
    pub rpc_timeout: Option<Span>,
    pub events_max: Option<u64>,
}

impl Head {
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
            sync: other(config.sync, default.sync),
            rpc_timeout: other(config.rpc_timeout, default.rpc_timeout),
            events_max: other(config.events_max, default.events_max),
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

/// Both ends of a set of links: all of `from` to all of `to`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ends {
    pub from: Vec<Who>,
    pub to: Vec<Who>,
    /// `<->`: the other way too.
    pub both: bool,
}

/// What can become of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    Drop,
    Duplicate,
    /// It arrives so much later.
    Delay(Span),
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

/// What can be done with a packet by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PacketDeed {
    /// It arrives now.
    Deliver,
    Drop,
    Duplicate,
    Delay(Span),
    Hold,
}

/// What can be done by hand with packets of a kind and a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FlyingDeed {
    Deliver,
    Meets(Fate),
}

impl From<FlyingDeed> for PacketDeed {
    fn from(deed: FlyingDeed) -> Self {
        match deed {
            FlyingDeed::Deliver => Self::Deliver,
            FlyingDeed::Meets(Fate::Drop) => Self::Drop,
            FlyingDeed::Meets(Fate::Duplicate) => Self::Duplicate,
            FlyingDeed::Meets(Fate::Delay(span)) => Self::Delay(span),
        }
    }
}

/// Something that a client is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub operation: Operation,
    /// Which client; the task's own, or the next idle one in the lab, when not said.
    pub client: Option<Text>,
    /// The only server that it may ask, until the operation ends.
    pub only: Option<Who>,
    /// How long the value becomes, in bytes: what is missing is filled up.
    pub size: Option<u32>,
    /// The script goes on at once.
    pub nowait: bool,
    pub within: Option<Span>,
}

impl Order {
    /// Whether a script's line waits for it.
    pub(super) const fn is_awaited(&self) -> bool {
        !self.nowait && !matches!(self.operation, Operation::Submit { .. })
    }

    /// The operation with nothing else said.
    pub const fn new(operation: Operation) -> Self {
        Self { operation, client: None, only: None, size: None, nowait: false, within: None }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    Get {
        key: Text,
    },
    Put {
        key: Text,
        value: Text,
        version: VersionWord,
    },
    /// A put that a leader appends at once, and for which no client waits.
    Submit {
        key: Text,
        value: Text,
        version: VersionWord,
    },
    /// Put at the version that this client last learned, until done.
    Set {
        key: Text,
        value: Text,
    },
    /// A get that must give exactly what the script last achieved under this key.
    Check {
        key: Text,
    },
    Acquire {
        lock: Text,
    },
    Release {
        lock: Text,
    },
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
