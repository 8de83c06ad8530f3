//! What can be done to servers.

use super::{Group, Scope, Verb};
use crate::cluster::command::expect::Expect;
use crate::cluster::command::lex::{Kind, Sign};
use crate::cluster::command::measure::one_of;
use crate::cluster::command::quantity;
use crate::cluster::command::reader::{Options, Parsed, Reader};
use crate::cluster::command::who::Clients;
use crate::cluster::command::{Command, Deed, Keeping, LabAct, Timers, Who};
use crate::cluster::raft::{Choice, OPTIONS, RaftOption};
use crate::cluster::time::{Ppm, Span};
use crate::cluster::topic::Weight;

/// One verb about servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerAct {
    Crash,
    Restart,
    Sleep,
    Wake,
    /// The disk of a server that is down is lost.
    Wipe,
    /// The rate of its clock, 1,000,000 being real time.
    Clock(Ppm),
    /// Something becomes of its disk.
    Disk(DiskAct),
    /// Its election timer fires now.
    Timeout,
    /// Its heartbeat timer fires now.
    Heartbeat,
    /// It checks for a quorum now.
    Quorum,
    /// It forgets from whom it has heard.
    ForgetLeader,
    /// What it has written is on disk now.
    Sync,
    /// What it has applied of its log gives way to a snapshot.
    Snapshot,
    Isolate {
        from_clients: bool,
    },
    Rejoin,
}

impl ServerAct {
    /// How it is written, and what kind of thing it is. Its weight is `Story` if any part of what it
    /// does has no event of its own, and `Detail` if its events tell all of it.
    const fn about(self) -> (&'static str, Nature, Weight) {
        use Nature::{Fault, Other};
        use Weight::{Detail, Story};
        match self {
            Self::Crash => ("crash", Fault, Detail),
            Self::Restart => ("restart", Other, Detail),
            Self::Sleep => ("sleep", Fault, Detail),
            Self::Wake => ("wake", Other, Detail),
            Self::Wipe => ("wipe", Other, Detail),
            Self::Clock(_) => ("clock", Other, Detail),
            Self::Disk(act) => ("disk", if act.is_fault() { Fault } else { Other }, act.weight()),
            Self::Timeout => ("timeout", Fault, Story),
            Self::Heartbeat => ("heartbeat", Other, Story),
            Self::Quorum => ("quorum", Other, Story),
            Self::ForgetLeader => ("forget-leader", Other, Detail),
            Self::Sync => ("sync", Other, Story),
            Self::Snapshot => ("snapshot", Other, Detail),
            Self::Isolate { .. } => ("isolate", Fault, Story),
            Self::Rejoin => ("rejoin", Other, Story),
        }
    }

    pub const fn word(self) -> &'static str {
        self.about().0
    }

    pub fn is_fault(self) -> bool {
        self.about().1 == Nature::Fault
    }

    pub(in crate::cluster) const fn weight(self) -> Weight {
        self.about().2
    }

    /// A command that does it to these.
    pub fn to(self, who: Vec<Who>) -> Command {
        Command::Deed(Deed::Servers(self, who))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Nature {
    Fault,
    Other,
}

/// What becomes of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskAct {
    /// How long a write takes from now on, also the one under way; `None`: no write ends.
    Sync(Option<Span>),
    /// The write under way fails, else the next one.
    Fail,
    /// The power fails in the midst of a write: all of its records but the last are on the disk.
    Tear,
}

impl DiskAct {
    /// A disk that makes a server stop disturbs, and so does one that hangs.
    const fn is_fault(self) -> bool {
        matches!(self, Self::Sync(None) | Self::Fail | Self::Tear)
    }

    const fn weight(self) -> Weight {
        match self {
            Self::Sync(_) | Self::Tear => Weight::Detail,
            Self::Fail => Weight::Story,
        }
    }
}

