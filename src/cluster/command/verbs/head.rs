//! The head of a script: what the cluster is before its first event.

use super::servers::setting;
use super::{Group, Scope, Verb};
use crate::cluster::Limits;
use crate::cluster::command::expect::Expect;
use crate::cluster::command::lex::Spot;
use crate::cluster::command::quantity::{self, TERM_MAX, whole};
use crate::cluster::command::reader::{Options, Parsed, Reader};
use crate::cluster::command::{Challenge, Command, Head, Setup, Text};
use crate::cluster::config::Config;
use crate::cluster::network::Network;
use crate::cluster::raft::{LEASE_NEEDS, Most, OPTIONS, RaftOption};
use crate::cluster::sessions::{SESSIONS, SESSIONS_MAX};
use crate::cluster::time::{Span, SpanRange};
use crate::cluster::types::{SERVERS_MAX, Term};

/// The most entries that `append-max=` may allow.
const APPEND_MAX: u64 = 1_000_000;
/// The most appends that `inflight=` may allow.
const INFLIGHT_MAX: u64 = 1_000;
/// The most steps that `raft-fuel=` may allow.
const FUEL_MAX: u64 = 100_000_000_000;
/// The most events that `max-events=` may allow.
const EVENTS_MAX: u64 = 1_000_000_000_000;

pub(super) static ROWS: [Verb; 4] = [
    Verb {
        name: "cluster",
        group: Group::Head,
        scope: Scope::Head,
        usage: &["cluster [OPTION=VALUE]..."],
        summary: "how many servers, which seed, which network, which timings",
        help: "\
The values shown are the defaults. The last ones are options of Raft, which `option` describes. A seed on the command line replaces the script's.",
        options: &[
            ("servers=5", "how many servers, 1 to 25"),
            ("seed=1", "where all chance of the run comes from; decimal, or hexadecimal with 0x"),
            ("network=classroom", "the named network of all links"),
            ("election=300ms..600ms", "silence after which a follower becomes a candidate"),
            (
                "heartbeat=100ms",
                "how often a leader speaks; less than the shortest election timeout",
            ),
            ("append-max=1000", "the most entries that one append carries"),
            (
                "inflight=1",
                "how many appends with entries may be under way to a follower, or with a size, as 64KB, of \
                 how many bytes; with more than one they leave without waiting for answers, and one that \
                 does not answer is sent none",
            ),
            (
                "uncommitted=N",
                "a leader takes no request while N entries of its term are not committed",
            ),
            (
                "snapshot=N",
                "a log of N entries, or of N bytes as 64KB, gives way to a snapshot (§7)",
            ),
            (
                "snapshot-chunk=SIZE",
                "how many bytes of a snapshot one message carries, as 1KB; else all",
            ),
            (
                "client-sessions=on",
                "clients have sessions, by which a copy of a put is known and not carried out again. Of 1,000 \
                 sessions, or of as many as a number says, up to 10,000, the one that was not used for \
                 longest expires when another is opened. Give each client room for one, or clients that \
                 put at the same time take each other's; `off` as when nothing is said",
            ),
            ("sync=0s", "how long a write takes to reach the disk"),
            ("rpc-timeout=1s", "how long a client waits for one server before it asks the next"),
            ("max-events=50000000", "a run of more events and lines stops with an error"),
            (
                "raft=FILE",
                "the Raft of all servers, a WebAssembly module; beside the script if no folder is named",
            ),
            ("raft-params=TEXT", "a text for the module, which says what it means"),
            ("raft-fuel=200000000", "the most steps that one call of the module takes"),
            ("raft-memory=16MB", "the most memory that a server has for it"),
            ("raft-hash=HASH", "only this module: recordings say which they were made with"),
        ],
        examples: &[
            "cluster servers=5 seed=7",
            "cluster servers=3 network=unreliable election=300ms..600ms heartbeat=100ms",
            "cluster seed=0x1f append-max=1 sync=2ms max-events=1000000",
            "cluster servers=3 append-max=10 inflight=8 uncommitted=500",
            "cluster servers=3 append-max=10 inflight=4KB",
            "cluster servers=3 client-sessions=2",
            "cluster servers=3 raft=./my.wasm",
            "cluster servers=3 raft=./my.wasm raft-params=\"heartbeat=50ms no-op\"",
            "cluster servers=3 snapshot=64KB snapshot-chunk=1KB",
        ],
        parse: cluster,
    },
    Verb {
        name: "given",
        group: Group::Head,
        scope: Scope::Head,
        usage: &["given SERVER [term=N] [log=TERMS]"],
        summary: "a server that does not begin empty",
        help: "\
`log=` lists the terms of its entries from index 1, `term=` is its current term (the term of its \
last entry when not said). Entries of the same index and term are the same entry on every server.

What no run could lead to is refused: terms that decrease along a log, a current term below the \
log's last, two logs that agree on an entry and differ before it.",
        options: &[],
        examples: &["given S1 term=8 log=1,1,4,4", "given S2 term=5"],
        parse: given,
    },
    Verb {
        name: "clients",
        group: Group::Head,
        scope: Scope::Head,
        usage: &["clients NAME..."],
        summary: "clients that are there from the start",
        help: "\
Others come when a line first names them. It makes a difference only to the screen, and to whom `:` \
and the keys of the lab mean when no client is named.",
        options: &[],
        examples: &["clients a b c"],
        parse: |reader| {
            let mut names = vec![reader.name(Expect::Client)?];
            while !reader.is_at_end() {
                names.push(reader.name(Expect::Client)?);
            }
            Some(Command::Head(Head::Clients(names)))
        },
    },
    Verb {
        name: "challenge",
        group: Group::Head,
        scope: Scope::Head,
        usage: &["challenge NAME commands=N allow=VERB,VERB... [par=N]"],
        summary: "the script is a challenge: so many commands, of these verbs",
        help: "\
The player's lines stand between `turn` and `judge`: `raftlab challenge` starts those of the program. \
Any other deed there is an error, and so is one more than `commands=` allows, whether a line does it or a \
key. `par=` is as few as are known to do; without it the challenge can't be met. Lines of a challenge of \
the program that are not the player's must stand as they are.",
        options: &[],
        examples: &["challenge two-leaders commands=3 allow=isolate,timeout par=1"],
        parse: challenge,
    },
];

