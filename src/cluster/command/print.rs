//! The one text form of every command: `parse(print(c)) == c`.
//!
//! What is printed is what a script would say. Defaults that the parser filled in are said, words
//! are put in quotes where they would mean something else without, and spans keep every
//! microsecond.

use std::fmt::{Display, Formatter, Result, Write as _};

use super::lex::{before_comment, is_plain, quoted};
use super::recording::{Header, Record};
use super::{
    Block, Bound, Challenge, Command, Deed, DiskAct, Ends, Fate, Flow, Head, Keeping, LinkAct,
    Load, LoadKeys, LoadKind, LoadRate, NodeName, Operation, Order, Pace, PacketAct, Place,
    ServerAct, Setup, Tell, Text, Timers, VersionWord, Who, Word,
};
use crate::cluster::network::{LinkChange, PacketName};
use crate::cluster::plain::is_hidden;
use crate::cluster::raft::Most;
use crate::cluster::time::{Ppm, Span};
use crate::cluster::types::Term;

/// One word: a key or a value, in quotes where it must be.
impl Display for Text {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if is_plain(self.as_str()) {
            f.write_str(self.as_str())
        } else {
            f.write_str(&quoted(self.as_str()))
        }
    }
}

/// A text that runs to the end of its line.
fn running(text: &Text) -> String {
    let raw = text.as_str();
    let words: Vec<&str> = raw.split_whitespace().collect();
    let plain = !raw.is_empty()
        && words.join(" ") == raw
        && !raw.starts_with('"')
        && !raw.chars().any(is_hidden)
        && before_comment(raw) == raw;
    if plain { raw.to_owned() } else { quoted(raw) }
}

/// Things with spaces between.
pub(in crate::cluster) struct Spaced<'a, T>(pub &'a [T]);

impl<T: Display> Display for Spaced<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (place, item) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_char(' ')?;
            }
            item.fmt(f)?;
        }
        Ok(())
    }
}

/// The terms of a log.
pub(in crate::cluster) struct Terms<'a>(pub &'a [Term]);

impl Display for Terms<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (place, term) in self.0.iter().enumerate() {
            write!(f, "{}{term}", if place > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}

impl Display for Command {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Head(head) => head.fmt(f),
            Self::Record(record) => record.fmt(f),
            Self::Deed(deed) => deed.fmt(f),
            Self::Block(block) => block.fmt(f),
            Self::Flow(flow) => flow.fmt(f),
            Self::Tell(tell) => tell.fmt(f),
        }
    }
}

impl Display for Head {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Cluster(setup) => setup.fmt(f),
            Self::Given { server, term, log } => {
                write!(f, "given {server} term={term} log={}", Terms(log))
            }
            Self::Clients(names) => write!(f, "clients {}", Spaced(names)),
            Self::Shows { flaw, breaks } => write!(f, "shows flaw={flaw} breaks={breaks}"),
            Self::Challenge(Challenge { name, commands, allow, par }) => {
                let allow: Vec<&str> = allow.iter().map(Text::as_str).collect();
                write!(f, "challenge {name} commands={commands} allow={}", allow.join(","))?;
                option(f, "par", *par)
            }
        }
    }
}

/// What an act says beside its word and its servers.
#[expect(clippy::wildcard_enum_match_arm, reason = "most say no more")]
fn server_values(f: &mut Formatter<'_>, act: ServerAct) -> Result {
    match act {
        ServerAct::Clock(rate) => option(f, "rate", Some(rate.as_rate())),
        ServerAct::Disk(DiskAct::Sync(None)) => f.write_str(" sync=never"),
        ServerAct::Disk(DiskAct::Sync(span)) => option(f, "sync", span),
        ServerAct::Disk(DiskAct::Fail) => f.write_str(" fail"),
        ServerAct::Disk(DiskAct::Tear) => f.write_str(" tear"),
        ServerAct::Isolate { from_clients: true } => f.write_str(" from clients"),
        _ => Ok(()),
    }
}