pub(super) static ROWS: [Verb; 16] = [
    Verb {
        name: "crash",
        group: Group::Servers,
        scope: Scope::Act,
        usage: &["crash WHO..."],
        summary: "stops servers; memory and unsynced writes are lost, disks are kept",
        help: "\
Lost are the role, the commit index, the map, everything that waits for an answer, and what was \
written but not yet synced. Kept are the current term, the vote and the log on disk.",
        options: &[],
        examples: &["crash leader", "crash S1 S2", "crash all"],
        parse: |reader| servers(reader, ServerAct::Crash),
    },
    Verb {
        name: "restart",
        group: Group::Servers,
        scope: Scope::Act,
        usage: &["restart WHO..."],
        summary: "starts servers that are down from what their disks hold",
        help: "\
A restarted server is a follower with an empty map and a commit index of 0. It applies its log \
again once a leader tells it what is committed.",
        options: &[],
        examples: &["restart S3", "restart down"],
        parse: |reader| servers(reader, ServerAct::Restart),
    },
    Verb {
        name: "sleep",
        group: Group::Servers,
        scope: Scope::Act,
        usage: &["sleep WHO..."],
        summary: "freezes servers: their timers and the packets to them wait",
        help: "\
As a long garbage collection or a suspended machine would. Nothing is lost: a leader that sleeps \
wakes up as one, and finds out later that others elected another.",
        options: &[],
        examples: &["sleep leader"],
        parse: |reader| servers(reader, ServerAct::Sleep),
    },
    Verb {
        name: "wake",
        group: Group::Servers,
        scope: Scope::Act,
        usage: &["wake WHO..."],
        summary: "lets sleeping servers go on",
        help: "\
The packets that have waited arrive now, in their order; the timers go on from where they stood.",
        options: &[],
        examples: &["wake S2", "wake all"],
        parse: |reader| servers(reader, ServerAct::Wake),
    },
    Verb {
        name: "wipe",
        group: Group::Servers,
        scope: Scope::Act,
        usage: &["wipe WHO..."],
        summary: "the disk of a server that is down is lost",
        help: "\
Raft does not survive this: a server that comes back without its vote and its log can help elect a \
leader that lacks committed entries. After a wipe the lab says that safety is void, not that it is \
broken. A server that no configuration names any more, in any log, is another matter: nothing counts on \
what it held, and with a new disk it is a new server, which learns before it votes.",
        options: &[],
        examples: &["wipe S3"],
        parse: |reader| servers(reader, ServerAct::Wipe),
    },
    Verb {
        name: "clock",
        group: Group::Servers,
        scope: Scope::Act,
        usage: &["clock WHO... rate=R"],
        summary: "makes the clocks of servers run faster or slower",
        help: "\
With `rate=2` the server's timers take half as long, with `rate=0.5` twice as long; `rate=1` is \
real time again. From 0.01 to 100. Links and clients keep the lab's time.",
        options: &[],
        examples: &["clock S2 rate=1.5", "clock all rate=1"],
        parse: clock,
    },
    Verb {
        name: "disk",
        group: Group::Servers,
        scope: Scope::Act,
        usage: &[
            "disk WHO... sync=T",
            "disk WHO... sync=never",
            "disk WHO... fail",
            "disk WHO... tear",
        ],
        summary: "makes the disks of servers slow, hang, fail a write, or break off in one",
        help: "\
With `sync=50ms` a write takes 50 ms from now on, also the one that is under way; with `sync=never` the \
disk hangs: no write ends, and what waits for one waits on. That holds over restarts, until another `sync=`. With `fail` the \
write under way fails, else the next one: the server stops rather than say what is not so, and \
`restart` or `sync=` has a disk that writes again. With `tear` the power fails in the midst of a write: all its records but the last are on \
disk, and a restart drops the last, which is half there.",
        options: &[],
        examples: &[
            "disk S1 sync=50ms",
            "disk leader sync=never",
            "disk S2 S3 fail",
            "disk S2 tear",
        ],
        parse: disk,
    },
    Verb {
        name: "timeout",
        group: Group::Servers,
        scope: Scope::Act,
        usage: &["timeout WHO..."],
        summary: "the election timers of servers fire now",
        help: "\
A follower or candidate begins an election at once (§5.2), or with the option pre-vote asks who would \
vote for it (dissertation §9.6). A leader has no election timer.",
        options: &[],
        examples: &["timeout S3", "timeout follower"],
        parse: |reader| servers(reader, ServerAct::Timeout),
    },
    Verb {
        name: "heartbeat",
        group: Group::Servers,
        scope: Scope::Act,
        usage: &["heartbeat WHO..."],
        summary: "the heartbeat timers of leaders fire now",
        help: "\
A leader speaks to everybody at once, and sends again what nobody has acknowledged (§5.3).",
        options: &[],
        examples: &["heartbeat leader", "heartbeat S1"],
        parse: |reader| servers(reader, ServerAct::Heartbeat),
    },
    Verb {
        name: "quorum",
        group: Group::Servers,
        scope: Scope::Act,
        usage: &["quorum WHO..."],
        summary: "leaders check for a quorum now",
        help: "\
A leader that keeps check-quorum steps down unless a majority, itself included, has answered since it \
looked last (dissertation §6.2). If it stays, it looks again after the shortest election timeout.",
        options: &[],
        examples: &["quorum leader", "quorum S1"],
        parse: |reader| servers(reader, ServerAct::Quorum),
    },
    Verb {
        name: "forget-leader",
        group: Group::Servers,
        scope: Scope::Act,
        usage: &["forget-leader WHO..."],
        summary: "followers forget the leader that they have heard from",
        help: "\
A server that has just heard from a leader promises its vote to nobody with pre-vote, and votes for nobody \
with check-quorum (dissertation §9.6, §4.2.3). That costs time where the leader is known to be gone: the \
followers named here forget it, vote at once, and follow it again when it speaks. Refused with \
`reads=lease`, by which leaders answer because nobody votes meanwhile.",
        options: &[],
        examples: &["forget-leader S2", "forget-leader followers"],
        parse: |reader| servers(reader, ServerAct::ForgetLeader),
    },
    Verb {
        name: "sync",
        group: Group::Servers,
        scope: Scope::Act,
        usage: &["sync WHO..."],
        summary: "what servers have written is on their disks now",
        help: "\
The sync that is under way ends, and what waited for it leaves (Figure 2). With `sync=0s` in the \
head, as it is when nobody says otherwise, no sync takes any time, and there is nothing to tell.",
        options: &[],
        examples: &["sync S2", "sync all"],
        parse: |reader| servers(reader, ServerAct::Sync),
    },
    Verb {
        name: "snapshot",
        group: Group::Servers,
        scope: Scope::Act,
        usage: &["snapshot WHO..."],
        summary: "servers take a snapshot of what they have applied, and drop these entries",
        help: "\
The map takes the place of the entries that led to it (§7): the log begins after them, and who still \
needs one of them is sent the snapshot. Snapshot and log are written together. With `snapshot=1000` in \
the head servers do so by themselves whenever their logs have grown by so many entries.",
        options: &[],
        examples: &["snapshot S2", "snapshot leader"],
        parse: |reader| servers(reader, ServerAct::Snapshot),
    },
    Verb {
        name: "timers",
        group: Group::Servers,
        scope: Scope::Act,
        usage: &["timers spread", "timers align"],
        summary: "sets all election timers apart, or to the same moment",
        help: "\
`spread` makes the next election calm: one server stands long before the others. `align` makes a \
split vote likely: all stand at the same moment. Later timeouts are drawn as ever.",
        options: &[],
        examples: &["timers spread", "timers align"],
        parse: timers,
    },
    Verb {
        name: "transfer",
        group: Group::Servers,
        scope: Scope::Act,
        usage: &["transfer [WHO] [-> WHO]"],
        summary: "a leader hands its leadership over",
        help: "\
The leader takes no requests meanwhile, brings the other's log up to date, and asks it to become a \
candidate at once; nobody refuses it because a leader is heard, and it asks for no pre-votes. If no newer \
term has come within the shortest election timeout, the leader goes on with its next heartbeat \
(dissertation §3.10). Where no leader is named, it is the running one of the highest term; where no other is named, the running \
server that matches furthest takes over.",
        options: &[],
        examples: &["transfer", "transfer -> S3", "transfer S1 -> S3"],
        parse: transfer,
    },
    Verb {
        name: "option",
        group: Group::Servers,
        scope: Scope::Act,
        usage: &["option NAME SETTING [WHO...]"],
        summary: "servers keep a rule beyond Figure 2, or no longer do",
        help: "\
Rafts in production keep rules that Figure 2 has not. Without WHO all servers keep it; \
servers of one cluster may differ, as they do while it is upgraded server by server. A restart \
changes nothing in that. `cluster pre-vote=on` sets an option from the start. The first setting of each \
holds where nothing is said.",
        options: &[],
        examples: &["option pre-vote on", "option check-quorum on S2 S3", "option pre-vote off S1"],
        parse: option,
    },
];