/// What `cluster` can be told of timings and sizes, and of guests.
const OWN: [&str; 19] = [
    "servers",
    "seed",
    "network",
    "election",
    "heartbeat",
    "append-max",
    "inflight",
    "uncommitted",
    "snapshot",
    "snapshot-chunk",
    "client-sessions",
    "sync",
    "rpc-timeout",
    "max-events",
    "raft",
    "raft-params",
    "raft-fuel",
    "raft-memory",
    "raft-hash",
];

/// All that `cluster` can be told: those, and every option of Raft.
static NAMES: [&str; OWN.len() + OPTIONS.len()] = {
    let mut names = [""; OWN.len() + OPTIONS.len()];
    let mut place = 0;
    while place < names.len() {
        let is_own = place < OWN.len();
        names[place] = if is_own { OWN[place] } else { OPTIONS[place - OWN.len()].name };
        place += 1;
    }
    names
};

fn cluster(reader: &mut Reader<'_>) -> Parsed<Command> {
    let mut head = Setup::default();
    let (mut timing, mut reads): (Option<Spot>, Option<Spot>) = (None, None);
    let mut options = Options::new(&NAMES);
    let mut own: Option<(Spot, &str)> = None;
    while let Some(name) = options.next(reader)? {
        let is_own = [
            "election",
            "heartbeat",
            "append-max",
            "inflight",
            "uncommitted",
            "snapshot",
            "snapshot-chunk",
            "client-sessions",
        ];
        let is_own = is_own.contains(&name);
        if is_own || name.starts_with("raft-") || RaftOption::from_name(name).is_some() {
            own.get_or_insert((reader.last_spot(), name));
        }
        match name {
            "servers" => head.servers = Some(servers(reader)?),
            "seed" => head.seed = Some(reader.quantity(Expect::Seed, 0, quantity::seed)?),
            "network" => head.network = Some(network(reader)?),
            "election" => {
                let fallback = Config::default().election_timeout;
                let read = quantity::positive_range;
                head.election = Some(reader.quantity(Expect::SpanRange, fallback, read)?);
                timing = Some(reader.last_spot());
            }
            "heartbeat" => {
                let fallback = Config::default().heartbeat;
                let read = quantity::positive_span;
                head.heartbeat = Some(reader.quantity(Expect::Span, fallback, read)?);
                timing = Some(reader.last_spot());
            }
            "append-max" => head.append_max = Some(count(reader, APPEND_MAX)? as u32),
            "inflight" => {
                let read = |word: &str| quantity::limit(word, INFLIGHT_MAX);
                head.inflight = Some(reader.quantity(Expect::Most, Most::Count(1), read)?);
            }
            "uncommitted" => head.uncommitted = Some(count(reader, APPEND_MAX)? as u32),
            "snapshot" => {
                let read = |word: &str| quantity::limit(word, quantity::SNAPSHOT_MAX);
                head.snapshot = Some(reader.quantity(Expect::Most, Most::Count(1), read)?);
            }
            "snapshot-chunk" => {
                let read = quantity::snapshot_chunk;
                head.snapshot_chunk = Some(reader.quantity(Expect::Bytes, 1, read)?);
            }
            "client-sessions" => head.client_sessions = client_sessions(reader)?,
            "sync" => {
                head.sync = Some(reader.quantity(Expect::Span, Span::ZERO, quantity::span)?)
            }
            "rpc-timeout" => {
                let fallback = Config::default().rpc_timeout;
                let read = quantity::positive_span;
                head.rpc_timeout = Some(reader.quantity(Expect::Span, fallback, read)?);
            }
            "max-events" => head.events_max = Some(count(reader, EVENTS_MAX)?),
            "raft" => head.raft = Some(reader.text(Expect::File)?),
            "raft-params" => head.raft_params = Some(reader.text(Expect::Text)?),
            "raft-fuel" => head.raft_fuel = Some(count(reader, FUEL_MAX)?),
            "raft-memory" => {
                let fallback = Limits::default().memory;
                head.raft_memory =
                    Some(reader.quantity(Expect::Megabytes, fallback, quantity::megabytes)?);
            }
            "raft-hash" => {
                head.raft_hash = Some(reader.quantity(Expect::Seed, 0, quantity::seed)?);
            }
            name => {
                let Some(option) = RaftOption::from_name(name) else { return reader.fail() };
                head.options.set(setting(reader, option)?);
                if option == RaftOption::Reads {
                    reads = Some(reader.last_spot());
                }
            }
        }
    }
    if let Some(spot) = timing {
        check_timing(reader, &head, spot);
    }
    if let Some((spot, name)) = own {
        check_raft(reader, &head, spot, name);
    }
    let leases = head.options.of(RaftOption::Reads).place() == 2;
    if let Some(spot) = reads.filter(|_| leases && !head.options.has(RaftOption::CheckQuorum)) {
        let help = "add `check-quorum=on`".to_owned();
        reader.mistake(spot, LEASE_NEEDS, Some(help));
    }
    Some(Command::Head(Head::Cluster(head)))
}

