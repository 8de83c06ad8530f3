//! What clients can be asked to do.

use super::{Group, Scope, Verb};
use crate::cluster::command::conditions::version_word;
use crate::cluster::command::expect::Expect;
use crate::cluster::command::quantity::{self, whole};
use crate::cluster::command::reader::{Mention, Options, Parsed, Reader};
use crate::cluster::command::who::Clients;
use crate::cluster::command::{
    Command, Deed, LabAct, Load, LoadKeys, LoadKind, LoadRate, Operation, Order, Reach, Reseed,
    VersionWord,
};
use crate::cluster::config::{CLIENTS_MAX, TEXT_MAX};
use crate::cluster::time::{Ppm, Span};
use crate::cluster::types::Version;

/// The most keys that a load works on.
pub const KEYS_MAX: u64 = 100_000;
/// The most operations a second that a load asks for.
pub const RATE_MAX: u64 = 100_000;

/// What every operation may say beside its own words.
macro_rules! usage {
    ($form:literal) => {
        &[concat!($form, " [client=NAME] [only=WHO] [nowait] [within T]")]
    };
}

/// One verb about clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAct {
    /// Their timers fire now: each asks the next server.
    Retry,
    /// They give up what they have open, and never hear what became of it.
    Abandon,
}

impl ClientAct {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Abandon => "abandon",
        }
    }
}