fn transfer(reader: &mut Reader<'_>) -> Parsed<Command> {
    let names_none = reader.is_at_end() || matches!(reader.peek(), Some(Kind::Sign(Sign::Arrow)));
    let from = if names_none { Who::Leader } else { reader.who(Clients::Refused)? };
    let to = match reader.sign(Sign::Arrow) {
        true => Some(reader.who(Clients::Refused)?),
        false => None,
    };
    Some(Deed::Transfer(from, to).into())
}

/// The name of an option.
pub fn name(reader: &mut Reader<'_>) -> Parsed<RaftOption> {
    let all = OPTIONS.iter().map(|about| about.option);
    one_of(reader, Expect::RaftOption, all, RaftOption::name)
}

fn option(reader: &mut Reader<'_>) -> Parsed<Command> {
    let option = name(reader)?;
    let choice = setting(reader, option)?;
    Some(Deed::Keep(Keeping::Option(choice), reader.perhaps_who()?).into())
}

/// What an option is set to.
pub(super) fn setting(reader: &mut Reader<'_>, option: RaftOption) -> Parsed<Choice> {
    let name = option.about().settings.iter().find(|name| reader.keyword(name));
    match name.and_then(|name| option.set(name)) {
        Some(choice) => Some(choice),
        None => reader.fail(),
    }
}