/// `on`, `off`, or how many.
fn client_sessions(reader: &mut Reader<'_>) -> Parsed<Option<u32>> {
    let word = match reader.peek_word() {
        Some("on") => Some(SESSIONS),
        Some("off") => None,
        _ => return Some(Some(count(reader, SESSIONS_MAX)? as u32)),
    };
    reader.step();
    Some(word)
}

/// What is said of the lab's own Raft does not reach another, and the other way round.
fn check_raft(reader: &mut Reader<'_>, head: &Setup, spot: Spot, name: &str) {
    match (&head.raft, name.starts_with("raft-")) {
        (Some(_), false) => {
            let message = format!("`{name}=` is for the lab's own Raft, and `raft=` names another");
            let help = "a guest brings its own timers and options".to_owned();
            reader.mistake(spot, message, Some(help));
        }
        (None, true) => {
            let message = format!("`{name}=` says something of a module that is not named");
            reader.mistake(spot, message, Some("`raft=FILE` names it".to_owned()));
        }
        (Some(_), true) | (None, false) => {}
    }
}

fn challenge(reader: &mut Reader<'_>) -> Parsed<Command> {
    let name = reader.name(Expect::Name)?;
    reader.need_option("commands")?;
    let commands = count(reader, 1_000)? as u32;
    reader.need_option("allow")?;
    let allow: Vec<Text> = match reader.peek_word() {
        Some(words) => words.split(',').map(Text::new).collect(),
        None => return reader.fail(),
    };
    for word in &allow {
        let acts = |verb: &&Verb| verb.name == word.as_str() && verb.scope == Scope::Act;
        if !super::VERBS.iter().flat_map(|rows| rows.iter()).any(|verb| acts(&verb)) {
            let message = format!("`{}` is no verb that acts", word.as_str());
            reader.mistake(reader.spot(), message, Some("as allow=crash,cut".to_owned()));
        }
    }
    reader.step();
    let mut par = None;
    let mut options = Options::new(&["par"]);
    while options.next(reader)?.is_some() {
        par = Some(count(reader, 1_000)? as u32);
    }
    Some(Command::Head(Head::Challenge(Challenge { name, commands, allow, par })))
}