impl<W: Word> Display for Deed<W> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Servers(act, who) => {
                write!(f, "{} {}", act.word(), Spaced(who))?;
                server_values(f, *act)
            }
            Self::Links(act, ends) => links(f, *act, ends),
            Self::Partition(groups) => {
                f.write_str("partition ")?;
                for (place, group) in groups.iter().enumerate() {
                    write!(f, "{}{}", if place > 0 { " | " } else { "" }, Spaced(group))?;
                }
                Ok(())
            }
            Self::Packet(packet, act) => {
                write!(f, "{} #{packet}", act.word())?;
                match act {
                    PacketAct::Meets(fate) => By(fate.delay()).fmt(f),
                    PacketAct::Deliver | PacketAct::Hold => Ok(()),
                }
            }
            Self::Clients(act, names) => write!(f, "{} {}", act.word(), Spaced(names)),
            Self::Operate(order) => order.fmt(f),
            Self::Transfer(from, None) => write!(f, "transfer {from}"),
            Self::Transfer(from, Some(to)) => write!(f, "transfer {from} -> {to}"),
            Self::Members(act, who) => write!(f, "{} {}", act.words(), Spaced(who)),
            Self::Keep(what, who) => {
                match what {
                    Keeping::Option(choice) => {
                        write!(f, "option {} {}", choice.option, choice.setting())?;
                    }
                    Keeping::Flaw(flaw, true) => write!(f, "flaw {flaw} on")?,
                    Keeping::Flaw(flaw, false) => write!(f, "flaw {flaw} off")?,
                }
                if who.is_empty() { Ok(()) } else { write!(f, " {}", Spaced(who)) }
            }
            Self::Lab(act) => act.fmt(f),
        }
    }
}

fn links<W: Word>(f: &mut Formatter<'_>, act: LinkAct, ends: &Ends<W>) -> Result {
    let word = act.word();
    match act {
        LinkAct::Cut | LinkAct::Mend => write!(f, "{word} {ends}"),
        LinkAct::Change(LinkChange { loss, delay, duplicate }) => {
            write!(f, "{word} {ends}")?;
            option(f, "loss", loss)?;
            option(f, "delay", delay)?;
            option(f, "duplicate", duplicate)
        }
        LinkAct::Hold { name, count } | LinkAct::Release { name, count } => {
            write!(f, "{word} {}{ends}", Called(name))?;
            option(f, "count", count)
        }
        LinkAct::Next { fate, name } => {
            write!(f, "{word} next {}{ends}{}", Called(name), By(fate.delay()))
        }
        LinkAct::Flying { fate, name, count } => {
            write!(f, "{word} {}{ends}{}", Called(name), By(fate.and_then(Fate::delay)))?;
            option(f, "count", count)
        }
    }
}

impl Display for Block {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Task { name } => write!(f, "task {name}"),
            Self::For { name, first, last } => write!(f, "for {name} in {first}..{last}"),
            Self::Repeat { count, name } => write!(f, "repeat {count}{}", As(name.as_ref())),
            Self::LoopFor { span, name } => write!(f, "loop for {span}{}", As(name.as_ref())),
            Self::LoopUntil(condition) => write!(f, "loop until {condition}"),
            Self::If(condition) => write!(f, "if {condition}"),
            Self::Else => f.write_str("else"),
            Self::End => f.write_str("end"),
        }
    }
}

impl Display for Flow {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Run(range) => write!(f, "run {range}"),
            Self::Until { condition, within } => {
                write!(f, "until {condition}{}", Within(*within))
            }
            Self::Expect(condition) => write!(f, "expect {condition}"),
            Self::Let { name, value } => write!(f, "let {name} = {value}"),
            Self::Wait { name, within } => write!(f, "wait {name}{}", Within(*within)),
            Self::At { place, command } => write!(f, "at {place} {command}"),
            Self::Every { span, command } => write!(f, "every {span} {command}"),
            Self::Stop(name) => write!(f, "stop {name}"),
        }
    }
}