pub(super) static ROWS: [Verb; 11] = [
    Verb {
        name: "get",
        group: Group::Clients,
        scope: Scope::Act,
        usage: usage!("get KEY"),
        summary: "a client reads a key",
        help: "\
The reply is the value and its version, or nokey. These options stand with every operation of a \
client, in any order.",
        options: &[
            (
                "client=NAME",
                "which client: the task's own when not said, at the prompt an idle one",
            ),
            ("only=WHO", "the one server that it may ask, until the operation ends"),
            ("nowait", "the script goes on at once"),
            ("within T", "how long the script waits for the answer; 10 s when not said"),
        ],
        examples: &["get x", "get x client=b only=S4 within 2s"],
        parse: |reader| {
            let key = reader.argument(Expect::Key)?;
            order(reader, Operation::Get { key })
        },
    },
    Verb {
        name: "put",
        group: Group::Clients,
        scope: Scope::Act,
        usage: usage!("put KEY VALUE @VERSION"),
        summary: "a client writes a key at the version that it names",
        help: "\
The write takes effect only if the key has that version: @0 for a key that does not exist yet, \
@last for the version that this client last learned. The reply is ok with the new version, version \
when the key has another one, nokey when it does not exist, or maybe when an attempt may have been \
carried out without the client hearing of it. Options as for `get`.",
        options: &[("size=N", "the value is filled up with dots to so many bytes: 1kB")],
        examples: &[
            "put x 1 @0",
            "put x v1 @0 size=1kB",
            "put x 2 @last client=b only={old} nowait",
            "put k{i} \"two words\" @{v}",
        ],
        parse: |reader| {
            let key = reader.argument(Expect::Key)?;
            let value = reader.argument(Expect::Value)?;
            let version = version_word(reader)?;
            order(reader, Operation::Put { key, value, version })
        },
    },
    Verb {
        name: "set",
        group: Group::Clients,
        scope: Scope::Act,
        usage: usage!("set KEY VALUE"),
        summary: "a client writes a key, reading and trying again until it is done",
        help: "\
A put at the version that this client last learned. It reads the key if it knows no version, or is \
answered version, nokey or maybe, and puts again unless its value stands there already. The script \
remembers the value and the version achieved, for `check`. Options as for `get`.",
        options: &[("size=N", "the value is filled up with dots to so many bytes: 1kB")],
        examples: &["set x 1", "set \"my key\" \"\" client=a", "set k{c} v{i}"],
        parse: |reader| {
            let key = reader.argument(Expect::Key)?;
            let value = reader.argument(Expect::Value)?;
            order(reader, Operation::Set { key, value })
        },
    },
    Verb {
        name: "check",
        group: Group::Clients,
        scope: Scope::Act,
        usage: usage!("check KEY"),
        summary: "a get that must find what the script last achieved under this key",
        help: "\
Fails the script unless the value and the version are exactly those of the last `set` of the key \
that was done. Options as for `get`.",
        options: &[],
        examples: &["check x", "check k{c} client=b"],
        parse: |reader| {
            let key = reader.argument(Expect::Key)?;
            order(reader, Operation::Check { key })
        },
    },
    Verb {
        name: "acquire",
        group: Group::Clients,
        scope: Scope::Act,
        usage: usage!("acquire LOCK"),
        summary: "a client takes a lock, waiting until it is free",
        help: "\
A lock is a key that holds its holder's id, or nothing when it is free. The client tries again \
every 10 to 50 ms. Options as for `get`.",
        options: &[],
        examples: &["acquire door", "acquire door client=b within 60s"],
        parse: |reader| {
            let lock = reader.argument(Expect::Lock)?;
            order(reader, Operation::Acquire { lock })
        },
    },
    Verb {
        name: "release",
        group: Group::Clients,
        scope: Scope::Act,
        usage: &[
            "release LOCK [client=NAME] [only=WHO] [nowait] [within T]",
            "release [[KIND] NODE... -> NODE... [count=N]]",
        ],
        summary: "a client lets go of a lock that it holds; or held packets arrive",
        help: "\
Of a lock: writes the empty value at the version that the client holds. Options as for `get`.

Of packets: what `hold` has held arrives now, in its order, and nothing is held there any more; \
with `count=N` only the first N arrive, and the rest is held on. A line without anything releases \
all packets.",
        options: &[],
        examples: &["release door", "release door client=b", "release append S1 -> S2", "release"],
        parse: |reader| {
            if reader.is_at_end() || reader.has_arrow() {
                return super::packets::release(reader);
            }
            let lock = reader.argument(Expect::Lock)?;
            order(reader, Operation::Release { lock })
        },
    },
    Verb {
        name: "submit",
        group: Group::Clients,
        scope: Scope::Act,
        usage: &["submit KEY VALUE [@VERSION] [only=WHO] [client=NAME] [size=N]"],
        summary: "a leader appends a put now, for which no client waits",
        help: "\
The put is in the leader's log at once, without a request and a reply, and may or may not be \
committed. It goes to the leader of the highest term, or to the server that `only` names, and is \
refused where that does not lead. Its version is @0 when not said. In the history it is a put of the \
client that never returns; the client must have nothing else open.",
        options: &[
            ("only=WHO", "which server appends it"),
            ("client=NAME", "in whose name: the task's own client's when not said"),
            ("size=N", "the value is filled up with dots to so many bytes: 1kB"),
        ],
        examples: &["submit x 1", "submit k{i} v{i} only=S1", "submit x 2 @1 only={old} size=5kB"],
        parse: submit,
    },
    Verb {
        name: "abandon",
        group: Group::Clients,
        scope: Scope::Act,
        usage: &["abandon CLIENT..."],
        summary: "clients give up what they have open, and never hear what became of it",
        help: "\
The operation may still be carried out, or may have been already. In the history it never returns. \
The client is free for the next one at once; a line that waits for the operation goes on.",
        options: &[],
        examples: &["abandon b", "abandon b c"],
        parse: |reader| clients(reader, ClientAct::Abandon),
    },
    Verb {
        name: "retry",
        group: Group::Clients,
        scope: Scope::Act,
        usage: &["retry CLIENT..."],
        summary: "clients that wait give up their server now, and try on",
        help: "\
The client's own timer fires: it gives up the server that it asks and asks the next one, or ends \
the pause after a round of all of them.",
        options: &[],
        examples: &["retry a", "retry a b"],
        parse: |reader| clients(reader, ClientAct::Retry),
    },
    Verb {
        name: "load",
        group: Group::Clients,
        scope: Scope::Act,
        usage: &[
            "load [clients=N] [keys=N [each]] [rate=N/s] [reads=P%] [ahead=P%] [value=N] [for T]",
            "load lock [clients=N] [for T]",
            "load stop",
        ],
        summary: "clients that work on their own, beside what the script does",
        help: "\
The values shown are the defaults. `load lock`: each client takes a lock, checks that it is alone, \
and lets go, over and over. `for T` ends the load after that time, `load stop` at once; operations that \
are under way are finished. One load runs at a time. With `rate=max` each client asks again as soon \
as it is answered.",
        options: &[
            ("clients=5", "how many clients, up to 2,000"),
            (
                "keys=10",
                "over how many keys, up to 100,000; `keys=10 each`: of its own for each client",
            ),
            ("rate=100/s", "how many operations a second in all, up to 100,000, or `max`"),
            ("reads=50%", "how many of them are gets; the others are puts"),
            ("ahead=0%", "how many of the puts name the version after the one that it should be"),
            ("value=16", "how long the values are, in bytes, up to 65,536"),
        ],
        examples: &[
            "load clients=5 keys=10 rate=100/s reads=50% value=16 for 6s",
            "load clients=64 keys=1 each rate=max reads=0%",
            "load lock clients=32 for 6s",
            "load stop",
        ],
        parse: load,
    },
    Verb {
        name: "reseed",
        group: Group::Clients,
        scope: Scope::Act,
        usage: &["reseed SEED [all]"],
        summary: "fresh randomness from here on",
        help: "\
Every generator of the run starts again from this seed. What has been drawn stays: timers that are \
armed and packets in flight. With `all` they are drawn again too, given that they have not fired \
and not arrived yet; what a hand has fixed stays.",
        options: &[],
        examples: &["reseed 0x1f", "reseed 7 all"],
        parse: |reader| {
            let seed = reader.quantity(Expect::Seed, 0, quantity::seed)?;
            let reach = if reader.keyword("all") { Reach::All } else { Reach::Draws };
            Some(LabAct::Reseed(Reseed { seed, reach }).into())
        },
    },
];