fn servers(reader: &mut Reader<'_>) -> Parsed<u8> {
    let read = |word: &str| whole(word, 1..=u64::from(SERVERS_MAX));
    reader.quantity(Expect::Number, 1, read).map(|number| number as u8)
}

fn count(reader: &mut Reader<'_>, most: u64) -> Parsed<u64> {
    reader.quantity(Expect::Number, 1, |word| whole(word, 1..=most))
}

/// The name of a network.
pub(super) fn network(reader: &mut Reader<'_>) -> Parsed<Network> {
    reader.expect(Expect::Network);
    let Some(network) = reader.peek_word().and_then(Network::from_name) else {
        return reader.fail();
    };
    reader.step();
    Some(network)
}

/// A leader that speaks more rarely than its followers wait would lose them for ever.
fn check_timing(reader: &mut Reader<'_>, head: &Setup, spot: Spot) {
    let defaults = Config::default();
    let SpanRange { low, .. } = head.election.unwrap_or(defaults.election_timeout);
    let heartbeat = head.heartbeat.unwrap_or(defaults.heartbeat);
    if heartbeat >= low {
        let message = format!(
            "a heartbeat every {heartbeat} comes too late for an election timeout from {low} on"
        );
        let help = "`heartbeat=` is shorter than the low end of `election=`";
        reader.mistake(spot, message, Some(help.to_owned()));
    }
}

fn given(reader: &mut Reader<'_>) -> Parsed<Command> {
    let server = reader.server()?;
    let (mut term, mut log) = (None, Vec::new());
    let mut spot = reader.last_spot();
    let mut options = Options::new(&["term", "log"]);
    while let Some(name) = options.next(reader)? {
        match name {
            "term" => {
                let read = |word: &str| whole(word, 0..=TERM_MAX).map(Term);
                term = Some(reader.quantity(Expect::Number, Term(TERM_MAX), read)?);
                spot = reader.last_spot();
            }
            _ => log = reader.quantity(Expect::Terms, Vec::new(), quantity::terms)?,
        }
    }
    let last = log.last().copied().unwrap_or(Term::ZERO);
    let term = term.unwrap_or(last);
    if term < last {
        let message = format!("{server} can't be in term {term} with an entry of term {last}");
        let help = "a server's term is at least that of its last entry (§5.1)";
        reader.mistake(spot, message, Some(help.to_owned()));
    }
    Some(Command::Head(Head::Given { server, term, log }))
}