impl Display for Tell {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Say(text) => write!(f, "say {}", running(text)),
            Self::Beat => f.write_str("beat"),
            Self::Turn => f.write_str("turn"),
            Self::Judge => f.write_str("judge"),
            Self::Ask(question) => write!(f, "ask {question}"),
            Self::Answer(hands) => write!(f, "answer {}", Spaced(hands)),
            Self::Reveal => f.write_str("reveal"),
            Self::Oracle => f.write_str("oracle"),
            Self::Aside(text) => write!(f, "aside {}", running(text)),
            Self::Point { who, entry: None } => write!(f, "point {}", Spaced(who)),
            Self::Point { who, entry: Some(entry) } if who.is_empty() => {
                write!(f, "point entry {entry}")
            }
            Self::Point { who, entry: Some(entry) } => {
                write!(f, "point {} entry {entry}", Spaced(who))
            }
            Self::Note(text) => write!(f, "note {}", running(text)),
            Self::Mark(name) => write!(f, "mark {name}"),
            Self::Break(condition) => write!(f, "break {condition}"),
            Self::Unbreak(condition) => write!(f, "unbreak {condition}"),
            Self::Watch(what) => write!(f, "watch {what}"),
            Self::Unwatch(None) => f.write_str("unwatch all"),
            Self::Unwatch(Some(what)) => write!(f, "unwatch {what}"),
            Self::Pace(pace) => write!(f, "pace {pace}"),
        }
    }
}

/// ` within 5s`, or nothing.
struct Within(Option<Span>);

impl Display for Within {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.0.map_or(Ok(()), |span| write!(f, " within {span}"))
    }
}

/// `append `, or nothing.
struct Called(Option<PacketName>);

impl Display for Called {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.0.map_or(Ok(()), |name| write!(f, "{} ", name.word()))
    }
}

/// ` by 50ms`, or nothing.
struct By(Option<Span>);

impl Display for By {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.0.map_or(Ok(()), |span| write!(f, " by {span}"))
    }
}

/// "1kB", "1500B".
struct Bytes(u32);

impl Display for Bytes {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0 {
            0 => f.write_str("0B"),
            bytes if bytes.is_multiple_of(1_000) => write!(f, "{}kB", bytes / 1_000),
            bytes => write!(f, "{bytes}B"),
        }
    }
}

/// ` as i`, or nothing.
struct As<'a>(Option<&'a Text>);

impl Display for As<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.0.map_or(Ok(()), |name| write!(f, " as {name}"))
    }
}

/// `flaw NAME on S1 S2`.
/// ` name=value`, or nothing.
fn option<T: Display>(f: &mut Formatter<'_>, name: &str, value: Option<T>) -> Result {
    value.map_or(Ok(()), |value| write!(f, " {name}={value}"))
}

impl Display for Setup {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("cluster")?;
        option(f, "servers", self.servers)?;
        option(f, "seed", self.seed)?;
        option(f, "network", self.network)?;
        option(f, "election", self.election)?;
        option(f, "heartbeat", self.heartbeat)?;
        option(f, "append-max", self.append_max)?;
        option(f, "inflight", self.inflight)?;
        option(f, "uncommitted", self.uncommitted)?;
        option(f, "snapshot", self.snapshot)?;
        option(f, "snapshot-chunk", self.snapshot_chunk.map(Most::Bytes))?;
        option(f, "client-sessions", self.client_sessions)?;
        option(f, "sync", self.sync)?;
        option(f, "rpc-timeout", self.rpc_timeout)?;
        option(f, "max-events", self.events_max)?;
        self.options.iter().try_for_each(|choice| write!(f, " {choice}"))?;
        option(f, "raft", self.raft.as_ref())?;
        option(f, "raft-params", self.raft_params.as_ref())?;
        option(f, "raft-fuel", self.raft_fuel)?;
        option(f, "raft-memory", self.raft_memory.map(|bytes| format!("{}MB", bytes >> 20)))?;
        option(f, "raft-hash", self.raft_hash.map(|hash| format!("{hash:#x}")))
    }
}

/// "S1 S2 -> S3".
impl<W: Display> Display for Ends<W> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let arrow = if self.both { "<->" } else { "->" };
        write!(f, "{} {arrow} {}", Spaced(&self.from), Spaced(&self.to))
    }
}