/// A verb about servers that says nothing but which.
pub(super) fn servers(reader: &mut Reader<'_>, act: ServerAct) -> Parsed<Command> {
    reader.who_list(Clients::Refused, &[]).map(|who| act.to(who))
}

fn clock(reader: &mut Reader<'_>) -> Parsed<Command> {
    let who = reader.who_list(Clients::Refused, &[])?;
    if Options::new(&["rate"]).next(reader)?.is_none() {
        return reader.fail();
    }
    let rate = reader.quantity(Expect::ClockRate, Ppm::ONE, quantity::clock_rate)?;
    Some(ServerAct::Clock(rate).to(who))
}

fn disk(reader: &mut Reader<'_>) -> Parsed<Command> {
    let who = reader.who_list(Clients::Refused, &["fail", "tear"])?;
    let act = if reader.keyword("fail") {
        DiskAct::Fail
    } else if reader.keyword("tear") {
        DiskAct::Tear
    } else if Options::new(&["sync"]).next(reader)?.is_none() {
        return reader.fail();
    } else if reader.keyword("never") {
        DiskAct::Sync(None)
    } else {
        DiskAct::Sync(Some(reader.quantity(Expect::Span, Span::ZERO, quantity::span)?))
    };
    Some(ServerAct::Disk(act).to(who))
}

fn timers(reader: &mut Reader<'_>) -> Parsed<Command> {
    let timers = if reader.keyword("spread") {
        Timers::Spread
    } else if reader.keyword("align") {
        Timers::Align
    } else {
        return reader.fail();
    };
    Some(LabAct::Timers(timers).into())
}