fn order(reader: &mut Reader<'_>, operation: Operation) -> Parsed<Command> {
    let writes = matches!(operation, Operation::Put { .. } | Operation::Set { .. });
    let names: &[&str] = if writes { &["client", "only", "size"] } else { &["client", "only"] };
    let mut order = Order::new(operation);
    let mut options = Options::new(names);
    loop {
        match options.next(reader)? {
            Some("client") => {
                let client = reader.name(Expect::Client)?;
                reader.mention(reader.last_spot(), Mention::Client(client.clone()));
                order.client = Some(client);
            }
            Some("size") => order.size = Some(size(reader)?),
            Some(_) => order.only = Some(reader.who(Clients::Refused)?),
            None if !order.nowait && reader.keyword("nowait") => order.nowait = true,
            None if order.within.is_none() && reader.keyword("within") => {
                order.within = Some(span(reader)?);
            }
            None => break,
        }
    }
    if matches!(order.operation, Operation::Set { .. }) {
        reader.hint("a value of several words stands in quotes");
    }
    Some(Deed::Operate(order).into())
}

fn submit(reader: &mut Reader<'_>) -> Parsed<Command> {
    let key = reader.argument(Expect::Key)?;
    let value = reader.argument(Expect::Value)?;
    reader.expect(Expect::PutVersion);
    let version = match reader.peek_word() {
        Some(word) if word.starts_with('@') => version_word(reader)?,
        Some(_) | None => VersionWord::Number(Version::ZERO),
    };
    let mut order = Order::new(Operation::Submit { key, value, version });
    let mut options = Options::new(&["client", "only", "size"]);
    loop {
        match options.next(reader)? {
            Some("client") => order.client = Some(reader.name(Expect::Client)?),
            Some("size") => order.size = Some(size(reader)?),
            Some(_) => order.only = Some(reader.who(Clients::Refused)?),
            None => return Some(Deed::Operate(order).into()),
        }
    }
}

fn size(reader: &mut Reader<'_>) -> Parsed<u32> {
    reader.quantity(Expect::Bytes, 0, |word| quantity::size(word, TEXT_MAX as u64))
}

fn clients(reader: &mut Reader<'_>, act: ClientAct) -> Parsed<Command> {
    let mut clients = vec![reader.name(Expect::Client)?];
    while !reader.is_at_end() {
        clients.push(reader.name(Expect::Client)?);
    }
    Some(Deed::Clients(act, clients).into())
}

fn span(reader: &mut Reader<'_>) -> Parsed<Span> {
    reader.quantity(Expect::Span, Span(1), quantity::positive_span)
}

fn load(reader: &mut Reader<'_>) -> Parsed<Command> {
    if reader.keyword("stop") {
        return Some(LabAct::LoadStop.into());
    }
    let lock = reader.keyword("lock");
    let (mut clients, mut value) = (5, 16);
    let mut keys = LoadKeys::Shared(10);
    let mut rate = LoadRate::PerSecond(100);
    let (mut reads, mut ahead) = (Ppm::percent(50), Ppm::ZERO);
    let mut limit = None;
    let mut options = Options::new(if lock {
        &["clients"]
    } else {
        &["clients", "keys", "rate", "reads", "ahead", "value"]
    });
    let count = |reader: &mut Reader<'_>, low, high| {
        reader.quantity(Expect::Number, low, |word| whole(word, low..=high))
    };
    loop {
        match options.next(reader)? {
            Some("clients") => clients = count(reader, 1, CLIENTS_MAX as u64)?,
            Some("keys") => {
                let number = count(reader, 1, KEYS_MAX)? as u32;
                let each = reader.keyword("each");
                keys = if each { LoadKeys::Each(number) } else { LoadKeys::Shared(number) };
            }
            Some("rate") => {
                let read = |word: &str| quantity::load_rate(word, 1..=RATE_MAX);
                rate = reader.quantity(Expect::LoadRate, LoadRate::Max, read)?;
            }
            Some("reads") => reads = reader.quantity(Expect::Percent, reads, quantity::percent)?,
            Some("ahead") => ahead = reader.quantity(Expect::Percent, ahead, quantity::percent)?,
            Some(_) => value = count(reader, 0, TEXT_MAX as u64)?,
            None if limit.is_none() && reader.keyword("for") => limit = Some(span(reader)?),
            None => break,
        }
    }
    let kind = if lock {
        LoadKind::Lock
    } else {
        LoadKind::Requests { keys, rate, reads, value: value as u32, ahead }
    };
    Some(LabAct::Load(Load { kind, clients: clients as u32, span: limit }).into())
}