impl Display for Who {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Server(server) => server.fmt(f),
            Self::Leader => f.write_str("leader"),
            Self::Follower => f.write_str("follower"),
            Self::Followers => f.write_str("followers"),
            Self::Candidate => f.write_str("candidate"),
            Self::Majority => f.write_str("majority"),
            Self::Minority => f.write_str("minority"),
            Self::Rest => f.write_str("rest"),
            Self::All => f.write_str("all"),
            Self::Down => f.write_str("down"),
            Self::Random => f.write_str("random"),
            Self::Some => f.write_str("some"),
            Self::Client(name) | Self::Hole(name) => f.write_str(name.as_str()),
        }
    }
}

impl Display for NodeName {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Server(server) => server.fmt(f),
            Self::Client(name) => f.write_str(name.as_str()),
        }
    }
}

impl Display for Timers {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::Spread => "spread",
            Self::Align => "align",
        })
    }
}

impl Display for Bound {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Servers(who) => Spaced(who).fmt(f),
            Self::RestOf(who) => write!(f, "rest of {}", Spaced(who)),
            Self::Number(number) => number.fmt(f),
            Self::Measure(measure) => measure.fmt(f),
            Self::Random(low, high) => write!(f, "random {low}..{high}"),
        }
    }
}

impl<W: Word> Display for Order<W> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.operation.fmt(f)?;
        option(f, "client", self.client.as_ref())?;
        option(f, "only", self.only.as_ref())?;
        option(f, "size", self.size.map(Bytes))?;
        if self.nowait {
            f.write_str(" nowait")?;
        }
        Within(self.within).fmt(f)
    }
}

impl<W: Word> Display for Operation<W> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Get { key } => write!(f, "get {key}"),
            Self::Put { key, value, version } => write!(f, "put {key} {value} @{version}"),
            Self::Submit { key, value, version } => write!(f, "submit {key} {value} @{version}"),
            Self::Set { key, value } => write!(f, "set {key} {value}"),
            Self::Check { key } => write!(f, "check {key}"),
            Self::Acquire { lock } => write!(f, "acquire {lock}"),
            Self::Release { lock } => write!(f, "release {lock}"),
        }
    }
}

/// "2", "last", "{v}".
impl Display for VersionWord {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Number(version) => version.fmt(f),
            Self::Last => f.write_str("last"),
            Self::Hole(number) => number.fmt(f),
        }
    }
}

impl Display for Load {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.kind {
            LoadKind::Requests { keys, rate, reads, value, ahead } => {
                let clients = self.clients;
                write!(f, "load clients={clients} keys={keys} rate={rate} reads={reads}")?;
                option(f, "ahead", (ahead != Ppm::ZERO).then_some(ahead))?;
                option(f, "value", Some(value))?;
            }
            LoadKind::Lock => write!(f, "load lock clients={}", self.clients)?,
        }
        self.span.map_or(Ok(()), |span| write!(f, " for {span}"))
    }
}

/// "10", "10 each".
impl Display for LoadKeys {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Shared(keys) => write!(f, "{keys}"),
            Self::Each(keys) => write!(f, "{keys} each"),
        }
    }
}

/// "100/s", "max".
impl Display for LoadRate {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::PerSecond(rate) => write!(f, "{rate}/s"),
            Self::Max => f.write_str("max"),
        }
    }
}

impl Display for Record {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Begins(Header { form, engine, seed, script }) => {
                write!(f, "recording form={form} engine={engine}")?;
                if let Some(seed) = seed {
                    write!(f, " seed={seed}")?;
                }
                option(f, "script", script.as_ref())
            }
            Self::Did { place, command } => write!(f, "did {place} {command}"),
            Self::Reached(place) => write!(f, "reached {place}"),
            Self::Branch { same } => write!(f, "branch same={same}"),
            Self::Bookmark(place) => write!(f, "bookmark {place}"),
        }
    }
}

/// "1.203441s", "1.203441s+2".
impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.time.fmt(f)?;
        match (self.after, self.acts) {
            (0, 0) => Ok(()),
            (after, 0) => write!(f, "+{after}"),
            (after, acts) => write!(f, "+{after}+{acts}"),
        }
    }
}

impl Display for Pace {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Slower(times) => write!(f, "{times} slower"),
            Self::Faster(times) => write!(f, "{times} faster"),
            Self::Real => f.write_str("real"),
        }
    }
}
